// Without a network a page says so. Stored are the files named here, and nothing of any person.
"use strict";
const STORE = "miaopi-{{ version }}";
const OFFLINE = "{{ offline|escapejs }}";
const FILES = [{% for file in files %}"{{ file|escapejs }}", {% endfor %}OFFLINE];

self.addEventListener("install", function (event) {
  const fresh = FILES.map((file) => new Request(file, { credentials: "omit", cache: "no-cache" }));
  event.waitUntil(caches.open(STORE).then((store) => store.addAll(fresh)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", function (event) {
  const others = (names) => names.filter((name) => name.startsWith("miaopi-") && name !== STORE);
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(others(names).map((name) => caches.delete(name))))
      .then(() => self.registration.navigationPreload && self.registration.navigationPreload.enable())
      .then(() => self.clients.claim())
  );
});

self.addEventListener("fetch", function (event) {
  const request = event.request;
  const path = new URL(request.url).pathname;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    const answer = Promise.resolve(event.preloadResponse).then((early) => early || fetch(request));
    event.respondWith(answer.catch(() => caches.match(OFFLINE)));
  } else if (FILES.includes(path)) {
    event.respondWith(fetch(request).catch(() => caches.match(path)));
  }
});

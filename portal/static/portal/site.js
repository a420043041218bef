// For every page: the portal can be installed, and a log-in says before it ends that it does.
// Without JavaScript nothing is lost: what is sent after the end is kept until the next log-in.
(function () {
  "use strict";
  if ("serviceWorker" in navigator) {
    addEventListener("load", () => navigator.serviceWorker.register("/worker.js").catch(() => {}));
  }
  // a file that was chosen is sent at once; without JavaScript by the button beside it
  addEventListener("change", function (event) {
    const input = event.target;
    if (input.type !== "file" || !input.files.length || !input.form) return;
    for (const button of input.form.querySelectorAll('button[name="upload"]')) {
      if (button.value === input.name) return button.click();
    }
  });
  const box = document.getElementById("session");
  if (!box) return;
  const idle = Number(box.dataset.idle) * 1000;
  const warning = Math.min(120000, idle / 2);
  const key = "session-seen"; // a time and nothing else, shared by the tabs
  const seen = () => Number(localStorage.getItem(key)) || opened;
  const opened = Date.now();
  localStorage.setItem(key, String(opened));

  function look() {
    const left = seen() + idle - Date.now();
    const isNear = left <= warning;
    if (box.hidden === isNear) box.hidden = !isNear;
    box.querySelector("[data-near]").hidden = left <= 0;
    box.querySelector("[data-over]").hidden = left > 0;
    setTimeout(look, Math.max(1000, isNear ? 1000 : left - warning));
  }
  box.querySelector("button").addEventListener("click", function () {
    fetch(box.dataset.address, { credentials: "same-origin" }).then(function (answer) {
      if (answer.status !== 204) return;
      localStorage.setItem(key, String(Date.now()));
      box.hidden = true;
    });
  });
  look();
})();

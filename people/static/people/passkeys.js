/* A form with data-passkey is sent only after the browser's authenticator has answered.
   data-passkey: create or get; data-purpose and data-options: what is asked for, and where.
   data-without-passkeys: shown by a browser that has none. */
(() => {
  "use strict";
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  async function options(form) {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    body.set("purpose", form.dataset.purpose);
    const answer = await fetch(form.dataset.options, { method: "POST", body });
    if (!answer.ok) throw new Error(`options: ${answer.status}`);
    const found = await answer.json();
    found.challenge = bytes(found.challenge);
    if (found.user) found.user.id = bytes(found.user.id);
    for (const list of [found.allowCredentials, found.excludeCredentials]) {
      for (const one of list || []) one.id = bytes(one.id);
    }
    return found;
  }

  function written(made) {
    const response = { clientDataJSON: text(made.response.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (made.response[name]) response[name] = text(made.response[name]);
    }
    if (made.response.getTransports) response.transports = made.response.getTransports();
    return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response });
  }

  async function ask(form) {
    const problem = form.querySelector("[role=alert]");
    const button = form.querySelector("button[type=submit]");
    problem.textContent = "";
    button.disabled = true;
    try {
      const publicKey = await options(form);
      const made = await navigator.credentials[form.dataset.passkey]({ publicKey });
      form.elements.credential.value = written(made);
      form.submit();
    } catch (error) {
      const known = { NotAllowedError: "cancelled", InvalidStateError: "known" }[error.name];
      problem.textContent = (known && form.dataset[known]) || form.dataset.failed;
    } finally {
      button.disabled = false;
    }
  }

  if (!window.PublicKeyCredential) {
    for (const note of document.querySelectorAll("[data-without-passkeys]")) note.hidden = false;
    return;
  }
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form);
    });
  }
})();

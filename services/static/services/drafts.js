// The page of a draft: checks and a case as one types, and what may be written next in FEEL.
// Without it everything works by buttons: "Check without saving", "Save".
(() => {
  "use strict";
  const page = document.querySelector("[data-live]");
  const part = document.getElementById("part");
  const casus = document.getElementById("case");
  const status = document.getElementById("status");
  if (!page || !part) return;

  const token = part.querySelector("[name=csrfmiddlewaretoken]").value;
  const PAUSE = 350; // ms without a key before the checks run

  // ---- checks and the case ----
  let timer = 0;
  let asked = null;
  const draw = document.getElementById("draw");

  const soon = (event) => {
    if (event.target.name === "draw") redraw = true;
    else if (casus.contains(event.target)) draw.value = "";
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE);
  };
  let redraw = false;

  const check = async () => {
    if (asked) asked.abort();
    asked = new AbortController();
    const sent = new FormData(part);
    for (const [name, value] of new FormData(casus)) sent.append(name, value);
    status.textContent = page.dataset.waiting;
    try {
      const answer = await fetch(page.dataset.live, {
        method: "POST", body: sent, signal: asked.signal, headers: { "X-CSRFToken": token },
      });
      if (!answer.ok) throw new Error(String(answer.status));
      document.getElementById("live").innerHTML = await answer.text();
      status.textContent = "";
      place();
      if (redraw) fill();
      redraw = false;
    } catch (error) {
      if (error.name !== "AbortError") status.textContent = page.dataset.failed;
    }
  };

  const place = () => {
    for (const said of part.querySelectorAll(".fault")) said.textContent = "";
    for (const field of part.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    for (const one of document.querySelectorAll("#live [data-at]")) {
      const field = document.getElementById(one.dataset.at);
      const said = document.getElementById(`${one.dataset.at}-fault`);
      if (!field || !said) continue;
      if (field.matches("input, textarea, select")) field.setAttribute("aria-invalid", "true");
      const line = document.createElement("span");
      line.textContent = one.querySelector(".zh").textContent + " ";
      const en = document.createElement("span");
      en.lang = "en";
      en.textContent = one.querySelector("[lang=en]").textContent;
      line.append(en);
      said.append(line);
    }
  };

  const fill = () => {
    for (const known of document.querySelectorAll("#live [data-fact]")) {
      const field = casus.querySelector(`[name="${known.dataset.fact}"]`);
      if (field) field.value = known.dataset.value;
    }
  };

  part.addEventListener("input", soon);
  part.addEventListener("change", (event) => event.target.matches("select") && soon(event));
  casus.addEventListener("input", soon);
  casus.addEventListener("submit", (event) => event.preventDefault());

  // ---- the lines of the whole text ----
  const text = document.getElementById("text");
  if (text) {
    const numbers = text.parentElement.querySelector("ol");
    text.addEventListener("input", () => {
      const lines = text.value.split("\n").length;
      while (numbers.children.length < lines) numbers.append(document.createElement("li"));
      while (numbers.children.length > lines) numbers.lastElementChild.remove();
      text.rows = lines;
    });
  }

  // ---- what may be written next ----
  const list = document.getElementById("suggestions");
  let field = null;
  let chosen = -1;
  let found = [];
  let wait = 0;
  let last = 0;

  const close = () => {
    list.hidden = true;
    found = [];
    chosen = -1;
    if (!field) return;
    field.removeAttribute("aria-activedescendant");
    if (field.getAttribute("role") === "combobox") field.setAttribute("aria-expanded", "false");
  };

  const choose = (at) => {
    chosen = at;
    [...list.children].forEach((item, n) => item.setAttribute("aria-selected", String(n === at)));
    if (at < 0) return field.removeAttribute("aria-activedescendant");
    field.setAttribute("aria-activedescendant", list.children[at].id);
    list.children[at].scrollIntoView({ block: "nearest" });
  };

  const take = (at) => {
    const one = found[at];
    const caret = field.selectionStart;
    const rest = field.value.slice(caret);
    const inside = one.insert.endsWith("()");
    const closes = one.insert.endsWith('"') && rest.startsWith('"');
    field.setRangeText(one.insert, caret - one.over, caret + (closes ? 1 : 0), "end");
    if (inside) field.selectionStart = field.selectionEnd = field.selectionStart - 1;
    close();
    field.dispatchEvent(new Event("input", { bubbles: true }));
    clearTimeout(wait);
  };

  const show = () => {
    list.replaceChildren(...found.map((one, n) => {
      const item = document.createElement("li");
      item.id = `suggestion-${n}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      const code = document.createElement("code");
      code.textContent = one.insert;
      const words = document.createElement("span");
      words.textContent = `${one.label} · ${one.kind}`;
      item.append(code, " ", words);
      item.addEventListener("mousedown", (event) => { event.preventDefault(); take(n); });
      return item;
    }));
    const box = field.getBoundingClientRect();
    list.style.insetInlineStart = `${Math.max(8, box.left + window.scrollX)}px`;
    list.style.top = `${box.bottom + window.scrollY + 2}px`;
    list.hidden = false;
    if (field.getAttribute("role") === "combobox") field.setAttribute("aria-expanded", "true");
    chosen = -1;
  };

  const suggest = async () => {
    const number = ++last;
    const sent = new FormData();
    sent.append("before", field.value.slice(0, field.selectionStart));
    sent.append("table", field.dataset.table || "");
    sent.append("column", field.dataset.column || "");
    try {
      const answer = await fetch(page.dataset.complete, {
        method: "POST", body: sent, headers: { "X-CSRFToken": token },
      });
      if (!answer.ok || number !== last || document.activeElement !== field) return;
      found = (await answer.json()).suggestions;
      if (found.length) show(); else close();
    } catch { close(); }
  };

  part.addEventListener("input", (event) => {
    if (!event.target.matches("[data-feel]") || !event.isTrusted) return;
    field = event.target;
    clearTimeout(wait);
    wait = setTimeout(suggest, 150);
  });
  part.addEventListener("keydown", (event) => {
    if (!event.target.matches("[data-feel]")) return;
    if (event.ctrlKey && event.key === " ") {
      field = event.target;
      event.preventDefault();
      suggest();
    } else if (!list.hidden && field === event.target) {
      if (event.key === "ArrowDown") choose((chosen + 1) % found.length);
      else if (event.key === "ArrowUp") choose((chosen + found.length - (chosen < 0 ? 0 : 1)) % found.length);
      else if (event.key === "Escape") close();
      else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0) take(chosen);
      else return;
      event.preventDefault();
    }
  });
  part.addEventListener("focusout", close);
})();

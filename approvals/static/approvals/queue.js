// Keys of the list of cases: j k move, Enter opens (it is a link), t takes, / searches, ? lists them.
// Nothing happens while somebody types, in a dialog, or with Ctrl, Alt or Meta held.
(() => {
  const links = () => [...document.querySelectorAll("#result_list a:has([data-case])")];
  const typing = (el) => el.closest("input, textarea, select, [contenteditable], dialog[open]");
  const keys = document.getElementById("keys");

  function move(step) {
    const all = links();
    const at = all.indexOf(document.activeElement);
    const to = at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step;
    all[Math.max(0, Math.min(to, all.length - 1))]?.focus();
  }

  function take() {
    const form = document.getElementById("take");
    const row = document.activeElement.querySelector("[data-case]");
    if (!form || !row) return;
    form.action = `${form.dataset.address}${row.dataset.case}/do/`;
    form.elements.version.value = row.dataset.version;
    form.submit();
  }

  const actions = {
    j: () => move(1),
    k: () => move(-1),
    t: take,
    "/": () => document.getElementById("searchbar")?.focus(),
    "?": () => keys.showModal(),
  };
  document.getElementById("keys-open")?.addEventListener("click", () => keys.showModal());
  document.addEventListener("keydown", (event) => {
    const run = actions[event.key];
    if (!run || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(event.target) || keys.open) return;
    event.preventDefault();
    run();
  });
})();

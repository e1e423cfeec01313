/* Keys of the desk. None fires while somebody types, none with Ctrl, Alt or ⌘, and all of them can be switched off
 * in the list that ? shows (WCAG 2.1.4). Every key has a visible button or link: [data-k] names its key. */
const one = (selector) => document.querySelector(selector);
const rows = () => [...document.querySelectorAll(".qlist .qi")];
const dialog = one("#keys");
const off = one("#keysoff");
const SWITCH = "desk-keys";
let going = 0;

function step(by) {
  const all = rows();
  const from = all.indexOf(document.activeElement);
  const at = from < 0 ? all.findIndex((row) => row.hasAttribute("aria-current")) : from;
  const to = all[Math.max(0, Math.min(all.length - 1, at + by))];
  to?.focus({ preventScroll: true });
  to?.scrollIntoView({ block: "nearest" });
}

function open(selector) {
  const part = one(selector);
  if (!part) return;
  if (part.matches("details")) part.open = true;
  part.scrollIntoView({ block: "nearest" });
  (part.querySelector("input:not([type=hidden]), select, textarea, button") ?? part).focus();
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => one("#sq")?.focus(),
  "?": () => dialog?.showModal(),
  n: () => one("#id_text")?.focus(),
  s: () => open("#snooze"),
  e: () => open("#close"),
};

function typing(target) {
  return target.matches("input:not([type=checkbox], [type=radio], [type=submit]), select, textarea, [contenteditable]");
}

addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.ctrlKey && event.target.form) {
    event.preventDefault();
    event.target.form.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (dialog?.open || localStorage.getItem(SWITCH) === "off") return;
  const key = event.key.toLowerCase();
  const act = Date.now() - going < 1500 ? () => one(`[data-go="${CSS.escape(key)}"]`)?.click() : KEYS[key];
  const button = one(`[data-k="${CSS.escape(key)}"]`);
  going = key === "g" ? Date.now() : 0;
  if (!act && !button) return;
  event.preventDefault();
  if (act) act();
  else button.click();
});

if (off) {
  off.checked = localStorage.getItem(SWITCH) === "off";
  off.addEventListener("change", () => localStorage.setItem(SWITCH, off.checked ? "off" : "on"));
}
for (const opener of document.querySelectorAll("[data-open=keys]"))
  opener.addEventListener("click", () => dialog?.showModal());

// A birth date is typed without looking for the slash.
for (const input of document.querySelectorAll("[placeholder='MM/DD/YYYY']"))
  input.addEventListener("input", (event) => {
    if (event.inputType?.startsWith("delete")) return;
    const digits = input.value.replace(/\D/g, "").slice(0, 8);
    if (!/^[\d/]*$/.test(input.value) || input.value.includes("-")) return;
    input.value = [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4)].filter(Boolean).join("/");
  });

// The hold timer of a payer call, from the moment it began.
for (const timer of document.querySelectorAll("[data-since]")) {
  const since = Date.parse(timer.dataset.since);
  const draw = () => {
    const seconds = Math.max(0, Math.round((Date.now() - since) / 1000));
    timer.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  };
  draw();
  setInterval(draw, 1000);
}

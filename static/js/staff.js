/* Keys of the desk. None fires while somebody types, none with Ctrl, Alt or ⌘, and each person can switch them off
 * in the list that ? shows (WCAG 2.1.4). Every key has a visible button or link: [data-k] names its key. */
const one = (selector) => document.querySelector(selector);
const rows = () => [...document.querySelectorAll(".qlist .qi")];
const dialog = one("#keys");
const off = one("#keysoff");
const SWITCH = `desk-keys-${dialog?.dataset.user}`;
const areOff = () => document.cookie.split("; ").includes(`${SWITCH}=off`); // signing out empties every other store
let going = 0;

function step(by) {
  const all = rows();
  const from = all.indexOf(document.activeElement);
  const at = from < 0 ? all.findIndex((row) => row.hasAttribute("aria-current")) : from;
  const to = all[Math.max(0, Math.min(all.length - 1, at + by))];
  to?.focus({ preventScroll: true });
  to?.scrollIntoView({ block: "nearest" });
}

function press(button) {
  button.click();
  const part = button.matches("summary") && button.parentElement;
  if (!part?.open) return;
  part.scrollIntoView({ block: "nearest" });
  part.querySelector("input:not([type=hidden]), select, textarea, button")?.focus();
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => one("#sq")?.focus(),
  "?": () => dialog?.showModal(),
  n: () => one("#id_text")?.focus(),
};

function typing(target) {
  return target.matches("input:not([type=submit], [type=button]), select, textarea, [contenteditable]");
}

addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && event.target.closest("details.act[open]");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
    return;
  }
  if (event.key === "Enter" && event.ctrlKey && event.target.form) {
    event.preventDefault();
    event.target.form.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (dialog?.open || areOff()) return;
  const key = event.key.toLowerCase();
  const act = Date.now() - going < 1500 ? () => one(`[data-go="${CSS.escape(key)}"]`)?.click() : KEYS[key];
  const button = one(`[data-k="${CSS.escape(key)}"]`);
  going = key === "g" ? Date.now() : 0;
  if (!act && !button) return;
  event.preventDefault();
  if (act) act();
  else press(button);
});

if (off) {
  off.checked = areOff();
  off.addEventListener("change", () => {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `${SWITCH}=${off.checked ? "off" : "on"}; path=/; max-age=31536000; samesite=lax${secure}`;
  });
}
for (const opener of document.querySelectorAll("[data-open=keys]"))
  opener.addEventListener("click", () => dialog?.showModal());

// Somebody who types is there: a poll within a minute of it keeps the session, as any other request does.
let typedAt = -Infinity;
addEventListener("input", () => (typedAt = Date.now()));
addEventListener("htmx:config:request", ({ detail }) => {
  if (Date.now() - typedAt < 60_000) delete detail.ctx.request.headers["HX-Poll"];
});

// A note that was not kept yet is not left without a question. Who was signed out leaves the screen all the same.
let mayLeave = false;
addEventListener("submit", (event) => (mayLeave = event.target.contains(one("#id_text"))));
addEventListener("htmx:after:request", ({ detail }) => (mayLeave ||= detail.ctx?.response?.status === 401));
addEventListener("beforeunload", (event) => {
  if (!mayLeave && one("#id_text")?.value.trim()) event.preventDefault();
});

// What can be undone can be for ten seconds; then its button goes.
for (const bar of document.querySelectorAll(".undo[data-seconds]"))
  setTimeout(() => bar.remove(), Number(bar.dataset.seconds) * 1000);

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

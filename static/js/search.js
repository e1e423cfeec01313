/* The search page: searches when a filter changes, keeps the address short, keeps the open filter open. */
const form = () => document.querySelector("#search");

let timer;
addEventListener("change", (event) => {
  const field = event.target;
  if (field.form?.id !== "search" || (field.id === "payer-name" && event.isTrusted)) return; // a pick, not a mere leave
  clearTimeout(timer);
  timer = setTimeout(() => form().requestSubmit(), 150);
});
/* A payer's name in the box becomes a ticked option before the form is sent, so that a second tick cannot lose it. */
addEventListener(
  "submit",
  (event) => {
    if (event.target.id !== "search") return;
    clearTimeout(timer); // Enter is a change and a submit: one search, one step back
    const box = document.querySelector("#payer-name");
    const value = box ? box.value.trim() : "";
    if (!value) return;
    const label = Object.assign(document.createElement("label"), { className: "opt" });
    const tick = Object.assign(document.createElement("input"), { type: "checkbox", name: "payer", value, checked: true });
    label.append(tick, value);
    box.closest(".field").after(label);
    box.value = "";
  },
  true,
);

/* Empty fields stay out of the address, and touching free hours become one. */
const minutes = (clock) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(2));
const joined = (spans) => {
  const all = [];
  const parts = spans.map((span) => span.split("-")).sort((a, b) => a[0].localeCompare(b[0]) || minutes(a[1]) - minutes(b[1]));
  for (const [day, start, end] of parts) {
    const last = all.at(-1);
    if (last && last[0] === day && minutes(last[2]) >= minutes(start)) last[2] = minutes(last[2]) > minutes(end) ? last[2] : end;
    else all.push([day, start, end]);
  }
  return all.map((span) => span.join("-"));
};
addEventListener("formdata", (event) => {
  if (event.target.id !== "search") return;
  const data = event.formData;
  const free = data.getAll("free");
  data.delete("free");
  for (const span of joined(free)) data.append("free", span);
  for (const name of new Set(data.keys())) {
    const values = data.getAll(name).filter(Boolean);
    data.delete(name);
    for (const value of values) data.append(name, value);
  }
});

/* A swap must not shut the filter somebody is in the middle of. */
let open;
addEventListener("htmx:before:swap", () => (open = document.querySelector(".pill[open]")?.dataset.pill));
addEventListener("htmx:after:swap", () => {
  const pill = open && document.querySelector(`.pill[data-pill="${CSS.escape(open)}"]`);
  if (pill) pill.open = true;
});

/* The links to this page in another language stand outside of what is swapped. */
addEventListener("htmx:after:history:push", () => {
  for (const link of document.querySelectorAll("a[hreflang]")) link.search = location.search;
});

/* The week grid by drag, with mouse or finger: press one box, pass over others, and they all turn the same way. */
let first = null;
let painting = false;
const boxAt = (element) => element?.closest?.("[data-week] input");
const paint = (box) => {
  if (box.checked === painting) return;
  box.checked = painting;
  box.dispatchEvent(new Event("change", { bubbles: true }));
};
addEventListener("pointerdown", (event) => {
  first = boxAt(event.target);
  painting = !first?.checked;
});
addEventListener("pointermove", (event) => {
  const box = first && event.buttons === 1 && boxAt(document.elementFromPoint(event.clientX, event.clientY));
  if (box && box !== first) [first, box].forEach(paint);
});
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (first = null));

/* Everything the public pages gain from JavaScript. Each of them works without this file.
 *
 * <combo-box src>          suggestions under a text box (ARIA APG combobox 1.2); see components/combobox.html
 * [data-exit]              Leave this site: the button, or Shift three times
 * form[data-forget]        its answers are deleted from this device when the site is left so (the value: an address)
 * [data-p]                 a card and its map pin point at each other
 * details.pill, .menu      one open at a time
 * input[form=compare]      fills the compare tray (.tray)
 * [data-save]              keeps a program on this device's shortlist; [data-shortlist] shows how many, and carries
 *                          them in its address unless it says "bare"
 * [data-nothing-saved]     an address that names no program: the saved ones are shown instead, if there are any
 * [data-do]                print, share, copy, forget, locate
 * [data-focus]             takes the focus when the page opens (error summaries)
 * [data-connection]        is shown when htmx cannot reach the site
 */
const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const make = (tag, properties = {}, attributes = {}) => {
  const element = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};

class ComboBox extends HTMLElement {
  connectedCallback() {
    if (!this.getAttribute("src")) return;
    if (!this.list) this.make();
    this.dress();
  }

  get input() {
    return one("input:not([type=hidden])", this);
  }

  get slug() {
    return one("input[type=hidden]", this);
  }

  make() {
    const name = this.getAttribute("label") || "";
    this.list = make("ul", { id: `${this.input.id}-list`, hidden: true }, { role: "listbox", "aria-label": name });
    this.status = make("span", { className: "vh" }, { role: "status" });
    this.addEventListener("input", () => this.later());
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("focusout", () => setTimeout(() => this.close(), 120));
    this.list.addEventListener("pointerdown", (event) => {
      const option = event.target.closest("[role=option]");
      if (!option) return;
      event.preventDefault();
      this.pick(option);
    });
  }

  /* Also after htmx has made the box again what the server sent. */
  dress() {
    this.append(this.list, this.status);
    const aria = { role: "combobox", "aria-autocomplete": "list", "aria-controls": this.list.id };
    for (const [name, value] of Object.entries({ ...aria, autocomplete: "off", spellcheck: "false" }))
      this.input.setAttribute(name, value);
    this.close();
  }

  later() {
    if (this.slug) this.slug.value = "";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.find(), 120);
  }

  async find() {
    const text = this.input.value.trim();
    this.request?.abort();
    if (text.length < 2) return this.close();
    this.request = new AbortController();
    const address = new URL(this.getAttribute("src"), location.href);
    address.searchParams.set("q", text);
    try {
      const answer = await fetch(address, { signal: this.request.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.status);
      const rows = await answer.json();
      this.show(rows.results ?? rows, text);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.close();
      this.say("failed");
    }
  }

  show(rows, text) {
    this.at = -1;
    this.list.replaceChildren(...rows.slice(0, 10).map((row, index) => this.option(row, index, text.toLowerCase())));
    this.toggle(rows.length > 0);
    this.say(rows.length ? "found" : "none", rows.length, text);
  }

  option(row, index, text) {
    const value = (this.slug && row.slug) || (row.value ?? row.label);
    const data = { role: "option", "aria-selected": "false", "data-value": value };
    const option = make("li", { id: `${this.list.id}-${index}` }, data);
    const at = row.label.toLowerCase().indexOf(text);
    option.dataset.label = row.label;
    if (at < 0) option.append(row.label);
    else {
      const end = at + text.length;
      option.append(row.label.slice(0, at), make("mark", { textContent: row.label.slice(at, end) }), row.label.slice(end));
    }
    if (row.note) option.append(make("small", { textContent: row.note }));
    return option;
  }

  say(kind, count = 0, text = "") {
    this.status.textContent = (this.getAttribute(kind) || "").replace("{n}", count).replace("{q}", text);
  }

  toggle(open) {
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", open);
    if (!open) this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    this.toggle(false);
  }

  move(step) {
    const options = [...this.list.children];
    if (!options.length) return;
    this.at = this.at < 0 && step < 0 ? options.length - 1 : (this.at + step + options.length) % options.length;
    options.forEach((option, index) => option.setAttribute("aria-selected", index === this.at));
    this.input.setAttribute("aria-activedescendant", options[this.at].id);
    options[this.at].scrollIntoView({ block: "nearest" });
  }

  pick(option) {
    this.input.value = this.slug ? option.dataset.label : option.dataset.value;
    if (this.slug) this.slug.value = option.dataset.value;
    this.close();
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  key(event) {
    const open = !this.list.hidden;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (open) this.move(step);
      else this.find();
    } else if (event.key === "Enter" && open && this.at >= 0) {
      event.preventDefault();
      this.pick(this.list.children[this.at]);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    }
  }
}
customElements.define("combo-box", ComboBox);

/* Leave this site. Not Escape: it stops a page from loading, which is the last thing wanted here. */
const exit = one("[data-exit]");
const forget = () => {
  const form = one("form[data-forget]");
  if (!form) return;
  const fields = new FormData();
  fields.set("forget", "1");
  fields.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  navigator.sendBeacon(form.dataset.forget, fields);
};
let shifts = [];
const leave = () => {
  document.body.hidden = true;
  forget();
  document.title = " ";
  location.replace(exit.href);
};
exit?.addEventListener("click", (event) => {
  event.preventDefault();
  leave();
});
addEventListener("keydown", (event) => {
  if (event.key !== "Shift") shifts = [];
  else if (!event.repeat) shifts = [...shifts.filter((time) => event.timeStamp - time < 4000), event.timeStamp];
  if (shifts.length >= 3 && exit) leave();
});

for (const name of ["pointerover", "focusin", "pointerout", "focusout"])
  addEventListener(name, (event) => {
    const program = event.target.closest?.("[data-p]")?.dataset.p;
    if (!program) return;
    const on = name === "pointerover" || name === "focusin";
    for (const element of all(`[data-p="${CSS.escape(program)}"]`)) element.classList.toggle("hot", on);
  });

const popovers = () => all("details.pill[open], details.menu[open]");
addEventListener("click", (event) => {
  if (!event.detail) return; // Enter in a box clicks the form's first button, which is nowhere near
  for (const popover of popovers()) if (!popover.contains(event.target)) popover.open = false;
});
addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const popover of popovers()) {
    popover.open = false;
    one("summary", popover).focus();
  }
});

/* Compare: at most four; the tray's button is what a browser without JavaScript always shows. */
const fillTray = () => {
  const tray = one(".tray");
  if (!tray) return;
  const count = all("input[form=compare]:checked").length;
  const words = one("[data-n]", tray);
  tray.hidden = !count;
  if (words) words.textContent = (count === 1 ? words.dataset.one : words.dataset.many).replace("{n}", count);
};
addEventListener("change", (event) => {
  if (!event.target.matches("input[form=compare]")) return;
  if (all("input[form=compare]:checked").length > 4) event.target.checked = false;
  fillTray();
});

/* The shortlist stays on this device. Private windows may refuse storage: then nothing offers to save. */
const SHORTLIST = "shortlist";
const storage = (() => {
  try {
    localStorage.setItem("probe", "1");
    localStorage.removeItem("probe");
    return localStorage;
  } catch {
    return null;
  }
})();
const saved = () => {
  try {
    const slugs = JSON.parse(storage?.getItem(SHORTLIST) ?? "[]");
    return Array.isArray(slugs) ? slugs.filter((slug) => typeof slug === "string") : [];
  } catch {
    return [];
  }
};
const asAddress = (slugs) => new URLSearchParams(slugs.map((slug) => ["p", slug]));
const showSaved = () => {
  const slugs = saved();
  for (const button of all("[data-save]")) {
    button.hidden = !storage;
    button.setAttribute("aria-pressed", slugs.includes(button.dataset.save));
  }
  for (const link of all("[data-shortlist]")) {
    const address = new URL(link.href);
    if (link.dataset.shortlist !== "bare") address.search = asAddress(slugs);
    link.href = address;
    link.hidden = !slugs.length;
    const count = one("[data-n]", link);
    if (count) count.textContent = slugs.length;
  }
  const isOwn = !new URLSearchParams(location.search).has("p"); // not a list that somebody shared
  for (const button of all("[data-link]")) if (isOwn) button.dataset.link = `?${asAddress(slugs)}`;
};
const toggleSaved = (slug) => {
  const slugs = saved();
  const next = slugs.includes(slug) ? slugs.filter((other) => other !== slug) : [...slugs, slug].slice(-30);
  storage.setItem(SHORTLIST, JSON.stringify(next));
  showSaved();
};

/* Roughly a kilometre: near enough to sort programs, too far to find a door. */
const locate = (button) => {
  const form = button.form;
  const tell = (words) => (one("[data-located]", form).textContent = words);
  tell(button.dataset.wait);
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      form.elements.near.value = `${coords.latitude.toFixed(2)},${coords.longitude.toFixed(2)}`;
      form.requestSubmit();
    },
    () => tell(button.dataset.failed),
    { timeout: 10000, maximumAge: 600000 },
  );
};

const toShare = (button) => new URL(button.dataset.link || location.href, location.href).href;
const copy = (button) =>
  navigator.clipboard.writeText(toShare(button)).then(() => (button.lastChild.textContent = ` ${button.dataset.done}`));
const acts = {
  print: () => print(),
  copy,
  share: (button) => (navigator.share ? navigator.share({ url: toShare(button) }) : copy(button)).catch(() => {}),
  forget: () => {
    storage?.removeItem(SHORTLIST);
    showSaved();
  },
  locate,
};
addEventListener("click", (event) => {
  const button = event.target.closest("[data-do], [data-save]");
  if (!button) return;
  if (button.dataset.save) toggleSaved(button.dataset.save);
  else acts[button.dataset.do]?.(button);
});

/* htmx: keep the page in step after a swap, and say so when the site cannot be reached. */
const connection = (lost) => all("[data-connection]").forEach((element) => (element.hidden = !lost));
addEventListener("htmx:after:swap", () => {
  for (const box of all("combo-box")) box.connectedCallback();
  showSaved();
  fillTray();
});
addEventListener("htmx:error", (event) => connection(Boolean(event.detail?.ctx)));
addEventListener("htmx:after:request", (event) => connection(event.detail?.ctx?.response?.status >= 500));
addEventListener("online", () => connection(false));

/* The list is sent in a form, so that it stands in no address, log or history. An address that does name some programs
 * is left as it is: none of them may be listed any more. */
const openSaved = async () => {
  const nothing = one("[data-nothing-saved]");
  const named = new URLSearchParams(location.search).has("p");
  if (!nothing || named || !saved().length) return;
  nothing.hidden = true;
  try {
    const answer = await fetch(location.pathname, { method: "POST", body: asAddress(saved()) });
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    one("main").replaceWith(one("main", page));
    showSaved();
  } catch {
    connection(true);
  }
};

one("[data-focus]")?.focus();
showSaved();
openSaved();
fillTray();

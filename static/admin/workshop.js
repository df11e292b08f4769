/* What the editors of rules share: making elements, asking the server, and a box to search in. */

/* An element: h("button", {type: "button", onclick}, "Add", icon). False and null are left out. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && name !== "list" && typeof value !== "string") element[name] = value;
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/* Lists hang out of the row that this is in. */
export const holdsLists = (element) => element.closest(".form-row")?.classList.add("holds-lists");

let made = 0;
export const fresh = (word) => `${word}-${++made}`;

/* The answer of the server as JSON, to JSON or to a form; an Error with words for people where there is none. */
export async function ask(url, { body, signal } = {}) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value || "";
  const options = { signal, headers: { Accept: "application/json" }, credentials: "same-origin" };
  if (body !== undefined) {
    options.method = "POST";
    const isForm = body instanceof URLSearchParams;
    options.body = isForm ? body : JSON.stringify(body);
    if (!isForm) options.headers["Content-Type"] = "application/json";
    options.headers["X-CSRFToken"] = token;
  }
  let answer;
  try {
    answer = await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server cannot be reached just now.");
  }
  const found = await answer.json().catch(() => ({}));
  signal?.throwIfAborted(); // also while it was read
  if (!answer.ok) throw new Error(found.message || `The server could not answer (${answer.status}).`);
  return found;
}

/* `work(signal, ...)` once nothing has been asked for so many milliseconds. Who asks again ends what ran before: the
   last answer wins. */
export function latest(work, wait = 250) {
  let timer, running;
  return (...given) => {
    clearTimeout(timer);
    running?.abort();
    const mine = (running = new AbortController());
    timer = setTimeout(() => {
      Promise.resolve(work(mine.signal, ...given)).catch((error) => {
        if (error.name !== "AbortError") console.warn(error.message);
      });
    }, wait);
  };
}

const vocabularies = {};
/* What rules can be made of: asked once for a page. */
export function vocabulary(url) {
  vocabularies[url] ||= ask(url).then((words) => {
    words.fields = new Map();
    for (const room of words.rooms) {
      for (const field of room.fields) {
        field.room = room.label;
        for (const name of [field.path, ...field.called]) {
          if (name === field.path || name.includes(".")) words.fields.set(name.toLowerCase(), field);
        }
      }
    }
    words.operator = new Map();
    for (const operator of words.operators) {
      for (const name of [operator.name, ...operator.aliases]) words.operator.set(name, operator);
    }
    return words;
  });
  return vocabularies[url];
}

export function findField(words, name) {
  return words.fields.get(String(name ?? "").trim().toLowerCase().replace(/^listing\./, ""));
}

/* Fields for what is typed: by label, path, unit, room and what else people call them; the nearest first. */
export function searchFields(words, text, fits = () => true) {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = [];
  for (const room of words.rooms) {
    for (const field of room.fields.filter(fits)) {
      const label = field.label.toLowerCase();
      const all = [label, field.path, field.unit, room.label, ...field.called].join(" ").toLowerCase();
      if (!wanted.every((word) => all.includes(word))) continue;
      const typed = text.trim().toLowerCase();
      const near = !typed || label === typed || field.path === typed ? 0 : label.startsWith(typed) ? 1
        : label.includes(typed) || field.path.includes(typed) ? 2 : 3;
      const example = field.example ? `e.g. ${field.example}` : "";
      found.push({
        value: field.path, label: field.label, group: room.label, near,
        detail: [field.unit && !field.label.includes(field.unit) ? field.unit : "", example].filter(Boolean).join(" · "),
      });
    }
  }
  return typedFirst(found);
}

/* The nearest first; the rooms keep together as far as that allows. */
function typedFirst(found) {
  const rooms = new Map();
  for (const item of found) rooms.set(item.group, Math.min(rooms.get(item.group) ?? 9, item.near));
  return found.map((item, at) => ({ item, at }))
    .sort((a, b) => rooms.get(a.item.group) - rooms.get(b.item.group) || (a.item.group === b.item.group
      ? a.item.near - b.item.near : 0) || a.at - b.at)
    .map(({ item }) => item);
}

/* An input with a list under it (the pattern "combobox" of ARIA): arrows choose, Enter takes, Escape closes.
   `source(text, signal)` gives options {value, label, detail, group}, or a promise of them. `take(value, option)` is
   told what was chosen, or, with an option of null, what was typed and is none of them. */
export function combobox({ text, label, source, take, key, placeholder = "", isStrange = false }) {
  const id = fresh("combo");
  let options = [], active = -1, was = text, dirty = false;
  const list = h("div", { role: "listbox", id, "aria-label": label, hidden: true });
  const input = h("input", {
    type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", "aria-label": label, placeholder,
    "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list", "data-key": key, value: text,
    class: "vTextField",
  });
  const box = h("span", { class: isStrange ? "combo strange" : "combo" }, input, list);
  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (at) => {
    const items = list.querySelectorAll("[role=option]");
    items[active]?.setAttribute("aria-selected", "false");
    active = at;
    items[active]?.setAttribute("aria-selected", "true");
    items[active]?.scrollIntoView({ block: "nearest" });
    if (items[active]) input.setAttribute("aria-activedescendant", items[active].id);
    else input.removeAttribute("aria-activedescendant");
  };
  const pick = (option) => {
    dirty = false;
    input.value = was = option.label;
    close();
    take(option.value, option);
  };
  const paint = (found) => {
    options = found;
    active = -1;
    const groups = new Map();
    options.forEach((option, at) => {
      const item = h("div", {
        role: "option", id: `${id}-${at}`, "aria-selected": "false",
        onmousedown: (event) => { event.preventDefault(); pick(option); },
      }, h("span", {}, option.label), option.detail ? h("span", { class: "detail" }, option.detail) : null);
      const name = option.group || "";
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(item);
    });
    list.replaceChildren(...[...groups].flatMap(([name, items]) => name
      ? [h("div", { role: "group", "aria-label": name }, h("div", { class: "heading", "aria-hidden": "true" }, name), items)]
      : items));
    list.hidden = !options.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    if (dirty && options.length && options[0].group) mark(0);
  };
  const look = latest(async (signal) => {
    const wanted = dirty ? input.value : "";
    const found = await source(wanted, signal);
    if (signal.aborted || document.activeElement !== input) return;
    paint(found);
    list.dataset.of = wanted;
  }, 60);
  const done = () => {
    close();
    if (!dirty) return;
    dirty = false;
    const typed = input.value.trim();
    if (typed === was) return;
    was = typed;
    const same = options.find((option) => [option.label, option.value].some((word) => String(word).toLowerCase() === typed.toLowerCase()));
    if (same) pick(same);
    else take(typed, null);
  };
  input.addEventListener("input", () => { dirty = true; look(); });
  input.addEventListener("focus", () => { input.select(); });
  input.addEventListener("click", () => { if (list.hidden) look(); });
  input.addEventListener("blur", done);
  input.addEventListener("keydown", (event) => {
    const last = options.length - 1;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (event.altKey) return;
      if (list.hidden) look();
      else mark(event.key === "ArrowDown" ? (active < last ? active + 1 : 0) : active > 0 ? active - 1 : last);
    } else if (event.key === "Enter") {
      event.preventDefault(); // it takes what is marked, and posts no form
      if (!list.hidden && active >= 0) pick(options[active]);
      else done();
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
  });
  box.input = input;
  return box;
}

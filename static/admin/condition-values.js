/* What a condition compares with, by the kind of its fact and the shape of its operator. */

import { ask, combobox, h } from "./workshop.js";

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)$/;

/* What was typed as JSON: a number where it reads as one, nothing for nothing, else the text for the server to judge. */
export function typed(text, kind) {
  const plain = text.trim();
  if (!plain) return null;
  return kind === "number" && NUMBER.test(plain) && plain.length < 16 ? Number(plain) : kind === "string" ? text : plain;
}

const written = (value) => (value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value));
const alike = (one, other) => String(one).toLowerCase() === String(other).toLowerCase();
const listed = (value) => (Array.isArray(value) ? value : value === null || value === undefined || value === "" ? [] : [value]);

/* A value for another shape of operator, with as much kept as fits. */
export function reshape(value, from, to) {
  if (from === to || to === "none") return value;
  const values = listed(value);
  if (to === "list") return values.filter((item) => item !== null);
  if (to === "pair") return [values[0] ?? null, values[1] ?? null];
  return values[0] ?? null;
}

/* The choices of a fact: [value, label]; none for free values. */
function choices(field) {
  if (field.kind === "boolean") return [[true, "yes"], [false, "no"]];
  return field.options.map((option) => [option, option]);
}

function chosen(field, value, option) {
  if (field.kind !== "boolean") return alike(value, option);
  const yes = [true, 1, "1", "true", "yes"], no = [false, 0, "0", "false", "no"];
  return (option ? yes : no).some((word) => word === value || alike(word, value));
}

/* The inputs of a leaf. `set(value)` takes what they say; `key` names the first, where the focus goes. */
export function valueEditor({ field, operator, value, set, key, label, url }) {
  if (!field || !operator || !operator.kinds.includes(field.kind)) {
    return value === undefined ? [] : [h("code", { class: "as-is", title: "Kept as it is" }, JSON.stringify(value))];
  }
  if (operator.shape === "none") return [];
  const unit = field.unit === "USD" ? "$" : field.unit;
  const measured = (...inputs) => (unit === "$" ? [h("span", { class: "unit" }, "$"), ...inputs]
    : [...inputs, unit ? h("span", { class: "unit" }, unit) : null]);
  const text = (now, change, name, at = key) => h("input", {
    type: field.kind === "date" ? "date" : "text", inputmode: field.kind === "number" ? "decimal" : "text", class: "vTextField",
    "aria-label": name, "data-key": at, value: written(now), autocomplete: "off", spellcheck: "false",
    size: field.kind === "number" ? 9 : 24,
    oninput: (event) => change(typed(event.target.value, field.kind)),
  });
  const search = (now, take, name, placeholder = "") => combobox({
    text: written(now), label: name, key, placeholder, take: (found) => take(typed(String(found), field.kind)),
    source: async (wanted, signal) => {
      const address = `${url}?field=${encodeURIComponent(field.path)}&q=${encodeURIComponent(wanted)}`;
      const { values } = await ask(address, { signal });
      return values.map((item) => ({ value: item.value, label: item.value, detail: `${item.count} listings`.replace(/^1 listings/, "1 listing") }));
    },
  });

  if (operator.shape === "pair") {
    const now = [0, 1].map((at) => listed(value)[at] ?? null);
    const change = (at) => (found) => { now[at] = found; set([...now]); };
    return measured(text(now[0], change(0), `${label}: from`), h("span", {}, "and"), text(now[1], change(1), `${label}: to`, `${key}2`));
  }
  if (operator.shape === "list") return listEditor({ field, value, set, key, label, text, search, measured });
  const options = operator.shape === "one" ? choices(field) : [];
  if (options.length && !["contains", "starts_with", "ends_with"].includes(operator.name)) {
    const known = options.some(([option]) => chosen(field, value, option));
    const shown = written(value);
    return [h("select", { "aria-label": label, "data-key": key, onchange: (event) => {
      const found = options[event.target.value];
      if (found) set(found[0]);
    } },
      known ? null : h("option", { value: "", selected: true }, shown ? `${shown} (no option)` : "choose…"),
      options.map(([option, words], at) => h("option", { value: String(at), selected: chosen(field, value, option) }, words)))];
  }
  if (field.offers && ["equals", "not_equals"].includes(operator.name)) return [search(value, set, label, "type to search")];
  return measured(text(value, set, label));
}

function listEditor({ field, value, set, key, label, text, search, measured }) {
  const now = listed(value), options = choices(field);
  if (options.length) {
    const strange = now.filter((item) => !options.some(([option]) => chosen(field, item, option)));
    const all = [...options, ...strange.map((item) => [item, `${written(item)} (no option)`])];
    return [h("span", { class: "chips", role: "group", "aria-label": label }, all.map(([option, words], at) => h("label", { class: now.some((item) => item === option || chosen(field, item, option)) ? "chip on" : "chip" },
      h("input", {
        type: "checkbox", "data-key": at ? null : key,
        checked: now.some((item) => item === option || chosen(field, item, option)),
        onchange: (event) => {
          const others = listed(now).filter((item) => item !== option && !chosen(field, item, option));
          now.splice(0, now.length, ...others, ...(event.target.checked ? [option] : []));
          event.target.parentElement.classList.toggle("on", event.target.checked);
          set([...now]);
        },
      }), words)))];
  }
  const put = (item) => {
    if (item !== null && !now.some((other) => alike(other, item))) set([...now, item], true);
  };
  const chips = now.map((item, at) => h("button", {
    type: "button", class: "chip", "aria-label": `Take ${written(item)} out`, onclick: () => set(now.filter((_, other) => other !== at), true),
  }, written(item), h("span", { "aria-hidden": "true" }, "×")));
  const hint = now.length ? "add another" : "add a value";
  if (field.offers) return [h("span", { class: "chips" }, chips, search("", put, `${label}: ${hint}`, hint))];
  const input = text("", () => {}, `${label}: ${hint}`);
  input.placeholder = hint;
  const take = () => put(typed(input.value, field.kind));
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); take(); } });
  input.addEventListener("change", take);
  return measured(h("span", { class: "chips" }, chips, input));
}

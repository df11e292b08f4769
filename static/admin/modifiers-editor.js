/* Modifiers of an action as small tables. The text below goes on being what is sent; what nobody touches stays as it
   was written, unknown keys too. */

import { ask, combobox, findField, h, holdsLists, searchFields } from "./workshop.js";
import { typed } from "./condition-values.js";

const CONDITIONS = { new: "New", refurb: "Refurbished", used: "Used" };
const precise = (number) => Number.parseFloat(number.toPrecision(12));
const percent = (value) => (typeof value === "number" ? precise(value * 100) : value ?? "");
const isTable = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/* "multipliers[0].conditions[1].value" as people see it. */
const placeOf = (path) => path.replace(/^modifiers\.?/, "").replace(/multipliers\[(\d+)\]/, (_, at) => `factors by a field, table ${Number(at) + 1}`)
  .replace(/conditions\[(\d+)\]/, (_, at) => `row ${Number(at) + 1}`).replaceAll(".", ", ") || "modifiers";

export class ModifiersEditor {
  constructor(textarea, words, urls) {
    this.textarea = textarea;
    this.words = words;
    this.urls = urls;
    this.name = textarea.labels[0]?.textContent.replace(":", "") || "Modifiers";
    this.body = h("div", { class: "mod-body" });
    this.errors = h("ul", { class: "errorlist", role: "status" });
    this.notice = h("p", { class: "cb-notice", role: "status" });
    this.toggle = h("button", { type: "button", class: "cb-plain", onclick: () => this.asText(!this.isText) }, "Show as JSON");
    this.summary = h("summary", {});
    this.box = h("details", { class: "cb mod" }, this.summary, this.body, this.notice, this.toggle);
    textarea.before(this.box);
    holdsLists(textarea);
    this.box.append(textarea, this.errors);
    textarea.setAttribute("aria-label", `${this.name} as JSON`);
    textarea.addEventListener("input", () => { if (!this.writing) this.load(); });
    this.load();
    this.box.open = textarea.closest(".form-row").querySelector(".errorlist li") !== null; // of a save that was refused
    this.asText(this.isText || false);
  }

  load() {
    const text = this.textarea.value.trim();
    try {
      const found = text ? JSON.parse(text) : {};
      if (!isTable(found)) throw new Error("modifiers are an object, {...}");
      this.data = found;
      this.brand = isTable(found.brand_multipliers) ? Object.entries(found.brand_multipliers) : [];
      this.fits = true;
    } catch (error) {
      this.fits = false;
      this.problem = error.message;
      this.isText = true;
      return;
    }
    this.draw();
  }

  asText(isText) {
    if (!isText && !this.fits) {
      this.notice.textContent = `This is not JSON: ${this.problem}`;
      isText = true;
    } else this.notice.textContent = "";
    this.isText = isText;
    this.textarea.hidden = !isText;
    this.body.hidden = isText;
    this.toggle.textContent = isText ? "Show as tables" : "Show as JSON";
    const help = this.textarea.closest(".form-row")?.querySelector(".help");
    if (help) help.hidden = !isText;
    this.title();
  }

  title() {
    const names = { condition_multipliers: "condition", age_curve: "age", brand_multipliers: "brand", multipliers: "fields", min_usd: "lowest", max_usd: "highest" };
    const used = Object.keys(names).filter((key) => (this.data?.[key] ?? null) !== null).map((key) => names[key]);
    this.summary.textContent = used.length ? `Changed by ${used.join(", ")}` : "The same for every condition, age and brand; without bounds";
  }

  commit(redraw = false) {
    this.writing = true;
    this.textarea.value = Object.keys(this.data).length ? JSON.stringify(this.data, null, 2) : "";
    for (const name of ["input", "change"]) this.textarea.dispatchEvent(new Event(name, { bubbles: true }));
    this.writing = false;
    this.title();
    if (redraw) this.draw();
  }

  /* What a key of the modifiers holds; nothing takes the key away. */
  put(key, value) {
    if (value === null || (isTable(value) && !Object.keys(value).length) || (Array.isArray(value) && !value.length)) delete this.data[key];
    else this.data[key] = value;
  }

  show(problems) {
    this.errors.replaceChildren(...problems.map((problem) => h("li", { class: problem.severity }, `${placeOf(problem.path)}: ${problem.text}`)));
    if (problems.some((problem) => problem.severity === "error")) this.box.open = true;
  }

  number(label, value, change, { before = "", after = "", hint = "" } = {}) {
    return h("label", { class: "mod-cell" }, h("span", {}, label), before ? h("span", { class: "unit" }, before) : null, h("input", {
      type: "text", inputmode: "decimal", class: "vTextField", value: String(value ?? ""), placeholder: hint, autocomplete: "off",
      onkeydown: (event) => { if (event.key === "Enter") event.preventDefault(); },
      oninput: (event) => change(typed(event.target.value, "number")),
    }), after ? h("span", { class: "unit" }, after) : null);
  }

  part(title, about, ...inside) {
    return h("div", { class: "mod-part", role: "group", "aria-label": title }, h("strong", {}, title), about ? h("span", { class: "quiet" }, about) : null, inside);
  }

  draw() {
    this.body.replaceChildren(this.conditions(), this.age(), this.brands(), ...this.byFields(), this.bounds());
    this.title();
  }

  conditions() {
    const now = isTable(this.data.condition_multipliers) ? this.data.condition_multipliers : {};
    return this.part("By condition", "Factors; empty is 1.", h("div", { class: "mod-row" }, Object.entries(CONDITIONS).map(([name, label]) => this.number(label, now[name], (value) => {
      if (value === null) delete now[name];
      else now[name] = value;
      this.put("condition_multipliers", now);
      this.commit();
    }, { before: "×", hint: "1" }))));
  }

  age() {
    const now = isTable(this.data.age_curve) ? this.data.age_curve : {};
    const line = h("p", { class: "mod-line" });
    const say = () => {
      const { rate_per_year: rate, max = this.words.limits.age } = now;
      if (typeof rate !== "number" || typeof max !== "number") { line.textContent = ""; return; }
      const years = [...Array(11).keys()].map((year) => `${year} y × ${precise(1 - Math.min(year * rate, max)).toFixed(2)}`);
      line.textContent = years.join(" · ");
    };
    const change = (key) => (value) => {
      if (value === null) delete now[key];
      else now[key] = typeof value === "number" ? precise(value / 100) : value;
      this.put("age_curve", now);
      this.commit();
      say();
    };
    say();
    return this.part("By age", "So much less for each year since the CPU's release.", h("div", { class: "mod-row" },
      this.number("Less a year", percent(now.rate_per_year), change("rate_per_year"), { after: "%" }),
      this.number("At most", percent(now.max), change("max"), { after: "%", hint: String(percent(this.words.limits.age)) })), line);
  }

  values(path) {
    return async (text, signal) => {
      const { values } = await ask(`${this.urls.values}?field=${encodeURIComponent(path)}&q=${encodeURIComponent(text)}`, { signal });
      return values.map((item) => ({ value: item.value, label: item.value, detail: String(item.count) }));
    };
  }

  /* A line of a text and its factor. */
  line({ label, text, factor, search, setText, setFactor, remove }) {
    return h("div", { class: "mod-row" },
      combobox({ text: String(text ?? ""), label, source: search, placeholder: label, take: setText }),
      this.number("×", factor, setFactor, { hint: "1" }),
      h("button", { type: "button", class: "cb-remove", "aria-label": `Remove ${label.toLowerCase()}`, title: "Remove", onclick: remove }, "×"));
  }

  adder(label, work) {
    return h("div", { class: "cb-add" }, h("button", { type: "button", onclick: (event) => {
      const part = event.currentTarget.closest(".mod-part");
      const at = [...this.body.children].indexOf(part);
      work();
      this.commit(true);
      [...this.body.children[at].querySelectorAll(".combo input")].find((input) => !input.value)?.focus();
    } }, label));
  }

  brands() {
    const store = () => {
      this.put("brand_multipliers", Object.fromEntries(this.brand.filter(([name]) => name)));
      this.commit();
    };
    return this.part("By brand", "Factors; any other brand is 1.", this.brand.map((pair, at) => this.line({
      label: `Brand ${at + 1}`, text: pair[0], factor: pair[1], search: this.values("manufacturer"),
      setText: (name) => { pair[0] = name; store(); },
      setFactor: (factor) => { pair[1] = factor; store(); },
      remove: () => { this.brand.splice(at, 1); store(); this.draw(); },
    })), this.adder("Add brand", () => this.brand.push([null, null])));
  }

  /* Factors by the value of a field: a table for each, the first that fits counts. */
  byFields() {
    const tables = Array.isArray(this.data.multipliers) ? this.data.multipliers : [];
    const parts = tables.filter(isTable).map((table, at) => this.byField(table, at, tables));
    const more = h("div", { class: "mod-part" }, this.adder("Add factors by a field", () => {
      this.data.multipliers = [...tables, { field: "", conditions: [{ value: null, multiplier: null }] }];
    }));
    return [...parts, more];
  }

  byField(table, at, tables) {
    const field = findField(this.words, table.field);
    const rows = Array.isArray(table.conditions) ? table.conditions.filter(isTable) : [];
    const options = (text) => (field?.options || []).filter((option) => option.includes(text.toLowerCase())).map((option) => ({ value: option, label: option }));
    const title = `By ${field ? field.label : "a field"}`;
    return this.part(title, "The first value that fits; any other is 1.",
      h("div", { class: "mod-row" }, combobox({
        text: field ? field.label : String(table.field ?? ""), label: `${title}: field`, placeholder: "Search a field", source: (text) => searchFields(this.words, text),
        take: (value) => { table.field = value; this.commit(true); },
      }), h("button", { type: "button", class: "cb-remove", "aria-label": `Remove factors ${title.toLowerCase()}`, title: "Remove", onclick: () => {
        this.put("multipliers", tables.filter((other) => other !== table));
        this.commit(true);
      } }, "×")),
      rows.map((row, place) => this.line({
        label: `Value ${place + 1}`, text: row.value, factor: row.multiplier,
        search: field?.offers ? this.values(field.path) : options,
        setText: (value) => { row.value = typed(String(value), field?.kind || "string"); this.commit(); },
        setFactor: (factor) => { row.multiplier = factor; this.commit(); },
        remove: () => { table.conditions = rows.filter((other) => other !== row); this.commit(true); },
      })), this.adder("Add value", () => { table.conditions = [...rows, { value: null, multiplier: null }]; }));
  }

  bounds() {
    const change = (key) => (value) => { this.put(key, value); this.commit(); };
    const off = this.data.clamp === false;
    return this.part("Bounds", off ? "Switched off by “clamp”." : "Of the amount, after all factors.", h("div", { class: "mod-row" },
      this.number("Lowest", this.data.min_usd, change("min_usd"), { before: "$" }),
      this.number("Highest", this.data.max_usd, change("max_usd"), { before: "$" }),
      off ? h("button", { type: "button", onclick: () => { delete this.data.clamp; this.commit(true); } }, "Switch them on") : null));
  }
}

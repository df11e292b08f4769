/* An action shows only the inputs that its type reads, and says what it gives, whose price that moves and which way.
   Nothing is cleared: what is hidden is still saved. */

import { ask, combobox, findField, h, latest, vocabulary } from "./workshop.js";
import { FormulaInput } from "./formula-input.js";
import { ModifiersEditor } from "./modifiers-editor.js";

const INPUTS = ["value_usd", "metric", "unit_type", "formula"];
const KEPT = "dealbrain.tried"; // the listing that things are tried on, for this tab
const dollars = (cents) => `${cents < 0 ? "−" : ""}$${(Math.abs(cents) / 100).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
const signed = (cents) => (cents > 0 ? `+${dollars(cents)}` : dollars(cents));

const tried = { listing: null, title: "", editors: [] };
try {
  Object.assign(tried, JSON.parse(sessionStorage.getItem(KEPT) || "{}"));
} catch { /* nothing is kept then */ }

class ActionEditor {
  constructor(inline, select, words) {
    this.inline = inline;
    this.select = select;
    this.words = words;
    this.urls = select.dataset;
    this.inputs = Object.fromEntries([...INPUTS, "modifiers"].map((name) => [name, inline.querySelector(`[name$="-${name}"]`)]));
    this.unit = h("span", { class: "unit" });
    this.inputs.value_usd.after(this.unit);
    this.errors = Object.fromEntries(["value_usd", "metric", "unit_type"].map((name) => {
      const list = h("ul", { class: "errorlist", role: "status" });
      (this.inputs[name].closest(".fieldBox") || this.inputs[name].closest(".form-row")).append(list);
      return [name, list];
    }));
    this.about = h("p", { class: "quiet" });
    this.select.closest(".form-row").append(this.about);
    this.formula = new FormulaInput(this.inputs.formula, words);
    this.modifiers = new ModifiersEditor(this.inputs.modifiers, words, this.urls);
    this.meaning = h("p", { class: "act-meaning", role: "status" });
    this.details = h("div", { class: "act-details" });
    this.mine = h("span", {});
    this.panel = h("div", { class: "form-row act" }, this.meaning, this.details, h("div", { class: "act-one" }, h("span", {}, "Try it on"), combobox({
      text: tried.title, label: "A listing to try the action on", placeholder: "Search a listing",
      source: async (text, signal) => (await ask(`${this.urls.listings}?q=${encodeURIComponent(text)}`, { signal })).values,
      take: (value, option) => this.tryOn(option),
    }), this.mine));
    this.inputs.formula.closest(".form-row").after(this.panel);
    this.ask = latest((signal) => this.check(signal), 300);
    for (const name of ["input", "change"]) inline.addEventListener(name, () => { this.show(); this.ask(); });
    this.show();
    this.ask();
  }

  tryOn(option) {
    Object.assign(tried, { listing: option ? option.value : null, title: option ? option.label : "" });
    const { listing, title } = tried;
    try {
      sessionStorage.setItem(KEPT, JSON.stringify({ listing, title }));
    } catch { /* then it is for this page only */ }
    for (const editor of tried.editors) editor.ask();
  }

  show() {
    const type = this.words.actions[this.select.value];
    const takes = type?.takes || INPUTS;
    for (const name of INPUTS) {
      // A help text stands beside the box of a field that shares its row.
      const input = this.inputs[name];
      const cell = input.closest(".fieldBox")?.parentElement || input.closest(".form-row");
      const failed = cell.querySelector(".errorlist:not([role]) li") !== null || cell.classList.contains("errors");
      cell.hidden = !takes.includes(name) && !failed;
    }
    for (const row of this.inline.querySelectorAll(".form-multiline")) {
      row.closest(".form-row").hidden = [...row.children].every((cell) => cell.hidden);
    }
    this.about.textContent = type?.about || "";
    this.unit.textContent = type ? this.unitOf(type, takes) : "";
  }

  /* "$ per GB", "$ per 1,000 points", "%". */
  unitOf(type, takes) {
    if (!takes.includes("metric")) return type.unit;
    if (takes.includes("unit_type")) {
      const points = this.words.units[this.inputs.unit_type.value || "per_1000_points"];
      return `$ per ${points > 1 ? `${points.toLocaleString("en-US")} points` : "point"}`;
    }
    const metric = this.words.metrics[this.inputs.metric.value];
    const unit = metric ? metric.unit : findField(this.words, this.inputs.metric.value)?.unit;
    return unit ? `$ per ${unit === "USD" ? "dollar" : unit.replace(/(?<=[a-z])s$/, "")}` : "$";
  }

  async check(signal) {
    const group = Number(document.querySelector("#id_group")?.value) || null;
    const body = { action_type: this.select.value, group, listing: tried.listing };
    for (const [name, input] of Object.entries(this.inputs)) body[name] = input.value;
    let found;
    try {
      found = await ask(this.urls.action, { body, signal });
    } catch (error) {
      if (error.name !== "AbortError") this.meaning.textContent = error.message;
      throw error;
    }
    const takes = this.words.actions[this.select.value]?.takes || [];
    const said = found.problems.filter((problem) => problem.code !== "required"); // not written yet is no mistake yet
    const of = (name) => said.filter((problem) => problem.path.split(/[.[]/)[0] === name);
    for (const [name, list] of Object.entries(this.errors)) {
      list.replaceChildren(...(takes.includes(name) ? of(name) : []).map((problem) => h("li", { class: problem.severity }, problem.text)));
    }
    this.formula.show(takes.includes("formula") ? of("formula") : []);
    this.modifiers.show(of("modifiers"));
    this.tell(found, found.problems.some((problem) => problem.severity === "error"));
  }

  tell(found, isWrong) {
    this.meaning.replaceChildren(isWrong ? "" : `${found.words}. ${found.meaning}`);
    this.meaning.classList.toggle("warning", Boolean(found.warning));
    if (found.warning) this.meaning.append(" ", found.warning);
    const differ = new Set(found.spread.map((part) => part.cents)).size > 1;
    const lines = !differ ? [] : found.spread.map((part) => h("li", {}, `${part.name[0].toUpperCase()}${part.name.slice(1)} `, h("b", {}, signed(part.cents)), ` ${part.title}`));
    if (found.given < found.tried) {
      const why = found.reasons.map((reason) => `${reason.count.toLocaleString("en-US")}: ${reason.text}`).join("; ");
      lines.push(h("li", {}, `${(found.tried - found.given).toLocaleString("en-US")} of ${found.tried.toLocaleString("en-US")} listings get nothing (${why}).`));
    }
    this.details.replaceChildren(lines.length ? h("ul", {}, lines) : "");
    const { listing } = found;
    this.mine.replaceChildren(!listing ? "" : listing.cents === null ? `nothing: ${listing.reason}`
      : h("span", {}, h("b", {}, signed(listing.cents)), listing.told ? ` (${listing.told})` : ""));
  }
}

function attach(root) {
  for (const select of root.querySelectorAll('select[data-editor="action"]')) {
    const inline = select.closest(".inline-related");
    if (inline.classList.contains("empty-form") || inline.dataset.edited) continue;
    inline.dataset.edited = "yes";
    vocabulary(select.dataset.words).then((words) => tried.editors.push(new ActionEditor(inline, select, words)))
      .catch((error) => console.warn(error.message));
  }
}

attach(document);
document.addEventListener("formset:added", () => attach(document));
document.querySelector("#id_group")?.addEventListener("change", () => tried.editors.forEach((editor) => editor.ask()));
window.django?.jQuery?.("#id_group").on("change", () => tried.editors.forEach((editor) => editor.ask())); // as select2 says it

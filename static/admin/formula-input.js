/* A formula: what may come next is offered, brackets show their partners, and an error stands under its character. */

import { fresh, h, holdsLists, searchFields } from "./workshop.js";

const MOST_OFFERED = 12;

/* Places of the two brackets that belong together, where one is beside the caret. */
function pair(text, caret) {
  const at = "()".includes(text[caret - 1] || " ") ? caret - 1 : caret;
  if (!"()".includes(text[at] || " ")) return [];
  const step = text[at] === "(" ? 1 : -1;
  let depth = 0;
  for (let place = at; place >= 0 && place < text.length; place += step) {
    if (text[place] === "(") depth += 1;
    if (text[place] === ")") depth -= 1;
    if (depth === 0) return [at, place];
  }
  return [at];
}

export class FormulaInput {
  constructor(input, words) {
    this.input = input;
    this.words = words;
    this.options = [];
    this.active = -1;
    this.problems = [];
    this.id = fresh("formula");
    this.list = h("div", { role: "listbox", id: this.id, "aria-label": "Fields and functions", hidden: true });
    this.mirror = h("pre", { class: "fx-mirror", "aria-hidden": "true" });
    this.errors = h("ul", { class: "errorlist", id: `${this.id}-errors`, role: "status" });
    const box = h("span", { class: "combo fx" });
    const whole = h("div", { class: "fx-box" }, box, this.mirror, this.errors);
    input.replaceWith(whole);
    box.append(input, this.list);
    holdsLists(input);
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"],
      ["aria-controls", this.id], ["autocomplete", "off"], ["spellcheck", "false"], ["aria-describedby", this.errors.id]]) {
      input.setAttribute(name, value);
    }
    input.addEventListener("input", () => { this.problems = []; this.offer(); this.paint(); });
    for (const name of ["keyup", "click", "focus"]) input.addEventListener(name, () => this.paint());
    input.addEventListener("blur", () => this.close());
    input.addEventListener("keydown", (event) => this.onKey(event));
    this.paint();
  }

  /* The name that is being typed before the caret; "" inside a text. */
  token() {
    const before = this.input.value.slice(0, this.input.selectionStart);
    const quotes = before.split(/["']/).length - 1;
    return quotes % 2 ? "" : before.match(/[A-Za-z_][\w.]*$/)?.[0] || "";
  }

  offer() {
    const token = this.token().toLowerCase();
    const known = this.words.functions.some((item) => item.name === token) && this.input.value[this.input.selectionStart] === "(";
    if (!token || known || this.words.fields.has(token)) { this.close(); return; }
    const functions = this.words.functions.filter((item) => item.name.startsWith(token))
      .map((item) => ({ label: item.signature, value: `${item.name}(`, detail: "function" }));
    const words = searchFields(this.words, token.replaceAll(/[._]/g, " "));
    const fields = words.map((item) => ({ label: item.value, value: item.value, detail: [item.label, item.detail].filter(Boolean).join(" · ") }));
    this.options = [...functions, ...fields].slice(0, MOST_OFFERED);
    this.active = -1;
    this.list.replaceChildren(...this.options.map((option, at) => h("div", {
      role: "option", id: `${this.id}-${at}`, "aria-selected": "false",
      onmousedown: (event) => { event.preventDefault(); this.take(option); },
    }, h("span", {}, option.label), h("span", { class: "detail" }, option.detail))));
    this.list.hidden = !this.options.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
  }

  close() {
    this.list.hidden = true;
    this.active = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  mark(at) {
    const items = this.list.children;
    items[this.active]?.setAttribute("aria-selected", "false");
    this.active = at;
    items[at].setAttribute("aria-selected", "true");
    items[at].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", items[at].id);
  }

  take(option) {
    const caret = this.input.selectionStart;
    this.replace(caret - this.token().length, caret, option.value);
    this.close();
  }

  replace(from, to, text) {
    this.input.setRangeText(text, from, to, "end");
    this.input.focus();
    for (const name of ["input", "change"]) this.input.dispatchEvent(new Event(name, { bubbles: true }));
  }

  onKey(event) {
    const last = this.options.length - 1, isOpen = !this.list.hidden;
    if (event.key === "Enter") event.preventDefault(); // it would post the page
    if (!isOpen) return;
    if (event.key === "ArrowDown") { event.preventDefault(); this.mark(this.active < last ? this.active + 1 : 0); }
    else if (event.key === "ArrowUp") { event.preventDefault(); this.mark(this.active > 0 ? this.active - 1 : last); }
    else if (event.key === "Escape") { event.preventDefault(); this.close(); }
    else if (["Enter", "Tab"].includes(event.key) && this.active >= 0) {
      event.preventDefault();
      this.take(this.options[this.active]);
    }
  }

  /* What the server says is wrong, at its character. */
  show(problems) {
    this.problems = problems;
    this.paint();
    this.errors.replaceChildren(...problems.map((problem) => {
      const fixes = this.fixes(problem), text = fixes.length ? problem.message : problem.text;
      return h("li", {}, problem.position === null ? text : `Character ${problem.position + 1}: ${text}`, fixes);
    }));
    if (problems.length) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }

  fixes(problem) {
    const fix = (words, work) => h("button", { type: "button", class: "fx-fix", onclick: work }, words);
    if (problem.code === "typography") {
      const text = problem.suggestion.replace(/^write /, "");
      return [fix(`Use ${text}`, () => this.replace(0, this.input.value.length, text))];
    }
    if (problem.code !== "unknown_field" || !problem.suggestion) return [];
    return problem.suggestion.split(", ").map((name) => fix(`Use ${name}`, () => {
      const wrong = this.input.value.slice(problem.position).match(/^[\w.]+/)?.[0] || "";
      this.replace(problem.position, problem.position + wrong.length, name);
    }));
  }

  /* The formula once more, with its brackets and its errors marked, where there is anything to mark. */
  paint() {
    const text = this.input.value;
    const marked = new Map();
    if (document.activeElement === this.input) for (const place of pair(text, this.input.selectionStart)) marked.set(place, "pair");
    for (const problem of this.problems) if (problem.position !== null) marked.set(problem.position, "wrong");
    this.mirror.hidden = !marked.size;
    const parts = [...text].map((character, place) => (marked.has(place) ? h("mark", { class: marked.get(place) }, character) : character));
    if (marked.has(text.length)) parts.push(h("mark", { class: "wrong" }, " "));
    this.mirror.replaceChildren(...parts);
  }
}

/* The conditions of a rule or a ruleset as rows. The text below goes on being what is sent: every change writes the
   whole tree into it, and tells whoever listens to it by its own events "input" and "change". */

import { ask, combobox, findField, fresh, h, holdsLists, latest, searchFields, vocabulary } from "./workshop.js";
import { duplicate, group, leaf, leavesOf, parentOf, putIn, putOut, read, rejoin, shift, takeOut, write } from "./condition-tree.js";
import { reshape, valueEditor } from "./condition-values.js";

const JOINS = { and: "all of these hold", or: "any of these holds", not: "none of these holds" };
const DEFAULT = { number: "gte", date: "gte" };
const plural = (count, word) => `${count.toLocaleString("en-US")} ${word}${count === 1 ? "" : "s"}`;

class Builder {
  constructor(textarea, words) {
    this.textarea = textarea;
    this.words = words;
    this.rows = new Map(); // id of a node -> its elements
    this.notice = h("p", { class: "cb-notice", role: "status" });
    this.total = h("p", { class: "cb-total", role: "status" });
    this.words_ = h("p", { class: "cb-words" });
    this.body = h("div", { class: "cb-body" });
    this.toggle = h("button", { type: "button", class: "cb-plain", onclick: () => this.asText(!this.isText) }, "Show as JSON");
    const label = textarea.labels[0];
    if (label && !label.id) label.id = fresh("label");
    this.box = h("div", { class: "cb", role: "group", "aria-labelledby": label?.id || null, onkeydown: (event) => this.onKey(event) },
      this.body, this.notice, h("div", { class: "cb-foot" }, this.total, this.toggle), this.words_);
    textarea.after(this.box);
    holdsLists(textarea);
    this.ask = latest((signal, tree) => this.check(signal, tree), 250);
    textarea.addEventListener("input", () => { if (!this.writing) this.load(); });
    this.load();
  }

  // -- The text and the tree ---------------------------------------------------------------------------------------

  /* The rows of what the text says; the text itself where that is no JSON. */
  load() {
    const text = this.textarea.value.trim();
    let tree;
    try {
      tree = text ? JSON.parse(text) : null;
    } catch {
      this.asText(true, "This is not JSON yet: mend the text, or empty it to begin anew.");
      return;
    }
    this.root = read(tree);
    this.hidden(this.isText || false);
    this.offerOne();
    this.paths = write(this.root).paths;
    this.isFresh = true;
    this.draw();
    this.ask(tree);
  }

  offerOne() {
    if (!this.root.children.length && this.root.form === "leaf") this.root.children.push(leaf({ blank: true }));
  }

  asText(isText, problem = "") {
    if (!isText) {
      try {
        if (this.textarea.value.trim()) JSON.parse(this.textarea.value);
      } catch (error) {
        this.say(`This is not JSON: ${error.message}`);
        return;
      }
    }
    this.hidden(isText);
    this.say(problem);
    if (!isText) this.load();
  }

  hidden(isText) {
    this.isText = isText;
    this.textarea.hidden = !isText;
    this.body.hidden = isText;
    this.toggle.textContent = isText ? "Show as rows" : "Show as JSON";
    const help = this.textarea.closest(".form-row")?.querySelector(".help");
    if (help) help.hidden = !isText;
  }

  /* What was done is written and asked about. `before` is what "Undo" would bring back. */
  commit(notice = "", before = null) {
    const { tree, paths } = write(this.root);
    this.paths = paths;
    this.writing = true;
    this.textarea.value = tree === null ? "" : JSON.stringify(tree, null, 2);
    for (const name of ["input", "change"]) this.textarea.dispatchEvent(new Event(name, { bubbles: true }));
    this.writing = false;
    this.isFresh = false;
    this.say(notice, before);
    this.total.classList.add("waiting");
    this.answer = null; // it was of another tree
    this.ask(tree);
  }

  say(text, before = null) {
    this.notice.replaceChildren(text, before ? h("button", { type: "button", class: "cb-undo", onclick: () => this.undo(before) }, "Undo") : "");
  }

  undo({ root, focus }) {
    this.root = root;
    this.commit("Taken back.");
    this.draw(focus);
  }

  remembered(focus) {
    return { root: structuredClone(this.root), focus };
  }

  // -- What the server says ----------------------------------------------------------------------------------------

  async check(signal, tree) {
    let found;
    try {
      found = await ask(this.textarea.dataset.check, { body: { conditions: tree }, signal });
    } catch (error) {
      if (error.name !== "AbortError") this.total.replaceChildren(error.message);
      throw error;
    }
    if (this.isFresh && JSON.stringify(found.plain) !== JSON.stringify(tree) && !found.problems.length) {
      this.root = read(found.plain); // what an older client wrote, as what it means
      this.paths = write(this.root).paths;
      this.draw();
    }
    this.isFresh = false;
    this.answer = found;
    this.annotate();
  }

  annotate() {
    const { problems, counts, total, matched, words } = this.answer;
    const places = [...this.paths].reverse().sort((one, other) => other[1].length - one[1].length);
    const own = new Map();
    for (const problem of problems) {
      const found = places.find(([, path]) => problem.path === path || [".", "["].includes(problem.path[path.length]) && problem.path.startsWith(path));
      const id = found ? found[0] : this.root.id;
      own.set(id, [...(own.get(id) || []), [problem, problem.path.slice(found ? found[1].length : 0)]]);
    }
    let first = "";
    for (const [id, row] of this.rows) {
      const mine = own.get(id) || [];
      const count = counts[this.paths.get(id)];
      row.errors.replaceChildren(...mine.map(([problem]) => h("li", { class: problem.severity }, problem.text)));
      row.errors.hidden = !mine.length;
      row.box.classList.toggle("wrong", mine.some(([problem]) => problem.severity === "error"));
      if (mine.length && !first) first = row.name;
      for (const input of row.box.querySelectorAll(`[data-key^="${id}/"]`)) {
        const key = input.dataset.key.split("/")[1], isPair = row.box.querySelector(`[data-key="${id}/value2"]`) !== null;
        const part = { field: ".field_name", op: ".operator", value: isPair ? ".value[0]" : ".value", value2: ".value[1]" }[key];
        const wrong = part && input.type !== "checkbox" && mine.some(([, at]) => at.startsWith(part) || (at === ".value" && part.startsWith(at)));
        for (const [name, value] of [["aria-invalid", "true"], ["aria-describedby", row.errors.id]]) {
          if (wrong) input.setAttribute(name, value);
          else input.removeAttribute(name);
        }
      }
      if (row.count) {
        row.count.textContent = count === undefined ? "" : `${count.toLocaleString("en-US")} of ${total.toLocaleString("en-US")} match`;
        row.count.classList.toggle("none", count === 0);
        row.count.title = count === undefined ? "" : `${plural(count, "active listing")} of ${total.toLocaleString("en-US")} match this condition alone`;
      }
    }
    const isEmpty = !this.paths.size;
    const wrong = problems.filter((problem) => problem.severity === "error").length;
    const text = wrong ? `${first || "The conditions"}: ${plural(wrong, "thing")} to mend before this can be saved.`
      : !total ? "There are no active listings yet."
        : isEmpty ? `No condition: this is for every listing (${plural(total, "active one")}).`
          : matched === 0 ? "No listing matches all this: it would do nothing."
            : matched === total ? `Every listing matches (${plural(total, "active one")}).`
              : `Together: ${matched.toLocaleString("en-US")} of ${plural(total, "active listing")} (${((100 * matched) / total).toFixed(matched * 100 < total ? 1 : 0)} %).`;
    this.total.classList.remove("waiting");
    const isUsual = this.textarea.dataset.every === "usual"; // a ruleset may well be for every listing
    this.total.classList.toggle("warning", !wrong && total > 0 && (matched === 0 || (matched === total && !isUsual)));
    this.total.classList.toggle("wrong", wrong > 0);
    this.total.replaceChildren(text);
    this.words_.replaceChildren(isEmpty || wrong ? "" : `In words: ${words}`);
  }

  // -- Rows --------------------------------------------------------------------------------------------------------

  /* All rows anew, and the focus on the input of this key, or where it was. */
  draw(focus = document.activeElement?.dataset?.key) {
    this.drawing = true;
    this.rows.clear();
    this.leaves = leavesOf(this.root);
    this.body.replaceChildren(this.groupOf(this.root, true));
    this.drawing = false;
    if (focus) this.body.querySelector(`[data-key="${focus}"]`)?.focus();
    if (this.answer) this.annotate();
  }

  later() {
    setTimeout(() => this.draw());
  }

  place(node) {
    return `Condition ${this.leaves.indexOf(node) + 1} of ${this.leaves.length}`;
  }

  groupOf(node, isRoot) {
    const name = isRoot ? "All conditions" : "Group of conditions";
    const joins = Object.entries(node.logic in JOINS ? JOINS : { ...JOINS, [node.logic]: `${node.logic} (unknown)` });
    const errors = h("ul", { class: "errorlist", id: fresh("errors"), hidden: true });
    const box = h("div", { class: isRoot ? "cb-group root" : "cb-group", role: "group", "aria-label": name },
      h("div", { class: "cb-head" },
        h("select", { "aria-label": `${name}: how they are joined`, "data-key": `${node.id}/join`, onchange: (event) => {
          rejoin(node, event.target.value);
          this.commit();
        } }, joins.map(([logic, words]) => h("option", { value: logic, selected: logic === node.logic }, words))),
        isRoot ? null : [this.menu(node, "group"), this.removal(node, "group")]),
      errors,
      node.children.map((child) => (child.kind === "group" ? this.groupOf(child, false) : this.rowOf(child))),
      h("div", { class: "cb-add" },
        h("button", { type: "button", "data-key": `${node.id}/add`, onclick: () => this.add(node, leaf()) }, "Add condition"),
        h("button", { type: "button", onclick: () => this.add(node, group(node.logic === "and" ? "or" : "and", [leaf()])) }, "Add group")));
    this.rows.set(node.id, { box: box.firstChild, errors, name });
    return box;
  }

  rowOf(node) {
    const name = this.place(node), errors = h("ul", { class: "errorlist", id: fresh("errors"), hidden: true });
    const count = h("span", { class: "cb-count" });
    const inputs = node.kind === "leaf" ? this.inputs(node, name) : h("code", { class: "as-is" }, JSON.stringify(node.raw));
    const box = h("div", { class: "cb-row", role: "group", "aria-label": name, "data-node": String(node.id) },
      h("div", { class: "cb-line" }, inputs, h("span", { class: "cb-end" }, count, this.menu(node, name), this.removal(node, name))), errors);
    this.rows.set(node.id, { box, errors, count, name });
    return box;
  }

  inputs(node, name) {
    const { raw } = node;
    const field = findField(this.words, raw.field_name);
    const said = String(raw.operator ?? "").trim().toLowerCase();
    const operator = this.words.operator.get(said);
    const fits = this.words.operators.filter((other) => field && other.kinds.includes(field.kind));
    const isStrange = said !== "" && !fits.includes(operator);
    const symbols = field && ["number", "date"].includes(field.kind);
    return [
      combobox({
        isStrange: raw.field_name && !field, text: field ? field.label : String(raw.field_name ?? ""), label: `${name}: field`, key: `${node.id}/field`, placeholder: "Search a field",
        source: (text) => searchFields(this.words, text),
        take: (value, option) => this.setField(node, value, option && document.activeElement?.dataset.key === `${node.id}/field`),
      }),
      h("select", { "aria-label": `${name}: operator`, "data-key": `${node.id}/op`, disabled: !field && !said, onchange: (event) => this.setOperator(node, event.target.value) },
        isStrange || !said ? h("option", { value: raw.operator ?? "", selected: true }, said ? `${operator?.label || raw.operator}${field ? " (does not fit)" : ""}` : "…") : null,
        fits.map((other) => h("option", { value: other.name, selected: other === operator }, symbols && other.symbol ? `${other.symbol}  ${other.label}` : other.label))),
      h("span", { class: "cb-value" }, valueEditor({
        field, operator, value: raw.value, key: `${node.id}/value`, label: `${name}: value`, url: this.textarea.dataset.values,
        set: (value, redraw = false) => {
          if (this.drawing || JSON.stringify(raw.value) === JSON.stringify(value)) return;
          delete node.blank;
          raw.value = value;
          this.commit();
          if (redraw) this.draw(`${node.id}/value`);
        },
      })),
    ];
  }

  /* What is done seldom: in a menu of its own, so that a row stays a line. */
  menu(node, name) {
    const siblings = parentOf(this.root, node.id).children;
    const at = siblings.indexOf(node), canLeave = parentOf(this.root, node.id) !== this.root;
    const item = (words, work, is = true) => (is ? h("button", { type: "button", onclick: work }, words) : null);
    const step = (work, words) => () => {
      work();
      this.commit(words);
      this.draw(node.kind === "group" ? `${node.id}/join` : `${node.id}/field`);
      if (node.kind !== "group") this.say(`${words} It is now ${this.place(node).toLowerCase()}.`);
    };
    return h("details", { class: "cb-more", onfocusout: (event) => {
      if (!event.currentTarget.contains(event.relatedTarget)) event.currentTarget.open = false;
    } },
      h("summary", { "aria-label": `${name}: move or duplicate`, title: "Move or duplicate", "data-key": `${node.id}/more` }, "⋯"),
      h("div", { class: "cb-menu" },
        item("Move up", step(() => shift(this.root, node, -1), "Moved up."), at > 0),
        item("Move down", step(() => shift(this.root, node, 1), "Moved down."), at < siblings.length - 1),
        item("Into a group", step(() => putIn(this.root, node), "Moved into a group.")),
        item("Out of the group", step(() => putOut(this.root, node), "Moved out of the group."), canLeave),
        item("Duplicate", () => {
          const copy = duplicate(this.root, node);
          this.commit("Duplicated.");
          this.draw(copy.kind === "group" ? `${copy.id}/join` : `${copy.id}/field`);
        })));
  }

  removal(node, name) {
    return h("button", { type: "button", class: "cb-remove", "aria-label": `Remove ${name.toLowerCase()}`, title: "Remove", onclick: () => {
      const before = this.remembered(node.kind === "group" ? `${node.id}/join` : `${node.id}/field`);
      const parent = parentOf(this.root, node.id), next = takeOut(this.root, node);
      this.commit(node.kind === "group" ? "Group removed. " : "Condition removed. ", before);
      this.draw(next ? `${next.id}/${next.kind === "group" ? "join" : "field"}` : `${parent.id}/add`);
    } }, "×");
  }

  // -- What is done to them ----------------------------------------------------------------------------------------

  add(parent, child) {
    parent.children.push(child);
    const [first] = leavesOf(child);
    this.commit();
    this.draw(`${first.id}/field`);
    this.say(`${this.place(first)} added.`);
  }

  setField(node, value, goOn) {
    if (this.drawing || node.raw.field_name === value) return;
    const { raw } = node, old = findField(this.words, raw.field_name), now = findField(this.words, value);
    delete node.blank;
    if (raw.field_name !== value) delete raw.field_type; // it told of the former field
    raw.field_name = value;
    const operator = this.words.operator.get(String(raw.operator ?? "").trim().toLowerCase());
    if (now && !operator?.kinds.includes(now.kind)) raw.operator = (!now.options.length && DEFAULT[now.kind]) || "equals";
    if (now && old !== now && (old?.kind !== now.kind || now.options.length || old?.options.length)) {
      const { shape } = this.words.operator.get(String(raw.operator).trim().toLowerCase());
      if (shape === "none") delete raw.value;
      else raw.value = reshape(null, "one", shape);
    }
    this.commit();
    if (goOn) this.draw(`${node.id}/value`);
    else this.later();
  }

  setOperator(node, name) {
    const { raw } = node;
    if (this.drawing || raw.operator === name) return;
    const [from, to] = [raw.operator, name].map((word) => this.words.operator.get(String(word ?? "").trim().toLowerCase())?.shape || "one");
    delete node.blank;
    raw.operator = name;
    if (to === "none") delete raw.value;
    else raw.value = reshape(raw.value, from, to);
    this.commit();
    this.draw(`${node.id}/op`);
  }

  /* Alt with an arrow moves the row that has the focus. */
  onKey(event) {
    const id = Number(event.target.closest?.("[data-node]")?.dataset.node);
    const node = id && this.leaves.find((other) => other.id === id);
    if (event.key === "Escape" && event.target.closest?.("details[open]")) {
      const more = event.target.closest("details");
      more.open = false;
      more.querySelector("summary").focus();
    }
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault(); // it would post the page
    if (!node || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    if (!shift(this.root, node, event.key === "ArrowUp" ? -1 : 1)) return;
    this.commit();
    this.draw();
    this.say(`Moved. It is now ${this.place(node).toLowerCase()}.`);
  }
}

for (const textarea of document.querySelectorAll('textarea[data-editor="conditions"]:not([readonly])')) {
  vocabulary(textarea.dataset.words).then((words) => { textarea.builder = new Builder(textarea, words); })
    .catch((error) => textarea.after(h("p", { class: "cb-total wrong" }, `Conditions are shown as JSON: ${error.message}`)));
}

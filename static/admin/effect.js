/* Beside a form: what saving it now would do. The form is sent as it is typed, and what comes back is put in place.
   Of several questions the last one counts; an answer to another form than the one that is there is dropped. */

import { ask, combobox, h, latest } from "./workshop.js";

const WAIT = 200; // milliseconds after the last keystroke

class EffectPanel {
  constructor(panel) {
    this.panel = panel;
    this.form = panel.closest("form");
    this.said = panel.querySelector(".effect-said");
    this.problems = panel.querySelector(".effect-problems");
    this.body = panel.querySelector(".effect-body");
    this.listing = "";
    const { listings } = panel.dataset;
    if (listings) {
      const one = panel.querySelector(".effect-one");
      one.append(h("span", {}, "Look at one"), combobox({
        text: "", label: "A listing to see before and after", placeholder: "Search a listing",
        source: async (text, signal) => (await ask(`${listings}?q=${encodeURIComponent(text)}`, { signal })).values,
        take: (value, option) => { this.listing = option ? String(value) : ""; this.look(); },
      }));
    }
    this.look = latest((signal) => this.ask(signal), WAIT);
    for (const name of ["input", "change"]) {
      this.form.addEventListener(name, (event) => { if (!panel.contains(event.target)) this.typed(); });
    }
    for (const name of ["formset:added", "formset:removed", "lines:edited"]) document.addEventListener(name, () => this.typed());
    window.django?.jQuery?.(this.form).on("change", "select", () => this.typed()); // as select2 says it
    this.look();
  }

  typed() {
    this.panel.classList.add("waiting");
    this.look();
  }

  sent() {
    const typed = new URLSearchParams(new FormData(this.form));
    typed.set("effect-listing", this.listing);
    return typed;
  }

  async ask(signal) {
    let found;
    try {
      found = await ask(this.panel.dataset.effect, { body: this.sent(), signal });
    } catch (error) {
      if (error.name !== "AbortError") this.refuse([{ where: "", text: error.message }]);
      throw error;
    }
    if (found.problems.length) this.refuse(found.problems);
    else this.show(found.html);
  }

  show(html) {
    const open = this.body.querySelector("details")?.open;
    this.body.innerHTML = html;
    if (open && this.body.querySelector("details")) this.body.querySelector("details").open = true;
    this.problems.hidden = true;
    this.panel.classList.remove("waiting", "outdated");
    const head = this.body.querySelector(".effect-head");
    this.say(head ? head.textContent : "");
    this.panel.dataset.shown = String(Number(this.panel.dataset.shown || 0) + 1);
  }

  /* What is shown stays, greyed: it is of the form as it was before. */
  refuse(problems) {
    this.problems.replaceChildren(...problems.map(({ where, text }) => h("li", {}, where ? `${where}: ${text}` : text)));
    this.problems.hidden = false;
    this.panel.classList.remove("waiting");
    const isOld = this.body.childElementCount > 0;
    this.panel.classList.toggle("outdated", isOld);
    this.say(isOld ? "Below is what it was before the last change." : "");
  }

  /* Heard, and seen only where the panel is of another form. */
  say(text) {
    this.said.textContent = text.trim();
  }
}

for (const panel of document.querySelectorAll("aside[data-effect]")) new EffectPanel(panel);

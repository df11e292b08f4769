/* On every page of the admin: each input has a name, and Enter does not post a form in which nothing was typed. */

const clean = (text) => (text || "").replace(/\s+/g, " ").trim().replace(/[:*]+$/, "");

const isNamed = (input) => input.labels?.length || input.title || input.getAttribute("aria-label") || input.getAttribute("aria-labelledby");

/* In a table an input is what its column is called. Where a row of another table lies between, its name would say less. */
const column = (input) => {
  const cell = input.closest("td, th");
  const table = cell?.closest("table");
  if (!table) return "";
  if (cell.classList.contains("delete")) return "Delete this row";
  const field = [...cell.classList].find((name) => name.startsWith("field-"))?.slice(6);
  const head = field && table.querySelector(`:scope > thead th.column-${CSS.escape(field)}, :scope > thead th.${CSS.escape(field)}`);
  return clean(head?.textContent) || clean(table.tHead?.rows[0]?.cells[cell.cellIndex]?.textContent) || clean(field?.replaceAll("_", " "));
};

const told = (select) => clean(select.labels?.[0]?.textContent) || select.getAttribute("aria-label") || select.name;

const name = () => {
  for (const input of document.querySelectorAll("#content :is(input, select, textarea)")) {
    if (["hidden", "submit", "button"].includes(input.type) || isNamed(input)) continue;
    const found = column(input) || clean(input.closest(".form-row")?.querySelector("label, legend")?.textContent) || clean(input.name.replaceAll(/[-_]/g, " "));
    if (found) input.setAttribute("aria-label", found);
  }
  for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
    const box = select.nextElementSibling;
    if (!box?.classList.contains("select2")) continue;
    for (const part of box.querySelectorAll("[role=combobox], [role=textbox], .select2-search__field")) {
      if (part.getAttribute("aria-label") !== told(select)) part.setAttribute("aria-label", told(select));
    }
  }
};

/* As the page is once every script has made its own of it: what differs from that was typed. An input that comes later,
   by a script that waited for the server or by a button, is as it came. */
const state = (input) => (["checkbox", "radio"].includes(input.type) ? input.checked : input.value);
const before = new WeakMap();
const inputs = () => [...document.forms].flatMap((form) => [...form.elements]);
const remember = (input) => before.set(input, state(input));
const isChanged = (input) => input.type !== "hidden" && input.type !== "submit" && before.get(input) !== state(input);

name();
addEventListener("load", () => { name(); inputs().forEach(remember); });
const content = document.querySelector("#content");
const added = () => { name(); inputs().filter((input) => !before.has(input)).forEach(remember); };
if (content) new MutationObserver(added).observe(content, { childList: true, subtree: true }); // libraries and buttons add rows

document.addEventListener("keydown", (event) => {
  const { target } = event;
  const form = target.form;
  if (event.key !== "Enter" || event.defaultPrevented || !(target instanceof HTMLInputElement)) return;
  if (["submit", "button", "checkbox", "file"].includes(target.type) || form?.method !== "post" || form.closest("#login-form")) return;
  if (form.closest(".rb")) return; // lines answer Enter by themselves
  if (form.closest(".login") || document.body.classList.contains("login") || document.body.classList.contains("change-list")) return;
  if (![...form.elements].some(isChanged)) event.preventDefault();
});

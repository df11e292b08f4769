/* An action shows only the inputs that its type reads. Nothing is cleared: what is hidden is still saved. */
"use strict";
(() => {
  const READS = {
    fixed_value: ["value_usd"],
    additive: ["value_usd"],
    per_unit: ["value_usd", "metric"],
    benchmark_based: ["value_usd", "metric", "unit_type"],
    multiplier: ["value_usd"],
    formula: ["formula"],
  };
  const OPTIONAL = ["value_usd", "metric", "unit_type", "formula"];

  const show = (select) => {
    const inline = select.closest(".inline-related");
    const reads = READS[select.value] || OPTIONAL;
    for (const name of OPTIONAL) {
      const input = inline.querySelector(`[name$="-${name}"]`);
      if (!input) continue;
      // A help text stands beside the box of a field that shares its row.
      const cell = input.closest(".fieldBox")?.parentElement || input.closest(".form-row");
      const failed = cell.querySelector(".errorlist") !== null || cell.classList.contains("errors");
      cell.hidden = !reads.includes(name) && !failed;
    }
    for (const row of inline.querySelectorAll(".form-multiline")) {
      row.closest(".form-row").hidden = [...row.children].every((cell) => cell.hidden);
    }
  };
  const all = () => document.querySelectorAll('select[name$="-action_type"]').forEach(show);

  document.addEventListener("change", (event) => {
    if (event.target.matches('select[name$="-action_type"]')) show(event.target);
  });
  document.addEventListener("formset:added", all);
  document.addEventListener("DOMContentLoaded", all);
})();

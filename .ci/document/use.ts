// A program on the generated types: a rule with a tree of conditions, and what must not compile.
import type { components, paths } from "./types";

type Schemas = components["schemas"];

const memory: Schemas["Condition"] = {
  logical_operator: "and",
  conditions: [
    { field_name: "ram_gb", operator: "between", value: [16, 64] },
    { logical_operator: "not", conditions: [{ field_name: "condition", operator: "in", value: ["new"] }] },
    { field_name: "gpu.name", operator: "is_null" },
  ],
};

export const rule: Schemas["RuleRequest"] = {
  group_id: 1,
  name: "16 GB and more",
  conditions: memory,
  actions: [
    {
      action_type: "per_unit",
      metric: "per_gb",
      value_usd: 2.5,
      modifiers: { age_curve: { rate_per_year: 0.1, max: 0.5 }, condition_multipliers: { used: 0.8 } },
    },
    { action_type: "formula", formula: "max(ram_gb - 8, 0) * 2.5" },
  ],
};

// @ts-expect-error: there is no such operator
export const wrongOperator: Schemas["Condition"] = { field_name: "ram_gb", operator: "above", value: 16 };
// @ts-expect-error: a formula action needs a formula
export const wrongAction: Schemas["ActionRequest"] = { action_type: "formula" };

type Page = paths["/v1/listings"]["get"]["responses"]["200"]["content"]["application/json"];

export function prices(page: Page): (number | null)[] {
  return page.items.map((listing) => listing.adjusted_price_usd);
}

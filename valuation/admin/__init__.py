"""Admin of the rules, of what was computed from them, and of what that says about listings."""

from valuation.admin import audit, custom_fields, drafts, examples, listings, results, rules, rulesets

__all__ = ["audit", "custom_fields", "drafts", "examples", "listings", "results", "rules", "rulesets"]

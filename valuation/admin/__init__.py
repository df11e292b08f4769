"""Admin of the rules, of what was computed from them, and of what that says about listings."""

from valuation.admin import listings, results, rules

__all__ = ["listings", "results", "rules"]

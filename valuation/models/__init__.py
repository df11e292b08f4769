from valuation.models.results import (
    ListingScoreSnapshot,
    ListingValuation,
    RecalculationRun,
    RulesetOverride,
    RulesRevision,
)
from valuation.models.rules import Rule, RuleAction, RuleGroup, Ruleset

__all__ = [
    "ListingScoreSnapshot",
    "ListingValuation",
    "RecalculationRun",
    "Rule",
    "RuleAction",
    "RuleGroup",
    "RulesRevision",
    "Ruleset",
    "RulesetOverride",
]

from valuation.models.results import (
    ListingScoreSnapshot,
    ListingValuation,
    RulesetOverride,
    RulesRevision,
)
from valuation.models.rules import Rule, RuleAction, RuleGroup, Ruleset
from valuation.models.runs import RecalculationRun, RecalculationShard

__all__ = [
    "ListingScoreSnapshot",
    "ListingValuation",
    "RecalculationRun",
    "RecalculationShard",
    "Rule",
    "RuleAction",
    "RuleGroup",
    "RulesRevision",
    "Ruleset",
    "RulesetOverride",
]

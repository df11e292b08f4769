from valuation.models.audit import AuditEntry, RuleVersion, TargetKind
from valuation.models.days import RuleDay
from valuation.models.drafts import Draft, Release
from valuation.models.examples import Example
from valuation.models.market import ListingMarket, MarketModel, MarketPool
from valuation.models.results import (
    CoveredRules,
    ListingScoreSnapshot,
    ListingValuation,
    RulesetOverride,
    RulesRevision,
    StaleHint,
)
from valuation.models.rules import Rule, RuleAction, RuleGroup, Ruleset
from valuation.models.runs import RecalculationRun, RecalculationShard
from valuation.models.settings import Setting

__all__ = [
    "AuditEntry",
    "CoveredRules",
    "Draft",
    "Example",
    "ListingMarket",
    "ListingScoreSnapshot",
    "ListingValuation",
    "MarketModel",
    "MarketPool",
    "RecalculationRun",
    "RecalculationShard",
    "Release",
    "Rule",
    "RuleAction",
    "RuleDay",
    "RuleGroup",
    "RuleVersion",
    "RulesRevision",
    "Ruleset",
    "RulesetOverride",
    "Setting",
    "StaleHint",
    "TargetKind",
]

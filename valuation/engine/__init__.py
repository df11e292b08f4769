"""Rules x listings -> signed cents, every cent traceable. Stdlib, numpy and RE2; nothing of Django.

The algorithm. Specs are compiled into a program: every condition, action and formula is checked, every error kept with
its place, and what cannot run is left out and listed. A program is run on a batch, which holds listings as columns; one
listing is a batch of one, so there is no second evaluator.

1. Only priced listings are valued. Each starts with its price, in integer cents, as its running price. 2. Rulesets
run by (priority, place, id). One runs on a listing if it is assigned to it, or, where none (or an inactive one) is
   assigned, if its conditions match and the listing has not switched it off.
3. Inside, groups run by (display_order, id), their rules by (evaluation_order, priority, id). With the policy "first"
   the first rule that matches a listing ends the group for it. What overrides a baseline's rules counts instead of
   them, where and when `overriding` says.
4. Each action of a matching rule gives dollars: its formula or table entry, times its modifiers, inside its bounds,
   times the group's weight. What is missing, undefined or beyond a billion gives nothing, and says why.
5. That amount is rounded to the cent, half away from zero, by the one rounding function; the effect "deduct" negates
   it; it is added to the running price. From here on everything is integer cents, so actions add up to their rule,
   rules to their ruleset, rulesets to the total, and price + total = adjusted price, exactly. Nothing stops at zero.
6. Metrics divide the adjusted price by the marks; scores scale marks against the best part.
"""

from .actions import ACTIONS, METRICS, UNIT_DIVISORS, check_action
from .analytics import ENOUGH, Bin, PriceTargets, confidence_of, histogram, performance_ratings, price_targets
from .batch import Batch, CategoryColumn, Column, NumberColumn, category_column, number_column
from .compiler import check_group, check_rule, compile_rulesets
from .conditions import OPERATORS, Matcher, check_conditions, leaves, match, parse_conditions
from .errors import Problem, RuleError, RuleProblem
from .evaluate import Result, RuleColumn, evaluate
from .explain import (
    ActionLine,
    ConditionLine,
    Explanation,
    RuleLine,
    RulesetLine,
    UnmatchedRule,
    explain,
)
from .fields import STANDARD_FIELDS, UNKNOWN, Field, FieldRegistry, Kind, UnknownField, suggest_while
from .flat import plain_conditions
from .formula import Formula, check_formula, compile_formula
from .money import format_usd, round_half_away, to_cents
from .operators import OPTION
from .program import Program
from .scoring import METRIC_KEYS, SCORE_FIELDS, Scales, check_weights, score_columns
from .spec import ActionSpec, Condition, GroupSpec, Json, RulesetSpec, RuleSpec
from .terms import FUNCTIONS

__all__ = [
    "ACTIONS",
    "ENOUGH",
    "FUNCTIONS",
    "METRICS",
    "METRIC_KEYS",
    "OPERATORS",
    "OPTION",
    "SCORE_FIELDS",
    "STANDARD_FIELDS",
    "UNIT_DIVISORS",
    "UNKNOWN",
    "ActionLine",
    "ActionSpec",
    "Batch",
    "Bin",
    "CategoryColumn",
    "Column",
    "Condition",
    "ConditionLine",
    "Explanation",
    "Field",
    "FieldRegistry",
    "Formula",
    "GroupSpec",
    "Json",
    "Kind",
    "Matcher",
    "NumberColumn",
    "PriceTargets",
    "Problem",
    "Program",
    "Result",
    "RuleColumn",
    "RuleError",
    "RuleLine",
    "RuleProblem",
    "RuleSpec",
    "RulesetLine",
    "RulesetSpec",
    "Scales",
    "UnknownField",
    "UnmatchedRule",
    "category_column",
    "check_action",
    "check_conditions",
    "check_formula",
    "check_group",
    "check_rule",
    "check_weights",
    "compile_formula",
    "compile_rulesets",
    "confidence_of",
    "evaluate",
    "explain",
    "format_usd",
    "histogram",
    "leaves",
    "match",
    "number_column",
    "parse_conditions",
    "performance_ratings",
    "plain_conditions",
    "price_targets",
    "round_half_away",
    "score_columns",
    "suggest_while",
    "to_cents",
]

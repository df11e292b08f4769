"""What a rule is, for the OpenAPI document: conditions, actions, modifiers and the preview's filter.

Which operators and actions there are and what each takes is read from the engine's tables, not written again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dealbrain.api.schema.query import describe_filter
from dealbrain.api.schema.shared import reference
from listings.filtersets import ListingFilterSet
from valuation.api.components_of_packages import package_components
from valuation.api.listing_filters import add_filters
from valuation.api.wording import WORDS
from valuation.engine import ACTIONS, METRICS, OPERATORS, UNIT_DIVISORS, Kind
from valuation.engine.actions import DEFAULT_UNIT
from valuation.engine.conditions import MAX_DEPTH, MAX_LEAVES
from valuation.engine.fields import CONDITIONS
from valuation.engine.modifiers import DEFAULT_MAX_AGE, NOTES
from valuation.engine.money import LIMIT
from valuation.engine.operators import MAX_VALUES, Operator, Shape

Json = dict[str, Any]
# What a value of each kind is in JSON. A day is a text.
JSON_TYPES = {Kind.NUMBER: "number", Kind.STRING: "string", Kind.BOOLEAN: "boolean", Kind.DATE: "string"}
# What the operators of one shape and one set of kinds are called together.
LEAVES: dict[tuple[Shape, frozenset[Kind]], str] = {
    (Shape.ONE, frozenset(Kind)): "ValueCondition",
    (Shape.ONE, frozenset({Kind.NUMBER, Kind.DATE})): "ComparingCondition",
    (Shape.ONE, frozenset({Kind.STRING})): "TextCondition",
    (Shape.PAIR, frozenset({Kind.NUMBER, Kind.DATE})): "BetweenCondition",
    (Shape.LIST, frozenset(Kind)): "ListCondition",
    (Shape.PATTERN, frozenset({Kind.STRING})): "PatternCondition",
    (Shape.NONE, frozenset(Kind)): "KnownCondition",
}
TAKEN = {
    Shape.ONE: "one value",
    Shape.PAIR: "[min, max], both inside",
    Shape.LIST: f"a list of 1 to {MAX_VALUES:,} values",
    Shape.PATTERN: "a pattern in RE2's syntax, searched without case",
    Shape.NONE: "no value",
}
FIELD_NAME: Json = {
    "type": "string",
    "minLength": 1,
    "description": "The dotted path of a fact, such as `ram_gb` or `cpu.cores`: see `GET /entities/metadata`.",
}


def leaf_name(operator: Operator) -> str:
    return LEAVES[operator.shape, frozenset(operator.kinds)]


def _names(operators: Iterable[Operator]) -> list[str]:
    return [name for operator in operators for name in (operator.name, *operator.aliases)]


def _value(operator: Operator) -> Json:
    """What the operator is given to compare with."""
    types = sorted({JSON_TYPES[kind] for kind in operator.kinds})
    one: Json = {"type": types[0] if len(types) == 1 else types}
    if operator.shape is Shape.PAIR:
        return {"type": "array", "items": one, "minItems": 2, "maxItems": 2}
    if operator.shape is Shape.LIST:
        return {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_VALUES}
    return one


def _leaf(operators: list[Operator]) -> Json:
    """The condition that these operators, which take the same, make of a fact and a value."""
    first = operators[0]
    words = "; ".join(f"`{operator.name}`: {operator.label}" for operator in operators)
    kinds = ", ".join(first.kinds)
    properties: Json = {
        "field_name": FIELD_NAME,
        "operator": {"type": "string", "enum": _names(operators), "description": f"{words}. Without case."},
    }
    if first.shape is not Shape.NONE:
        about = f"{TAKEN[first.shape].capitalize()}, of the kind of the fact. A day is `YYYY-MM-DD`."
        properties["value"] = {**_value(first), "description": about}
    return {
        "type": "object",
        "description": f"For facts of the kinds {kinds}; takes {TAKEN[first.shape]}.",
        "required": list(properties),
        "properties": properties,
    }


def condition_components() -> Json:
    """The tree, its nodes, and the operators."""
    by_leaf: dict[str, list[Operator]] = {}
    for operator in OPERATORS.values():
        by_leaf.setdefault(leaf_name(operator), []).append(operator)
    node = reference("schemas", "Condition")
    groups = {
        "ConditionGroup": (["and", "or"], MAX_LEAVES, "Holds where all (`and`) or any (`or`) of its conditions hold."),
        "NotCondition": (["not"], 1, "Holds where its one condition does not: for a missing value, too."),
    }
    told: Json = {
        "ConditionOperator": {
            "type": "string",
            "enum": list(OPERATORS),
            "description": "How a fact is compared. A missing value makes all but `is_null` and `is_not_null` false. "
            + " ".join(
                f"`{operator.name}` takes {TAKEN[operator.shape]} ({', '.join(operator.kinds)})."
                for operator in OPERATORS.values()
            ),
        },
        "Condition": {
            "description": f"A condition or a group of them; at most {MAX_DEPTH} deep and {MAX_LEAVES} in all.",
            "anyOf": [reference("schemas", name) for name in (*by_leaf, *groups)],
        },
        "Conditions": {
            "description": "Which listings something is for: a condition, or a list whose conditions must all hold. "
            "Null or empty: every listing.",
            "anyOf": [
                node,
                {"type": "array", "items": node, "maxItems": MAX_LEAVES},
                {"type": "object", "maxProperties": 0},
                {"type": "null"},
            ],
        },
    }
    told |= {name: _leaf(operators) for name, operators in by_leaf.items()}
    for name, (words, most, about) in groups.items():
        told[name] = {
            "type": "object",
            "description": about,
            "required": ["logical_operator", "conditions"],
            "properties": {
                "logical_operator": {"type": "string", "enum": words, "description": about},
                "conditions": {
                    "type": "array",
                    "items": node,
                    "minItems": 1,
                    "maxItems": most,
                    "description": "What is inside the group.",
                },
            },
        }
    return told


# -- Modifiers ---------------------------------------------------------------------------------------------------------

FACTOR: Json = {"type": "number", "minimum": -LIMIT, "maximum": LIMIT}
BOUND: Json = {"type": ["number", "null"], "minimum": -LIMIT, "maximum": LIMIT}


def _factors(names: Iterable[str]) -> Json:
    return {name: {**FACTOR, "description": f"The factor where the listing is {name}."} for name in names}


MULTIPLIER: Json = {
    "type": "object",
    "description": "A factor by the value of a fact: that of the first case that fits; else 1.",
    "required": ["field", "conditions"],
    "properties": {
        "name": {"type": ["string", "null"], "description": "What the factor is for, in explanations."},
        "field": FIELD_NAME,
        "conditions": {
            "type": "array",
            "minItems": 1,
            "description": "The cases, the first that fits counts.",
            "items": {
                "type": "object",
                "required": ["value", "multiplier"],
                "properties": {
                    "value": {"type": ["string", "number", "boolean"], "description": "The fact equals this."},
                    "multiplier": {**FACTOR, "description": "The factor then."},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
MODIFIERS: Json = {
    "type": "object",
    "description": "Factors on the dollars of an action, in the order in which they stand here, and bounds at the end.",
    "properties": {
        "multipliers": {
            "type": ["array", "null"],
            "items": reference("schemas", "Multiplier"),
            "description": "Factors by the values of facts; all of them are multiplied.",
        },
        "condition_multipliers": {
            "type": ["object", "null"],
            "properties": _factors(CONDITIONS),
            "additionalProperties": False,
            "description": "A factor by the condition of the listing; 1 where none is given.",
        },
        "age_curve": {
            "type": ["object", "null"],
            "required": ["rate_per_year"],
            "properties": {
                "rate_per_year": {
                    "type": "number",
                    "minimum": 0,
                    "maximum": LIMIT,
                    "description": "The part that is lost each year since the CPU came out: 0.1 is 10 %.",
                },
                "max": {
                    "type": "number",
                    "minimum": 0,
                    "maximum": 1,
                    "description": f"The largest part that is lost: 0.5 is half. Left out: {DEFAULT_MAX_AGE}.",
                },
            },
            "additionalProperties": False,
            "description": "x (1 - min(age in years x rate, max)); 1 where the age is not known.",
        },
        "brand_multipliers": {
            "type": ["object", "null"],
            "additionalProperties": FACTOR,
            "description": "A factor by the manufacturer of the listing, without case; 1 where none is given.",
        },
        "min_usd": {**BOUND, "description": "At least this, in USD."},
        "max_usd": {**BOUND, "description": "At most this, in USD."},
        "clamp": {"type": "boolean", "description": "Whether the bounds count. Left out: true."},
        **{name: {"description": "A note, of any kind; changes nothing."} for name in NOTES},
    },
    "additionalProperties": False,
}

# -- Actions -----------------------------------------------------------------------------------------------------------

DOLLARS: Json = {"type": "number", "minimum": -LIMIT, "maximum": LIMIT, "description": "Dollars, with their sign."}
PERCENT: Json = {**DOLLARS, "type": ["number", "null"], "description": "Percent, with its sign; null: 0."}
METRIC: Json = {
    "type": "string",
    "minLength": 1,
    "maxLength": 64,
    "description": f"What is counted or measured: {', '.join(METRICS)}, or the path of a number.",
}
POINTS = "The path of a score, such as `cpu.cpu_mark_multi`; where it is missing the action gives nothing."
ABOUT: dict[str, str] = {
    "fixed_value": "Gives `value_usd`.",
    "additive": "Gives `value_usd`, as `fixed_value` does.",
    "per_unit": "Gives quantity x `value_usd`; a missing quantity counts 0.",
    "benchmark_based": "Gives score / points of the unit x `value_usd`.",
    "multiplier": "Gives `value_usd` percent of the running price: 15 adds 15 %, -10 takes 10 % off.",
    "formula": "Gives what the formula gives, in USD.",
}


def action_name(action_type: str) -> str:
    return f"{''.join(word.capitalize() for word in action_type.split('_'))}ActionRequest"


def _action(action_type: str) -> Json:
    """The action of one type: what it reads, what it needs, and the rest, which may be sent and is not read."""
    kind = ACTIONS[action_type]
    told: Json = {
        "metric": {**METRIC, **({"description": POINTS} if action_type == "benchmark_based" else {})},
        "value_usd": DOLLARS if kind.needs_value else PERCENT,
        "unit_type": {
            "type": ["string", "null"],
            "enum": [*UNIT_DIVISORS, "", None],
            "description": f"How many points `value_usd` is for; empty: {DEFAULT_UNIT}.",
        },
        "formula": {"type": "string", "minLength": 1, "maxLength": 1_000, "description": WORDS["Formula.formula"]},
    }
    unread: Json = {"type": ["string", "null"], "description": "Not read by this type."}
    for name in told.keys() - set(kind.takes):
        told[name] = {**unread, "type": ["number", "null"]} if name == "value_usd" else unread
    return {
        "type": "object",
        "description": ABOUT[action_type],
        "required": ["action_type", *kind.needs],
        "properties": {
            "action_type": {"type": "string", "enum": [action_type], "description": ABOUT[action_type]},
            **told,
            "modifiers": reference("schemas", "Modifiers"),
        },
        "additionalProperties": False,
    }


def action_components() -> Json:
    told = {action_name(name): _action(name) for name in ACTIONS}
    about = "How many dollars a matching rule gives, by type. Null counts as left out."
    return {
        **told,
        "ActionRequest": {"description": about, "oneOf": [reference("schemas", name) for name in told]},
    }


# -- Filters -----------------------------------------------------------------------------------------------------------


def filter_component() -> Json:
    """What a preview takes of the filters that the list of listings has, with lists as lists."""
    add_filters()  # whoever comes first: this is read where nobody has looked at an address yet
    told = {name: describe_filter(name, found) for name, found in ListingFilterSet.base_filters.items()}
    return {
        "type": "object",
        "description": "The filters of `GET /v1/listings`, by name. Only active listings are looked at in any case.",
        "properties": {
            name: {**found["schema"], "description": found["description"]}
            for name, found in told.items()
            if name != "stale"  # nothing is kept, so nothing waits
        },
        "additionalProperties": False,
    }


COMPONENTS: Json = {
    **condition_components(),
    "Multiplier": MULTIPLIER,
    "Modifiers": MODIFIERS,
    **action_components(),
    "ListingFilter": filter_component(),
    **package_components(),
}

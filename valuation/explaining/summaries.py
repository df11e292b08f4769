"""Rules in plain English: "RAM >= 16 GB and condition is used", "$2.50 per GB of RAM".

Pure functions of what is stored and the field registry. They read leniently: a broken rule is summarised as far as it
can be understood, and never raises, because it is the broken ones that have to be found on a page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from valuation.engine import (
    METRICS,
    OPERATORS,
    UNIT_DIVISORS,
    ActionSpec,
    Field,
    FieldRegistry,
    Json,
    Kind,
    UnknownField,
)
from valuation.engine.money import format_dollars, format_exact, format_written

ALIASES = {alias: name for name, operator in OPERATORS.items() for alias in operator.aliases}
SINGULAR = {unit: unit.removesuffix("s") for unit in ("cores", "threads", "points", "ports", "modules", "years")}
MOST_VALUES, MOST_TEXT, MOST_DEPTH = 5, 80, 10
ALWAYS = "Always"
NO_ACTION = "No action: adds nothing"


def summarise_conditions(tree: Json, registry: FieldRegistry) -> str:
    """When a rule applies, as one sentence."""
    if tree is None or tree in ({}, []):
        return ALWAYS
    return _sentence(_node(tree, registry, 1, inside=False))


def summarise_action(action: ActionSpec, registry: FieldRegistry) -> str:
    """What an action adds, before the group's weight and the ruleset's effect."""
    text = _amount(action, registry)
    notes = [note for key, read in _MODIFIERS.items() if (note := read(action.modifiers.get(key)))]
    notes.append(_bounds(action.modifiers))
    return ", ".join(part for part in (text, *notes) if part)


# -- Conditions ------------------------------------------------------------------------------------------------


def _node(tree: Json, registry: FieldRegistry, depth: int, *, inside: bool) -> str:
    """A node's words; `inside` a group, another group stands in parentheses."""
    if depth > MOST_DEPTH:
        return "…"
    if isinstance(tree, list | tuple):
        return _group("and", tree, registry, depth, inside=inside)
    if not isinstance(tree, Mapping):
        return f"unreadable: {_clip(_json(tree))}"
    if tree.get("logical_operator") is not None or tree.get("conditions") is not None:
        logic = str(tree.get("logical_operator")).strip().lower()
        children = tree.get("conditions")
        return _group(logic, children if isinstance(children, list | tuple) else [], registry, depth, inside=inside)
    return _leaf(tree, registry)


def _group(logic: str, children: Json, registry: FieldRegistry, depth: int, *, inside: bool) -> str:
    if not children:
        return "an empty group"
    if logic == "not":
        return f"not ({_node(children[0], registry, depth + 1, inside=False)})"
    if len(children) == 1:
        return _node(children[0], registry, depth + 1, inside=inside)
    text = f" {logic} ".join(_node(child, registry, depth + 1, inside=True) for child in children)
    return f"({text})" if inside else text


def _leaf(leaf: Mapping[str, Json], registry: FieldRegistry) -> str:
    name = str(leaf.get("field_name") or "?")
    fact = find_field(name, registry)
    word = str(leaf.get("operator") or "?").strip().lower()
    word = ALIASES.get(word, word)
    label = _inner(fact.label) if fact else name
    value = leaf.get("value")
    if word in ("is_null", "is_not_null"):
        return f"{label} {OPERATORS[word].label}"
    symbol = OPERATORS[word].symbol if word in OPERATORS else ""
    if fact is not None and fact.kind in (Kind.NUMBER, Kind.DATE) and symbol:
        return f"{label} {symbol} {_measured(_value(value, fact), fact)}"
    operator = OPERATORS[word].label if word in OPERATORS else word
    if word == "between" and isinstance(value, list | tuple) and len(value) == 2:
        low, high = (_value(item, fact) for item in value)
        return f"{label} {operator} {low} and {_measured(high, fact)}"
    if isinstance(value, list | tuple):
        shown = ", ".join(_value(item, fact) for item in value[:MOST_VALUES])
        return f"{label} {operator} {_measured(shown, fact)}{_more(value)}"
    return f"{label} {operator} {_value(value, fact)}"


def _more(values: Sequence[Json]) -> str:
    """How many there are beside those that are said."""
    return f" and {len(values) - MOST_VALUES} more" if len(values) > MOST_VALUES else ""


def _measured(text: str, fact: Field | None) -> str:
    """With its unit, unless the value or the label has said it: "RAM >= 16 GB", "Price < $500", "CPU cores >= 6"."""
    if fact is None or fact.unit in ("", "USD") or fact.unit.lower() in fact.label.lower():
        return text
    return f"{text} {fact.unit}"


def _value(value: Json, fact: Field | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    unit = fact.unit if fact is not None else ""
    sign = "$" if unit == "USD" else ""
    if isinstance(value, int | float):
        # A year or a capacity reads as it was typed; only what is counted in money or points gets separators.
        return f"{sign}{value:,}" if unit in ("USD", "points") else f"{value}"
    if isinstance(value, str) and fact is not None and (fact.options or fact.kind is not Kind.STRING):
        return f"{sign}{_clip(value)}"
    return _clip(_json(value))


# -- Actions ---------------------------------------------------------------------------------------------------


def _amount(action: ActionSpec, registry: FieldRegistry) -> str:
    value = action.value_usd
    if action.action_type == "formula":
        return f"Formula: {_clip(action.formula) or '?'}"
    if action.action_type == "multiplier":
        return f"{format_exact(value, sign=True)} % of the running price" if value else "No change"
    amount = "$?" if value is None else format_dollars(value)
    if action.action_type in ("fixed_value", "additive"):
        return amount
    if action.action_type == "per_unit":
        return f"{amount} {_per_unit(action.metric, registry)}".strip()
    if action.action_type == "benchmark_based":
        points = UNIT_DIVISORS.get(action.unit_type or "per_1000_points", 0.0)
        of = find_field(action.metric, registry)
        return (
            f"{amount} per {f'{points:,.0f} points' if points > 1 else 'point'} of {of.label if of else _named(action)}"
        )
    return f'Unknown action type "{action.action_type}"'


def _per_unit(name: str, registry: FieldRegistry) -> str:
    metric = METRICS.get(name.strip().lower())
    if metric is not None and not metric.path:
        return ""
    fact = find_field(metric.path if metric else name, registry)
    if fact is None:
        return f"per {name or '?'}"
    if fact.kind is Kind.BOOLEAN:
        return f"if {_inner(fact.label)}"
    unit = metric.unit if metric else fact.unit
    if unit == "USD":
        return f"per dollar of {_inner(fact.label)}"
    if not unit:
        return f"per unit of {_inner(fact.label)}"
    singular = SINGULAR.get(unit, unit)
    if unit.lower() in fact.label.lower():
        start = fact.label.lower().index(unit.lower())
        return f"per {_inner(fact.label[:start] + singular + fact.label[start + len(unit) :])}"
    return f"per {singular} of {_inner(fact.label)}"


def _named(action: ActionSpec) -> str:
    return action.metric or "?"


def _factors(value: Json) -> str:
    """`{"used": 0.6}`: "× 0.6 if used"."""
    pairs = list(value.items()) if isinstance(value, Mapping) else []
    said = ", ".join(f"× {_value(factor, None)} if {_clip(name)}" for name, factor in pairs[:MOST_VALUES])
    return f"{said}{_more(pairs)}"


def _age(value: Json) -> str:
    if not isinstance(value, Mapping):
        return ""
    rate, most = value.get("rate_per_year"), value.get("max", 0.5)
    return f"less {_percent(rate)} a year, at most {_percent(most)}"


def _percent(value: Json) -> str:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{format_exact(value * 100)} %" if known else "?"


def _multipliers(value: Json) -> str:
    items = value if isinstance(value, list) else []
    names = [str(item.get("name") or item.get("field") or "?") for item in items if isinstance(item, Mapping)]
    return f"× by {' and '.join(_inner(_clip(name)) for name in names[:MOST_VALUES])}{_more(names)}" if names else ""


def _bounds(modifiers: Mapping[str, Json]) -> str:
    if modifiers.get("clamp") is False:
        return ""
    words = (("at least", modifiers.get("min_usd")), ("at most", modifiers.get("max_usd")))
    return ", ".join(
        f"{word} {format_written(value)}"
        for word, value in words
        if isinstance(value, int | float) and not isinstance(value, bool)
    )


_MODIFIERS = {
    "multipliers": _multipliers,
    "condition_multipliers": _factors,
    "age_curve": _age,
    "brand_multipliers": _factors,
}

# -- Words -----------------------------------------------------------------------------------------------------


def find_field(name: str, registry: FieldRegistry) -> Field | None:
    """The field of this path or alias, or None."""
    try:
        return registry.resolve(name)
    except UnknownField:
        return None


def _inner(label: str) -> str:
    """A label inside a sentence: "Condition" is "condition", "RAM" stays."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _clip(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[: MOST_TEXT - 1]}…"

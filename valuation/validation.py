"""One check of what an author writes, for models, admin forms and serializers alike.

The engine finds the problems; here they become a `ValidationError` that names the field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError

from valuation.engine import (
    ActionSpec,
    FieldRegistry,
    Json,
    Kind,
    Problem,
    UnknownField,
    check_action,
    check_conditions,
)
from valuation.registry import field_registry


def conditions_problems(tree: Json) -> list[Problem]:
    """What is wrong with a condition tree; paths point into it (`conditions[1].value`)."""
    return check_conditions(tree, field_registry())


def action_problems(action: ActionSpec) -> list[Problem]:
    """What is wrong with an action; paths start with the name of its field."""
    return check_action(action, field_registry())


def raise_problems(problems: Mapping[str, Iterable[Problem]]) -> None:
    """Raise one `ValidationError` with every error under its field; warnings pass."""
    errors = {
        name: [ValidationError(str(problem), code=problem.code) for problem in found if problem.severity == "error"]
        for name, found in problems.items()
    }
    errors = {name: found for name, found in errors.items() if found}
    if errors:
        raise ValidationError(errors)


MOST_FACTS, MOST_NAMED, MOST_TEXT = 200, 200, 1_000
MOST_NUMBER, MOST_USD = 10**15, 1_000_000_000
AMOUNTS, RULES = ("total_usd", "low_usd", "high_usd"), ("matches", "not_matches")
KIND_WORDS = {Kind.NUMBER: "a number", Kind.BOOLEAN: "true or false", Kind.STRING: "a text", Kind.DATE: "a date"}


def facts_problems(facts: Json, registry: FieldRegistry) -> list[Problem]:
    """What is wrong with facts by path, as an example freezes them; paths are those of the facts."""
    if not isinstance(facts, dict) or not facts:
        return [Problem("", 'Give facts by their field: {"price_usd": 400, "ram_gb": 16}.', "required")]
    if len(facts) > MOST_FACTS:
        return [Problem("", f"These are {len(facts)} facts: at most {MOST_FACTS} are taken.", "max_length")]
    found = [problem for name, value in facts.items() if (problem := fact_problem(name, value, registry)) is not None]
    if facts.get("price_usd") is None:
        found.append(Problem("price_usd", "An example needs a price: without one nothing is valued.", "required"))
    return found


def fact_problem(name: str, value: Json, registry: FieldRegistry) -> Problem | None:
    """Why a rule cannot read this fact; None where it can."""
    try:
        field = registry.resolve(name)
    except UnknownField as error:
        return Problem(name, str(error), "unknown_field")
    if field.kind is Kind.NUMBER:
        fits = is_amount(value, MOST_NUMBER)
    elif field.kind is Kind.BOOLEAN:
        fits = isinstance(value, bool)
    else:
        fits = isinstance(value, str) and len(value) <= MOST_TEXT
    return None if fits else Problem(name, f"This must be {KIND_WORDS[field.kind]}.", "type")


def expected_problems(expected: Json) -> list[Problem]:
    """What is wrong with what an example expects."""
    if not isinstance(expected, dict):
        return [Problem("", "Say what is expected as an object.", "type")]
    found = [
        Problem(str(name), f"There is no such expectation: {', '.join((*AMOUNTS, *RULES))}.", "unknown")
        for name in expected
        if name not in (*AMOUNTS, *RULES)
    ][:MOST_NAMED]
    known = {name: expected[name] for name in AMOUNTS if expected.get(name) is not None}
    for name, value in known.items():
        if not is_amount(value, MOST_USD) or round(value * 100) != round(value * 100, 6):
            found.append(Problem(name, "This must be dollars, to the cent.", "type"))
    if "total_usd" in known and len(known) > 1:
        found.append(Problem("total_usd", "Expect either a total, or a range from low to high.", "exclusive"))
    elif not found and known.get("low_usd", -MOST_USD) > known.get("high_usd", MOST_USD):
        found.append(Problem("high_usd", "This must not be less than low_usd.", "range"))
    for name in RULES:
        found += _names_problems(name, expected.get(name))
    both = set(_texts(expected.get("matches"))) & set(_texts(expected.get("not_matches")))
    found += [Problem("matches", f'"{key}" is expected both to match and not to.', "exclusive") for key in sorted(both)]
    if not known and not any(expected.get(name) for name in RULES) and not found:
        found.append(Problem("", "Expect something: a total, a range, or rules that match or do not.", "required"))
    return found


def _names_problems(name: str, value: Json) -> list[Problem]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MOST_NAMED or len(_texts(value)) != len(value):
        return [Problem(name, f'This must be a list of at most {MOST_NAMED} rules, each as "group/rule".', "type")]
    return []


def _texts(value: Json) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def is_amount(value: Json, most: float) -> bool:
    """Whether this is a number, which true and NaN are not, of at most so much."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= most

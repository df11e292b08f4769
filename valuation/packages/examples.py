"""Examples in packages: what they look like in a file, and where they go.

An example is a named set of facts and what a ruleset is to make of them; `valuation.examples` has their rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.core.exceptions import ValidationError

from dealbrain.text import nfc
from valuation.examples import running, storing
from valuation.models import Example, Ruleset
from valuation.packages.columns import Problems, refuse_unknown
from valuation.packages.content import Json, plain, refused

KEYS = ("name", "ruleset", "facts", "expected")
EXPECTED_KEYS = ("total_usd", "low_usd", "high_usd", "matches", "not_matches")
AMOUNTS, RULES = EXPECTED_KEYS[:3], EXPECTED_KEYS[3:]
MOST_NAME, MOST_FACTS, MOST_NAMED = storing.LONGEST_NAME, 500, 200


def read_example(given: Any, path: str, rulesets: Collection[str], problems: Problems) -> tuple[str, Json | None]:
    """The ruleset that an example is of, and the example without that name; None where it is wrong."""
    if not isinstance(given, dict):
        problems.add(path, "an example is an object: {...}")
        return "", None
    before = len(problems.found)
    refuse_unknown(given, KEYS, path, problems)
    name, facts, expected = given.get("name"), given.get("facts"), given.get("expected")
    if not isinstance(name, str) or not name.strip() or len(name) > MOST_NAME:
        problems.add(f"{path}.name", f"an example has a name of at most {MOST_NAME} characters")
    ruleset = given.get("ruleset")
    if ruleset is None and len(rulesets) == 1:
        [ruleset] = rulesets
    if not isinstance(ruleset, str) or nfc(ruleset) not in rulesets:
        problems.add(f"{path}.ruleset", "this names no ruleset of the package", "unknown")
    if not isinstance(facts, dict) or len(facts) > MOST_FACTS:
        problems.add(f"{path}.facts", 'facts are an object, such as {"ram_gb": 16}')
    _check_expected(expected, f"{path}.expected", problems)
    if len(problems.found) > before:
        return "", None
    return nfc(str(ruleset)), plain({"name": name, "facts": facts, "expected": expected})


def _check_expected(expected: Any, path: str, problems: Problems) -> None:
    if not isinstance(expected, dict) or not expected:
        problems.add(path, f"an example expects something: {', '.join(EXPECTED_KEYS)}")
        return
    refuse_unknown(expected, EXPECTED_KEYS, path, problems)
    for name in AMOUNTS:
        if isinstance(expected.get(name, 0), bool) or not isinstance(expected.get(name, 0), int | float):
            problems.add(f"{path}.{name}", "this must be a number of dollars")
    for name in RULES:
        named = expected.get(name, [])
        if not isinstance(named, list) or len(named) > MOST_NAMED or not all(isinstance(item, str) for item in named):
            problems.add(f"{path}.{name}", f"this is a list of at most {MOST_NAMED} names of rules")


def examples_of(ruleset_ids: Iterable[int]) -> dict[int, tuple[Json, ...]]:
    """The examples of these rulesets, as a package holds them, by the ruleset's id. One query."""
    found: dict[int, list[Json]] = {}
    for example in Example.objects.filter(ruleset__in=ruleset_ids).order_by("ruleset", "name", "pk"):
        item = {"name": example.name, "facts": example.facts, "expected": example.expected}
        found.setdefault(example.ruleset_id, []).append(plain(item))
    return {ruleset: tuple(examples) for ruleset, examples in found.items()}


def store_examples(ruleset_id: int, examples: Iterable[Json]) -> None:
    """Make these the examples of the ruleset, inside the caller's `recording`. Raises PackageError."""
    try:
        storing.store_examples(Ruleset.objects.get(pk=ruleset_id), list(examples))
    except ValidationError as error:
        raise refused("examples", " ".join(error.messages)) from error


def run_examples(ruleset_ids: Iterable[int]) -> tuple[int, int]:
    """How many examples of these rulesets hold, and how many do not, or name what is not there."""
    runs = [running.run_examples(ruleset) for ruleset in Ruleset.objects.filter(pk__in=ruleset_ids)]
    return sum(len(run.of(running.PASSED)) for run in runs), sum(len(run.wrong) for run in runs)

"""Examples as plain data, in and out: the form in which they travel in packages and from drafts to originals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from dealbrain.db import update_rows
from valuation.examples.running import PASSED, Run, run_examples, run_these
from valuation.models import Example, Ruleset

MOST_EXAMPLES = 200  # of one ruleset
LONGEST_NAME = 200
KEYS = ("name", "facts", "expected")

Plain = dict[str, Any]


def examples_of(ruleset: Ruleset) -> list[Plain]:
    """The examples of a ruleset by name: `{name, facts, expected}`, which `store_examples` takes. One query."""
    return [{key: getattr(example, key) for key in KEYS} for example in ruleset.examples.order_by("name", "pk")]


def store_examples(ruleset: Ruleset, given: Sequence[Mapping[str, Any]]) -> Run:
    """Make these the examples of the ruleset, and run them; what has the name of one that is there becomes that one.

    Facts of fields that this installation does not have are stored, and reported as broken by the run. Raises
    ValidationError for what has not the form of an example.
    """
    if len(given) > MOST_EXAMPLES:
        raise ValidationError(f"These are {len(given)} examples: a ruleset has at most {MOST_EXAMPLES}.")
    wanted = {_name(item, at): item for at, item in enumerate(given)}
    if len(wanted) < len(given):
        raise ValidationError("Two of the examples have the same name: each needs one of its own.")
    stored = {example.name: example for example in ruleset.examples.all()}
    ruleset.examples.exclude(name__in=wanted).delete()
    fresh: list[Example] = []
    changed: list[Example] = []
    for name, item in wanted.items():
        example = stored.get(name) or Example(ruleset=ruleset, name=name)
        if example.pk and (example.facts, example.expected) == (item["facts"], item["expected"]):
            continue
        example.facts, example.expected, example.amounts = item["facts"], item["expected"], None
        example.updated_at = timezone.now()
        (changed if example.pk else fresh).append(example)
    Example.objects.bulk_create(fresh)
    update_rows(Example, changed, ("facts", "expected", "amounts", "updated_at"))
    return remembered(run_examples(ruleset))


def _name(item: Any, at: int) -> str:
    """The name of an example that has the form of one. What its facts mean here is for the run to say."""
    place = f"examples[{at}]"
    if not isinstance(item, Mapping) or not all(key in item for key in KEYS):
        raise ValidationError(f"{place}: an example has a name, facts and expected.")
    name = item["name"]
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        raise ValidationError(f"{place}.name: give it a name of at most {LONGEST_NAME} characters.")
    for key in ("facts", "expected"):
        if not isinstance(item[key], dict):
            raise ValidationError(f"{place}.{key}: this must be an object.")
    return name


def remembered(run: Run) -> Run:
    """Keep what each rule gave in the examples that hold, so that a later failure can say which rule differs."""
    amounts = {outcome.id: dict(outcome.amounts) for outcome in run.of(PASSED)}
    stale = [example for example in Example.objects.filter(pk__in=amounts) if example.amounts != amounts[example.pk]]
    for example in stale:
        example.amounts = amounts[example.pk]
    update_rows(Example, stale, ("amounts",))
    return run


def copy_examples(source_id: int, ruleset_id: int) -> None:
    """Give a ruleset the examples of another, with what its rules gave when they last held. Two queries."""
    rows = Example.objects.filter(ruleset=source_id).order_by("pk").values("name", "facts", "expected", "amounts")
    Example.objects.bulk_create([Example(ruleset_id=ruleset_id, **row) for row in rows])


def refuse_more(ruleset: Ruleset) -> None:
    """Raise ValidationError where a ruleset has as many examples as it may."""
    if ruleset.examples.count() >= MOST_EXAMPLES:
        raise ValidationError(f"A ruleset has at most {MOST_EXAMPLES} examples: delete one that says nothing new.")


def checked_after(ruleset: Ruleset) -> Run:
    """What its examples say after something in a ruleset was saved. One query where it has none."""
    examples = list(ruleset.examples.all())
    return remembered(run_these(ruleset, examples)) if examples else Run(ruleset.pk, ruleset.name, ())

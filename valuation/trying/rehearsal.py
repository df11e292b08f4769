"""What a change would do, found by doing it: in a transaction that is always taken back.

A preview that works out by itself what saving would store is a second way of saving, and the two will differ. So
there is none: the change is made by the very code that makes it, what then counts is read as a recalculation would
read it, and all of it is undone. Nothing is evaluated in there, so that other writers wait for milliseconds only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import transaction

from valuation.engine import RulesetSpec
from valuation.history.audit import unrecorded
from valuation.recalculation.facts import Choices, load_choices
from valuation.recalculation.marking import revision_row
from valuation.recalculation.rulebook import active_specs

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class World:
    """What counts at one moment: the active rulesets, and what people chose for single listings."""

    specs: tuple[RulesetSpec, ...]
    choices: Choices


@dataclass(frozen=True, slots=True)
class Rehearsal(Generic[Result]):
    """What counts without a change and with it, what making it gave, and the revision of the rules it was made of."""

    before: World
    after: World
    result: Result
    revision: int


def rehearse(change: Callable[[], Result], *, first: Callable[[], object] | None = None) -> Rehearsal[Result]:
    """Make a change, see what counts then, and take it back. What `change` raises is raised.

    `first` is made too, before anything is looked at: what is to be true both times.
    """
    with transaction.atomic(), unrecorded():
        revision = revision_row().revision
        if first is not None:
            first()
        before = current_world()
        result = change()
        after = current_world()
        transaction.set_rollback(True)
    return Rehearsal(before, after, result, revision)


def current_world() -> World:
    """What counts now. Six queries."""
    return World(tuple(active_specs()), load_choices())

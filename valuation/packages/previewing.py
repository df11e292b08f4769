"""What installing would do, found by doing it and taking it back: what differs, in words and on all listings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from valuation.explaining.differences import Difference, differences
from valuation.history.states import State, Target, load_states
from valuation.models import Ruleset
from valuation.packages.content import Package
from valuation.packages.installing import Installed, Merge, install_packages
from valuation.trying.impact import Impact, compare_worlds
from valuation.trying.rehearsal import rehearse

MOST_LINES = 300


@dataclass(frozen=True, slots=True)
class Line:
    """A ruleset, group or rule that would be different: what it is, what is done to it, and what differs."""

    what: str
    done: str
    differences: list[Difference]


@dataclass(frozen=True, slots=True)
class Preview:
    """`more` lines are not shown. `revision` is that of the rules which all of it was compared with."""

    installed: Installed
    lines: list[Line]
    more: int
    impact: Impact
    revision: int


def preview_install(packages: Sequence[Package], *, merge: str = Merge.REPLACE, user: Any = None) -> Preview:
    """What installing these would do. Raises as installing does; nothing is changed.

    What rules may name then is what the packages were checked against: their own fields are taken back with the rest.
    """
    names = {ruleset.name for package in packages for ruleset in package.rulesets}

    def change() -> tuple[Installed, dict[Target, State], dict[Target, State]]:
        there = list(Ruleset.objects.filter(name__in=names).values_list("pk", flat=True))
        before = load_states(rulesets=there)
        installed = install_packages(packages, merge=merge, user=user)
        return installed, before, load_states(rulesets={*there, *installed.touched})

    rehearsal = rehearse(change)
    installed, before, after = rehearsal.result
    differing = [
        (target, done) for target in _ordered(before, after) if (done := _done(before.get(target), after.get(target)))
    ]
    lines = [
        Line(
            f"{target.kind.label} “{(after.get(target) or before[target]).name}”",
            done,
            _differences(before.get(target), after.get(target), packages[0]),
        )
        for target, done in differing[:MOST_LINES]
    ]
    impact = compare_worlds(rehearsal.before, rehearsal.after, registry=packages[0].registry)
    return Preview(installed, lines, max(len(differing) - MOST_LINES, 0), impact, rehearsal.revision)


def _ordered(before: dict[Target, State], after: dict[Target, State]) -> list[Target]:
    """Rulesets, then groups, then rules; each in the order in which they were made."""
    kinds = list(dict.fromkeys([*(t.kind for t in after), *(t.kind for t in before)]))
    return sorted({*before, *after}, key=lambda target: (kinds.index(target.kind), target.pk))


def _done(before: State | None, after: State | None) -> str:
    if before is None or after is None:
        return "deleted" if after is None else "created"
    return "changes" if after.unlike(before) else ""


def _differences(before: State | None, after: State | None, package: Package) -> list[Difference]:
    was, becomes = (state.content if state is not None else None for state in (before, after))
    return differences(was, becomes, package.registry, {})

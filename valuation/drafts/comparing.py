"""A draft beside its original: what differs in words, and what publishing does to all listings, found by doing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from valuation.drafts.merging import Collision, Merged, alike
from valuation.drafts.publishing import apply, draft_or_refuse, merged_sides, plain_examples
from valuation.drafts.sides import EXAMPLE, GROUP, KINDS, RULE, RULESET, Side
from valuation.examples.running import Run
from valuation.examples.storing import store_examples
from valuation.explaining.differences import Difference, differences
from valuation.history.states import Json
from valuation.models import Draft, Ruleset
from valuation.registry import field_registry
from valuation.trying.impact import Impact, RuleTotal, compare_worlds
from valuation.trying.rehearsal import World, rehearse

ADDED, CHANGED, REMOVED = "added", "changed", "removed"
LABELS = {RULESET: "Ruleset", GROUP: "Group", RULE: "Rule", EXAMPLE: "Example"}


@dataclass(frozen=True, slots=True)
class Line:
    """One row that differs; of a rule, what it does to all listings before and after."""

    kind: str
    key: str
    name: str
    group: str
    done: str
    differences: list[Difference]
    before: RuleTotal | None = None
    after: RuleTotal | None = None

    @property
    def label(self) -> str:
        return LABELS[self.kind]


@dataclass(frozen=True, slots=True)
class Sides:
    """A collision in words: what the original and the draft each made of what there was."""

    collision: Collision
    label: str
    original: list[Difference]
    draft: list[Difference]
    choice: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What publishing would do. While somebody has to choose still, the draft counts where both changed a row."""

    draft: Draft
    original: Ruleset
    lines: list[Line]
    collisions: list[Sides]
    open: int
    impact: Impact
    examples: Run
    revision: int


def compare_draft(*, draft_id: int, choices: Mapping[str, str] | None = None) -> Comparison:
    """Nothing is saved. Raises CannotPublish where the draft cannot be published whatever is chosen."""
    chosen = dict(choices or {})
    draft = draft_or_refuse(draft_id)
    original = draft.ruleset.draft_of
    assert original is not None

    def change() -> tuple[Merged, Run]:
        merged = apply(draft, user=None, choices=chosen)[1]
        return merged, store_examples(original, plain_examples(merged.result))

    theirs, _ = merged_sides(draft, chosen)
    rehearsal = rehearse(change)
    merged, run = rehearsal.result
    impact = compare_worlds(rehearsal.before, rehearsal.after)
    registry = field_registry()
    homes = {("group_id", int(pk)): row["name"] for side in (theirs, merged.result) for pk, row in side[GROUP].items()}
    totals = (
        _by_name(impact.before, rehearsal.before, original.pk),
        _by_name(impact.after, rehearsal.after, original.pk),
    )

    def words(was: Json | None, becomes: Json | None, kind: str) -> list[Difference]:
        if kind == EXAMPLE:
            return _of_example(was, becomes)
        return differences(was, becomes, registry, homes)

    return Comparison(
        draft,
        original,
        [
            _line(kind, pk, was, becomes, homes, totals, words)
            for kind, pk, was, becomes in differing(theirs, merged.result)
        ],
        [
            Sides(
                found,
                LABELS[found.kind],
                words(found.base, found.original, found.kind),
                words(found.base, found.draft, found.kind),
                chosen.get(found.key, ""),
            )
            for found in merged.collisions
        ],
        len(merged.open),
        impact,
        run,
        rehearsal.revision,
    )


def differing(before: Side, after: Side) -> Iterable[tuple[str, str, Json | None, Json | None]]:
    """The rows that are not the same: kind, id, and the row on both sides."""
    for kind in KINDS:
        for pk in dict.fromkeys([*before[kind], *after[kind]]):
            was, becomes = before[kind].get(pk), after[kind].get(pk)
            if not alike(was, becomes):
                yield kind, pk, was, becomes


def _line(
    kind: str,
    pk: str,
    was: Json | None,
    becomes: Json | None,
    homes: Mapping[tuple[str, int], str],
    totals: tuple[Mapping[tuple[str, str], RuleTotal], Mapping[tuple[str, str], RuleTotal]],
    words: Any,
) -> Line:
    done = ADDED if was is None else REMOVED if becomes is None else CHANGED
    row = becomes or was or {}
    group = homes.get(("group_id", row["group_id"]), "") if kind == RULE else ""
    name = pk if kind == EXAMPLE else str(row.get("name", ""))
    before, after = (
        total.get((homes.get(("group_id", side["group_id"]), ""), side["name"]), RuleTotal())
        if kind == RULE and side is not None
        else None
        for total, side in zip(totals, (was, becomes), strict=True)
    )
    return Line(kind, f"{kind}:{pk}", name, group, done, words(was, becomes, kind), before, after)


def _of_example(was: Json | None, becomes: Json | None) -> list[Difference]:
    old, new = was or {}, becomes or {}
    labels = {"facts": "Facts", "expected": "Expected"}
    return [
        Difference(label, _told(old.get(name)), _told(new.get(name)))
        for name, label in labels.items()
        if not alike(old.get(name), new.get(name))
    ]


def _told(value: Json | None) -> str:
    return ", ".join(f"{name} {found}" for name, found in (value or {}).items())[:300] or "–"


def _by_name(totals: Mapping[int, RuleTotal], world: World, ruleset_id: int) -> dict[tuple[str, str], RuleTotal]:
    return {
        (group.name, rule.name): totals[rule.id]
        for spec in world.specs
        if spec.id == ruleset_id
        for group in spec.groups
        for rule in group.rules
        if rule.id in totals
    }

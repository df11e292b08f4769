"""Publishing a draft: its original takes on what the draft says, in one transaction, or stays what it is.

The original keeps its id, so whatever points at it stays right; its rows are written by the way that restores them, so
they keep theirs, and their history goes on. What is not published for good, because somebody has to choose or an
example does not hold, is raised from inside the transaction, and nothing of it is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from dealbrain.actor import actor_name
from valuation.drafts.merging import SIDES, Collision, Merged, alike, merge
from valuation.drafts.sides import EXAMPLE, GROUP, KINDS, RULE, RULESET, Side, draft_side, plain
from valuation.examples.running import Run, shown
from valuation.examples.storing import store_examples
from valuation.history.audit import record, recording
from valuation.history.restoring import MODELS, CannotRestore, Past, put_back
from valuation.history.states import Target
from valuation.models import Draft, Release, Ruleset, TargetKind

MOST_NOTE = 2_000


class CannotPublish(ValueError):
    """Why a draft cannot be published, and what can be done about it."""


class Collides(CannotPublish):
    """Rows that both sides changed and nobody has chosen about."""

    def __init__(self, collisions: Sequence[Collision]) -> None:
        self.collisions = tuple(collisions)
        count = len(collisions)
        super().__init__(
            f"The original was changed since the draft began: {count} {'row' if count == 1 else 'rows'} differ in "
            "both. Choose for each whether the draft or the original counts."
        )


class ExamplesDisagree(CannotPublish):
    """Examples that do not hold under what would be published."""

    def __init__(self, run: Run) -> None:
        self.run = run
        told = " ".join(str(outcome) for outcome in run.wrong[:5])
        super().__init__(
            f"{len(run.wrong)} of {len(run.outcomes)} examples {'does' if len(run.wrong) == 1 else 'do'} not hold: "
            f"{told} Change the draft or the examples, "
            "or publish with a reason for overriding them."
        )


@dataclass(frozen=True, slots=True)
class Published:
    """What came of it: the ruleset, the number of its release, how many rows were written, what its examples say."""

    ruleset_id: int
    release: int
    changed: int
    examples: Run


def draft_or_refuse(draft_id: int) -> Draft:
    """The draft, and its original. Raises CannotPublish where there is nothing (any more) to publish."""
    draft = Draft.objects.select_related("ruleset__draft_of").filter(pk=draft_id).first()
    if draft is None:
        release = Release.objects.select_related("ruleset").filter(draft_id=draft_id).first()
        if release is not None:
            raise CannotPublish(
                f'This draft was published already, as release {release.number} of "{release.ruleset}", by '
                f"{release.actor or 'somebody'} at {release.at:%Y-%m-%d %H:%M:%S} UTC."
            )
        raise CannotPublish("This is no draft: only drafts are published.")
    if draft.ruleset.draft_of is None:
        raise CannotPublish(
            f'"{draft.original_name}", of which this was a draft, was deleted. What was drafted is an inactive ruleset '
            "of its own now: use it as one, or delete it."
        )
    return draft


def merged_sides(draft: Draft, choices: Mapping[str, str]) -> tuple[Side, Merged]:
    """The original as it is, and what it would be. At most eleven queries."""
    original = draft.ruleset.draft_of
    assert original is not None
    theirs = plain(original)
    return theirs, merge(draft.base, theirs, draft_side(draft, theirs), choices)


def publish(
    *,
    draft_id: int,
    note: str,
    user: Any = None,
    choices: Mapping[str, str] | None = None,
    override_reason: str = "",
) -> Published:
    """Put the draft into the place of its original, and delete it.

    Raises CannotPublish, Collides and ExamplesDisagree (of which nothing is left); PermissionDenied where `user` may
    not write the original; ValidationError where a row is refused today.
    """
    chosen = dict(choices or {})
    with recording():
        draft = draft_or_refuse(draft_id)  # the second of two waits here, and then finds none
        original = draft.ruleset.draft_of
        assert original is not None
        with recording(rulesets=[original.pk, draft_id]):
            changed, merged = apply(draft, user=user, choices=chosen)
            if merged.open:
                raise Collides(merged.open)
            run = store_examples(original, plain_examples(merged.result))
            if run.wrong and not override_reason.strip():
                raise ExamplesDisagree(run)
            release = _released(draft, original, note.strip(), override_reason.strip(), run, chosen)
            draft.ruleset.delete()
    return Published(original.pk, release.number, changed, run)


def apply(draft: Draft, *, user: Any, choices: Mapping[str, str]) -> tuple[int, Merged]:
    """Write what the original becomes, examples aside, in the caller's transaction, and say how many rows differ."""
    refuse_strange(choices)
    theirs, merged = merged_sides(draft, choices)
    past = _past(draft.original_id, theirs, merged.result)
    try:
        return len(put_back(past, user=user)), merged
    except CannotRestore as error:
        raise CannotPublish(
            "Two groups, or two rules of a group, would have one name: rename one of them in the draft, then publish."
        ) from error


def refuse_strange(choices: Mapping[str, str]) -> None:
    for key, side in choices.items():
        if side not in SIDES or key.partition(":")[0] not in KINDS:
            raise CannotPublish(
                f'"{key}": "{side}" chooses nothing: give the key of a collision, and "draft" or "original".'
            )


def _past(original_id: int, theirs: Side, result: Side) -> Past:
    """What differs, as the rows are to be written. A row that went to another ruleset is not taken from there."""
    past: Past = {}
    for kind in (RULESET, GROUP, RULE):
        gone = [int(pk) for pk in result[kind] if pk not in theirs[kind] and int(pk) > 0]
        model = MODELS[TargetKind(kind)]
        elsewhere = set(model._default_manager.filter(pk__in=gone).values_list("pk", flat=True)) if gone else set()
        for pk in dict.fromkeys([*theirs[kind], *result[kind]]):
            becomes = result[kind].get(pk)
            if alike(becomes, theirs[kind].get(pk)):
                continue
            target = Target(TargetKind(kind), -int(pk) if int(pk) in elsewhere else int(pk))
            home = {"ruleset_id": original_id} if kind == GROUP else {}
            past[target] = None if becomes is None else {**becomes, **home}
    return past


def plain_examples(result: Side) -> list[dict[str, Any]]:
    """The examples of a side, as `store_examples` takes them."""
    return [{"name": name, **row} for name, row in result[EXAMPLE].items()]


def _released(draft: Draft, original: Ruleset, note: str, reason: str, run: Run, choices: Mapping[str, str]) -> Release:
    newest = original.releases.values_list("number", flat=True).order_by("-number").first() or 0
    release = Release.objects.create(
        ruleset=original,
        number=newest + 1,
        actor=actor_name(),
        note=note,
        override_reason=reason if run.wrong else "",
        draft_id=draft.pk,
    )
    told: dict[str, Any] = {"release": release.number, "note": note, "draft": draft.ruleset.name}
    if choices:
        told["choices"] = dict(choices)
    if run.wrong:
        told |= {"override_reason": reason, "examples": [shown(outcome) for outcome in run.wrong[:20]]}
    record(
        action="ruleset.published",
        target_kind=TargetKind.RULESET,
        target_id=original.pk,
        target_name=original.name,
        ruleset_id=original.pk,
        after=told,
    )
    return release


def schedule(
    *,
    draft_id: int,
    at: datetime,
    note: str,
    user: Any,
    choices: Mapping[str, str] | None = None,
    override_reason: str = "",
) -> Draft:
    """Have cron publish the draft at this moment, as `user`. Raises CannotPublish, Collides.

    What collides by then, or does not hold, is told then; what does already is refused now.
    """
    if at <= timezone.now():
        raise CannotPublish("This moment is over: give one that is to come, or publish at once.")
    chosen = dict(choices or {})
    refuse_strange(chosen)
    with recording():
        draft = draft_or_refuse(draft_id)
        merged = merged_sides(draft, chosen)[1]
        if merged.open:
            raise Collides(merged.open)
        draft.publish_at, draft.note, draft.choices = at, note.strip(), chosen
        draft.override_reason, draft.failure = override_reason.strip(), ""
        draft.scheduled_by = user if user is not None and user.is_authenticated else None
        draft.save()
    return draft


def unschedule(*, draft_id: int) -> Draft:
    """Have it published by hand again. Raises CannotPublish."""
    with recording():
        draft = draft_or_refuse(draft_id)
        draft.publish_at, draft.failure = None, ""
        draft.save()
    return draft

"""Beginning a draft: a copy of a ruleset with all that is in it, and what the original was at that moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models

from dealbrain.actor import actor_name
from valuation.drafts.sides import plain
from valuation.examples.storing import copy_examples
from valuation.history.audit import recording
from valuation.models import Draft, Rule, RuleAction, Ruleset, TargetKind

MOST_DRAFTS = 20  # open at a time, of one ruleset
BATCH = 500
LONGEST_NAME = 255


class CannotDraft(ValueError):
    """Why there can be no draft of this, and what can be done instead."""


def start_draft(*, ruleset_id: int) -> Ruleset:
    """A draft of this ruleset, with its groups, rules, actions and examples. Raises Ruleset.DoesNotExist, CannotDraft.

    As many queries, whatever is in it, but for the limits of a statement.
    """
    with recording():  # whoever edits the original waits, so that what is copied is one state of it
        original = Ruleset.objects.get(pk=ruleset_id)
        if original.draft_of_id is not None:
            raise CannotDraft(f'"{original}" is a draft itself: change it, or draft the ruleset that it is a draft of.')
        if original.drafts.count() >= MOST_DRAFTS:
            raise CannotDraft(f'"{original}" has {MOST_DRAFTS} drafts: publish or delete one first.')
        base = plain(original)
        draft = _copy(original, draft_of=original, name=_free_name(original), is_active=False, is_baseline=False)
        draft.place = None
        draft.save()
        groups = _copied(original.groups.order_by("pk"), ruleset=[draft])
        rules = _copied(Rule.objects.filter(group__ruleset=original).order_by("pk"), group=groups)
        _copied(RuleAction.objects.filter(rule__group__ruleset=original).order_by("pk"), rule=rules)
        copy_examples(original.pk, draft.pk)
        Draft.objects.create(
            ruleset=draft,
            original_id=original.pk,
            original_name=original.name,
            began_by=actor_name(),
            base=base,
            stands_for={
                TargetKind.GROUP: {str(copy.pk): was for was, copy in groups.items()},
                TargetKind.RULE: {str(copy.pk): was for was, copy in rules.items()},
            },
        )
    return draft


def _free_name(original: Ruleset) -> str:
    taken = set(Ruleset.objects.filter(draft_of=original).values_list("name", flat=True))
    for number in range(1, MOST_DRAFTS + 2):
        ending = f" (draft {number})" if number > 1 else " (draft)"
        name = f"{original.name[: LONGEST_NAME - len(ending)]}{ending}"
        if name not in taken and not Ruleset.objects.filter(name=name).exists():
            return name
    raise CannotDraft(f'Rulesets are called "{original.name} (draft)" and so on already: rename one first.')


def _copy(row: Any, **differing: Any) -> Any:
    model = type(row)
    names = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    left_out = {"created_at", "updated_at", "version"} if model is Rule else {"created_at", "updated_at"}
    made = model(**{name: getattr(row, name) for name in names if name not in left_out})
    for name, value in differing.items():
        setattr(made, name, value)
    return made


Owner = Sequence[models.Model] | dict[int, Any]


def _copied(rows: Iterable[Any], **owners: Owner) -> dict[int, Any]:
    """Copies of these rows under the copies of what owned them, by the ids of the rows."""
    [(name, owner)] = owners.items()
    found: dict[int, Any] = {}
    for row in rows:
        under = owner[getattr(row, f"{name}_id")] if isinstance(owner, dict) else owner[0]
        found[row.pk] = _copy(row, **{name: under})
    if found:
        model: Any = type(next(iter(found.values())))
        model._default_manager.bulk_create(found.values(), batch_size=BATCH)
    return found

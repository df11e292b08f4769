"""The way back: rules, groups and rulesets as they were.

A restore is an edit like any other: checked as one, written down as one, previewed as one (`trying.rehearsal` makes it
and takes it back). What things were is read from the audit log alone: from how they are now, entry by entry into the
past, the newest first. So a ruleset can be put back to any moment, a deleted row comes back under the id it had, and
its history goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from valuation.history.audit import recording
from valuation.history.states import (
    ACTION_FIELDS,
    GROUP_FIELDS,
    KINDS,
    RULE_FIELDS,
    RULESET_FIELDS,
    Json,
    State,
    Target,
    load_states,
)
from valuation.models import AuditEntry, Rule, RuleAction, RuleGroup, Ruleset, RuleVersion, TargetKind
from valuation.permissions import refuse_writing

Past = dict[Target, Json | None]
"""What each row is to be; None: it is not to be there. A row that is to be made has an id of its own, below zero."""

MODELS = {kind: model for model, kind in KINDS.items()}
CHANGES = ("created", "updated", "deleted")
COLUMNS = {
    TargetKind.RULESET: (*RULESET_FIELDS, "metadata"),
    TargetKind.GROUP: (*GROUP_FIELDS, "metadata", "ruleset_id"),
    TargetKind.RULE: (*RULE_FIELDS, "metadata", "group_id"),
}
# Which baseline counts is decided by activating one; what a ruleset is, and its turn, are not for people to set.
NOT_OF_BASELINES = {"is_active"}
NEVER = {"is_baseline", "place"}
HOMES = {TargetKind.GROUP: ("ruleset_id", Ruleset), TargetKind.RULE: ("group_id", RuleGroup)}


class CannotRestore(ValueError):
    """Why there is no way back, and what can be done instead."""


def version_of(rule_id: int, number: int) -> Past:
    """A rule as its version `number` says. Raises CannotRestore where there is no such version."""
    snapshot = RuleVersion.objects.filter(rule_id=rule_id, number=number).values_list("snapshot", flat=True).first()
    if snapshot is None:
        newest = RuleVersion.objects.filter(rule_id=rule_id).order_by("-number").values_list("number", flat=True)
        known = f"the newest is {newest[0]}" if newest else "it has none, because it never changed"
        raise CannotRestore(f"The rule has no version {number}: {known}.")
    return {Target(TargetKind.RULE, rule_id): snapshot}


def ruleset_at(ruleset_id: int, at: datetime) -> Past:
    """A ruleset with all that was in it at a moment. Raises CannotRestore where it was not there then."""
    since = AuditEntry.objects.filter(action__in=CHANGES, at__gt=at).order_by()
    of_groups, of_rules = (since.filter(target_kind=kind) for kind in (TargetKind.GROUP, TargetKind.RULE))
    # What has left since is told of under its new ruleset, with where it was before; what has come, with where it went.
    groups = {
        *RuleGroup.objects.filter(ruleset=ruleset_id).values_list("pk", flat=True),
        *of_groups.filter(_home("ruleset_id", [ruleset_id])).values_list("target_id", flat=True),
    }
    rules = {
        *Rule.objects.filter(group__in=groups).values_list("pk", flat=True),
        *of_rules.filter(_home("group_id", sorted(groups))).values_list("target_id", flat=True),
    }
    own = since.filter(target_kind=TargetKind.RULESET, target_id=ruleset_id)
    entries = own | of_groups.filter(target_id__in=groups) | of_rules.filter(target_id__in=rules)
    past = _before(entries.order_by("-pk"), rulesets=[ruleset_id])
    home = past.get(Target(TargetKind.RULESET, ruleset_id))
    if home is None:
        raise CannotRestore(f"The ruleset was not there at {at:%Y-%m-%d %H:%M:%S} UTC.")
    return past


def deleted(kind: TargetKind, pk: int, *, into: int | None = None) -> Past:
    """A deleted rule, or a deleted group with the rules that went with it, as they were when they were deleted.

    `into` is the group or the ruleset that it is to stand in, where its own is gone or another is wanted.
    """
    entry = AuditEntry.objects.filter(target_kind=kind, target_id=pk, action__in=CHANGES).order_by("-pk").first()
    if entry is None or entry.action != "deleted" or entry.before is None:
        raise CannotRestore(f"There is no deleted {kind} {pk}.")
    home = HOMES[kind][0]
    past: Past = {Target(kind, pk): {**entry.before, **({home: into} if into is not None else {})}}
    if kind is TargetKind.GROUP:
        along = AuditEntry.objects.filter(
            target_kind=TargetKind.RULE, action="deleted", at=entry.at, before__group_id=pk
        )
        past |= {Target(TargetKind.RULE, rule.target_id): rule.before for rule in along}
    return past


def change_undone(entries: Iterable[AuditEntry]) -> Past:
    """What the rows were before one change. Raises CannotRestore where somebody has changed one of them since."""
    change = sorted(entries, key=lambda entry: -entry.pk)
    if not change:
        raise CannotRestore("There is nothing to undo.")
    of_these = Q()
    for entry in change:
        of_these |= Q(target_kind=entry.target_kind, target_id=entry.target_id)
    since = AuditEntry.objects.filter(of_these, action__in=CHANGES, pk__gt=change[0].pk).order_by("-pk").first()
    if since is not None:
        who = since.actor or "somebody"
        raise CannotRestore(
            f'"{since.target_name}" was changed again by {who} at {since.at:%Y-%m-%d %H:%M:%S} UTC. '
            "Look at its history, and restore what you want of it."
        )
    return _before(change)


def _before(entries: Iterable[AuditEntry], *, rulesets: Iterable[int] = ()) -> Past:
    """What rows were before these entries, given from the newest to the oldest."""
    told = list(entries)
    touched = {Target(TargetKind(entry.target_kind), entry.target_id) for entry in told}
    now = load_states(touched, rulesets=rulesets)
    past: Past = {**dict.fromkeys(touched), **{target: state.content for target, state in now.items()}}
    for entry in told:
        target = Target(TargetKind(entry.target_kind), entry.target_id)
        if entry.action == "created":
            past[target] = None
        elif entry.action == "deleted":
            past[target] = entry.before
        else:
            past[target] = {**(past[target] or {}), **(entry.before or {})}
    return past


def _home(name: str, ids: list[int]) -> Q:
    """Entries of rows that stood, or stand, in one of these."""
    return Q(**{f"before__{name}__in": ids}) | Q(**{f"after__{name}__in": ids})


def put_back(past: Past, *, user: Any = None) -> list[Target]:
    """Make the rows what they were: one transaction, one change. Returns those that differed.

    Raises CannotRestore where a row's home is gone or its name is taken, ValidationError for content that is refused
    today (a field that was deleted since), PermissionDenied where `user` may not write what is touched.
    """
    homes = {state.ruleset_id for state in load_states(past).values()}
    with recording(rulesets=homes):
        now = load_states(past)
        differing = [t for t in past if not _is_so(t, past[t], now.get(t))]
        if user is not None:
            refuse_writing(user, *(row for target in differing if (row := _stored(target)) is not None))
        wanted = sorted(((t, past[t]) for t in differing), key=lambda item: list(MODELS).index(item[0].kind))
        try:
            with transaction.atomic():
                for target, content in reversed(wanted):
                    if content is None and (row := _stored(target)) is not None:
                        row.delete()
                _free_names({target: content for target, content in wanted if content is not None and target in now})
                made: dict[int, int] = {}  # groups, which come before their rules
                for target, content in wanted:
                    if content is not None:
                        row = _write(target, _at_home(content, made), user)
                        if target.kind is TargetKind.GROUP:
                            made[target.pk] = row.pk
        except IntegrityError as error:
            raise CannotRestore(
                "Something else has the name by now that a restored row had: rename it first, then restore."
            ) from error
    return [target for target, _ in wanted]


def _is_so(target: Target, content: Json | None, state: State | None) -> bool:
    if content is None or state is None:
        return content is None and state is None
    return not state.unlike(State("", 0, {**state.content, **_columns(target, content)}))


def _columns(target: Target, content: Mapping[str, Any]) -> Json:
    """Of what was written down, that which a restore writes. Older entries lack what there was not yet."""
    left_out = NEVER | (NOT_OF_BASELINES if target.kind is TargetKind.RULESET and content.get("is_baseline") else set())
    names = (*COLUMNS[target.kind], *(("actions",) if target.kind is TargetKind.RULE else ()))
    return {name: content[name] for name in names if name in content and name not in left_out}


def _stored(target: Target) -> Any:
    return MODELS[target.kind]._default_manager.filter(pk=target.pk).first()


def _free_names(kept: Mapping[Target, Json]) -> None:
    """Names that change are put aside first: two rows may have exchanged theirs."""
    for kind, model in MODELS.items():
        for target in kept:
            if target.kind is kind and "name" in kept[target]:
                renamed = model._default_manager.filter(pk=target.pk).exclude(name=kept[target]["name"])
                renamed.update(name=f"(being restored: {kind} {target.pk})")


def _at_home(content: Json, made: Mapping[int, int]) -> Json:
    home = made.get(content.get("group_id", 0))
    return content if home is None else {**content, "group_id": home}


def _write(target: Target, content: Json, user: Any) -> Any:
    row: Any = _stored(target) or MODELS[target.kind](pk=target.pk if target.pk > 0 else None)
    values = _columns(target, content)
    actions = values.pop("actions", None)
    if target.kind in HOMES:
        name, model = HOMES[target.kind]
        if not model._default_manager.filter(pk=values.get(name)).exists():
            home = model._meta.verbose_name
            raise CannotRestore(
                f'The {home} that "{values.get("name", "")}" stood in is gone: restore that, or choose another {home}.'
            )
    for name, value in values.items():
        setattr(row, name, value)
    if user is not None:
        refuse_writing(user, row)
    row.save()
    if actions is not None:
        _write_actions(row, actions)
    return row


def _write_actions(rule: Rule, wanted: list[Json]) -> None:
    """The actions as they were, where they differ from those that are there."""
    state = load_states([Target(TargetKind.RULE, rule.pk)])[Target(TargetKind.RULE, rule.pk)]
    plain = [{name: action[name] for name in ACTION_FIELDS if name in action} for action in wanted]
    if state.content["actions"] == plain:
        return
    for action in rule.actions.all():
        action.delete()
    for values in plain:
        RuleAction(rule=rule, **values).save()

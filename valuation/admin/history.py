"""The way back, on pages: what happened to a rule, group or ruleset in words, and each of it to be taken back.

One page restores, whatever is restored: it shows what would be different, and what that does to all listings, found by
doing it (`trying.rehearsal`); the same is done when it is posted. Undo, beside the message of a save, skips the look.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from itertools import groupby
from typing import Any

import structlog
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from dealbrain.text import row_id
from valuation.admin.homes import homes_of
from valuation.admin.shared import MOST_TOLD, warn_of_examples
from valuation.engine import FieldRegistry
from valuation.explaining.differences import Difference, Homes, differences
from valuation.history.restoring import CannotRestore, Past, change_undone, deleted, put_back, ruleset_at, version_of
from valuation.history.states import Json, Target, load_states
from valuation.models import AuditEntry, Rule, RuleGroup, Ruleset, RuleVersion, TargetKind
from valuation.registry import field_registry
from valuation.trying.impact import compare_worlds
from valuation.trying.rehearsal import rehearse

AT_ONCE = 100  # entries on a page
RESTORE = "admin:valuation_restore"
PAGES = {TargetKind.RULESET: "ruleset", TargetKind.GROUP: "rulegroup", TargetKind.RULE: "rule"}
MAY_RESTORE = tuple(f"valuation.{what}_{page}" for page in PAGES.values() for what in ("add", "change", "delete"))
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One row in a change: `what` it is, what was done to it, and what differs. `back` brings a deleted one back."""

    what: str
    done: str
    differences: list[Difference]
    back: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What one person did at once. `restore` leads to the page that takes it back, `label` says how far."""

    at: Any
    actor: str
    lines: list[Line]
    restore: str = ""
    label: str = ""


def may_restore(user: Any) -> bool:
    return bool(user.has_perms(MAY_RESTORE))


class HistoryMixin:
    """The history page of rulesets, groups and rules; and what is written on their pages can be undone."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _with_undo(request, super().changeform_view(request, *args, **kwargs))  # type: ignore[misc]  # ModelAdmin's

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _with_undo(request, super().delete_view(request, *args, **kwargs))  # type: ignore[misc]  # ModelAdmin's

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _with_undo(request, super().changelist_view(request, *args, **kwargs))  # type: ignore[misc]  # ModelAdmin's

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))  # type: ignore[attr-defined]  # ModelAdmin's
        if row is None:
            raise Http404
        if not self.has_view_or_change_permission(request, row):  # type: ignore[attr-defined]  # ModelAdmin's
            raise PermissionDenied
        changes, older = _of_rule(row) if isinstance(row, Rule) else _of_entries(row, request.GET.get("before", ""))
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]  # ModelAdmin's
            "title": f"History of {row}",
            "opts": self.opts,  # type: ignore[attr-defined]  # ModelAdmin's
            "object": row,
            "changes": changes,
            "older": older,
            "may_restore": may_restore(request.user),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/valuation/history.html", context)


def _of_rule(rule: Rule) -> tuple[list[Change], int | None]:
    """A rule's changes are its versions, each beside the one before it."""
    versions = list(RuleVersion.objects.filter(rule_id=rule.pk).order_by("-number")[: AT_ONCE + 1])
    registry, homes = field_registry(), homes_of(version.snapshot for version in versions)
    changes = []
    for version, older in zip(versions, [*versions[1:], None], strict=True):
        found = differences(older.snapshot if older else None, version.snapshot, registry, homes)
        line = Line(f"Version {version.number}", "" if older else "as it was at first", found)
        is_now = version.number == versions[0].number
        link = "" if is_now else _link(rule=rule.pk, version=version.number)
        changes.append(Change(version.at, version.actor, [line], link, f"Restore version {version.number}"))
    return changes[:AT_ONCE], None


def _of_entries(row: Ruleset | RuleGroup, before: str) -> tuple[list[Change], int | None]:
    entries = _entries_of(row).order_by("-pk")
    if (last := row_id(before)) is not None:
        entries = entries.filter(pk__lt=last)
    found = list(entries[: AT_ONCE + 1])
    shown = found[:AT_ONCE]
    registry = field_registry()
    homes = homes_of(content for entry in shown for content in (entry.before, entry.after))
    gone = _gone(shown)
    changes = []
    for (at, actor), group in groupby(shown, key=lambda entry: (entry.at, entry.actor)):
        lines = [_line(entry, registry, homes, gone) for entry in group]
        is_whole = isinstance(row, Ruleset)
        link = _link(ruleset=row.pk, at=(at - INSTANT).isoformat()) if is_whole else ""
        changes.append(Change(at, actor, lines, link, "Back to before this change"))
    return changes, shown[-1].pk if len(found) > AT_ONCE else None


def _entries_of(row: Ruleset | RuleGroup) -> QuerySet[AuditEntry]:
    entries = AuditEntry.objects.filter(action__in=("created", "updated", "deleted"))
    if isinstance(row, Ruleset):
        return entries.filter(ruleset_id=row.pk)
    inside = Q(rule_id__in=Rule.objects.filter(group=row.pk).order_by().values("pk"))
    was = Q(target_kind=TargetKind.RULE) & (Q(before__group_id=row.pk) | Q(after__group_id=row.pk))
    return entries.filter(Q(target_kind=TargetKind.GROUP, target_id=row.pk) | inside | was)


def _gone(entries: Iterable[AuditEntry]) -> set[Target]:
    """Of the rules and groups that were deleted in these, those that are not there now."""
    told = {Target(TargetKind(e.target_kind), e.target_id) for e in entries if e.action == "deleted"}
    return told - load_states(told).keys()


def _line(entry: AuditEntry, registry: FieldRegistry, homes: Homes, gone: set[Target]) -> Line:
    target = Target(TargetKind(entry.target_kind), entry.target_id)
    back = ""
    if entry.action == "deleted" and target in gone and target.kind is not TargetKind.RULESET:
        back = _link(deleted=f"{target.kind}:{target.pk}")
    found = differences(entry.before, entry.after, registry, homes)
    return Line(f"{target.kind.label} “{entry.target_name}”", entry.action, found, back)


def _link(**what: Any) -> str:
    return f"{reverse(RESTORE)}?{urlencode(what)}"


# -- Restoring ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be restored, in words, and what its rows are to be."""

    title: str
    past: Past


def restore_view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """What a restore would do; with POST, it is done."""
    if not may_restore(request.user):
        raise PermissionDenied("Rules are restored by people who may change them: ask an analyst.")
    try:
        wanted = _wanted(request.GET.dict())
        if request.method == "POST":
            return _restored(request, wanted)
        context |= {"title": wanted.title, **_shown(request, wanted)}
    except CannotRestore as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(_where(request))
    except ValidationError as error:
        messages.error(request, f"It cannot be as it was: {' '.join(error.messages)}")
        return HttpResponseRedirect(_where(request))
    return TemplateResponse(request, "admin/valuation/restore.html", context)


def _wanted(given: Mapping[str, Any]) -> Wanted:
    """Raises Http404 for what no page of ours asks for, CannotRestore where there is no way back."""
    try:
        if "version" in given:
            rule, number = int(given["rule"]), int(given["version"])
            return Wanted(f"Restore version {number} of the rule", version_of(rule, number))
        if "at" in given:
            at = parse_datetime(given["at"])
            if at is None or at.tzinfo is None:
                raise Http404
            return Wanted(f"The ruleset as it was at {at:%Y-%m-%d %H:%M:%S} UTC", ruleset_at(int(given["ruleset"]), at))
        if "deleted" in given:
            kind, _, pk = given["deleted"].partition(":")
            into = int(given["into"]) if given.get("into") else None
            return Wanted(f"Bring back the deleted {kind}", deleted(TargetKind(kind), int(pk), into=into))
        return Wanted("Undo", change_undone(_same_change(int(given["change"]))))
    except (KeyError, ValueError, OverflowError) as error:
        if isinstance(error, CannotRestore):
            raise
        raise Http404 from error


def _same_change(entry_id: int) -> list[AuditEntry]:
    entry = AuditEntry.objects.filter(pk=entry_id).first()
    if entry is None:
        return []
    same = AuditEntry.objects.filter(at=entry.at, actor=entry.actor, request_id=entry.request_id)
    return list(same.filter(action__in=("created", "updated", "deleted")))


def _shown(request: HttpRequest, wanted: Wanted) -> dict[str, Any]:
    """What would differ, in words, and what it does to all listings."""
    now = load_states(wanted.past)
    registry = field_registry()
    homes = homes_of(content for target in wanted.past for content in (wanted.past[target], _content(now, target)))
    rehearsal = rehearse(lambda: put_back(wanted.past, user=request.user))
    lines = []
    for target in rehearsal.result:
        was, becomes = _content(now, target), wanted.past[target]
        done = "comes back" if was is None else "goes" if becomes is None else "changes"
        kept = {**was, **becomes} if was and becomes else becomes
        name = str((becomes or was or {}).get("name", ""))
        lines.append(Line(f"{target.kind.label} “{name}”", done, differences(was, kept, registry, homes)))
    impact = compare_worlds(rehearsal.before, rehearsal.after)
    widest = max((mover.moved_cents for mover in impact.movers), default=0)
    return {"lines": lines, "impact": impact, "widest": widest, "back": _where(request)}


def _content(now: Any, target: Target) -> Json | None:
    return now[target].content if target in now else None


def _restored(request: HttpRequest, wanted: Wanted) -> HttpResponse:
    was = load_states(wanted.past)
    touched = put_back(wanted.past, user=request.user)
    if not touched:
        messages.info(request, "It is as it was already: nothing was changed.")
    else:
        names = [str((wanted.past[target] or _content(was, target) or {}).get("name", "")) for target in touched]
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        messages.success(request, format_html("{}: “{}”{}. Figures follow.", wanted.title, names[0], more))
        for ruleset in _rulesets_of(touched):
            warn_of_examples(request, ruleset)
        offer_undo(request)
    back = request.GET.get("next", "")
    if back and url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=False):
        return HttpResponseRedirect(back)
    now = load_states(wanted.past)
    left = next((target for target in touched if target in now), None) or next(iter(now), None)
    if left is None:
        return HttpResponseRedirect(reverse("admin:valuation_ruleset_changelist"))
    return HttpResponseRedirect(reverse(f"admin:valuation_{PAGES[left.kind]}_change", args=[left.pk]))


def _rulesets_of(touched: Iterable[Target]) -> QuerySet[Ruleset]:
    """Those that these rows are or are in, the first few."""
    ids: dict[TargetKind, list[int]] = {kind: [] for kind in TargetKind}
    for target in touched:
        ids[target.kind].append(target.pk)
    inside = (
        Q(pk__in=ids[TargetKind.RULESET])
        | Q(groups__in=ids[TargetKind.GROUP])
        | Q(groups__rules__in=ids[TargetKind.RULE])
    )
    return Ruleset.objects.filter(inside).distinct()[:MOST_TOLD]


def _where(request: HttpRequest) -> str:
    """The page that this one was reached from, as far as the request says."""
    given = request.GET
    for name, page in (("rule", "rule"), ("ruleset", "ruleset")):
        if given.get(name, "").isdigit():
            return reverse(f"admin:valuation_{page}_history", args=[given[name]])
    return reverse("admin:valuation_ruleset_changelist")


# -- Undo --------------------------------------------------------------------------------------------------------


def offer_undo(request: HttpRequest, *, back: str = "") -> None:
    """Beside the message of a save: a button that takes it back. Nothing where nothing was written down.

    `back` is the page that the undoing leads to; without it, that of the row.
    """
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    entry = AuditEntry.objects.filter(request_id=request_id).order_by("-pk").first() if request_id else None
    if entry is None or not may_restore(request.user):
        return
    wanted = {"change": str(entry.pk), **({"next": back} if back else {})}
    address = f"{reverse(RESTORE)}?{urlencode(wanted)}"
    button = format_html('<button type="submit" form="undo" formaction="{}" class="undo">Undo</button>', address)
    messages.info(request, format_html("Not what you meant? {}", button))


def _with_undo(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """After the transaction of the save, at whose end the log is written."""
    if request.method == "POST" and response.status_code == HTTPStatus.FOUND:
        offer_undo(request)
    return response

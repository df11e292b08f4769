"""The start page of the admin: what counts, what needs somebody, who changed what, and whether figures have followed.

What costs an evaluation is an answer of its own, which the page fetches once it is there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import template
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from valuation.admin.history import PAGES
from valuation.admin.results import worker_line
from valuation.models import AuditEntry, MarketModel, RecalculationRun, Rule, RuleGroup, Ruleset, TargetKind
from valuation.recalculation.looking import anything_waiting
from valuation.trying.attention import attention

register = template.Library()

MOST_RULESETS = 10
MOST_CHANGES = 8
VIEWED = ("ruleset", "rule", "auditentry", "recalculationrun")
MAY_VIEW = tuple(f"valuation.view_{model}" for model in VIEWED)
ROWS: dict[TargetKind, Any] = {TargetKind.RULESET: Ruleset, TargetKind.GROUP: RuleGroup, TargetKind.RULE: Rule}
DONE = {"created": "made", "updated": "changed", "deleted": "deleted"}


@dataclass(frozen=True, slots=True)
class Told:
    """One change in a line: `actor` did `done` to `what`, and `link` leads to its history."""

    at: Any
    actor: str
    done: str
    what: str
    link: str


@register.inclusion_tag("admin/valuation/start/start.html", takes_context=True)
def start_of_rules(context: Any) -> dict[str, Any]:
    """Ten queries at most, whatever there is."""
    user = context["request"].user
    if not user.has_perms(MAY_VIEW):
        return {"is_hidden": True}
    rules = Count("groups__rules", filter=Q(groups__is_active=True, groups__rules__is_active=True))
    rulesets = list(Ruleset.objects.filter(is_active=True).annotate(rules_=rules)[: MOST_RULESETS + 1])
    entries = list(AuditEntry.objects.order_by("-at", "-pk")[:MOST_CHANGES])
    links = histories(entries)
    return {
        "rulesets": rulesets[:MOST_RULESETS],
        "more_rulesets": len(rulesets) > MOST_RULESETS,
        "may_add": user.has_perms(("valuation.add_ruleset", "valuation.add_rule")),
        "may_upload": user.has_perm("baselines.add_candidate"),
        "changes": [_told(entry, links[entry.pk]) for entry in entries],
        "run": RecalculationRun.objects.defer("hints").first(),
        "is_waiting": anything_waiting(),
        "worker": worker_line(),
        "estimated": MarketModel.objects.filter(is_current=True).only("started_at", "offers").first(),
        "perms": context["perms"],
    }


def attention_view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Rules that need somebody: a piece of the start page for its script, a page for everybody else."""
    if not request.user.has_perms(MAY_VIEW):
        raise PermissionDenied("What rules need is shown to those who may view rules: ask an administrator.")
    page = "attention" if request.headers.get("X-Fragment") else "attention_page"
    answer = {**context, "title": "Rules that need attention", "found": attention()}
    return TemplateResponse(request, f"admin/valuation/start/{page}.html", answer)


def _told(entry: AuditEntry, link: str) -> Told:
    kind = TargetKind(entry.target_kind)
    what = f"the {kind} “{entry.target_name or entry.target_id}”"
    done = DONE.get(entry.action)
    if done is None:  # such as baseline.imported, which says itself what it is about
        done, what = entry.action.partition(".")[2].replace("_", " ") + ":", entry.target_name or str(entry.target_id)
    return Told(entry.at, entry.actor, done, what, link)


def histories(entries: Iterable[AuditEntry]) -> dict[int, str]:
    """By the id of each entry the page that tells more. Three queries at most.

    It is the history of its row, of the ruleset that a deleted one was in, or the entry itself.
    """
    shown = list(entries)
    there = {kind: _there(kind, shown) for kind in PAGES}
    return {entry.pk: _history_of(entry, there) for entry in shown}


def _there(kind: TargetKind, entries: Iterable[AuditEntry]) -> set[int]:
    ids = {entry.target_id for entry in entries if entry.target_kind == kind}
    if kind is TargetKind.RULESET:
        ids |= {entry.ruleset_id for entry in entries if entry.ruleset_id is not None}
    return set(ROWS[kind].objects.filter(pk__in=ids).order_by().values_list("pk", flat=True)) if ids else set()


def _history_of(entry: AuditEntry, there: dict[TargetKind, set[int]]) -> str:
    kind = TargetKind(entry.target_kind)
    if entry.target_id in there.get(kind, ()):
        return reverse(f"admin:valuation_{PAGES[kind]}_history", args=[entry.target_id])
    if entry.ruleset_id in there[TargetKind.RULESET]:
        return reverse("admin:valuation_ruleset_history", args=[entry.ruleset_id])
    return reverse("admin:valuation_auditentry_change", args=[entry.pk])

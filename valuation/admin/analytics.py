"""A page that tells how a ruleset stands to the inventory, in words and pictures, each figure with its listings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from dealbrain.deadlines import DeadlinePassed, deadline
from valuation.admin.board import VIEW_LISTINGS, percent
from valuation.admin.pictures import Box, Line, boxes_of, line_of
from valuation.admin.ruleset_tools import Tool, add_ruleset_tool
from valuation.analytics.days import Point, days_together, lines_of
from valuation.analytics.looking import analytics_of
from valuation.analytics.surveying import Analytics, RuleFigures, Share
from valuation.choices import Layer
from valuation.engine import round_half_away
from valuation.models import Ruleset

MOST_LINES = 200  # rules in the table
MOST_NAMED = 50  # in each list
TOO_LONG = "Counting the listings takes too long just now. Look again in a while, or ask the API."
ADDRESS = "admin:valuation_ruleset_analytics"

add_ruleset_tool(Tool("Analytics", lambda ruleset: reverse(ADDRESS, args=[ruleset.pk])))


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule of the table. Of amounts: the mean to the cent, where most lie, and what they were by day."""

    rule: RuleFigures
    share: str
    mean_cents: int | None
    box: Box | None
    line: Line | None


@dataclass(frozen=True, slots=True)
class ShareLine:
    name: str
    cents: int
    share: float
    words: str
    id: int | None = None


class AnalyticsMixin:
    """The page, for the admin of rulesets."""

    def get_urls(self) -> list[URLPattern]:
        # A look counts the inventory, and nobody should wait for that with a lock.
        view = transaction.non_atomic_requests(self.admin_site.admin_view(self.analytics_view))  # type: ignore[attr-defined]  # ModelAdmin's
        return [path("<int:pk>/analytics/", view, name=ADDRESS.partition(":")[2]), *super().get_urls()]  # type: ignore[misc]  # as above

    def analytics_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        ruleset = self.get_object(request, str(pk))  # type: ignore[attr-defined]  # ModelAdmin's
        if ruleset is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))  # type: ignore[attr-defined]
        if not self.has_view_permission(request, ruleset):  # type: ignore[attr-defined]  # ModelAdmin's
            raise PermissionDenied
        context = {
            **admin.site.each_context(request),
            "title": f"Analytics of {ruleset}",
            "opts": self.opts,  # type: ignore[attr-defined]  # ModelAdmin's
            "ruleset": ruleset,
            "listings": reverse(
                "admin:listings_listing_changelist" if request.user.has_perm(VIEW_LISTINGS) else "home"
            ),
        }
        try:
            with deadline():
                context |= shown(analytics_of(ruleset), ruleset)
        except DeadlinePassed:
            context["trouble"] = TOO_LONG
        return TemplateResponse(request, "admin/valuation/ruleset/analytics.html", context)


def shown(found: Analytics, ruleset: Ruleset) -> dict[str, Any]:
    """What the template needs of the figures. Two queries, for what was kept by day."""
    rules = {rule.rule_id: rule for rule in found.rules}
    most = {rule.rule_id for rule in sorted(found.rules, key=lambda rule: -rule.moved_cents)[:MOST_LINES]}
    table = [rule for rule in found.rules if rule.rule_id in most]
    whole = days_together(ruleset_id=ruleset.pk)
    first = whole[0].day if whole else timezone.localdate()
    return {
        "found": found,
        "touched_share": percent(found.touched, found.applies) if found.applies else "",
        "mean_cents": _mean(found.cents, found.applies),
        "lines": _lines(table, lines_of(ruleset.pk, most), first),
        "left_out": len(found.rules) - len(table),
        "whole": _line(whole, first),
        "days": len(whole),
        "kinds": _kinds(found),
        "together": [[rules[pk] for pk in ids] for ids in found.together],
        "apart": [(rules[one], rules[other]) for one, other in found.apart],
        "uncompared": len(found.rules) - found.compared,
        "layers": [_share(share, str(Layer(share.name).label)) for share in found.layers],
        "rulesets": [_share(share, share.name) for share in found.rulesets if share.moved_cents],
        "broken": [(pk, " ".join(problems)) for pk, problems in found.broken.items()],
    }


def _lines(rules: Sequence[RuleFigures], days: dict[int, list[Point]], first: date) -> list[RuleLine]:
    spreads = [rule.spread for rule in rules]
    boxes = boxes_of([(spread.p10, spread.p50, spread.p90) if spread else None for spread in spreads])
    return [
        RuleLine(
            rule=rule,
            share=percent(rule.standing.matched, rule.standing.applies) if rule.standing.applies else "",
            mean_cents=_mean(rule.standing.cents, rule.standing.matched),
            box=box,
            line=_line(days.get(rule.rule_id, ()), first),
        )
        for rule, box in zip(rules, boxes, strict=True)
    ]


def _line(points: Iterable[Point], first: date) -> Line | None:
    return line_of([(point.day, point.cents) for point in points], first=first, last=timezone.localdate())


def _kinds(found: Analytics) -> list[dict[str, Any]]:
    """Lists of rules that deserve a look, each with what it says and which listings are behind it."""
    told = (
        (
            "Match nothing",
            "Their conditions hold for no listing that the ruleset is for. Compare them with what the inventory holds.",
            found.never,
            "",
        ),
        (
            "Match everything",
            "They match every listing that the ruleset is for. If they have conditions, those rule nothing out.",
            found.always,
            "matched_rule",
        ),
        (
            "Hidden behind an earlier rule",
            "Their conditions hold, but in a group that ends with the first match an earlier rule always comes first.",
            found.hidden,
            "hidden_rule",
        ),
    )
    return [
        {"title": title, "advice": advice, "rules": rules[:MOST_NAMED], "count": len(rules), "question": question}
        for title, advice, rules, question in told
    ]


def _share(share: Share, name: str) -> ShareLine:
    words = f"{100 * share.share:.0f} %" if share.share >= 0.01 or not share.share else "under 1 %"
    return ShareLine(name, share.cents, share.share, words, share.id)


def _mean(cents: int, count: int) -> int | None:
    return int(round_half_away(cents / count)) if count else None

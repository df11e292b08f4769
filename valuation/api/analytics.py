"""Analytics over HTTP: what the rules in force, or one ruleset, do to the inventory, now and day by day."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dealbrain.api.answers import Answer
from dealbrain.api.parameters import Whole
from dealbrain.api.shapes import number, whole, words
from dealbrain.api.views import ApiView, get_or_404
from valuation.analytics.days import days_together
from valuation.analytics.looking import analytics_of
from valuation.analytics.surveying import Analytics, RuleFigures, Share
from valuation.api.shapes import RulePlaceSerializer
from valuation.choices import Layer
from valuation.engine import round_half_away
from valuation.models import Rule, Ruleset

MOST_RULES = 1_000
SPREAD = ("p10", "p25", "p50", "p75", "p90")


class RuleAnalyticsSerializer(RulePlaceSerializer):
    """What one rule does to the listings that its ruleset runs on. Amounts are over those that it matches, in USD."""

    layer = serializers.ChoiceField(Layer.choices)
    applies_count = whole()
    matched_count = whole()
    match_share = number()
    total_adjustment = number()
    mean_adjustment = number(allow_null=True)
    p10 = number(allow_null=True)
    p25 = number(allow_null=True)
    p50 = number(allow_null=True)
    p75 = number(allow_null=True)
    p90 = number(allow_null=True)
    no_amount_count = whole()
    hidden_count = whole()
    overridden_count = whole()


class BrokenRuleSerializer(serializers.Serializer[Any]):
    """A rule that cannot run, and why."""

    rule_id = whole()
    problems = serializers.ListField(child=words())


class LayerShareSerializer(serializers.Serializer[Any]):
    """What one layer of all that is in force gives."""

    layer = serializers.ChoiceField(Layer.choices)
    total_adjustment = number()
    share = number()


class RulesetPartSerializer(serializers.Serializer[Any]):
    """What one ruleset gives, beside the others."""

    id = whole()
    name = words()
    total_adjustment = number()
    share = number()


def rule_ids() -> serializers.ListField:
    return serializers.ListField(child=whole())


class AnalyticsSerializer(serializers.Serializer[Any]):
    """Rules over all active listings with a price, as they are now. Lists of ids are of rules, and bounded."""

    ruleset_id = whole(allow_null=True)
    is_in_force = serializers.BooleanField()
    total_listings = whole()
    applies_count = whole()
    touched_count = whole()
    untouched_count = whole()
    total_adjustment = number()
    rules_count = whole()
    rules: Any = RuleAnalyticsSerializer(many=True)
    never_matching = rule_ids()
    always_matching = rule_ids()
    hidden_behind_first = rule_ids()
    always_together = serializers.ListField(child=rule_ids())
    always_together_count = whole()
    never_together = serializers.ListField(child=rule_ids())
    never_together_count = whole()
    compared_count = whole()
    broken = BrokenRuleSerializer(many=True)
    layers = LayerShareSerializer(many=True)
    rulesets = RulesetPartSerializer(many=True)


class AnalyticsView(ApiView):
    """What each rule does to the inventory: matches, share and amounts; and which rules say nothing.

    Without `ruleset_id`, of all rules in force. A ruleset that does not count is looked at as if it did, a draft in the
    place of its original. Nothing is saved.
    """

    queryset = Ruleset.objects.all()
    answers = {"GET": Answer(AnalyticsSerializer, etag=True, errors=(404,))}
    parameters = (Whole("ruleset_id", "The ruleset to look at; without it, all that are in force."),)
    only_reads = True  # it is computed, within a deadline

    def get(self, request: Request) -> Response:
        pk = self.read_query(request)["ruleset_id"]
        ruleset = None if pk is None else get_or_404(Ruleset.objects.select_related("draft_of"), pk)
        found = analytics_of(ruleset)
        return self.tagged(request, document(found, is_in_force=ruleset is None or ruleset.is_active))


class AnalyticsDaySerializer(serializers.Serializer[Any]):
    """What a rule, or all of a ruleset together, gave on one day."""

    day = serializers.DateField()
    matched_count = whole()
    total_adjustment = number()


class DaysView(ApiView):
    """What rules gave together day by day, the oldest first; a day without a row is left out.

    Without parameters, of all rules that were in force. Rows are kept for 400 days, also those of rules that are
    deleted by now.
    """

    queryset = Ruleset.objects.all()
    answers = {"GET": Answer(AnalyticsDaySerializer, many=True, etag=True, errors=(404,))}
    parameters = (
        Whole("ruleset_id", "What was in this ruleset."),
        Whole("rule_id", "This rule, wherever it was."),
    )

    def get(self, request: Request) -> Response:
        asked = {name: pk for name, pk in self.read_query(request).items() if pk is not None}
        for name, rows in (("ruleset_id", Ruleset.objects), ("rule_id", Rule.objects)):
            if name in asked:
                get_or_404(rows.only("pk"), asked[name])
        days = [
            {"day": at.day, "matched_count": at.matched, "total_adjustment": at.cents / 100}
            for at in days_together(**asked)
        ]
        return self.tagged(request, AnalyticsDaySerializer(days, many=True).data)


def document(found: Analytics, *, is_in_force: bool) -> dict[str, Any]:
    """The document of AnalyticsSerializer. Of more than MOST_RULES rules those are shown that move most."""
    shown = sorted(found.rules, key=lambda rule: -rule.moved_cents)[:MOST_RULES]
    named = {rule.rule_id for rule in shown}
    return {
        "ruleset_id": found.ruleset_id,
        "is_in_force": is_in_force,
        "total_listings": found.listings,
        "applies_count": found.applies,
        "touched_count": found.touched,
        "untouched_count": found.untouched,
        "total_adjustment": found.cents / 100,
        "rules_count": len(found.rules),
        "rules": [_rule(rule) for rule in found.rules if rule.rule_id in named],
        "never_matching": _ids(found.never),
        "always_matching": _ids(found.always),
        "hidden_behind_first": _ids(found.hidden),
        "always_together": [list(ids) for ids in found.together],
        "always_together_count": found.together_count,
        "never_together": [list(pair) for pair in found.apart],
        "never_together_count": found.apart_count,
        "compared_count": found.compared,
        "broken": [{"rule_id": pk, "problems": list(problems)} for pk, problems in found.broken.items()],
        "layers": [{"layer": share.name, **_share(share)} for share in found.layers],
        "rulesets": [{"id": share.id, "name": share.name, **_share(share)} for share in found.rulesets],
    }


def _rule(rule: RuleFigures) -> dict[str, Any]:
    standing, spread = rule.standing, rule.spread
    return {
        "rule_id": rule.rule_id,
        "rule_name": rule.name,
        "rule_group_id": rule.group_id,
        "rule_group_name": rule.group_name,
        "ruleset_id": rule.ruleset_id,
        "ruleset_name": rule.ruleset_name,
        "layer": rule.layer,
        "applies_count": standing.applies,
        "matched_count": standing.matched,
        "match_share": round_half_away(standing.share, 4),
        "total_adjustment": standing.cents / 100,
        "mean_adjustment": None if rule.mean_cents is None else round_half_away(rule.mean_cents / 100, 2),
        **{name: None if spread is None else getattr(spread, name) / 100 for name in SPREAD},
        "no_amount_count": standing.empty,
        "hidden_count": standing.behind,
        "overridden_count": standing.replaced,
    }


def _share(share: Share) -> dict[str, Any]:
    return {"total_adjustment": share.cents / 100, "share": round_half_away(share.share, 4)}


def _ids(rules: list[RuleFigures]) -> list[int]:
    return [rule.rule_id for rule in rules[:MOST_RULES]]

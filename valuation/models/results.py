"""What is derived: figures, their history, and the revision of the rules they came from.

Everything here but `RulesetOverride` can be dropped and rebuilt by `manage.py recalculate --all`.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F
from django.db.models.functions import Cast
from django.utils import timezone

from dealbrain.db import CheckedModel
from listings.models import Listing
from valuation.models.rules import Ruleset
from valuation.querysets import ListingValuationQuerySet


def _rank(ratio: str) -> models.GeneratedField:
    """What orders by a ratio of the adjusted price: the price itself, below every ratio, where it is not above zero.

    Dividing it by a mark would put the slower machine first.
    """
    not_above_zero = models.Q(adjusted_cents__lte=0, **{f"{ratio}__isnull": False})
    below = Cast(F("adjusted_cents") - 1, models.FloatField())  # less than 0, which a ratio may be rounded to
    ranked = models.Case(models.When(not_above_zero, then=below), default=F(ratio))
    return models.GeneratedField(expression=ranked, output_field=models.FloatField(null=True), db_persist=True)


class ListingValuation(models.Model):
    """What we say about a listing. Written only by `recalculation.writer`, by sets, so it has no receivers.

    Money is integer cents; ratios and scores are doubles already rounded to 4 decimals; null where undefined.
    `input_version` and `revision` are the stamps: what the listing and the rules were when this was computed.
    """

    listing = models.OneToOneField(Listing, models.CASCADE, primary_key=True, related_name="valuation")
    input_version = models.PositiveBigIntegerField()
    revision = models.PositiveBigIntegerField()
    price_cents = models.BigIntegerField(null=True)
    total_cents = models.BigIntegerField(null=True)
    adjusted_cents = models.BigIntegerField(null=True)
    matched_rules = models.PositiveIntegerField(default=0)
    score_cpu_multi = models.FloatField(null=True)
    score_cpu_single = models.FloatField(null=True)
    score_gpu = models.FloatField(null=True)
    score_composite = models.FloatField(null=True)
    perf_per_watt = models.FloatField(null=True)
    dollar_per_cpu_mark = models.FloatField(null=True)
    dollar_per_single_mark = models.FloatField(null=True)
    dollar_per_cpu_mark_multi = models.FloatField(null=True)
    dollar_per_cpu_mark_single = models.FloatField(null=True)
    rank_per_cpu_mark = _rank("dollar_per_cpu_mark")
    rank_per_single_mark = _rank("dollar_per_single_mark")
    valued_at = models.DateTimeField()

    objects = ListingValuationQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            # The orders of the home page: an INNER JOIN walks the index, a hundred times faster than sorting. The id
            # behind each is sorted as it comes, among equals only. Each costs a tenth of a full rewrite, in random
            # order, so the other figures have none.
            models.Index(fields=["adjusted_cents"], name="valuation_by_adjusted"),
            models.Index(fields=["rank_per_cpu_mark"], name="valuation_by_cpu_mark"),
            models.Index(fields=["score_composite"], name="valuation_by_composite"),
        ]

    def __str__(self) -> str:
        return f"Valuation of listing {self.pk}"


class RulesRevision(models.Model):
    """One row that counts every change to what figures depend on beside the listing itself.

    `covered_revision` is the last revision that a full pass finished: up to it, rows need no stamp of their own.
    `year` and `scales` are the inputs no row edit announces: today's year (ages), and the best part of each metric.
    """

    revision = models.PositiveBigIntegerField(default=1)
    covered_revision = models.PositiveBigIntegerField(default=0)
    year = models.PositiveSmallIntegerField(default=0)
    scales = models.JSONField(default=dict)
    cause = models.CharField(max_length=100, blank=True, help_text="What was changed last: app.model:id.")
    # Moved with `revision`, and not by every save of the row: together they name one state of the rules.
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(name="valuation_rulesrevision_single", condition=models.Q(pk=1))]

    def __str__(self) -> str:
        return f"Revision {self.revision}"


class CoveredRules(models.Model):
    """The rules that the figures of `covered_revision` were computed with: what an edit is compared with.

    One row, written in the transaction that covers. Losing it costs one pass over everything.
    """

    revision = models.PositiveBigIntegerField()
    document = models.TextField(help_text="JSON: the specs, and all else that figures depend on beside the listing.")

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(name="valuation_coveredrules_single", condition=models.Q(pk=1))]

    def __str__(self) -> str:
        return f"Rules of revision {self.revision}"


class RulesetOverride(CheckedModel):
    """What a person decided for one listing: a static ruleset, or rulesets it does not take part in."""

    listing = models.OneToOneField(Listing, models.CASCADE, related_name="ruleset_override")
    static_ruleset = models.ForeignKey(
        Ruleset, models.SET_NULL, null=True, blank=True, related_name="static_for", help_text="Empty: automatic."
    )
    disabled_rulesets = models.ManyToManyField(Ruleset, blank=True, related_name="disabled_for")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"Override for listing {self.listing_id}"


class ListingScoreSnapshot(models.Model):
    """The figures of one moment: made when a listing's price changes, or by `recalculate --snapshot`."""

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="score_snapshots")
    taken_at = models.DateTimeField()
    reason = models.CharField(max_length=32)
    price_cents = models.BigIntegerField(null=True)
    total_cents = models.BigIntegerField(null=True)
    adjusted_cents = models.BigIntegerField(null=True)
    figures = models.JSONField(default=dict)
    explanation = models.JSONField(null=True)

    class Meta:
        ordering = ["listing", "-taken_at", "-pk"]
        # The history of one listing, newest first.
        indexes = [models.Index(fields=["listing", "-taken_at", "-id"], name="valuation_snapshot_history")]

    def __str__(self) -> str:
        return f"Snapshot of listing {self.listing_id} at {self.taken_at:%Y-%m-%d %H:%M}"

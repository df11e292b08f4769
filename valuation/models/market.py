"""What the market says: estimates of what machines are worth, and their figures for each listing.

All of it is derived: `manage.py recalculate` makes it anew, and losing it costs one calibration.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from dealbrain.constraints import one_of
from listings.choices import Grade
from listings.models import Listing
from valuation.choices import CalibrationState


class MarketModel(models.Model):
    """One calibration: an attempt to estimate from the inventory what a machine is worth.

    The figures of listings are those of the one that is current. One that was refused says why in `error`, and the
    model before it stays.
    """

    trigger = models.CharField(max_length=64)
    made_by = models.CharField(max_length=150, blank=True, help_text="The user name of who asked for it.")
    state = models.CharField(max_length=16, choices=CalibrationState, default=CalibrationState.RUNNING)
    is_current = models.BooleanField(default=False)
    year = models.PositiveSmallIntegerField(help_text="Ages count from this year.")
    priced = models.PositiveIntegerField(default=0, help_text="Active listings with a price when it began.")
    offers = models.PositiveIntegerField(default=0, help_text="Listings that the estimate rests on.")
    left_out = models.JSONField(default=dict, help_text="Listings that do not count, by reason.")
    estimate = models.JSONField(null=True, help_text="All of the estimate but the offers that it compares with.")
    errors = models.JSONField(default=dict, help_text="Median errors for offers that were held out, by method.")
    covered = models.JSONField(default=dict, help_text="The share of held-out offers within their interval.")
    warnings = models.JSONField(default=list)
    error = models.TextField(blank=True, help_text="Why there is no estimate.")
    seconds = models.JSONField(default=dict, help_text="Seconds by phase: read, fit, value, write.")
    started_at = models.DateTimeField(default=timezone.now)
    active_at = models.DateTimeField(default=timezone.now, help_text="When it was last worked on.")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            one_of("valuation_marketmodel_state", "state", CalibrationState.values),
            models.UniqueConstraint(
                name="valuation_marketmodel_one_current", fields=["is_current"], condition=models.Q(is_current=True)
            ),
            # Two that calibrate at once would do everything twice: the second joins the first.
            models.UniqueConstraint(
                name="valuation_marketmodel_one_running",
                fields=["state"],
                condition=models.Q(state=CalibrationState.RUNNING),
            ),
            models.CheckConstraint(
                name="valuation_marketmodel_current_done",
                condition=models.Q(is_current=False) | models.Q(state=CalibrationState.DONE),
            ),
        ]

    def __str__(self) -> str:
        return f"Calibration {self.pk}"


class MarketPool(models.Model):
    """The offers that a model compares with, as they were when it was made: see `market.pools`.

    Kept apart, because it is megabytes, and only for the current model.
    """

    model = models.OneToOneField(MarketModel, models.CASCADE, primary_key=True, related_name="pool")
    offers = models.BinaryField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"Offers of calibration {self.pk}"


class ListingMarket(models.Model):
    """What the current model says about a listing; written by sets, by `market.writing` alone.

    Every row is of the current model: whoever makes another one current replaces them all in the same transaction.
    `input_version` is what the listing was when it was read; where that is not the listing's own, the row is stale and
    counts for nothing. Money is integer cents.
    """

    listing = models.OneToOneField(Listing, models.CASCADE, primary_key=True, related_name="market")
    model = models.ForeignKey(MarketModel, models.CASCADE, db_index=False, related_name="listings")
    input_version = models.PositiveBigIntegerField()
    fair_cents = models.BigIntegerField()
    low_cents = models.BigIntegerField()
    high_cents = models.BigIntegerField()
    target_cents = models.BigIntegerField()
    grade = models.CharField(max_length=16, blank=True, choices=Grade)
    grade_reason = models.CharField(max_length=200, blank=True, help_text="Why there is no grade.")
    comparables_count = models.PositiveSmallIntegerField()
    scaled_error = models.FloatField(null=True, help_text="log(ask / fair) in units of the usual error.")
    discount = models.FloatField(null=True, help_text="1 - ask / fair; null without a price.")
    is_implausible = models.BooleanField()

    class Meta:
        ordering = ["pk"]
        constraints = [one_of("valuation_listingmarket_grade", "grade", ["", *Grade.values])]
        indexes = [
            # The ranking by what is saved, without sorting.
            models.Index(fields=["discount"], name="valuation_by_discount"),
            # How many are left out of rankings.
            models.Index(fields=["listing"], name="valuation_implausible", condition=models.Q(is_implausible=True)),
        ]

    def __str__(self) -> str:
        return f"Market of listing {self.pk}"

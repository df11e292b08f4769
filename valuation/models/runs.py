"""Runs of the recalculation, and the shards that they are worked off in."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from dealbrain.constraints import one_of
from valuation.choices import RunScope, RunState


class RecalculationRun(models.Model):
    """One run of the recalculation, whoever works on it: a request, a command, or any number of workers.

    Progress is `done` of `total` listings. `passes` counts how often it had to be planned anew because the rules moved
    on, or because something else had become stale meanwhile.
    """

    trigger = models.CharField(max_length=64)
    cause = models.CharField(max_length=100, blank=True, help_text="The newest change it answers: app.model:id.")
    scope = models.CharField(max_length=8, choices=RunScope, default=RunScope.STALE)
    snapshot = models.BooleanField(default=False)
    is_first_round = models.BooleanField(
        default=True, help_text="Until all that was asked for has been looked at once; then only what is stale again."
    )
    batch_size = models.PositiveIntegerField(default=20_000, help_text="Listings in a shard.")
    state = models.CharField(max_length=16, choices=RunState, default=RunState.RUNNING)
    revision = models.PositiveBigIntegerField(default=0)
    passes = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0, help_text="Valuations whose figures changed.")
    written = models.PositiveIntegerField(default=0, help_text="Rows written: changed figures, or a new stamp.")
    snapshots = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0, help_text="Listings that could not be valued.")
    failures = models.JSONField(default=list, help_text="The first of them, with the reason.")
    error = models.TextField(blank=True)
    seconds = models.JSONField(default=dict, help_text="Seconds by phase: read, evaluate, write.")
    rulesets = models.JSONField(default=dict, help_text="Seconds of evaluation by ruleset id.")
    layers = models.JSONField(default=dict, help_text="Cents by layer, over the listings that were looked at.")
    started_at = models.DateTimeField(auto_now_add=True)
    hints = models.BinaryField(default=bytes, help_text="int64 of the hints that this pass has read.")
    active_at = models.DateTimeField(default=timezone.now, help_text="When somebody last worked on it.")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            one_of("valuation_recalculationrun_state", "state", RunState.values),
            one_of("valuation_recalculationrun_scope", "scope", RunScope.values),
            # What is stale needs one run only; two that start at once would do everything twice.
            models.UniqueConstraint(
                name="valuation_recalculationrun_one_open",
                fields=["scope"],
                condition=models.Q(state=RunState.RUNNING, scope=RunScope.STALE, snapshot=False),
            ),
        ]
        # The open run, if there is one: asked by every job.
        indexes = [
            models.Index(fields=["-id"], name="valuation_open_runs", condition=models.Q(state=RunState.RUNNING)),
        ]

    def __str__(self) -> str:
        return f"Run {self.pk} ({self.trigger})"


class RecalculationShard(models.Model):
    """A range of listing ids that one worker takes at a time, or some ids of it by name.

    Rows live only as long as their run goes on.

    A claim is a time, not a lock: a worker that was killed leaves one that grows old, and then anyone takes the shard
    again. Doing a shard twice is harmless.
    """

    run = models.ForeignKey(RecalculationRun, models.CASCADE, related_name="shards")
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    size = models.PositiveIntegerField(help_text="Listings in it when it was planned.")
    listing_ids = models.BinaryField(null=True, help_text="int64 of those it is about; null: whatever is stale in it.")
    claimed_at = models.DateTimeField(null=True, blank=True)
    is_done = models.BooleanField(default=False)

    class Meta:
        ordering = ["run", "first_id", "pk"]

    def __str__(self) -> str:
        return f"Listings {self.first_id} to {self.last_id} of run {self.run_id}"

"""What is known of drafts beside their rules, and what was published."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from dealbrain.db import CharField, TextField
from valuation.models.rules import Ruleset


class Draft(models.Model):
    """Where a draft began, and when it is to be published. Its rules are those of its ruleset.

    `base` is the original as it was then, `stands_for` says which of its rows each row of the draft was made from.
    """

    ruleset = models.OneToOneField(Ruleset, models.CASCADE, primary_key=True, related_name="draft")
    original_id = models.BigIntegerField()
    original_name = CharField(max_length=255)
    began_at = models.DateTimeField(default=timezone.now)
    began_by = models.CharField(max_length=150, blank=True)
    base = models.JSONField(help_text="The original when the draft began: content by kind and id.")
    stands_for = models.JSONField(help_text="By kind: the id of a row of the draft, and that of the original's row.")
    publish_at = models.DateTimeField(null=True, blank=True, help_text="When cron publishes it; empty: by hand.")
    note = TextField(blank=True)
    choices = models.JSONField(default=dict, help_text="Which side counts where both were changed.")
    override_reason = TextField(blank=True, help_text="Why it is published although examples do not hold.")
    scheduled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    failure = TextField(blank=True, help_text="Why cron could not publish it.")

    class Meta:
        ordering = ["pk"]
        indexes = [
            # What is due: asked by cron.
            models.Index(
                fields=["publish_at"],
                name="valuation_draft_scheduled",
                condition=models.Q(publish_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"Draft of {self.original_name}"


class Release(models.Model):
    """A version of a ruleset that was published from a draft, with the note it was published with.

    What the ruleset was before and after is in the audit log, at this time; so this is the way to restore either.
    """

    ruleset = models.ForeignKey(Ruleset, models.CASCADE, related_name="releases")
    number = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=150, blank=True)
    note = TextField()
    override_reason = TextField(blank=True, help_text="Why it was published although examples did not hold.")
    draft_id = models.BigIntegerField(help_text="The id that the draft had.")

    class Meta:
        ordering = ["ruleset", "-number", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["ruleset", "number"], name="valuation_release_number"),
            # What became of a draft: asked when it is published a second time.
            models.UniqueConstraint(fields=["draft_id"], name="valuation_release_draft"),
        ]

    def __str__(self) -> str:
        return f"Release {self.number} of {self.ruleset_id}"

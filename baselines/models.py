"""Which baseline files became which rulesets, and which wait to be looked at."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from baselines.querysets import BaselineImportQuerySet
from dealbrain.constraints import one_of
from valuation.choices import Effect
from valuation.models import Ruleset


class BaselineImport(models.Model):
    """One imported file. It is one baseline for each meaning it was given, also when it is imported twice at once."""

    ruleset = models.OneToOneField(Ruleset, models.CASCADE, related_name="baseline_import")
    source_hash = models.CharField(max_length=64, help_text="sha256 of the canonical JSON.")
    schema_version = models.CharField(max_length=8)
    generated_at = models.DateTimeField()
    document = models.JSONField()
    effect = models.CharField(max_length=8, choices=Effect, help_text="What its amounts meant when it was imported.")
    bucket_point = models.CharField(max_length=8)
    actor = models.CharField(max_length=255, blank=True)
    imported_at = models.DateTimeField(auto_now_add=True)

    objects = BaselineImportQuerySet.as_manager()

    class Meta:
        ordering = ["-imported_at", "-pk"]
        verbose_name = "baseline"
        permissions = [("activate_baselineimport", "Can say which baseline counts")]
        constraints = [
            one_of("baselines_baselineimport_effect", "effect", Effect.values),
            # Also the index by which a file is known.
            models.UniqueConstraint(
                fields=["source_hash", "effect", "bucket_point"], name="baselines_baselineimport_meaning"
            ),
        ]

    def __str__(self) -> str:
        return self.ruleset.name


class Candidate(models.Model):
    """A checked file that somebody has uploaded, to see what it would change and to adopt what they want of it."""

    name = models.CharField(max_length=255, help_text="Of the file.")
    document = models.JSONField()
    source_hash = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)
    adopted_as = models.ForeignKey(Ruleset, models.SET_NULL, null=True, blank=True, related_name="+")
    adopted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-uploaded_at", "-pk"]
        verbose_name = "candidate baseline"

    def __str__(self) -> str:
        return self.name

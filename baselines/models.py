"""Which baseline files became which rulesets."""

from __future__ import annotations

from django.db import models

from valuation.models import Ruleset


class BaselineImport(models.Model):
    """One imported file. Its hash is unique, so that two imports of one file at once make one ruleset."""

    ruleset = models.OneToOneField(Ruleset, models.CASCADE, related_name="baseline_import")
    source_hash = models.CharField(max_length=64, unique=True)
    schema_version = models.CharField(max_length=8)
    generated_at = models.DateTimeField()
    document = models.JSONField()
    bucket_point = models.CharField(max_length=8)
    actor = models.CharField(max_length=255, blank=True)
    imported_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-imported_at", "-pk"]

    def __str__(self) -> str:
        return self.ruleset.name

"""Reads of imported baselines."""

from __future__ import annotations

from typing import Any

from django.db import models


class BaselineImportQuerySet(models.QuerySet[Any]):
    def active(self) -> Any | None:
        """The one baseline that counts, with its ruleset; None where there is none. One query."""
        return self.select_related("ruleset").filter(ruleset__is_baseline=True, ruleset__is_active=True).first()

"""Reads of imported baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from baselines.models import BaselineImport


class BaselineImportQuerySet(models.QuerySet["BaselineImport"]):
    def active(self) -> BaselineImport | None:
        """The one baseline that counts, with its ruleset; None where there is none. One query."""
        return self.select_related("ruleset").filter(ruleset__is_baseline=True, ruleset__is_active=True).first()

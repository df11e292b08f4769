"""Reads of imported baselines, and of what is in their rulesets."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import QuerySet

from valuation.choices import BASIC_GROUP_NAME
from valuation.models import Rule


class BaselineImportQuerySet(models.QuerySet[Any]):
    def active(self) -> Any | None:
        """The one baseline that counts, with its ruleset; None where there is none. One query."""
        return self.select_related("ruleset").filter(ruleset__is_baseline=True, ruleset__is_active=True).first()


def own_rules(ruleset_id: int | None) -> QuerySet[Rule]:
    """The rules that a baseline itself has: all in its ruleset but the adjustments."""
    return Rule.objects.filter(group__ruleset=ruleset_id).exclude(group__name=BASIC_GROUP_NAME)


def overrides() -> QuerySet[Rule]:
    """The rules that count instead of a baseline's, of every ruleset that is active."""
    return Rule.objects.filter(group__ruleset__is_active=True).exclude(overrides="")

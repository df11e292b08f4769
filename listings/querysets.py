"""Reads of listings, named after their use."""

from __future__ import annotations

from typing import Any

from django.db import models

from listings.choices import Status


class ListingQuerySet(models.QuerySet[Any]):
    def active(self) -> ListingQuerySet:
        """What a buyer can still buy."""
        return self.filter(status=Status.ACTIVE)

    def with_parts(self) -> ListingQuerySet:
        """With all that a representation nests: constant in the number of rows (four queries)."""
        return self.select_related(
            "cpu",
            "gpu",
            "ram_spec",
            "ports_profile",
            "primary_storage_profile",
            "secondary_storage_profile",
            "valuation",
            "ruleset_override",
        ).prefetch_related("ports_profile__ports", "components", "ruleset_override__disabled_rulesets")

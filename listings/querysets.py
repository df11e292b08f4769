"""Reads of listings, named after their use."""

from __future__ import annotations

from typing import Any

from django.db import connection, models

from listings.choices import Status


class ListingQuerySet(models.QuerySet[Any]):
    def active(self) -> ListingQuerySet:
        """What a buyer can still buy."""
        return self.filter(status=Status.ACTIVE)

    def hold(self) -> None:
        """Keep these rows for this transaction, in the order of their ids.

        Whoever writes many listings calls this first: two who took the same ones in two orders would wait for each
        other. NO KEY: a recalculation holds the rules and wants KEY SHARE of listings, a CPU's edit the other way.
        """
        if self._can_hold():
            self.held()

    def held(self) -> list[int]:
        """The ids of these rows, ascending; held as by `hold`, where a transaction can."""
        rows = self.select_for_update(of=("self",), no_key=True) if self._can_hold() else self
        return list(rows.order_by("pk").values_list("pk", flat=True))

    @staticmethod
    def _can_hold() -> bool:
        return connection.features.has_select_for_update and connection.in_atomic_block

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
            "market",
            "ruleset_override",
        ).prefetch_related("ports_profile__ports", "components", "ruleset_override__disabled_rulesets")

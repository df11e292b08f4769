"""Reads of what is derived, named after their use."""

from __future__ import annotations

from typing import Any

from django.db import models


class ListingValuationQuerySet(models.QuerySet[Any]):
    def priced(self) -> ListingValuationQuerySet:
        """Valuations of listings whose price is known."""
        return self.filter(adjusted_cents__isnull=False)

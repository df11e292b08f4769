"""The listings' admin with what this app, an app above it, adds: rulesets of one's own, and recalculating."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from listings.admin import ListingAdmin
from listings.models import Listing
from valuation.jobs import kick
from valuation.models import ListingScoreSnapshot, ListingValuation, RulesetOverride
from valuation.recalculation.marking import mark_listings

DERIVED = (ListingValuation, ListingScoreSnapshot)


class RulesetOverrideInline(admin.StackedInline):
    model = RulesetOverride
    extra = 0
    max_num = 1
    autocomplete_fields = ("static_ruleset", "disabled_rulesets")
    verbose_name = "choice of rulesets for this listing alone"


class ValuedListingAdmin(ListingAdmin):
    inlines = (*ListingAdmin.inlines, RulesetOverrideInline)
    actions = ("recalculate_selected",)

    @admin.action(description="Recalculate the selected listings", permissions=["change"])
    def recalculate_selected(self, request: HttpRequest, queryset: QuerySet[Listing]) -> None:
        with transaction.atomic():
            count = mark_listings(Listing.objects.filter(pk__in=queryset.order_by().values("pk")))
            kick()
        messages.success(request, f"{count} listing{'' if count == 1 else 's'} marked: the figures follow.")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Figures are nobody's to delete, but they go with their listing."""
        shown, counts, missing, protected = super().get_deleted_objects(objs, request)
        return shown, counts, missing - {model._meta.verbose_name for model in DERIVED}, protected


admin.site.unregister(Listing)
admin.site.register(Listing, ValuedListingAdmin)

"""The listings' admin with what this app, an app above it, adds: rulesets of one's own, and recalculating."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from dealbrain.admin import SearchMixin
from dealbrain.careful import CarefulMixin
from listings.admin import ListingAdmin
from listings.models import Listing
from valuation.jobs import kick
from valuation.models import ListingScoreSnapshot, ListingValuation, RulesetOverride
from valuation.recalculation.marking import mark_listings

CHOICE = "admin:valuation_rulesetoverride"
DERIVED = (ListingValuation, ListingScoreSnapshot)


class RulesetOverrideInline(admin.StackedInline):
    model = RulesetOverride
    extra = 0
    max_num = 1
    autocomplete_fields = ("static_ruleset", "disabled_rulesets")
    verbose_name = "choice of rulesets for this listing alone"


@admin.register(RulesetOverride)
class RulesetOverrideAdmin(CarefulMixin, SearchMixin):
    """The same choice on a page of its own, for those who may make it and not edit the listing."""

    list_display = ("listing", "static_ruleset")
    list_select_related = ("listing", "static_ruleset")
    list_filter = (("static_ruleset", admin.RelatedOnlyFieldListFilter),)
    search_fields = ("listing__title", "static_ruleset__name")
    autocomplete_fields = ("listing", "static_ruleset", "disabled_rulesets")
    fields = ("listing", "static_ruleset", "disabled_rulesets")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A choice stays with its listing: figures are marked where it is, not where it was."""
        return ("listing",) if obj else ()


class ValuedListingAdmin(ListingAdmin):
    inlines = (*ListingAdmin.inlines, RulesetOverrideInline)
    readonly_fields: ClassVar[tuple[str, ...]] = (*ListingAdmin.readonly_fields, "choice", "as_example")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may choose rulesets and not edit the listing finds the way to that page."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is not None and request.user.has_perm("valuation.add_example"):
            fieldsets = (*fieldsets, ("Examples", {"fields": ("as_example",)}))
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return (*fieldsets, ("Rulesets", {"fields": ("choice",)}))

    @admin.display(description="choice of rulesets")
    def choice(self, obj: Listing) -> str:
        made = getattr(obj, "ruleset_override", None)
        if made is not None:
            return format_html('<a href="{}">{}</a>', reverse(f"{CHOICE}_change", args=[made.pk]), "Change it")
        return format_html('<a href="{}?listing={}">{}</a>', reverse(f"{CHOICE}_add"), obj.pk, "Choose rulesets")

    @admin.display(description="as a test of rules")
    def as_example(self, obj: Listing) -> str:
        address = f"{reverse('admin:valuation_example_add')}?listing={obj.pk}"
        return format_html('<a class="button" href="{}">Make an example</a>', address)

    actions = (*ListingAdmin.actions, "recalculate_selected")

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

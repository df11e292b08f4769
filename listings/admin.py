"""Admin of what is for sale. `valuation.admin` adds what it knows about a listing."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html

from catalog.choices import CustomFieldEntity
from catalog.custom_inputs import AttributesAdmin
from dealbrain.admin import NOTHING, JsonMixin, SearchMixin, dollars, figure
from dealbrain.careful import CarefulMixin
from dealbrain.lists import NewestValues
from listings import panels
from listings.figures import RANK_PATHS, valuation_of, with_stale
from listings.forms import ListingForm
from listings.models import ExchangeRate, Listing, ListingComponent
from listings.pricing import conversion, original_price
from listings.searching import SEARCHED
from listings.services import convert_unknown

FIGURES = ("adjusted_price", "total_adjustment", "per_cpu_mark", "per_single_mark", "composite", "is_stale")
WORTH = "What it is worth"  # the fieldset that other figures stand beside
PANELS = ("converted", "origins", "prices")


class StaleFilter(admin.SimpleListFilter):
    title = "stale"
    parameter_name = "stale"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes: waiting for a recalculation"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(stale=self.value() == "yes") if self.value() in ("yes", "no") else queryset


class ComponentInline(JsonMixin, admin.TabularInline):
    model = ListingComponent
    extra = 0
    fields = ("component_type", "name", "quantity", "adjustment_value_usd", "metadata")


class ListingAdmin(JsonMixin, AttributesAdmin):
    when_empty = "No listing yet. Import a file of offers, or add one by hand."
    entity = CustomFieldEntity.LISTING
    form = ListingForm
    inlines: ClassVar[tuple[Any, ...]] = (ComponentInline,)
    list_display = (
        "title",
        "price",
        "adjusted_price",
        "per_cpu_mark",
        "composite",
        "cpu",
        "condition",
        "status",
        "is_stale",
    )
    list_select_related = ("valuation", "cpu")
    list_filter: ClassVar[tuple[Any, ...]] = (
        "status",
        "condition",
        "marketplace",
        StaleFilter,
        ("form_factor", NewestValues),
        ("currency", NewestValues),
    )
    search_fields = SEARCHED
    search_help_text = "Title, maker, device, series, model or item number, seller, CPU or GPU."
    autocomplete_fields = (
        "cpu",
        "gpu",
        "ram_spec",
        "ports_profile",
        "primary_storage_profile",
        "secondary_storage_profile",
    )
    readonly_fields: ClassVar[tuple[str, ...]] = (*FIGURES, *PANELS, "raw_payload", "created_at", "updated_at")
    list_per_page = 50
    actions: tuple[str, ...] = ("convert_selected",)
    save_on_top = True
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "title",
                    ("price_usd", "price_date"),
                    ("price_original", "currency", "converted"),
                    ("condition", "status"),
                    ("listing_url", "seller"),
                )
            },
        ),
        (
            WORTH,
            {"fields": (FIGURES[:3], FIGURES[3:]), "description": "Computed from the rules, after every save."},
        ),
        (
            "Machine",
            {
                "fields": (
                    ("manufacturer", "device_model"),
                    ("series", "model_number", "form_factor"),
                    ("cpu", "gpu"),
                    ("ram_spec", "ram_gb"),
                    ("primary_storage_profile", "primary_storage_gb", "primary_storage_type"),
                    ("secondary_storage_profile", "secondary_storage_gb", "secondary_storage_type"),
                    ("ports_profile", "os_license"),
                    "other_components",
                ),
                "description": "A RAM spec or storage profile decides the numbers beside it. Without one, "
                "numbers find or make one.",
            },
        ),
        ("Where it came from", {"classes": ("collapse",), "fields": ("origins", "prices")}),
        (
            "More",
            {
                "classes": ("collapse",),
                "fields": (
                    ("marketplace", "source", "vendor_item_id"),
                    "other_urls",
                    ("notes", "ram_notes"),
                    "raw_payload",
                    ("created_at", "updated_at"),
                ),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Listing]:
        return with_stale(super().get_queryset(request))  # type: ignore[arg-type]  # the manager is ListingQuerySet's

    def view_on_site(self, obj: Any) -> str | None:
        try:
            return reverse("listing", args=[obj.pk])
        except NoReverseMatch:
            return None

    @admin.display(description="price", ordering="price_usd")
    def price(self, obj: Listing) -> str:
        original = original_price(obj)
        known = NOTHING if obj.price_usd is None else dollars(int(obj.price_usd * 100))
        return f"{known} ({original})" if original else known

    @admin.action(description="Convert original prices without dollars", permissions=["change"])
    def convert_selected(self, request: HttpRequest, queryset: QuerySet[Listing]) -> None:
        with transaction.atomic():
            made, without = convert_unknown(Listing.objects.filter(pk__in=queryset.order_by().values("pk")))
        rest = f" Left as they are, without an exchange rate for their day: {without}." if without else ""
        messages.success(request, f"{made} price{'' if made == 1 else 's'} converted.{rest}")

    @admin.display(description="made of it")
    def converted(self, obj: Listing) -> str:
        """What the original price was in dollars, and by which rate."""
        return conversion(obj) or NOTHING

    @admin.display(description="values of imports")
    def origins(self, obj: Listing) -> str:
        return panels.origins(obj)

    @admin.display(description="prices that imports have told")
    def prices(self, obj: Listing) -> str:
        return panels.prices(obj)

    @admin.display(description="adjusted price", ordering="valuation__adjusted_cents")
    def adjusted_price(self, obj: Listing) -> str:
        return dollars(getattr(valuation_of(obj), "adjusted_cents", None))

    @admin.display(description="adjustments", ordering="valuation__total_cents")
    def total_adjustment(self, obj: Listing) -> str:
        return dollars(getattr(valuation_of(obj), "total_cents", None))

    @admin.display(description="$ / CPU mark", ordering=RANK_PATHS["dollar_per_cpu_mark"])
    def per_cpu_mark(self, obj: Listing) -> str:
        return figure(getattr(valuation_of(obj), "dollar_per_cpu_mark", None))

    @admin.display(description="$ / single mark", ordering=RANK_PATHS["dollar_per_single_mark"])
    def per_single_mark(self, obj: Listing) -> str:
        return figure(getattr(valuation_of(obj), "dollar_per_single_mark", None))

    @admin.display(description="composite", ordering="valuation__score_composite")
    def composite(self, obj: Listing) -> str:
        return figure(getattr(valuation_of(obj), "score_composite", None), 1)

    @admin.display(description="up to date")
    def is_stale(self, obj: Listing) -> str:
        return format_html('<span class="stale">{}</span>', "stale") if getattr(obj, "stale", True) else "yes"


@admin.register(ExchangeRate)
class ExchangeRateAdmin(CarefulMixin, SearchMixin):
    """Rates by hand; `manage.py import_rates` loads the bank's table."""

    when_empty = "No rate yet, so foreign prices stay unknown. Add one, or load the bank's table with import_rates."

    list_display = ("currency", "date", "usd_per_unit")
    list_filter = (("currency", NewestValues), "date")
    search_fields = ("currency",)
    list_per_page = 50


admin.site.register(Listing, ListingAdmin)

"""The listings' admin with what this app, an app above it, adds: rulesets of one's own, and recalculating."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from dealbrain.admin import SearchMixin, dollars
from dealbrain.careful import CarefulMixin
from dealbrain.text import row_id
from listings.admin import WORTH, ListingAdmin
from listings.models import Listing
from valuation.analytics.behind import QUESTIONS, Question, Row, listings_behind, row_behind
from valuation.jobs import kick
from valuation.market.telling import tell
from valuation.models import ListingScoreSnapshot, ListingValuation, Ruleset, RulesetOverride
from valuation.recalculation.marking import mark_listings
from valuation.trying.assigning import worth_by_choice

CHOICE = "admin:valuation_rulesetoverride"
DERIVED = (ListingValuation, ListingScoreSnapshot)


def show_worth(listing_id: int) -> str:
    """The adjusted price under each ruleset that a listing can be assigned; the choice of today is marked."""
    rows = [
        (worth.name, dollars(worth.adjusted_cents), "today" if worth.is_chosen else "")
        for worth in worth_by_choice(listing_id)
    ]
    if not rows:
        return "It has no price yet, so it is not valued."
    body = format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td></tr>", rows)
    head = mark_safe("<thead><tr><th>Assigned ruleset</th><th>Adjusted price</th><th>Chosen</th></tr></thead>")
    return format_html('<div class="scrolls"><table class="worth">{}{}</table></div>', head, body)


class BehindFilter(admin.SimpleListFilter):
    """The listings behind a figure of the analytics. It is there for those who were led here, and nobody else."""

    question: Question

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.row: Row | None = None
        super().__init__(request, *args)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        if not self.value():
            return []
        try:
            self.row = row_behind(self.question.name, self.value())
        except ValueError as error:
            messages.warning(request, f"The filter {self.question.name}: {error} It was left out.")
            return []
        return [(str(self.row.pk), self.question.title.format(self.row))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.row is None else listings_behind(queryset, self.question.name, self.row)  # type: ignore[arg-type]  # the manager is ListingQuerySet's


BEHIND = tuple(
    type(
        f"{question.name}_filter",
        (BehindFilter,),
        {"question": question, "parameter_name": question.name, "title": "what the analytics counted"},
    )
    for question in QUESTIONS.values()
)


class WithoutDrafts:
    """For the choice of rulesets for a listing: a draft counts for none, so it is not to be chosen."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Any:
        return super().formfield_for_foreignkey(db_field, request, **_offered(db_field, kwargs))  # type: ignore[misc]  # ModelAdmin's

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(db_field, request, **_offered(db_field, kwargs))  # type: ignore[misc]  # ModelAdmin's


def _offered(db_field: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    is_ruleset = db_field.remote_field.model is Ruleset
    return {**kwargs, "queryset": Ruleset.objects.filter(draft_of=None)} if is_ruleset else kwargs


class RulesetOverrideInline(WithoutDrafts, admin.StackedInline):
    model = RulesetOverride
    extra = 0
    max_num = 1
    autocomplete_fields = ("static_ruleset", "disabled_rulesets")
    verbose_name = "choice of rulesets for this listing alone"


@admin.register(RulesetOverride)
class RulesetOverrideAdmin(WithoutDrafts, CarefulMixin, SearchMixin):
    """The same choice on a page of its own, for those who may make it and not edit the listing."""

    when_empty = "Every listing takes part in all active rulesets that match it. Choose otherwise on a listing's page."

    list_display = ("listing", "static_ruleset")
    list_select_related = ("listing", "static_ruleset")
    list_filter = (("static_ruleset", admin.RelatedOnlyFieldListFilter),)
    search_fields = ("listing__title", "static_ruleset__name")
    autocomplete_fields = ("listing", "static_ruleset", "disabled_rulesets")
    fields = ("listing", "static_ruleset", "disabled_rulesets", "worth")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """A page that was reached from a listing tells what each choice would mean for that one."""
        self.asked = row_id(request.GET.get("listing"))
        return super().get_form(request, obj, change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A choice stays with its listing: figures are marked where it is, not where it was."""
        return ("listing", "worth") if obj else ("worth",)

    @admin.display(description="what each choice means")
    def worth(self, obj: RulesetOverride) -> str:
        listing = obj.listing_id or self.asked
        return show_worth(listing) if listing else "It is told here once the listing is known."


class ValuedListingAdmin(ListingAdmin):
    list_filter: ClassVar[tuple[Any, ...]] = (*BEHIND, *ListingAdmin.list_filter)
    inlines = (*ListingAdmin.inlines, RulesetOverrideInline)
    readonly_fields: ClassVar[tuple[str, ...]] = (
        *ListingAdmin.readonly_fields,
        "market_says",
        "choice",
        "worth",
        "as_example",
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may choose rulesets and not edit the listing finds the way to that page."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is not None:
            worth = next(place for place, (name, _) in enumerate(fieldsets) if name == WORTH) + 1
            says = ("What the market says", {"fields": ("market_says",)})
            fieldsets = (*fieldsets[:worth], says, *fieldsets[worth:])
        if obj is not None and request.user.has_perm("valuation.add_example"):
            fieldsets = (*fieldsets, ("Examples", {"fields": ("as_example",)}))
        if obj is None:
            return fieldsets
        fields = ("worth",) if self.has_change_permission(request, obj) else ("worth", "choice")
        return (*fieldsets, ("Rulesets", {"fields": fields}))

    @admin.display(description="fair value and why")
    def market_says(self, obj: Listing) -> str:
        return render_to_string("_market.html", {"market": tell(obj.pk), "listing": obj})

    @admin.display(description="what each choice means")
    def worth(self, obj: Listing) -> str:
        return show_worth(obj.pk)

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

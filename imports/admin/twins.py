"""Possible duplicates: pairs of listings side by side, and what people decide about them. Nothing is typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from dealbrain.admin import NOTHING, ReadOnlyAdmin
from imports.models import KeptApart, Merge
from imports.twins.finding import ALIKE, MOST_COMPARED
from imports.twins.merging import MOST_DECISIONS, Choice, Decision, Done, decide
from imports.twins.reading import MOST_READ, Shown, suggestions
from listings.currencies import shown as money
from listings.models import Listing
from listings.pricing import original_price
from listings.rates import USD

MAY = "listings.change_listing"
MOST_TOLD = 20  # refusals that are shown
MOST_APART = 50  # pairs said to be two that are listed
MOST_DIGITS = 18
ROWS = (
    ("Price", "price"),
    ("Price of", "price_date"),
    ("Source", "source"),
    ("Seller", "seller"),
    ("Condition", "condition"),
    ("CPU", "cpu"),
    ("GPU", "gpu"),
    ("RAM", "ram"),
    ("Drive", "primary_storage_profile"),
    ("Second drive", "secondary_storage_profile"),
    ("Maker", "manufacturer"),
    ("Model", "device_model"),
    ("Form factor", "form_factor"),
    ("OS", "os_license"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a pair: what both say. `kind` is same, differs, or fills where only one says something."""

    label: str
    first: str
    second: str
    kind: str


def rows_of(pair: Shown) -> list[Row]:
    """What the two say, of what either says anything."""
    found = []
    for label, name in ROWS:
        one, other = _value(pair.first, name), _value(pair.second, name)
        if one or other:
            kind = "same" if one.casefold() == other.casefold() else "differs" if one and other else "fills"
            found.append(Row(label, one or NOTHING, other or NOTHING, kind))
    return found


def _value(listing: Listing, name: str) -> str:
    if name == "price":
        dollars = "" if listing.price_usd is None else money(listing.price_usd, USD)
        original = original_price(listing)
        return f"{dollars} ({original})" if dollars and original else dollars or original
    if name == "source":
        parts = (listing.get_marketplace_display(), listing.source, listing.vendor_item_id)
        return " · ".join(part for part in parts if part)
    if name == "condition":
        return str(listing.get_condition_display()) if listing.condition else ""
    if name == "ram":
        return str(listing.ram_spec or f"{listing.ram_gb} GB")
    return str(getattr(listing, name) or "")


@admin.register(KeptApart)
class KeptApartAdmin(ReadOnlyAdmin):
    """The list is the page of possible duplicates; what was said to be two stands below them, and can be forgotten."""

    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(MAY)

    @method_decorator([never_cache, transaction.non_atomic_requests])
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Pairs that may be one offer. A POST does what was chosen, all in one transaction."""
        if not request.user.has_perm(MAY):
            raise PermissionDenied
        start = _number(request.GET.get("start", ""))
        if request.method == "POST":
            if forgotten := _number(request.POST.get("forget", "")):
                KeptApart.objects.filter(pk=forgotten).delete()
                messages.success(request, "Forgotten: these two may be suggested again.")
            else:
                self._decide(request)
            return HttpResponseRedirect(f"{request.path}?start={start}" if start else request.path)
        found = suggestions(start=start)
        apart = list(KeptApart.objects.select_related("first", "second")[: MOST_APART + 1])
        context = {
            "title": "Possible duplicates",
            "found": found,
            "pairs": [(pair, rows_of(pair), f"{pair.first.pk}-{pair.second.pk}") for pair in found.pairs],
            "choices": Choice.choices,
            "apart": apart[:MOST_APART],
            "most_apart": MOST_APART if len(apart) > MOST_APART else 0,
            "start": start,
            "most_read": MOST_READ,
            "most_compared": MOST_COMPARED,
            "alike": ALIKE,
        }
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, "admin/imports/keptapart/page.html", {**shared, **context})

    def _decide(self, request: HttpRequest) -> None:
        decisions = _decisions(request)
        if not decisions:
            messages.warning(request, "Nothing was chosen: choose for one pair at least.")
        elif len(decisions) > MOST_DECISIONS:
            messages.error(request, f"Nothing was done: at most {MOST_DECISIONS} pairs are decided at once.")
        else:
            _tell(request, decide(decisions, actor=request.user.get_username()))


@admin.register(Merge)
class MergeAdmin(ReadOnlyAdmin):
    list_display = ("listing", "into", "merged_by", "merged_at")
    list_select_related = ("listing", "into")
    search_fields = ("listing__title", "into__title", "merged_by")
    list_per_page = 50


def _decisions(request: HttpRequest) -> list[Decision]:
    """What was chosen. A pair that is no pair, or without the digests of what was shown, is none."""
    found = []
    for name, value in request.POST.items():
        if not name.startswith("pair-") or value not in Choice.values:
            continue
        first, _, second = name.removeprefix("pair-").partition("-")
        pks = _number(first), _number(second)
        one, _, other = str(request.POST.get(f"seen-{first}-{second}", "")).partition("-")
        if 0 < pks[0] < pks[1]:
            found.append(Decision(pks, Choice(str(value)), (one, other)))
    return found


def _tell(request: HttpRequest, done: Done) -> None:
    if count := len(done.merged):
        told = f"{count} pair{'' if count == 1 else 's'} merged."
        messages.success(request, f"{told} The other listing of each is archived, with a note.")
    if done.apart:
        messages.success(request, f"{done.apart} pair{'' if done.apart == 1 else 's'} will not be suggested again.")
    for text in [*done.notes, *done.refused][:MOST_TOLD]:
        messages.warning(request, text)
    if (more := len(done.notes) + len(done.refused) - MOST_TOLD) > 0:
        messages.warning(request, f"{more} more were left as they are.")


def _number(text: str) -> int:
    """A number of the page; 0 where there is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else 0

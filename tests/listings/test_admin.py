"""The list and the page of listings, with the figures of an app above."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from listings.models import ExchangeRate, Listing, ListingComponent, ListingOrigin
from listings.origins import facts_of
from tests.factories import (
    CpuFactory,
    ExchangeRateFactory,
    ListingFactory,
    PriceRecordFactory,
    RuleActionFactory,
    StaffFactory,
)
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db
LIST = "/admin/listings/listing/"


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(StaffFactory(group="Editors"))
    return client


@pytest.fixture
def valued() -> dict[str, Listing]:
    """A dear and a cheap listing that are valued, one without a price, and one that changed since."""
    RuleActionFactory(value_usd=-20)
    cpu = CpuFactory(cpu_mark_multi=10_000)
    made = {
        name: ListingFactory(title=name, cpu=cpu, price_usd=price)
        for name, price in (("dear", 500), ("cheap", 100), ("unpriced", None), ("changed", 300))
    }
    recalculate(scope=Scope(), trigger="test")
    made["changed"].price_usd = 200
    made["changed"].save()
    return made


def titles(client: Client, **query: str) -> list[str]:
    return [listing.title for listing in client.get(LIST, query).context["cl"].result_list]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, {"dear", "cheap", "unpriced", "changed"}),
        ({"stale": "yes"}, {"changed"}),
        ({"stale": "no"}, {"dear", "cheap", "unpriced"}),
        ({"stale": "perhaps"}, {"dear", "cheap", "unpriced", "changed"}),
    ],
)
def test_the_stale_filter(editor: Client, valued: Any, query: dict[str, str], expected: set[str]) -> None:
    assert set(titles(editor, **query)) == expected


def test_a_listing_that_was_never_valued_is_stale(editor: Client) -> None:
    ListingFactory(title="new")
    assert titles(editor, stale="yes") == ["new"]
    assert '<span class="stale">' in editor.get(LIST).content.decode()


def test_everything_is_stale_after_a_rule_changed(editor: Client, valued: Any) -> None:
    RuleActionFactory()
    assert titles(editor, stale="no") == []


def test_figures_order_the_list(editor: Client, valued: Any) -> None:
    column = editor.get(LIST).context["cl"].list_display.index("adjusted_price")
    found = titles(editor, o=str(column))
    assert [title for title in found if title != "unpriced"] == ["cheap", "changed", "dear"]


def test_figures_on_the_page_are_looked_at_only(editor: Client, valued: Any) -> None:
    path = f"{LIST}{valued['dear'].pk}/change/"
    page = editor.get(path).content.decode()
    for shown in ("$480.00", "-$20.00", "0.0480"):
        assert f'<div class="readonly">{shown}</div>' in page
    assert f'href="/listings/{valued["dear"].pk}"' in page, "the way to its page"
    assert 'name="raw_payload"' not in page


def test_a_listing_and_a_component_on_one_page(editor: Client, django_capture_on_commit_callbacks: Any) -> None:
    sent = {"title": "Mini PC", "price_usd": "100", "condition": "used", "status": "active", "marketplace": "other"}
    sent |= {"components-TOTAL_FORMS": "1", "components-INITIAL_FORMS": "0"}
    sent |= {"components-0-component_type": "wifi", "components-0-quantity": "2", "components-0-metadata": ""}
    sent |= {"ruleset_override-TOTAL_FORMS": "0", "ruleset_override-INITIAL_FORMS": "0"}
    with django_capture_on_commit_callbacks(execute=True):
        answer = editor.post(f"{LIST}add/", sent)
    assert answer.status_code == 302
    listing = Listing.objects.select_related("valuation").get()
    assert listing.valuation.adjusted_cents == 10_000
    assert ListingComponent.objects.values_list("listing", "quantity", "metadata").get() == (listing.pk, 2, {})


def test_a_condition_that_is_not_stated(editor: Client) -> None:
    sent = {"title": "Mini PC", "status": "active", "marketplace": "other", "condition": ""}
    for inline in ("components", "ruleset_override"):
        sent |= {f"{inline}-TOTAL_FORMS": "0", f"{inline}-INITIAL_FORMS": "0"}
    assert editor.post(f"{LIST}add/", sent).status_code == 302
    ListingFactory(title="worn", condition="used")
    assert Listing.objects.get(title="Mini PC").condition == ""
    assert titles(editor, condition__exact="") == ["Mini PC"]
    assert titles(editor, condition__exact="used") == ["worn"]
    assert '<td class="field-condition">Not stated</td>' in editor.get(LIST).content.decode()


def test_parts_are_chosen_by_searching(editor: Client) -> None:
    CpuFactory(name="Core i5-9500T")
    CpuFactory(name="Ryzen 5")
    query = {"app_label": "listings", "model_name": "listing", "field_name": "cpu", "term": "9500"}
    found = editor.get("/admin/autocomplete/", query).json()
    assert [row["text"] for row in found["results"]] == ["Core i5-9500T"]


def test_the_original_price_is_beside_the_dollars(editor: Client) -> None:
    ListingFactory(price_usd=Decimal("110"), price_original=100, currency="EUR")
    ListingFactory(price_usd=None, price_original=100, currency="PLN")
    page = editor.get(LIST).content.decode()
    assert "$110.00 (€100.00)" in page
    assert "– (PLN 100.00)" in page


@pytest.mark.parametrize(
    ("typed", "price", "rate"),
    [
        ({"price_original": "200"}, "220.00", "1.1"),
        ({"price_original": "200", "price_usd": "7"}, "7.00", None),
        ({"price_usd": ""}, None, None),
        ({"price_original": ""}, "110.00", None),
        ({"seller": "shop"}, "110.00", "2"),
        ({"currency": "PLN"}, None, None),
    ],
)
def test_dollars_are_made_of_an_original_that_is_typed(
    editor: Client, typed: dict[str, str], price: str | None, rate: str | None
) -> None:
    day = date(2026, 11, 20)
    ExchangeRateFactory(currency="EUR", date=day, usd_per_unit=Decimal("1.1"))
    told = {"price_original": Decimal(100), "currency": "EUR", "exchange_rate": Decimal(2), "rate_date": day}
    listing = ListingFactory(price_usd=Decimal(110), price_date=day, **told)
    path = f"{LIST}{listing.pk}/change/"
    form = editor.get(path).context["adminform"].form
    shown = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    inlines = {
        f"{name}-{key}": "0" for name in ("components", "ruleset_override") for key in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    answer = editor.post(path, {**shown, "other_components": "", "other_urls": "[]", **inlines, **typed})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    listing.refresh_from_db()
    assert listing.price_usd == (price and Decimal(price))
    assert listing.exchange_rate == (rate and Decimal(rate))


def test_prices_are_converted_when_the_rates_have_come(editor: Client) -> None:
    day = date(2026, 11, 20)
    unknown = {"price_usd": None, "price_date": day, "price_original": 100}
    ListingFactory(title="euros", currency="EUR", **unknown)
    ListingFactory(title="zloty", currency="PLN", **unknown)
    ListingFactory(title="said", **{**unknown, "currency": "EUR", "price_usd": 5})
    ExchangeRateFactory(currency="EUR", date=day, usd_per_unit=Decimal("1.1"))
    ids = list(Listing.objects.values_list("pk", flat=True))
    answer = editor.post(LIST, {"action": "convert_selected", "_selected_action": ids}, follow=True)
    assert "1 price converted. Left as they are, without an exchange rate for their day: 1." in answer.content.decode()
    prices = dict(Listing.objects.values_list("title", "price_usd"))
    assert prices == {"euros": Decimal(110), "zloty": None, "said": Decimal(5)}
    assert Listing.objects.get(title="euros").input_version > Listing.objects.get(title="said").input_version


def test_where_values_came_from_and_what_it_has_cost(editor: Client) -> None:
    listing = ListingFactory(price_usd=100, seller="<b>shop")
    path = f"{LIST}{listing.pk}/change/"
    assert "<table><thead>" not in editor.get(path).content.decode()

    ListingOrigin.objects.create(
        listing=listing, facts=facts_of(listing, {"price_usd": ("column", "Preis"), "seller": "title"})
    )
    for day in range(1, 31):
        PriceRecordFactory(listing=listing, date=date(2026, 10, day), price_original=day, price_usd=None)
        PriceRecordFactory(listing=listing, date=date(2026, 9, day), price_original=day)
    listing.price_usd = 90
    listing.save()
    page = editor.get(path).content.decode()
    assert "<th>Price (USD)</th><td>90.00</td><td>a person; the import: 100.00</td>" in page
    assert "<th>Seller</th><td>&lt;b&gt;shop</td><td>title</td>" in page
    assert "<th>2026-10-30</th><td>€30.00</td><td>–</td>" in page
    assert page.count("<th>2026-") == 50


def test_a_listing_goes_with_its_prices_and_its_origin(editor: Client) -> None:
    listing = PriceRecordFactory().listing
    ListingOrigin.objects.create(listing=listing)
    editor.post(f"{LIST}{listing.pk}/delete/", {"post": "yes"})
    assert not Listing.objects.exists()


def test_rates_are_typed_by_hand(editor: Client) -> None:
    path = "/admin/listings/exchangerate/"
    typed = {"currency": "EUR", "date": "2026-11-20", "usd_per_unit": "1.0864"}
    assert editor.post(f"{path}add/", typed).status_code == 302
    assert editor.get(path, {"currency": "EUR"}).context["cl"].result_count == 1
    refused = editor.post(f"{path}add/", typed).content.decode()
    assert "There is a rate of this currency for this day already." in refused
    for wrong in ({"currency": "EU"}, {"usd_per_unit": "0"}, {"usd_per_unit": "1000"}):
        assert editor.post(f"{path}add/", {**typed, "date": "2026-11-21", **wrong}).status_code == 200
    assert ExchangeRate.objects.count() == 1

"""The list and the page of listings, with the figures of an app above."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from listings.models import Listing, ListingComponent
from tests.factories import CpuFactory, ListingFactory, RuleActionFactory, StaffFactory
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

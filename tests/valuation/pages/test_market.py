"""What the market says on the pages: fair values, grades and why; prices that cannot be right; what is not known."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from listings.models import Listing
from tests.factories import ListingFactory, StaffFactory
from tests.valuation.market.inventory import stock
from valuation.jobs import recalculate_stale
from valuation.market.calibration import calibrate_market
from valuation.models import ListingMarket
from valuation.pages.forms import AT_LEAST

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def public(settings: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = True


@pytest.fixture
def rows() -> list[Listing]:
    """90 listings with figures; the first three cost $12, which cannot be right."""
    made = stock(90, junk=3)
    recalculate_stale()
    calibrate_market(trigger="test")
    return made


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("&nbsp;", " ")


def cents(shown: str) -> int:
    return round(100 * Decimal(shown.replace("\u2212", "-").replace("$", "").replace(",", "").replace("+", "")))


def shown_ids(html: str) -> set[int]:
    return {int(pk) for pk in re.findall(r'<a href="/listings/(\d+)">', html)}


def test_the_home_page_grades_and_leaves_absurd_prices_out(client: Client, rows: list[Listing]) -> None:
    html = read(client, "/?sort=discount")
    odd = {row.pk for row in rows[:3]}
    assert not odd & shown_ids(html)
    assert '<a href="?sort=discount&amp;implausible=only">check them first</a>' in html
    assert "3 more ask what cannot be right" in text(html)
    best = ListingMarket.objects.filter(is_implausible=False).order_by("-discount").first()
    assert best is not None
    first = html.split("<tr>")[2]
    assert f"${best.fair_cents / 100:,.2f}" in first
    assert best.get_grade_display() in first
    assert f"asks {round(100 * best.discount)} % below" in text(first)
    assert f'href="/listings/{best.pk}#market"' in first

    only = read(client, "/?sort=discount&implausible=only")
    assert shown_ids(only) == odd
    assert text(only).count("Check it first") == 3
    assert '<a href="?sort=discount">back to the others</a>' in only


@pytest.mark.parametrize("grade", AT_LEAST)
def test_filters_by_grade(client: Client, rows: list[Listing], grade: str) -> None:
    wanted = set(ListingMarket.objects.filter(grade__in=AT_LEAST[grade]).values_list("pk", flat=True))
    first = shown_ids(read(client, f"/?grade={grade}"))
    assert first | shown_ids(read(client, f"/?grade={grade}&page=2")) == wanted


def test_filters_by_discount_and_keeps_them_on_the_way(client: Client, rows: list[Listing]) -> None:
    wanted = ListingMarket.objects.filter(discount__gte=0.05, is_implausible=False)
    html = read(client, "/?discount=5")
    assert shown_ids(html) == set(wanted.values_list("pk", flat=True))
    assert 'href="?discount=5&amp;implausible=only"' in html
    assert 'name="implausible" value="only"' in read(client, "/?discount=5&implausible=only")
    assert "It was left out." in read(client, "/?discount=a+lot")
    assert "It was left out." in read(client, "/?grade=best")


def test_the_parts_on_a_page_add_up(client: Client, rows: list[Listing]) -> None:
    gone = None
    for row in rows[3:8]:
        html = read(client, f"/listings/{row.pk}")
        table = re.search(r'<table class="parts">.*?</table>', html, re.DOTALL)
        assert table is not None
        amounts = [cents(found) for found in re.findall(r'<td class="num">([^<]+)</td>', table[0])]
        stored = ListingMarket.objects.get(pk=row.pk)
        assert sum(amounts[:-1]) == amounts[-1] == stored.fair_cents
        assert '<a href="#comparables">12 comparable offers</a>' in table[0]
        assert stored.get_grade_display() in html
        gone = int(re.findall(r'<a href="/listings/(\d+)">', html.split('id="comparables"')[1])[0])
    Listing.objects.filter(pk=gone).delete()
    later = read(client, f"/listings/{rows[7].pk}")
    assert f'href="/listings/{gone}"' not in later
    assert '<span class="badge">gone</span>' in later


def test_a_price_that_cannot_be_right_is_told_on_its_page(client: Client, rows: list[Listing]) -> None:
    page = text(read(client, f"/listings/{rows[0].pk}"))
    assert "Check it first. It asks $12.00, and is worth about" in page
    assert re.search(r"9\d % below", page)


def test_what_has_no_price_has_a_fair_value(client: Client, rows: list[Listing]) -> None:
    bare = ListingFactory(price_usd=None, cpu=rows[0].cpu, ram_gb=16, primary_storage_gb=512, condition="used")
    page = text(read(client, f"/listings/{bare.pk}"))
    assert "No grade: It has no price." in page
    assert "A good price to offer" in page


def test_it_says_so_where_nothing_is_known(client: Client) -> None:
    listing = ListingFactory(price_usd=200)
    home = read(client, "/")
    assert "The market has not been estimated yet" in home
    assert 'name="grade"' not in home
    assert "Fair value" not in home
    assert "The market has not been estimated yet, so there is no fair value." in read(
        client, f"/listings/{listing.pk}"
    )


def test_figures_of_an_older_state_are_being_worked_out(client: Client, rows: list[Listing]) -> None:
    Listing.objects.exclude(pk=rows[9].pk).update(status="archived")
    Listing.objects.filter(pk=rows[9].pk).update(input_version=7)
    assert "being worked out" in read(client, "/")
    assert "No active listing fits" in read(client, "/?grade=fair")


def test_queries_are_the_same_for_any_number_of_rows(client: Client, rows: list[Listing]) -> None:
    counts = []
    for most in (40, 8):
        Listing.objects.filter(pk__in=[row.pk for row in rows[most:]]).update(status="pending")
        with CaptureQueriesContext(connection) as queries:
            read(client, "/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 6


def test_the_admin_page_of_a_listing_says_it_too(client: Client, rows: list[Listing]) -> None:
    client.force_login(StaffFactory(group="Viewers"))
    stored = ListingMarket.objects.get(pk=rows[5].pk)
    html = read(client, f"/admin/listings/listing/{rows[5].pk}/change/")
    assert f"${stored.fair_cents / 100:,.2f}" in html
    assert "12 comparable offers" in html
    assert "Where the fair value comes from" not in read(client, "/admin/listings/listing/")

"""The pages: they render whatever there is, add up, and load nothing from elsewhere."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dealbrain.api.ordering import make_ordering
from listings.api.views import ListingViewSet
from listings.models import Listing
from tests.factories import (
    CpuFactory,
    GpuFactory,
    ListingComponentFactory,
    ListingFactory,
    PortFactory,
    PortsProfileFactory,
    PriceRecordFactory,
    ProfileFactory,
    RuleActionFactory,
    RuleFactory,
    RuleGroupFactory,
)
from valuation.models import Rule
from valuation.pages import views
from valuation.pages.forms import SORTS
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db

LOADING = ("src", "srcset", "poster", "action")


@pytest.fixture(autouse=True)
def public(settings: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = True


class Reader(HTMLParser):
    """The addresses a page loads by itself, the links it offers, and the text of its table cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[dict[str, str | None]] = []
        self.sorted_by: list[str | None] = []
        self.scripts = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.loads += [value or "" for name, value in attrs if name in LOADING or (tag == "link" and name == "href")]
        self.scripts += tag == "script" or any(name.startswith("on") for name in named)
        if tag == "a":
            self.links.append(named)
        if "aria-sort" in named:
            self.sorted_by.append(named["aria-sort"])


def read(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


def value() -> None:
    recalculate(scope=Scope(), trigger="test")


def cents(text: str) -> int:
    digits = int(re.sub(r"[^0-9]", "", text))
    return -digits if "\u2212" in text else digits


def amounts(html: str, row_class: str) -> list[int]:
    """The amounts at the end of the explanation's rows of this kind."""
    table = html.split('class="explanation"')[1].split("</table>")[0]
    rows = re.findall(rf'<tr class="{row_class}">(.*?)</tr>', table, re.DOTALL)
    return [cents(re.sub(r"<[^>]+>", "", row.rsplit("<td", 1)[1].split(">", 1)[1])) for row in rows if "<td" in row]


@pytest.fixture
def listing() -> Listing:
    """Two rulesets, several groups, amounts of either sign, a rule that fails and one that does not match."""
    ports = PortsProfileFactory()
    PortFactory(ports_profile=ports)
    made: Listing = ListingFactory(
        title="Tiny <b>&amp; fine</b>",
        price_usd=Decimal("1234.56"),
        listing_url="https://shop.example.com/1?a=1&b=2",
        ports_profile=ports,
        gpu=GpuFactory(),
        ram_gb=16,
        notes="Two\nlines",
    )
    ListingComponentFactory(listing=made, name="AX200", quantity=2)
    group = RuleGroupFactory()
    for metric, amount in (("per_gb", "-2.515"), ("quantity", "17.333")):
        rule = RuleFactory(group=group, description="Because it is so.")
        RuleActionFactory(rule=rule, action_type="per_unit", metric=metric, value_usd=Decimal(amount))
    RuleActionFactory(rule=rule, action_type="multiplier", value_usd=Decimal("3.3"))
    RuleActionFactory(rule__group__ruleset=group.ruleset, value_usd=Decimal("-0.01"))
    RuleActionFactory(rule__group__ruleset__effect="deduct", value_usd=Decimal("99.99"))
    RuleActionFactory(rule__conditions={"field_name": "ram_gb", "operator": "gte", "value": 32})
    broken = RuleActionFactory().rule
    Rule.objects.filter(pk=broken.pk).update(conditions={"field_name": "custom.gone", "operator": "equals", "value": 1})
    value()
    return made


def test_the_explanation_adds_up(client: Client, listing: Listing) -> None:
    html = read(client, f"/listings/{listing.pk}")
    (start,), (total,), (result,) = (amounts(html, kind) for kind in ("start", "total", "result"))
    rules, subtotals = amounts(html, "rule"), amounts(html, "subtotal")
    assert start == 123_456
    assert sum(rules) == sum(subtotals) == total
    assert start + total == result
    # 16 x -2.515; 17.33 + 3.3 % of (1234.56 - 40.24 + 17.33 = 1211.65); -0.01; deducted 99.99
    assert [amount for amount in rules if amount] == [-4_024, 1_733 + 3_998, -1, -9_999]
    assert listing.title not in html  # it is escaped
    assert "Tiny &lt;b&gt;&amp;amp; fine&lt;/b&gt;" in html
    for words in ("Because it is so.", "Rules that cannot run", "custom.gone", "1 rule did not count", "here: 16"):
        assert words in html, words


def test_the_offer_is_linked_safely(client: Client, listing: Listing) -> None:
    reader = Reader(read(client, f"/listings/{listing.pk}"))
    (offer,) = (link for link in reader.links if (link["href"] or "").startswith("http"))
    assert offer["href"] == "https://shop.example.com/1?a=1&b=2"
    assert {"noopener", "nofollow"} <= set((offer["rel"] or "").split())


def test_no_page_loads_anything_from_elsewhere(client: Client, listing: Listing) -> None:
    for path, status in (("/", 200), (f"/listings/{listing.pk}", 200), ("/nowhere", 404)):
        reader = Reader(read(client, path, status))
        assert reader.loads
        assert all(address.startswith("/") and not address.startswith("//") for address in reader.loads)
        assert reader.scripts == 0


def test_a_listing_that_says_nothing(client: Client) -> None:
    listing = ListingFactory(price_usd=None, cpu=None, condition="")
    html = read(client, f"/listings/{listing.pk}")
    assert "The price is unknown" in html
    assert "<dd>Not stated</dd>" in html
    assert "stale figures" in html
    assert "explanation" not in html
    home = read(client, "/")
    assert listing.title in home
    assert "Condition not stated" in home


def test_the_history_is_shown(client: Client, listing: Listing) -> None:
    listing.price_usd = Decimal("1000.00")
    listing.save()
    value()
    html = read(client, f"/listings/{listing.pk}")
    assert "History" in html
    assert "$1,234.56" in html.split('class="history"')[1]


def test_an_original_price_is_beside_the_dollars(client: Client, listing: Listing) -> None:
    assert "original" not in read(client, "/")
    assert "original" not in read(client, f"/listings/{listing.pk}")
    listing.price_original, listing.currency = Decimal("1199"), "EUR"
    listing.exchange_rate, listing.rate_date = Decimal("1.03"), date(2026, 11, 20)
    listing.save()
    assert '<span class="original">€1,199.00</span>' in read(client, "/")
    assert "€1,199.00 → $1,234.56, rate of 2026-11-20" in read(client, f"/listings/{listing.pk}")


def test_what_it_has_cost_is_shown_from_the_second_price_on(client: Client, listing: Listing) -> None:
    PriceRecordFactory(listing=listing, price_original=120_000, currency="JPY", price_usd=None)
    assert "What it has cost" not in read(client, f"/listings/{listing.pk}")
    PriceRecordFactory(listing=listing, date=date(2026, 11, 21))
    rows = read(client, f"/listings/{listing.pk}").split('class="prices"')[1].split("<tr>")
    assert [re.findall(">([^<]+)</td>", row) for row in rows[2:4]] == [
        ["2026-11-21", "€300.00", "$330.00"],
        ["2026-11-20", "¥120,000", "–"],
    ]


@pytest.mark.parametrize(
    "path", ["/listings/0", "/listings/99", f"/listings/{2**63}", "/listings/" + "9" * 5000, "/x%00"]
)
def test_pages_that_do_not_exist(client: Client, path: str) -> None:
    assert "Nothing here" in read(client, path, 404)


def test_unknown_paths_of_the_api_are_problem_documents(client: Client) -> None:
    response = client.get("/v1/nowhere")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    assert response.json()["detail"] == "There is nothing at /v1/nowhere."


@pytest.mark.parametrize(
    ("sort", "first", "direction"),
    [
        ("", "cheap marks", "ascending"),
        ("value", "cheap marks", "ascending"),
        ("composite", "fast", "descending"),
        ("adjusted", "least", "ascending"),
        ("price", "least", "ascending"),
        ("newest", "newest", None),
        ("nonsense", "cheap marks", "ascending"),
    ],
)
def test_the_order_of_the_home_page(client: Client, sort: str, first: str, direction: str | None) -> None:
    ProfileFactory(weights={"cpu_mark_multi": 1}, is_default=True)
    for title, price, mark in (
        ("cheap marks", 100, 9_000),
        ("fast", 900, 20_000),
        ("least", 50, 1_000),
        ("newest", 800, 900),
    ):
        ListingFactory(title=title, price_usd=price, cpu=CpuFactory(cpu_mark_multi=mark))
    ListingFactory(title="gone", status="archived")
    value()
    html = read(client, f"/?sort={sort}")
    assert re.findall(r'<a href="/listings/\d+">(.*?)</a>', html)[0] == first
    assert "gone" not in html
    assert Reader(html).sorted_by == ([direction] if direction else [])


@pytest.mark.parametrize("sort", ["value", "composite", "adjusted", "price", "newest"])
@pytest.mark.parametrize("query", ["", "&q=mini", "&max_price=400"])
def test_the_pages_are_the_whole_ranking(
    client: Client, sort: str, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each listing once, in the order of one query, those without the figure last; and a page too far is the last."""
    for number in range(11):
        price = None if number % 4 == 0 else 100 + number % 3 * 250
        made = ListingFactory(title=f"{'Mini' if number % 2 else 'Maxi'} {number}", price_usd=price)
        if number == 5:
            Listing.objects.filter(pk=made.pk).update(status="archived")
    value()
    ListingFactory(title="Mini without figures", price_usd=150)

    def ids(number: int) -> list[int]:
        html = read(client, f"/?sort={sort}{query}&page={number}")
        return [int(pk) for pk in re.findall(r'<a href="/listings/(\d+)">', html)]

    whole = ids(1)
    assert len(whole) == {"": 11, "&q=mini": 5, "&max_price=400": 7}[query]
    order = make_ordering(Listing, SORTS[sort].ordering, ListingViewSet.ordering_fields)
    in_one_query = Listing.objects.order_by(*order.expressions()).values_list("pk", flat=True)
    assert whole == [pk for pk in in_one_query if pk in whole]
    monkeypatch.setattr(views, "ROWS", 2)
    pages = [ids(number) for number in range(1, -(-len(whole) // 2) + 1)]
    assert [pk for page in pages for pk in page] == whole
    assert ids(99) == pages[-1]


def test_the_filters_of_the_home_page(client: Client) -> None:
    ListingFactory(title="alpha", price_usd=100)
    ListingFactory(title="beta", price_usd=300)
    assert "beta" not in read(client, "/?q=ALPHA")
    assert "beta" not in read(client, "/?max_price=299.99")
    assert "Nothing matches" in read(client, "/?q=%25")


@pytest.mark.parametrize(
    "query",
    [
        "max_price=NaN",
        "max_price=-1",
        "max_price=1e999",
        "max_price=" + "9" * 5000,
        "q=%00",
        "q=" + "x" * 201,
        "sort=%00",
        "page=-1",
        "page=999",
        "page=" + "9" * 5000,
        "page=%00",
        "page=%C2%B2",
        "unknown=1",
        "q=%ED%A0%80&q=a",
    ],
)
def test_the_home_page_bears_any_question(client: Client, query: str) -> None:
    ListingFactory(title="alpha")
    read(client, f"/?{query}")


def test_a_filter_that_cannot_be_read_is_named(client: Client) -> None:
    ListingFactory(title="alpha")
    html = read(client, "/?max_price=cheap")
    assert "Enter a number. It was left out." in html
    assert "alpha" in html


def test_pages_of_fifty(client: Client) -> None:
    ListingFactory.create_batch(51, cpu=CpuFactory())
    html = read(client, "/?sort=price&q=mini")
    assert html.count('class="machine"') == 50
    assert '?sort=price&amp;q=mini&amp;page=2"' in html
    second = read(client, "/?sort=price&q=mini&page=2")
    assert second.count('class="machine"') == 1
    assert re.search(r'class="rank num">51<', second)


def test_an_empty_home_page_says_what_to_do(client: Client) -> None:
    html = read(client, "/")
    assert "manage.py demo" in html
    assert "manage.py import_listings" in html
    ListingFactory(status="pending")
    assert "none of them is active" in read(client, "/")


def test_pages_are_closed_where_the_installation_says_so(client: Client, settings: Any, listing: Listing) -> None:
    settings.DEALBRAIN_PUBLIC_READ = False
    for path in ("/", f"/listings/{listing.pk}"):
        client.logout()
        response = client.get(path)
        assert (response.status_code, response["Location"]) == (302, f"/admin/login/?next={path}")
        user, _ = User.objects.get_or_create(username="someone")
        user.user_permissions.clear()
        client.force_login(user)
        assert "Not for you" in read(client, path, 403)
        user.user_permissions.add(Permission.objects.get(codename="view_listing"))
        read(client, path)


def test_posting_is_refused(client: Client) -> None:
    assert client.post("/").status_code == 405


def test_queries_do_not_depend_on_the_rows(client: Client) -> None:
    counts = []
    for rows in (2, 28):
        for _ in range(rows):
            ListingFactory(gpu=GpuFactory(), ram_gb=16, primary_storage_gb=512)
        with CaptureQueriesContext(connection) as queries:
            read(client, "/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 5

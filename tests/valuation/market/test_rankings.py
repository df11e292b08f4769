"""The order by what a mark costs, at and below zero, wherever there is one: against a plain sort in Python."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.test import Client

from listings.models import Listing
from tests.factories import CpuFactory, ListingFactory, ProfileFactory, RuleActionFactory, StaffFactory
from valuation.models import ListingValuation
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db

RATIOS = {
    "dollar_per_cpu_mark": "dollar_per_cpu_mark",
    "dollar_per_cpu_mark_multi_adjusted": "dollar_per_cpu_mark",
    "dollar_per_single_mark": "dollar_per_single_mark",
    "dollar_per_cpu_mark_single_adjusted": "dollar_per_single_mark",
}
# (adjusted cents, multi mark, single mark); 1 cent by 40,000 marks is rounded to 0.
MACHINES = [
    *product((-50_000, -50_000, -100, -1, 0, 0, 1, 1, 250, 30_000, 30_000), (500, 40_000), (100,)),
    *product((-700, 0, 900), (None,), (300, None)),
    *product((None,), (500,), (100,)),
]


@pytest.fixture
def valued() -> list[ListingValuation]:
    """Listings of all these machines, valued as the engine would, in an order of their own."""
    listings = Listing.objects.bulk_create([Listing(title=f"Machine {n}") for n in range(len(MACHINES))])
    recalculate(scope=Scope(), trigger="test")
    shuffled = [MACHINES[n * 7 % len(MACHINES)] for n in range(len(MACHINES))]
    assert len(MACHINES) % 7, "each of them once"
    for listing, (cents, multi, single) in zip(listings, shuffled, strict=True):
        ListingValuation.objects.filter(listing=listing).update(
            adjusted_cents=cents, dollar_per_cpu_mark=ratio(cents, multi), dollar_per_single_mark=ratio(cents, single)
        )
    return list(ListingValuation.objects.order_by("pk"))


def ratio(cents: int | None, mark: int | None) -> float | None:
    return None if cents is None or mark is None else round(cents / 100 / mark, 4)


def expected(rows: list[ListingValuation], column: str, *, worst_first: bool = False) -> list[int]:
    def place(row: ListingValuation) -> tuple[Any, ...]:
        assert row.adjusted_cents is not None
        is_above = row.adjusted_cents > 0
        return (is_above, getattr(row, column) if is_above else row.adjusted_cents, row.pk)

    known = sorted((row for row in rows if getattr(row, column) is not None), key=place, reverse=worst_first)
    unknown = sorted((row.pk for row in rows if getattr(row, column) is None), reverse=worst_first)
    return [row.pk for row in known] + unknown


def pages(client: Client, path: str, query: dict[str, str], limit: int) -> list[int]:
    """The ids of all pages, one cursor after the other."""
    found: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        document = client.get(path, {**query, **cursor, "limit": str(limit)}).json()
        found += [item["id"] for item in document["items"]]
        if document["next_cursor"] is None:
            return found
        cursor = {"cursor": document["next_cursor"]}


@pytest.mark.parametrize("name", RATIOS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_the_order_of_the_list(client: Client, valued: list[ListingValuation], name: str, sign: str) -> None:
    wanted = expected(valued, RATIOS[name], worst_first=bool(sign))
    for limit in (1, 4, 500):
        assert pages(client, "/v1/listings", {"ordering": sign + name}, limit) == wanted, limit
    by_offset = [
        item["id"]
        for offset in range(0, len(wanted), 10)
        for item in client.get(f"/v1/listings?ordering={sign}{name}&limit=10&offset={offset}").json()["items"]
    ]
    assert by_offset == wanted


@pytest.mark.parametrize("metric", ["dollar_per_cpu_mark", "dollar_per_single_mark"])
def test_the_order_of_the_ranking(client: Client, valued: list[ListingValuation], metric: str) -> None:
    wanted = expected([row for row in valued if getattr(row, metric) is not None], metric)
    for limit in (1, 4, 500):
        assert pages(client, "/v1/rankings", {"metric": metric}, limit) == wanted, limit


def test_the_order_of_the_pages(client: Client, valued: list[ListingValuation]) -> None:
    wanted = expected(valued, "dollar_per_cpu_mark")
    home = client.get("/", {"sort": "value"})
    assert [row.listing.pk for row in home.context["rows"]] == wanted[:50]
    assert client.get("/v1/dashboard").json()["best_value"]["id"] == wanted[0]
    client.force_login(StaffFactory(group="Editors"))
    changes = client.get("/admin/listings/listing/")
    column = changes.context["cl"].list_display.index("per_cpu_mark")
    found = client.get("/admin/listings/listing/", {"o": str(column)}).context["cl"].result_list
    known = [row.pk for row in valued if row.dollar_per_cpu_mark is not None]
    # (Where unknown figures stand in the admin is for the database to say; ids descend there.)
    shown = [valuation for listing in found if (valuation := listing.valuation).pk in known]
    assert [row.rank_per_cpu_mark for row in shown] == sorted(row.rank_per_cpu_mark for row in shown)


def test_a_faster_machine_is_not_behind_a_slower_one_for_being_cheaper(client: Client) -> None:
    """Both are given away; the one whose price is lower comes first, whatever its mark."""
    ProfileFactory(weights={"cpu_mark_multi": 1}, is_default=True)
    RuleActionFactory(value_usd=-200)
    slow = ListingFactory(price_usd=150, cpu=CpuFactory(cpu_mark_multi=500))
    fast = ListingFactory(price_usd=100, cpu=CpuFactory(cpu_mark_multi=40_000))
    recalculate(scope=Scope(), trigger="test")
    items = client.get("/v1/rankings?metric=dollar_per_cpu_mark").json()["items"]
    assert [(item["id"], item["dollar_per_cpu_mark"]) for item in items] == [(fast.pk, -0.0025), (slow.pk, -0.1)]
    below = client.get("/v1/listings?dollar_per_cpu_mark__lte=-0.05").json()["items"]
    assert [item["id"] for item in below] == [slow.pk], "the figure stays what it is"

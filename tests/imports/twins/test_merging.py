"""Pairs merged by people: what the kept listing takes over, what is refused, and what imports make of it later."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from catalog.models import Cpu, RamSpec, StorageProfile
from imports.models import KeptApart, Merge
from imports.sessions import service
from imports.twins.merging import Choice, Decision, Done, decide
from imports.twins.reading import digest, suggestions
from listings.models import Listing, ListingComponent, ListingOrigin, PriceRecord
from listings.validation import MOST_URLS
from tests.factories import CpuFactory, GpuFactory, ListingFactory
from tests.imports.sessions.helpers import committed

pytestmark = pytest.mark.django_db
TITLE = "Dell OptiPlex 7060 Micro i5-8500T 16GB 512GB"


def twin(source: str, number: str, **more: Any) -> Any:
    if "cpu" not in more:
        name = "Intel Core i5-8500T"
        more["cpu"] = Cpu.objects.filter(name=name).first() or CpuFactory(name=name)
    drive, _ = StorageProfile.objects.get_or_make(medium="ssd", capacity_gb=512)
    memory, _ = RamSpec.objects.get_or_make(total_capacity_gb=16)
    base = {"title": TITLE, "price_usd": Decimal(200), "ram_spec": memory, "primary_storage_profile": drive}
    base |= {"seller": "", "condition": "", "listing_url": "", "gpu": None, "vendor_item_id": number, "source": source}
    return ListingFactory(**{**base, "marketplace": "other", **more})


@pytest.fixture
def pair() -> tuple[Any, Any]:
    first = twin("A", "1")
    return first, twin("B", "2", cpu=first.cpu, price_usd=Decimal(198))


def decided(first: Any, second: Any, choice: Choice = Choice.FIRST) -> Decision:
    rows = [Listing.objects.get(pk=one.pk) for one in (first, second)]
    return Decision((first.pk, second.pk), choice, (digest(rows[0]), digest(rows[1])))


def merge(first: Any, second: Any, choice: Choice = Choice.FIRST) -> Done:
    done = decide([decided(first, second, choice)], actor="ann")
    for one in (first, second):
        one.refresh_from_db()
    return done


def found() -> list[tuple[int, int]]:
    return [(pair.first.pk, pair.second.pk) for pair in suggestions().pairs]


def test_what_is_missing_is_taken_over_and_nothing_is_lost(pair: tuple[Any, Any]) -> None:
    first, second = pair
    Listing.objects.filter(pk=first.pk).update(condition="used", attributes={"a": 1}, price_date=date(2026, 1, 1))
    drive, _ = StorageProfile.objects.get_or_make(medium="nvme", capacity_gb=512)
    gpu = GpuFactory()
    Listing.objects.filter(pk=second.pk).update(
        condition="new",
        seller="Ann",
        gpu=gpu,
        attributes={"a": 2, "b": 3},
        notes="mine",
        primary_storage_profile=drive,
        primary_storage_type="nvme",
        listing_url="https://b.example/2",
        price_date=date(2026, 2, 1),
        price_usd=197,
    )
    PriceRecord.objects.create(listing=second, date=date(2026, 1, 15), price_original=210, currency="USD")
    ListingComponent.objects.create(listing=second, component_type="wifi", name="AX200")
    before = first.input_version
    assert found() == [(first.pk, second.pk)]
    assert merge(first, second).merged == [(first.pk, second.pk)]
    assert (first.condition, first.seller, first.gpu, first.attributes) == ("used", "Ann", gpu, {"a": 1, "b": 3})
    assert (first.primary_storage_profile, first.primary_storage_type) == (drive, "nvme")
    assert (first.listing_url, first.price_usd, first.price_date) == ("https://b.example/2", 197, date(2026, 2, 1))
    assert [(row.date, row.price_original) for row in first.prices.all()] == [
        (date(2026, 2, 1), 197),
        (date(2026, 1, 15), 210),
        (date(2026, 1, 1), 200),
    ]
    assert [one.name for one in first.components.all()] == ["AX200"]
    assert ListingOrigin.objects.get(pk=first.pk).facts["seller"] == ["merged", "Ann", f"listing {second.pk}"]
    assert (first.input_version > before, second.status, second.price_usd) == (True, "archived", 197)
    assert second.notes.startswith(f"mine\n\nMerged into listing {first.pk} ({TITLE}) on ")
    assert second.notes.endswith(" by ann.")
    assert found() == []


def test_addresses_go_into_the_others_as_far_as_there_is_room(pair: tuple[Any, Any]) -> None:
    first, second = pair
    own = [{"url": f"https://a.example/{number}"} for number in range(MOST_URLS - 1)]
    Listing.objects.filter(pk=first.pk).update(listing_url="https://a.example/x", other_urls=own)
    theirs = [{"url": "https://a.example/x"}, {"url": "https://b.example/3"}]
    Listing.objects.filter(pk=second.pk).update(listing_url="https://b.example/2", other_urls=theirs)
    done = merge(first, second)
    assert first.other_urls == [*own, {"url": "https://b.example/2", "label": f"Other, B (listing {second.pk})"}]
    assert "no room for 1 more" in done.notes[0]


def test_three_of_one_offer_are_merged_at_once(pair: tuple[Any, Any]) -> None:
    first, second = pair
    third = twin("C", "3", cpu=first.cpu)
    KeptApart.objects.create(first=second, second=twin("D", "4", cpu=first.cpu))
    decisions = [decided(first, second), decided(first, third, Choice.SECOND), decided(second, third)]
    done = decide(decisions, actor="ann")
    assert done.merged == [(first.pk, second.pk), (third.pk, first.pk)]
    assert "archived or merged meanwhile" in done.refused[0]
    assert dict(Merge.objects.values_list("listing_id", "into_id")) == {second.pk: third.pk, first.pk: third.pk}
    assert KeptApart.objects.filter(first=third).exists()  # what was another than the second is another than the third


def test_two_are_never_suggested_again_and_go_with_a_listing(pair: tuple[Any, Any]) -> None:
    assert merge(*pair, choice=Choice.TWO).apart == 1
    assert merge(*pair, choice=Choice.TWO).apart == 1
    assert (found(), KeptApart.objects.get().decided_by) == ([], "ann")
    assert "They are two" in merge(*pair).refused[0]
    pair[0].delete()
    assert not KeptApart.objects.exists()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"seller": "Bob"}, "somebody has changed it"),
        ({"status": "archived"}, "archived or merged"),
        (None, "somebody has deleted it"),
    ],
)
def test_what_has_changed_since_is_refused(pair: tuple[Any, Any], change: Any, why: str) -> None:
    first, second = pair
    decision = decided(first, second)
    if change is None:
        Listing.objects.get(pk=second.pk).delete()
    else:
        Listing.objects.filter(pk=second.pk).update(**change)
    done = decide([decision], actor="ann")
    assert (done.merged, len(done.refused)) == ([], 1)
    assert why in done.refused[0]
    first.refresh_from_db()
    assert first.status == "active"


def test_what_is_not_alike_is_refused(pair: tuple[Any, Any]) -> None:
    Listing.objects.filter(pk=pair[1].pk).update(price_usd=300)
    assert "not alike" in merge(*pair).refused[0]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time by itself")
@pytest.mark.django_db(transaction=True)
def test_of_two_who_merge_one_pair_one_does(pair: tuple[Any, Any]) -> None:
    decisions = [decided(*pair), decided(*pair, choice=Choice.SECOND)]
    came: list[Done] = []
    barrier = threading.Barrier(2)

    def work(decision: Decision) -> None:
        barrier.wait()
        try:
            came.append(decide([decision], actor="ann"))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(one,)) for one in decisions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(done.merged) for done in came) == [0, 1]
    assert sorted(len(done.refused) for done in came) == [0, 1]
    assert (Listing.objects.active().count(), Merge.objects.count()) == (1, 1)


HEAD = "id,title,price,date,source,cpu,ram\n"


def line(number: int, price: int, day: str, source: str = "B", title: str = TITLE) -> str:
    return f"{HEAD}{number},{title},${price},{day},{source},Intel Core i5-8500T,16GB\n"


def test_a_later_offer_of_a_merged_listing_counts_for_the_kept_one() -> None:
    committed(line(1, 200, "2026-01-01", "A"))
    committed(line(2, 198, "2026-01-01"))
    first, second = Listing.objects.order_by("pk")
    merge(first, second)
    same = committed(line(2, 198, "2026-01-01"))
    later = committed(line(2, 180, "2026-03-01"))
    assert (same.counts["unchanged"], later.counts["changed"], Listing.objects.count()) == (1, 1, 2)
    assert "its price counts there" in later.rows.get().messages[0]["message"]
    for one in (first, second):
        one.refresh_from_db()
    assert (first.price_usd, second.price_usd, second.status) == (180, 198, "archived")
    older = committed(line(2, 220, "2025-01-01"))
    first.refresh_from_db()
    assert (first.price_usd, first.prices.count(), older.counts["unchanged"]) == (180, 4, 1)
    service.undo(later, actor="ann")
    first.refresh_from_db()
    assert (first.price_usd, first.prices.count()) == (200, 3)


def test_another_machine_under_a_merged_number_is_a_conflict() -> None:
    committed(line(1, 200, "2026-01-01", "A"))
    committed(line(2, 198, "2026-01-01"))
    first, second = Listing.objects.order_by("pk")
    merge(first, second)
    session = committed(line(2, 50, "2026-03-01", title="Raspberry keyboard kit"), choices={"*": "replace"})
    assert session.counts["conflict"] == 1
    for one in (first, second):
        one.refresh_from_db()
    assert (first.price_usd, second.title, second.status) == (200, TITLE, "archived")


@pytest.mark.parametrize("kept", [0, 1])
def test_undoing_an_import_leaves_and_names_what_was_merged(kept: int) -> None:
    committed(line(1, 200, "2026-01-01", "A"))
    session = committed(line(2, 198, "2026-01-01"))
    first, second = Listing.objects.order_by("pk")
    merge(first, second, (Choice.FIRST, Choice.SECOND)[kept])
    session = service.undo(session, actor="ann")
    assert Listing.objects.count() == 2
    assert [one["listing"] for one in session.left] == [second.pk]
    assert ("merged into" in session.left[0]["why"]) or ("edited" in session.left[0]["why"])

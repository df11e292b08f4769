"""What a commit wrote, taken back; what somebody has touched since, left and named."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.models import Cpu, RamSpec
from imports.sessions import service
from imports.sessions.known import COLUMNS
from listings.models import Listing, ListingComponent, ListingOrigin, PriceRecord
from tests.factories import CpuFactory, ListingFactory
from tests.imports.sessions.helpers import committed, counts

pytestmark = pytest.mark.django_db
HEAD = "id,title,price,cpu,ram\n"
ONE = f"{HEAD}1,Dell OptiPlex 3060,$100,Intel Core i5-8500T,8GB\n"
TWO = f"{HEAD}1,Dell OptiPlex 3060,$90,Intel Core i5-8500T,16GB\n2,HP EliteDesk 800,$50,Intel Core i7-8700T,8GB\n"


def state() -> list[Any]:
    return [
        list(Listing.objects.order_by("pk").values(*COLUMNS)),
        list(Cpu.objects.order_by("pk").values("name", "cpu_mark_multi")),
        list(RamSpec.objects.order_by("pk").values("label")),
        list(ListingOrigin.objects.order_by("pk").values()),
        list(PriceRecord.objects.order_by("pk").values()),
    ]


def test_all_is_as_it_was() -> None:
    committed(ONE)
    before = state()
    session = committed(TWO)
    assert counts(session) == {"changed": 1, "new": 1}
    session = service.undo(session, actor="ann")
    assert (state(), session.left, session.counts["taken_back"]) == (before, [], 2)


def test_what_was_edited_since_is_left_and_named() -> None:
    committed(ONE)
    session = committed(TWO)
    first, second = Listing.objects.order_by("vendor_item_id")
    first.seller, first.price_usd = "Ann", 80
    first.save()
    second.notes = "looked at"
    second.save()
    session = service.undo(session, actor="ann")
    first.refresh_from_db()
    assert (first.price_usd, first.ram_gb, first.seller) == (80, 8, "Ann")
    assert Listing.objects.filter(pk=second.pk).exists()
    assert [(one["line"], one["why"]) for one in session.left] == [
        (2, "somebody has changed price_usd since"),
        (3, "somebody has edited it since"),
    ]
    assert sorted(Cpu.objects.values_list("name", flat=True)) == ["Intel Core i5-8500T", "Intel Core i7-8700T"]


def test_what_others_use_stays() -> None:
    session = committed(TWO)
    one, two = Listing.objects.order_by("vendor_item_id")
    committed(TWO, name="again.csv")
    ListingComponent.objects.create(listing=two, component_type="wifi", name="AX200")
    session = service.undo(session, actor="ann")
    assert sorted(one["why"].partition(" ")[0] for one in session.left) == ["import", "somebody"]
    assert Listing.objects.filter(pk__in=[one.pk, two.pk]).count() == 2


def test_parts_that_others_use_stay() -> None:
    session = committed(ONE)
    ListingFactory(cpu=Cpu.objects.get())
    service.undo(session, actor="ann")
    assert (Listing.objects.count(), Cpu.objects.count(), RamSpec.objects.count()) == (1, 1, 0)


def test_what_was_filled_in_of_a_part_is_unknown_again() -> None:
    cpu = CpuFactory(name="Intel Core i5-8500T", cpu_mark_multi=None, cores=6)
    file = "id,title,price,ram,cpu,cpu mark,cores\n1,Dell OptiPlex 3060,$100,8GB,Intel Core i5-8500T,7000,4\n"
    session = committed(file)
    cpu.refresh_from_db()
    assert (cpu.cpu_mark_multi, cpu.cores) == (7000, 6)
    service.undo(session, actor="ann")
    cpu.refresh_from_db()
    assert (cpu.cpu_mark_multi, cpu.cores) == (None, 6)


def test_a_listing_that_somebody_has_deleted() -> None:
    session = committed(ONE)
    Listing.objects.get().delete()
    session = service.undo(session, actor="ann")
    assert (session.state, session.left, Cpu.objects.count()) == ("undone", [], 0)


def test_later_imports_are_taken_back_first() -> None:
    first = committed(ONE)
    second = committed(TWO)
    first = service.undo(first, actor="ann")
    assert [one["why"] for one in first.left] == ["somebody has edited it since"]
    service.undo(second, actor="ann")
    assert list(Listing.objects.values_list("price_usd", "ram_gb")) == [(100, 8)]

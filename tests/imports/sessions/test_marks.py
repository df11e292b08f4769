"""Lists of processors, of cards, and of prices of parts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from catalog.models import Cpu, Gpu
from imports.models import PartPrice
from imports.sessions import service
from listings.models import Listing
from tests.factories import CpuFactory, ListingFactory
from tests.imports.sessions.helpers import committed, counts, opened

pytestmark = pytest.mark.django_db
LIST = """\
CPU Name,CPU Mark,Thread Mark,Cores,TDP
Intel Core i5-8500T @ 2.10GHz,7500,2100,6,35
Intel Core i7-8700T @ 2.40GHz,10100,2350,6,NA
AMD Ryzen 5 PRO 4650GE,15700,2700,6,0
Intel Core i5-8500T @ 2.10GHz,9999,2100,6,35
"""


def marks(name: str) -> tuple[int | None, int | None, int | None]:
    cpu = Cpu.objects.named(name).get()
    return cpu.cpu_mark_multi, cpu.cpu_mark_single, cpu.tdp_w


def test_marks_go_to_the_parts_that_the_names_mean() -> None:
    known = CpuFactory(name="Intel Core i5-8500T", cpu_mark_multi=7000, cpu_mark_single=None, tdp_w=30)
    listing = ListingFactory(cpu=known)
    version = listing.input_version
    session = committed(LIST, name="cpus.csv")
    assert session.kind == "cpus"
    assert counts(session) == {"new": 2, "changed": 1, "left_out": 1}
    assert marks("Intel Core i5-8500T") == (7500, 2100, 30)
    assert (Cpu.objects.count(), Listing.objects.count()) == (3, 1)
    assert any("9,999" in str(row.messages) for row in service.rows(session))
    listing.refresh_from_db()
    assert listing.input_version > version
    assert counts(opened(LIST, name="cpus.csv")) == {"unchanged": 3, "left_out": 1}
    session = service.undo(session, actor="ann")
    assert marks("Intel Core i5-8500T") == (7000, None, 30)
    assert (Cpu.objects.count(), session.left) == (1, [])


def test_a_later_list_states_marks_anew_and_what_was_edited_since_is_left() -> None:
    first = committed(LIST, name="cpus.csv")
    later = committed("CPU Name,CPU Mark\nIntel Core i7-8700T,10500\n", name="cpus.csv")
    assert marks("Intel Core i7-8700T")[0] == 10500
    first = service.undo(first, actor="ann")
    assert [one["title"] for one in first.left] == ["Intel Core i7-8700T"]
    service.undo(later, actor="ann")
    assert marks("Intel Core i7-8700T")[0] == 10100


def test_cards() -> None:
    session = committed("Videocard Name,G3D Mark\nGeForce RTX 3080,25000\n", name="gpus.csv")
    assert (session.kind, counts(session)) == ("gpus", {"new": 1})
    assert Gpu.objects.get().gpu_mark == 25000
    assert not Listing.objects.exists()


PRICES = """\
name,price,capacity,price per gb,type,cache,form factor,interface
Samsung 990 Pro,169.99,2000,0.085,SSD,2048,M.2-2280,M.2 PCIe 4.0 X4
WD Black,59.99,1000,0.06,SSD,,M.2-2280,M.2 PCIe 4.0 X4
"""


def test_prices_of_parts_make_neither_listings_nor_parts() -> None:
    session = committed(PRICES, name="internal-hard-drive.csv", currency="USD")
    assert (session.kind, counts(session)) == ("part_prices", {"new": 2})
    assert PartPrice.objects.get(name="WD Black").price_usd == Decimal("59.99")
    assert not Listing.objects.exists()
    assert counts(committed(PRICES, currency="USD")) == {"unchanged": 2}
    service.undo(session, actor="ann")
    assert not PartPrice.objects.exists()

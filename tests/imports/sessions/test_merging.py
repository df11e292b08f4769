"""What a listing has, what was imported last, and what a file says now."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from catalog.models import StorageProfile
from imports.sessions import service
from imports.sessions.merging import UNKNOWN, Verdict, merged_drive, merged_memory, verdict
from listings.models import ExchangeRate, Listing, PriceRecord
from tests.factories import CpuFactory, CustomFieldFactory
from tests.imports.sessions.helpers import committed, counts, messages, opened

KEEP, TAKE, CORRECTED = Verdict.KEEP, Verdict.TAKE, Verdict.CORRECTED


@pytest.mark.parametrize(
    ("current", "base", "new", "expected"),
    [
        ("a", "a", "a", KEEP),
        ("a", "a", "b", TAKE),
        ("b", "a", "a", KEEP),  # corrected, and the file says the same as before
        ("b", "a", "b", KEEP),
        ("c", "a", "b", CORRECTED),
        ("a", UNKNOWN, "b", TAKE),
        ("", UNKNOWN, "b", TAKE),
        ("", "a", "b", CORRECTED),  # somebody has emptied it
        (None, "", "b", TAKE),
        (Decimal("1.50"), Decimal("1.5"), Decimal("1.500"), KEEP),
    ],
)
def test_a_value(current: Any, base: Any, new: Any, expected: Verdict) -> None:
    assert verdict(current, base, new) is expected


MODULES = {"total_capacity_gb": 16, "ddr_generation": "ddr4", "module_count": 2, "capacity_per_module_gb": 8}
BARE = {"total_capacity_gb": 16, "module_count": 2, "capacity_per_module_gb": 8}


@pytest.mark.parametrize(
    ("current", "base", "new", "expected", "decided"),
    [
        (MODULES, UNKNOWN, {"total_capacity_gb": 16}, MODULES, KEEP),
        (MODULES, UNKNOWN, {"total_capacity_gb": 16, "ddr_generation": "unknown"}, MODULES, KEEP),
        ({"total_capacity_gb": 16}, UNKNOWN, MODULES, MODULES, TAKE),
        (MODULES, UNKNOWN, {"total_capacity_gb": 32}, {"total_capacity_gb": 32}, TAKE),
        (MODULES, {"total_capacity_gb": 8}, {"total_capacity_gb": 32}, MODULES, CORRECTED),
        (MODULES, {"total_capacity_gb": 8}, {"total_capacity_gb": 8}, MODULES, KEEP),
        (MODULES, MODULES, {"total_capacity_gb": 32}, {"total_capacity_gb": 32}, TAKE),
        (
            {},
            UNKNOWN,
            {"total_capacity_gb": 16, "module_count": 2},
            {k: v for k, v in MODULES.items() if k[0] != "d"},
            TAKE,
        ),
        (MODULES, UNKNOWN, {}, MODULES, KEEP),
    ],
)
def test_memory(current: Any, base: Any, new: Any, expected: Any, decided: Verdict) -> None:
    assert merged_memory(current, base, new) == (expected, decided)


DRIVE = {"medium": "nvme", "interface": "PCIe 4.0", "form_factor": "M.2", "capacity_gb": 512}


@pytest.mark.parametrize(
    ("current", "new", "expected", "decided"),
    [
        (DRIVE, {"capacity_gb": 512}, DRIVE, KEEP),
        (DRIVE, {"capacity_gb": 512, "medium": "ssd"}, DRIVE, KEEP),
        (DRIVE, {"capacity_gb": 512, "medium": "nvme", "interface": "NVMe PCIe 4.0"}, DRIVE, KEEP),
        (DRIVE, {"capacity_gb": 512, "medium": "hdd"}, {"capacity_gb": 512, "medium": "hdd"}, TAKE),
        (DRIVE, {"capacity_gb": 1000, "medium": "nvme"}, {"capacity_gb": 1000, "medium": "nvme"}, TAKE),
        ({"medium": "ssd", "capacity_gb": 512}, {"medium": "nvme"}, {"medium": "nvme", "capacity_gb": 512}, TAKE),
        ({"capacity_gb": 512}, DRIVE, DRIVE, TAKE),
    ],
)
def test_drives(current: Any, new: Any, expected: Any, decided: Verdict) -> None:
    assert merged_drive(current, UNKNOWN, new) == (expected, decided)


@pytest.mark.django_db
class TestListings:
    HEADER = "id,title,price,price date,seller,ram,storage,cpu,notes\n"

    def load(self, *cells: str, **given: Any) -> Any:
        return committed(self.HEADER + ",".join(cells) + "\n", **given)

    def test_a_persons_correction_wins_and_is_told(self) -> None:
        self.load("1", "Dell OptiPlex 3060", "$100", "", "Ann", "8GB", "256GB SSD", "Intel Core i5-8500T", "")
        listing = Listing.objects.get()
        listing.seller, listing.notes = "Anna", "looked at"
        listing.ram_spec, listing.ram_gb = None, 24
        listing.cpu = CpuFactory(name="Intel Core i5-8400T")
        listing.save()
        again = self.load("1", "Dell OptiPlex 3060", "$100", "", "Ann", "8GB", "256GB SSD", "Intel Core i5-8500T", "")
        assert (counts(again), messages(again)) == ({"unchanged": 1}, [])
        other = self.load("1", "Dell OptiPlex 3060", "$90", "", "Bob", "16GB", "256GB SSD", "Intel Core i5-8500T", "")
        listing.refresh_from_db()
        assert (listing.price_usd, listing.seller, listing.ram_gb, listing.cpu.name) == (
            90,
            "Anna",
            24,
            "Intel Core i5-8400T",
        )
        assert counts(other) == {"changed": 1}
        assert sorted(said["column"] for row in service.rows(other) for said in row.messages) == ["ram", "seller"]

    def test_empty_cells_clear_nothing_and_clear_does(self) -> None:
        full = ("1", "Dell OptiPlex 3060", "$100", "", "Ann", "8GB", "256GB SSD", "Intel Core i5-8500T", "a note")
        self.load(*full)
        assert counts(self.load(*full[:2], *[""] * 7)) == {"unchanged": 1}
        session = self.load(*full[:2], *["(clear)"] * 7)
        listing = Listing.objects.get()
        assert (listing.price_usd, listing.seller, listing.notes, listing.cpu, listing.ram_gb) == (
            None,
            "",
            "",
            None,
            None,
        )
        assert (listing.ram_gb, listing.ram_spec) == (None, None)
        assert (listing.primary_storage_profile, listing.primary_storage_gb) == (None, None)
        service.undo(session, actor="ann")
        listing = Listing.objects.get()
        assert (listing.price_usd, listing.seller, listing.notes, listing.ram_gb) == (100, "Ann", "a note", 8)
        assert (str(listing.cpu), listing.primary_storage_gb) == ("Intel Core i5-8500T", 256)

    def test_the_newest_day_is_the_price_and_all_are_history(self) -> None:
        head = "id,title,price,price date\n1,Dell OptiPlex 3060,"
        committed(f"{head}$100,2026-05-02\n")
        assert counts(committed(f"{head}$120,2026-05-01\n")) == {"unchanged": 1}
        assert Listing.objects.get().price_usd == 100
        session = committed(f"{head}$90,2026-05-03\n")
        assert (Listing.objects.get().price_usd, Listing.objects.get().price_date) == (90, date(2026, 5, 3))
        assert sorted(PriceRecord.objects.values_list("price_usd", flat=True)) == [90, 100, 120]
        service.undo(session, actor="ann")
        assert (Listing.objects.get().price_usd, Listing.objects.get().price_date) == (100, date(2026, 5, 2))
        assert sorted(PriceRecord.objects.values_list("price_usd", flat=True)) == [100, 120]

    def test_dollars_by_the_rate_of_the_day_or_not_at_all(self) -> None:
        head = "id,title,price,price date\n1,Dell OptiPlex 3060,"
        session = committed(f"{head}€100,2026-05-02\n")
        listing = Listing.objects.get()
        assert (listing.price_usd, listing.price_original, listing.currency) == (None, 100, "EUR")
        assert "no rate of EUR" in messages(session)[0]
        ExchangeRate.objects.create(currency="EUR", date=date(2026, 5, 1), usd_per_unit=Decimal("1.1"))
        assert counts(committed(f"{head}€100,2026-05-02\n")) == {"changed": 1}
        listing.refresh_from_db()
        assert (listing.price_usd, listing.exchange_rate, listing.rate_date) == (110, Decimal("1.1"), date(2026, 5, 1))
        ExchangeRate.objects.update(usd_per_unit=2)
        assert counts(opened(f"{head}€100,2026-05-02\n")) == {"unchanged": 1}

    def test_custom_fields(self) -> None:
        CustomFieldFactory(key="color", data_type="enum", options=["red", "blue"])
        CustomFieldFactory(key="size", data_type="number", default=1)
        head = "id,title,price,custom.color\n1,Dell OptiPlex 3060,$5,"
        committed(f"{head}RED\n")
        listing = Listing.objects.get()
        assert listing.attributes == {"color": "red", "size": 1}
        session = committed(f"{head}blue\n")
        assert Listing.objects.get().attributes == {"color": "blue", "size": 1}
        service.undo(session, actor="ann")
        assert Listing.objects.get().attributes == {"color": "red", "size": 1}
        listing.attributes = {"size": 2}
        listing.save()
        assert counts(committed(f"{head}red\n")) == {"unchanged": 1}
        assert counts(committed(f"{head}green\n")) == {"refused": 1}

    def test_a_poorer_file_makes_no_other_drive(self) -> None:
        self.load("1", "Dell OptiPlex 3060", "$100", "", "", "2x8GB DDR4", "512GB NVMe", "", "")
        before = StorageProfile.objects.count()
        assert counts(self.load("1", "Dell OptiPlex 3060", "$100", "", "", "16GB", "512GB SSD", "", "")) == {
            "unchanged": 1
        }
        listing = Listing.objects.get()
        assert (str(listing.ram_spec), listing.primary_storage_type) == ("DDR4 16GB (2x8GB)", "nvme")
        assert StorageProfile.objects.count() == before

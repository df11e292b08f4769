"""Offers from a CSV file: good rows in, bad rows named, a broken file refused as a whole."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest

from catalog.models import Cpu
from imports import reader, values
from imports.columns import MappingError
from imports.reader import FileError
from imports.services import ImportReport, import_listings
from listings.models import Listing
from tests.samples import MISSING, NEWEGG_OFFERS

pytestmark = pytest.mark.django_db
# 4,023 real offers that may not be shipped with the project.
NEWEGG_MAP = {
    "Brand": "manufacturer",
    "CPU Name": "cpu_name",
    "GPU Name": "gpu_name",
    "RAM": "ram_gb",
    "Storage": "storage",
    "OS": "os_license",
    "Price": "price_usd",
    "CPU Mark": "cpu_mark_multi",
    "GPU Mark": "gpu_mark",
}


def load(text: str | bytes, **options: object) -> ImportReport:
    raw = text.encode() if isinstance(text, str) else text
    return import_listings(file=io.BytesIO(raw), **options)


@pytest.mark.parametrize(
    ("parse", "raw", "expected"),
    [
        (values.price, "$1,299.00", Decimal("1299.00")),
        (values.price, "1299 USD", Decimal("1299.00")),
        (values.price, "0", Decimal("0.00")),
        (values.whole, "15287.0", 15287),
        (values.capacity, "16 GB", 16),
        (values.capacity, "1TB", 1000),
        (values.capacity, "1.5 TB", 1500),
        (values.drives, "1TB SSD", [values.Drive(1000, "ssd")]),
        (values.drives, "512GB NVMe + 1 TB HDD", [values.Drive(512, "nvme"), values.Drive(1000, "hdd")]),
        (values.drives, "256 GB", [values.Drive(256, "unknown")]),
        (values.ddr, "LPDDR5X", "lpddr5x"),
        (values.ddr, "DDR4-3200", "ddr4"),
        (values.condition, "Refurbished", "refurb"),
        (values.condition, "Good - Refurbished", "refurb"),
        (values.medium, "sata_ssd", "sata_ssd"),
        (values.medium, "SATA SSD", "sata_ssd"),
        (values.medium, "SSD", "ssd"),
        (values.medium, "SATA HDD", "hdd"),
        (values.truth, "Yes", True),
    ],
)
def test_values(parse, raw, expected) -> None:
    assert parse(raw) == expected


@pytest.mark.parametrize(
    ("parse", "raw"),
    [
        (values.price, "abc"),
        (values.price, "-5"),
        (values.price, "9" * 40),
        (values.whole, "1.5"),
        (values.whole, "nan"),
        (values.whole, "1e400"),
        (values.capacity, "GB"),
        (values.capacity, "0.3 GB"),
        (values.drives, "SSD"),
        (values.drives, "1TB + 1TB + 1TB"),
        (values.ddr, "fast"),
        (values.condition, "mint"),
        (values.day, "23.11.2026"),
        (values.truth, "maybe"),
        (values.marketplace, "craigslist"),
        (values.text, "a\x00b"),
    ],
)
def test_values_that_are_refused(parse, raw) -> None:
    with pytest.raises(ValueError, match=r"needed|large|NUL"):
        parse(raw)


@pytest.mark.parametrize(
    ("name", "integrated"),
    [
        ("Intel Iris Xe", True),
        ("Intel UHD Graphics 630", True),
        ("AMD Radeon Graphics", True),
        ("AMD Radeon 780M", True),
        ("AMD Radeon Vega 8", True),
        ("Apple M2 10-core", True),
        ("NVIDIA GeForce RTX 4060", False),
        ("AMD Radeon RX 6600M", False),
        ("Intel Arc A380", False),
    ],
)
def test_integrated_graphics_are_told_from_cards(name, integrated) -> None:
    assert values.is_integrated(name) is integrated


def test_a_row_becomes_a_listing_with_its_parts() -> None:
    report = load(
        "title,Price,condition,cpu_name,cpu_mark_multi,gpu_name,gpu_mark,ram_gb,ram_type,storage\n"
        "A small PC,$450.50,Used,Core i5-1240P,16900,Intel Iris Xe,2700,16 GB,DDR4,512GB NVMe + 1TB HDD\n",
        mapping={"Price": "price_usd"},
    )
    assert (report.created, report.rejected, report.created_cpus, report.created_gpus) == (1, 0, 1, 0)
    listing = Listing.objects.get()
    assert (listing.price_usd, listing.condition, listing.ram_gb) == (Decimal("450.50"), "used", 16)
    assert (listing.primary_storage_gb, listing.primary_storage_type) == (512, "nvme")
    assert (listing.secondary_storage_gb, listing.secondary_storage_type) == (1000, "hdd")
    assert (listing.cpu.cpu_mark_multi, listing.cpu.igpu_model, listing.cpu.igpu_mark) == (16900, "Intel Iris Xe", 2700)
    assert listing.gpu is None


def test_bad_rows_are_named_and_the_good_ones_go_in() -> None:
    report = load("title,price_usd,ram_gb\nGood one,10,8\nBad price,ten,8\nab,5,8\nToo much,5,9999\nGood two,,\n")
    assert (report.created, report.rejected) == (2, 3)
    assert [(error.line, error.column, error.value) for error in report.errors] == [
        (3, "price_usd", "ten"),
        (4, "title", "ab"),
        (5, "ram_gb", "9999"),
    ]


def test_a_title_is_made_of_the_parts() -> None:
    load("manufacturer,device_model,cpu_name,ram_gb,storage\nLenovo,M70q,Core i5,16,512GB NVMe\n")
    assert Listing.objects.get().title == "Lenovo M70q, Core i5, 16GB, NVMe 512GB"


@pytest.mark.parametrize(
    "text",
    [
        "title,vendor_item_id,marketplace,price_usd\nA machine,1,ebay,10\nAnother,2,ebay,20\n",
        "title,listing_url,price_usd\nA machine,https://example.com/1,10\nAnother,https://example.com/2,20\n",
        "title,price_usd\nA machine,10\nA machine,10\n",
    ],
    ids=["number", "address", "content, and twins"],
)
def test_importing_again_changes_nothing(text) -> None:
    assert load(text).created == 2
    before = list(Listing.objects.values())
    again = load(text)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)
    assert list(Listing.objects.values()) == before


def test_a_new_price_updates_the_offer() -> None:
    text = "title,vendor_item_id,price_usd\nA machine,1,{}\n"
    load(text.format(10))
    assert load(text.format(12)).updated == 1
    assert Listing.objects.get().price_usd == 12


def test_one_offer_twice_in_a_file_is_rejected() -> None:
    report = load("title,vendor_item_id\nA machine,1\nB machine,1\n")
    assert (report.created, report.errors[0].line, report.errors[0].column) == (1, 3, "vendor_item_id")


def test_a_known_part_keeps_its_marks_and_gains_what_was_unknown() -> None:
    Cpu.objects.create(name="core i5", cpu_mark_multi=9_000)
    load("title,cpu_name,cpu_mark_multi,cpu_mark_single\nA machine,Core i5,1,2500\n")
    cpu = Cpu.objects.get()
    assert (cpu.cpu_mark_multi, cpu.cpu_mark_single) == (9_000, 2_500)


def test_a_dry_run_changes_nothing() -> None:
    assert load("title,cpu_name\nA machine,Core\n", dry_run=True).created == 1
    assert not Listing.objects.exists()
    assert not Cpu.objects.exists()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b'title\n"never closed', "line 2"),
        (b"title\nabc\xff\n", "UTF-8"),
        (b"title,price_usd\nGood,1\nCut o", "cut off"),
        (b"title\n" + b"x" * 200_000, "field larger"),
    ],
)
def test_a_broken_file_is_refused_as_a_whole(raw, message) -> None:
    with pytest.raises(FileError, match=message):
        load(raw)
    assert not Listing.objects.exists()


def test_a_file_that_is_too_large_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(reader, "MAX_BYTES", 100_000)
    with pytest.raises(FileError, match="split it"):
        load("title\n" + "A machine of some kind\n" * 10_000)
    assert not Listing.objects.exists()


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"Prise": "price_usd"}, 'no column "Prise".*"Price"'),
        ({"Price": "price_us"}, '"price_us" is no column.*"price_usd"'),
        ({"Price": "title"}, "Two columns"),
    ],
)
def test_a_mapping_that_names_nothing_is_refused(mapping, message) -> None:
    with pytest.raises(MappingError, match=message):
        load("title,Price\nA machine,1\n", mapping=mapping)


def test_queries_do_not_grow_with_the_rows(django_assert_max_num_queries) -> None:
    rows = "".join(f"Machine {n},{n},CPU {n % 3},16\n" for n in range(400))
    with django_assert_max_num_queries(40):
        assert load("title,price_usd,cpu_name,ram_gb\n" + rows).created == 400


@pytest.mark.skipif(not NEWEGG_OFFERS.exists(), reason=MISSING)
def test_real_offers() -> None:
    with NEWEGG_OFFERS.open("rb") as file:
        report = import_listings(file=file, mapping=NEWEGG_MAP)
    assert (report.rows, report.created) == (4_023, 4_022)
    assert [(error.line, error.column, error.value) for error in report.errors] == [(1650, "ram_gb", "GB")]
    with NEWEGG_OFFERS.open("rb") as file:
        assert import_listings(file=file, mapping=NEWEGG_MAP).unchanged == 4_022

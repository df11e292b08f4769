"""One record at a time: what counts where columns and texts say different things, and what stays unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from catalog.recognition import Index
from imports.resolving import Catalog, CustomField
from imports.resolving.outcomes import Component, LeftOut, Offer, PartPrice, Refused, Where
from tests.imports.resolving.conftest import Resolve, Resolved
from tests.imports.resolving.test_cases import drives, flags, price, ram, sheet

CUSTOM = [
    CustomField("colour", "enum", ("Red", "Blue")),
    CustomField("size", "number"),
    CustomField("fast", "boolean"),
    CustomField("tags", "multi_select", ("a", "b")),
]


def cpu(found: Resolved) -> Any:
    return found.offer.cpu and found.offer.cpu.name


def seen(*looks: Callable[[Resolved], Any]) -> Callable[[Resolved], Any]:
    return lambda found: tuple(look(found) for look in looks)


def words(found: Resolved) -> Any:
    return found.offer.words


def fact(name: str) -> Callable[[Resolved], Any]:
    return lambda found: found.offer.text(name)


def row(header: str, cells: str) -> str:
    return sheet(f"title|price_usd|{header}", f"{cells}")


TITLE_COUNTS, COLUMN_COUNTS = "the title says Intel Core i7-8650U; the column counts", '"ram" counts'
SEVERAL_CPUS, SEVERAL_CARDS = "it has several processors", "it has several cards"

# (file, what is looked at, what it is)
OFFERS: list[tuple[str, Callable[[Resolved], Any], Any]] = [
    # columns first, and a text that says otherwise is flagged
    (row("cpu", "Dell i7-8650U|1|i5-8350U"), seen(cpu, flags), ("Intel Core i5-8350U", [TITLE_COUNTS])),
    (row("cpu", "Dell i7-8650U|1|Core i5 8th Gen"), seen(cpu, words), (None, {"cpu": "Core i5 8th Gen"})),
    (row("cpu", "Dell i7-8650U|1|Core i7 8th Gen"), seen(cpu, flags), ("Intel Core i7-8650U", [])),
    (row("cpu", "Dell 5490|1|i5-8350U / i7-8650U"), seen(cpu, flags), (None, ["it names several processors"])),
    (sheet("cpuFamily|cpuModel|price_usd|ram", "Core i5|8250U|1|8"), cpu, "Intel Core i5-8250U"),
    (
        row("cpu name|cpu", "Dell|1|i5-8350U|Intel i5-8250U"),
        flags,
        ['it is Intel Core i5-8250U, and "cpu name" says Intel Core i5-8350U'],
    ),
    (row("cpu", "HP Z840|1|2x Intel Xeon E5-2690 v3"), seen(cpu, flags), ("Intel Xeon E5-2690 v3", [SEVERAL_CPUS])),
    (row("cpu", "HP Z840|1|Intel Xeon E5-2690 v3 x2"), words, {"cpu": "Intel Xeon E5-2690 v3 x2"}),
    (sheet("title|price_usd", "HP Z840 Dual Xeon E5-2690 v3|1"), flags, [SEVERAL_CPUS]),
    (sheet("title|price_usd", "Dell 5490 Dual Core i5-8350U|1"), seen(words, flags), ({}, [])),
    (row("gpu", "Dell|1|RTX 3090, RTX 3090"), seen(words, flags), ({"gpu": "RTX 3090, RTX 3090"}, [SEVERAL_CARDS])),
    (sheet("title|price_usd", "Dell 2x RTX 3090|1"), seen(words, flags), ({"gpu": "2x RTX 3090"}, [SEVERAL_CARDS])),
    # a third drive
    (
        row("storage", "Dell 256GB SSD 1TB HDD 2TB HDD|1|256GB SSD + 1TB HDD"),
        seen(drives, words, flags),
        (
            [(256, "ssd"), (1000, "hdd")],
            {"drives": "256 GB ssd + 1000 GB hdd + 2000 GB hdd"},
            ["the title says 2000 GB hdd besides; a listing has two drives"],
        ),
    ),
    # memory
    (
        row("ram", "Dell 16GB DDR4 512GB SSD|1|8 GB"),
        seen(ram, lambda found: [flag.message[-12:] for flag in found.offer.flags]),
        ({"total_capacity_gb": 8}, [COLUMN_COUNTS]),
    ),
    (row("ram", "Dell 8GB DDR4 512GB SSD|1|8 GB"), ram, {"total_capacity_gb": 8, "ddr_generation": "ddr4"}),
    (
        row("ram|ram type|ram speed", "Dell|1|16|DDR4-3200|2666 MHz"),
        ram,
        {"total_capacity_gb": 16, "ddr_generation": "ddr4", "speed_mhz": 2666},
    ),
    (
        row("ram|ram modules", "Dell|1|16|2"),
        ram,
        {"total_capacity_gb": 16, "module_count": 2, "capacity_per_module_gb": 8},
    ),
    (row("ram", "Dell|1|4+8GB"), ram, {"total_capacity_gb": 12, "module_count": 2}),
    (row("ram", "Dell|1|up to 32GB"), seen(ram, words), (None, {"ram": "up to 32GB"})),
    (row("ram_gb", "Dell|1|lots"), seen(ram, flags), (None, ["it is no size of memory, such as 16 GB"])),
    (row("ram (MB)", "Dell|1|16384"), ram, {"total_capacity_gb": 16}),
    (row("ram_gb", "Dell|1|2x16"), ram, {"total_capacity_gb": 32, "module_count": 2, "capacity_per_module_gb": 16}),
    # graphics
    (
        row("cpu|gpu", "Dell|1|i7-8650U|AMD Radeon Graphics"),
        seen(words, lambda found: found.offer.cpu.fields),
        ({"gpu": "AMD Radeon Graphics"}, {}),
    ),
    (row("cpu|gpu", "Dell|1|i7-8650U|Integrated"), lambda found: found.offer.cpu.fields, {}),
    (
        row("cpu|gpu|gpu mark", "Dell|1|i7-8650U|UHD 620|926"),
        lambda found: found.offer.cpu.fields,
        {"igpu_model": "Intel UHD 620", "igpu_mark": 926},
    ),
    (row("cpu|gpu", "Dell|1|Ryzen AI 9 365|880M"), lambda found: found.offer.gpu, None),
    # drives
    (row("storage", "Dell 16GB 256GB SSD + 1TB HDD|1|256 GB"), drives, [(256, "ssd"), (1000, "hdd")]),
    (row("storage", "Dell 256GB NVMe SSD|1|256 GB SSD"), drives, [(256, "nvme")]),
    (
        row("storage", "Dell 512GB SSD|1|256 GB SSD"),
        seen(drives, flags),
        ([(256, "ssd")], ['the title says 512 GB ssd; "storage" counts']),
    ),
    (row("storage type", "Dell 16GB 512GB|1|SSD"), drives, [(512, "ssd")]),
    (
        row("storage type", "Dell 16GB 500GB SSD|1|HDD"),
        seen(drives, flags),
        ([(500, "hdd")], ['a text says 500 GB ssd; "storage type" counts']),
    ),
    (
        row("storage gb|storage type", "Dell 128 SSD+1TB HDD|1|128+1Tb|SATA SSD"),
        drives,
        [(128, "sata_ssd"), (1000, "hdd")],
    ),
    (row("ssd|hdd", "Dell|1|256 GB|1 TB"), drives, [(256, "ssd"), (1000, "hdd")]),
    (row("hdd|ssd", "Dell|1|1 TB|16GB"), drives, [(1000, "hdd"), (16, "ssd")]),  # a cache is no main drive
    (row("hdd1Size|hdd1Type|hdd2Size|hdd2Type", "Dell|1|1TB|HDD|256|SSD"), drives, [(256, "ssd"), (1000, "hdd")]),
    (
        sheet(
            "title|price_usd|primary_storage_gb|primary_storage_type|secondary_storage_gb|secondary_storage_type",
            "Dell|1|1000|hdd|256|ssd",
        ),
        drives,
        [(1000, "hdd"), (256, "ssd")],
    ),
    (row("storage", "Dell|1|256GB/512GB"), seen(drives, flags), ([], ["it names several sizes"])),
    # the others
    (row("os", "Dell Windows 10 Pro|1|Windows 10"), fact("os_license"), "Windows 10 Pro"),
    (
        row("brand|form factor", "Dell|1|LENOVO|Notebook/Laptop"),
        seen(fact("manufacturer"), fact("form_factor")),
        ("Lenovo", "laptop"),
    ),
    (row("status", "Dell|1|Live"), fact("status"), "active"),
    (
        sheet("title|price_usd|condition", "Dell|1|dunno", *["HP 15|1|used"] * 4),
        lambda found: (found.outcomes[0].text("condition"), found.outcomes[0].words),
        ("", {"condition": "dunno"}),
    ),
    (
        row("platform|item id|url", "Dell|1|eBay UK|7|https://www.ebay.co.uk/itm/184180333682?_trksid=p1"),
        seen(fact("marketplace"), fact("vendor_item_id"), fact("listing_url"), words),
        ("ebay", "184180333682", "https://www.ebay.co.uk/itm/184180333682", {"id": "7"}),
    ),
    (row("screen|seller", 'Dell 15.6"|1|39.6 cm|Bob'), seen(words, fact("seller")), ({"screen_in": "15.6"}, "Bob")),
    (
        row("seller|condition|ram", "Dell|1|(clear)|(CLEAR)|(clear)"),
        lambda found: found.offer.cleared,
        frozenset(("seller", "condition", "memory")),
    ),
    # prices
    (
        sheet("title|price", "Dell|£539.00 to £649.00"),
        seen(price, flags),
        ((539, "GBP"), ["the price is the lowest of 539.00 to 649.00"]),
    ),
    (sheet("title|price", "Dell|£0", "HP 15|£1"), lambda found: found.outcomes[0].price, None),
    (
        sheet("title|price", "Dell|£1", "HP 15|£1", "Acer|£2", "MSI|£3", "LG|call us"),
        lambda found: (found.outcomes[4].price, found.outcomes[4].flags[0].message),
        (None, "it is no price: the price stays unknown"),
    ),
    (
        sheet("title|price", "Dell|£1", "HP 15|£1", "Acer|£2", "MSI|£3", "LG|£1 or £2 or £3"),
        lambda found: [type(outcome) for outcome in found.outcomes],
        [Offer] * 4 + [Refused],
    ),
    (
        sheet("title|price|was", "Dell|£90|£120"),
        lambda found: [str(past.amount) for past in found.offer.history],
        ["120.00"],
    ),
    (
        sheet("title|price_usd", "Lot of 5 Dell Latitude 5490|500"),
        seen(price, lambda found: found.offer.quantity, flags),
        ((100, "USD"), 5, ["5 machines for one price"]),
    ),
    (
        sheet("title|price_usd", "Job lot Dell Latitude laptops|500"),
        seen(price, flags),
        ((500, "USD"), ["it is of several machines, and how many is not certain"]),
    ),
    (
        sheet(
            "title|price_usd|price_original|currency|exchange_rate|rate_date|price_date",
            "Dell|110|100|EUR|1.1|2026-11-02|2026-11-03",
        ),
        lambda found: tuple(
            map(
                str,
                (
                    found.offer.price.amount,
                    found.offer.price.currency,
                    found.offer.price.day,
                    found.offer.price.usd,
                    found.offer.price.rate,
                    found.offer.price.rate_day,
                ),
            )
        ),
        ("100.00", "EUR", "2026-11-03", "110.00", "1.1", "2026-11-02"),
    ),
    # titles
    (
        sheet("brand|model|cpu|ram|price_usd", "HP|840 G5|i5-8350U|8|1"),
        fact("title"),
        "HP 840 G5, Intel Core i5-8350U, 8GB",
    ),
    (sheet("title|cpu|price_usd", "X|i5-8350U|1"), fact("title"), "X, Intel Core i5-8350U"),
    (sheet("title|price_usd", f"{'Dell ' * 60}|1"), lambda found: len(found.offer.text("title")), 255),
    # texts of names and values
    (
        sheet("title|price_usd|specs", "Dell 5490|1|CPU: i5-8350U; RAM: 8 GB; SSD: 256 GB; OS: Windows 11"),
        seen(cpu, ram, drives, fact("os_license")),
        ("Intel Core i5-8350U", {"total_capacity_gb": 8}, [(256, "ssd")], "Windows 11"),
    ),
]


@pytest.mark.parametrize(("content", "look", "expected"), OFFERS, ids=range(len(OFFERS)))
def test_offers(content: str, look: Callable[[Resolved], Any], expected: Any, resolve: Resolve) -> None:
    assert look(resolve(content)) == expected


@pytest.mark.parametrize(
    ("title", "columns", "reason"),
    [
        ("Dell Latitude E7440 LCD back cover", "|", "part"),
        ("Dell Latitude E7440 LCD back cover", "i5-4300U|8 GB", ""),  # its columns say that it is a machine
        ("Genuine Dell 65W AC adapter", "|", "accessory"),
        ("ThinkPad X1 Carbon G6 Mainboard i7-8550U 16GB", "i7-8550U|", "part"),
        ("Total", "i5-4300U|8 GB", "total"),
    ],
)
def test_what_is_left_out(title: str, columns: str, reason: str, resolve: Resolve) -> None:
    outcome = resolve(sheet("title|price_usd|cpu|ram", f"{title}|1|{columns}")).one
    assert (outcome.reason if isinstance(outcome, LeftOut) else "") == reason


def test_where_values_come_from(resolve: Resolve) -> None:
    found = resolve(sheet("title|price_usd|ram|seller", "Dell Latitude 5490 i5-8350U 256GB SSD, used|1|8|Bob")).offer
    assert found.cpu is not None
    assert found.memory is not None
    assert [found.cpu.where, found.memory.where, found.drives[0].where] == [Where.TITLE, Where.COLUMN, Where.TITLE]
    assert (found.facts["seller"].where, found.facts["seller"].header) == (Where.COLUMN, "seller")
    assert (found.facts["condition"].where, found.facts["condition"].header) == (Where.TITLE, "title")


@pytest.mark.parametrize(
    ("header", "cell", "expected"),
    [
        ("custom.colour", "red", {"colour": "Red"}),
        ("custom.colour", "green", None),
        ("custom.size", "1.5", {"size": 1.5}),
        ("custom.size", "1e400", None),
        ("custom.fast", "ja", {"fast": True}),
        ("custom.tags", '["a", "b"]', {"tags": ["a", "b"]}),
        ("custom.tags", "a; b", {"tags": ["a", "b"]}),
        ("custom.tags", "a, c", None),
        ("attributes", '{"colour": "Blue", "size": 2, "gone": 1}', {"colour": "Blue", "size": 2}),
        ("attributes", "[1]", None),
        ("attributes", '{"colour": "\\u0000"}', None),
        ("attributes", "[" * 5_000, None),
    ],
)
def test_custom_values(header: str, cell: str, expected: dict[str, Any] | None, resolve: Resolve) -> None:
    outcome = resolve(sheet(f"title|price_usd|{header}", f"Dell X1|1|{cell}"), catalog=Catalog(custom=CUSTOM)).one
    if expected is None:
        assert isinstance(outcome, Refused)
        assert outcome.problems[0].column == header
    else:
        assert {key: value.value for key, value in outcome.custom.items()} == expected


def test_components(resolve: Resolve) -> None:
    content = sheet("title|price_usd|components", 'Dell X1|1|[{"component_type": "WiFi", "name": "AX200"}]')
    assert resolve(content).offer.components == (Component("wifi", "AX200"),)
    assert isinstance(resolve(content.replace("WiFi", "wings")).one, Refused)
    assert resolve(sheet("title|price_usd", "Dell X1|1")).offer.components is None


def test_the_catalogs_name_letter_by_letter_is_meant(resolve: Resolve) -> None:
    catalog = Catalog(gpus=Index(["NVIDIA GeForce RTX 4070", "NVIDIA GeForce RTX 4070 Mobile"]))
    offer = resolve(sheet("title|price_usd|gpu", "Dell|1|nvidia geforce rtx 4070 mobile"), catalog=catalog).offer
    assert offer.gpu is not None
    assert (offer.gpu.name, offer.gpu.is_known) == ("NVIDIA GeForce RTX 4070 Mobile", True)


@pytest.mark.parametrize(
    ("content", "part", "fields"),
    [
        (
            sheet("name|price|speed|modules|cas_latency", "Corsair 32 GB|$94.99|5,6000|2,16|36"),
            "ram",
            {
                "total_capacity_gb": 32,
                "module_count": 2,
                "capacity_per_module_gb": 16,
                "ddr_generation": "ddr5",
                "speed_mhz": 6000,
            },
        ),
        (
            sheet(
                "name|price|capacity|type|cache|form_factor|interface",
                "Samsung 990 Pro|$149.99|2000|SSD|2048|M.2-2280|M.2 PCIe 4.0 X4",
            ),
            "drive",
            {"capacity_gb": 2000, "medium": "nvme", "interface": "M.2 PCIe 4.0 X4", "form_factor": "M.2-2280"},
        ),
        (
            sheet(
                "name|price|capacity|type|cache|form_factor|interface", "WD Blue|$49.99|2000|7200|256|3.5|SATA 6.0 Gb/s"
            ),
            "drive",
            {"capacity_gb": 2000, "medium": "hdd", "interface": "SATA 6.0 Gb/s", "form_factor": "3.5"},
        ),
        (
            sheet("name|price|chipset|memory|core_clock", "MSI Ventus|$299.97|GeForce RTX 3060 12GB|12|1320"),
            "gpu",
            {"gpu_name": "NVIDIA GeForce RTX 3060", "memory_gb": 12},
        ),
    ],
)
def test_part_prices(content: str, part: str, fields: dict[str, Any], resolve: Resolve) -> None:
    outcome = resolve(content).one
    assert isinstance(outcome, PartPrice)
    assert (outcome.part, outcome.price.currency, outcome.fields) == (part, "USD", fields)

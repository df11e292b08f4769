"""The smallest inputs that went wrong, from the file to the outcome, one table."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from catalog.recognition import Index
from imports.resolving import Catalog, Said
from imports.resolving.outcomes import LeftOut, Offer, PartMarks, Refused
from tests.imports.resolving.conftest import Resolve, Resolved

USD = Said(currency="USD")


def sheet(header: str, *rows: str) -> str:
    """A CSV text of cells that are parted by `|`; ⏎ is a line end within a cell."""
    out = io.StringIO()
    for row in (header, *rows):
        csv.writer(out).writerow(row.replace("⏎", "\n").split("|"))
    return out.getvalue()


def price(found: Resolved) -> Any:
    stated = found.offer.price
    return stated and (stated.amount, stated.currency)


def asked(found: Resolved) -> Any:
    return found.asked


def ram(found: Resolved) -> Any:
    return found.offer.memory and found.offer.memory.fields


def drives(found: Resolved) -> Any:
    return [(drive.fields["capacity_gb"], drive.fields.get("medium", "")) for drive in found.offer.drives]


def fact(name: str) -> Callable[[Resolved], Any]:
    return lambda found: found.offer.text(name)


def parts(found: Resolved) -> Any:
    offer = found.offer
    return (
        offer.cpu and offer.cpu.name,
        offer.cpu and offer.cpu.fields.get("igpu_model"),
        offer.gpu and offer.gpu.name,
    )


def flags(found: Resolved) -> Any:
    return [flag.message.partition(":")[0] for flag in found.offer.flags]


def kinds(found: Resolved) -> Any:
    return [type(outcome) for outcome in found.outcomes]


def left_out(found: Resolved) -> Any:
    return [(outcome.reason, outcome.title) for outcome in found.outcomes if isinstance(outcome, LeftOut)]


def problems(found: Resolved) -> Any:
    return [(outcome.problems[0].column, type(outcome)) for outcome in found.outcomes if isinstance(outcome, Refused)]


def money(cell: str, header: str = "price") -> str:
    return sheet(f"title|{header}", f"Dell Latitude 5490|{cell}")


def size(column: str, cell: str) -> str:
    return sheet(f"title|price|{column}", f"Dell Latitude 5490|100|{cell}")


def cell(column: str, text: str, beside: str = "") -> str:
    return sheet(f"title|price_usd|{column}{'|cpu_name' if beside else ''}", f"Dell X|100|{text}|{beside}".rstrip("|"))


I7, VEGA = "Intel Core i7-7500U", "AMD Ryzen 7 5800H"
VARIANTS = ["it names several sizes"]

# (id, file, what was said, what is looked at, what it is)
CASES: list[tuple[str, str, Said | None, Callable[[Resolved], Any], Any]] = [
    ("F01", sheet("title|cpu_name|listing_url", "Good title|Ghost CPU 9|not-a-url"), None, problems,
     [("listing_url", Refused)]),
    ("F03", sheet("gpu_name", "GeForce RTX 4050"), None, kinds, [PartMarks]),
    ("F09", sheet("title|price_usd|item id", "Dell A|1|225566778899", "Dell A|1|225566778899.0"), None,
     lambda found: [offer.text("vendor_item_id") for offer in found.outcomes], ["225566778899"] * 2),
    ("F09", sheet("title|price_usd|item id", "Dell A|1|2.25567E+11"), None, problems, [("item id", Refused)]),
    ("F14", money("1.800", "preço") + "Dell B,2.100\n", None, asked, ["decimal_sign:1", "currency"]),
    ("F14", money("1.800", "preço (R$)"), None, price, (1800, "BRL")),
    ("F15", money("34,95"), Said(currency="EUR"), price, (Decimal("34.95"), "EUR")),
    ("F17", money("1.299"), USD, asked, ["decimal_sign:1"]),
    ("F17", money("1.299") + "Dell B,19.95\n", USD, lambda found: found.outcomes[0].price.amount, Decimal("1.30")),
    ("F19", money("£199.80"), None, price, (Decimal("199.80"), "GBP")),
    ("F21", money("34.999 TL"), None, price, (34999, "TRY")),
    ("F24", sheet("title|currency_code|price", "Dell|PKR|25,000.00"), None, price, (25000, "PKR")),
    ("F25", money("1339.69", "Price_euros"), None, price, (Decimal("1339.69"), "EUR")),
    ("F26", money("US $1,299.00"), None, price, (1299, "USD")),
    ("F28", size("ram_gb", "2 x 8GB"), None, ram,
     {"total_capacity_gb": 16, "module_count": 2, "capacity_per_module_gb": 8}),
    ("F30", size("primary_storage_gb", "1,5TB"), None, drives, [(1500, "")]),
    ("F31", size("primary_storage_gb", "1.000 GB"), None, drives, [(1000, "")]),
    ("F32", size("primary_storage_gb", "1 To"), None, drives, [(1000, "")]),
    ("F34", size("ram_gb", "512 MB"), USD, lambda found: (ram(found), flags(found)),
     (None, ["memory is a whole number of GB from 1 to 2,048"])),
    ("F36", size("ram_gb", "8GB|16GB|32GB").replace("8GB,16GB,32GB", "8GB|16GB|32GB"), USD,
     lambda found: (ram(found), flags(found)), (None, VARIANTS)),
    ("F38", size("primary_storage_gb", "128+1Tb"), None, drives, [(128, ""), (1000, "")]),
    ("F39", size("ram_gb", "-"), USD, lambda found: (ram(found), flags(found)), (None, [])),
    ("F40", sheet("title|price|ram_gb|hdd|ssd", "Dell|100|N/A|HDD Yok|Not Applicable"), USD,
     lambda found: (ram(found), drives(found), flags(found)), (None, [], [])),
    ("F41", cell("storage", "SSD 512GB"), None, drives, [(512, "ssd")]),
    ("F42", cell("storage", "HDD 1TB (7200rpm)⏎SSD 128GB"), None, drives, [(128, "ssd"), (1000, "hdd")]),
    ("F45", cell("storage", "2x512GB SSD"), None, drives, [(512, "ssd"), (512, "ssd")]),
    ("F47", sheet("title|price_usd|storage gb|storage type", "Dell|100|512|PCI Express 4.0"), None, drives,
     [(512, "nvme")]),
    ("F49", cell("storage", "128GB Flash Storage"), None, drives, [(128, "ssd")]),
    ("F51", sheet("title|price_usd|storage", "Dell|1|1 To SSD", "HP 15|1|256 Go SSD"), None,
     lambda found: [offer.drives[0].fields["capacity_gb"] for offer in found.outcomes], [1000, 256]),
    ("F52", cell("condition", "Renewed"), None, fact("condition"), "refurb"),
    ("F53", cell("condition", "Like New"), None, fact("condition"), "used"),
    ("F56", cell("condition", "Opened - never used"), None, fact("condition"), "new"),
    ("F58", cell("condition", "For parts or not working"), None,
     lambda found: (found.offer.text("condition"), found.offer.text("status"), flags(found)),
     ("", "archived", ["for parts, or not working"])),
    ("F60", money("$100"), None, lambda found: (found.offer.text("condition"), len(found.study.notes())), ("", 1)),
    ("F61", cell("gpu_name", "AMD Radeon R5 M430", I7), None, parts, (I7, None, "AMD Radeon R5 M430")),
    ("F62", cell("gpu_name", "AMD Radeon RX Vega 8 (Integrada)⏎NVIDIA GeForce RTX 3080 (16 GB)", VEGA), None, parts,
     (VEGA, "AMD Radeon RX Vega 8", "NVIDIA GeForce RTX 3080")),
    ("F64", cell("gpu_name", "Radeon RX Vega 56", I7), None, parts, (I7, None, "AMD Radeon RX Vega 56")),
    ("F65", cell("gpu_name", "Radeon R9 290X", I7), None, parts, (I7, None, "AMD Radeon R9 290X")),
    ("F67", sheet("title|price_usd|cpu_name", *(f"Dell|1|{name}" for name in (
        "i5-8500T", "Core i5 8500T", "Intel(R) Core(TM) i5-8500T CPU @ 2.10GHz", "Intel Core i5-8500T"))), None,
     lambda found: {offer.cpu.name for offer in found.outcomes}, {"Intel Core i5-8500T"}),
    ("F69", sheet("title|price_usd|cpu_name", "Dell|1|Intel Core i7 8th Gen.", "HP 15|1|i7", "Acer i7-8650U|1|Intel"),
     None,
     lambda found: [(offer.cpu and offer.cpu.name, offer.words.get("cpu")) for offer in found.outcomes],
     [(None, "Intel Core i7 8th Gen."), (None, "i7"), ("Intel Core i7-8650U", None)]),
    ("F72", sheet("CPU Name|CPU Mark|TDP (W)", "Intel A|0|4.5", "Intel B|NA|0", "Intel C|1|NA"), None,
     lambda found: [part.fields for part in found.outcomes], [{"tdp_w": 5}, {}, {"cpu_mark_multi": 1}]),
    ("F73", sheet("CPU Name|CPU Mark", "Intel A1|100", "Intel A1|200"), None,
     lambda found: [(part.fields, [flag.message for flag in part.flags]) for part in found.outcomes],
     [({"cpu_mark_multi": 100}, []), ({}, ["Intel A1 has 100 at line 2: that counts"])]),
    ("F86", sheet("title|price usd", "Dell|100"), None, price, (100, "USD")),
    ("F87", sheet("|".join(["ram_gb", *(f"x{n}" for n in range(29))]), "|".join(["8GB", *["1"] * 29])), None, asked,
     ["columns"]),
    ("F88", sheet("title|price", "Dell|$100", "Total|$100"), None, left_out, [("total", "Total")]),
    ("F89", sheet("title|price", "Dell|$100", "Shop on eBay|$20.00"), None, left_out,
     [("placeholder", "Shop on eBay")]),
    ("F90", sheet("title|price|condition", "Dell E7240 for parts|$10|Used"), None,
     lambda found: (found.offer.text("condition"), found.offer.text("status"), flags(found)),
     ("used", "archived", ["for parts, or not working"])),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "said", "look", "expected"),
    [case[1:] for case in CASES],
    ids=[f"{case[0]}-{place}" for place, case in enumerate(CASES)],
)
def test_cases(
    content: str, said: Said | None, look: Callable[[Resolved], Any], expected: Any, resolve: Resolve
) -> None:
    assert look(resolve(content, said=said)) == expected


def test_one_processor_by_all_its_spellings_is_the_catalogs(resolve: Resolve) -> None:
    catalog = Catalog(cpus=Index(["Core i5 8500T"]))
    found = resolve(sheet("title|price_usd|cpu_name", "Dell|1|i5-8500T @ 2.10GHz"), catalog=catalog)
    assert found.offer.cpu is not None
    assert (found.offer.cpu.name, found.offer.cpu.is_known) == ("Core i5 8500T", True)
    assert isinstance(found.one, Offer)

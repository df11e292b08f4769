"""What columns mean, in eight languages, by header and by content; and what a file is about."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest

from imports.headers import ValueKind, _index
from imports.mapping import IGNORED, FileKind, guess, header_key
from imports.mapping.content import share
from imports.reading import Column, detect
from imports.values.dates import DayOrder, OrderState
from tests.samples import FOLDER, MISSING

IMPORTS = FOLDER / "imports"


def columns(text: str) -> list[Column]:
    header, *rows = csv.reader(io.StringIO(text))
    return [
        Column(place, name, tuple(row[place] for row in rows if row[place].strip()))
        for place, name in enumerate(header)
    ]


def taken(text: str) -> dict[str, str]:
    return {item.header: item.column for item in guess(columns(text)).guesses}


@pytest.mark.parametrize(
    "headers",
    [
        "title,price,condition,cpu,ram,storage,brand,os",
        "Titel,Preis,Zustand,Prozessor,Arbeitsspeicher,Festplatte,Marke,Betriebssystem",
        "Titre,Prix,État,Processeur,Mémoire vive,Stockage,Marque,Système d'exploitation",
        "Título,Precio,Condición,Procesador,Memoria RAM,Disco duro,Marca,Sistema operativo",
        "Título,Preço,Condição,Processador,Memória,Armazenamento,Marca,Sistema operacional",
        "Tytuł,Cena,Stan,Procesor,Pamięć RAM,Dysk twardy,Producent,System operacyjny",
        "Ürün Adı,Fiyat,Ürün durumu,İşlemci,Bellek,Depolama,Marka,İşletim Sistemi",
        "Название,Цена,Состояние,Процессор,Оперативная память,Накопитель,Бренд,Операционная система",
    ],
)
def test_eight_languages(headers: str) -> None:
    row = "A laptop of some kind,100,used,Intel i5-8500T,16 GB,512 GB SSD,Dell,Windows 11"
    assert list(taken(f"{headers}\n{row}\n").values()) == [
        *("title", "price", "condition", "cpu_name", "ram_gb", "storage", "manufacturer", "os_license"),
    ]


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("price usd", "price_usd"),
        ("Price USD", "price_usd"),
        ("Price_euros", "price"),
        ("Price (GBP)", "price"),
        ("cpuModel", "cpu_name"),
        ("hdd1Size", "primary_storage_gb"),
        ("Item No.", "vendor_item_id"),
        ("RRP", "price_was"),
        ("Postage", IGNORED),
        ("what is this", ""),
        ("Prix TTC", "price"),
        # Paths in documents: what holds everything, and what holds one value, say nothing.
        ("price.value", "price"),
        ("item.price.value", "price"),
        ("product.specs.price", "price"),
        ("seller.rating.price", ""),
    ],
)
def test_headers(header: str, column: str) -> None:
    assert taken(f"title,{header}\nA,100\n")[header] == column


def test_cells_of_another_kind_take_a_header_back() -> None:
    found = guess(columns("title,price,condition\nA,call us,blue\nB,ask,green\n")).guesses
    assert [item.column for item in found] == ["title", "", ""]
    assert "its cells do not" in found[1].reason
    assert not found[1].is_automatic
    assert not found[1].is_suggested


def test_confidence_is_automatic_suggested_or_none() -> None:
    title, item, other = guess(columns("title,State,Lap\nA,used,x\nB,new,y\n")).guesses
    assert (title.is_automatic, item.is_automatic, other.column) == (True, True, "")
    weak = guess(columns("Year,price\nA,1\n")).guesses[0]
    assert (weak.column, weak.is_automatic) == ("", False)
    product = guess(columns("Product,price\nDell,1\nHP,2\n")).guesses[0]
    assert (product.column, product.is_suggested, product.is_automatic) == ("title", True, False)


def test_content_alone_is_suggested_at_most() -> None:
    text = "a,b,c\n" + "".join(
        f"Dell Latitude 74{n}0 laptop with dock and bag,£{n}9.00,https://example.com/{n}\n" for n in range(5)
    )
    found = guess(columns(text))
    assert [item.column for item in found.guesses] == ["title", "price", "listing_url"]
    assert all(item.is_suggested for item in found.guesses)
    assert found.kind is FileKind.LISTINGS


def test_was_and_now() -> None:
    assert taken("title,price,today\nA,100,90\n") == {"title": "title", "price": "price_was", "today": "price"}
    assert taken("title,was,now\nA,100,90\n") == {"title": "title", "was": "price_was", "now": "price"}
    assert taken("title,price,sale\nA,100,90\n")["price"] == "price"


def test_one_column_is_taken_once() -> None:
    found = guess(columns("title,CPU,CPU Name\nA,i5,Intel Core i5-8500T\n")).guesses
    assert [item.column for item in found] == ["title", "", "cpu_name"]
    assert "already" in found[1].reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Most used public file of notebooks: "Memory" is the drive, whichever of the two comes first.
        ("title,Ram,Memory\nA,8GB,128GB SSD\nB,16GB,1.0TB Hybrid\n", ["title", "ram_gb", "storage"]),
        ("title,Memory,Ram\nA,128GB Flash Storage,8GB\nB,256GB SSD +  1TB HDD,16GB\n", ["title", "storage", "ram_gb"]),
        ("title,Memory\nA,128GB SSD\n", ["title", "storage"]),
        ("title,Memory\nA,8GB DDR4\n", ["title", "ram_gb"]),
        # Cells that say "none" in any of the languages are no cells of another kind.
        ("Titel,Festplatte\nA,512 GB SSD\nB,ohne\nC,sans\n", ["title", "storage"]),
        # A status is a condition where its cells are.
        ("title,Status\nA,New\nB,Refurbished\n", ["title", "condition"]),
        ("title,Status\nA,active\nB,sold\n", ["title", "status"]),
        # Beside a maker a product of a word or two is the model; a whole title stays one.
        ("Company,Product,Price\nApple,MacBook Pro,9\nHP,250 G6,8\n", ["manufacturer", "device_model", "price"]),
        (
            "Company,Product,Price\n" + "".join(f"Dell,Dell OptiPlex 70{n}0 Micro i5-8500T,9\n" for n in range(3)),
            ["manufacturer", "title", "price"],
        ),
        # A column of machines by their names, under a header that nobody knows.
        (
            "Asset,CPU,Ask\n" + "".join(f"Dell OptiPlex 70{n}0,i5-8500T,$9\n" for n in range(3)),
            ["title", "cpu_name", "price"],
        ),
    ],
)
def test_headers_that_mean_several_things(text: str, expected: list[str]) -> None:
    assert list(taken(text).values()) == expected


def test_the_second_meaning_of_a_header_is_confirmed_by_a_person() -> None:
    found = guess(columns("title,RAM,Memory\nA,8GB,256\nB,16GB,512\n")).guesses[2]
    assert (found.column, found.is_suggested, found.is_automatic) == ("storage", True, False)


def test_prices_of_days() -> None:
    found = guess(columns("title,price,08/12/21,13/12/21,02/01/22\nA,100,1,2,3\n"))
    assert [(item.position, item.day) for item in found.dated] == [
        *((2, date(2021, 12, 8)), (3, date(2021, 12, 13)), (4, date(2022, 1, 2))),
    ]
    assert [item.column for item in found.guesses] == ["title", "price", *[IGNORED] * 3]


def test_days_that_could_be_months_are_asked_about() -> None:
    text = columns("title,price,08/12/21,09/12/21,10/11/21\nA,100,1,2,3\n")
    found = guess(text)
    assert (found.order.state, found.dated) == (OrderState.UNDECIDED, ())
    assert guess(text, DayOrder.MONTH_FIRST).dated[0].day == date(2021, 8, 12)


@pytest.mark.parametrize(
    ("text", "kind", "sufficient"),
    [
        ("name,CPU Mark,Thread Mark,Price\nIntel Core i5-8500T,1,2,3\n", FileKind.CPUS, True),
        ("CPU Name,CPU Mark\nIntel Core i5-8500T,1\n", FileKind.CPUS, True),
        ("name,cores,threads,tdp\nIntel Core i5-8500T,6,6,35\n", FileKind.CPUS, True),
        ("Videocard Name,G3D Mark,Price\nGeForce RTX 4050,1,2\n", FileKind.GPUS, True),
        ("gpu_name\nGeForce RTX 4050\n", FileKind.GPUS, True),
        ("name,price,capacity,interface\nSamsung 990 Pro,149.99,2000,NVMe\n", FileKind.PART_PRICES, True),
        ("title,price,cpu,ram\nA,1,i5,8\n", FileKind.LISTINGS, True),
        ("CPU,RAM,Storage,CPU Mark,Price\ni5-8500T,8 GB,256 GB,100,300\n", FileKind.LISTINGS, True),
        ("Brand,Model,RAM\nDell,7490,8 GB\n", FileKind.LISTINGS, True),
        ("ram_gb,x,y\n8,1,2\n", FileKind.UNKNOWN, False),
    ],
)
def test_kinds(text: str, kind: FileKind, sufficient: bool) -> None:
    found = guess(columns(text))
    assert (found.kind, found.is_sufficient) == (kind, sufficient)


def test_a_list_of_processors_has_no_offers() -> None:
    found = taken(
        "name,manufacturer,CPU Mark,Thread Mark,Price(USD),Category\nIntel Core i5-8500T,Intel,1,2,3,Desktop\n"
    )
    assert not {"title", "price", "price_usd", "manufacturer"} & set(found.values())
    assert found["name"] == "cpu_name"


def test_no_header_surely_means_two_things() -> None:
    clashes = {key: names for key, names in _index().items() if sum(sure for _, sure in names) > 1}
    assert clashes == {}


def test_a_file_is_remembered_by_its_headers() -> None:
    assert header_key(["CPU Name", "Price", ""]) == header_key(["price", "cpu_name", "Price"])
    assert header_key(["a"]) != header_key(["b"])


def test_share() -> None:
    assert share(ValueKind.MONEY, ["1", "£2", "x", "-", "N/A"]) == pytest.approx(2 / 3)
    assert share(ValueKind.TEXT, ["x"]) is None
    assert share(ValueKind.MONEY, ["-"]) is None


# file -> kind, whether its rows can go in, and what must be found (all of it automatically)
OFFER = {"title", "price"}
MARKS = {"cpu_name", "cpu_mark_multi", "cpu_mark_single", "cpu_tdp_w"}
DRIVES = {"primary_storage_gb", "secondary_storage_gb", "primary_storage_type", "secondary_storage_type"}
REAL = {
    "all_in_ones_cl.csv": (FileKind.LISTINGS, {*OFFER, "price_was", "cpu_name", "ram_gb", "storage", "listing_url"}),
    "cpu_list_decimal_comma.csv": (FileKind.CPUS, MARKS),
    "cpu_list_decimal_dot.csv": (FileKind.CPUS, MARKS),
    "ebay_au.xlsx": (FileKind.LISTINGS, {*OFFER, "listing_url"}),
    "ebay_uk_sold_semicolon.csv": (FileKind.LISTINGS, {*OFFER, "price_date", "condition", "cpu_name", "ram_gb"}),
    "ebay_us_tracker.json": (FileKind.LISTINGS, {*OFFER, "condition", "storage", "ram_gb", "cpu_name"}),
    "laptops_gr.csv": (FileKind.LISTINGS, {*DRIVES, "cpu_family", "cpu_name", "ram_gb", "ram_type", "price"}),
    "laptops_pl.csv": (FileKind.LISTINGS, {*OFFER, "specs"}),
    "laptops_specs_in_text.xlsx": (FileKind.LISTINGS, {*OFFER, "specs"}),
    "notebooks_cl_price_history.csv": (FileKind.LISTINGS, {*OFFER, "cpu_name", "gpu_name", "ram_gb", "storage"}),
    "office_auction_pkr.csv": (FileKind.LISTINGS, {*OFFER, "currency", "cpu_name", "ram_gb", "primary_storage_type"}),
    "ssds_cl.csv": (FileKind.PART_PRICES, OFFER),
    "template_cpu.csv": (FileKind.CPUS, {"cpu_name", "cpu_cores", "cpu_mark_multi"}),
    "template_listing.csv": (FileKind.LISTINGS, {"title", "price_usd", "condition", "cpu_name", "ram_gb"}),
    "trade_in_uk.json": (FileKind.LISTINGS, {*OFFER, "vendor_item_id"}),
}


@pytest.mark.skipif(not IMPORTS.exists(), reason=MISSING)
@pytest.mark.parametrize("name", REAL)
def test_real_files(name: str) -> None:
    kind, wanted = REAL[name]
    found = guess(detect(Path(IMPORTS / name)).columns)
    assert (found.kind, found.is_sufficient) == (kind, True)
    assert {item.column for item in found.guesses if item.is_automatic} >= wanted

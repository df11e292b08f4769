"""A whole title; and no text, however hostile, that fails or takes long."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.recognition import (
    Index,
    part_key,
    read_cpu,
    read_drives,
    read_graphics,
    read_medium,
    read_memory,
    read_screen,
    read_state,
    read_system,
    recognise,
)
from catalog.recognition.texts import READ, fold, lower
from tests.benchmarks.titles import measure
from tests.samples import GOLD_TITLES, MISSING

KEYS = [
    "cpu",
    "gpu",
    "ram_gb",
    "ram_type",
    "storage",
    "screen_in",
    "os",
    "brand",
    "model",
    "form_factor",
    "condition",
    "flags",
]
NOTHING = {key: [] if key in ("storage", "flags") else None for key in KEYS}


def test_all_that_a_title_says() -> None:
    title = (
        'Lenovo ThinkPad P53 15.6" i7-9850H 32GB DDR4 1TB NVMe + 2TB HDD Quadro T2000 Win 11 Pro Refurbished Grade A'
    )
    assert recognise(title).as_dict() == {
        "cpu": "Intel Core i7-9850H",
        "gpu": "NVIDIA Quadro T2000",
        "ram_gb": 32,
        "ram_type": "ddr4",
        "storage": [[1000, "nvme"], [2000, "hdd"]],
        "screen_in": 15.6,
        "os": "Windows 11 Pro",
        "brand": "Lenovo",
        "model": "ThinkPad P53",
        "form_factor": "laptop",
        "condition": "refurb",
        "flags": ["grade:A"],
    }


@pytest.mark.parametrize(
    "title",
    [
        "Ноутбук Lenovo ThinkPad T480 i5-8250U 8 ГБ ОЗУ 256 ГБ SSD",
        "Ordinateur portable Lenovo ThinkPad T480 i5-8250U 8 Go RAM 256 Go SSD",
        "Portátil Lenovo ThinkPad T480 i5-8250U 8GB de RAM SSD 256GB",
        "Laptop Lenovo ThinkPad T480 i5-8250U 8GB pamięci 256GB dysk SSD",
        "Lenovo ThinkPad T480 i5-8250U 8GB Arbeitsspeicher 256GB SSD-Festplatte",
        "Dizüstü Lenovo ThinkPad T480 i5-8250U 8GB bellek 256GB SSD",
    ],
)
def test_one_offer_in_six_languages(title: str) -> None:
    assert {**recognise(title).as_dict(), "model": "ThinkPad T480"} == {
        **NOTHING,
        "cpu": "Intel Core i5-8250U",
        "ram_gb": 8,
        "storage": [[256, "ssd"]],
        "brand": "Lenovo",
        "model": "ThinkPad T480",
        "form_factor": "laptop",
    }


@pytest.mark.parametrize("title", ["", " ", "\x00", "Blue", "???", "2020", "a" * 300])
def test_nothing_is_invented(title: str) -> None:
    assert recognise(title).as_dict() == NOTHING


def test_the_catalogs_names_are_given_and_what_it_lacks_is_asked() -> None:
    cpus, gpus = Index(["Core i5 8365U @ 1.60GHz"]), Index(["GeForce RTX 3060 Laptop GPU"])
    found = recognise("Dell 8365U RTX 3060 8GB", cpus=cpus, gpus=gpus)
    assert (found.cpu, found.gpu, found.flags) == ("Core i5 8365U @ 1.60GHz", "GeForce RTX 3060 Laptop GPU", ())
    found = recognise("Dell i5-8365 RTX 3070 8GB", cpus=cpus, gpus=gpus)
    assert (found.cpu, found.gpu) == ("Intel Core i5-8365", "NVIDIA GeForce RTX 3070")
    assert found.flags == ("cpu_unknown", "gpu_unknown")
    assert found.cpu_match.nearest == ("Core i5 8365U @ 1.60GHz",)


def test_a_family_stays_as_words() -> None:
    assert recognise("Dell laptop Core i5 8th Gen 8GB").cpu_family == "Core i5"


def test_folding_keeps_places() -> None:
    text = "15,6” İdeaPad™ ‑ „8 GB“ №½ ﬁ 2х8 ГБ ×2"
    assert len(fold(text)) == len(lower(fold(text))) == len(text)


@pytest.mark.skipif(not GOLD_TITLES.exists(), reason=MISSING)
def test_titles_labelled_by_hand() -> None:
    tally = measure([json.loads(line) for line in GOLD_TITLES.read_text().splitlines()])
    for name in ("cpu", "ram_gb", "storage", "os"):
        assert tally.precision(name) >= 0.98, tally.remarks
        assert tally.recall(name) >= 0.93, tally.remarks


READERS = [
    recognise,
    read_cpu,
    read_graphics,
    read_memory,
    read_drives,
    read_medium,
    read_system,
    read_screen,
    read_state,
    part_key,
]
WORDS = [
    "i5",
    "i7-8650U",
    "Core",
    "2",
    "Duo",
    "Ryzen",
    "5",
    "PRO",
    "5500U",
    "Xeon",
    "E5-",
    "8GB",
    "16GB",
    "512",
    "SSD",
    "HDD",
    "NVMe",
    "1TB",
    "+",
    "/",
    "|",
    ",",
    "-",
    "x",
    "2x",
    "up",
    "to",
    "DDR4",
    "RAM",
    "RTX",
    "3060",
    "Ti",
    "Radeon",
    "R5",
    "M430",
    '15.6"',
    "inch",
    "Windows",
    "10",
    "Pro",
    "no",
    "OS",
    "for",
    "parts",
    "lot",
    "of",
    "5",
    "new",
    "like",
    "used",
    "Lenovo",
    "ThinkPad",
    "HP",
    "(",
    ")",
    "[",
    "]",
    "Gen",
    "8th",
    "@",
    "2.1GHz",
    "İ",
    "ß",
    "½",
    "х",
    "ГБ",
]


@given(st.text(max_size=200))
def test_no_text_fails(text: str) -> None:
    for reader in READERS:
        reader(text)


@given(st.lists(st.sampled_from(WORDS), max_size=40), st.sampled_from(["", " ", ", ", "/", "\n"]))
def test_no_heap_of_the_words_of_offers_fails(words: list[str], between: str) -> None:
    text = between.join(words)
    found = recognise(text).as_dict()
    assert list(found) == KEYS
    json.dumps(found)
    for reader in READERS:
        reader(text)


PIECES = [
    "8GB/",
    "8/16/32/",
    "1 x ",
    "i5 ",
    "i5-",
    "core i5 8th gen ",
    '15.6"',
    "(",
    "- ",
    "|",
    "ryzen 5 pro ",
    "radeon r",
    "no ",
    "windows ",
    "up to ",
    "8+",
    "SSD ",
    "ram ",
    "lot of ",
    "xeon e3-",
    "²",
    "é",
    "×",
    "99",
    " ",
    "\n",
    "_",
    "like new ",
    "for parts ",
    "e1-1200 ",
    "geforce rtx ",
    "İ",
    "1,5TB ",
    "hd ",
    "\t",
    "0",
    "new ",
    "x1e-80-100 ",
    "core 2 duo ",
    "5.",
    "athlon 64 x2 dual-core ",
    "😀",
    "\x00",
    "with/",
    "total ",
    "ddr4 3200mhz ",
    "128 SSD+",
    "no a b c charger ",
]


@pytest.mark.parametrize("piece", PIECES)
def test_ten_thousand_characters_are_read_in_no_time(piece: str) -> None:
    """Nothing is timed: a pattern that goes back and forth over such a text would not come to an end."""
    text = (piece * 10_000)[:10_000]
    for reader in READERS:
        reader(text)
    Index(["Intel Core i5-8365U"]).lookup(text)


def test_what_stands_far_behind_is_not_read() -> None:
    assert recognise(" " * READ + "8GB RAM").memory.gb is None

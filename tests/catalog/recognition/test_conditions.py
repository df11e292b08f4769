"""Condition and state, in eight languages, in cells and in titles."""

from __future__ import annotations

import pytest

from catalog.recognition import read_state, recognise

CELLS = [
    # English, with the phrases of market places
    ("New", "new"),
    ("Brand New", "new"),
    ("New (other)", "new"),
    ("Opened - never used", "new"),
    ("Open box", "new"),
    ("Like New", "used"),
    ("Used - Like New", "used"),
    ("Pre-owned", "used"),
    ("Used", "used"),
    ("Very good", "used"),
    ("Renewed", "refurb"),
    ("Seller refurbished", "refurb"),
    ("Excellent - Refurbished", "refurb"),
    ("Certified - Refurbished", "refurb"),
    ("Unused", "new"),
    ("1000", "new"),
    ("2500", "refurb"),
    ("3000", "used"),
    # German
    ("Neu", "new"),
    ("Neuwertig", "used"),
    ("wie neu", "used"),
    ("Gebraucht", "used"),
    ("Generalüberholt", "refurb"),
    # French
    ("Neuf", "new"),
    ("Comme neuf", "used"),
    ("d'occasion", "used"),
    ("Reconditionné", "refurb"),
    # Spanish
    ("Nuevo", "new"),
    ("Como nuevo", "used"),
    ("Segunda mano", "used"),
    ("Reacondicionado", "refurb"),
    # Portuguese
    ("Novo", "new"),
    ("Como novo", "used"),
    ("Seminovo", "used"),
    ("Recondicionado", "refurb"),
    # Polish
    ("Nowy", "new"),
    ("Jak nowy", "used"),
    ("Używany", "used"),
    ("Poleasingowy", "refurb"),
    # Turkish
    ("Sıfır", "new"),
    ("Yeni gibi", "used"),
    ("İkinci el", "used"),
    ("Yenilenmiş", "refurb"),
    # Russian
    ("Новый", "new"),
    ("Как новый", "used"),
    ("Б/у", "used"),
    ("Восстановленный", "refurb"),
    # nothing
    ("-", None),
    ("N/A", None),
    ("", None),
    (None, None),
    ("Grade B", None),
    ("Blue", None),
]


@pytest.mark.parametrize(("cell", "condition"), CELLS)
def test_a_cell(cell: str | None, condition: str | None) -> None:
    assert read_state(cell).condition == condition


TITLES = [
    ("Dell OptiPlex 3050 refurbished", "refurb"),
    ("Brand New Dell XPS 13", "new"),
    ("Dell XPS 13 like new", "used"),
    ("HP ProDesk 400 - NEW - 8GB", "new"),
    ("NEW Dell Latitude 5400", "new"),
    ("Dell Latitude 5400 with new battery", None),
    ("Dell Latitude 5400 new SSD 256GB", None),
    ("Dell Latitude 5400 Brand new battery", None),
    ("Dell Latitude 5400 never used charger", None),
    ("New listingDell Latitude 5400", None),
    ("2023 Newest HP Laptop 15", None),
    ("Dell Latitude 5400 excellent condition", None),
    ("Dell Latitude 5400 Grade A", None),
    ("Dell Latitude 5400 not refurbished", None),
]


@pytest.mark.parametrize(("title", "condition"), TITLES)
def test_a_title_says_its_condition_or_nothing(title: str, condition: str | None) -> None:
    assert recognise(title).condition == condition


FOR_PARTS = [
    "For parts or not working",
    "Dell Latitude 5400 spares or repairs",
    "Dell Latitude 5400 FAULTY",
    "Dell Latitude 5400 non-functional",
    "Dell Latitude 5400 defekt für Bastler",
    "Dell Latitude 5400 pour pièces",
    "Dell Latitude 5400 para piezas",
    "Dell Latitude 5400 com defeito",
    "Dell Latitude 5400 uszkodzony",
    "Dell Latitude 5400 arızalı",
    "Dell Latitude 5400 на запчасти",
    "Dell Latitude 5400 500GB hard drive - not working",
]


@pytest.mark.parametrize("text", FOR_PARTS)
def test_for_parts_is_a_flag_and_no_condition(text: str) -> None:
    assert recognise(text).condition is None
    assert "for_parts" in recognise(text).flags
    assert "for_parts" in read_state(text).flags


@pytest.mark.parametrize(
    "text",
    [
        "Dell Latitude 5400 touchpad not working",
        "Dell Latitude 5400 dead battery",
        "Dell Latitude 5400 no power supply",
        "Dell Latitude 5400 not faulty",
    ],
)
def test_one_part_that_does_not_work_is_not_the_machine(text: str) -> None:
    assert "for_parts" not in recognise(text).flags


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("Dell Latitude 5400 untested", "untested"),
        ("Dell Latitude 5400 cracked screen", "damaged"),
        ("Dell Latitude 5400 BIOS locked", "locked"),
        ("Dell Latitude 5400 open box", "open_box"),
        ("Dell Latitude 5400 READ DESCRIPTION", "read_description"),
        ("Dell Latitude 5400 as is", "as_is"),
        ("Dell Latitude 5400 Grade A", "grade:A"),
        ("Dell Latitude 5400 B-Ware", "grade:B"),
        ("HP 430 G5/i5-8250U/8GB Ram/250GB SSD/Windows 10/C", "grade:C"),
    ],
)
def test_flags(text: str, flag: str) -> None:
    assert flag in recognise(text).flags


@pytest.mark.parametrize(
    "text", ["Dell Latitude 5400 tested", "Dell Latitude 5400 no scratches", "Dell 5400 damaged box"]
)
def test_what_is_denied_is_no_flag(text: str) -> None:
    assert recognise(text).flags == ()

"""Graphics: cards by their full name; integrated ones, which are no cards, by a list of names."""

from __future__ import annotations

import pytest

from catalog.recognition import is_integrated, read_graphics, recognise

CARDS = [
    ("geforce rtx3060", "NVIDIA GeForce RTX 3060"),
    ("NVIDIA® GeForce RTX™ 4050", "NVIDIA GeForce RTX 4050"),
    ("RTX2080SUPER", "NVIDIA GeForce RTX 2080 Super"),
    ("GTX 1660Ti", "NVIDIA GeForce GTX 1660 Ti"),
    ("GeForce GTX 1650 Max-Q", "NVIDIA GeForce GTX 1650 Max-Q"),
    ("GeForce RTX 4070 Laptop GPU", "NVIDIA GeForce RTX 4070 Laptop GPU"),
    ("GeForce 1050 Ti", "NVIDIA GeForce GTX 1050 Ti"),
    ("GTX1060 6GB", "NVIDIA GeForce GTX 1060 6GB"),
    ("GeForce RTX 3060 6GB", "NVIDIA GeForce RTX 3060"),
    ("MX250", "NVIDIA GeForce MX250"),
    ("GeForce GT940MX", "NVIDIA GeForce 940MX"),
    ("Quadro T1000", "NVIDIA Quadro T1000"),
    ("T550", "NVIDIA T550"),
    ("K1100M", "NVIDIA Quadro K1100M"),
    ("Quadro RTX 4000", "NVIDIA Quadro RTX 4000"),
    ("RTX 4000 Ada", "NVIDIA RTX 4000 Ada"),
    ("RTX500", "NVIDIA RTX 500 Ada"),
    ("nVidia A2000", "NVIDIA RTX A2000"),
    ("Radeon RX Vega 56", "AMD Radeon RX Vega 56"),
    ("Radeon R9 290X", "AMD Radeon R9 290X"),
    ("AMD Radeon R5 M430", "AMD Radeon R5 M430"),
    ("RX5500M", "AMD Radeon RX 5500M"),
    ("Radeon RX 6800 XT", "AMD Radeon RX 6800 XT"),
    ("WX3200", "AMD Radeon Pro WX 3200"),
    ("Radeon Pro 560X", "AMD Radeon Pro 560X"),
    ("Radeon HD 8750M", "AMD Radeon HD 8750M"),
    ("Radeon 530", "AMD Radeon 530"),
    ("FirePro W4190M", "AMD FirePro W4190M"),
    ("Intel Arc A370M", "Intel Arc A370M"),
]


@pytest.mark.parametrize(("text", "name"), CARDS)
def test_cards(text: str, name: str) -> None:
    assert [card.name for card in read_graphics(text).cards] == [name]
    assert not is_integrated(text)


INTEGRATED = [
    ("UHD Graphics 620", "Intel UHD Graphics 620"),
    ("Intel HD 4400", "Intel HD 4400"),
    ("Intel Iris Xe Graphics", "Intel Iris Xe Graphics"),
    ("AMD Radeon RX Vega 8 (Integrada)", "AMD Radeon RX Vega 8"),
    ("Vega 11", "AMD Vega 11"),
    ("Radeon 780M", "AMD Radeon 780M"),
    ("Radeon R5 Graphics", "AMD Radeon R5 Graphics"),
    ("AMD Radeon HD 7640G", "AMD Radeon HD 7640G"),
    ("AMD Radeon Graphics", "AMD Radeon Graphics"),
    ("Intel Arc Graphics 140V", "Intel Arc Graphics 140V"),
]


@pytest.mark.parametrize(("text", "name"), INTEGRATED)
def test_integrated_graphics_are_no_cards(text: str, name: str) -> None:
    graphics = read_graphics(text)
    assert graphics.cards == ()
    assert graphics.integrated[0].name == name
    assert is_integrated(text)


@pytest.mark.parametrize("separator", ["\n", ", ", " + ", " / ", "; ", " and "])
def test_a_card_beside_integrated_graphics_is_kept(separator: str) -> None:
    graphics = read_graphics(f"AMD Radeon RX Vega 8 (Integrada){separator}NVIDIA GeForce RTX 3080 (16 GB)")
    assert [card.name for card in graphics.cards] == ["NVIDIA GeForce RTX 3080"]
    assert [one.name for one in graphics.integrated] == ["AMD Radeon RX Vega 8"]


@pytest.mark.parametrize("text", ["RTX", "GeForce", "Radeon", "NVIDIA Graphics", "Dedicated", "-", "none", "RTX..."])
def test_a_family_is_no_card(text: str) -> None:
    assert read_graphics(text).cards == ()


@pytest.mark.parametrize(
    "title", ["Lenovo ThinkStation P520 64GB", "Lenovo ThinkPad T500 4GB", "Toshiba Satellite P500", "iPhone A1466 MX"]
)
def test_numbers_of_machines_are_no_cards(title: str) -> None:
    assert recognise(title).gpu is None


def test_two_cards_are_a_choice() -> None:
    found = recognise("Gaming laptop RTX 3050 / RTX 4050 16GB 512GB SSD")
    assert found.gpu is None
    assert found.flags == ("gpu_variants",)

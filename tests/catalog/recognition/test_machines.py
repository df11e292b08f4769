"""Maker, model, form, screen and operating system."""

from __future__ import annotations

import pytest

from catalog.recognition import read_brand, read_screen, read_system, recognise

MACHINES = [
    ("Dell OptiPlex 7060 Micro i5-8500T 16GB", "Dell", "OptiPlex 7060", "mini"),
    ("HP EliteDesk 800 G4 SFF i5-8500", "HP", "EliteDesk 800 G4", "sff"),
    ("Lenovo ThinkCentre M720s Tower", "Lenovo", "ThinkCentre M720s", "tower"),
    ("Lenovo M920q i5-8500T", "Lenovo", "M920q", "mini"),
    ("Dell OptiPlex 7050 MFF i7-6700T", "Dell", "OptiPlex 7050 MFF", "mini"),
    ('Lenovo ThinkPad E14 3rd Gen 14" Ryzen 5 5500U', "Lenovo", "ThinkPad E14 Gen 3", "laptop"),
    ("ThinkPad X1 Carbon G9 9th Gen i7-1185G7", "Lenovo", "ThinkPad X1 Carbon Gen 9", "laptop"),
    ("Hewlett Packard ProBook 450 G8 laptop", "HP", "ProBook 450 G8", "laptop"),
    ("Dell Mobile Precision 3490 Ultra 7 165H laptop", "Dell", "Precision 3490", "laptop"),
    ("Microsoft Surface Laptop 3 i5", "Microsoft", "Surface Laptop 3", "laptop"),
    ("Microsoft Surface Pro 7 8GB", "Microsoft", "Surface Pro 7", "tablet"),
    ('Samsung Galaxy Book4 Pro 16"', "Samsung", "Galaxy Book4 Pro", "laptop"),
    ("MacBook Air M2 8GB 256GB", "Apple", "MacBook Air", "laptop"),
    ("Mac mini M2 8GB 256GB", "Apple", "Mac mini", "mini"),
    ("HP Z2 Mini G4 Xeon E-2176G", "HP", "Z2 Mini G4", "mini"),
    ("HP Elite Mini 800 G9 i7-12700T", "HP", "Elite Mini 800 G9", "mini"),
    ('Apple iMac 27" i5', "Apple", "iMac", "all-in-one"),
    ("Lenovo Yoga AIO 7 27ACH6", "Lenovo", "Yoga AIO 7 27ACH6", "all-in-one"),
    ("Beelink SER5 Mini PC Ryzen 7 5825U", "Beelink", "SER5", "mini"),
    ("HP 17-CD052/i7-9750H/8GB Ram", "HP", "17-CD052", None),
    ("HP t630 thin client", "HP", "t630", None),
    ("Dell PowerEdge R730 2x E5-2680 v4", "Dell", "PowerEdge R730", "server"),
    ("Gaming PC Ryzen 5 3600", None, None, "desktop"),
    ("Lot of 3 laptops Dell HP Lenovo", None, None, "laptop"),
    ("HP EliteBook 735 835 845 840 16GB", "HP", None, "laptop"),
]


@pytest.mark.parametrize(("title", "brand", "model", "form"), MACHINES)
def test_a_machine(title: str, brand: str | None, model: str | None, form: str | None) -> None:
    machine = recognise(title).machine
    assert (machine.brand, machine.model, machine.form_factor) == (brand, model, form)


def test_a_cell_of_makers() -> None:
    assert read_brand("HEWLETT  PACKARD") == "HP"
    assert read_brand("lenovo") == "Lenovo"
    assert read_brand("Nobody & Sons") is None
    assert read_brand(None) is None


SCREENS = [
    ('15.6"', 15.6),
    ("15,6”", 15.6),
    ('14""', 14.0),
    ("13.3''", 13.3),
    ("14``", 14.0),
    ("14 INCH", 14.0),
    ("17.3 Zoll", 17.3),
    ("15,6 cala", 15.6),
    ("15,6 дюйма", 15.6),
    ("39.6 cm", 15.6),
    ('39.6cm (15.6"")', 15.6),
    ("15.6", 15.6),
    ("14", 14.0),
    ('LED 14.0" (1920x1080) / 144 Hz', 14.0),
    ("1920 x 1080", None),
    ('2.5"', None),
    ("-", None),
    (None, None),
]


@pytest.mark.parametrize(("cell", "inches"), SCREENS)
def test_a_cell_of_screens(cell: str | None, inches: float | None) -> None:
    assert read_screen(cell) == inches


@pytest.mark.parametrize(
    ("title", "inches"),
    [
        ("Lenovo V15 15.6 FHD i5", 15.6),
        ("HP 14 Laptop FHD", 14.0),
        ("Dell XPS 15 laptop", None),
        ("HP ZBook 15 G3", None),
        ("Dell Latitude 2-in-1 laptop", None),
        ("Lenovo ThinkPad T480 14in i5", 14.0),
        ('Laptop 256GB SSD 2.5" bay', None),
        ("Apple MacBook macOS 13.3", None),
    ],
)
def test_a_screen_in_a_title(title: str, inches: float | None) -> None:
    assert recognise(title).screen_in == inches


SYSTEMS = [
    ("Windows 11 Pro", "Windows 11 Pro"),
    ("Windows 11 Home 64-bit", "Windows 11 Home"),
    ("Windows 10 Professional 64 bit", "Windows 10 Pro"),
    ("W10P", "Windows 10 Pro"),
    ("W11H", "Windows 11 Home"),
    ("Win 11P64", "Windows 11 Pro"),
    ("WIN10PRO64", "Windows 10 Pro"),
    ("Win. 10 Home", "Windows 10 Home"),
    ("wi10", "Windows 10"),
    ("Windows 8.1", "Windows 8.1"),
    ("Windows 7 Home Premium", "Windows 7 Home Premium"),
    ("Windows 10 IoT Enterprise", "Windows 10 IoT Enterprise"),
    ("Win XP", "Windows XP"),
    ("Ubuntu Linux", "Ubuntu"),
    ("Linux", "Linux"),
    ("Chrome OS", "ChromeOS"),
    ("FreeDOS", "FreeDOS"),
    ("DOS", "FreeDOS"),
    ("macOS Sonoma", "macOS Sonoma"),
    ("No OS", "none"),
    ("ohne Betriebssystem", "none"),
    ("sans OS", "none"),
    ("sin sistema operativo", "none"),
    ("bez systemu", "none"),
    ("без ОС", "none"),
    ("Windows 10/11", None),
    ("Windows", None),
    ("-", None),
    (None, None),
]


@pytest.mark.parametrize(("cell", "name"), SYSTEMS)
def test_a_cell_of_systems(cell: str | None, name: str | None) -> None:
    assert read_system(cell).name == name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Acer Chromebook 315 4GB", "ChromeOS"),
        ("Acer Chromebook 315 with Windows 11", "Windows 11"),
        ("Laptop Windows 10 + Office 2019 Pro", "Windows 10"),
        ("Laptop Windows 11 compatible 8GB", None),
        ("Portátil dos núcleos 8GB", None),
        ("Laptop W541 8GB", None),
        ("Laptop 256GB SSDWin10", "Windows 10"),
        ("MacBook Pro 13", None),
    ],
)
def test_a_system_in_a_title(title: str, name: str | None) -> None:
    assert recognise(title).system.name == name


def test_two_systems_are_a_choice() -> None:
    assert recognise("Laptop Windows 7 or Windows 10").flags == ("os_variants",)

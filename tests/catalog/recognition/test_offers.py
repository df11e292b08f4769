"""Lots, and what is no machine."""

from __future__ import annotations

import pytest

from catalog.recognition import Lot, recognise

LOTS = [
    ("Lot of 5 Dell Latitude 5490 laptops", Lot(5, True)),
    ("7X HP EliteBook 840 G5", Lot(7, True)),
    ("3 x Dell OptiPlex 3050", Lot(3, True)),
    ("Dell OptiPlex 3050 x 4", Lot(4, True)),
    ("Lot (2) Lenovo ThinkPad T480", Lot(2, True)),
    ("Lot 12 computers Dell", Lot(12, True)),
    ("Dell Latitude 5400 10 pcs", Lot(10, True)),
    ("Dell Latitude 5400 qty: 6", Lot(6, True)),
    ("5 Stück Dell Latitude 5400", Lot(5, True)),
    ("Job lot of laptops", Lot(None, False)),
    ("Lot 12: Dell Latitude 5400", None),  # the number of a lot at an auction
    ("Dell Latitude 5400", None),
    ("Laptop 2x8GB RAM", None),
    ("Laptop 4x 1.6GHz", None),
    ("HP Pavilion x360", None),
    ("Desktop AMD Athlon 64 X2", None),
]


@pytest.mark.parametrize(("title", "lot"), LOTS)
def test_a_lot(title: str, lot: Lot | None) -> None:
    found = recognise(title)
    assert found.lot == lot
    assert [flag for flag in found.flags if flag.startswith("lot")] == (
        [] if lot is None else [f"lot:{lot.count}" if lot.count else "lot"]
    )


NO_MACHINES = [
    ("Shop on eBay", "placeholder"),
    ("Total", "total"),
    ("Total: 96 items", "total"),
    ("Grand total 1,234.00", "total"),
    ("Summe", "total"),
    ("Итого", "total"),
    ("Dell Latitude E7450 motherboard i5-5300U", "part"),
    ("HP 250 G5 LCD cover AP1O2000430", "part"),
    ("ACER A315 FLAT FLEX CABLE LVDS", "part"),
    ("Placa base Lenovo T480", "part"),
    ("Genuine Dell keyboard Latitude 5400", "accessory"),
    ("Charger for HP laptop 65W", "accessory"),
    ("Laptop sleeve 15.6 inch for MacBook", "accessory"),
    ("Windows 10 install disk 64bit", "other"),
    ("Canon printer", "other"),
    ("Upgrade RAM from 16GB to 32GB", "other"),
    ("PS5 disc edition", "other"),
    ("NVIDIA GeForce RTX 3060 12GB graphics card", "other"),
    ('Dell P2419H 24" Monitor FHD IPS', "accessory"),
    ("Mini PC wall mount VESA bracket for NUC", "accessory"),
    # A part by itself: words that are said of it alone, or nothing that speaks for a machine.
    ("Samsung 970 EVO Plus 1TB NVMe M.2 SSD", "part"),
    ("WD Blue SN570 500GB NVMe", "part"),
    ('Toshiba 500GB 2.5" SATA HDD MQ01ABF050', "part"),
    ("Intel SSD 660p 1TB", "part"),
    ("256GB Solid State Drive", "part"),
    ("Seagate 2TB SATA", "part"),
    ("Crucial 16GB (2x8GB) DDR4 3200 SODIMM", "part"),
    ("HP 8GB DDR4 SODIMM 2400T PC4-19200", "part"),
    ("8GB Kingston laptop RAM DDR4", "part"),
    ("8 GB Arbeitsspeicher DDR3", "part"),
    ("Intel Core i7-9700K LGA1151 Desktop Processor", "part"),
    ("Ryzen 5 3600 AM4 CPU", "part"),
    ("i7-8700T SR3WX", "part"),
    ("ASUS TUF RTX 4070 12GB GPU", "part"),
    ("GeForce RTX 3060 Ti 8GB", "part"),
    # For a machine, and none.
    ("8GB RAM for Dell OptiPlex 7060 Micro", "part"),
    ("256GB SSD for MacBook Air 2015", "part"),
    ("Kingston 8GB DDR3 RAM for laptop", "part"),
]


@pytest.mark.parametrize(("title", "reason"), NO_MACHINES)
def test_what_is_no_machine_says_nothing_of_one(title: str, reason: str) -> None:
    found = recognise(title)
    assert found.not_a_machine == reason
    assert found.flags == (f"not_a_machine:{reason}",)
    facts = found.as_dict()
    assert [facts[name] for name in ("cpu", "gpu", "ram_gb", "os", "screen_in", "model")] == [None] * 6
    assert facts["storage"] == []


MACHINES = [
    "Dell Latitude 5400 without battery",
    "Dell Latitude 5400 laptop no charger",
    "LifeBook T725. No Charger! i5",
    "HP EliteBook 840 G5 w/power adapter",
    "Dell Latitude 5400 i5-8365U 8GB 256GB SSD keyboard German",
    "Lenovo IdeaPad Gaming 3 15ARH05 + Mouse",
    "Dell Inspiron 9400 2GB RAM NO HDD,CADDY",
    "HP Chromebook 14 laptop with 180-degree hinge",
    "Totally new Dell Latitude",
    "Dell Latitude 5400 backlit keyboard",
    "Panasonic Toughbook CF-53 QWERTZ keyboard",
    # One fact, and yet a machine: by its series, its maker, a word for one, or a family of processors.
    "Dell OptiPlex 7060 with Samsung 970 EVO 500GB",
    "Dell i5-8500T processor",
    "Lenovo laptop 500GB HDD",
    "Mini PC 8GB DDR4",
    "Core i5-8500T desktop pc",
    "Core i5, 8GB SODIMM",
    "Gaming PC RTX 3060",
    "ASUS ROG Strix G15 RTX 3070",
    "Dell Latitude 5400 16GB RAM for students",
    "Kingston 240GB SSD laptop HP ProBook",
    "HP EliteDesk 800 with 256GB SSD for desktop users",
    'Dell OptiPlex 3060 bundle with 22" monitor',
    "PC + monitor + keyboard",
    "Dell OptiPlex 3050 i5-7500T 8GB VESA mount",
]


@pytest.mark.parametrize("title", MACHINES)
def test_a_machine_that_lacks_or_has_a_part_is_a_machine(title: str) -> None:
    assert recognise(title).not_a_machine is None


@pytest.mark.parametrize(
    ("specs", "name", "value"),
    [
        ("256GB Solid State Drive", "storage", [[256, "ssd"]]),
        ("Intel Core i7-8750H Processor", "cpu", "Intel Core i7-8750H"),
        ("16GB DDR4 SODIMM", "ram_gb", 16),
    ],
)
def test_specifications_may_say_one_part(specs: str, name: str, value: object) -> None:
    assert recognise(specs).not_a_machine == "part"
    assert recognise(specs, is_title=False).as_dict()[name] == value

"""Memory and drives, in cells of columns and in titles."""

from __future__ import annotations

import pytest

from catalog.recognition import Memory, read_drives, read_medium, read_memory, recognise

Drives = list[list[object]]

MEMORY_CELLS = [
    ("2x8GB + 2x4GB DDR4", Memory(24, "ddr4", None, 4)),
    ("24GB (2x8GB + 2x4GB)", Memory(24, None, None, 4)),
    ("16GB (2x8GB)", Memory(16, None, None, 2)),
    ("2x8GB + 16GB", Memory(32, None, None, 3)),
    ("12x8GB", Memory(96)),  # more modules than are counted
    ("16", Memory(16)),
    ("8 GB", Memory(8)),
    ("12 Gb", Memory(12)),
    ("8 Go", Memory(8)),
    ("16 ГБ", Memory(16)),
    ("512 MB", Memory(0.5)),
    ("8192 MB", Memory(8)),
    ("2 x 8GB", Memory(16, modules=2)),
    ("2х8 ГБ", Memory(16, modules=2)),
    ("16GB (2x8GB)", Memory(16, modules=2)),
    ("8+8GB", Memory(16, modules=2)),
    ("4GB + 4GB", Memory(8, modules=2)),
    ("16 GB DDR4 (3200 MHz)", Memory(16, "ddr4", 3200)),
    ("8 GB  LPDDR5 5500 Mhz RAM", Memory(8, "lpddr5", 5500)),
    ("16GB DDR4-2666", Memory(16, "ddr4", 2666)),
    ("8GB DDR3L", Memory(8, "ddr3")),
    ("8 GB UMA (0 MHz)", Memory(8)),
    ("8GB|16GB|32GB", Memory(varies=True)),
    ("8/16GB", Memory(varies=True)),
    ("8GB or 16GB", Memory(varies=True)),
    ("up to 32GB", Memory(varies=True)),
    ("-", Memory()),
    ("Not Applicable", Memory()),
    ("0", Memory()),
    ("256GB SSD", Memory()),
    ("9999999", Memory()),
    (None, Memory()),
]


@pytest.mark.parametrize(("cell", "memory"), MEMORY_CELLS)
def test_a_cell_of_memory(cell: str | None, memory: Memory) -> None:
    assert read_memory(cell) == memory


DRIVE_CELLS: list[tuple[str | None, Drives]] = [
    ("SSD 512GB", [[512, "ssd"]]),
    ("512GB SSD", [[512, "ssd"]]),
    ("256", [[256, "unknown"]]),
    ("1,5TB", [[1500, "unknown"]]),
    ("1.5 TB", [[1500, "unknown"]]),
    ("1.000 GB", [[1000, "unknown"]]),
    ("1 To", [[1000, "unknown"]]),
    ("1 ТБ", [[1000, "unknown"]]),
    ("HDD 1TB (7200rpm)\nSSD 128GB", [[128, "ssd"], [1000, "hdd"]]),
    ("1TB HDD+256GB NVMe SSD", [[256, "nvme"], [1000, "hdd"]]),
    ("2x512GB SSD", [[512, "ssd"], [512, "ssd"]]),
    ("1TB SSD + 1TB SSD", [[1000, "ssd"], [1000, "ssd"]]),
    ("2TB (2x1TB SSD)", [[1000, "ssd"], [1000, "ssd"]]),
    ("128+1Tb", [[128, "unknown"], [1000, "unknown"]]),
    ("1 To SSD / 256 Go SSD", [[1000, "ssd"], [256, "ssd"]]),
    ("512GB PCIe® NVMe™ M.2 SSD", [[512, "nvme"]]),
    ("256GB SATA SSD", [[256, "sata_ssd"]]),
    ("128GB Flash Storage", [[128, "ssd"]]),
    ("32GB eMMC", [[32, "emmc"]]),
    ("1TB SSHD", [[1000, "hybrid"]]),
    ("Festplatte 500GB", [[500, "hdd"]]),
    ("Disco duro 1TB", [[1000, "hdd"]]),
    ("жесткий диск 1 ТБ", [[1000, "hdd"]]),
    ("HDD Yok", []),
    ("128GB/256GB SSD", []),
    ("512 MB", []),
    ("0", []),
    ("N/A", []),
    (None, []),
]


@pytest.mark.parametrize(("cell", "drives"), DRIVE_CELLS)
def test_a_cell_of_drives(cell: str | None, drives: Drives) -> None:
    assert [[drive.gb, drive.medium] for drive in read_drives(cell).drives] == drives


def test_a_choice_of_drives_is_flagged() -> None:
    assert read_drives("128GB/256GB SSD").varies
    assert not read_drives("128GB SSD / 1TB HDD").varies


@pytest.mark.parametrize(
    ("cell", "medium"),
    [
        ("PCI Express 4.0", "nvme"),
        ("SSD (M.2 PCIe NVMe)", "nvme"),
        ("SATA SSD", "sata_ssd"),
        ("SSD (Solid State Drive)", "ssd"),
        ("HDD (Hard Disk Drive)", "hdd"),
        ("eMMC", "emmc"),
        ("Hybrid", "hybrid"),
        ("SATA III", None),  # of an SSD or of a hard disk
        ("HDD + SSD", None),
        ("-", None),
    ],
)
def test_a_cell_of_media(cell: str, medium: str | None) -> None:
    assert read_medium(cell) == medium


TITLES: list[tuple[str, float | None, Drives]] = [
    # the label behind, before, on both sides
    ("Laptop 8GB RAM 256GB SSD", 8, [[256, "ssd"]]),
    ("Laptop SSD 256GB RAM 8GB", 8, [[256, "ssd"]]),
    ("Laptop RAM 8GB 256GB SSD", 8, [[256, "ssd"]]),
    ("Chromebook 16GB SSD 2GB RAM", 2, [[16, "ssd"]]),
    ("Tablet 16GB SSD 240 GB", 16, [[240, "ssd"]]),
    ("Tablet RAM 16GB SSD 4 TB", 16, [[4000, "ssd"]]),
    ("Laptop 8GB 128 SSD", 8, [[128, "ssd"]]),
    ("Laptop 480SSD 8GBRAM", 8, [[480, "ssd"]]),
    ("PC i5-8500T,16GB RAM,512GB SSD", 16, [[512, "ssd"]]),
    ("PC i5_8GB RAM_256GB SSD", 8, [[256, "ssd"]]),
    # without labels, by the sizes alone
    ("Laptop 8GB 256GB", 8, [[256, "unknown"]]),
    ("Laptop 4/128GB", 4, [[128, "unknown"]]),
    ("Laptop 8/256 Win 10", 8, [[256, "unknown"]]),
    ("Chromebook (32GB, Celeron, 4GB)", 4, [[32, "unknown"]]),
    ("Laptop 32G 1T", 32, [[1000, "unknown"]]),
    ("Notebook 8GB Memory 1TB ROM", 8, [[1000, "unknown"]]),
    # two drives
    ("Laptop 16GB 128GB SSD + 1TB HDD", 16, [[128, "ssd"], [1000, "hdd"]]),
    ("Laptop 16GB 1000GB + 512GB SSD", 16, [[512, "ssd"], [1000, "unknown"]]),
    ("PC 16GB 512GB NVMe/2TB HDD", 16, [[512, "nvme"], [2000, "hdd"]]),
    # not memory, not drives
    ("Laptop RTX A2000 4GB 32GB 1TB SSD", 32, [[1000, "ssd"]]),
    ("Laptop RTX 4060 32GB 1TB", 32, [[1000, "unknown"]]),
    ("Laptop GTX 1060 6GB", None, []),
    ("Laptop 16GB RAM no SSD", 16, []),
    ("Laptop 8GB 4G LTE", 8, []),
    ("Laptop i5 4x1.6GHz 8GB", 8, []),
    ('Laptop 14" HD 8GB 500GB HD', 8, [[500, "hdd"]]),
    ("Laptop 8GB HDD", 8, []),
    ("PC 512MB RAM 40GB HDD", 0.5, [[40, "hdd"]]),
    ("PC 8GB RAM 500GB 7200rpm", 8, [[500, "hdd"]]),
    # said twice is said once
    ("Laptop 8GB RAM 256GB SSD (8GB/256GB)", 8, [[256, "ssd"]]),
    # a choice is no fact
    ("Laptop 8/16GB RAM 256GB SSD", None, [[256, "ssd"]]),
    ("Laptop 8GB 16GB RAM 256GB 512GB SSD", None, []),
    ("Laptop up to 32GB RAM 1TB SSD", None, [[1000, "ssd"]]),
    ("Laptop bis zu 32GB RAM 1TB SSD", None, [[1000, "ssd"]]),
]


@pytest.mark.parametrize(("title", "ram_gb", "drives"), TITLES)
def test_a_title(title: str, ram_gb: float | None, drives: Drives) -> None:
    found = recognise(title).as_dict()
    assert (found["ram_gb"], found["storage"]) == (ram_gb, drives)


def test_choices_are_flagged() -> None:
    assert recognise("Laptop 8/16GB RAM 256GB/512GB SSD").flags == ("ram_variants", "storage_variants")


@pytest.mark.parametrize(
    ("title", "ram_gb", "drives"),
    [
        ("Dell M3800 i7-4712HQ 16GB 256GB Nvidia", 16, [[256, "unknown"]]),
        ("Laptop 8GB 180GB Intel SSD", 8, [[180, "ssd"]]),
        ("Laptop 8GB RAM 500 HD SSD", 8, [[500, "ssd"]]),
        ("Laptop NVIDIA 4GB 16GB RAM 512GB SSD", 16, [[512, "ssd"]]),
        ("Laptop 8GB RAM 256GB SSD 64GB USB stick", 8, [[256, "ssd"]]),
    ],
)
def test_what_stands_beside_a_size_is_not_always_of_it(title: str, ram_gb: float, drives: Drives) -> None:
    found = recognise(title).as_dict()
    assert (found["ram_gb"], found["storage"]) == (ram_gb, drives)

"""What people call our choices."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from catalog.choices import DdrGeneration, PortType, StorageMedium
from catalog.recognition import labels
from listings.choices import ComponentType, Condition, Marketplace, Status

KINDS = (DdrGeneration, PortType, StorageMedium, Condition, Status, Marketplace, ComponentType)


@pytest.mark.parametrize("kind", KINDS)
def test_every_choice_is_found_by_itself_and_by_the_label_we_show(kind) -> None:
    for value, label in kind.choices:
        assert labels.choice_named(value, kind.values) == value
        assert labels.choice_named(value.upper(), kind.values) == value
        assert labels.choice_named(label, kind.values) == value, label


@pytest.mark.parametrize(
    ("text", "kind", "choice"),
    [
        ("NVMe SSD", StorageMedium, "nvme"),
        ("nvme", StorageMedium, "nvme"),
        ("M.2 NVMe", StorageMedium, "nvme"),
        ("SATA SSD", StorageMedium, "sata_ssd"),
        ("SSD", StorageMedium, "ssd"),
        ("SSD, kind not stated", StorageMedium, "ssd"),
        ("HDD", StorageMedium, "hdd"),
        ("Hard Drive", StorageMedium, "hdd"),
        ("DDR4", DdrGeneration, "ddr4"),
        ("lpddr5x", DdrGeneration, "lpddr5x"),
        ("USB-A", PortType, "usb_a"),
        ("USB Type-C", PortType, "usb_c"),
        ("DisplayPort", PortType, "displayport"),
        ("Ethernet", PortType, "rj45_1g"),
        ("2.5GbE", PortType, "rj45_2_5g"),
        ("Refurbished", Condition, "refurb"),
        ("Other", ComponentType, "misc"),
        ("SSD", ComponentType, "ssd"),
        ("for parts", Condition, None),
        ("USB-A", StorageMedium, None),
        ("", StorageMedium, None),
        ("x" * 10_000, StorageMedium, None),
    ],
)
def test_labels(text, kind, choice) -> None:
    assert labels.choice_named(text, kind.values) == choice


def test_a_drive_of_no_stated_bus_is_that_choice_where_there_is_one() -> None:
    assert labels.choice_named("SSD", ["nvme", "sata_ssd", "ssd"]) == "ssd"
    assert labels.choice_named("SSD", ["nvme", "sata_ssd"]) is None


def test_no_label_means_two_choices() -> None:
    seen: dict[str, str] = {}
    for choice, names in labels.LABELS.items():
        for name in names:
            assert seen.setdefault(labels.plain(name), choice) == choice, name


def test_the_table_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse(Path(labels.__file__).read_text(encoding="utf-8"))
    modules = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    modules |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module.partition(".")[0] for module in modules} <= set(sys.stdlib_module_names)

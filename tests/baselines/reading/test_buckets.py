"""What each label means alone, and which labels have no clear meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from baselines.reading.buckets import FORMS, fold, read_label
from baselines.reading.readings import Reading, Unreadable
from baselines.reading.tiers import disjoint
from valuation.engine import Batch, Field, FieldRegistry, Kind, match, parse_conditions
from valuation.explaining.summaries import summarise_conditions

REGISTRY = FieldRegistry(
    [
        Field("custom.touch", Kind.BOOLEAN, "Touch panel"),
        Field("custom.grade", Kind.STRING, "Grade", options=("a", "b")),
        Field("custom.fans", Kind.NUMBER, "Fans"),
    ]
)
RAM, CORES, USB = ["ram_gb"], ["cpu.cores"], ["ports_profile.total_usb_count"]
SPEED = ["ram_spec.ddr_generation", "ram_spec.speed_mhz"]
BOTH_DRIVES = ["storage_profile.primary_capacity_gb", "storage_profile.secondary_capacity_gb"]
DRIVE, MEDIUM = ["primary_storage_gb"], ["storage_profile.primary_medium"]
BOTH_MEDIA = [*MEDIUM, "storage_profile.secondary_medium"]
THUNDERBOLT = ["ports_profile.has_thunderbolt"]
MARK, YEAR, LICENCE = ["cpu.cpu_mark_multi"], ["cpu.release_year"], ["os_license"]
NONE: list[str] = []


def read(label: str, dependencies: Sequence[str], **field: str) -> Reading:
    facts = tuple(REGISTRY.resolve(name) for name in dependencies)
    return read_label(label, facts=facts, registry=REGISTRY, **field)


def condition(label: str, dependencies: Sequence[str], **field: str) -> Any:
    """The condition that a label has when it stands alone."""
    (tier,), _ = disjoint([label], [read(label, dependencies, **field)], REGISTRY)
    assert [problem for problem in parse_conditions(tier.condition, REGISTRY)[1] if problem.severity == "error"] == []
    return tier.condition


# label, dependencies, the condition in plain English
MEANINGS: dict[str, list[tuple[str, list[str], str]]] = {
    "plain": [
        ("8GB", RAM, "RAM >= 8 GB"),
        ("8", RAM, "RAM >= 8 GB"),
        ("\t16 \xa0 gb ", RAM, "RAM >= 16 GB"),
        ("0GB", RAM, "RAM >= 0 GB"),
        ("512 MB", RAM, "RAM >= 0.512 GB"),
        ("512 GB", DRIVE, "Primary storage >= 512 GB"),
        ("1TB", DRIVE, "Primary storage >= 1000 GB"),
        ("1.5 TB", DRIVE, "Primary storage >= 1500 GB"),
        ("4.35TB", DRIVE, "Primary storage >= 4350 GB"),
        ("1,000GB", DRIVE, "Primary storage >= 1000 GB"),
        ("2 TB", BOTH_DRIVES, "Total storage >= 2000 GB"),
        ("2 TB", ["secondary_storage_gb", "primary_storage_gb"], "Total storage >= 2000 GB"),
        ("8 GB", [*RAM, *CORES], "RAM >= 8 GB"),  # the unit says which
        ("8 cores", [*RAM, *CORES], "CPU cores >= 8"),
        ("8 GB", [*RAM, *RAM], "RAM >= 8 GB"),
        ("12,500 points", MARK, "CPU Mark (multi-thread) >= 12,500 points"),
        ("3200 MT/s", ["ram_speed_mhz"], "RAM speed >= 3200 MHz"),
        ("2 sticks", ["ram_spec.module_count"], "RAM modules >= 2"),
        ("65W", ["cpu.tdp_w"], "CPU TDP >= 65 W"),
        ("2020", YEAR, "CPU release year >= 2020"),
    ],
    "open ends": [
        ("64GB+", RAM, "RAM >= 64 GB"),
        ("64 GB +", RAM, "RAM >= 64 GB"),
        ("64+ GB", RAM, "RAM >= 64 GB"),
        ("64 GB or more", RAM, "RAM >= 64 GB"),
        ("64 GB and up", RAM, "RAM >= 64 GB"),
        ("16+ cores", CORES, "CPU cores >= 16"),
        ("7+ ports", USB, "Ports: all USB >= 7"),
        (">= 64 GB", RAM, "RAM >= 64 GB"),
        ("≥64GB", RAM, "RAM >= 64 GB"),
        ("at least 64 GB", RAM, "RAM >= 64 GB"),
        ("from 64 GB", RAM, "RAM >= 64 GB"),
        ("> 64 GB", RAM, "RAM > 64 GB"),
        ("Over 64 GB", RAM, "RAM > 64 GB"),
        ("more than 2 TB", BOTH_DRIVES, "Total storage > 2000 GB"),
        ("< 4 ports", USB, "Ports: all USB < 4"),
        ("under 8 GB", RAM, "RAM < 8 GB"),
        ("fewer than 4 ports", USB, "Ports: all USB < 4"),
        ("<= 8 GB", RAM, "RAM <= 8 GB"),
        ("≤ 8 GB", RAM, "RAM <= 8 GB"),
        ("up to 8 GB", RAM, "RAM <= 8 GB"),
        ("no more than 8 GB", RAM, "RAM <= 8 GB"),
        ("exactly 8 GB", RAM, "RAM = 8 GB"),
        ("= 8", RAM, "RAM = 8 GB"),
    ],
    "ranges": [
        ("4-6 cores", CORES, "CPU cores is between 4 and 6"),
        ("8–12", CORES, "CPU cores is between 8 and 12"),
        ("8 — 12 cores", CORES, "CPU cores is between 8 and 12"),
        ("256 to 512 GB", BOTH_DRIVES, "Total storage is between 256 and 512 GB"),
        ("256GB-1TB", BOTH_DRIVES, "Total storage is between 256 and 1000 GB"),
        ("1-2 TB", BOTH_DRIVES, "Total storage is between 1000 and 2000 GB"),
        ("8GB-16", RAM, "RAM is between 8 and 16 GB"),
        ("between 8 and 16 GB", RAM, "RAM is between 8 and 16 GB"),
        ("from 8 to 16 GB", RAM, "RAM is between 8 and 16 GB"),
        ("8..16 GB", RAM, "RAM is between 8 and 16 GB"),
        ("8-8 GB", RAM, "RAM = 8 GB"),
        ("2018-2020", YEAR, "CPU release year is between 2018 and 2020"),
    ],
    "generations": [
        ("DDR5", SPEED, "RAM generation is ddr5"),
        ("LPDDR5", SPEED, "RAM generation is lpddr5"),
        ("LPDDR5X", SPEED, "RAM generation is lpddr5x"),
        ("HBM2", SPEED, "RAM generation is hbm2"),
        ("DDR5", NONE, "RAM generation is ddr5"),
        ("DDR5", ["ram_type"], "RAM type is ddr5"),
        ("DDR4 < 3200MHz", SPEED, "RAM generation is ddr4 and RAM specification speed < 3200 MHz"),
        ("DDR4 >= 3200MHz", SPEED, "RAM generation is ddr4 and RAM specification speed >= 3200 MHz"),
        ("DDR4<3200", SPEED, "RAM generation is ddr4 and RAM specification speed < 3200 MHz"),
        ("DDR4-3200", SPEED, "RAM generation is ddr4 and RAM specification speed >= 3200 MHz"),
        (
            "DDR4 2400-2933 MHz",
            SPEED,
            "RAM generation is ddr4 and RAM specification speed is between 2400 and 2933 MHz",
        ),
        ("DDR4 < 3200MHz", ["ram_type", "ram_speed_mhz"], "RAM type is ddr4 and RAM speed < 3200 MHz"),
    ],
    "media": [
        ("HDD", MEDIUM, "Primary storage medium is hdd"),
        ("Hard drive", MEDIUM, "Primary storage medium is hdd"),
        ("SATA SSD", MEDIUM, "Primary storage medium is sata_ssd"),
        ("NVMe SSD", MEDIUM, "Primary storage medium is nvme"),
        ("NVMe", MEDIUM, "Primary storage medium is nvme"),
        ("eMMC", MEDIUM, "Primary storage medium is emmc"),
        ("SSD", MEDIUM, "Primary storage medium is one of nvme, sata_ssd, ssd"),
        ("HDD", ["secondary_storage_type"], "Secondary storage type is hdd"),
        ("HDD", [*MEDIUM, *BOTH_DRIVES], "Primary storage medium is hdd"),
        ("HDD", NONE, "Primary storage medium is hdd"),
    ],
    "conditions": [
        ("New", ["listing.condition"], "Condition is new"),
        ("Refurbished", ["listing.condition"], "Condition is refurb"),
        ("Used", ["condition"], "Condition is used"),
        ("Like new", ["condition"], "Condition is used"),
        ("Pre‑owned", ["condition"], "Condition is used"),
        ("Used", NONE, "Condition is used"),
    ],
    "presence": [
        ("Thunderbolt Present", THUNDERBOLT, "Has Thunderbolt is true"),
        ("Has Thunderbolt", THUNDERBOLT, "Has Thunderbolt is true"),
        ("with Thunderbolt", THUNDERBOLT, "Has Thunderbolt is true"),
        ("Yes", THUNDERBOLT, "Has Thunderbolt is true"),
        ("No", THUNDERBOLT, "Has Thunderbolt is false"),
        ("Without Thunderbolt", THUNDERBOLT, "Has Thunderbolt is false"),
        ("No Thunderbolt present", THUNDERBOLT, "Has Thunderbolt is false"),
        ("Thunderbolt not present", THUNDERBOLT, "Has Thunderbolt is false"),
        ("Touch Panel Present", ["custom.touch"], "Touch panel is true"),
        ("Yes", ["ports.thunderbolt"], "Ports: Thunderbolt > 0"),
        ("None", ["ports.thunderbolt"], "Ports: Thunderbolt <= 0"),
        ("Thunderbolt Present", ["ports.thunderbolt"], "Ports: Thunderbolt > 0"),
        ("GPU Present", ["gpu.name"], "GPU is known"),
        ("No GPU", ["gpu.name"], "GPU is unknown"),
    ],
    "the rest": [
        ("Default", NONE, "Always"),
        ("Any", RAM, "Always"),
        ("Other", MEDIUM, "Always"),
        ("everything else", NONE, "Always"),
    ],
}
ROWS = [row for rows in MEANINGS.values() for row in rows]


@pytest.mark.parametrize(
    ("label", "dependencies", "meaning"), ROWS, ids=[f"{row[0]} {'+'.join(row[1])}" for row in ROWS]
)
def test_what_a_label_means(label, dependencies, meaning) -> None:
    assert summarise_conditions(condition(label, dependencies), REGISTRY) == meaning


def test_numbers_are_stored_as_people_write_them() -> None:
    assert condition("1.5 TB", DRIVE) == [{"field_name": "primary_storage_gb", "operator": "gte", "value": 1500}]
    assert condition("0.5-1.5 GB", RAM) == [{"field_name": "ram_gb", "operator": "between", "value": [0.5, 1.5]}]
    value = condition("1.5 TB", DRIVE)[0]["value"]
    assert isinstance(value, int)


@pytest.mark.parametrize(
    ("label", "dependencies", "field", "meaning"),
    [
        ("8 GB RAM", RAM, {}, "RAM >= 8 GB"),  # the fact's own name
        ("16GB+ system memory", RAM, {"words": "System memory"}, "RAM >= 16 GB"),  # and the field's
        ("DDR5 memory", SPEED, {"words": "Memory"}, "RAM generation is ddr5"),
        ("Touchscreen Present", ["custom.touch"], {"words": "Touchscreen"}, "Touch panel is true"),
        ("Second USB Present", USB, {"words": "Second USB"}, "Ports: all USB > 0"),
        ("8GB", NONE, {"field_id": "ram_gb"}, "RAM >= 8 GB"),  # no dependencies, but an id that is a fact
        ("4-6", NONE, {"field_id": "cpu_cores"}, "CPU cores is between 4 and 6"),
    ],
)
def test_the_words_of_the_field_help(label, dependencies, field, meaning) -> None:
    assert summarise_conditions(condition(label, dependencies, **field), REGISTRY) == meaning


FORMLESS = "has none of the forms"
UNREADABLE: list[tuple[str, list[str], dict[str, str], str]] = [
    # Nothing that is a number
    ("", RAM, {}, FORMLESS),
    ("GB", RAM, {}, FORMLESS),
    ("+", RAM, {}, FORMLESS),
    ("8/16 GB", RAM, {}, FORMLESS),
    ("2x8GB", RAM, {}, FORMLESS),
    ("1.5.2 TB", DRIVE, {}, FORMLESS),
    ("-5 GB", RAM, {}, FORMLESS),
    ("< -5 GB", RAM, {}, FORMLESS),
    ("50%", RAM, {}, FORMLESS),
    ("50 % of 8 GB", RAM, {}, FORMLESS),
    ("８GB", RAM, {}, FORMLESS),
    ("٨ GB", RAM, {}, FORMLESS),
    ("8²GB", RAM, {}, FORMLESS),
    ("8\u200bGB", RAM, {}, FORMLESS),
    ("1e3 GB", RAM, {}, FORMLESS),
    ("1,5 TB", DRIVE, {}, FORMLESS),  # a decimal comma
    ("0,512 TB", DRIVE, {}, FORMLESS),
    ("1,00,000 GB", DRIVE, {}, FORMLESS),
    ("DDR4, DDR5", SPEED, {"words": "DDR4 or DDR5"}, '"ddr5" in "DDR4, DDR5" is no speed'),
    # More than one meaning
    ("16GB or 32GB", RAM, {}, FORMLESS),
    ("8 and 16 GB", RAM, {}, FORMLESS),
    ("8-12-16 GB", RAM, {}, FORMLESS),
    ("8-16 GB+", RAM, {}, FORMLESS),
    ("8 GB MHz", [*RAM, "ram_speed_mhz"], {}, "two units, gb and mhz"),
    ("8 GB per module", RAM, {"words": "RAM per module"}, '"per" in "8 GB per module" is no unit'),
    ("8 GB max", RAM, {"words": "Max RAM"}, '"max" in "8 GB max" is no unit'),
    ("8 GB or", RAM, {"words": "this or that"}, '"or" in "8 GB or" is no unit'),
    ("8 GB-3200 MHz", [*RAM, "ram_speed_mhz"], {}, "mixes GB and MHz"),
    ("1TB - 2000", DRIVE, {}, "a unit at its start and none at its end"),
    ("16 GB - 8 GB", RAM, {}, "starts above its end"),
    ("512-1 TB", DRIVE, {}, "starts above its end"),
    # Not of this field
    ("8", [*RAM, *CORES], {}, "may mean cpu.cores or ram_gb"),
    ("1TB", [*DRIVE, *RAM], {}, "may mean primary_storage_gb or ram_gb"),
    ("1TB", ["primary_storage_gb", "storage.primary.capacity_gb"], {}, "may mean"),
    ("8GB", CORES, {}, "is in GB, and cpu.cores is not"),
    ("8GB", ["custom.fans"], {}, "is in GB, and custom.fans is not"),
    ("8GB", NONE, {}, "no dependency says of what"),
    ("8GB", NONE, {"field_id": "memory"}, "no dependency says of what"),
    ("8GB", NONE, {"field_id": "capacity_gb"}, "no dependency says of what"),  # the id of more than one fact
    ("8GB", THUNDERBOLT, {}, "is a number, and ports.has_thunderbolt is none"),
    ("4 cores", ["cpu.name"], {}, "is a number, and cpu.name is none"),
    ("8GB", ["gpu.name"], {}, "is a number, and gpu.name is none"),  # no name: it is in 48GB too
    ("16 GB - 8 GB", ["gpu.name"], {}, "starts above its end"),
    ("3060", ["gpu.name"], {}, "is a number"),
    ("Used", ["seller"], {}, "belongs to condition, and seller is another field"),
    ("HDD", BOTH_MEDIA, {}, "may mean storage.primary.medium or storage.secondary.medium"),
    ("HDD", ["storage.primary.interface"], {}, "belongs to storage.primary.medium"),
    ("M.2 SSD", MEDIUM, {}, FORMLESS),
    ("DDR5", RAM, {}, "belongs to ram_spec.ddr_generation"),
    # Generations
    ("DDR6", SPEED, {}, FORMLESS),
    ("DDR4X", SPEED, {}, '"ddr4x" is no generation'),
    ("DDR43200", SPEED, {}, FORMLESS),
    ("DDR4 or newer", SPEED, {}, '"or newer" in "DDR4 or newer" is no speed'),
    ("DDR4 16GB", SPEED, {}, "is in GB, and ram_spec.speed_mhz is not"),
    ("DDR4 3200MHz 16GB", SPEED, {}, '"3200mhz 16gb" in "DDR4 3200MHz 16GB" is no speed'),
    # Presence of something else
    ("USB Present", THUNDERBOLT, {}, '"usb" is not what ports.has_thunderbolt tells'),
    ("Thunderbolt Present", USB, {"words": "Thunderbolt"}, '"thunderbolt" is not what ports.usb_total tells'),
    ("Wi-Fi Present", ["title"], {"words": "Wi-Fi"}, '"wi-fi" is not what title tells'),
    ("Windows Present", LICENCE, {"words": "Windows"}, '"windows" is not what os_license tells'),
    ("3 ports present", USB, {"words": "USB 3 ports"}, '"3 ports" is not what'),
    ("?? present", USB, {}, '"??" is not what'),
    ("Yes", ["condition"], {}, "is yes or no, and condition tells which"),
    ("NVMe Present", MEDIUM, {"words": "NVMe"}, '"nvme" is not what'),
    ("Yes", [*THUNDERBOLT, *USB], {}, "exactly one dependency"),
    ("Present", NONE, {}, "exactly one dependency"),
    # Names
    ("High-Performance iGPU", ["gpu.igpu_mark", "gpu.model"], {}, "a description and not like a model"),
    ("RTX 3060 or better", ["gpu.name"], {}, '"better" is no part of one'),
    ("RTX 3060 Present", ["gpu.name"], {}, '"rtx 3060" is not what gpu.name tells'),
    ("RTX 3060+", ["gpu.name"], {}, '"+" is no part of one'),
    ("RTX 3060 / 3070", ["gpu.name"], {}, '"/" is no part of one'),
    ("RTX 3060, 3070", ["gpu.name"], {}, '"," is no part of one'),
    ("RTX 3060", ["gpu.name", "cpu.name"], {}, FORMLESS),
    ("RTX 3060", NONE, {"entity": "Listing"}, FORMLESS),
    ("RTX 3060", ["custom.grade"], {}, FORMLESS),
    # Whatever fits into a label
    ("9" * 95 + " GB", RAM, {}, "more than any listing has"),
    ("2000000 TB", DRIVE, {}, "more than any listing has"),
    ("or more " * 12, RAM, {}, FORMLESS),
    ("8 " * 50, RAM, {}, FORMLESS),
    ("(" * 100, ["gpu.name"], {}, FORMLESS),
]


@pytest.mark.parametrize(
    ("label", "dependencies", "field", "reason"),
    UNREADABLE,
    ids=[f"{row[0][:30]!a} {'+'.join(row[1])}" for row in UNREADABLE],
)
def test_a_label_without_one_clear_meaning_has_a_reason(label, dependencies, field, reason) -> None:
    with pytest.raises(Unreadable) as refused:
        read(label, dependencies, **field)
    assert reason in str(refused.value)


NAMES: list[tuple[str, dict[str, Any], list[str], list[str]]] = [
    ("RTX 3060", {"entity": "GPU"}, ["GeForce RTX 3060", "rtx 3060 ti", "RTX 3060 12GB"], ["RTX 30600", "XRTX 3060"]),
    ("RTX 3060 Ti", {"entity": "GPU"}, ["GeForce RTX 3060 Ti"], ["RTX 3060"]),
    ("RX 570", {"entity": "GPU"}, ["Radeon RX 570", "RX 570X"], ["Radeon RX 5700 XT"]),
    ("780M", {"entity": "GPU"}, ["Radeon 780M Graphics"], ["GeForce 1780M"]),
    ("HD Graphics 630", {"entity": "GPU"}, ["Intel HD Graphics 630"], ["Intel UHD Graphics 630"]),
    ("RTX 3060 (12GB)", {"entity": "GPU"}, ["RTX 3060 (12GB)"], ["RTX 3060 12GB"]),
    ("i5-12", {"entity": "CPU"}, ["Intel Core i5-12400", "Core i5-1240P"], ["Core i5-11400", "Core i5"]),
    ("M1 Max", {"entity": "CPU"}, ["Apple M1 Max 10 Core"], ["Apple M1", "Apple M1 Pro"]),
    ("N100", {"entity": "CPU"}, ["Intel N100"], ["Intel N1000"]),
    ("Intel", {"dependencies": ["cpu.manufacturer"]}, ["Intel", "INTEL"], ["AMD"]),
    ("Apple", {"dependencies": ["manufacturer"]}, ["Apple"], ["Pineapple Computers"]),
    ("11 Pro", {"dependencies": LICENCE}, ["Windows 11 Pro"], ["Windows 10 Pro", "Windows 11 Home"]),
]


@pytest.mark.parametrize(("label", "field", "named", "others"), NAMES, ids=[name[0] for name in NAMES])
def test_names(label, field, named, others) -> None:
    written = condition(label, **{"dependencies": NONE, **field})
    path = written[0]["field_name"]
    parsed, _ = parse_conditions(written, REGISTRY)
    batch = Batch.from_rows([{path: text} for text in [*named, *others, None]], REGISTRY)
    assert match(parsed, batch).tolist() == [True] * len(named) + [False] * (len(others) + 1)


@pytest.mark.parametrize("form", FORMS, ids=[form.name for form in FORMS])
def test_the_examples_of_a_form_are_of_that_form(form) -> None:
    for example in form.examples.split("; "):
        first = next(row for row in FORMS if row.pattern.fullmatch(fold(example)))
        assert first.name == form.name

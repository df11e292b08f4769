"""Of the labels of one field at most one counts for any listing, and what they leave out is said."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from baselines.reading.buckets import read_label
from baselines.reading.readings import Reading, Span, Unreadable
from baselines.reading.tiers import Tier, disjoint
from tests.valuation.strategies import REGISTRY
from valuation.engine import Batch, Json, match, parse_conditions
from valuation.explaining.summaries import summarise_conditions

EXAMPLES = int(os.environ.get("HYPOTHESIS_EXAMPLES", "150"))
thorough = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), print_blob=True
)
RAM, CORES, USB, DRIVE = ["ram_gb"], ["cpu.cores"], ["ports.usb_total"], ["primary_storage_gb"]
SPEED = ["ram_spec.ddr_generation", "ram_spec.speed_mhz"]
MEDIUM, GPU = ["storage.primary.medium"], ["gpu.name"]


def readings(labels: Sequence[str], dependencies: Sequence[str]) -> list[Reading]:
    facts = tuple(REGISTRY.resolve(name) for name in dependencies)
    return [read_label(label, facts=facts, registry=REGISTRY) for label in labels]


def tiers(labels: Sequence[str], dependencies: Sequence[str], **more: Any) -> tuple[list[Tier], list[str]]:
    return disjoint(labels, readings(labels, dependencies), REGISTRY, **more)


def overlap(one: str, other: str) -> str:
    return f'"{one}" and "{other}" overlap: what is in both counts as "{other}"'


def never(one: str, other: str) -> str:
    return f'"{one}" never applies: "{other}" covers all of it'


def highest(label: str) -> str:
    return f'"{label}" is the highest tier and counts for everything above it too'


def gap(one: str, other: str) -> str:
    return f'nothing applies between "{one}" and "{other}"'


NOTHING = "-"  # the tier never applies
# name: dependencies, label -> its condition in plain English, the warnings
FIELDS: dict[str, tuple[list[str], dict[str, str], list[str]]] = {
    "capacities": (
        RAM,
        {
            "8GB": "RAM >= 8 GB and RAM < 16 GB",
            "16GB": "RAM >= 16 GB and RAM < 32 GB",
            "32GB": "RAM >= 32 GB and RAM < 64 GB",
            "64GB+": "RAM >= 64 GB",
        },
        [],
    ),
    "in any order": (
        RAM,
        {"32 GB+": "RAM >= 32 GB", "8GB": "RAM >= 8 GB and RAM < 16 GB", "16GB": "RAM >= 16 GB and RAM < 32 GB"},
        [],
    ),
    "the highest is open": (RAM, {"8GB": "RAM >= 8 GB and RAM < 16 GB", "16GB": "RAM >= 16 GB"}, [highest("16GB")]),
    "up to what begins above": (
        RAM,
        {"16 GB": "RAM is between 16 and 32 GB", "> 32 GB": "RAM > 32 GB", "< 16 GB": "RAM < 16 GB"},
        [],
    ),
    "terabytes": (
        DRIVE,
        {
            "512GB": "Primary storage >= 512 GB and primary storage < 1000 GB",
            "1TB": "Primary storage >= 1000 GB and primary storage < 2000 GB",
            "2TB+": "Primary storage >= 2000 GB",
        },
        [],
    ),
    "whole numbers without a gap": (
        USB,
        {
            "< 4 ports": "Ports: all USB < 4",
            "4-6 ports": "Ports: all USB is between 4 and 6",
            "7+ ports": "Ports: all USB >= 7",
        },
        [],
    ),
    "gaps": (
        CORES,
        {
            "4-6 cores": "CPU cores is between 4 and 6",
            "8-12 cores": "CPU cores is between 8 and 12",
            "16+ cores": "CPU cores >= 16",
        },
        [gap("4-6 cores", "8-12 cores"), gap("8-12 cores", "16+ cores")],
    ),
    "a default fills gaps": (
        CORES,
        {
            "4-6 cores": "CPU cores is between 4 and 6",
            "8+ cores": "CPU cores >= 8",
            "Default": "Not (CPU cores is between 4 and 6 or CPU cores >= 8)",
        },
        [],
    ),
    "ranges that touch": (
        RAM,
        {"8-16 GB": "RAM is between 8 and 16 GB", "16-64 GB": "RAM > 16 GB and RAM <= 64 GB"},
        [overlap("16-64 GB", "8-16 GB")],
    ),
    "a range inside a range": (
        RAM,
        {
            "8-64 GB": "(RAM >= 8 GB and RAM < 16 GB) or (RAM > 32 GB and RAM <= 64 GB)",
            "16-32 GB": "RAM is between 16 and 32 GB",
        },
        [overlap("8-64 GB", "16-32 GB")],
    ),
    "of two open ends the higher": (
        RAM,
        {"8GB+": "RAM >= 8 GB and RAM < 32 GB", "32GB+": "RAM >= 32 GB"},
        [overlap("8GB+", "32GB+")],
    ),
    "of two upper bounds the lower": (
        RAM,
        {"up to 32 GB": "RAM > 8 GB and RAM <= 32 GB", "up to 8 GB": "RAM <= 8 GB"},
        [overlap("up to 32 GB", "up to 8 GB")],
    ),
    "above is narrower than from": (
        RAM,
        {"8GB+": "RAM = 8 GB", "> 8 GB": "RAM > 8 GB", "<= 8 GB": "RAM < 8 GB"},
        [overlap("8GB+", "> 8 GB"), overlap("<= 8 GB", "8GB+")],
    ),
    "the same twice": (
        RAM,
        {"16 GB+": "RAM >= 16 GB", "at least 16 GB": NOTHING},
        [never("at least 16 GB", "16 GB+")],
    ),
    "the same in other units": (
        DRIVE,
        {"exactly 4.35 TB": "Primary storage = 4350 GB", "exactly 4350 GB": NOTHING},
        [never("exactly 4350 GB", "exactly 4.35 TB")],
    ),
    "generations and speeds": (
        SPEED,
        {
            "DDR4 < 3200MHz": "RAM generation is ddr4 and RAM specification speed < 3200 MHz",
            "DDR4 >= 3200MHz": "RAM generation is ddr4 and RAM specification speed >= 3200 MHz",
            "DDR5": "RAM generation is ddr5",
        },
        [],
    ),
    "a generation beside its speeds": (
        SPEED,
        {
            "DDR4": "RAM generation is ddr4 and not (RAM generation is ddr4 and RAM specification speed >= 3200 MHz)",
            "DDR4 >= 3200": "RAM generation is ddr4 and RAM specification speed >= 3200 MHz",
        },
        [overlap("DDR4", "DDR4 >= 3200")],
    ),
    "speeds of one generation": (
        SPEED,
        {
            "DDR4-2400": "RAM generation is ddr4 and RAM specification speed >= 2400 MHz"
            " and RAM specification speed < 3200 MHz",
            "DDR4-3200": "RAM generation is ddr4 and RAM specification speed >= 3200 MHz",
            "DDR5-4800": "RAM generation is ddr5 and RAM specification speed >= 4800 MHz",
        },
        [highest("DDR4-3200"), highest("DDR5-4800")],
    ),
    "SSD beside NVMe": (
        MEDIUM,
        {
            "HDD": "Primary storage medium is hdd",
            "SSD": "Primary storage medium is one of sata_ssd, ssd",
            "NVMe SSD": "Primary storage medium is nvme",
        },
        [overlap("SSD", "NVMe SSD")],
    ),
    "SSD beside both": (
        MEDIUM,
        {
            "SATA SSD": "Primary storage medium is sata_ssd",
            "NVMe SSD": "Primary storage medium is nvme",
            "SSD": "Primary storage medium is ssd",
        },
        [overlap("SSD", "SATA SSD"), overlap("SSD", "NVMe SSD")],
    ),
    "like new beside used": (
        ["condition"],
        {"New": "Condition is new", "Like new": NOTHING, "Used": "Condition is used"},
        [never("Like new", "Used")],
    ),
    "other": (
        MEDIUM,
        {
            "NVMe": "Primary storage medium is nvme",
            "Other": "Not (primary storage medium is nvme or primary storage medium is hdd)",
            "HDD": "Primary storage medium is hdd",
        },
        [],
    ),
    "two rests": (
        MEDIUM,
        {"HDD": "Primary storage medium is hdd", "Default": "Not (primary storage medium is hdd)", "Other": NOTHING},
        [never("Other", "Default")],
    ),
    "yes and no": (
        ["ports.has_thunderbolt"],
        {"Yes": "Has Thunderbolt is true", "No": "Has Thunderbolt is false", "Present": NOTHING},
        [never("Present", "Yes")],
    ),
    "present and counted": (
        ["ports.thunderbolt"],
        {"Yes": "Ports: Thunderbolt > 0 and ports: Thunderbolt < 2", "2+ ports": "Ports: Thunderbolt >= 2"},
        [overlap("Yes", "2+ ports")],
    ),
    "known and unknown": (GPU, {"GPU Present": "GPU is known", "No GPU": "GPU is unknown"}, []),
    "longer names first": (
        GPU,
        {
            "RTX 3060": r'GPU matches the pattern "\\bRTX 3060(\\D|$)"'
            r' and not (GPU matches the pattern "\\bRTX 3060 Ti")',
            "RTX 3060 Ti": r'GPU matches the pattern "\\bRTX 3060 Ti"',
        },
        [],
    ),
    "a name twice": (
        GPU,
        {"RTX 3060": r'GPU matches the pattern "\\bRTX 3060(\\D|$)"', "rtx 3060": NOTHING},
        [never("rtx 3060", "RTX 3060")],
    ),
}


@pytest.mark.parametrize(("dependencies", "expected", "warnings"), FIELDS.values(), ids=FIELDS)
def test_the_labels_of_a_field(dependencies, expected, warnings) -> None:
    found, said = tiers(list(expected), dependencies)
    conditions = [NOTHING if tier.reason else summarise_conditions(tier.condition, REGISTRY) for tier in found]
    assert dict(zip(expected, conditions, strict=True)) == expected
    assert sorted(said) == sorted(warnings)
    assert all(tier.reason.startswith("it never applies: ") and tier.condition is None for tier in found if tier.reason)


def test_labels_leave_out_what_was_written() -> None:
    written = [{"field_name": "condition", "operator": "equals", "value": "used"}]
    found, _ = tiers(["8GB", "16GB+", "Default"], RAM, taken=[written])
    assert [summarise_conditions(tier.condition, REGISTRY) for tier in found] == [
        "RAM >= 8 GB and RAM < 16 GB and not (condition is used)",
        "RAM >= 16 GB and not (condition is used)",
        "Not (condition is used or (RAM >= 8 GB and RAM < 16 GB) or RAM >= 16 GB)",
    ]


def test_a_label_in_too_many_pieces_is_refused() -> None:
    singles = [f"exactly {number}" for number in range(1, 22)]
    with pytest.raises(Unreadable, match='"0-99" overlaps with more than 20 others'):
        tiers(["0-99", *singles], RAM)


# -- Any labels --------------------------------------------------------------------------------------------------

numbers = st.sampled_from(["2", "4", "4.5", "6", "8", "8.0", "16"])
shapes = st.sampled_from(["{}", "{}+", ">= {}", "> {}", "< {}", "<= {}", "exactly {}", "{} or more", "up to {}"])
pairs = st.sampled_from(["2-4", "2-4.5", "2-16", "4-6", "4-16", "6-6", "6-8", "8-16"])
numeric = st.builds(lambda shape, number: shape.format(number), shapes, numbers) | pairs
rests = st.sampled_from(["Default", "Other"])
generations = st.sampled_from(["DDR4", "DDR5", "LPDDR5"])
counts = [None, 0, 1, 2, 3, 4, 4.25, 4.5, 5, 6, 7, 8, 9, 15, 16, 17, 32]
# dependencies, labels, and the facts that matter with values of each
SCALES: dict[str, tuple[list[str], st.SearchStrategy[str], dict[str, list[Any]]]] = {
    "counts": (["custom.score"], numeric | rests | st.sampled_from(["Yes", "No"]), {"custom.score": counts}),
    "generations": (
        SPEED,
        rests | generations | st.builds(lambda name, label: f"{name} {label}", generations, numeric),
        {"ram_spec.ddr_generation": [None, "ddr4", "ddr5", "lpddr5"], "ram_spec.speed_mhz": counts},
    ),
    "media": (
        MEDIUM,
        rests | st.sampled_from(["HDD", "hard disk", "SSD", "SATA SSD", "NVMe", "NVMe SSD", "eMMC"]),
        {"storage.primary.medium": [None, "hdd", "sata_ssd", "ssd", "nvme", "emmc"]},
    ),
    "presence": (
        ["ports.has_thunderbolt"],
        rests | st.sampled_from(["Yes", "No", "Present", "without Thunderbolt"]),
        {"ports.has_thunderbolt": [None, True, False]},
    ),
    "names": (
        GPU,
        rests
        | st.sampled_from(["GPU Present", "No GPU"])
        | st.sampled_from(["RTX 3060", "rtx 3060", "RTX 3060 Ti", "RTX 30", "3060 Ti", "RX 570"]),
        {"gpu.name": [None, "", "RTX 3060", "RTX 3060 Ti / RX 570", "RTX 3070", "RX 5700", "rx 570 3060 ti"]},
    ),
}


@st.composite
def fields(draw: st.DrawFn) -> tuple[str, list[str]]:
    name = draw(st.sampled_from(sorted(SCALES)))
    return name, draw(st.lists(SCALES[name][1], min_size=1, max_size=6, unique=True))


def market(facts: dict[str, list[Any]]) -> Batch:
    """A listing for every combination of values."""
    rows: list[dict[str, Any]] = [{}]
    for path, values in facts.items():
        rows = [{**row, path: value} for row in rows for value in values]
    return Batch.from_rows(rows, REGISTRY)


def holds(conditions: Sequence[Json], batch: Batch) -> np.ndarray:
    """One row per condition, one column per listing."""
    parsed = [parse_conditions(condition, REGISTRY) for condition in conditions]
    assert not [problem for _, problems in parsed for problem in problems if problem.severity == "error"]
    return np.array([match(condition, batch) for condition, _ in parsed])


def alone(reading: Reading) -> Reading:
    """What a label surely means, whatever its siblings: of a bare number that number."""
    if not reading.is_plain or reading.span is None:
        return reading
    return replace(reading, span=Span(reading.span.low, reading.span.low, True, True), is_plain=False)


@thorough
@given(fields())
def test_at_most_one_holds_and_nothing_is_lost(field) -> None:
    name, labels = field
    dependencies, _, facts = SCALES[name]
    batch = market(facts)
    meant = readings(labels, dependencies)
    found, warnings = disjoint(labels, meant, REGISTRY)
    counted = holds([tier.condition for tier in found if not tier.reason], batch).sum(axis=0)
    assert counted.max() <= 1

    surely = holds([disjoint([""], [alone(reading)], REGISTRY)[0][0].condition for reading in meant], batch)
    assert (counted == 1)[surely.any(axis=0)].all()

    # What two labels claim is said of both, but for names, of which the longer goes first, and the rest.
    said = " ".join(warnings)
    for place in np.flatnonzero((surely & (surely.sum(axis=0) > 1)).any(axis=1)):
        rivals = surely[place] & (np.delete(surely, place, axis=0).sum(axis=0) > 0)
        named = [other for other, reading in enumerate(meant) if not (reading.is_rest or reading.name)]
        if place in named and surely[named][:, rivals].sum() > rivals.sum():
            assert f'"{labels[place]}"' in said


@thorough
@given(fields().filter(lambda field: field[0] != "names"), st.randoms(use_true_random=False))
def test_the_order_of_the_labels_does_not_matter(field, chance) -> None:
    """But for labels that say the same, and names of the same length: the first counts."""
    name, labels = field
    dependencies, _, facts = SCALES[name]
    batch = market(facts)
    shuffled = chance.sample(labels, len(labels))
    first, second = (disjoint(some, readings(some, dependencies), REGISTRY)[0] for some in (labels, shuffled))
    kept = holds([tier.condition for tier in first if not tier.reason], batch)
    again = holds([tier.condition for tier in second if not tier.reason], batch)
    assert sorted(map(tuple, kept.tolist())) == sorted(map(tuple, again.tolist()))

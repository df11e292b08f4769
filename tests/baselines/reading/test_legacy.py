"""Format 1.0: what is refused, what is kept and named, and what the existing file means."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from baselines.reading import ENTITIES, BaselineDocument, BaselineError, canonical_hash, read_document
from tests.baselines.documents import at_least
from valuation.engine import FieldRegistry
from valuation.explaining.summaries import summarise_conditions

REGISTRY = FieldRegistry()
SAMPLES = Path(os.environ.get("DEALBRAIN_SAMPLES", settings.BASE_DIR.parent / "shared" / "data"))
V1 = SAMPLES / "baseline-v1.0.json"
V1_HASH = "37886098c3c9d7fd87a9de099dbeb8ebf7d93add4e4a55ae83261728a1c61dcb"
real_file = pytest.mark.skipif(not V1.exists(), reason="DEALBRAIN_SAMPLES names no folder with baseline-v1.0.json")


def bucket(label: str = "8GB+", **changes: Any) -> dict[str, Any]:
    return {"label": label, "min_usd": 5, "max_usd": 15, "Formula": None, **changes}


def field(*buckets: Any, **changes: Any) -> dict[str, Any]:
    return {
        "id": "ram",
        "proper_name": "Memory",
        "valuation_buckets": list(buckets) or [bucket()],
        "Formula": None,
        "unit": "USD",
        "dependencies": ["ram_gb"],
        **changes,
    }


def document(*fields: Any, **changes: Any) -> dict[str, Any]:
    return {
        "schema_version": "1.0",
        "generated_at": "2025-10-12T14:00:00Z",
        "entities": {"RamSpec": list(fields) or [field()]},
        **changes,
    }


def read(*fields: Any, **changes: Any) -> BaselineDocument:
    return read_document(document(*fields, **changes), REGISTRY)


FIELD, BUCKET = "entities.RamSpec[0]", "entities.RamSpec[0].valuation_buckets[0]"
REFUSED: dict[str, tuple[Any, str, str]] = {
    "version": (document(schema_version="1.2"), "schema_version", "must be one of 1.0, 1.1"),
    "version as a number": (document(schema_version=1.0), "schema_version", "must be one of"),
    "no time": (document(generated_at=None), "generated_at", "must be a time"),
    "a time of another age": (document(generated_at="1970-01-01"), "generated_at", "between the years"),
    "effect": (document(effect="subtract"), "effect", "add, deduct"),
    "description": (document(description=5), "description", "must be text"),
    "no entities": (document(entities={}), "entities", "must be an object"),
    "a list of entities": (document(entities=[field()]), "entities", "must be an object"),
    "unknown entity": (document(entities={"Ram": [field()]}), "entities.Ram", "unknown entity"),
    "no field": (document(entities={"CPU": []}), "entities.CPU", "at least one field"),
    "no list": (document(entities={"CPU": field()}), "entities.CPU", "at least one field"),
    "no object": (document("ram"), FIELD, "a field is an object"),
    "id": (document(field(id="RAM")), f"{FIELD}.id", "lower-case"),
    "no id": (document(field(id=None)), f"{FIELD}.id", "lower-case"),
    "id twice": (document(field(), field()), "entities.RamSpec[1].id", '"ram" stands twice'),
    "no name": (document(field(proper_name=None)), f"{FIELD}.proper_name", "a name is needed"),
    "unit": (document(field(unit=5)), f"{FIELD}.unit", "must be text"),
    "dependencies": (document(field(dependencies="ram_gb")), f"{FIELD}.dependencies", "a list of field names"),
    "empty text of dependencies": (document(field(dependencies="")), f"{FIELD}.dependencies", "a list of field names"),
    "a dependency": (document(field(dependencies=[5])), f"{FIELD}.dependencies", "a list of field names"),
    "a formula": (document(field(Formula=["ram_gb"])), f"{FIELD}.Formula", "must be text"),
    "both": (document(field(Formula="ram_gb * 2")), FIELD, "either a Formula or valuation_buckets, not both"),
    "two formulas": (
        document(field(valuation_buckets=None, Formula="ram_gb", formula="ram_gb * 2")),
        FIELD,
        "either Formula or formula",
    ),
    "buckets": (document(field(valuation_buckets={})), f"{FIELD}.valuation_buckets", "must be a list"),
    "too many buckets": (
        document(field(*[bucket(f"exactly {number}") for number in range(201)])),
        f"{FIELD}.valuation_buckets",
        "at most 200",
    ),
    "a bucket": (document(field("8GB")), BUCKET, "a bucket is an object"),
    "no label": (document(field(bucket(None))), f"{BUCKET}.label", "a label is needed"),
    "blank label": (document(field(bucket("  "))), f"{BUCKET}.label", "a label is needed"),
    "long label": (document(field(bucket("8" * 101))), f"{BUCKET}.label", "at most 100 characters"),
    "label twice": (document(field(bucket(), bucket())), f"{FIELD}.valuation_buckets", '"8GB+" stands twice'),
    "no amount": (
        document(field(bucket(min_usd=None, max_usd=None))),
        BUCKET,
        "either value_usd, or min_usd and max_usd",
    ),
    "no maximum": (document(field(bucket(max_usd=None))), f"{BUCKET}.max_usd", "must be a number"),
    "two amounts": (document(field(bucket(value_usd=5))), BUCKET, "either value_usd, or min_usd and max_usd"),
    "min above max": (document(field(bucket(min_usd=20))), f"{BUCKET}.min_usd", "20 is above max_usd 15"),
    "text": (document(field(bucket(min_usd="5"))), f"{BUCKET}.min_usd", "must be a number"),
    "truth": (document(field(bucket(min_usd=True))), f"{BUCKET}.min_usd", "must be a number"),
    "too much": (document(field(bucket(max_usd=2e9))), f"{BUCKET}.max_usd", "must lie between"),
    "too many digits": (document(field(bucket(max_usd=10**300))), f"{BUCKET}.max_usd", "more than 15 digits"),
    "NaN": (document(field(bucket(min_usd=float("nan")))), "", "NaN is no JSON number"),
    "infinity": (document(field(bucket(max_usd=float("inf")))), "", "Infinity is no JSON number"),
    "a negative factor": (
        document(field(bucket(min_usd=-0.1, max_usd=1), unit="multiplier")),
        f"{BUCKET}.min_usd",
        "between 0 and 100",
    ),
    "a huge factor": (
        document(field(bucket(min_usd=1, max_usd=101), unit="multiplier")),
        f"{BUCKET}.min_usd",
        "between 0 and 100",
    ),
    "bounds": (document(field(min_value=5, max_value=1)), f"{FIELD}.min_value", "5 is above max_value 1"),
}


@pytest.mark.parametrize(("content", "path", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_refused_with_its_place(content, path, message) -> None:
    with pytest.raises(BaselineError) as refused:
        read_document(content, REGISTRY)
    assert any(problem.path == path and message in problem.message for problem in refused.value.problems)


def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(BaselineError) as refused:
        read(field(bucket(min_usd=20), id="A"), field(proper_name=""), generated_at="today")
    assert [problem.path for problem in refused.value.problems] == [
        "generated_at",
        f"{FIELD}.id",
        f"{BUCKET}.min_usd",
        "entities.RamSpec[1].proper_name",
    ]


NOT_CONFIGURED: dict[str, tuple[dict[str, Any], str]] = {
    "unknown unit": (field(unit="EUR"), 'the unit "EUR" is none of USD, multiplier'),
    "unknown dependency": (field(dependencies=["ram_size"]), 'unknown field "ram_size"'),
    "neither": (field(valuation_buckets=None), "it has neither a Formula nor valuation_buckets"),
    "no buckets": (field(valuation_buckets=[]), "it has neither a Formula nor valuation_buckets"),
    "a formula of an unknown field": (
        field(valuation_buckets=None, Formula="ram_size * 2"),
        'the formula "ram_size * 2" cannot run: unknown field "ram_size"',
    ),
    "a pseudo-formula": (
        field(valuation_buckets=None, Formula="price * 0.8 if good"),
        'the formula "price * 0.8 if good" cannot run',
    ),
    "a formula without an end": (field(valuation_buckets=None, Formula="9**9**9"), "cannot run"),
    "a formula of a factor": (
        field(valuation_buckets=None, Formula="ram_gb * 2", unit="multiplier"),
        "a formula gives dollars and no factor",
    ),
    "a formula in a bucket": (field(bucket(Formula="good * 2")), 'the formula "good * 2" cannot run'),
    "a label": (field(bucket("8GB"), bucket("lots")), '"lots" has none of the forms of labels'),
    "a label of another field": (field(bucket("4 cores")), '"4 cores" is in cores, and ram_gb is not'),
    "a condition": (field(bucket(condition={"field_name": "ram_size"})), '"8GB+": conditions'),
    "no condition": (field(bucket(condition="ram_gb > 8")), '"8GB+": conditions'),
    "a condition of the wrong kind": (
        field(bucket("8GB"), bucket(condition={"field_name": "ram_gb", "operator": "gte", "value": "many"})),
        '"8GB+": conditions.value',
    ),
}


@pytest.mark.parametrize(("written", "reason"), NOT_CONFIGURED.values(), ids=NOT_CONFIGURED)
def test_what_cannot_be_read_is_kept_and_named(written, reason) -> None:
    """The other fields of the file are read, and nothing of this one may count."""
    found = read(written, field(id="other"))
    (item,) = found.unconfigured()
    assert (item.key, item.label, item.original) == ("RamSpec.ram", "", written)
    assert reason in item.reason
    broken, other = found.fields
    assert broken.reason == item.reason
    assert broken.formula == ""
    assert all(bucket.condition is None for bucket in broken.buckets)
    assert not other.reason


def test_the_amounts_of_an_unreadable_field_are_kept_unless_their_unit_is_unknown() -> None:
    lots = bucket("lots", min_usd=3)
    labels, unit = read(field(lots), field(lots, id="other", unit="EUR")).fields
    assert [(kept.label, kept.low, kept.high) for kept in labels.buckets] == [("lots", 3, 15)]
    assert unit.buckets == ()


def test_a_bucket_that_never_applies_is_named_alone() -> None:
    twice = bucket("at least 8 GB")
    found = read(field(bucket(), twice))
    (item,) = found.unconfigured()
    assert (item.key, item.label, item.original) == ("RamSpec.ram", "at least 8 GB", twice)
    assert item.reason == 'it never applies: "8GB+" covers all of it'
    assert [bool(bucket.reason) for bucket in found.fields[0].buckets] == [False, True]


def test_nulls_are_what_is_absent() -> None:
    nulls = field(
        bucket(value_usd=None, condition=None, formula=None, explanation=None),
        description=None,
        explanation=None,
        unit=None,
        notes=None,
        nullable=None,
        min_value=None,
        max_value=None,
        field_type=None,
    )
    absent = {"id": "ram", "proper_name": "Memory", "dependencies": ["ram_gb"]}
    absent |= {"valuation_buckets": [{"label": "8GB+", "min_usd": 5, "max_usd": 15}]}
    (first,) = read(nulls, name=None, description=None, effect=None).fields
    (second,) = read(absent).fields
    assert (first.unit, first.buckets, first.dependencies) == (second.unit, second.buckets, second.dependencies)
    assert first.buckets[0].condition == [{"field_name": "ram_gb", "operator": "gte", "value": 8}]


def test_unknown_keys_are_passed_over_with_a_warning() -> None:
    found = read(field(bucket(currency="USD"), weight=2), author="somebody")
    assert [(warning.path, warning.message.split(",")[0]) for warning in found.warnings] == [
        ("author", "unknown key"),
        (f"{FIELD}.weight", "unknown key"),
        (f"{BUCKET}.currency", "unknown key"),
    ]
    assert found.unconfigured() == ()


@pytest.mark.parametrize(("written", "unit"), [("USD", "USD"), ("$", "USD"), ("", "USD"), ("Multiplier", "multiplier")])
def test_units(written, unit) -> None:
    (item,) = read(field(bucket(min_usd=0.5, max_usd=1), unit=written)).fields
    assert (item.unit, item.reason) == (unit, "")


@pytest.mark.parametrize("factor", [0, 1, 100])
def test_factors(factor) -> None:
    (item,) = read(field(bucket(min_usd=factor, max_usd=factor), unit="multiplier")).fields
    assert (item.buckets[0].low, item.buckets[0].high) == (factor, factor)


def test_what_this_system_adds_to_the_format() -> None:
    """`effect`, `value_usd`, `condition`, and formulas in buckets."""
    used = {"field_name": "condition", "operator": "equals", "value": "used"}
    found = read(
        field(bucket("whatever this says", condition=used, min_usd=None, max_usd=None, value_usd=7)),
        field(bucket("16GB+", min_usd=None, max_usd=None, formula="ram_gb * 2"), id="other"),
        effect="deduct",
    )
    written, formula = (item.buckets[0] for item in found.fields)
    assert (found.effect, found.unconfigured()) == ("deduct", ())
    assert (written.condition, written.low, written.high) == (used, 7, 7)
    assert (formula.formula, formula.low, formula.high) == ("ram_gb * 2", 0, 0)


def test_labels_beside_written_conditions_leave_them_out() -> None:
    used = [{"field_name": "condition", "operator": "equals", "value": "used"}]
    found = read(field(bucket("8GB"), bucket("worn", condition=used), bucket("Default")))
    assert [summarise_conditions(item.condition, REGISTRY) for item in found.fields[0].buckets] == [
        "RAM >= 8 GB and not (condition is used)",
        "Condition is used",
        "Not (condition is used or RAM >= 8 GB)",
    ]
    assert [warning.message for warning in found.warnings] == [
        "RamSpec.ram: where a written condition of a sibling holds, a label does not apply",
        'RamSpec.ram: "8GB" is the highest tier and counts for everything above it too',
    ]


def test_written_conditions_that_hold_together_are_told_as_those_of_1_1_are() -> None:
    found = read(field(bucket("small", condition=at_least(8)), bucket("large", condition=at_least(16))))
    assert [warning.message for warning in found.warnings] == [
        'RamSpec.ram: "small" and "large" overlap: where both hold, both count'
    ]
    apart = read(field(bucket("small", condition=at_least(8, 16)), bucket("large", condition=at_least(16))))
    assert apart.warnings == ()


def test_overlaps_and_gaps_are_warnings_and_not_a_flood() -> None:
    labels = [f"{number}-{1000 - number}" for number in range(60)]
    found = read(field(*map(bucket, labels)))
    assert len(found.warnings) == 21
    assert {warning.path for warning in found.warnings} == {f"{FIELD}.valuation_buckets"}
    assert found.warnings[-1].message.endswith("more overlaps and gaps")


def test_entities_are_read_in_one_order_whatever_that_of_the_file() -> None:
    """The identity of a file knows no order of keys, so the order of the rules may not come from it."""
    entities = {entity: [field(id=f"{entity.lower()}_a"), field(id=f"{entity.lower()}_b")] for entity in ENTITIES}
    forth = read(entities=entities)
    back = read(entities=dict(reversed(entities.items())))
    assert forth.source_hash == back.source_hash
    keys = [f"{entity}.{entity.lower()}_{place}" for entity in ENTITIES for place in "ab"]
    assert [item.key for item in forth.fields] == [item.key for item in back.fields] == keys


# -- The file that there is --------------------------------------------------------------------------------------

# field -> label (a formula's is "") -> what it needs to hold. Values by hand from the file's labels and notes.
MEANT: dict[str, dict[str, str]] = {
    "Listing.base_adjustment": {"Default": "Always"},
    "Listing.condition_multiplier": {
        "New": "Condition is new",
        "Refurbished": "Condition is refurb",
        "Used": "Condition is used",
    },
    "CPU.cpu_mark_multi": {"": "clamp((cpu_mark_multi/1000)*3.6, 160, 260)"},
    "CPU.cpu_mark_single": {"": "clamp((cpu_mark_single/100)*5.2, 0, 80)"},
    "CPU.cores": {
        "4-6 cores": "CPU cores is between 4 and 6",
        "8-12 cores": "CPU cores is between 8 and 12",
        "16+ cores": "CPU cores >= 16",
    },
    "GPU.igpu_uplift": {"High-Performance iGPU": "Always"},  # and inactive: see below
    "RamSpec.ram_capacity": {
        "8GB": "RAM specification total >= 8 GB and RAM specification total < 16 GB",
        "16GB": "RAM specification total >= 16 GB and RAM specification total < 32 GB",
        "32GB": "RAM specification total >= 32 GB and RAM specification total < 64 GB",
        "64GB+": "RAM specification total >= 64 GB",
    },
    "RamSpec.ram_speed": {
        "DDR4 < 3200MHz": "RAM generation is ddr4 and RAM specification speed < 3200 MHz",
        "DDR4 >= 3200MHz": "RAM generation is ddr4 and RAM specification speed >= 3200 MHz",
        "DDR5": "RAM generation is ddr5",
    },
    "StorageProfile.storage_capacity": {
        "256GB": "Total storage >= 256 GB and total storage < 512 GB",
        "512GB": "Total storage >= 512 GB and total storage < 1000 GB",
        "1TB": "Total storage >= 1000 GB and total storage < 2000 GB",
        "2TB+": "Total storage >= 2000 GB",
    },
    "StorageProfile.storage_medium": {
        "HDD": "Primary storage medium is hdd",
        "SATA SSD": "Primary storage medium is sata_ssd",
        "NVMe SSD": "Primary storage medium is nvme",
    },
    "PortsProfile.thunderbolt_presence": {"Thunderbolt Present": "Has Thunderbolt is true"},
    "PortsProfile.usb_port_count": {
        "< 4 ports": "Ports: all USB < 4",
        "4-6 ports": "Ports: all USB is between 4 and 6",
        "7+ ports": "Ports: all USB >= 7",
    },
}


@real_file
def test_the_existing_baseline() -> None:
    content = json.loads(V1.read_text())
    found = read_document(V1.read_bytes(), REGISTRY)
    assert found.source_hash == canonical_hash(content) == V1_HASH
    assert {
        item.key: {"": item.formula}
        if item.formula
        else {bucket.label: summarise_conditions(bucket.condition, REGISTRY) for bucket in item.buckets}
        for item in found.fields
    } == MEANT
    (missing,) = found.unconfigured()
    assert (missing.key, missing.label, missing.original) == ("GPU.igpu_uplift", "", content["entities"]["GPU"][0])
    assert missing.reason == '"High-Performance iGPU" reads like a description and not like a model'
    assert [warning.message for warning in found.warnings] == [
        'CPU.cores: nothing applies between "4-6 cores" and "8-12 cores"',
        'CPU.cores: nothing applies between "8-12 cores" and "16+ cores"',
    ]


@real_file
def test_the_amounts_of_the_existing_baseline_are_those_of_the_file() -> None:
    fields = {item.key: item for item in read_document(V1.read_bytes(), REGISTRY).fields}
    content = json.loads(V1.read_text())
    for entity, items in content["entities"].items():
        for raw in items:
            amounts = [(each["label"], each["min_usd"], each["max_usd"]) for each in raw["valuation_buckets"] or []]
            read = fields[f"{entity}.{raw['id']}"]
            assert [(each.label, each.low, each.high) for each in read.buckets] == amounts
            assert read.unit == raw["unit"]

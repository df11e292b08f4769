"""What differs between two baselines, field by field and attribute by attribute; and what a part of it makes."""

from __future__ import annotations

from typing import Any

import pytest

from baselines.diffing import compare, merged
from baselines.reading import BaselineDocument, read_document
from tests.baselines.documents import MEMORY, SPEED, WEAR, at_least, changed, document, legacy, tier
from valuation.engine import FieldRegistry

REGISTRY = FieldRegistry()


def read(content: dict[str, Any]) -> BaselineDocument:
    return read_document(content, REGISTRY)


def with_memory(**changes: Any) -> dict[str, Any]:
    return document(RamSpec=[{**MEMORY, **changes}])


def test_added_changed_and_removed() -> None:
    diff = compare(read(document()), read(changed()))
    assert [(change.kind, change.key) for change in diff.changes] == [
        ("removed", "Listing.wear"),
        ("changed", "RamSpec.memory"),
        ("added", "StorageProfile.drive"),
    ]
    assert diff.unchanged == 1
    [memory] = diff.of("changed")
    assert [(item.attribute, item.old, item.new) for item in memory.differences] == [
        (
            "valuation_buckets[16 GB]",
            tier("16 GB", at_least(16, 32), (30, 50)),
            tier("16 GB", at_least(16, 32), 60),
        )
    ]


@pytest.mark.parametrize(
    ("changes", "attributes"),
    [
        ({}, []),
        ({"notes": None}, []),
        ({"unit": "USD"}, []),
        ({"unit": "multiplier"}, ["unit"]),
        ({"nullable": False}, []),
        ({"proper_name": "RAM"}, ["proper_name"]),
        ({"explanation": "Less is more."}, ["explanation"]),
        ({"dependencies": ["ram_gb"]}, ["dependencies"]),
        ({"min_value": 3}, ["min_value"]),
        ({"nullable": True}, ["nullable"]),
        ({"valuation_buckets": list(reversed(MEMORY["valuation_buckets"]))}, []),
        (
            {"valuation_buckets": [tier("32 GB+", at_least(32), (90, 90)), *MEMORY["valuation_buckets"][:2]]},
            [],
        ),
        (
            {"valuation_buckets": [tier("8 GB", at_least(8), (10, 20)), *MEMORY["valuation_buckets"][1:]]},
            ["valuation_buckets[8 GB]"],
        ),
        (
            {"valuation_buckets": MEMORY["valuation_buckets"][:2]},
            ["valuation_buckets[32 GB+]"],
        ),
    ],
)
def test_each_attribute(changes: dict[str, Any], attributes: list[str]) -> None:
    diff = compare(read(document(RamSpec=[MEMORY])), read(with_memory(**changes)))
    assert [item.attribute for change in diff.changes for item in change.differences] == attributes


def test_a_field_that_becomes_a_formula() -> None:
    formula = {"id": "memory", "proper_name": "Memory", "explanation": "More is better.", "formula": "ram_gb * 2"}
    [change] = compare(read(document(RamSpec=[MEMORY])), read(document(RamSpec=[formula]))).changes
    assert [item.attribute for item in change.differences] == [
        "formula",
        *(f"valuation_buckets[{label}]" for label in ("8 GB", "16 GB", "32 GB+")),
    ]


def test_the_formats_differ_in_spelling_only() -> None:
    old = legacy("8GB", "16GB+")
    new = legacy("8GB", "16GB+", formula=None)
    del new["entities"]["RamSpec"][0]["Formula"]
    assert compare(read(old), read(new)).changes == ()


@pytest.mark.parametrize(
    ("today", "stated", "turns"),
    [("add", "deduct", True), ("deduct", "deduct", False), ("deduct", "add", True)],
)
def test_an_effect_that_turns(today: str, stated: str, turns: bool) -> None:
    diff = compare(read(document()), read({**document(), "effect": stated}), effect=today)
    assert (diff.effect is not None) == turns
    assert diff.selectable() == (["effect"] if turns else [])


def test_without_a_baseline_everything_is_new() -> None:
    diff = compare(None, read(document()))
    assert [(change.kind, change.key) for change in diff.changes] == [
        ("added", "Listing.wear"),
        ("added", "CPU.speed"),
        ("added", "RamSpec.memory"),
    ]


@pytest.mark.parametrize(
    ("selected", "entities"),
    [
        ([], {"Listing": [WEAR], "CPU": [SPEED], "RamSpec": [MEMORY]}),
        (["Listing.wear"], {"CPU": [SPEED], "RamSpec": [MEMORY]}),
        (
            ["RamSpec.memory"],
            {"Listing": [WEAR], "CPU": [SPEED], "RamSpec": changed()["entities"]["RamSpec"]},
        ),
        (
            ["StorageProfile.drive"],
            {
                "Listing": [WEAR],
                "CPU": [SPEED],
                "RamSpec": [MEMORY],
                "StorageProfile": changed()["entities"]["StorageProfile"],
            },
        ),
        (["Listing.wear", "RamSpec.memory", "StorageProfile.drive"], changed()["entities"]),
    ],
)
def test_what_a_selection_makes(selected: list[str], entities: dict[str, Any]) -> None:
    assert merged(read(document()), read(changed()), selected)["entities"] == entities


def test_fields_of_both_formats_are_one_document_of_the_older() -> None:
    content = merged(read(legacy("8GB", "16GB+")), read(document()), ["CPU.speed", "Listing.wear"])
    assert content["schema_version"] == "1.0"
    found = read(content)
    assert [item.key for item in found.fields] == ["Listing.wear", "CPU.speed", "RamSpec.ram_capacity"]
    assert found.unconfigured() == ()


def test_an_effect_is_a_selection_like_others() -> None:
    candidate = read({**changed(), "effect": "deduct"})
    assert merged(read(document()), candidate, ["effect"])["effect"] == "deduct"
    assert "effect" not in merged(read(document()), candidate, ["RamSpec.memory"])

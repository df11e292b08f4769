"""Thresholds that people set, and what rules can be made of."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.api import Api, at_once, problems, race
from tests.factories import CustomFieldFactory

pytestmark = pytest.mark.django_db

DEALS = {"good_deal": 15.0, "great_deal": 25.0, "premium_warning": 10.0}
MARKS = {"excellent": 20.0, "good": 10.0, "fair": 5.0, "neutral": 0.0, "poor": -10.0, "premium": -20.0}
DEFAULTS = {"valuation_thresholds": DEALS, "cpu_mark_thresholds": MARKS}


@pytest.fixture
def api() -> Api:
    return Api("Analysts")


@pytest.mark.parametrize(
    ("key", "sent"),
    [
        ("valuation_thresholds", {"good_deal": 5, "great_deal": 5, "premium_warning": 0.5}),
        ("valuation_thresholds", dict.fromkeys(DEALS, -1000)),
        ("cpu_mark_thresholds", dict.fromkeys(MARKS, 1000)),
        ("cpu_mark_thresholds", {**MARKS, "premium": -99.5}),
    ],
)
def test_thresholds_are_replaced(api: Api, key: str, sent: dict[str, float]) -> None:
    path = f"/settings/{key}"
    assert api.read(path) == api.read(f"{path}/default") == DEFAULTS[key]
    assert api.got("PUT", path, sent) == sent == api.read(path)
    assert api.read(f"{path}/default") == DEFAULTS[key]
    (other,) = DEFAULTS.keys() - {key}
    assert api.read(f"/settings/{other}") == DEFAULTS[other]


@pytest.mark.parametrize(
    ("key", "body", "wrong"),
    [
        ("valuation_thresholds", {}, {*DEALS}),
        ("valuation_thresholds", {"good_deal": 5}, {"great_deal", "premium_warning"}),
        ("valuation_thresholds", {**DEALS, "best_deal": 5}, {"best_deal"}),
        ("valuation_thresholds", {**DEALS, "good_deal": 25.01}, {"good_deal"}),
        ("cpu_mark_thresholds", {**MARKS, "good": 20.5}, {"good"}),
        ("cpu_mark_thresholds", {**MARKS, "excellent": 9}, {"good"}),
        *(
            ("valuation_thresholds", {**DEALS, "premium_warning": bad}, {"premium_warning"})
            for bad in ("5", None, True, [], 1000.5, -1001, 10**400 // 10**200)
        ),
        ("valuation_thresholds", [], {""}),
        ("valuation_thresholds", "x", {""}),
        ("valuation_thresholds", 5, {""}),
    ],
)
def test_thresholds_that_are_refused(api: Api, key: str, body: Any, wrong: set[str]) -> None:
    assert set(problems(api.send("PUT", f"/settings/{key}", body))) == wrong
    assert api.read(f"/settings/{key}") == DEFAULTS[key]


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("valuation_treshold", 'Did you mean "valuation_thresholds"?'),
        ("x", "There are valuation_thresholds, "),
    ],
)
def test_keys_that_do_not_exist(api: Api, key: str, hint: str) -> None:
    for method, path in (("GET", f"/settings/{key}"), ("GET", f"/settings/{key}/default"), ("PUT", f"/settings/{key}")):
        answer = api.send(method, path, DEALS if method == "PUT" else None)
        assert problems(answer, 404) == {}
        assert hint in answer.json()["detail"]


def test_a_write_over_another_is_refused(api: Api) -> None:
    path = "/settings/valuation_thresholds"
    before = api.send("GET", path).headers["ETag"]
    assert api.send("GET", path, **{"If-None-Match": before}).status_code == 304
    changed = api.send("PUT", path, {**DEALS, "good_deal": 1}, **{"If-Match": before})
    assert changed.status_code == 200
    assert api.send("PUT", path, DEALS, **{"If-Match": before}).status_code == 412
    assert api.read(path)["good_deal"] == 1.0
    assert api.send("PUT", path, DEALS, **{"If-Match": changed.headers["ETag"]}).status_code == 200
    assert api.send("DELETE", path).status_code == 405


@race
@pytest.mark.parametrize("stored", [False, True])
def test_of_two_who_change_the_same_thresholds_one_is_refused(stored: bool) -> None:
    path = "/settings/valuation_thresholds"
    everybody = [Api(root=True), Api(root=True)]
    if stored:
        everybody[0].got("PUT", path, DEALS)
    state = everybody[0].send("GET", path).headers["ETag"]
    answers = at_once(
        *(
            partial(api.send, "PUT", path, {**DEALS, "good_deal": number}, **{"If-Match": state})
            for number, api in enumerate(everybody)
        )
    )
    codes = [answer.status_code for answer in answers]
    assert sorted(codes) == [200, 412]
    assert everybody[0].read(path)["good_deal"] == codes.index(200)


# -- What rules can be made of ---------------------------------------------------------------------------------

# The facts of docs/rules.md, by what a fact belongs to; ports and custom fields are open lists.
LISTING = (
    "title price_usd condition status marketplace seller device_model manufacturer series model_number form_factor "
    "os_license ram_gb ram_type ram_speed_mhz primary_storage_gb primary_storage_type secondary_storage_gb "
    "secondary_storage_type total_storage_gb age_years"
)
CPU = "name manufacturer socket cores threads tdp_w igpu_model cpu_mark_multi cpu_mark_single igpu_mark release_year"
RAM = "label ddr_generation speed_mhz module_count capacity_per_module_gb total_capacity_gb"
DRIVE = "label medium interface form_factor capacity_gb performance_tier"
PORTS = (
    "usb_a usb_c thunderbolt hdmi displayport rj45_1g rj45_2_5g rj45_10g audio sdxc pcie_x16 pcie_x8 m2_slot sata_bay "
    "other usb_total has_thunderbolt"
)
FACTS = {
    "listing": set(LISTING.split()),
    "cpu": {f"cpu.{name}" for name in CPU.split()},
    "gpu": {"gpu.name", "gpu.manufacturer", "gpu.gpu_mark", "gpu.metal_score"},
    "ram_spec": {f"ram_spec.{name}" for name in RAM.split()},
    "storage.primary": {f"storage.primary.{name}" for name in DRIVE.split()},
    "storage.secondary": {f"storage.secondary.{name}" for name in DRIVE.split()},
    "ports": {f"ports.{name}" for name in PORTS.split()},
    "custom": {"custom.colour", "custom.weight"},
}
EVERY, RANGE, TEXT = {"string", "number", "boolean", "date"}, {"number", "date"}, {"string"}
OPERATORS = {
    **dict.fromkeys(("equals", "not_equals", "in", "not_in", "is_null", "is_not_null"), EVERY),
    **dict.fromkeys(("greater_than", "less_than", "gte", "lte", "between"), RANGE),
    **dict.fromkeys(("contains", "starts_with", "ends_with", "regex"), TEXT),
}
ALIASES = {"equals": "eq", "not_equals": "neq", "greater_than": "gt", "less_than": "lt"}


def test_what_rules_can_be_made_of(api: Api) -> None:
    CustomFieldFactory(key="colour", label="Colour", data_type="enum", options=["red"], description="Of the case.")
    CustomFieldFactory(key="weight", data_type="number")
    CustomFieldFactory(key="cores", entity="cpu")
    document = api.read("/entities/metadata")
    entities = {entity["key"]: entity for entity in document["entities"]}
    assert {key: {field["key"] for field in entity["fields"]} for key, entity in entities.items()} == FACTS
    (colour,) = (field for field in entities["custom"]["fields"] if field["key"] == "custom.colour")
    assert colour == {
        "key": "custom.colour",
        "label": "Colour",
        "data_type": "string",
        "unit": "",
        "nullable": True,
        "options": ["red"],
        "description": "Of the case.",
    }
    operators = {operator["value"]: operator for operator in document["operators"]}
    shown = {name: {*operator["field_types"]} & EVERY for name, operator in operators.items()}
    kinds = {kind for operator in operators.values() for kind in operator["field_types"]}
    assert shown == {name: wanted & kinds for name, wanted in OPERATORS.items()}
    assert {name: operator["aliases"] for name, operator in operators.items() if name in ALIASES} == {
        name: [alias] for name, alias in ALIASES.items()
    }

"""What is understood though it is not written as we write it: one row a leniency, and what comes of it.

Each row: the request, its status, and what the answer holds (a part of it), or the paths that are refused.
"""

from __future__ import annotations

from typing import Any

import pytest

from listings.figures import FIGURE_PATHS
from listings.models import Listing
from tests.api import Api, problems
from tests.factories import (
    CpuFactory,
    CustomFieldFactory,
    ListingFactory,
    ProfileFactory,
    RamSpecFactory,
    RuleActionFactory,
    RulesetFactory,
)
from valuation.models import RulesetOverride
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db

LISTINGS, CPUS, RULES, GROUPS, RULESETS = (
    "/v1/listings",
    "/v1/catalog/cpus",
    "/api/v1/valuation-rules",
    "/api/v1/rule-groups",
    "/api/v1/rulesets",
)
FIELDS, PREVIEW = "/v1/fields", "/api/v1/valuation-rules/preview"
FIVE = [{"action_type": "fixed_value", "value_usd": 5}]
DEAR = {"field_name": "price_usd", "operator": "greater_than", "value": 100}
SMALL = {"field_name": "ram_gb", "operator": "less_than", "value": 8}


@pytest.fixture
def rows() -> dict[str, int]:
    """What the paths and bodies of the table name: `{cpu}` in a path, "{cpu}" in a body."""
    cpu = CpuFactory(name="Core i5-8500T", manufacturer="Intel", cores=6, cpu_mark_multi=8_000)
    ram = RamSpecFactory(ddr_generation="ddr4", speed_mhz=3200, total_capacity_gb=16)
    listing = ListingFactory(title="ThinkCentre", price_usd=300, cpu=cpu, ram_spec=ram, condition="used")
    rule = RuleActionFactory(rule__conditions=None).rule
    other = RulesetFactory(name="Other", effect="deduct", is_active=False, priority=7)
    RulesetOverride.objects.create(listing=listing, static_ruleset=rule.group.ruleset)
    CustomFieldFactory(key="hue", label="Hue")
    return {
        "cpu": cpu.pk,
        "ram": ram.pk,
        "listing": listing.pk,
        "rule": rule.pk,
        "group": rule.group_id,
        "ruleset": rule.group.ruleset_id,
        "other": other.pk,
        "profile": ProfileFactory(name="Mine", weights={"gpu_score": 1}).pk,
    }


def rule(conditions: Any, **fields: Any) -> dict[str, Any]:
    return {"group_id": "{group}", "name": "New", "conditions": conditions, "actions": FIVE, **fields}


def listing(**fields: Any) -> dict[str, Any]:
    return {"title": "Mini PC", "price_usd": 100, **fields}


def leaf(word: str | None = None, **extra: Any) -> dict[str, Any]:
    return {**DEAR, "logical_operator": word, **extra}


def either(*nodes: Any) -> dict[str, Any]:
    return {"logical_operator": "or", "conditions": list(nodes)}


NULLS = dict.fromkeys(
    ("listing_url", "seller", "vendor_item_id", "manufacturer", "series", "model_number", "form_factor", "notes")
)
MOVES = {"updated_at", "version", "valued_at", "stale", "rules", "rule_groups", *FIGURE_PATHS}
OK, MADE, WRONG = 200, 201, 400
W = "warnings"
# method, path, body, status, what comes: a part of the answer, or {path: code}
TABLE: list[tuple[str, str, Any, int, Any]] = [
    # null is the empty value of a text, a list or an object, on every write
    ("POST", LISTINGS, listing(**NULLS, other_urls=None, components=None, attributes=None), MADE, {"seller": ""}),
    ("PATCH", f"{LISTINGS}/{{listing}}", {"manufacturer": None, "other_components": None}, OK, {"manufacturer": ""}),
    ("PATCH", f"{LISTINGS}/{{listing}}", {"title": None}, WRONG, {"title": "blank"}),
    ("POST", "/v1/catalog/ram-specs", {"ddr_generation": None, "total_capacity_gb": 8}, MADE, {"label": "8GB"}),
    ("POST", CPUS, {"name": "New", "socket": None, "notes": None, "attributes": None}, MADE, {"socket": ""}),
    ("POST", FIELDS, {"label": "X", "options": None, "validation": None, "description": None}, MADE, {"options": []}),
    (
        "POST",
        GROUPS,
        {"ruleset_id": "{ruleset}", "name": "G", "description": None, "weight": None},
        MADE,
        {"weight": 1},
    ),
    ("PATCH", f"{GROUPS}/{{group}}", {"is_active": None}, WRONG, {"is_active": "null"}),
    # PUT keeps what is left out, but on listings
    ("PUT", f"{RULESETS}/{{other}}", {"name": "O"}, OK, {"effect": "deduct", "is_active": False, "priority": 7}),
    (
        "PUT",
        f"{CPUS}/{{cpu}}",
        {"manufacturer": "AMD"},
        OK,
        {"cores": 6, "cpu_mark_multi": 8_000, "manufacturer": "AMD"},
    ),
    ("PUT", f"{RULES}/{{rule}}", {"is_active": False}, OK, {"is_active": False}),
    ("PUT", "/v1/catalog/profiles/{profile}", {"description": "d"}, OK, {"weights": {"gpu_score": 1}}),
    ("PUT", f"{LISTINGS}/{{listing}}", {"title": "Other"}, OK, {"price_usd": None, "cpu_id": None}),
    # conditions as older clients write them
    ("POST", RULES, rule([leaf("OR"), leaf("OR")]), MADE, {"conditions": either(DEAR, DEAR)}),
    ("POST", RULES, rule([leaf("AND"), leaf("AND"), leaf()]), MADE, {"conditions": [DEAR, DEAR, DEAR]}),
    ("POST", RULES, rule([leaf("AND"), leaf("OR")]), WRONG, {"conditions": "logical_operator"}),
    ("POST", RULES, rule([leaf(), leaf("or")]), WRONG, {"conditions": "logical_operator"}),
    ("POST", RULES, rule([leaf("xor")]), WRONG, {"conditions[0].logical_operator": "logical_operator"}),
    ("POST", RULES, rule([leaf("OR")]), MADE, {"conditions": [DEAR]}),
    ("POST", RULES, rule(either(leaf("AND"), leaf("AND"))), WRONG, {"conditions": "logical_operator"}),
    ("POST", RULES, rule(either(leaf("OR"), leaf())), MADE, {"conditions": either(DEAR, DEAR)}),
    (
        "POST",
        RULES,
        rule([leaf("AND", id="a", options=None, group_order=0, rule_id=3, created_at="x", field_type="number")]),
        MADE,
        {"conditions": [{**DEAR, "field_type": "number"}]},
    ),
    (
        "POST",
        RULES,
        rule([DEAR, {"id": 7, "logical_operator": "or"}, {**SMALL, "parent_condition_id": 7}]),
        MADE,
        {"conditions": [DEAR, either(SMALL)]},
    ),
    (
        "POST",
        RULES,
        rule([leaf(parent_condition_id=9)]),
        WRONG,
        {"conditions[0].parent_condition_id": "logical_operator"},
    ),
    (
        "POST",
        RULES,
        rule([leaf(id=1), leaf(parent_condition_id=1)]),
        WRONG,
        {"conditions[1].parent_condition_id": "logical_operator"},
    ),
    ("POST", RULES, rule([leaf(is_group=True)]), WRONG, {"conditions[0].is_group": "unknown_key"}),
    # what stands beside is read; where it means nothing, the answer says so
    (
        "POST",
        RULES,
        rule(
            None,
            created_by="me",
            category="cpu",
            actions=[{**FIVE[0], "id": 1, "display_order": 0, "description": "d"}],
        ),
        MADE,
        {W: ["created_by", "category", "actions[0].description"]},
    ),
    ("POST", GROUPS, {"ruleset_id": "{ruleset}", "name": "G", "basic_managed": True}, MADE, {W: ["basic_managed"]}),
    (
        "POST",
        LISTINGS,
        listing(components=[{"component_type": "Wi-Fi", "metadata_json": {"x": 1}, "rule_id": 4}]),
        MADE,
        {W: ["components[0].rule_id"]},
    ),
    ("POST", PREVIEW, {"actions": FIVE, "category_filter": {"a": 1}}, OK, {W: ["category_filter"]}),
    (
        "POST",
        "/api/v1/valuation-rules/validate-formula",
        {"formula": "ram_gb", "entity_type": "Listing"},
        OK,
        {W: ["entity_type"]},
    ),
    (
        "POST",
        FIELDS,
        {"label": "Battery (Wh)", "default_value": "x", "visibility": "public", "is_locked": False, "created_by": "me"},
        MADE,
        {"key": "battery_wh", "default": "x", W: ["visibility", "is_locked", "created_by"]},
    ),
    ("POST", FIELDS, {"label": "!!!"}, WRONG, {"key": "blank"}),
    (
        "PUT",
        "/settings/valuation_thresholds",
        {"value": {"good_deal": 1, "great_deal": 2, "premium_warning": 3}},
        OK,
        {"good_deal": 1},
    ),
    ("POST", RULES, rule(None, sort="x"), WRONG, {"sort": "unknown"}),
    # hints, and what contradicts
    ("POST", LISTINGS, listing(ram_gb=16, ram_type="DDR5", ram_speed_mhz=4800), MADE, {"ram_type": "ddr5"}),
    ("POST", LISTINGS, listing(ram_type="DDR4"), MADE, {"ram_type": "ddr4", "ram_gb": None}),
    ("POST", LISTINGS, listing(ram_spec_id="{ram}", ram_type="DDR5"), WRONG, {"ram_type": "invalid"}),
    ("POST", LISTINGS, listing(ram_spec_id="{ram}", ram_type="ddr4"), MADE, {"ram_gb": 16}),
    (
        "POST",
        LISTINGS,
        listing(ram_spec={"total_capacity_gb": 8}, ram_type="DDR4", ram_speed_mhz=2666),
        MADE,
        {"ram_type": "ddr4", "ram_speed_mhz": 2666, "ram_gb": 8},
    ),
    ("PATCH", f"{LISTINGS}/{{listing}}", {"ram_type": "DDR5"}, OK, {"ram_type": "ddr5", "ram_gb": 16}),
    ("PATCH", f"{LISTINGS}/{{listing}}", {"ram_gb": 32}, OK, {"ram_type": "ddr4", "ram_speed_mhz": 3200}),
    ("POST", LISTINGS, listing(cpu={"id": "{cpu}"}), MADE, {"cpu_name": "Core i5-8500T"}),
    ("POST", LISTINGS, listing(cpu={"id": 10**6}), WRONG, {"cpu": "does_not_exist"}),
    ("PATCH", f"{LISTINGS}/{{listing}}", {"ruleset_id": "{other}"}, WRONG, {"ruleset_id": "read_only"}),
    ("PATCH", f"{LISTINGS}/{{listing}}", {"ruleset_id": None}, WRONG, {"ruleset_id": "read_only"}),
    ("PATCH", f"{LISTINGS}/{{listing}}", {"ruleset_id": "{ruleset}"}, OK, {"disabled_rulesets": []}),
    ("PATCH", f"{LISTINGS}/{{listing}}", {"adjusted_price_usd": 1}, OK, {W: ["adjusted_price_usd"]}),
    ("PATCH", f"{CPUS}/{{cpu}}", {"id": 10**6}, WRONG, {"id": "read_only"}),
    ("PATCH", f"{CPUS}/{{cpu}}", {"id": "{cpu}", "created_at": "2020-01-01T00:00:00Z"}, OK, {"cores": 6}),
    ("POST", RULESETS, {"name": "A", "is_baseline": True}, WRONG, {"is_baseline": "read_only"}),
    # labels for choices
    (
        "POST",
        LISTINGS,
        listing(primary_storage_gb=512, primary_storage_type="NVMe SSD"),
        MADE,
        {"primary_storage_type": "nvme"},
    ),
    ("POST", LISTINGS, listing(condition="Refurbished", marketplace="eBay"), MADE, {"condition": "refurb"}),
    ("POST", LISTINGS, listing(condition="shiny"), WRONG, {"condition": "invalid_choice"}),
    ("POST", "/v1/catalog/storage-profiles", {"medium": "SATA SSD", "capacity_gb": 480}, MADE, {"medium": "sata_ssd"}),
    ("POST", f"{LISTINGS}/{{listing}}/ports", {"ports": [{"port_type": "USB-A", "quantity": 2}]}, OK, {"ports": ...}),
    # binary noise
    ("PATCH", f"{LISTINGS}/{{listing}}", {"price_usd": 299.99000000000001}, OK, {"price_usd": 299.99}),
    (
        "POST",
        RULES,
        rule(None, actions=[{"action_type": "fixed_value", "value_usd": 0.05500000000000001}]),
        MADE,
        {"id": ...},
    ),
    ("PATCH", f"{LISTINGS}/{{listing}}", {"price_usd": 299.991}, WRONG, {"price_usd": "max_decimal_places"}),
    # older names of parameters
    ("GET", f"{LISTINGS}?search=think&skip=0&sort_by=price_usd&sort_order=desc", None, OK, {"total": 1}),
    ("GET", f"{CPUS}?search=8500", None, OK, {"total": 1}),
    ("GET", f"{LISTINGS}?q=a&search=b", None, WRONG, {"search": "exclusive"}),
    ("GET", f"{LISTINGS}?sort_by=prize", None, WRONG, {"sort_by": "unknown"}),
    ("GET", f"{LISTINGS}?sort_by=title&sort_order=up", None, WRONG, {"sort_order": "invalid"}),
    ("GET", f"{LISTINGS}?skip=-1", None, WRONG, {"skip": "invalid"}),
    ("GET", f"{LISTINGS}?page=1", None, WRONG, {"page": "unknown"}),
    ("GET", f"{FIELDS}?include_inactive=false&include_deleted=1", None, OK, {"total": 1}),
    ("GET", "/v1/cpus?include_analytics=true&only_with_listings=true&sort_by=listings_count", None, OK, {"total": 0}),
    ("GET", "/v1/catalog/cpus?only_with_listings=true", None, WRONG, {"only_with_listings": "unknown"}),
    ("GET", "/api/v1/baseline/metrics/top-rules?days=7", None, OK, {"rules": ...}),
    ("GET", "/api/v1/baseline/preview?sample_size=5", None, OK, {"samples": []}),
    # more ways
    ("GET", "/api/v1/baseline/metadata", None, 404, None),
    (
        "GET",
        f"{FIELDS}/cpu.manufacturer/values?search=int&limit=1000",
        None,
        OK,
        {"items": [{"value": "Intel", "count": 1}]},
    ),
    ("GET", f"{FIELDS}/listing.raw_payload/values", None, 404, None),
    ("GET", f"{FIELDS}/usage", None, OK, {"usage": ...}),
    (
        "POST",
        RULES,
        rule(None, actions=[{"action_type": "per_unit", "metric": "storage.primary_gb", "value_usd": 1}]),
        MADE,
        {"id": ...},
    ),
    (
        "PATCH",
        "/v1/catalog/profiles/{profile}",
        {"weights": {"cpu_multi_score": 0.5, "cpu_single_score": 0.5}},
        OK,
        {"weights": {"cpu_mark_multi": 0.5, "cpu_mark_single": 0.5}},
    ),
    # what is no option is an error with the nearest
    (
        "POST",
        RULES,
        rule([{"field_name": "condition", "operator": "equals", "value": "for_parts"}]),
        WRONG,
        {"conditions[0].value": "option"},
    ),
]


def filled(value: Any, rows: dict[str, int]) -> Any:
    """A body with the ids that it names as "{name}"."""
    if isinstance(value, dict):
        return {name: filled(item, rows) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, rows) for item in value]
    return rows.get(value[1:-1], value) if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "comes"), TABLE, ids=[f"{row[0]} {row[1]} {n}" for n, row in enumerate(TABLE)]
)
def test_it_is_understood(
    rows: dict[str, int], method: str, path: str, body: Any, status: int, comes: dict[str, Any] | None
) -> None:
    api = Api(root=True)
    answer = api.send(method, path.format(**rows), filled(body, rows))
    if status == WRONG:
        assert problems(answer) == comes
        return
    assert answer.status_code == status, answer.content
    document = answer.json()
    for name, expected in (comes or {}).items():
        if name == W:
            assert [warning.partition(": ")[0] for warning in document[W]] == expected
        elif expected is not ...:
            assert document[name] == expected, name
    if comes is not None and W not in comes:
        assert W not in document, document.get(W)


def settled(document: dict[str, Any]) -> dict[str, Any]:
    """Without what moves by itself."""
    return {name: value for name, value in document.items() if name not in MOVES}


def test_what_was_read_may_be_sent_back_as_it_is(rows: dict[str, int]) -> None:
    api = Api(root=True)
    recalculate(scope=Scope(), trigger="test")
    for path in (
        f"{LISTINGS}/{rows['listing']}",
        f"{CPUS}/{rows['cpu']}",
        f"{RULES}/{rows['rule']}",
        f"{GROUPS}/{rows['group']}",
        f"{RULESETS}/{rows['ruleset']}",
        f"/v1/catalog/ram-specs/{rows['ram']}",
        f"/v1/catalog/profiles/{rows['profile']}",
    ):
        document = api.read(path)
        for method in ("PUT", "PATCH"):
            assert settled(api.got(method, path, document)) == settled(document)
    assert Listing.objects.count() == 1

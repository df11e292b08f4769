"""Custom fields over HTTP: definitions, what they hold, who changed them, and in filters, orders, exports and rules."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from catalog.models import ArchivedValue, CustomField
from listings.models import Listing
from tests.api import Api, at_once, plain, problems, race
from tests.factories import CpuFactory, CustomFieldFactory, ListingFactory, RuleActionFactory, RulesetFactory
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db

FIELDS = "/v1/fields"
PATHS = (FIELDS, "/v1/reference/custom-fields")
FULL: dict[str, Any] = {
    "entity": "listing",
    "key": "colour",
    "label": "Colour",
    "data_type": "enum",
    "description": "Of the case.",
    "options": ["red", "blue"],
    "required": True,
    "default": "red",
    "validation": {},
    "is_active": True,
    "display_order": 7,
}
BARE: dict[str, Any] = {
    "entity": "listing",
    "key": "size",
    "label": "Size",
    "data_type": "string",
    "description": "",
    "options": [],
    "required": False,
    "default": None,
    "validation": {},
    "is_active": True,
    "display_order": 100,
}


@pytest.fixture
def api() -> Api:
    return Api(root=True)


# -- Definitions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("sent", "shown"), [(FULL, FULL), ({"key": "size", "label": "Size"}, BARE)])
def test_from_nothing_to_the_whole_document(api: Api, path: str, sent: Any, shown: dict[str, Any]) -> None:
    answer = api.send("POST", path, sent)
    document = answer.json()
    row = f"{path}/{document['id']}"
    assert (answer.status_code, answer.headers["Location"]) == (201, row)
    assert plain(document) == {"id": document["id"], **shown}
    assert [api.read(f"{other}/{document['id']}") for other in PATHS] == [document, document]
    assert plain(api.got("PATCH", row, {"label": "New"})) == {"id": document["id"], **shown, "label": "New"}
    replaced = api.got("PUT", row, {"key": "size", "label": "Size"})
    assert plain(replaced) == {"id": document["id"], **BARE}
    assert api.got("DELETE", row) == {"archived": 0, "rules": [], "rulesets": []}
    assert api.send("GET", row).status_code == 404


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"label": "required"}),
        ({"key": "Size", "label": ""}, {"key": "invalid", "label": "blank"}),
        ({"key": "class", "label": "x"}, {"key": "invalid"}),
        ({"key": "a__b", "label": "x"}, {"key": "invalid"}),
        ({**BARE, "entity": "profile"}, {"entity": "invalid_choice"}),
        ({**BARE, "data_type": "colour"}, {"data_type": "invalid_choice"}),
        ({**BARE, "data_type": "enum"}, {"options": "invalid"}),
        ({**BARE, "options": ["a"]}, {"options": "invalid"}),
        ({**BARE, "data_type": "number", "default": "x"}, {"default": "invalid"}),
        ({**BARE, "data_type": "enum", "options": ["a"], "default": "b"}, {"default": "invalid"}),
        ({**BARE, "validation": {"min": 1}}, {"validation": "invalid"}),
        ({**BARE, "validation": {"pattern": "("}}, {"validation": "invalid"}),
        ({**BARE, "validation": {"colour": 1}}, {"validation": "invalid"}),
        ({**BARE, "validation": []}, {"validation": "invalid"}),
        ({**BARE, "display_order": 2**31}, {"display_order": "max_value"}),
        ({**BARE, "requierd": True}, {"requierd": "unknown"}),
    ],
)
def test_definitions_that_are_refused(api: Api, fields: Any, wrong: dict[str, str]) -> None:
    kept = api.made(FIELDS, key="kept", label="Kept")
    row = f"{FIELDS}/{kept['id']}"
    for method, path in (("POST", FIELDS), ("PUT", row)):
        found = problems(api.send(method, path, fields))
        assert {place.partition(".")[0]: code for place, code in found.items()} == wrong, method
    assert [api.read(row)] == api.read(FIELDS)["items"] == [kept]


def test_a_key_is_taken_once_in_its_entity(api: Api) -> None:
    api.made(FIELDS, **BARE)
    api.made(FIELDS, **{**BARE, "entity": "cpu"})
    answer = api.send("POST", FIELDS, {"key": "size", "label": "Again"})
    assert answer.status_code == 409, answer.content
    assert CustomField.objects.count() == 2


def test_what_is_held_keeps_a_definition_as_it_is(api: Api) -> None:
    field = CustomFieldFactory(key="colour", data_type="enum", options=["red", "blue"])
    ListingFactory(attributes={"colour": "red"})
    row = f"{FIELDS}/{field.pk}"
    for body, wrong in (
        ({"key": "hue"}, "key"),
        ({"data_type": "string", "options": []}, "data_type"),
        ({"entity": "cpu"}, "entity"),
        ({"options": ["blue"]}, "options"),
    ):
        assert wrong in problems(api.send("PATCH", row, body))
    assert api.got("PATCH", row, {"options": ["red"]})["options"] == ["red"]


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("", ["first", "cores", "last"]),
        ("entity=cpu", ["cores"]),
        ("data_type=number", ["cores", "last"]),
        ("key=LAST", ["last"]),
        ("q=kilo", ["last"]),
        ("ordering=-key", ["last", "first", "cores"]),
        ("ordering=label&limit=1", ["cores"]),
    ],
)
def test_filters_and_orders(api: Api, query: str, keys: list[str]) -> None:
    CustomFieldFactory(key="last", label="Weight", description="Kilos", data_type="number", display_order=3)
    CustomFieldFactory(key="first", label="B", display_order=1)
    CustomFieldFactory(key="cores", label="A", entity="cpu", data_type="number", display_order=2)
    assert [item["key"] for item in api.read(f"{FIELDS}?{query}")["items"]] == keys


@pytest.mark.parametrize("query", ["entity=x", "data_type=x", "ordering=default", "is_active=true"])
def test_queries_that_are_refused(api: Api, query: str) -> None:
    assert list(problems(api.send("GET", f"{FIELDS}?{query}"))) == [query.partition("=")[0]]


# -- Options ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("data_type", ["enum", "multi_select"])
def test_an_option_is_added_once(api: Api, path: str, data_type: str) -> None:
    field = CustomFieldFactory(key="colour", data_type=data_type, options=["red"])
    for _ in range(2):
        document = api.got("POST", f"{path}/{field.pk}/options", {"value": " blue "}, status=201)
        assert (document["id"], document["options"]) == (field.pk, ["red", "blue"])


@pytest.mark.parametrize(
    ("data_type", "body", "wrong"),
    [
        ("enum", {}, {"value": "required"}),
        ("enum", {"value": " "}, {"value": "blank"}),
        ("enum", {"value": "x" * 256}, {"value": "max_length"}),
        ("enum", {"value": "RED"}, {"value": "invalid"}),
        ("enum", {"value": "a\nb"}, {"value": "invalid"}),
        ("enum", {"value": None}, {"value": "blank"}),
        ("enum", {"values": ["a"]}, {"values": "unknown", "value": "required"}),
        ("string", {"value": "a"}, {"value": "invalid"}),
    ],
)
def test_options_that_are_refused(api: Api, data_type: str, body: Any, wrong: dict[str, str]) -> None:
    field = CustomFieldFactory(data_type=data_type, options=["red"] if data_type == "enum" else [])
    assert problems(api.send("POST", f"{FIELDS}/{field.pk}/options", body)) == wrong
    assert api.send("POST", f"{FIELDS}/1000000/options", {"value": "a"}).status_code == 404


@race
def test_two_who_add_an_option_at_once_both_do() -> None:
    field = CustomFieldFactory(key="colour", data_type="enum", options=["red"])
    path = f"{FIELDS}/{field.pk}/options"
    answers = at_once(*(partial(Api(root=True).send, "POST", path, {"value": value}) for value in ("a", "b", "c")))
    assert [answer.status_code for answer in answers] == [201] * 3
    assert sorted(CustomField.objects.get().options) == ["a", "b", "c", "red"]


# -- What fields hold ------------------------------------------------------------------------------------------


def used() -> tuple[CustomField, Any, Any]:
    """A field that three listings hold and a rule and a ruleset name."""
    field: CustomField = CustomFieldFactory(key="size", label="Size", data_type="number")
    leaf = {"field_name": "custom.size", "operator": "gte", "value": 2}
    rule = RuleActionFactory(rule__conditions=leaf, value_usd=10).rule
    ruleset = RulesetFactory(conditions=leaf)
    for size in (2, 2, 1):
        ListingFactory(attributes={"size": size})
    ListingFactory()
    CpuFactory()
    return field, {"id": rule.pk, "name": rule.name}, {"id": ruleset.pk, "name": ruleset.name}


def test_usage_and_values(api: Api) -> None:
    field, rule, ruleset = used()
    expected = {"rows": 3, "distinct_values": 2, "rules": [rule], "rulesets": [ruleset]}
    assert api.read(f"{FIELDS}/{field.pk}/usage") == expected
    values = {
        "items": [{"value": 2, "count": 2}, {"value": 1, "count": 1}],
        "total": None,
        "limit": 50,
        "next_cursor": None,
        "has_next": False,
    }
    for name in (field.pk, "listing.size"):
        assert api.read(f"{FIELDS}/{name}/values") == values
    first = api.read(f"{FIELDS}/listing.size/values?limit=1")
    assert (first["items"], first["has_next"]) == (values["items"][:1], True)
    unused = CustomFieldFactory(key="unused")
    assert api.read(f"{FIELDS}/{unused.pk}/usage") == {"rows": 0, "distinct_values": 0, "rules": [], "rulesets": []}
    assert api.read(f"{FIELDS}/{unused.pk}/values")["items"] == []
    for name in ("cpu.size", "size", "listing.none", "1000000", "."):
        assert api.send("GET", f"{FIELDS}/{name}/values").status_code == 404, name
    assert api.send("GET", f"{FIELDS}/1000000/usage").status_code == 404
    assert api.read(f"{FIELDS}/usage") == {
        "usage": [
            {"field_id": field.pk, "entity": "listing", "key": "size", "total": 3, "counts": {"listing": 3}},
            {"field_id": unused.pk, "entity": "listing", "key": "unused", "total": 0, "counts": {"listing": 0}},
        ]
    }
    assert api.read(f"{FIELDS}/{field.pk}/values?search=2")["items"] == values["items"][:1]
    assert list(problems(api.send("GET", f"{FIELDS}/{field.pk}/values?limit=1001"))) == ["limit"]


@pytest.mark.parametrize("path", PATHS)
def test_a_used_field_goes_with_force_only(api: Api, path: str) -> None:
    field, rule, ruleset = used()
    answer = api.send("DELETE", f"{path}/{field.pk}")
    assert problems(answer, 409) == {}
    assert answer.json()["detail"] == (
        f'The field is in use: 3 rows with a value; rule "{rule["name"]}" ({rule["id"]}); '
        f'ruleset "{ruleset["name"]}" ({ruleset["id"]}). Use force to delete it all the same.'
    )
    assert api.send("DELETE", f"{path}/{field.pk}?force=false").status_code == 409
    assert problems(api.send("DELETE", f"{path}/{field.pk}?forse=true")) == {"forse": "unknown"}
    deleted = api.got("DELETE", f"{path}/{field.pk}?force=true")
    assert deleted == {"archived": 3, "rules": [rule], "rulesets": [ruleset]}
    assert sorted(ArchivedValue.objects.values_list("value", flat=True)) == [1, 2, 2]
    assert not Listing.objects.exclude(attributes={}).exists()
    (first, *_) = api.read("/v1/listings?ordering=id")["items"]
    breakdown = api.read(f"/v1/listings/{first['id']}/valuation-breakdown")
    assert {error["rule_id"] for error in breakdown["errors"]} == {rule["id"], None}, "what named it says so"
    assert list(problems(api.send("PATCH", f"/v1/listings/{first['id']}", {"attributes": {"size": 1}}))) == [
        "attributes.size"
    ]


def test_history_outlives_its_field(api: Api) -> None:
    field = api.made(FIELDS, **BARE)
    row = f"{FIELDS}/{field['id']}"
    api.got("PATCH", row, {"label": "How big"})
    api.got("PATCH", row, {"label": "How big"})
    api.got("DELETE", row)
    created, updated, deleted = api.read(f"{row}/history")["items"][::-1]
    actor = created["actor"]
    assert actor.startswith("staff-")
    definition = {name: value for name, value in BARE.items() if name != "required"} | {"is_required": False}
    after = {**definition, "label": "How big"}
    for change, action, old, new in (
        (created, "created", None, definition),
        (updated, "updated", definition, after),
        (deleted, "deleted", after, None),
    ):
        assert change.pop("at").endswith("Z")
        assert change == {
            "id": change["id"],
            "field_id": field["id"],
            "entity": "listing",
            "key": "size",
            "actor": actor,
            "action": action,
            "before": old,
            "after": new,
        }
    assert api.send("GET", f"{FIELDS}/1000000/history").status_code == 404


def test_a_write_over_another_is_refused(api: Api) -> None:
    made = api.send("POST", FIELDS, BARE)
    row, before = made.headers["Location"], made.headers["ETag"]
    api.got("PATCH", row, {"label": "new"})
    for method in ("PUT", "PATCH", "DELETE"):
        assert api.send(method, row, BARE, **{"If-Match": before}).status_code == 412
    assert api.read(row)["label"] == "new"


# -- In use ----------------------------------------------------------------------------------------------------

# type -> (its options, values that fit, values that do not)
TYPES: dict[str, tuple[list[str], list[Any], list[Any]]] = {
    "string": ([], ["a", ""], [1, True, ["a"], {"a": 1}, "two\nlines"]),
    "number": ([], [1, -2.5, 0], ["1", True, [1]]),
    "boolean": ([], [True, False], [1, "true", []]),
    "enum": (["red", "blue"], ["red"], ["Red", "green", 1, ["red"]]),
    "multi_select": (["red", "blue"], [["blue", "red"], []], ["red", ["green"], ["red", "red"], {"red": 1}]),
    "text": ([], ["two\nlines"], [1, ["a"]]),
    "json": ([], [{"a": [1, None]}, [], "x", 0, False], []),
}


@pytest.mark.parametrize("data_type", TYPES)
def test_values_of_each_type(api: Api, data_type: str) -> None:
    options, good, bad = TYPES[data_type]
    api.made(FIELDS, key="any", label="Any", data_type=data_type, options=options)
    listing = api.made("/v1/listings", title="Mini PC")
    path = f"/v1/listings/{listing['id']}"
    for value in good:
        assert api.got("PATCH", path, {"attributes": {"any": value}})["attributes"] == {"any": value}
        assert api.made("/v1/listings", title="abc", attributes={"any": value})["attributes"] == {"any": value}
    for value in bad:
        assert problems(api.send("PATCH", path, {"attributes": {"any": value}})) == {"attributes.any": "invalid"}, value
    assert api.got("PATCH", path, {"attributes": {"any": None}})["attributes"] == {}


FILTERS = [
    ("custom.size=2", "b"),
    ("custom.size__gte=1.5", "bc"),
    ("custom.size__lte=2", "ab"),
    ("custom.size__gte=-1e3&custom.size__lte=1", "a"),
    ("custom.colour=RED", "a"),
    ("custom.note=two words", "b"),
    ("custom.ready=true", "a"),
    ("custom.ready=false", "c"),
    ("custom.colour=red&price_usd__lte=1", ""),
    ("ordering=custom.size", "abcd"),
    ("ordering=-custom.size", "cbad"),
    ("ordering=custom.note,-title", "badc"),
    ("ordering=-custom.ready", "acdb"),
]


@pytest.fixture
def held() -> None:
    CustomFieldFactory(key="size", data_type="number")
    CustomFieldFactory(key="colour", data_type="enum", options=["Red", "Blue"])
    CustomFieldFactory(key="note")
    CustomFieldFactory(key="ready", data_type="boolean")
    CustomFieldFactory(key="extra", data_type="json")
    CustomFieldFactory(key="gone", is_active=False)
    CustomFieldFactory(key="cores", entity="cpu", data_type="number")
    for title, attributes in (
        ("a: one", {"size": 1, "colour": "Red", "ready": True, "note": "Zebra"}),
        ("b: two", {"size": 2, "colour": "Blue", "note": "Two words"}),
        ("c: ten", {"size": 10, "ready": False}),
        ("d: none", {}),
    ):
        ListingFactory(title=title, attributes=attributes)


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize(("query", "found"), FILTERS)
def test_filters_and_orders_of_listings(api: Api, query: str, found: str) -> None:
    ordered = query if "ordering" in query else f"ordering=title&{query}"
    pages = [api.read(f"/v1/listings?{ordered}&limit=2")]
    while pages[-1]["has_next"]:
        pages.append(api.read(f"/v1/listings?{ordered}&limit=2&cursor={pages[-1]['next_cursor']}"))
    assert "".join(item["title"][0] for page in pages for item in page["items"]) == found


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("custom.sise=1", "custom.sise"),
        ("custom.size=large", "custom.size"),
        ("custom.size__gte=NaN", "custom.size__gte"),
        ("custom.size__lte=1e999", "custom.size__lte"),
        ("custom.colour__gte=a", "custom.colour__gte"),
        ("custom.ready=maybe", "custom.ready"),
        ("custom.extra=1", "custom.extra"),
        ("custom.gone=1", "custom.gone"),
        ("custom.cores=1", "custom.cores"),
        ("ordering=custom.extra", "ordering"),
        ("ordering=custom.none", "ordering"),
    ],
)
def test_filters_and_orders_that_are_refused(api: Api, query: str, wrong: str) -> None:
    assert list(problems(api.send("GET", f"/v1/listings?{query}"))) == [wrong]


@pytest.mark.usefixtures("held")
def test_rules_see_them(api: Api) -> None:
    group = api.made("/api/v1/rule-groups", name="G", ruleset_id=api.made("/api/v1/rulesets", name="R")["id"])
    rule = {"group_id": group["id"], "actions": [{"action_type": "formula", "formula": "custom.size * 3"}]}
    api.made(
        "/api/v1/valuation-rules",
        name="Red",
        conditions=[{"field_name": "custom.colour", "operator": "equals", "value": "red"}],
        **rule,
    )
    recalculate(scope=Scope(), trigger="test")
    totals = {item["title"][0]: item["total_adjustment"] for item in api.read("/v1/listings")["items"]}
    assert totals == {"a": 3.0, "b": 0.0, "c": 0.0, "d": 0.0}
    (custom,) = (e for e in api.read("/entities/metadata")["entities"] if e["key"] == "custom")
    kinds = {field["key"]: field["data_type"] for field in custom["fields"]}
    assert kinds == {
        "custom.size": "number",
        "custom.colour": "string",
        "custom.note": "string",
        "custom.ready": "boolean",
        "custom.extra": "string",
        "custom.gone": "string",
    }


def test_what_rules_read_does_not_change_under_them(api: Api) -> None:
    field = CustomFieldFactory(key="extra", data_type="number")
    rule = RuleActionFactory(action_type="formula", value_usd=None, formula="extra * 2").rule
    path = f"/v1/fields/{field.pk}"
    for body in ({"key": "other"}, {"data_type": "string"}, {"entity": "gpu"}):
        answer = api.send("PATCH", path, body)
        assert answer.status_code == 400
        assert f'rule "{rule.name}" ({rule.pk})' in answer.content.decode().replace('\\"', '"')
    document = api.got("PATCH", path, {"is_active": False})
    assert f'rule "{rule.name}" ({rule.pk})' in document["warning"]
    assert "warning" not in api.read(path)

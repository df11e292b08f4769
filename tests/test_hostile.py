"""Input that means harm, or is just wrong, at every address that takes it: refused in words, and nothing saved.

What one parser or one parameter refuses is in `tests/dealbrain/api`; here is that no address is without them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests.factories import CpuFactory, ListingFactory
from tests.refusals import API, BODIES, DOCUMENT, JSON, LISTS, SCHEMAS, Api, answers_with, named, stored, takes, told
from tests.test_contract import Line, made_once, world  # noqa: F401

pytestmark = pytest.mark.django_db

NO_SUCH_ID, TOO_LONG = 10**6, 2**64


@pytest.fixture
def api(world: dict[str, int]) -> Iterator[Api]:  # noqa: F811
    """Whatever a test is refused, nothing of it is stored."""
    somebody = Api(world)
    yield somebody
    assert stored() == somebody.before


# -- Bodies --------------------------------------------------------------------------------------------------------

HOSTILE = {
    "cut off": (b'{"name": ', 400),
    "a list": (b"[]", 400),
    "a number": (b"7", 400),
    "a text": (b'"name"', 400),
    "null": (b"null", 400),
    "NaN": (b'{"name": NaN}', 400),
    "Infinity": (b'{"name": -Infinity}', 400),
    "too large a number": (b'{"name": 1e999}', 400),
    "ten megabytes": (b'{"name": "' + b"x" * 10_000_000 + b'"}', 413),
    "ten thousand levels": (b'{"name": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", 400),
    "a hundred levels": (b'{"name": ' + b"[" * 100 + b"]" * 100 + b"}", 400),
    "half a surrogate pair": (b'{"name": "\\ud800"}', 400),
    "NUL": (b'{"name": "\\u0000"}', 400),
    "one name twice": (b'{"name": "a", "name": "b"}', 400),
    "no UTF-8": (b'{"name": "\xff"}', 400),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_bodies(api: Api, kind: str) -> None:
    body, status = HOSTILE[kind]
    for line in BODIES:
        found = api.refused(status, line.method, line.path, body)
        assert set(found) <= {"", "name"}, (named(line), found)


def test_names_that_are_no_field(api: Api) -> None:
    for line in BODIES:
        found = api.refused(400, line.method, line.path, {**line.body, "no_such": 1, "nor_this": {}})
        assert {"no_such", "nor_this"} <= set(found), (named(line), found)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "text/json"])
def test_other_kinds_of_bodies(api: Api, kind: str) -> None:
    for line in BODIES:
        api.refused(415, line.method, line.path, line.body, kind=kind)


WRONG = {
    "string": ([], {}, True, [1]),
    "integer": ("x", [], 1.5, 2**64),
    "number": ("x", [], "NaN", {}),
    "boolean": ("perhaps", [], 7, {}),
    "object": ("x", 7, [1], True),
    "array": ("x", 7, {"a": 1}, True),
}


def plain(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without what leads to it."""
    for key in ("allOf", "oneOf", "anyOf"):
        if key in schema:
            schema = schema[key][0]
    return plain(SCHEMAS[schema["$ref"].rpartition("/")[2]]) if "$ref" in schema else schema


def wrong_values(line: Line, turn: int) -> dict[str, Any]:
    """For each field of a body something of another type."""
    body = plain(told(line)[1]["requestBody"]["content"][JSON]["schema"])
    found = {}
    for name, field in body["properties"].items():
        kind = plain(field).get("type")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind and not field.get("readOnly") and name != "fields":
            found[name] = WRONG[kind][turn]
    return found


@pytest.mark.parametrize("turn", range(4))
def test_each_field_of_another_type(api: Api, turn: int) -> None:
    """All of them at once, and each is named."""
    for line in BODIES:
        if not line.path.startswith("/settings/"):  # there the key says which fields there are
            body = wrong_values(line, turn)
            found = api.refused(400, line.method, line.path, body)
            assert {re.split(r"[.\[]", path)[0] for path in found} >= body.keys(), (named(line), found, body)


def test_null_for_what_has_to_be(api: Api) -> None:
    for line in BODIES:
        schema = told(line)[1]["requestBody"]["content"][JSON]["schema"]["$ref"].rpartition("/")[2]
        required = SCHEMAS.get(schema.removeprefix("Patched"), {}).get("required", [])
        if line.method == "PATCH" and required:
            found = api.refused(400, "PATCH", line.path, dict.fromkeys(required))
            assert set(found) == set(required), (named(line), found)


def test_a_field_that_stands_twice(api: Api) -> None:
    """Inside `fields` and beside it: nobody could say which of the two counts."""
    for line in BODIES:
        if "fields" in line.body and "/fields-data/" in line.path:
            name, *_ = line.body["fields"]
            found = api.refused(400, line.method, line.path, {**line.body, name: "other"})
            assert found == {f"fields.{name}": "This stands beside `fields` as well: give it once."}


def test_places_inside_a_field(api: Api) -> None:
    urls = [{"url": "https://example.com"}, {"url": "javascript:alert(1)"}, {"link": 1}]
    for at in range(1, 3):
        found = api.refused(400, "PATCH", "/v1/listings/{listing}", {"other_urls": [urls[0], urls[at]]})
        assert list(found) == [("other_urls[1].url", "other_urls[1]")[at - 1]]
    for path in ("/v1/fields/{field}/options", "/v1/reference/custom-fields/{field}/options"):
        assert api.refused(400, "POST", path, {"value": "x"}) == {"value": "Only a list has values to choose from."}


# -- Rows that are there, and rows that are not ----------------------------------------------------------------------

UNKNOWN = dict.fromkeys(("cpu_id", "gpu_id", "ram_spec_id", "ports_profile_id"), NO_SUCH_ID)
NEW_RULE = {"name": "New", "actions": [{"action_type": "fixed_value", "value_usd": 1}]}


@pytest.mark.parametrize("pk", [NO_SUCH_ID, TOO_LONG, -1, 0, True, "x", "9" * 5_000, 1.5, [1]])
def test_references_in_bodies(api: Api, pk: Any) -> None:
    body = {"title": "abc", **dict.fromkeys(UNKNOWN, pk)}
    assert api.refused(400, "POST", "/v1/listings", body).keys() == UNKNOWN.keys()
    assert api.refused(400, "PATCH", "/v1/listings/{listing}", body).keys() == UNKNOWN.keys()
    shared = {"listing_ids": ["{listing}"], "fields": dict.fromkeys(UNKNOWN, pk)}
    found = api.refused(400, "POST", "/v1/listings/bulk-update", shared)
    assert found.keys() == {f"fields.{name}" for name in UNKNOWN}
    preview = {**NEW_RULE, "group_id": pk, "replaces_rule_id": pk}
    del preview["name"]
    assert api.refused(400, "POST", "/api/v1/valuation-rules/preview", preview).keys() == {
        "group_id",
        "replaces_rule_id",
    }


@pytest.mark.parametrize(("pk", "status"), [(NO_SUCH_ID, 404), (TOO_LONG, 400), (0, 400), ("x", 400), (None, 400)])
def test_ids_in_lists(api: Api, pk: Any, status: int) -> None:
    for path in ("/v1/listings/bulk-recalculate-metrics", "/v1/listings/bulk-update", "/api/v1/valuation-rules/apply"):
        found = api.refused(status, "POST", path, {"listing_ids": ["{listing}", pk]})
        assert status == 404 or [name[:11] for name in found] == ["listing_ids"], found
    overrides = "/v1/listings/{listing}/valuation-overrides"
    api.refused(status, "PATCH", overrides, {"disabled_rulesets": [pk]})
    if pk is not None:
        api.refused(status, "PATCH", overrides, {"mode": "static", "ruleset_id": pk})


@pytest.mark.parametrize("pk", [NO_SUCH_ID, TOO_LONG, "9" * 5_000, 0, -1, "x", "1.0", "%00", "%C2%B2", "%ED%A0%80"])
def test_ids_in_paths(api: Api, pk: Any) -> None:
    for line in API:
        bare = line.path.partition("?")[0]
        if "{" in bare:
            path = re.sub(r"\{\w+\}", str(pk), bare)
            api.refused(404, line.method, path, None if line.method == "GET" else line.body or {})


DUPLICATES: list[tuple[str, str, dict[str, Any]]] = [
    ("cpus", "name", {"name": "TWICE"}),
    ("gpus", "name", {"name": "TWICE"}),
    ("profiles", "name", {"name": "Twice", "weights": {"gpu_score": 1}}),
    ("ports-profiles", "name", {"name": "Twice"}),
]


@pytest.mark.parametrize(("kind", "field", "body"), DUPLICATES)
def test_a_name_that_is_taken(api: Api, kind: str, field: str, body: dict[str, Any]) -> None:
    path = f"/v1/catalog/{kind}"
    first, second = ({**body, "name": name} for name in ("Twice", "Once"))
    made = [api.send("POST", path, body) for body in (first, second)]
    assert [answer.status_code for answer in made] == [201, 201], made[0].content
    api.before = stored()
    assert api.refused(409, "POST", path, body).keys() <= {field}
    assert api.refused(409, "PATCH", f"{path}/{made[1].json()['id']}", body).keys() <= {field}


def test_other_duplicates(api: Api) -> None:
    fields, listings = "/v1/reference/custom-fields", "/v1/listings"
    item = {"title": "abc", "marketplace": "ebay", "vendor_item_id": "7"}
    assert api.send("POST", listings, item).status_code == 201
    spec = {"total_capacity_gb": 24, "ddr_generation": "ddr5"}
    api.before = stored()
    api.refused(409, "POST", fields, {"key": "note", "label": "Note"})
    api.refused(409, "PATCH", fields + "/{list_field}", {"key": "note"})
    api.refused(409, "POST", listings, item)
    api.refused(409, "PATCH", listings + "/{listing}", {"marketplace": "ebay", "vendor_item_id": "7"})
    whole = {"module_count": None, "capacity_per_module_gb": None, "speed_mhz": None}
    api.refused(409, "PUT", "/v1/catalog/ram-specs/{ram}", {**whole, **spec})


# -- Headers ---------------------------------------------------------------------------------------------------------


def test_a_state_that_has_passed(api: Api) -> None:
    guarded = [line for line in API if answers_with(line, 412)]
    assert len(guarded) > 30
    for line in guarded:
        api.refused(412, line.method, line.path, line.body, **{"If-Match": '"00000000000000000000000000000000"'})


def test_other_kinds_of_answers(api: Api) -> None:
    for line in API:
        api.refused(406, line.method, line.path, line.body, accept="application/xml")


def test_other_methods(api: Api) -> None:
    for path, item in DOCUMENT["paths"].items():
        example = next((line.path for line in API if told(line)[0] == path), None)
        if example is None:
            continue
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - {name.upper() for name in item}:
            api.refused(405, method, example.partition("?")[0])


REPEATED = [line for line in BODIES if line.method == "POST" and line.status == 201]


@pytest.mark.parametrize("line", REPEATED, ids=named)
def test_a_request_that_is_sent_twice(api: Api, line: Line) -> None:
    """With one key: done once and answered alike; another body is another request."""
    first = api.send("POST", line.path, line.body, **{"Idempotency-Key": "k"})
    assert first.status_code == 201, first.content
    api.before = stored()
    again = api.send("POST", line.path, line.body, **{"Idempotency-Key": "k"})
    assert (again.status_code, again.content, again.get("Location")) == (201, first.content, first.get("Location"))
    assert stored() == api.before
    api.refused(409, "POST", line.path, {**line.body, "name": "other"}, **{"Idempotency-Key": "k"})
    api.refused(400, "POST", line.path, line.body, **{"Idempotency-Key": "x" * 256})


def test_a_key_of_nobody(settings: Any) -> None:
    """Where anybody may ask, the key does nothing; but it is one, or refused."""
    settings.DEALBRAIN_PUBLIC_READ = True
    path, body = "/api/v1/valuation-rules/validate-formula", {"formula": "1"}
    for key, status in (("k", 200), ("\u00e9", 400), ("x" * 256, 400)):
        answer = Client().post(path, body, content_type=JSON, headers={"Idempotency-Key": key})
        assert answer.status_code == status


# -- Queries ---------------------------------------------------------------------------------------------------------


def test_parameters_that_do_not_exist(api: Api) -> None:
    for line in API:
        path, _, query = line.path.partition("?")
        found = api.refused(400, line.method, f"{path}?{query}&no_such=1&nor_this=2", line.body)
        assert list(found) == ["no_such", "nor_this"], named(line)
        assert all("This is not a parameter of this address." in message for message in found.values())


@pytest.mark.parametrize("line", LISTS, ids=named)
def test_pages(api: Api, line: Line) -> None:
    path = line.path.partition("?")[0]
    assert 'Did you mean "limit"?' in api.refused(400, "GET", f"{path}?limt=1")["limt"]
    for query in ("limit=0", "limit=-1", "limit=501", f"limit={TOO_LONG}", f"offset={TOO_LONG}", "cursor=forged"):
        assert list(api.refused(400, "GET", f"{path}?{query}")) == [query.partition("=")[0]]
    CpuFactory(), ListingFactory()
    cursor = api.send("GET", f"{path}?limit=1").json()["next_cursor"]
    api.before = stored()
    if cursor:
        assert list(api.refused(400, "GET", f"{path}?limit=1&cursor={cursor}x")) == ["cursor"]
    if cursor and takes(line, "ordering"):
        fields = next(given for given in told(line)[1]["parameters"] if given.get("name") == "ordering")
        other = re.findall(r"`(\w+)`", fields["description"])[-1]
        for ordering in {f"-{other}", other} - {fields["schema"]["default"]}:
            assert list(api.refused(400, "GET", f"{path}?limit=1&ordering={ordering}&cursor={cursor}")) == ["cursor"]

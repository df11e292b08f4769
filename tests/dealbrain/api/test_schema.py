"""The OpenAPI document: valid, whole, the same for everybody, and good enough to make a client from."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema
from rest_framework.serializers import ModelSerializer

from dealbrain.api.schema.generator import generate
from dealbrain.api.serializers import RowSerializer
from tests.conftest import CHROMIUM
from tests.test_browser import browser  # noqa: F401

SNAPSHOT = Path(__file__).resolve().parents[2] / "openapi.json"
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """As it is served. Made without a database: a query would fail here."""
    found: dict[str, Any] = json.loads(json.dumps(generate()))
    return found


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in schema["paths"].items():
        yield from ((path, method, operation) for method, operation in item.items() if method in METHODS)


def operation(schema: dict[str, Any], name: str) -> dict[str, Any]:
    return next(found for _, _, found in operations(schema) if found["operationId"] == name)


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_it_is_valid_and_made_without_a_warning() -> None:
    schema = generate()
    assert sorted([*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache]) == []
    assert schema["openapi"] == "3.1.0"
    validate_schema(schema)


def test_all_references_lead_somewhere_and_every_component_is_used(schema: dict[str, Any]) -> None:
    defined = {f"#/components/{kind}/{name}" for kind, found in schema["components"].items() for name in found}
    used = set(references(schema))
    assert used - defined == set()
    assert {name for name in defined - used if "/securitySchemes/" not in name} == set()


def test_every_operation_has_a_name_of_its_own_words_and_a_place(schema: dict[str, Any]) -> None:
    names = [found["operationId"] for _, _, found in operations(schema)]
    assert sorted(names) == sorted(set(names))
    tags = {tag["name"] for tag in schema["tags"]}
    for path, method, found in operations(schema):
        assert re.fullmatch(r"[a-z][a-z0-9_]*", found["operationId"]), found["operationId"]
        assert found.get("summary"), (method, path)
        assert set(found["tags"]) <= tags, path
        assert not path.endswith("/"), path
        variables = set(re.findall(r"\{(\w+)\}", path))
        assert {p["name"] for p in found.get("parameters", ()) if p.get("in") == "path"} == variables, path
        for parameter in found.get("parameters", ()):
            assert "$ref" in parameter or parameter["description"], (path, parameter["name"])


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("catalog_cpus_list", "200 400 401 403 406 429"),
        ("catalog_cpus_create", "201 400 401 403 406 409 413 415 429"),
        ("catalog_cpus_retrieve", "200 304 400 401 403 404 406 429"),
        ("catalog_cpus_update", "200 400 401 403 404 406 409 412 413 415 429"),
        ("catalog_cpus_partial_update", "200 400 401 403 404 406 409 412 413 415 429"),
        ("catalog_cpus_destroy", "204 400 401 403 404 406 409 412 413 429"),
        ("admin_tasks_start", "202 400 401 403 404 406 409 413 429"),
        ("rankings_list", "200 400 401 403 404 406 429"),
        ("health", "200 503"),
    ],
)
def test_statuses(schema: dict[str, Any], name: str, statuses: str) -> None:
    assert sorted(operation(schema, name)["responses"]) == statuses.split()


def test_headers(schema: dict[str, Any]) -> None:
    def sent(name: str) -> set[str]:
        return {found["$ref"].rpartition("/")[2] for found in operation(schema, name)["parameters"] if "$ref" in found}

    def answered(name: str, status: str) -> set[str]:
        return set(operation(schema, name)["responses"][status]["headers"])

    assert sent("listings_retrieve") == {"IfNoneMatch"}
    assert sent("listings_create") == {"IdempotencyKey"}
    assert sent("listings_update") == sent("listings_partial_update") == sent("listings_destroy") == {"IfMatch"}
    assert answered("listings_list", "200") == answered("listings_destroy", "204") == {"X-Request-ID"}
    assert answered("listings_retrieve", "200") == answered("listings_retrieve", "304") == {"X-Request-ID", "ETag"}
    assert answered("listings_create", "201") == {"X-Request-ID", "ETag", "Location"}
    assert answered("admin_tasks_start", "202") == {"X-Request-ID", "Location"}
    errors = schema["components"]["responses"]
    assert set(errors["TooManyRequests"]["headers"]) == {"X-Request-ID", "Retry-After"}
    assert set(errors["Unauthorized"]["headers"]) == {"X-Request-ID", "WWW-Authenticate"}
    assert all(list(found["content"]) == ["application/problem+json"] for found in errors.values())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}),
        ("total", {"type": "boolean", "default": True}),
        ("format", {"type": "string", "enum": ["json", "array"], "default": "json"}),
        ("q", {"type": "string", "maxLength": 200}),
        ("manufacturer", {"type": "string", "maxLength": 255}),
        ("price_usd__lte", {"type": "number", "minimum": 0, "maximum": 9_999_999_999, "multipleOf": 0.01}),
        ("ram_gb__gte", {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}),
        ("cpu", {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}),
        ("stale", {"type": "boolean"}),
        ("condition", {"type": "string", "enum": ["new", "refurb", "used", "null"]}),
        ("status", {"$ref": "#/components/schemas/Status"}),
        ("status__in", {"type": "array", "items": {"$ref": "#/components/schemas/Status"}, "minItems": 1}),
    ],
)
def test_query_parameters(schema: dict[str, Any], name: str, expected: dict[str, Any]) -> None:
    parameters = {found.get("name"): found for found in operation(schema, "listings_list")["parameters"]}
    assert parameters[name]["schema"] == expected
    assert parameters["condition__in"]["explode"] is False


def test_path_parameters(schema: dict[str, Any]) -> None:
    def schema_of(name: str) -> Any:
        return next(found["schema"] for found in operation(schema, name)["parameters"] if found.get("in") == "path")

    identity = {"type": "integer", "format": "int64", "minimum": 1, "maximum": 2**53 - 1}
    assert schema_of("catalog_cpus_retrieve") == schema_of("listings_valuation_breakdown_retrieve") == identity
    assert schema_of("admin_tasks_start")["enum"] == ["recalculate-valuations", "recalculate-metrics"]


def test_a_list_is_an_envelope(schema: dict[str, Any]) -> None:
    content = operation(schema, "catalog_cpus_list")["responses"]["200"]["content"]["application/json"]
    row = {"$ref": "#/components/schemas/Cpu"}
    assert content["schema"] == {"$ref": "#/components/schemas/CpuPage"}
    page = schema["components"]["schemas"]["CpuPage"]
    assert page["required"] == ["items", "total", "limit", "next_cursor", "has_next"]
    assert page["properties"]["items"]["items"] == row
    assert page["properties"]["total"]["type"] == ["integer", "null"]
    assert page["properties"]["next_cursor"]["type"] == ["string", "null"]


def test_requests_are_strict_and_answers_are_whole(schema: dict[str, Any]) -> None:
    schemas = schema["components"]["schemas"]
    request, patch, answer = schemas["CpuRequest"], schemas["PatchedCpuRequest"], schemas["Cpu"]
    assert request["additionalProperties"] is patch["additionalProperties"] is False
    assert request["required"] == ["name"]
    assert "required" not in patch
    assert answer["required"] == sorted(answer["properties"].keys() - {"warnings"})
    assert request["properties"]["created_at"]["readOnly"] is True, "it may be sent back as it was read"
    assert request["properties"]["cores"]["minimum"] == 1
    assert request["properties"]["cores"]["maximum"] == 256
    assert request["properties"]["cpu_mark_multi"]["maximum"] == 2**31 - 1, "the column of every database"
    assert answer["properties"]["cores"]["type"] == ["integer", "null"]
    assert answer["properties"]["attributes"]["type"] == "object"
    price = schemas["ListingRequest"]["properties"]["price_usd"]
    assert price["type"] == ["number", "null"]
    assert (price["minimum"], price["multipleOf"]) == (0, 0.01)
    assert "multipleOf" not in schemas["Listing"]["properties"]["price_usd"]


def test_a_put_that_keeps_what_is_left_out_needs_nothing(schema: dict[str, Any]) -> None:
    def taken(name: str) -> str:
        content = operation(schema, name)["requestBody"]["content"]["application/json"]
        return str(content["schema"]["$ref"]).rpartition("/")[2]

    assert (taken("catalog_cpus_update"), taken("rulesets_update")) == (
        "PatchedCpuRequest",
        "PatchedRulesetDetailRequest",
    )
    assert taken("listings_update") == "ListingRequest"
    assert "keep" in operation(schema, "catalog_cpus_update")["summary"]
    assert operation(schema, "listings_update")["summary"].startswith("Replace a listing")


def test_what_generators_stumble_over(schema: dict[str, Any]) -> None:
    """No choice is the empty text alone, and no number is larger than what every client's numbers hold."""
    waiting: list[Any] = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            assert node.get("enum") != [""]
            assert not (isinstance(node.get("maximum"), int) and node.get("maximum") > 2**53), node
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def test_reads_may_be_open_and_writes_never_are(schema: dict[str, Any]) -> None:
    known = [{"bearer": []}, {"session": []}]
    assert operation(schema, "listings_list")["security"] == [*known, {}]
    assert operation(schema, "listings_create")["security"] == known
    assert operation(schema, "valuation_rules_audit_log_list")["security"] == known
    assert set(schema["components"]["securitySchemes"]) == {"bearer", "session"}


def test_rows_have_the_bounds_that_every_database_holds(schema: dict[str, Any]) -> None:
    """Without them, the document says what the database takes that it was made beside."""

    def below(kind: type) -> Iterator[type]:
        for found in kind.__subclasses__():
            yield found
            yield from below(found)

    own = [kind for kind in below(ModelSerializer) if kind.__module__.partition(".")[0] in configured.OWN_APPS]
    assert len(own) > 20
    assert [kind for kind in own if not issubclass(kind, RowSerializer)] == []


def test_it_is_served_to_anybody_and_not_twice(client: Client, settings: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = False
    first = client.get("/openapi.json")
    assert (first.status_code, first["Content-Type"]) == (200, "application/json")
    assert first.json()["info"]["title"] == "Deal Brain"
    again = client.get("/openapi.json", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.post("/openapi.json").status_code == 405


def test_it_is_what_it_was(schema: dict[str, Any]) -> None:
    """A change of the contract is seen in review. To accept it: UPDATE_SNAPSHOTS=1."""
    text = json.dumps(schema, indent=1, sort_keys=True) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(text)
    kept = json.loads(SNAPSHOT.read_text())
    assert sorted(schema["paths"]) == sorted(kept["paths"])
    assert schema == kept, "run with UPDATE_SNAPSHOTS=1 and look at the difference"


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on the PATH")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(("path", "shown"), [("/docs", ".opblock-tag"), ("/redoc", "#redoc [id^='tag/']")])
def test_pages_ask_nobody_else(browser: Any, live_server: Any, width: int, path: str, shown: str) -> None:  # noqa: F811
    page = browser.new_page(viewport={"width": width, "height": 844})
    requested: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("response", lambda response: errors.append(response.url) if response.status >= 400 else None)
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(live_server.url + path)
    page.wait_for_selector(shown, state="attached")
    page.wait_for_load_state("networkidle")
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}{path}-{width}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert f"{live_server.url}/openapi.json" in requested
    assert [url for url in requested if not url.startswith((live_server.url, "data:", "blob:"))] == []
    assert errors == []
    page.close()

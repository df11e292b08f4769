"""The document against the API: requests made up from it, right ones and wrong ones, each by everybody; and chains.

`SCHEMATHESIS_EXAMPLES=200` looks longer than the suite has time for.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ensure_resource_availability,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    use_after_free,
)

from dealbrain.api.schema.generator import generate
from dealbrain.tokens import create_token
from dealbrain.wsgi import application
from tests.factories import StaffFactory
from tests.test_contract import CONDITION, OTHER_BASELINE, ROLES, made_once, world  # noqa: F401

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "4"))
BUDGET = settings(
    max_examples=EXAMPLES,
    stateful_step_count=12,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
ALWAYS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def always(url: str) -> list[Any]:
    """The checks of every answer. One to `format=array` is rows without their page, as the parameter says."""
    return [check for check in ALWAYS if not ("format=array" in url and check is response_schema_conformance)]


POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
DOCUMENT = json.loads(json.dumps(generate()))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
SCHEMA.app = application
# A stale If-Match is refused before anybody looks at the body.
SCHEMA.config.checks.negative_data_rejection.expected_statuses = ["4xx"]
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
RUNS = [
    *((name, POSITIVE) for name in OPERATIONS),
    *((name, NEGATIVE) for name, found in OPERATIONS.items() if found.body or list(found.iter_parameters())),
]

INSIDE = r"((fields|listings\[\d+\])\.)*"  # the same fields, in an object or a list of their own
# What JSON Schema cannot say: operations, the places in which a right request may be refused with a 400, and why.
UNSAYABLE = [
    (r"GET ", r"cursor|offset", "a cursor is signed, and takes no offset beside it"),
    (r"GET ", r"ordering", "a name may stand only once, and a custom field must exist"),
    (r"POST /v1/imports/sessions$", r"\w+", "one file is needed, and what a file is"),
    (r"POST /v1/admin/tasks/import-benchmarks$", r"\w+", "a path or a file, and what a list is"),
    (r"POST /v1/imports/sessions/", r"(answers|choices|mapping|columns)\b.*", "which questions and columns there are"),
    (r".* /api/v1/rulesets/.*/examples", r"(facts|expected|listing_id|name)\b.*", "what facts are; facts or a listing"),
    (r"POST /v1/appraisals", r"(facts\b.*)|title|price_usd", "what facts are; a title, or facts"),
    (r"POST /api/v1/rulesets/\{id\}/restore", r"at", "when there was what"),
    (r"POST /api/v1/valuation-rules/\{id\}/restore", r"version", "which versions there are"),
    (r".* /v1/(listings|fields-data)", INSIDE + r"(currency|price_original|price_usd)", "an amount has a currency"),
    (r"GET /v1/rankings", r"profile_id", "a profile changes the composite score only"),
    (r"GET .*/audit-log", r"since", "not every date-time of JSON Schema is a time: leap seconds"),
    (r"PUT /settings", r"\w+", "the key says which of the two it is; one threshold must not lie above another"),
    (r".* /api/v1/(rulesets|valuation-rules)", r"((rule\.)?(conditions|actions)\b.*)?|rule", "what rules mean"),
    (r".* /v1/(fields|reference/custom-fields)\b", r"(options|default|validation|key|value)\b.*", "types of values"),
    (r".* /v1/(listings|fields-data|catalog)", INSIDE + r"attributes.*", "custom fields are rows"),
    (r".* /v1/(listings|fields-data)", INSIDE + r"(listing_url|other_urls\[\d+\]\.url)", "what a web address is"),
    (r".* /v1/(listings|fields-data)", INSIDE + r"\w+_(gb|type|name|spec|profile)", "a part, and what is said of it"),
    (r".* /v1/(listings|fields-data)", INSIDE + r"title", "white space around it does not count"),
    (r"PATCH .*/valuation-overrides", r"ruleset_id", "mode and ruleset agree"),
    (r".* /v1/(listings|fields-data)", r".*\btotal_capacity_gb", "as many modules of so many GB"),
    (r".* /v1/catalog/ram-specs", r"total_capacity_gb", "as many modules of so many GB"),
    (r".* /v1/catalog/profiles", r"weights", "not all zero"),
    (r"POST /api/v1/baseline/", r"(candidate|baseline)_json.*|baseline_path", "what a baseline is; one of the two"),
    (r"POST /api/v1/baseline/adopt", r"selected_changes.*", "what differs"),
    (
        r"POST /api/v1/baseline/overrides",
        r"entity_key|field_name|override_\w+|is_enabled",
        "which fields there are; one amount",
    ),
]
# A NUL is text to JSON Schema, and white space is a name; which rows there are, it cannot know; nor what stands twice,
# inside `fields` and beside.
SAID_ELSEWHERE = {"not_text", "blank", "does_not_exist", "repeated"}

KINDS = {
    "/v1/imports/sessions": "import",
    "/v1/listings": "listing",
    "/v1/fields-data/listing": "listing",
    "/v1/fields-data/cpu": "cpu",
    "/v1/fields-data/gpu": "gpu",
    "/v1/fields": "field",
    "/v1/reference": "field",
    "/v1/cpus": "cpu",
    "/v1/catalog/cpus": "cpu",
    "/v1/catalog/gpus": "gpu",
    "/v1/catalog/profiles": "profile",
    "/v1/catalog/ram-specs": "ram",
    "/v1/catalog/storage-profiles": "drive",
    "/v1/catalog/ports-profiles": "ports",
    "/api/v1/rulesets": "ruleset",
    "/api/v1/rule-groups": "group",
    "/api/v1/valuation-rules/evaluate": "listing",
    "/api/v1/valuation-rules": "rule",
}


def make_real(case: Case, ids: Mapping[str, int]) -> None:
    """Let what is right about a request be about rows that exist: chance would not find them."""
    assert case.meta is not None
    kind = next((ids[name] for prefix, name in KINDS.items() if case.path.startswith(prefix)), None)
    if "{id}" in case.path and kind and not case.meta.is_negative_at(ParameterLocation.PATH):
        case.path_parameters = {**(case.path_parameters or {}), "id": kind}
    if isinstance(case.body, dict) and not case.meta.is_negative_at(ParameterLocation.BODY):
        known: dict[str, Any] = {
            **{f"{name}_id": pk for name, pk in ids.items()},
            "ram_spec_id": ids["ram"],
            "ports_profile_id": ids["ports"],
            "primary_storage_profile_id": ids["drive"],
            "secondary_storage_profile_id": ids["drive"],
            "replaces_rule_id": ids["rule"],
            "listing_ids": [ids["listing"]],
            "disabled_rulesets": [ids["ruleset"]],
            "conditions": [CONDITION],
            "attributes": {},
            "candidate_json": OTHER_BASELINE,
            "baseline_json": OTHER_BASELINE,
            "selected_changes": ["RamSpec.memory"],
            "entity_key": "RamSpec",
            "field_name": "memory",
        }
        case.body = replaced(case.body, known)


def replaced(value: Any, known: Mapping[str, Any]) -> Any:
    """A body with these values under their names, at any depth; a null stays."""
    if isinstance(value, list):
        return [replaced(item, known) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: known[name] if name in known and inside is not None else replaced(inside, known)
        for name, inside in value.items()
    }


def unexplained(label: str, document: Mapping[str, Any]) -> list[Any]:
    """The problems of a refusal that the schema could have told."""
    places = [place for operations, place, _ in UNSAYABLE if re.match(operations, label)]
    problems = [found for found in document["errors"] if found["code"] not in SAID_ELSEWHERE]
    assert document["errors"], document
    return [found for found in problems if not any(re.fullmatch(place, found["path"], re.DOTALL) for place in places)]


def leniently(node: Any) -> Any:
    """The schema of what is taken: numbers as texts and texts as numbers too, and what is read-only as it comes."""
    if isinstance(node, list):
        return [leniently(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("readOnly") is True:
        return {}
    found = {name: leniently(inside) for name, inside in node.items()}
    kinds = node.get("type", [])
    kinds = {kinds} if isinstance(kinds, str) else set(kinds) if isinstance(kinds, list) else set()
    if kinds & {"string", "number", "integer", "boolean"} and "enum" not in node:
        found["type"] = sorted(kinds | {"string", "number"})
    return found


LENIENT = leniently({"components": DOCUMENT["components"]})


def is_lenience(case: Case) -> bool:
    """Whether only the body is wrong, and only by a type that is read as well: `"16"` is 16."""
    assert case.meta is not None
    if not case.meta.is_negative_at(ParameterLocation.BODY):
        return False
    told = DOCUMENT["paths"][case.path][case.method.lower()]["requestBody"]["content"]["application/json"]["schema"]
    return jsonschema.Draft202012Validator({**leniently(told), **LENIENT}).is_valid(case.body)


def leaves_empty(url: str) -> bool:
    """Whether a parameter, or one of its values, was sent empty: that counts as left out."""
    sent = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    return any(item == "" for _, value in sent for item in value.split(","))


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """The test's own, in whose transaction everything happens: the end of a request would close it."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def headers() -> list[dict[str, str]]:
    """Of everybody."""
    tokens = [create_token(user=StaffFactory(group=role))[1] for role in ROLES if role != "anonymous"]
    return [{}, *({"Authorization": f"Bearer {token}"} for token in tokens)]


@pytest.mark.parametrize(("label", "mode"), RUNS, ids=[f"{label}-{mode.value}" for label, mode in RUNS])
def test_it_is_as_it_is_told(
    label: str,
    mode: GenerationMode,
    world: dict[str, int],  # noqa: F811
    headers: list[dict[str, str]],
) -> None:
    @BUDGET
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode), real=st.sampled_from([True, True, False]))
    def run(case: Case, real: bool) -> None:
        if real:
            make_real(case, world)
        for sent in headers:
            with transaction.atomic():  # each finds the same world
                response = case.call(headers=sent)
                transaction.set_rollback(True)
            taken = response.status_code < 400 and (leaves_empty(response.request.url) or is_lenience(case))
            refusing = [negative_data_rejection] if mode == NEGATIVE and not taken else []
            case.validate_response(response, checks=[*always(response.request.url), *refusing])
            if mode == POSITIVE and response.status_code == 400:
                assert unexplained(label, response.json()) == [], case.as_curl_command()

    run()


@pytest.mark.parametrize("role", [*ROLES, "superuser"])
def test_chains(world: dict[str, int], role: str) -> None:  # noqa: F811
    """What one answer names, the next request asks for: made, read, changed, deleted, and gone."""
    sent = {}
    if role != "anonymous":
        user = StaffFactory(is_superuser=True) if role == "superuser" else StaffFactory(group=role)
        sent = {"Authorization": f"Bearer {create_token(user=user)[1]}"}
    followed: set[tuple[str, int]] = set()

    class Machine(SCHEMA.as_state_machine()):
        def setup(self) -> None:
            self.rolled_back = transaction.atomic()
            self.rolled_back.__enter__()

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self.rolled_back.__exit__(None, None, None)

        def get_call_kwargs(self, case: Case) -> dict[str, Any]:
            return {"headers": sent}

        def validate_response(self, response: Any, case: Case, *args: Any, **kwargs: Any) -> None:
            followed.add((case.operation.label, response.status_code))
            checks = [*always(response.request.url), use_after_free, ensure_resource_availability]
            case.validate_response(response, checks=checks, recorder=self.recorder)

    Machine.run(settings=settings(BUDGET, max_examples=EXAMPLES * 4))
    # Not in vain: rows were made, and found again, by those who may.
    assert any(status == 201 for _, status in followed) == (role in ("Editors", "Analysts", "superuser"))
    if role == "superuser":
        assert any(label.endswith("{id}") and status == 200 for label, status in followed)

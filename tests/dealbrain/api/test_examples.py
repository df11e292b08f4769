"""Every example of the document: requests are sent to a demo and accepted, answers are what the schema says."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import jsonschema
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from baselines.overriding import Amount, set_override
from catalog.models import CustomField, Profile
from dealbrain.api.schema.examples import RECORDED, answers_of, example_key, recorded
from dealbrain.api.schema.generator import generate
from dealbrain.tokens import create_token
from imports.models import ImportSession
from imports.sessions import service as imports
from listings.models import Listing
from tests.factories import CustomFieldFactory, PriceRecordFactory, RuleActionFactory, StaffFactory
from valuation.api.examples import ExampleSerializer
from valuation.drafts.publishing import publish
from valuation.drafts.starting import start_draft
from valuation.models import Example, MarketModel, RecalculationRun

DOCUMENT: dict[str, Any] = json.loads(json.dumps(generate()))
MOST_ROWS = 1  # of each list of objects in an example
OPERATIONS = [
    (method.upper(), path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method != "delete" or any(answers_of(operation))
]
MOST_WORDS = 5
FORMATS = {"text/csv": "?format=csv", "application/jsonl": "?format=jsonl"}
# Query parameters without which the answer is refused, or shows less than it could.
QUERIES = {
    "listings_valuation_breakdown_retrieve": "?trace=true",
    "reference_custom_fields_destroy": "?force=true",
    "fields_destroy": "?force=true",
}
# What `{id}` stands for, by the path; the first that fits.
ROWS = (
    (r"/v1/admin/tasks/\{id\}$", "run"),
    (r"/v1/market/calibrations", "calibration"),
    (r"/v1/tokens", "token"),
    (r"/v1/imports/.*/commit$", "ready_import"),
    (r"/v1/imports/.*/(undo|rows|report.csv)$", "committed_import"),
    (r"/v1/imports", "import"),
    (r".*/options$", "list_field"),
    (r"/v1/(fields|reference)", "field"),
    (r"/v1/(fields-data/listing|listings)|.*/evaluate/", "listing"),
    (r"/v1/(catalog/|fields-data/)?cpu", "cpu"),
    (r"/v1/(catalog/|fields-data/)?gpu", "gpu"),
    (r"/v1/(catalog/|fields-data/)?ram", "ram"),
    (r"/v1/(catalog/|fields-data/)?storage", "drive"),
    (r"/v1/(catalog/|fields-data/)?ports", "ports"),
    (r"/v1/(catalog/|fields-data/)?profile", "profile"),
    (r"/api/v1/rulesets/\{id\}/(comparison|publish)", "draft"),
    (r"/api/v1/rulesets/\{ruleset_id\}/examples/\{id\}", "example"),
    (r"/api/v1/rulesets", "ruleset_id"),
    (r"/api/v1/rule-groups", "group_id"),
    (r"/api/v1/valuation-rules", "rule"),
)
IDS = {"listing_ids", "ruleset_id", "group_id"}  # in bodies
UNSENT = {"metrics": "PROMETHEUS_ENABLED is off in tests"}
NAMES = {
    "key": "valuation_thresholds",
    "entity_key": "Listing",
    "field_name": "wifi",
    "field": "listing.warranty_months",
}


@pytest.fixture
def person() -> Any:
    return StaffFactory(is_superuser=True)


@pytest.fixture
def demo(person: Any) -> dict[str, Any]:
    """The ids of what paths and bodies name: the demo, a rule of one's own, two custom fields and an override."""
    call_command("demo")
    rule = RuleActionFactory(
        rule__name="Memory by the GB",
        rule__group__name="What is inside",
        rule__group__ruleset__name="Mine",
        rule__conditions={"field_name": "ram_gb", "operator": "gte", "value": 16},
        action_type="per_unit",
        metric="per_gb",
        value_usd=2,
    ).rule
    field = CustomFieldFactory(key="warranty_months", label="Warranty", data_type="number")
    listed = CustomFieldFactory(key="colour", label="Colour", data_type="enum", options=["black", "silver"])
    ruleset = rule.group.ruleset
    example = Example.objects.create(ruleset=ruleset, **{**ExampleSerializer.example, "name": "A"})
    first, draft = (start_draft(ruleset_id=ruleset.pk) for _ in range(2))
    publish(draft_id=first.pk, note="To begin with.")
    listing = Listing.objects.filter(cpu__isnull=False, gpu__isnull=False, ram_spec__isnull=False).first()
    assert listing is not None
    listing.attributes = {"warranty_months": 12}
    listing.save()
    set_override(entity="Listing", field="wifi", amount=Amount(value=6))
    PriceRecordFactory(listing=listing, import_session=1)
    call_command("recalculate", "--all", "--snapshot")
    asked = opened("title,Preis\nDell OptiPlex 7050,199\n")  # in which currency?
    ready, committed = (opened(f"title,price_usd\nDell OptiPlex {number} i5,199\n") for number in (3060, 7060))
    imports.commit(committed, actor="")
    others = Listing.objects.exclude(pk=listing.pk).values_list("pk", flat=True)[:1]
    return {
        "calibration": MarketModel.objects.get(is_current=True).pk,
        "listing": listing.pk,
        "listing_ids": [listing.pk, *others],
        "cpu": listing.cpu_id,
        "gpu": listing.gpu_id,
        "ram": listing.ram_spec_id,
        "drive": listing.primary_storage_profile_id,
        "ports": listing.ports_profile_id,
        "profile": Profile.objects.latest("pk").pk,
        "ruleset_id": rule.group.ruleset_id,
        "group_id": rule.group_id,
        "draft": draft.pk,
        "example": example.pk,
        "rule": rule.pk,
        "field": field.pk,
        "list_field": listed.pk,
        "token": create_token(user=person, name="Nightly import")[0].pk,
        "import": asked.pk,
        "ready_import": ready.pk,
        "committed_import": committed.pk,
        "run": RecalculationRun.objects.latest("pk").pk,
    }


def opened(content: str) -> ImportSession:
    return imports.open_session(file=BytesIO(content.encode()), name="offers.csv", actor="eve")


def address(method: str, path: str, operation: Mapping[str, Any], demo: Mapping[str, Any]) -> str:
    """The path with rows that there are in place of its variables."""
    if operation["operationId"] == "admin_tasks_start":
        return path.replace("{id}", "recalculate-valuations")
    row = next((name for pattern, name in ROWS if re.match(pattern, path)), "")
    filled = re.sub(
        r"\{(\w+)\}", lambda found: str(demo[row] if found[1] == "id" else NAMES.get(found[1]) or demo[found[1]]), path
    )
    return filled + QUERIES.get(operation["operationId"], "")


def body_of(operation: Mapping[str, Any], demo: Mapping[str, Any]) -> Any:
    """The example of a request, about rows that there are; None where nothing is sent."""
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        return None
    [found] = content.values()
    example = found["example"]
    return {name: demo[name] if name in IDS else value for name, value in example.items()}


def send(client: Client, method: str, url: str, body: Any) -> Any:
    """The answer, and nothing of it is kept."""
    data: dict[str, Any] = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    if body is not None and "file" in body:
        form = {**body, "file": SimpleUploadedFile("offers.csv", body["file"].encode())}
        data = {"data": encode_multipart(BOUNDARY, form), "content_type": MULTIPART_CONTENT}
    with transaction.atomic():
        if re.fullmatch(r"POST /v1/(fields|reference/custom-fields)", f"{method} {url}"):
            CustomField.objects.all().delete()  # the one that is sent is there to be changed as well
        answer = client.generic(method, url, **data)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    answer.whole = content
    return answer


def shortened(value: Any) -> Any:
    """The same with at most so many rows in each list."""
    if isinstance(value, list):
        rows = value[:MOST_ROWS] if value and isinstance(value[0], dict) else value[:MOST_WORDS]
        return [shortened(item) for item in rows]
    return {key: shortened(item) for key, item in value.items()} if isinstance(value, dict) else value


def problems(value: Any, schema: Mapping[str, Any]) -> list[str]:
    """Where a value is not what a schema says."""
    whole = {**schema, "components": DOCUMENT["components"]}
    validator = jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]


@pytest.fixture
def client(person: Any) -> Client:
    found = Client()
    found.force_login(person)
    return found


@pytest.mark.django_db(transaction=True, reset_sequences=True)  # examples name the ids of a fresh demo
def test_every_request_is_accepted_and_answered_as_told(client: Client, demo: dict[str, Any]) -> None:
    """One test for all: the demo is made once. With UPDATE_SNAPSHOTS=1, answers that no longer fit are recorded."""
    wrong: list[str] = []
    kept = dict(recorded())
    for method, path, operation in OPERATIONS:
        if operation["operationId"] in UNSENT:
            continue
        told = {(status, media): content for status, media, content in answers_of(operation)}
        for media in sorted({media for _, media in told}):
            url = address(method, path, operation, demo)
            url += "" if url.endswith(".csv") else FORMATS.get(media, "")
            answer = send(client, method, url, body_of(operation, demo))
            content = told.get((str(answer.status_code), media))
            if content is None:
                wrong.append(f"{method} {url}: {answer.status_code} {answer.whole[:500]!r}")
                continue
            text = answer.whole.decode()
            value = json.loads(text) if media == "application/json" else "".join(text.splitlines(keepends=True)[:2])
            wrong += [f"{method} {url}: {problem}" for problem in problems(value, content["schema"])]
            key = example_key(operation, media, content["schema"])
            if key not in kept or problems(kept[key], content["schema"]):
                kept[key] = shortened(value)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        RECORDED.write_text(json.dumps(dict(sorted(kept.items())), indent=1, ensure_ascii=False) + "\n")
    assert wrong == []


def test_every_request_and_every_answer_has_an_example_that_fits() -> None:
    missing, wrong = [], []
    for method, path, operation in OPERATIONS:
        sent = [("request", content) for content in operation.get("requestBody", {}).get("content", {}).values()]
        for place, content in [*sent, *((status, content) for status, _, content in answers_of(operation))]:
            if "example" not in content:
                missing.append(f"{method} {path} {place}")
            else:
                wrong += [
                    f"{method} {path} {place}: {found}" for found in problems(content["example"], content["schema"])
                ]
    assert missing == []
    assert wrong == []


def test_no_example_is_left_over() -> None:
    used = {
        example_key(operation, media, content["schema"])
        for _, _, operation in OPERATIONS
        for _, media, content in answers_of(operation)
    }
    assert set(recorded()) - used == set()

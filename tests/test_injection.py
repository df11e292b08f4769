"""Texts that a database, a search or a spreadsheet could take for orders: kept, found and shown as what they are."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client
from django.utils.http import urlencode

from dealbrain.folding import clean
from tests.factories import CpuFactory, CustomFieldFactory, GpuFactory, ListingFactory, StaffFactory
from tests.refusals import DOCUMENT, JSON
from tests.test_contract import CONTRACT, filled, made_once, world  # noqa: F401

pytestmark = pytest.mark.django_db

SQL = ["'; DROP TABLE listings_listing; --", "' OR 1=1 --", "%s %(x)s {0}", "\\", "$$; SELECT pg_sleep(9) $$"]
FORMULAS = ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x.test","y")']
SEARCHED = [
    (path, given["name"])
    for path, item in DOCUMENT["paths"].items()
    for given in item.get("get", {}).get("parameters", ())
    if given.get("name") in ("q", "search") and "{" not in path and not path.endswith("/export")
]


@pytest.fixture
def everybody() -> Client:
    client = Client()
    client.force_login(StaffFactory(is_superuser=True))
    return client


LISTING = ("title", "seller", "vendor_item_id", "device_model", "manufacturer", "series", "model_number", "form_factor")
TEXTS = {
    "/v1/listings": (*LISTING, "ram_notes", "os_license", "notes"),
    "/v1/catalog/cpus": ("name", "manufacturer", "socket", "igpu_model", "notes"),
    "/v1/catalog/gpus": ("name", "manufacturer", "notes"),
    "/v1/catalog/profiles": ("name", "description"),
    "/v1/catalog/ports-profiles": ("name", "description"),
    "/v1/catalog/storage-profiles": ("interface", "form_factor", "performance_tier"),
    "/v1/reference/custom-fields": ("label", "description"),
    "/api/v1/rulesets": ("name", "description"),
    "/api/v1/rule-groups": ("name", "category", "description"),
    "/api/v1/valuation-rules": ("name", "description"),
}


@pytest.mark.parametrize("text", [*SQL, *FORMULAS])
def test_every_text_comes_back_as_it_was_sent(everybody: Client, world: dict[str, int], text: str) -> None:  # noqa: F811
    for path, names in TEXTS.items():
        least = next(line.body for line in CONTRACT if (line.method, line.path) == ("POST", path))
        sent = dict.fromkeys(names, f"{text} x")
        answer = everybody.post(path, {**filled(least, world), **sent}, content_type=JSON)
        assert answer.status_code == 201, (path, answer.content)
        read = everybody.get(f"{path}/{answer.json()['id']}").json()
        assert {name: read[name] for name in names} == {name: value.strip() for name, value in sent.items()}, path


@pytest.mark.parametrize(("path", "name"), SEARCHED)
def test_a_search_knows_no_wildcards(everybody: Client, world: dict[str, int], path: str, name: str) -> None:  # noqa: F811
    for text in ("%", "_", "%%", "\\", "a%", "[a-z]", *SQL):
        answer = everybody.get(f"{path}?{urlencode({name: text})}")
        assert (answer.status_code, answer.json()["total"]) == (200, 0), text


def test_a_filter_by_text_knows_none_either(everybody: Client) -> None:
    CpuFactory(manufacturer="AMD"), GpuFactory(manufacturer="AMD")
    for path in ("/v1/catalog/cpus", "/v1/catalog/gpus"):
        found = {
            text: everybody.get(path, {"manufacturer": text}).json()["total"] for text in ("amd", "%", "A_D", "am%")
        }
        assert found == {"amd": 1, "%": 0, "A_D": 0, "am%": 0}


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_an_export_is_a_formula(everybody: Client, text: str) -> None:
    CustomFieldFactory(key="remark", data_type="text")
    listing: dict[str, Any] = dict.fromkeys(TEXTS["/v1/listings"], text)
    ListingFactory(
        **{**listing, "title": f"{text} abc"},
        cpu=CpuFactory(name=text),
        gpu=GpuFactory(name=text),
        attributes={"remark": text},
        other_components=[text],
        other_urls=[{"url": "https://example.com", "label": text}],
        raw_payload={text: text},
    )
    file = b"".join(everybody.get("/v1/listings/export?format=csv&q=abc").streaming_content).decode()
    [row] = csv.DictReader(io.StringIO(file, newline=""))
    assert row["notes"] == f"'{text}"
    # Kept without blanks around it, and a name without what cannot be seen.
    assert row["custom.remark"] == f"'{text.strip()}"
    assert row["cpu_name"] == row["gpu_name"] == f"'{clean(text)}"
    for name, cell in row.items():
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")), (name, cell)
    line = b"".join(everybody.get("/v1/listings/export?format=jsonl&q=abc").streaming_content)
    assert json.loads(line)["notes"] == text, "programs read it as it is"

"""How many queries each read of the API and each list of the admin makes, and that more rows make no more of them.

`UPDATE_SNAPSHOTS=1 pytest tests/test_query_counts.py` writes the baseline anew; its difference is to be looked at.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import (
    CpuFactory,
    CustomFieldFactory,
    GpuFactory,
    ListingComponentFactory,
    ListingFactory,
    PortFactory,
    ProfileFactory,
    RamSpecFactory,
    RuleActionFactory,
    StaffFactory,
    StorageProfileFactory,
)
from tests.test_contract import READS, Line, ask, made_once, world
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db

BASELINE = Path(__file__).with_name("query_counts.json")
UPDATE = bool(os.environ.get("UPDATE_SNAPSHOTS"))
PROBES = ("/livez", "/readyz", "/docs", "/redoc", "/openapi.json")  # no reads of rows
__all__ = ["made_once", "world"]  # the fixtures


def counted(line: Line, rows: dict[str, int], client: Client) -> int:
    with CaptureQueriesContext(connection) as queries:
        answer = ask(client, line, rows)
        if answer.streaming:
            list(answer.streaming_content)
    assert answer.status_code == 200, line.path
    return len(queries)


def more_rows() -> None:
    """A dozen more of everything."""
    for number in range(12):
        cpu = CpuFactory(tdp_w=35)
        listing = ListingFactory(
            cpu=cpu,
            gpu=GpuFactory(),
            ram_spec=RamSpecFactory(speed_mhz=3_200 + number),
            primary_storage_profile=StorageProfileFactory(),
            ports_profile=PortFactory().ports_profile,
            attributes={"note": f"value {number}"},
        )
        ListingComponentFactory(listing=listing)
        RuleActionFactory(rule__conditions=None)
        ProfileFactory()
        CustomFieldFactory()
    recalculate(scope=Scope(), trigger="test")


def counts(lines: list[Line], rows: dict[str, int], client: Client) -> dict[str, int]:
    """By path. What is kept in memory is there from the second time on."""
    for line in lines:
        ask(client, line, rows)
    return {line.path: counted(line, rows, client) for line in lines}


def lists(client: Client) -> dict[str, int]:
    """By path: every list of the admin, the start page and what that fetches."""
    admin.autodiscover()
    labels = sorted(model._meta.label_lower for model in admin.site._registry)
    # The queue's own page is there where there is a Redis, and asks that.
    models = [label.replace(".", "/") for label in labels if not label.startswith("django_rq.")]
    paths = ["/admin/", "/admin/valuation/auditentry/attention/", *(f"/admin/{model}/" for model in models)]
    found = {}
    for path in paths:
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200, path
        found[path] = len(queries)
    return found


def test_each_read_makes_the_queries_it_made(world: dict[str, int]) -> None:
    client = Client()
    client.force_login(StaffFactory(is_superuser=True))
    lines = [line for line in READS if not line.path.startswith(PROBES)]
    more_rows()  # an empty page asks for nothing that belongs to its rows
    found = {**counts(lines, world, client), **lists(client)}
    if UPDATE:
        BASELINE.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")
    baseline: dict[str, Any] = json.loads(BASELINE.read_text())
    assert found == baseline
    more_rows()
    assert {**counts(lines, world, client), **lists(client)} == baseline

"""Listings as CSV and JSON lines: every column, what the filters select, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import CustomField
from dealbrain.api.renderers import json_bytes
from listings.api import exporting
from listings.api.exporting import columns
from listings.formulas import guarded
from listings.models import Listing
from tests.api import Api, problems
from tests.factories import (
    CpuFactory,
    CustomFieldFactory,
    GpuFactory,
    ListingFactory,
    ListingMarketFactory,
    ProfileFactory,
    RamSpecFactory,
    RuleActionFactory,
    StorageProfileFactory,
)
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db

EXPORT = "/v1/listings/export"


@pytest.fixture
def api() -> Api:
    return Api("Viewers")


def exported(api: Api, query: str) -> bytes:
    answer = api.send("GET", f"{EXPORT}?{query}")
    assert answer.status_code == 200, answer.content
    assert answer.streaming, "it is written while it is read"
    return b"".join(answer.streaming_content)


def table(api: Api, query: str = "format=csv") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(exported(api, query).decode(), newline="")))


def lines(api: Api, query: str = "format=jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in exported(api, query).splitlines()]


OF_DRIVES: dict[str, str | None] = {
    **dict.fromkeys(("primary_storage_form_factor", "primary_storage_performance_tier"), ""),
    **dict.fromkeys(f"secondary_storage_{name}" for name in ("interface", "form_factor", "performance_tier")),
}


def test_a_condition_that_is_not_stated(api: Api) -> None:
    ListingFactory(condition="")
    assert table(api)[0]["condition"] == ""
    assert lines(api)[0]["condition"] is None


def make_one() -> tuple[Listing, dict[str, Any]]:
    """A listing with everything, and what an export says of it but for times."""
    ProfileFactory(weights={"cpu_mark_multi": 1})
    CustomFieldFactory(key="colour")
    CustomFieldFactory(key="size", data_type="number")
    CustomFieldFactory(key="hidden", is_active=False)
    RuleActionFactory(value_usd=Decimal("-10.50"))
    cpu = CpuFactory(name="Ryzen 5", cpu_mark_multi=8_000, cpu_mark_single=2_000, tdp_w=40)
    gpu, ram, drive = GpuFactory(name="RTX", gpu_mark=500), RamSpecFactory(), StorageProfileFactory()
    listing = ListingFactory(
        title="One, with a comma",
        price_usd=Decimal("210.50"),
        price_date=date(2026, 11, 1),
        price_original=200,
        currency="EUR",
        exchange_rate=Decimal("1.0525"),
        rate_date=date(2026, 10, 31),
        source="a.csv",
        cpu=cpu,
        gpu=gpu,
        ram_spec=ram,
        primary_storage_profile=drive,
        other_urls=[{"url": "https://example.com"}],
        other_components=["mouse"],
        attributes={"colour": "red", "size": 1.5},
        raw_payload={"a": 1},
    )
    recalculate(scope=Scope(), trigger="test")
    listing.refresh_from_db()
    ListingMarketFactory(listing=listing, fair_cents=280_25, discount=0.25)
    texts = ("listing_url", "seller", "vendor_item_id", "device_model", "manufacturer", "series", "model_number")
    return listing, {
        "id": listing.pk,
        "title": "One, with a comma",
        **dict.fromkeys((*texts, "form_factor", "ram_notes", "secondary_storage_type", "os_license", "notes"), ""),
        **dict.fromkeys(("ports_profile_id", "secondary_storage_profile_id", "secondary_storage_gb")),
        "other_urls": [{"url": "https://example.com"}],
        "price_usd": 210.5,
        "price_date": "2026-11-01",
        "price_original": 200.0,
        "currency": "EUR",
        "exchange_rate": 1.0525,
        "rate_date": "2026-10-31",
        "source": "a.csv",
        "condition": "used",
        "status": "active",
        "marketplace": "other",
        "cpu_id": cpu.pk,
        "gpu_id": gpu.pk,
        "ram_spec_id": ram.pk,
        "primary_storage_profile_id": drive.pk,
        "ram_gb": 16,
        "primary_storage_gb": 512,
        "primary_storage_type": "nvme",
        "other_components": ["mouse"],
        "attributes": {"colour": "red", "size": 1.5},
        "raw_payload": {"a": 1},
        "cpu_name": "Ryzen 5",
        "gpu_name": "RTX",
        "ram_type": "ddr4",
        "ram_speed_mhz": 3200,
        "ram_module_count": ram.module_count,
        "ram_module_gb": ram.capacity_per_module_gb,
        "primary_storage_interface": drive.interface,
        **OF_DRIVES,
        "adjusted_price_usd": 200.0,
        "total_adjustment": -10.5,
        "score_cpu_multi": 8000.0,
        "score_cpu_single": 2000.0,
        "score_gpu": 500.0,
        "score_composite": 100.0,
        "dollar_per_cpu_mark": 0.025,
        "dollar_per_single_mark": 0.1,
        "dollar_per_cpu_mark_multi": 0.0263,
        "dollar_per_cpu_mark_multi_adjusted": 0.025,
        "dollar_per_cpu_mark_single": 0.1053,
        "dollar_per_cpu_mark_single_adjusted": 0.1,
        "perf_per_watt": 200.0,
        "fair_value_usd": 280.25,
        "fair_low_usd": 250.0,
        "fair_high_usd": 360.0,
        "target_price_usd": 270.0,
        "discount": 0.25,
        "grade": "fair",
        "grade_reason": None,
        "comparables_count": 12,
        "price_is_implausible": False,
    }


TIMES = ("created_at", "updated_at", "valued_at")


def test_a_line_of_json_is_the_listing(api: Api) -> None:
    listing, expected = make_one()
    (line,) = lines(api)
    document = api.read(f"/v1/listings/{listing.pk}")
    assert [line[name] for name in TIMES] == [document[name] for name in TIMES]
    assert {name: value for name, value in line.items() if name not in TIMES} == expected
    beside = {*OF_DRIVES, "primary_storage_interface", "ram_module_count", "ram_module_gb"}
    assert {name: document[name] for name in expected if name not in beside} == {
        name: value for name, value in expected.items() if name not in beside
    }


def test_a_row_of_csv_is_the_listing(api: Api) -> None:
    _, expected = make_one()
    (row,) = table(api)
    assert all(row.pop(name).startswith("20") for name in TIMES)
    del expected["attributes"]
    shown = {name: "" if value is None else json.dumps(value).strip(chr(34)) for name, value in expected.items()}
    assert row == {
        **shown,
        "price_usd": "210.50",
        "price_original": "200.00",
        "exchange_rate": "1.052500000000",
        "other_urls": '[{"url":"https://example.com"}]',
        "other_components": '["mouse"]',
        "raw_payload": '{"a":1}',
        "custom.colour": "red",
        "custom.size": "1.5",
    }


def test_what_is_unknown_is_empty(api: Api) -> None:
    ListingFactory(price_usd=None, cpu=None)
    (row,), (line,) = table(api), lines(api)
    empty = ("price_usd", "cpu_name", "ram_gb", "adjusted_price_usd", "perf_per_watt", "valued_at", "other_urls")
    assert [row[name] for name in empty] == [""] * len(empty)
    assert [line[name] for name in empty] == [None] * (len(empty) - 1) + [[]]
    assert (line["attributes"], line["raw_payload"]) == ({}, {})


def test_the_files(api: Api) -> None:
    for query, kind, name in (
        ("", "text/csv; charset=utf-8", "listings.csv"),
        ("?format=csv", "text/csv; charset=utf-8", "listings.csv"),
        ("?format=jsonl", "application/jsonl", "listings.jsonl"),
    ):
        answer = api.send("GET", f"{EXPORT}{query}")
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert exported(api, "format=jsonl") == b""
    assert exported(api, "format=csv").startswith(b"id,title,listing_url,")
    assert api.send("HEAD", EXPORT).status_code == 200


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["c: third", "b: second", "a: first"]),
        ("ordering=title", ["a: first", "b: second", "c: third"]),
        ("ordering=-price_usd", ["b: second", "a: first", "c: third"]),
        ("q=first", ["a: first"]),
        ("price_usd__lte=100", ["a: first"]),
        ("adjusted_price_usd__gte=210", ["b: second"]),
        ("custom.size=2", ["b: second"]),
        ("custom.size__gte=1&ordering=custom.size", ["a: first", "b: second"]),
        ("status=archived", ["c: third"]),
    ],
)
def test_the_filters_select(api: Api, query: str, titles: list[str]) -> None:
    CustomFieldFactory(key="size", data_type="number")
    RuleActionFactory(value_usd=10)
    ListingFactory(title="a: first", price_usd=100, attributes={"size": 1})
    ListingFactory(title="b: second", price_usd=200, attributes={"size": 2})
    ListingFactory(title="c: third", price_usd=None, status="archived")
    recalculate(scope=Scope(), trigger="test")
    assert [line["title"] for line in lines(api, f"format=jsonl&{query}")] == titles
    assert [row["title"] for row in table(api, f"format=csv&{query}")] == titles


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("format=xml", "format"),
        ("format=array", "format"),
        ("limit=5", "limit"),
        ("ordering=seller", "ordering"),
        ("price_usd__lte=x", "price_usd__lte"),
        ("custom.size=2", "custom.size"),
    ],
)
def test_queries_that_are_refused(api: Api, query: str, wrong: str) -> None:
    assert list(problems(api.send("GET", f"{EXPORT}?{query}"))) == [wrong]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("a=1", "a=1"),
        ('say "hi", you', 'say "hi", you'),
        ("two\nlines", "two\nlines"),
        ("ünï 🙂", "ünï 🙂"),
    ],
)
def test_no_cell_is_run_as_a_formula(api: Api, text: str, cell: str) -> None:
    CustomFieldFactory(key="note", data_type="text")
    # (A value as it may stand there from before: one that is written now has no blanks at its ends.)
    listing = ListingFactory(notes=text, cpu=CpuFactory(name=text))
    type(listing).objects.update(attributes={"note": text})
    name = " ".join(text.split())  # is one line
    (row,), (line,) = table(api), lines(api)
    assert (row["notes"], row["custom.note"]) == (cell, cell)
    assert row["cpu_name"] == (f"'{name}" if cell.startswith("'") else name)
    assert (line["notes"], line["attributes"]["note"]) == (text, text)


STORED: list[tuple[Any, str]] = [
    (10**30, "1" + 30 * "0"),
    (-(2**63) - 1, "-9223372036854775809"),
    ([1, {"a": 10**20}], '[1,{"a":100000000000000000000}]'),
    (True, "true"),
    (False, "false"),
    (0, "0"),
    ("", ""),
    ([], ""),
]
if connection.vendor == "sqlite":  # jsonb refuses it
    STORED.append(("\ud800", "?"))


@pytest.mark.parametrize(("value", "cell"), STORED)
def test_json_of_whatever_is_stored(api: Api, value: Any, cell: str) -> None:
    CustomFieldFactory(key="any", data_type="json")
    row = ListingFactory()
    Listing.objects.filter(pk=row.pk).update(attributes={"any": value}, raw_payload={"any": value})
    (line,), (cells,) = lines(api), table(api)
    assert line["attributes"] == line["raw_payload"] == {"any": value}
    assert cells["custom.any"] == cell


def test_queries_do_not_grow_with_the_rows(api: Api) -> None:
    CustomFieldFactory(key="size", data_type="number")
    counts = []
    for rows in (1, 30):
        for _ in range(rows):
            ListingFactory(gpu=GpuFactory(), ram_gb=16, attributes={"size": 1})
        for kind in ("csv", "jsonl"):
            with CaptureQueriesContext(connection) as queries:
                exported(api, f"format={kind}&custom.size=1")
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


# -- The bytes, beside those of the plain way: a row at a time, a value at a time -------------------------------


def _plain_cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json_bytes(value).decode() if value else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return guarded(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def plainly(kind: str) -> bytes:
    """All listings by their ids, as the rows of Django and the writers of the libraries have them."""
    wanted = columns()
    rows = [
        [value if column.show is None else column.show(value) for column, value in zip(wanted, row, strict=True)]
        for row in Listing.objects.order_by("pk").values_list(*(column.path for column in wanted))
    ]
    names = [column.name for column in wanted]
    if kind == "jsonl":
        as_floats = [[float(value) if isinstance(value, Decimal) else value for value in row] for row in rows]
        return b"".join(json_bytes(dict(zip(names, row, strict=True))) + b"\n" for row in as_floats)
    keys = list(CustomField.objects.filter(is_active=True).values_list("key", flat=True))
    place = names.index("attributes")
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*names[:place], *names[place + 1 :], *(f"custom.{key}" for key in keys)])
    for row in rows:
        kept = row.pop(place) or {}
        writer.writerow([_plain_cell(value) for value in [*row, *(kept.get(key) for key in keys)]])
    return text.getvalue().encode("utf-8", "replace")


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize("chunk", [1, 2, 1_000])
def test_the_bytes_are_those_of_the_plain_way(kind: str, chunk: int, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of every kind, in columns that are of one kind or mixed."""
    monkeypatch.setattr(exporting, "CHUNK", chunk)
    make_one()
    for title in ("=1+1", "'=x", "'quoted'", "a,b", 'a "b"', "grün 漢字 \U0001f600", "--x", "+", "''@"):
        ListingFactory(title=title.ljust(3, "."), seller=title, notes=f"{title}\r\n{title}", price_usd=None)
    odd = {"colour": "=red", "size": 10**30, "hidden": [1], "other": {"é": None}}
    for number, attributes in enumerate(({}, odd, {"colour": True, "size": 1.0}, {"colour": ["a"], "size": -0.5})):
        ListingFactory(
            attributes={}, cpu=None, price_usd=Decimal(number) / 100, raw_payload={"n": [number, 1e300, -0.0]}
        )
        Listing.objects.filter(pk=Listing.objects.latest("pk").pk).update(
            attributes=attributes, created_at=datetime(1999, 1, 2, 3, 4, 5, number * 100, UTC), price_date=date.min
        )
    recalculate(scope=Scope(), trigger="test")
    ListingFactory(title="without figures")
    assert exported(api, f"format={kind}&ordering=id") == plainly(kind)

"""Transactions in each other's way, a database that is away and a disk that is full: never a 500."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, ProgrammingError, connection
from django.db.models import F
from django.test import Client
from psycopg import errors

from catalog.api.views import CpuViewSet
from catalog.models import Cpu, CustomField, RamSpec
from dealbrain.api.problems import Unavailable
from dealbrain.trouble import status_of
from listings.models import Listing
from tests.api import Api, at_once, race
from tests.factories import CpuFactory, CustomFieldFactory, ListingFactory, RamSpecFactory

pytestmark = pytest.mark.django_db

CPUS = "/v1/catalog/cpus"
ROUNDS = 25


def wrapped(cause: Exception, kind: type[Exception] = OperationalError) -> Exception:
    """An error of a driver as Django passes it on."""
    error = kind(str(cause))
    error.__cause__ = cause
    return error


def of_sqlite(code: int) -> Exception:
    cause = sqlite3.OperationalError("trouble")
    cause.sqlite_errorcode = code
    return wrapped(cause)


TROUBLE: dict[str, tuple[Exception, int | None]] = {
    "deadlock": (wrapped(errors.DeadlockDetected("deadlock detected")), 503),
    "serialization": (wrapped(errors.SerializationFailure("could not serialize")), 503),
    "lock not available": (wrapped(errors.LockNotAvailable("timeout")), 503),
    "shutting down": (wrapped(errors.AdminShutdown("terminating connection")), 503),
    "too many connections": (wrapped(errors.TooManyConnections("sorry, too many clients already")), 503),
    "never connected": (wrapped(errors.OperationalError("connection refused")), 503),
    "closed": (InterfaceError("the connection is closed"), 503),
    "out of memory": (wrapped(errors.OutOfMemory("out of memory")), 503),
    "disk full": (wrapped(errors.DiskFull("No space left on device")), 507),
    "SQLite: full": (of_sqlite(sqlite3.SQLITE_FULL), 507),
    "SQLite: busy": (of_sqlite(sqlite3.SQLITE_BUSY), 503),
    "SQLite: busy, more exactly": (of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), 503),
    "SQLite: gone": (of_sqlite(sqlite3.SQLITE_CANTOPEN), 503),
    "SQLite: our mistake": (of_sqlite(sqlite3.SQLITE_ERROR), None),
    "our mistake": (wrapped(errors.UndefinedTable("no such table"), ProgrammingError), None),
    "another mistake": (DatabaseError("Save with update_fields did not affect any rows."), None),
    "none of the database's": (ValueError("trouble"), None),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_what_is_trouble_and_what_a_mistake(
    name: str, client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEALBRAIN_PUBLIC_READ = True
    error, status = TROUBLE[name]
    assert status_of(error) == status

    def fail(*_: Any, **__: Any) -> None:
        raise error

    client.raise_request_exception = False
    monkeypatch.setattr(CpuViewSet, "list", fail)
    answer = client.get(CPUS)
    assert (answer.status_code, answer.json()["status"]) == (status or 500, status or 500)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers.get("Retry-After") == (str(Unavailable.wait) if status == 503 else None)


@pytest.mark.parametrize("path", ["/", "/v1/listings", CPUS, "/admin/", "/api/v1/rulesets"])
def test_every_page_says_so(path: str, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api(root=True)
    api.client.raise_request_exception = False
    monkeypatch.setattr("django.db.models.sql.compiler.SQLCompiler.execute_sql", _gone)
    assert api.client.get(path).status_code == 503


def _gone(*_: Any, **__: Any) -> Iterator[Any]:
    raise TROUBLE["never connected"][0]


@pytest.fixture
def colliding(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[int]]:
    """The first so many attempts to save a CPU end in a deadlock, after they have written something."""

    def collide(times: int) -> list[int]:
        attempts: list[int] = []
        save = Cpu.save

        def fail(self: Cpu, *args: Any, **kwargs: Any) -> None:
            save(self, *args, **kwargs)
            attempts.append(1)
            if len(attempts) <= times:
                raise TROUBLE["deadlock"][0]

        monkeypatch.setattr(Cpu, "save", fail)
        return attempts

    return collide


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "one"}])
def test_a_deadlock_is_tried_once_more(headers: dict[str, str], colliding: Callable[[int], list[int]]) -> None:
    api, attempts = Api(root=True), colliding(1)
    answer = api.send("POST", CPUS, {"name": "i5"}, **headers)
    assert (answer.status_code, answer.json()["name"], len(attempts)) == (201, "i5", 2)
    assert Cpu.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_and_not_more_often(colliding: Callable[[int], list[int]]) -> None:
    api, attempts = Api(root=True), colliding(2)
    answer = api.send("POST", CPUS, {"name": "i5"})
    assert (answer.status_code, answer.headers["Retry-After"], len(attempts)) == (503, str(Unavailable.wait), 2)
    assert not Cpu.objects.exists()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no limit of its own to reach")
@pytest.mark.django_db(transaction=True)
def test_a_full_disk_is_told() -> None:
    api = Api(root=True)
    with connection.cursor() as cursor:
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
    try:
        answers = [api.send("POST", CPUS, {"name": f"i{n}", "notes": "x" * 50_000}).status_code for n in range(40)]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1000000000")
    assert answers[-1] == 507
    assert set(answers) <= {201, 507}


def statuses(*tasks: Callable[[], Any]) -> set[int]:
    return {answer.status_code for answer in at_once(*tasks)}


@race
def test_specs_beside_bulk_updates() -> None:
    specs = [
        RamSpecFactory(module_count=None, capacity_per_module_gb=None, total_capacity_gb=8 + number)
        for number in range(2)
    ]
    ids = [ListingFactory(ram_spec=specs[number % 2]).pk for number in range(60)]
    apis = [Api(root=True) for _ in range(4)]
    found: set[int] = set()
    for turn in range(ROUNDS):
        found |= statuses(
            partial(apis[0].send, "PATCH", f"/v1/catalog/ram-specs/{specs[0].pk}", {"total_capacity_gb": 100 + turn}),
            partial(apis[1].send, "PATCH", f"/v1/catalog/ram-specs/{specs[1].pk}", {"total_capacity_gb": 200 + turn}),
            partial(_bulk, apis[2], ids[::-1], {"ram_spec_id": specs[turn % 2].pk}),
            partial(_bulk, apis[3], ids, {"seller": f"s{turn}"}),
        )
        apart = Listing.objects.exclude(ram_gb=F("ram_spec__total_capacity_gb"))
        assert list(apart.values_list("pk", "ram_gb", "ram_spec__total_capacity_gb")) == []
    assert found == {200}


@race
def test_processors_beside_bulk_updates() -> None:
    cpus = [CpuFactory(name=f"c{number}") for number in range(2)]
    ids = [ListingFactory(cpu=cpus[number % 2]).pk for number in range(60)]
    apis = [Api(root=True) for _ in range(4)]
    found: set[int] = set()
    for turn in range(ROUNDS):
        found |= statuses(
            partial(apis[0].send, "PATCH", f"{CPUS}/{cpus[0].pk}", {"name": f"one {turn}"}),
            partial(apis[1].send, "PATCH", f"{CPUS}/{cpus[1].pk}", {"name": f"two {turn}"}),
            partial(_bulk, apis[2], ids[::-1], {"cpu_id": cpus[turn % 2].pk}),
            partial(_bulk, apis[3], ids, {"seller": f"s{turn}"}),
        )
    assert found == {200}


def _bulk(api: Api, ids: list[int], fields: dict[str, Any]) -> Any:
    return api.send("POST", "/v1/listings/bulk-update", {"listing_ids": ids, "fields": fields})


@race
@pytest.mark.parametrize("way", ["patch", "bulk", "new", "admin"])
def test_no_value_outlives_its_field(way: str) -> None:
    """A field is deleted while a listing takes a value of it: whoever is second finds what the first has left."""
    apis = [Api(root=True) for _ in range(2)]
    for turn in range(8):
        field = CustomFieldFactory(key=f"f{turn}", data_type="string")
        listing = ListingFactory(attributes={})
        writes = _writing(apis[0], listing, field, way)
        answers = at_once(writes, partial(apis[1].send, "DELETE", f"/v1/reference/custom-fields/{field.pk}?force=true"))
        assert {answer.status_code for answer in answers} <= {200, 201, 302, 400}
        assert not Listing.objects.filter(attributes__has_key=field.key).exists()
        assert not CustomField.objects.filter(pk=field.pk).exists()


def _writing(api: Api, listing: Listing, field: CustomField, way: str) -> Callable[[], Any]:
    value = {field.key: "x"}
    if way == "patch":
        return partial(api.send, "PATCH", f"/v1/listings/{listing.pk}", {"attributes": value})
    if way == "new":
        return partial(api.send, "POST", "/v1/listings", {"title": "abc", "attributes": value})
    if way == "bulk":
        body = {"listing_ids": [listing.pk], "attributes": value}
        return partial(api.send, "POST", "/v1/listings/bulk-update", body)
    form = api.client.get(f"/admin/listings/listing/{listing.pk}/change/").context["adminform"].form
    sent = {name: form[name].value() for name in form.fields}
    sent = {name: item for name, item in sent.items() if item not in (None, "")} | {f"custom_{field.key}": "x"}
    sent |= {f"components-{name}": 0 for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    return partial(api.client.post, f"/admin/listings/listing/{listing.pk}/change/", sent)


@race
def test_an_option_is_not_taken_away_while_it_is_given() -> None:
    apis = [Api(root=True) for _ in range(2)]
    for turn in range(8):
        field = CustomFieldFactory(key=f"f{turn}", data_type="enum", options=["a", "b"])
        listing = ListingFactory(attributes={})
        at_once(
            partial(apis[0].send, "PATCH", f"/v1/listings/{listing.pk}", {"attributes": {field.key: "b"}}),
            partial(apis[1].send, "PATCH", f"/v1/reference/custom-fields/{field.pk}", {"options": ["a"]}),
        )
        listing.refresh_from_db()
        field.refresh_from_db()
        assert listing.attributes.get(field.key) in (None, *field.options)


def test_a_spec_that_is_nobodys_yet_holds_nothing() -> None:
    RamSpec.objects.get_or_make(total_capacity_gb=16)
    assert RamSpec.objects.count() == 1

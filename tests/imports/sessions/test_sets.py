"""A chunk of rows costs the same number of queries, whatever happens to its rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from imports.models import ImportSession
from imports.sessions import service
from imports.sessions.committing import run_commit
from tests.imports.sessions.helpers import committed, opened

pytestmark = pytest.mark.django_db
HEAD = "id,title,price,cpu,ram,storage\n"
CPUS = ("i5-8500T", "i5-9500T", "i7-8700T", "i7-9700T", "i3-8100T")


def rows(count: int, *, price: int = 100, ram: int = 8, first: int = 0) -> str:
    return HEAD + "".join(
        f"{number},Dell OptiPlex {number},${price + number % 7},Intel Core {CPUS[number % 5]},{ram}GB,256GB SSD\n"
        for number in range(first, first + count)
    )


def refused(count: int) -> str:
    return "id,title,price,listing_url\n" + "".join(f"{number},Dell {number},$5,nowhere\n" for number in range(count))


FILES: dict[str, tuple[Callable[[int], str] | None, Callable[[int], str]]] = {
    "new": (None, rows),
    "unchanged": (rows, rows),
    "other prices": (rows, lambda count: rows(count, price=90)),
    "other parts": (rows, lambda count: rows(count, ram=32)),
    "refused": (None, refused),
    "of other machines": (rows, lambda count: rows(count).replace("Dell OptiPlex", "HP Something Else Entirely")),
    "without a number": (None, lambda count: rows(count).replace("id,", "x,")),
    "without a number, other prices": (
        lambda count: rows(count).replace("id,", "x,"),
        lambda count: rows(count, price=50).replace("id,", "x,"),
    ),
}


def spent(before: Callable[[int], str] | None, after: Callable[[int], str], count: int) -> tuple[int, int]:
    """Queries of the commit and of taking it back."""
    if before:
        committed(before(count))
    session = opened(after(count))
    assert session.total == count
    ImportSession.objects.filter(pk=session.pk).update(state="committing")
    with CaptureQueriesContext(
        connection,
    ) as commit:
        run_commit(session.pk)
    session.refresh_from_db()
    with CaptureQueriesContext(connection) as undo:
        service.undo(session, actor="ann")
    return len(commit), len(undo)


@pytest.mark.parametrize("name", FILES)
def test_a_chunk_costs_the_same_for_ten_rows_and_for_two_hundred(name: str) -> None:
    few, many = (spent(*FILES[name], count) for count in (10, 190))
    assert many[0] <= few[0] + 4  # INSERTs of at most 200 rows, and SQLite takes fewer at once
    assert many[1] <= few[1] + 4
    assert many[0] < 90

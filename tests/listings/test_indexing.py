"""The index of words: made by `migrate` where the database allows it, of use to the search, and missed by nobody."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from dealbrain.searching import search
from listings import indexing
from listings.filtersets import SEARCHED
from listings.models import Listing
from tests.factories import CpuFactory, ListingFactory

pytestmark = pytest.mark.django_db
is_postgresql = connection.vendor == "postgresql"


def indexes() -> set[str]:
    """The indexes of words that there are; none on SQLite."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Listing._meta.db_table)
    return {name for name in found if name.startswith(indexing.PREFIX)}


def migrated() -> str:
    """What `migrate` says of the index when it has done its work."""
    told = StringIO()
    indexing.make_index(sender=apps.get_app_config("listings"), using="default", verbosity=1, stdout=told)
    return told.getvalue()


@pytest.fixture
def without_index() -> None:
    for name in indexes():
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX {name}")


def test_there_is_one_and_it_stays() -> None:
    before = indexes()
    assert len(before) == is_postgresql
    assert (migrated(), indexes()) == ("", before)


def test_one_that_is_missing_is_made(without_index: None) -> None:
    assert (migrated(), len(indexes())) == ("", is_postgresql)


def test_one_of_another_expression_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    before = indexes()
    monkeypatch.setattr(indexing, "SEARCHED", ("title", "cpu__name"))
    assert migrated() == ""
    assert len(indexes()) == is_postgresql
    assert indexes().isdisjoint(before)


@pytest.mark.parametrize("refused", ["CREATE EXTENSION", "CREATE INDEX"])
def test_a_database_that_refuses_it_goes_on(without_index: None, refused: str) -> None:
    """As one without `pg_trgm` does, or one whose user has not the right; and the transaction is of use afterwards."""

    def execute(call: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(refused):
            return call("SELECT * FROM nothing_of_this_name", None, many, context)
        return call(sql, params, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(execute):
            told = migrated()
        assert ("searched without an index" in told) == is_postgresql
        ListingFactory(title="found")
        assert [row.title for row in search(Listing.objects.all(), "FOUND", SEARCHED)] == ["found"]
    assert indexes() == set()


def test_the_search_walks_it() -> None:
    """An index of another expression would be of no use, and nobody would notice."""
    ListingFactory(title="abcdef", cpu=CpuFactory(name="abc"))
    found = search(Listing.objects.order_by(), "abc", SEARCHED)
    if is_postgresql:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        (name,) = indexes()
        assert name in found.explain()
    assert found.count() == 1

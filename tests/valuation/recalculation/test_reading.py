"""Rows as the driver gives them say what Django's say, and become the same facts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from listings.models import Listing
from tests.factories import CustomFieldFactory, ListingFactory
from valuation.recalculation.facts import PRICE_CENTS, load_facts
from valuation.recalculation.reading import EXACT, fetch, fetch_numbers, whole_numbers
from valuation.registry import field_registry

COLUMNS = ("pk", "input_version", "cents", "ram_gb", "title", "condition", "cpu_id")


@pytest.mark.django_db
def test_rows_are_those_of_django() -> None:
    ListingFactory(price_usd="19.99", ram_gb=16, title="Ünïcode % and %s 'quotes'")
    ListingFactory(price_usd=None, ram_gb=None, cpu=None)
    rows = Listing.objects.filter(title__contains="i").order_by("pk").annotate(cents=PRICE_CENTS).values_list(*COLUMNS)
    with CaptureQueriesContext(connection) as queries:
        found = fetch(rows[:5])
    assert found == list(rows)
    assert len(queries) == 1


@pytest.mark.django_db
def test_nothing_is_no_rows() -> None:
    assert fetch(Listing.objects.none().values_list("pk")) == []
    assert fetch_numbers(Listing.objects.values_list("pk", "ram_gb"), 2).shape == (0, 2)


@pytest.mark.django_db
def test_numbers_are_a_table_with_nan_for_null() -> None:
    listing = ListingFactory.create(ram_gb=None, price_usd="1.25")
    rows = Listing.objects.annotate(cents=PRICE_CENTS).values_list("pk", "ram_gb", "cents")
    np.testing.assert_array_equal(fetch_numbers(rows, 3), [[listing.pk, np.nan, 125]])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, None, 3], [1, -1, 3]),
        ([], []),
        ([None], [-1]),
        ([EXACT + 1, None, -EXACT - 1], [EXACT + 1, -1, -EXACT - 1]),
    ],
)
def test_whole_numbers_of_any_size(values: list[int | None], expected: list[int]) -> None:
    assert whole_numbers(values, -1).tolist() == expected


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "value", "number", "text"),
    [
        ("number", 7, 7.0, None),
        ("number", 2.5, 2.5, None),
        ("number", "7", None, None),
        ("boolean", True, 1.0, None),
        ("string", "grün", None, "grün"),
        ("json", {"b": [1, "x"], "a": None}, None, '{"a":null,"b":[1,"x"]}'),
        ("string", None, None, None),
    ],
)
def test_custom_values_are_what_their_json_says(kind: str, value: Any, number: float | None, text: str | None) -> None:
    CustomFieldFactory(key="extra", data_type=kind)
    listing = ListingFactory.create()
    Listing.objects.filter(pk=listing.pk).update(attributes={"extra": value})
    batch = load_facts(
        Listing.objects.order_by("pk"), fields=["custom.extra"], registry=field_registry(), year=2026, scores=False
    ).batch
    numbers, texts = batch.number("custom.extra"), batch.category("custom.extra")
    assert (numbers.values[0] if numbers.present[0] else None) == number
    assert (texts.categories[texts.codes[0]] if texts.codes[0] >= 0 else None) == text

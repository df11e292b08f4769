"""An import keeps to the definitions of custom fields, row by row, and makes parts with their defaults."""

from __future__ import annotations

import io

import pytest

from catalog.models import Cpu
from imports.columns import known_columns
from imports.services import import_listings
from listings.models import Listing
from tests.factories import CpuFactory, CustomFieldFactory, ListingFactory

pytestmark = pytest.mark.django_db


def test_rows_that_do_not_fit_are_named() -> None:
    CustomFieldFactory(key="colour", data_type="enum", options=["Dark red", "blue"])
    CustomFieldFactory(key="size", data_type="number", validation={"max": 10}, default=1)
    text = "title,custom.colour,custom.size\nOne PC,dark RED,\nTwo PC,green,2\nThree PC,,11\n"
    report = import_listings(file=io.BytesIO(text.encode()))
    assert (report.created, report.rejected) == (1, 2)
    assert Listing.objects.get().attributes == {"colour": "Dark red", "size": 1}
    assert [(error.line, error.column, error.message) for error in report.errors] == [
        (3, "attributes", 'attributes.colour: must be one of Dark red, blue, not "green".'),
        (4, "attributes", "attributes.size: must be 10 or less, not 11.0."),
    ]


def test_a_required_value_that_the_file_does_not_give() -> None:
    CustomFieldFactory(key="grade", label="Grade", is_required=True)
    known = ListingFactory.build(title="Known PC", listing_url="https://shop.example/1", cpu=None)
    Listing.objects.bulk_create([known])
    text = "title,listing_url,price_usd\nKnown PC,https://shop.example/1,5\nNew PC,https://shop.example/2,5\n"
    report = import_listings(file=io.BytesIO(text.encode()))
    assert (report.updated, report.created) == (1, 0)
    assert [error.message for error in report.errors] == ["attributes.grade: Grade is required."]


def test_parts_that_an_import_makes_have_defaults() -> None:
    CustomFieldFactory(key="lanes", entity="cpu", data_type="number", default=9)
    CustomFieldFactory(key="grade", entity="cpu", is_required=True)
    Cpu.objects.bulk_create([CpuFactory.build(name="Known")])
    text = "title,cpu_name\nOne PC,New\nTwo PC,Known\n"
    assert import_listings(file=io.BytesIO(text.encode())).created == 2
    assert dict(Cpu.objects.values_list("name", "attributes")) == {"New": {"lanes": 9}, "Known": {}}


def test_columns_are_those_of_active_fields_of_listings() -> None:
    CustomFieldFactory(key="size")
    CustomFieldFactory(key="off", is_active=False)
    CustomFieldFactory(key="lanes", entity="cpu")
    CustomFieldFactory(key="tags", data_type="json")
    assert [name for name in known_columns() if name.startswith("custom.")] == ["custom.size"]

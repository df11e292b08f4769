"""What rows hold of a custom field, in which order, how it is archived; and its inputs on the page of a listing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from catalog.custom_values import definitions
from catalog.models import ArchivedValue, Cpu, CustomField
from listings import custom_fields
from listings.custom_fields import Usage, archive_values, filterable, sort_expression, usage, values
from listings.models import Listing
from tests.factories import CpuFactory, CustomFieldFactory, ListingFactory, StaffFactory

pytestmark = pytest.mark.django_db


def store(held: list[Any], model: Any = ListingFactory, key: str = "size") -> list[int]:
    """Rows with these values, whatever the definition says; `...` for none."""
    rows = [model() for _ in held]
    for row, value in zip(rows, held, strict=True):
        attributes = {"kept": 1} if value is ... else {"kept": 1, key: value}
        type(row).objects.filter(pk=row.pk).update(attributes=attributes)
    return [row.pk for row in rows]


HELD = [16, "16", True, "true", None, ..., [1], 16, {"a": 1}, "", 0, False, 1.5]


def test_usage_and_values() -> None:
    field = CustomFieldFactory(key="size", data_type="json")
    store(HELD)
    store([16], CpuFactory)
    assert usage(field) == Usage(rows=11, distinct=10)
    found = values(field, 100)
    assert (found[0][0], found[0][1]) == (16, 2)
    assert sorted(map(repr, found[1:])) == sorted(
        map(repr, [(v, 1) for v in ("16", True, "true", [1], {"a": 1}, "", 0, False, 1.5)])
    )
    assert values(field, 1) == found[:1]
    assert values(CustomFieldFactory(key="size", entity="cpu"), 5) == [(16, 1)]
    assert usage(CustomFieldFactory(key="unused")) == Usage(rows=0, distinct=0)


def test_values_of_lists_and_texts_that_look_like_others() -> None:
    field = CustomFieldFactory(key="size", data_type="string")
    store(["null", "[1]", "1e5", '"quoted"', "ünï"])
    assert {value for value, _ in values(field, 9)} == {"null", "[1]", "1e5", '"quoted"', "ünï"}


@pytest.mark.parametrize(
    ("data_type", "held", "expected"),
    [
        # In order; what is not a value of the type comes last, by its id.
        ("number", [10, 9, -1, 2.5, "7", True, None, ..., [1], 10**12], [-1, 2.5, 9, 10, 10**12]),
        ("string", ["b", "A", "C", 5, True, None, ..., ["a"], ""], ["", "A", "b", "C"]),
        ("enum", ["dark", "Bright", None, 1], ["Bright", "dark"]),
        ("text", ["b\nc", "A\nb"], ["A\nb", "b\nc"]),
        ("boolean", [True, False, "false", 1, None, ...], [False, True]),
        ("multi_select", [["b"], ["a", "c"], "a", None], [["a", "c"], ["b"]]),
        ("json", [2, None, ..., 1], [1, 2]),
    ],
)
def test_order(data_type: str, held: list[Any], expected: list[Any]) -> None:
    field = CustomField(key="size", data_type=data_type)
    store(held)
    rows = Listing.objects.annotate(by=sort_expression(field))
    found = [row.attributes.get("size") for row in rows.filter(by__isnull=False).order_by("by", "pk")]
    assert [repr(value) for value in found] == [repr(value) for value in expected]
    backwards = [row.attributes.get("size") for row in rows.filter(by__isnull=False).order_by("-by", "pk")]
    assert backwards == expected[::-1]
    assert rows.filter(by__isnull=True).count() == len(held) - len(expected)


def test_a_number_orders_by_size_in_filters_too() -> None:
    field = CustomField(key="size", data_type="number")
    store([9, 10, "11"])
    sizes = Listing.objects.annotate(by=sort_expression(field)).filter(by__gte=9.5)
    assert [row.attributes["size"] for row in sizes] == [10]
    assert sizes.values_list("by", flat=True).get() == 10.0


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1e-400", "9" * 400])
def test_numbers_that_no_double_holds_do_not_stop_the_list(number: str) -> None:
    (pk,) = store([0])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE listings_listing SET attributes = %s WHERE id = %s", ['{"size": ' + number + "}", pk])
    field = CustomField(key="size", data_type="number")
    assert Listing.objects.order_by(sort_expression(field)).values_list("pk", flat=True).get() == pk


@pytest.mark.parametrize(
    ("data_type", "can"), [("number", True), ("string", True), ("enum", True), ("json", False), ("multi_select", False)]
)
def test_filterable(data_type: str, can: bool) -> None:
    assert filterable(CustomField(key="size", data_type=data_type)) is can


def test_values_are_archived(monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any) -> None:
    monkeypatch.setattr(custom_fields, "CHUNK", 2)
    field = CustomFieldFactory(key="size", data_type="json")
    pks = store([1, "x", {"a": [1]}, None, ..., False])
    (cpu,) = store([7], CpuFactory)
    with django_assert_max_num_queries(12):
        assert archive_values(field) == 4
    kept = dict(ArchivedValue.objects.values_list("row_id", "value"))
    assert kept == {pks[0]: 1, pks[1]: "x", pks[2]: {"a": [1]}, pks[5]: False}
    assert set(ArchivedValue.objects.values_list("entity", "key")) == {("listing", "size")}
    assert list(Listing.objects.order_by("pk").values_list("attributes", flat=True)) == [
        {"kept": 1},
        {"kept": 1},
        {"kept": 1},
        {"kept": 1, "size": None},
        {"kept": 1},
        {"kept": 1},
    ]
    assert Cpu.objects.get(pk=cpu).attributes == {"kept": 1, "size": 7}
    assert archive_values(field) == 0


# --- the page of a listing


PAGE = {"title": "Mini PC", "condition": "used", "status": "active", "marketplace": "other"}
PAGE |= {f"components-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
PAGE |= {f"ruleset_override-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(StaffFactory(group="Editors"))
    return client


@pytest.fixture
def every_type() -> None:
    lists: dict[str, Any] = {"options": ["a", "b"]}
    for data_type in ("string", "number", "boolean", "text", "json"):
        CustomFieldFactory(key=data_type, label=f"My {data_type}", data_type=data_type)
    for data_type in ("enum", "multi_select"):
        CustomFieldFactory(key=data_type, label=f"My {data_type}", data_type=data_type, **lists)


def save(client: Client, listing: Listing | None = None, **typed: Any) -> Any:
    path = f"/admin/listings/listing/{listing.pk}/change/" if listing else "/admin/listings/listing/add/"
    return client.post(path, {**PAGE, **{f"custom_{key}": value for key, value in typed.items()}})


def test_each_type_has_an_input(editor: Client, every_type: None) -> None:
    typed = {
        "string": "x",
        "number": "16",
        "boolean": "false",
        "enum": "b",
        "multi_select": ["b", "a"],
        "text": "one\r\ntwo",
        "json": '{"a": 1}',
    }
    assert save(editor, **typed).status_code == 302
    listing = Listing.objects.get()
    expected = {
        "string": "x",
        "number": 16,
        "boolean": False,
        "enum": "b",
        "multi_select": ["b", "a"],
        "text": "one\ntwo",
        "json": {"a": 1},
    }
    assert listing.attributes == expected
    page = editor.get(f"/admin/listings/listing/{listing.pk}/change/").content.decode()
    assert "Custom fields" in page
    assert 'name="attributes"' not in page
    assert '<option value="false" selected>No</option>' in page
    assert 'name="custom_number" value="16"' in page
    assert save(editor, listing, **typed).status_code == 302
    listing.refresh_from_db()
    assert listing.attributes == expected
    assert save(editor, listing, boolean="unknown").status_code == 302
    listing.refresh_from_db()
    assert listing.attributes == {}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"number": "x"}, {"custom_number": ["Enter a number."]}),
        ({"number": "1e999"}, {"custom_number": ["Enter a number."]}),
        ({"number": "11"}, {"custom_number": ["This must be 10 or less, not 11."]}),
        ({"enum": "c"}, {"custom_enum": ["Select a valid choice. c is not one of the available choices."]}),
        ({"json": "{"}, None),
        ({"string": "x" * 1_001}, {"custom_string": ["This has 1,001 characters, at most 1,000 are allowed."]}),
        ({"string": "x", "number": "5", "text": "a\x00"}, {"custom_text": ["Null characters are not allowed."]}),
    ],
)
def test_what_does_not_fit_stands_beside_its_input(
    editor: Client, every_type: None, typed: dict[str, str], said: dict[str, list[str]] | None
) -> None:
    CustomField.objects.filter(key="number").update(validation={"max": 10})
    found = save(editor, **typed).context["adminform"].form.errors
    assert found == said if said else list(found) == [f"custom_{next(iter(typed))}"]
    assert not Listing.objects.exists()


@pytest.mark.parametrize("data_type", ["string", "number", "boolean", "text", "json", "enum", "multi_select"])
def test_required_inputs(editor: Client, data_type: str) -> None:
    options = ["a"] if data_type in ("enum", "multi_select") else []
    CustomFieldFactory(key="grade", data_type=data_type, options=options, is_required=True)
    found = save(editor).context["adminform"].form.errors
    assert found == {"custom_grade": ["This field is required."]}


def test_defaults_are_offered(editor: Client) -> None:
    CustomFieldFactory(key="grade", default="A")
    assert 'name="custom_grade" value="A"' in editor.get("/admin/listings/listing/add/").content.decode()
    save(editor, grade="A")
    save(editor, grade="")
    assert [row.attributes for row in Listing.objects.order_by("pk")] == [{"grade": "A"}, {}]


def test_leftovers_and_misfits_stay(editor: Client) -> None:
    listing = ListingFactory()
    held = {"free": {"a": 1}, "size": "big", "off": "x"}
    Listing.objects.filter(pk=listing.pk).update(attributes=held)
    CustomFieldFactory(key="size", data_type="number", is_required=True, description="<b>cm</b>")
    CustomFieldFactory(key="off", is_active=False)
    CustomFieldFactory(key="late", is_required=True)
    page = editor.get(f"/admin/listings/listing/{listing.pk}/change/").content.decode()
    assert "&quot;big&quot; is stored. A value must be a number, not &quot;big&quot;." in page
    assert "free: {&quot;a&quot;: 1}<br>off: &quot;x&quot;" in page
    assert "<b>" not in page
    answer = save(editor, listing, size="", late="")
    assert answer.status_code == 302, answer.context["errors"]
    listing.refresh_from_db()
    assert (listing.title, listing.attributes) == ("Mini PC", held)
    save(editor, listing, size="3", late="now")
    listing.refresh_from_db()
    assert listing.attributes == {**held, "size": 3, "late": "now"}


def test_who_may_only_look_sees_the_values(client: Client) -> None:
    client.force_login(StaffFactory(group="Viewers"))
    CustomFieldFactory(key="size", label="How big")
    listing = ListingFactory(attributes={"size": "<b>"})
    page = client.get(f"/admin/listings/listing/{listing.pk}/change/").content.decode()
    assert "How big: &quot;&lt;b&gt;&quot;" in page
    assert 'name="custom_size"' not in page


def test_parts_have_inputs_too(editor: Client) -> None:
    CustomFieldFactory(key="lanes", entity="cpu", data_type="number")
    assert editor.post("/admin/catalog/cpu/add/", {"name": "N100", "custom_lanes": "9"}).status_code == 302
    assert Cpu.objects.get().attributes == {"lanes": 9}
    assert [field.key for field in definitions("gpu")] == []

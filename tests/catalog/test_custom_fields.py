"""Definitions of custom fields: what they may say, what may not change under stored values, and their history."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from catalog.models import CustomField, CustomFieldChange
from dealbrain.actor import acting
from tests.factories import CpuFactory, CustomFieldFactory, ListingFactory, StaffFactory

pytestmark = pytest.mark.django_db
ADD = "/admin/catalog/customfield/add/"


def errors(**definition: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        CustomFieldFactory(**definition)
    assert not CustomField.objects.exists()
    return caught.value.message_dict


def refused(field: CustomField, **changes: Any) -> dict[str, list[str]]:
    for name, value in changes.items():
        setattr(field, name, value)
    with pytest.raises(ValidationError) as caught:
        field.save()
    return caught.value.message_dict


@pytest.mark.parametrize(
    ("data_type", "validation", "said"),
    [
        ("string", [], "Validation is an object with the keys pattern, min, max, min_length, max_length,"),
        ("string", {"patern": "x"}, 'patern: there is no such check. Did you mean "pattern"?'),
        ("string", {"": 1}, ": there is no such check. The checks are pattern,"),
        ("string", {"min": 1}, "min: means nothing for the type string, only for number."),
        ("boolean", {"allowed_values": [True]}, "allowed_values: means nothing for the type boolean"),
        ("enum", {"max_length": 1}, "max_length: means nothing for the type enum"),
        ("number", {"min": "1"}, 'min: must be a number, not "1".'),
        ("number", {"min": None}, "min: must be a number, not null."),
        ("number", {"max": True}, "max: must be a number, not true."),
        ("number", {"max": float("inf")}, "max: must be a finite number."),
        ("number", {"min": 2, "max": 1}, "min: must not be above max."),
        ("text", {"min_length": 2, "max_length": 1}, "min_length: must not be above max_length."),
        ("text", {"min_length": -1}, "min_length: must be a whole number from 0 to 100,000."),
        ("text", {"max_length": 1.5}, "max_length: must be a whole number from 0 to 100,000."),
        ("string", {"pattern": "("}, "pattern: is no regular expression: missing ): (."),
        ("string", {"pattern": "(?=a)"}, "pattern: is no regular expression: invalid perl operator: (?="),
        ("string", {"pattern": ""}, "pattern: must be a regular expression of 1 to 1,000 characters."),
        ("string", {"pattern": 5}, "pattern: must be a regular expression of 1 to 1,000 characters."),
        ("string", {"allowed_values": "a"}, "allowed_values: must be a list of 1 to 1000 values."),
        ("string", {"allowed_values": []}, "allowed_values: must be a list of 1 to 1000 values."),
        ("number", {"allowed_values": [1, "2"]}, 'allowed_values: [1] must be a number, not "2".'),
    ],
)
def test_checks_that_mean_nothing(data_type: str, validation: Any, said: str) -> None:
    options = ["a"] if data_type == "enum" else []
    found = errors(data_type=data_type, options=options, validation=validation)
    assert list(found) == ["validation"]
    assert len(found["validation"]) == 1
    assert found["validation"][0].startswith(said)


@pytest.mark.parametrize(
    ("data_type", "options", "said"),
    [
        ("enum", [], "A list needs at least one value."),
        ("multi_select", [], "A list needs at least one value."),
        ("enum", "red", "Options are a list of texts."),
        ("enum", [1], "Options are a list of texts."),
        ("enum", ["a", "A"], "Each value once, please."),
        ("enum", ["a", " "], '" ": a value is one line of 1 to 255 characters, without blanks around it.'),
        ("enum", ["a\nb"], '"a\\nb": a value is one line of 1 to 255 characters, without blanks around it.'),
        ("enum", [str(n) for n in range(1_001)], "A list has at most 1000 values."),
        ("string", ["a"], "Only a list has values to choose from."),
    ],
)
def test_options(data_type: str, options: Any, said: str) -> None:
    assert errors(data_type=data_type, options=options) == {"options": [said]}


@pytest.mark.parametrize("key", ["Size", "1st", "a-b", "a b", "a__b", "a_", "class", "contains", "in", "isnull", ""])
def test_keys_that_nothing_could_name(key: str) -> None:
    assert list(errors(key=key)) == ["key"]


def test_a_key_is_unique_in_its_entity() -> None:
    CustomFieldFactory(key="size")
    CustomFieldFactory(key="size", entity="cpu")
    with pytest.raises(IntegrityError), transaction.atomic():
        CustomFieldFactory(key="size")


def test_a_default_fits_its_own_definition() -> None:
    assert errors(data_type="number", default="x") == {"default": ['The default must be a number, not "x".']}
    found = errors(data_type="number", default=9, validation={"max": 8})
    assert found == {"default": ["The default must be 8 or less, not 9."]}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"key": "measure"},
            {"key": ["2 listings hold values of this field: the key cannot be changed while they do."]},
        ),
        ({"entity": "cpu"}, {"entity": ["2 listings hold values of this field: the belongs to cannot be"]}),
        ({"data_type": "text"}, {"data_type": ["2 listings hold values of this field: the type cannot be"]}),
    ],
)
def test_values_are_not_orphaned(changes: dict[str, str], said: dict[str, list[str]]) -> None:
    field = CustomFieldFactory(key="size")
    for value in ("S", "L"):
        ListingFactory(attributes={"size": value})
    CpuFactory()
    found = refused(field, **changes)
    assert list(found) == list(said)
    assert found[next(iter(said))][0].startswith(said[next(iter(said))][0])
    CustomField.objects.get().save()


def test_what_nobody_uses_may_change() -> None:
    field = CustomFieldFactory(key="size")
    ListingFactory(attributes={})
    field.key, field.data_type, field.entity = "measure", "number", "gpu"
    field.save()
    assert CustomField.objects.values_list("key", "data_type", "entity").get() == ("measure", "number", "gpu")


@pytest.mark.parametrize(
    ("data_type", "held", "said"),
    [
        (
            "enum",
            ["red", "red", "blue"],
            '"red" is used by 2 listings; "blue" is used by 1 listing: change the rows first.',
        ),
        ("multi_select", [["red", "green"], ["green"]], '"red" is used by 1 listing: change the rows first.'),
        ("enum", ["green"], None),
    ],
)
def test_an_option_in_use_stays(data_type: str, held: list[Any], said: str | None) -> None:
    field = CustomFieldFactory(key="colour", data_type=data_type, options=["red", "green", "blue"])
    for value in held:
        ListingFactory(attributes={"colour": value})
    field.options = ["green"]
    if said is None:
        field.save()
        assert CustomField.objects.get().options == ["green"]
    else:
        assert refused(field, options=["green"]) == {"options": [said]}


def test_a_used_field_is_not_just_deleted() -> None:
    field = CustomFieldFactory(key="size", entity="cpu")
    CpuFactory(attributes={"size": "S"})
    with pytest.raises(ValidationError, match="1 CPU holds values of this field: archive the values first"):
        field.delete()
    assert CustomField.objects.exists()


def test_history() -> None:
    with acting("ann"):
        field = CustomFieldFactory(key="size", label="Size")
    pk = field.pk
    with acting("bob"):
        field.save()
        field.label = "How big"
        field.save()
    field.delete()
    changes = list(CustomFieldChange.objects.order_by("pk"))
    assert [(c.field_id, c.key, c.action, c.actor) for c in changes] == [
        (pk, "size", "created", "ann"),
        (pk, "size", "updated", "bob"),
        (pk, "size", "deleted", ""),
    ]
    created, updated, deleted = changes
    assert created.before is None
    assert created.after == {
        "entity": "listing",
        "key": "size",
        "label": "Size",
        "data_type": "string",
        "description": "",
        "options": [],
        "is_required": False,
        "default": None,
        "validation": {},
        "is_active": True,
        "display_order": 100,
    }
    assert updated.before == created.after
    assert updated.after == {**created.after, "label": "How big"} == deleted.before
    assert deleted.after is None


# --- the admin


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(StaffFactory(group="Editors"))
    return client


def sent(**changes: str) -> dict[str, str]:
    return {"entity": "listing", "key": "size", "label": "Size", "data_type": "string", "is_active": "on", **changes}


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ({"default": "A", "pattern": "[A-F]"}, {"default": "A", "validation": {"pattern": "[A-F]"}}),
        (
            {"data_type": "number", "default": "2.0", "min": "0", "max": "9.5", "allowed_values": "2\n2.5"},
            {"default": 2, "validation": {"min": 0, "max": 9.5, "allowed_values": [2, 2.5]}},
        ),
        ({"data_type": "boolean", "default": "No"}, {"default": False}),
        (
            {"data_type": "multi_select", "options": "a\nb", "default": "b\r\na", "max_length": "2"},
            {"options": ["a", "b"], "default": ["b", "a"], "validation": {"max_length": 2}},
        ),
        ({"data_type": "json", "default": '{"a": 1}'}, {"default": {"a": 1}}),
        ({"data_type": "text", "allowed_values": "a\nb"}, {"validation": {"allowed_values": ["a", "b"]}}),
        ({"is_required": "on", "display_order": "5"}, {"is_required": True, "display_order": 5, "default": None}),
        ({"display_order": ""}, {"display_order": 100}),
        ({"entity": "gpu"}, {"entity": "gpu"}),
    ],
)
def test_a_definition_is_typed_without_json(editor: Client, typed: dict[str, str], stored: dict[str, Any]) -> None:
    answer = editor.post(ADD, sent(**typed))
    assert answer.status_code == 302, answer.context["errors"]
    field = CustomField.objects.get()
    assert {name: getattr(field, name) for name in stored} == stored
    # What the page shows is what it takes back.
    path = f"/admin/catalog/customfield/{field.pk}/change/"
    form = editor.get(path).context["adminform"].form
    shown = {name: form[name].value() for name in form.fields}
    shown = {name: value for name, value in shown.items() if value is not None and value is not False}
    shown |= {name: "\n".join(map(str, value)) for name, value in shown.items() if isinstance(value, list)}
    assert editor.post(path, shown).status_code == 302
    assert CustomFieldChange.objects.count() == 1, "nothing changed"


@pytest.mark.parametrize(
    ("typed", "place", "said"),
    [
        ({"pattern": "("}, "pattern", "is no regular expression: missing ): (."),
        ({"min": "1"}, "min", "means nothing for the type string, only for number."),
        ({"data_type": "number", "min": "2", "max": "1"}, "min", "must not be above max."),
        ({"data_type": "number", "allowed_values": "1\nx"}, "allowed_values", "Enter a number."),
        ({"data_type": "number", "default": "x"}, "default", "Enter a number."),
        ({"data_type": "number", "default": "1", "min": "2"}, "default", "The default must be 2 or more, not 1."),
        ({"data_type": "boolean", "default": "perhaps"}, "default", "Yes or no, please."),
        ({"data_type": "json", "default": "{"}, "default", "This is not JSON: line 1, column 2"),
        ({"max_length": "-1"}, "max_length", "must be a whole number from 0 to 100,000."),
        ({"data_type": "colour"}, "data_type", "Select a valid choice."),
        ({"key": "class"}, "key", 'Filters and formulas could not name "class": choose another key.'),
        ({"display_order": "99999999999"}, "display_order", "Ensure this value is less than or equal to"),
    ],
)
def test_what_is_wrong_stands_beside_its_input(editor: Client, typed: dict[str, str], place: str, said: str) -> None:
    found = editor.post(ADD, sent(**typed)).context["adminform"].form.errors
    assert list(found) == [place]
    assert found[place][0].startswith(said)


def test_a_key_that_is_there_already(editor: Client) -> None:
    CustomFieldFactory(key="size")
    answer = editor.post(ADD, sent())
    assert answer.context["adminform"].form.non_field_errors() == ["There is a custom field with this key already."]


def test_an_option_in_use_is_said_on_the_page(editor: Client) -> None:
    field = CustomFieldFactory(key="size", data_type="enum", options=["S", "L"])
    ListingFactory(attributes={"size": "S"})
    path = f"/admin/catalog/customfield/{field.pk}/change/"
    found = editor.post(path, sent(data_type="enum", options="L")).context["adminform"].form.errors
    assert dict(found) == {"options": ['"S" is used by 1 listing: change the rows first.']}
    found = editor.post(path, sent(data_type="string", options="")).context["adminform"].form.errors
    assert list(found) == ["data_type"]

"""What each type of custom field takes, what its checks refuse, and that every write passes through here."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from catalog.custom_types import MOST_DEPTH, validation_problems, value_problem
from catalog.custom_values import check_attributes, default_attributes, definitions_loaded
from catalog.models import Cpu, Gpu
from listings.models import Listing
from tests.factories import CpuFactory, CustomFieldFactory, GpuFactory, ListingFactory

COLOURS = ["red", "blue", "dark green"]


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


GOOD = {
    "string": ["", "one line", "ünï"],
    "number": [0, -1, 16, 0.5, 1e18, -1e-18],
    "boolean": [True, False],
    "enum": ["red", "dark green"],
    "multi_select": [[], ["red"], ["blue", "red"]],
    "text": ["", "two\nlines"],
    "json": [1, "x", True, [], {"a": [None, 1.5]}, nested(MOST_DEPTH)],
}
BAD = {
    "string": [
        (1, "must be text, not 1."),
        ("two\nlines", "must be one line."),
        ("ends\n", "must be one line."),
        ("two\u2028lines", "must be one line."),
        ("a\x00b", "holds a null character."),
        ("\ud800", "holds characters that are not text."),
        ("x" * 1_001, "has 1,001 characters, at most 1,000 are allowed."),
    ],
    "number": [
        ("16", 'must be a number, not "16".'),
        (True, "must be a number, not true."),
        (float("nan"), "must be a finite number."),
        (float("inf"), "must be a finite number."),
        (10**400, "must be a finite number."),
        ([1], "must be a number, not [1]."),
    ],
    "boolean": [(1, "must be true or false, not 1."), ("yes", 'must be true or false, not "yes".')],
    "enum": [
        ("Red", 'must be one of red, blue, dark green, not "Red". Did you mean "red"?'),
        ("dark grean", 'must be one of red, blue, dark green, not "dark grean". Did you mean "dark green"?'),
        (7, "must be one of red, blue, dark green, not 7."),
        (["red"], 'must be one of red, blue, dark green, not ["red"].'),
        ({}, "must be one of red, blue, dark green, not {}."),
        (nested(50_000), "must be one of red, blue, dark green, not a list."),
    ],
    "multi_select": [
        ("red", 'must be a list, not "red".'),
        (["red", "red"], "must name each value once."),
        (["red", "zinc"], 'each value must be one of red, blue, dark green, not "zinc".'),
        ([["red"]], 'each value must be one of red, blue, dark green, not ["red"].'),
    ],
    "text": [(None, "must be text, not null."), ("a\x00", "holds a null character.")],
    "json": [
        (nested(MOST_DEPTH + 1), "is nested deeper than 20."),
        (nested(50_000), "is nested deeper than 20."),
        ("x" * 100_000, "is 100,002 characters of JSON, at most 100,000 are allowed."),
        ([float("inf")], "holds Infinity, which is no JSON."),
        ({"a": {1, 2}}, "holds a set, which is no JSON."),
        ({"a\x00": 1}, "holds a null character."),
        (["\udfff"], "holds characters that are not text."),
        ({1: 2}, "has keys that are not text."),
    ],
}


def problem(data_type: str, value: Any, **validation: Any) -> str:
    options = COLOURS if data_type in ("enum", "multi_select") else []
    return value_problem(value, data_type=data_type, options=options, validation=validation)


@pytest.mark.parametrize(("data_type", "value"), [(t, v) for t, values in GOOD.items() for v in values])
def test_values_of_each_type(data_type: str, value: Any) -> None:
    assert problem(data_type, value) == ""


@pytest.mark.parametrize(("data_type", "value", "said"), [(t, *case) for t, cases in BAD.items() for case in cases])
def test_values_that_a_type_does_not_take(data_type: str, value: Any, said: str) -> None:
    assert problem(data_type, value) == said


@pytest.mark.parametrize(
    ("data_type", "validation", "good", "bad", "said"),
    [
        ("string", {"pattern": "[A-Z]{2}[0-9]+"}, "AB1", "xAB1", 'must match [A-Z]{2}[0-9]+, "xAB1" does not.'),
        ("text", {"pattern": "(?s)a.*z"}, "a\nz", "a\nzz\n", 'must match (?s)a.*z, "a\\nzz\\n" does not.'),
        ("number", {"min": 0.5}, 0.5, 0.4, "must be 0.5 or more, not 0.4."),
        ("number", {"max": 10}, 10, 10.01, "must be 10 or less, not 10.01."),
        ("string", {"min_length": 2}, "ab", "a", "has 1 characters, at least 2 are needed."),
        ("text", {"max_length": 3}, "a\nb", "a\nbc", "has 4 characters, at most 3 are allowed."),
        ("multi_select", {"min_length": 1}, ["red"], [], "has 0 values, at least 1 are needed."),
        ("multi_select", {"max_length": 1}, ["red"], ["red", "blue"], "has 2 values, at most 1 are allowed."),
        ("string", {"allowed_values": ["a", "b"]}, "b", "c", 'must be one of "a", "b", not "c".'),
        ("number", {"allowed_values": [8, 16]}, 16.0, 12, "must be one of 8, 16, not 12."),
    ],
)
def test_checks(data_type: str, validation: dict[str, Any], good: Any, bad: Any, said: str) -> None:
    assert validation_problems(validation, data_type=data_type) == []
    assert problem(data_type, good, **validation) == ""
    assert problem(data_type, bad, **validation) == said


def test_a_pattern_takes_linear_time() -> None:
    assert problem("text", "a" * 50_000 + "b", pattern="(a*)*") != ""


@pytest.mark.django_db
class TestAttributes:
    """`check_attributes` on definitions of its own."""

    @staticmethod
    def messages(**given: Any) -> list[str]:
        with pytest.raises(ValidationError) as caught:
            check_attributes(entity="listing", **given)
        found: list[str] = caught.value.message_dict["attributes"]
        return found

    def test_every_problem_at_once(self) -> None:
        CustomFieldFactory(key="colour", data_type="enum", options=["red"])
        CustomFieldFactory(key="grade", label="Grade", is_required=True)
        CustomFieldFactory(key="old", label="Old", is_active=False)
        CustomFieldFactory(key="cores", entity="cpu")
        assert self.messages(attributes={"colour": "blue", "colur": "red", "old": "x", "cores": 1, "\x00": 1}) == [
            'attributes.colour: must be one of red, not "blue".',
            'attributes.colur: there is no such custom field. Did you mean "colour"?',
            "attributes.old: Old is switched off: it takes no new values.",
            "attributes.cores: there is no such custom field.",
            "attributes.\\x00: there is no such custom field.",
            "attributes.grade: Grade is required.",
        ]

    @pytest.mark.parametrize("attributes", [[], "x", 1, None])
    def test_attributes_are_an_object(self, attributes: Any) -> None:
        assert self.messages(attributes=attributes) == ["Custom fields are an object of key and value."]

    def test_defaults_are_for_new_rows(self) -> None:
        CustomFieldFactory(key="grade", default="A")
        CustomFieldFactory(key="hidden", default="x", is_active=False)
        CustomFieldFactory(key="quiet", data_type="boolean", default=False)
        assert check_attributes(entity="listing", attributes={}) == {"grade": "A", "quiet": False}
        assert check_attributes(entity="listing", attributes={"grade": None}) == {"quiet": False}
        assert check_attributes(entity="listing", attributes={"grade": "B"}, previous={}) == {"grade": "B"}
        assert check_attributes(entity="cpu", attributes={}) == default_attributes("cpu") == {}
        assert default_attributes("listing") == {"grade": "A", "quiet": False}

    def test_a_default_is_not_shared(self) -> None:
        field = CustomFieldFactory(key="tags", data_type="json", default=[])
        check_attributes(entity="listing", attributes={}, fields=[field])["tags"].append(1)
        assert field.default == []

    @pytest.mark.parametrize(
        ("previous", "attributes", "refused"),
        [
            (None, {}, True),
            (None, {"grade": " "}, True),
            (None, {"grade": "A"}, False),
            ({}, {}, False),
            ({"grade": "A"}, {}, True),
            ({"grade": "A"}, {"grade": None}, True),
            ({"grade": "A"}, {"grade": ""}, True),
            ({"grade": ""}, {"grade": ""}, False),
            ({}, {"other": 1}, False),
            ({"other": 1}, {}, False),
        ],
    )
    def test_when_a_required_value_is_needed(
        self, previous: dict[str, Any] | None, attributes: dict[str, Any], refused: bool
    ) -> None:
        CustomFieldFactory(key="grade", is_required=True, label="Grade")
        CustomFieldFactory(key="other", data_type="number")
        if refused:
            assert self.messages(attributes=attributes, previous=previous) == ["attributes.grade: Grade is required."]
        else:
            check_attributes(entity="listing", attributes=attributes, previous=previous)

    @pytest.mark.parametrize(
        ("previous", "attributes", "stored"),
        [
            ({"free": 1}, {"free": 1}, {"free": 1}),
            ({"free": 1}, {"free": None}, {}),
            ({"free": 1}, {}, {}),
            ({"free": 1}, {"free": True}, None),
            ({"free": 1}, {"free": 2}, None),
            ({}, {"free": 1}, None),
            ({"size": "big"}, {"size": "big"}, {"size": "big"}),
            ({"size": "big"}, {"size": "small"}, None),
            ({"size": "big"}, {"size": 3}, {"size": 3}),
        ],
    )
    def test_what_is_left_alone_is_not_checked(
        self, previous: dict[str, Any], attributes: dict[str, Any], stored: dict[str, Any] | None
    ) -> None:
        CustomFieldFactory(key="size", data_type="number")
        if stored is None:
            assert len(self.messages(attributes=attributes, previous=previous)) == 1
        else:
            assert check_attributes(entity="listing", attributes=attributes, previous=previous) == stored


@pytest.mark.django_db
@pytest.mark.parametrize(("entity", "make"), [("listing", ListingFactory), ("cpu", CpuFactory), ("gpu", GpuFactory)])
class TestModels:
    def test_every_save_is_checked(self, entity: str, make: Any) -> None:
        CustomFieldFactory(key="size", entity=entity, data_type="number", default=3)
        row = make()
        row.refresh_from_db()
        assert row.attributes == {"size": 3}
        row.attributes["size"] = "big"
        with pytest.raises(ValidationError, match=r"attributes\.size: must be a number"):
            row.save()
        with pytest.raises(ValidationError, match=r"attributes\.size: must be a number"):
            make(attributes={"size": "big"})
        row.attributes = {"size": None}
        row.save()
        row.refresh_from_db()
        assert row.attributes == {}

    def test_an_old_row_can_be_saved_for_another_reason(self, entity: str, make: Any) -> None:
        row = make()
        type(row).objects.filter(pk=row.pk).update(attributes={"free": [1], "size": "big"})
        CustomFieldFactory(key="size", entity=entity, data_type="number")
        CustomFieldFactory(key="grade", entity=entity, is_required=True)
        row.refresh_from_db()
        row.notes = "seen"
        row.save()
        row.refresh_from_db()
        assert (row.notes, row.attributes) == ("seen", {"free": [1], "size": "big"})
        row.attributes["grade"] = ""
        with pytest.raises(ValidationError, match=r"attributes\.grade"):
            row.save()

    def test_a_row_loaded_without_attributes_keeps_them(self, entity: str, make: Any) -> None:
        CustomFieldFactory(key="size", entity=entity, data_type="number", is_required=True)
        pk = make(attributes={"size": 4}).pk
        row = make._meta.model.objects.defer("attributes").get(pk=pk)
        row.notes = "seen"
        row.save()
        assert make._meta.model.objects.values_list("notes", "attributes").get(pk=pk) == ("seen", {"size": 4})

    def test_one_query_for_the_definitions_of_many_rows(
        self, entity: str, make: Any, django_assert_num_queries: Any
    ) -> None:
        CustomFieldFactory(key="size", entity=entity, data_type="number")
        rows: list[Listing | Cpu | Gpu] = [make(attributes={"size": 1}) for _ in range(3)]
        lock = connection.vendor == "postgresql"  # one statement more, with which writers of values hold them
        with django_assert_num_queries(3 * (1 + lock)):
            for row in rows:
                row.clean()
        with django_assert_num_queries(1 + lock), definitions_loaded():
            for row in rows:
                row.clean()
        with django_assert_num_queries(1 + lock):
            rows[0].clean()

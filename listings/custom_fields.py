"""What listings, CPUs and GPUs hold of a custom field: how much, which values, in which order; and letting go of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, CharField, Count, FloatField, Func, JSONField, Q, QuerySet, TextField, Value, When
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Trim
from django.db.models.lookups import In
from django.utils import timezone

from catalog.choices import CustomFieldType
from catalog.custom_storage import (
    BOOLEAN_TYPES,
    COLUMN,
    NUMBER_TYPES,
    TEXT_TYPES,
    JsonType,
    counted_values,
    entity_model,
    json_path,
    rows_holding,
)
from catalog.models import ArchivedValue, CustomField
from dealbrain.folding import Folded

CHUNK = 1_000
# What is ordered as text: the types that a database gives such a value.
ORDERED_AS_TEXT = {
    CustomFieldType.BOOLEAN: BOOLEAN_TYPES,
    CustomFieldType.MULTI_SELECT: ("array",),
    CustomFieldType.JSON: ("array", "object", *TEXT_TYPES, *NUMBER_TYPES, *BOOLEAN_TYPES),
}


@dataclass(frozen=True, slots=True)
class Usage:
    """How many rows hold a value of a field, and how many different values there are."""

    rows: int
    distinct: int


class _Number(Func):
    """A JSON number as a double. Only under a `JsonType` that says it is one.

    On both databases: a whole number beyond 2^53 would else be larger or smaller than the double that stands for it in
    a filter or a cursor. PostgreSQL keeps JSON numbers of any size, and raises where one does not fit a double: such a
    one is no value.
    """

    template = "CAST(%(expressions)s AS REAL)"
    on_postgresql = (
        "(SELECT CASE WHEN n = 0 OR abs(n) BETWEEN 1e-300 AND 1e300 THEN n::float8 END"
        " FROM (SELECT (%(expressions)s)::numeric AS n) AS number)"
    )
    arity = 1

    def __init__(self, key: str) -> None:
        super().__init__(KeyTransform(key, COLUMN), output_field=FloatField())

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template=self.on_postgresql, **context)


class _Without(Func):
    """The attributes without one key."""

    template = "(%(expressions)s)"
    arg_joiner = " - "
    arity = 2

    def __init__(self, key: str) -> None:
        super().__init__(COLUMN, Value(key, output_field=CharField()), output_field=JSONField())
        self.key = key

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="(%(expressions)s::text)", **context)

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:
        column, params = compiler.compile(self.get_source_expressions()[0])
        return f"JSON_REMOVE({column}, %s)", [*params, json_path(self.key)]


def usage(field: CustomField) -> Usage:
    """One query."""
    counts = [count for _, count in counted_values(field.entity, field.key)]
    return Usage(rows=sum(counts), distinct=len(counts))


def all_usage() -> list[tuple[CustomField, int]]:
    """Every field, and how many rows hold a value of it. A query for the fields, and one for each entity."""
    found: list[tuple[CustomField, int]] = []
    fields = list(CustomField.objects.all())
    for entity in dict.fromkeys(field.entity for field in fields):
        own = [field for field in fields if field.entity == entity]
        counts = {f"of_{field.pk}": Count("pk", filter=Q(**{f"{COLUMN}__has_key": field.key})) for field in own}
        counted = entity_model(entity)._base_manager.aggregate(**counts)
        found += [(field, counted[f"of_{field.pk}"]) for field in own]
    return found


def values(field: CustomField, limit: int, words: str = "") -> list[tuple[Any, int]]:
    """The most frequent values that hold these words, and how many rows hold each. One query."""
    wanted = words.casefold().split()
    found: Iterable[tuple[Any, int]] = counted_values(field.entity, field.key)
    if wanted:
        found = ((value, count) for value, count in found if all(word in str(value).casefold() for word in wanted))
    return list(islice(found, limit))


def filterable(field: CustomField) -> bool:
    """Whether comparing values of this field means something: one value of a plain type."""
    return field.data_type not in (CustomFieldType.JSON, CustomFieldType.MULTI_SELECT)


def sort_expression(field: CustomField) -> Case:
    """What `order_by` takes to order rows of the field's entity: numbers by size, texts without case, no before yes.

    Null where there is no value, or one of another type: it is from before the field's type was enforced.
    """
    then: Func = _Number(field.key)
    types: tuple[str, ...] = NUMBER_TYPES
    if field.data_type != CustomFieldType.NUMBER:
        types = ORDERED_AS_TEXT.get(CustomFieldType(field.data_type), TEXT_TYPES)
        then = Folded(Trim(Cast(KeyTextTransform(field.key, COLUMN), TextField())))
    return Case(When(In(JsonType(field.key), types), then=then), default=None)


def archive_values(field: CustomField) -> int:
    """Move every value of a field from its rows to `ArchivedValue`, and say how many. Two writes for 1,000 rows.

    Figures are not marked here: whoever deletes the field moves the rules' revision, under which all of them are stale.
    """
    count = 0
    with transaction.atomic():
        for page in _pages(rows_holding(field.entity, field.key)):
            ArchivedValue.objects.bulk_create(
                ArchivedValue(entity=field.entity, key=field.key, row_id=pk, value=attributes[field.key])
                for pk, attributes in page
            )
            changed = {COLUMN: _Without(field.key), "updated_at": timezone.now()}
            entity_model(field.entity)._base_manager.filter(pk__in=[pk for pk, _ in page]).update(**changed)
            count += len(page)
    return count


def _pages(rows: QuerySet[Any]) -> Iterator[list[tuple[int, dict[str, Any]]]]:
    """The rows as (pk, attributes), 1,000 at a time by the order of their keys, held until the transaction ends."""
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(no_key=True)
    last = 0
    while page := list(rows.filter(pk__gt=last).values_list("pk", COLUMN)[:CHUNK]):
        yield page
        last = page[-1][0]

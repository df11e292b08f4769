"""Lists inside a row, written as a whole: what stays in the list stays the row it was, with its id."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Model

SENT_ID = "_id"  # in the values of an item: the id that stood in it


def own_values(item: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an item that are columns."""
    return {name: value for name, value in item.items() if name != SENT_ID}


def replace_children(
    rows: Iterable[Any], given: Sequence[Mapping[str, Any]], *, like: Collection[str], new: Callable[[], Model]
) -> None:
    """Make `rows` what is given: what an item leaves out becomes its default, and what is not given goes.

    An item is the row whose id it has; else one that says just the same, else one that agrees in the columns of `like`.
    An id of no row among these is read over: it may come from a copy.
    """
    fresh = new()
    columns = [
        field.name
        for field in fresh._meta.concrete_fields
        if field.editable and not (field.primary_key or field.is_relation)
    ]
    wanted = [{name: item.get(name, getattr(fresh, name)) for name in columns} for item in given]
    left = {row.pk: row for row in rows}
    chosen = [left.pop(item.get(SENT_ID), None) for item in given]
    for names in (columns, like):
        for position, values in enumerate(wanted):
            if chosen[position] is None:
                chosen[position] = left.pop(_alike(left.values(), values, names), None)
    for row in left.values():
        row.delete()
    for row, values in zip(chosen, wanted, strict=True):
        _write(row or new(), values)


def _alike(rows: Iterable[Any], values: Mapping[str, Any], names: Collection[str]) -> Any:
    return next((row.pk for row in rows if all(getattr(row, name) == values[name] for name in names)), None)


def _write(row: Any, values: Mapping[str, Any]) -> None:
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if changed or row.pk is None:
        for name, value in changed.items():
            setattr(row, name, value)
        row.save()

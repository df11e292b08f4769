"""Total orders: from a whitelist, nulls last both ways, always ended by the id, and what comes after a given row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, Model, Q
from django.db.models.expressions import OrderBy

from dealbrain.api.parameters import nearest
from dealbrain.api.problems import FieldProblem

MOST_KEYS = 3


@dataclass(frozen=True, slots=True)
class SortKey:
    """One column of an order. `path` is an ORM path; `nullable` when it, or a relation on the way, may be null."""

    path: str
    descending: bool = False
    nullable: bool = False

    def expression(self) -> OrderBy:
        # NULLS LAST only where a null can be: it keeps a database from walking a plain index.
        last = True if self.nullable else None
        return F(self.path).desc(nulls_last=last) if self.descending else F(self.path).asc(nulls_last=last)

    def same(self, value: Any) -> Q:
        return Q(**{f"{self.path}__isnull": True}) if value is None else Q(**{self.path: value})

    def after(self, value: Any) -> Q | None:
        """Rows behind `value` in this column; None when nothing can be (nulls are last already)."""
        if value is None:
            return None
        behind = Q(**{f"{self.path}__{'lt' if self.descending else 'gt'}": value})
        return behind | Q(**{f"{self.path}__isnull": True}) if self.nullable else behind


@dataclass(frozen=True, slots=True)
class Ordering:
    """A total order: the last key is the primary key. `text` is how it was asked for, for the cursor to be bound to."""

    text: str
    keys: tuple[SortKey, ...]

    def expressions(self) -> list[OrderBy]:
        return [key.expression() for key in self.keys]

    def paths(self) -> list[str]:
        """What `values_list` takes to give a row's values."""
        return [key.path for key in self.keys]

    def known(self) -> Ordering:
        """The order of the rows whose first column is not null: an index has it."""
        first, *rest = self.keys
        return replace(self, keys=(replace(first, nullable=False), *rest))

    def unknown(self) -> Ordering:
        """The order of the rows whose first column is null."""
        return replace(self, keys=self.keys[1:])

    def after(self, values: Sequence[Any]) -> Q:
        """The rows that come after the row with these values."""
        found = Q(pk__in=[])
        same = Q()
        for key, value in zip(self.keys, values, strict=True):
            behind = key.after(value)
            if behind is not None:
                found |= same & behind
            same &= key.same(value)
        first, value = self.keys[0], values[0]
        if not first.nullable:
            # Says nothing new, but lets the database start in the middle of an index.
            found &= Q(**{f"{first.path}__{'lte' if first.descending else 'gte'}": value})
        return found


def make_ordering(model: type[Model], text: str, fields: Mapping[str, str]) -> Ordering:
    """The order that `text` (`-price_usd,title`) names; `fields` maps public names to ORM paths."""
    keys = []
    for name in text.split(","):
        path = fields[name.removeprefix("-")]
        keys.append(SortKey(path, descending=name.startswith("-"), nullable=_nullable(model, path)))
    if keys[-1].path != "pk":
        # In the direction of the key before it, so that one index, read either way, gives the whole order.
        keys.append(SortKey("pk", descending=keys[-1].descending))
    return Ordering(text, tuple(keys))


def read_ordering(
    model: type[Model], text: str, fields: Mapping[str, str], default: str, problems: list[FieldProblem]
) -> Ordering:
    """As `make_ordering`, from what a client wrote; what is wrong with it is added to `problems`."""
    names = [name.strip() for name in text.split(",")] if text.strip() else []
    bare = [name.removeprefix("-") for name in names]
    wrong = [name for name in bare if name not in fields]
    for name in wrong[:MOST_KEYS]:
        hint = nearest(name, fields.keys()) or f" Known: {', '.join(fields)}."
        problems.append(FieldProblem("ordering", f'"{name[:100]}" cannot be ordered by.{hint}', "unknown"))
    if len(names) > MOST_KEYS or len(set(bare)) < len(bare):
        message = f"At most {MOST_KEYS} names, each of them once."
        problems.append(FieldProblem("ordering", message, "too_many"))
        return make_ordering(model, default, fields)
    return make_ordering(model, ",".join(names) if names and not wrong else default, fields)


def _nullable(model: type[Model], path: str) -> bool:
    """Whether a column can be null in a row of `model`: itself, or because a relation on the way is empty."""
    found = model._meta
    for step in path.split("__"):
        if step == "pk":
            return False
        try:
            field: Any = found.get_field(step)
        except FieldDoesNotExist:  # an annotation: nothing is known about it
            return True
        if field.null or (field.is_relation and not field.concrete):
            return True
        if field.is_relation:
            found = field.related_model._meta
    return False

"""Search by words: the one way in which pages, the API and the admin look for rows.

What a row's own columns say is looked at in the row. What it refers to (a listing's CPU) is looked up first, in a table
that mostly is small: no row is joined to it, the text of a part is folded once and not for each row, and where the rows
have an index of their words, it is of use.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any, cast

from django.db.models import BooleanField, F, Func, Model, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

from dealbrain.folding import fold, postgresql_fold, sqlite_fold

MOST_SEARCHED = 200  # characters: each word costs a look at every row
MOST_NAMED = 2_000  # rows that are looked up first; where more of them hold a word, it tells rows apart badly anyway
STEP = "__"
NEW_LINE = "'\n'"


class FoldedLines(Func):
    """The folded text of these columns, a line for each, so that no word reaches over the end of one.

    Whether there are letters beyond ASCII is asked of each column: putting them together is what costs.
    """

    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:
        columns, params = self._compiled(compiler)
        is_ascii = f"{_sum('octet_length({})', columns)} = {_sum('char_length({})', columns)}"
        return postgresql_fold(_joined(columns), is_ascii), params * 4

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:
        columns, params = self._compiled(compiler)
        is_ascii = f"{_sum('length(CAST({} AS BLOB))', columns)} = {_sum('length({})', columns)}"
        return sqlite_fold(_joined(columns), is_ascii), params * 4

    def _compiled(self, compiler: Any) -> tuple[list[str], list[Any]]:
        compiled = [compiler.compile(column) for column in self.get_source_expressions()]
        return [sql for sql, _ in compiled], [param for _, params in compiled for param in params]


def _sum(of_one: str, columns: list[str]) -> str:
    return " + ".join(of_one.format(column) for column in columns)


def _joined(columns: list[str]) -> str:
    """(Flat: what `Concat` nests is too deep for SQLite.)"""
    lines = f" || {NEW_LINE} || ".join(columns)
    return f"CAST({lines} AS text)"


class OneOf(Func):
    """Whether a column holds one of these ids, which are one parameter however many they are.

    As a constant array PostgreSQL knows how many they are, finds them by an index, and by hash where it reads all rows.
    """

    output_field = BooleanField()

    def __init__(self, path: str, ids: Iterable[int]) -> None:
        super().__init__(path)
        self.ids = list(ids)

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:
        column, params = compiler.compile(self.get_source_expressions()[0])
        return f"({column} = ANY (%s::bigint[]))", [*params, self.ids]

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:
        column, params = compiler.compile(self.get_source_expressions()[0])
        ids = "(SELECT value FROM json_each(%s))"
        return f"({column} IN {ids})", [*params, json.dumps(self.ids)]


def search(queryset: QuerySet[Any], words: str, paths: Iterable[str]) -> QuerySet[Any]:
    """Rows that hold every word somewhere in these columns, in any case; `%` and `_` are letters like any other.

    Of `words` the first `MOST_SEARCHED` characters count: whoever asks for more has been told. A query for each
    relation in `paths`, now; the rows themselves when they are wanted.
    """
    found = {fold(word) for word in words[:MOST_SEARCHED].split()}
    if not all(map(_can_be_stored, found)):
        return queryset.none()
    # Whoever has a longer one has what is in it.
    wanted = [word for word in sorted(found, key=len, reverse=True) if not any(word in one for one in found - {word})]
    if not wanted:
        return queryset
    own, relations = _by_relation(queryset.model, paths)
    if own:
        queryset = queryset.alias(_searched=FoldedLines(*own))
    named = [_Named(path, model, columns, wanted) for path, (model, columns) in relations.items()]
    for word in wanted:
        said = Q(_searched__contains=word) if own else Q(pk__in=[])
        queryset = queryset.filter(reduce(or_, (other.naming(word) for other in named), said))
    return queryset


def own_text(model: type[Model], paths: Iterable[str]) -> FoldedLines:
    """What `search` looks at in the rows themselves: an index of this expression speeds it up."""
    return FoldedLines(*_by_relation(model, paths)[0])


class _Named:
    """What rows refer to by `path`, as far as it holds any of the words; read at once, if it is not too much."""

    def __init__(self, path: str, model: type[Model], columns: Sequence[Any], words: Sequence[str]) -> None:
        self.path = path
        self.rows = model._base_manager.order_by().alias(_searched=FoldedLines(*columns))
        any_word = reduce(or_, (Q(_searched__contains=word) for word in words))
        found = self.rows.filter(any_word).values_list("pk", F("_searched"))
        self.read = list(found[: MOST_NAMED + 1])

    def naming(self, word: str) -> Any:
        """The condition that a row refers to one that holds the word."""
        if len(self.read) > MOST_NAMED:
            return Q(**{f"{self.path}__in": self.rows.filter(_searched__contains=word).values("pk")})
        ids = [pk for pk, text in self.read if word in text]
        return OneOf(self.path, ids) if ids else Q(pk__in=[])


def _by_relation(
    model: type[Model], paths: Iterable[str]
) -> tuple[list[Any], dict[str, tuple[type[Model], list[Any]]]]:
    """The columns of the rows themselves; and by the path to it, what they refer to, with the columns of that."""
    own: list[Any] = []
    relations: dict[str, tuple[type[Model], list[Any]]] = {}
    for path in paths:
        of, steps, column = model, "", path
        while STEP in column and (field := of._meta.get_field(column.partition(STEP)[0])).is_relation:
            steps = f"{steps}{STEP}{field.name}".removeprefix(STEP)
            of, column = cast(Any, field).related_model, column.partition(STEP)[2]
        columns = relations.setdefault(steps, (of, []))[1] if steps else own
        columns.append(_column(of, column))
    return own, relations


def _column(model: type[Model], path: str) -> Any:
    """A column of text, or a text in a column of JSON; empty where there is none."""
    if STEP in path:
        return Coalesce(KT(path), Value(""), output_field=TextField())
    return Coalesce(path, Value("")) if model._meta.get_field(path).null else F(path)


def _can_be_stored(word: str) -> bool:
    """Whether a database could hold the word at all. NUL and halves of a pair are in no column, and it refuses them."""
    return "\0" not in word and not any("\ud800" <= letter <= "\udfff" for letter in word)

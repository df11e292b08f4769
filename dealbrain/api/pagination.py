"""Pages: the envelope of every list, by signed keyset cursor or by offset."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core import signing
from django.db.models import Model, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from dealbrain.api import dialect
from dealbrain.api.ordering import Ordering
from dealbrain.api.parameters import Choice, Flag, LongText, Parameter, Whole
from dealbrain.api.problems import FieldProblem
from dealbrain.api.renderers import json_bytes

DEFAULT_LIMIT = 50
MOST_ROWS = 500
MOST_OFFSET = 1_000_000_000
SALT = "dealbrain.api.cursor"
# Of an ordered text a cursor holds so many characters; the rest is in the row. So it fits into an address, whatever the
# alphabet: three times 100 characters of 4 bytes each, in base64, the signature beside it.
MOST_LETTERS = 100
MOST_CURSOR = 2_500
LAST_LETTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page is asked for. `after` holds the ordering's values of the last row seen."""

    limit: int = DEFAULT_LIMIT
    offset: int = 0
    after: Sequence[Any] | None = None
    with_total: bool = True
    as_array: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rows. `total` is None when it was not asked for."""

    rows: list[Any]
    limit: int
    total: int | None
    next_cursor: str | None

    def envelope(self, items: Sequence[Any]) -> dict[str, Any]:
        """The body of the answer."""
        return {
            "items": items,
            "total": self.total,
            "limit": self.limit,
            "next_cursor": self.next_cursor,
            "has_next": self.next_cursor is not None,
        }


def page_parameters(*, default_limit: int = DEFAULT_LIMIT, most: int = MOST_ROWS) -> tuple[Parameter, ...]:
    """What every list takes."""
    most = dialect.most_rows(most)
    return (
        Whole("limit", "How many rows a page holds.", default_limit, low=1, high=most),
        Whole("offset", "How many rows to skip. A cursor is faster, and rows may come and go.", high=MOST_OFFSET),
        LongText("cursor", "`next_cursor` of the page before, in the same order.", most=MOST_CURSOR),
        Flag("total", "Whether to count all rows; without, `total` is null.", True),
        Choice(
            "format",
            "`array` answers the bare rows, as the older contract did, with the headers X-Total-Count and Link.",
            "json",
            ("json", "array"),
        ),
    )


def answer(request: Request, page: Page, items: Sequence[Any], *, as_array: bool) -> Response:
    """A page as it is wanted. The bare array says in its headers how many rows there are, and where it goes on."""
    if not as_array:
        return Response(page.envelope(items))
    headers = {} if page.total is None else {"X-Total-Count": str(page.total)}
    if page.next_cursor is not None:
        query = request.query_params.copy()
        query.pop("offset", None)
        query["cursor"] = page.next_cursor
        headers["Link"] = f'<{request.path}?{query.urlencode()}>; rel="next"'
    return Response(list(items), headers=headers)


def read_page(given: Mapping[str, Any], scope: str, width: int, problems: list[FieldProblem]) -> PageRequest:
    """The page that the values of `page_parameters` ask for.

    `scope` names list and order, `width` is the number of the order's columns.
    """
    after = None
    if given["cursor"] is not None:
        after = decode_cursor(given["cursor"], scope)
        if given["offset"] is not None:
            problems.append(FieldProblem("offset", "Give either a cursor or an offset.", "exclusive"))
        if after is None or len(after) != width:
            message = "This is not a cursor of this list in this order: start again without it."
            problems.append(FieldProblem("cursor", message, "invalid_cursor"))
    return PageRequest(given["limit"], given["offset"] or 0, after, given["total"], given["format"] == "array")


def paginate(queryset: QuerySet[Any], request: PageRequest, ordering: Ordering, scope: str) -> Page:
    """The rows of a page: a query for their ids, one for the rows, and one for the total if it is wanted.

    Sorting ids alone takes a sixth of sorting whole rows with all that is joined to them.
    """
    total = queryset.count() if request.with_total else None
    keys = _page_keys(queryset, request, ordering)
    more = len(keys) > request.limit
    ids = [key[-1] for key in keys[: request.limit]]
    by_id: dict[Any, Model] = {row.pk: row for row in queryset.filter(pk__in=ids).order_by()} if ids else {}
    found = [by_id[pk] for pk in ids if pk in by_id]  # one may have been deleted in between
    # Where it goes on is known from the keys, even when all of their rows are gone.
    cursor = encode_cursor(keys[len(ids) - 1], scope) if more else None
    return Page(rows=found, limit=request.limit, total=total, next_cursor=cursor)


class InSteps:
    """An ordered queryset as Django's `Paginator` takes it, whose pages are found as those of the API are.

    `total` is how many rows it has, where that is known by a shorter way than counting them.
    """

    def __init__(self, queryset: QuerySet[Any], ordering: Ordering, total: int | None = None) -> None:
        self.queryset, self.ordering, self.total = queryset, ordering, total

    def count(self) -> int:
        return self.queryset.count() if self.total is None else self.total

    def __getitem__(self, rows: slice) -> list[Any]:
        request = PageRequest(limit=rows.stop - rows.start, offset=rows.start, with_total=False)
        return paginate(self.queryset, request, self.ordering, "").rows


def _page_keys(queryset: QuerySet[Any], request: PageRequest, ordering: Ordering) -> list[Sequence[Any]]:
    """The ordered values of a page's rows, the id last; and those of one more row if there are more.

    Nulls come last, so where the first column may be null the rows without come first: those have an index, which no
    outer join could use. The others are looked at when those are through.
    """
    wanted, skip = request.limit + 1, request.offset
    after = None if request.after is None else _completed(queryset, request.after, ordering)
    first = ordering.keys[0]
    if not first.nullable:
        return _keys(queryset, ordering, ordering, after, skip, wanted)
    is_null = f"{first.path}__isnull"
    found = []
    if after is None or after[0] is not None:
        known = queryset.filter(**{is_null: False})
        found = _keys(known, ordering, ordering.known(), after, skip, wanted)
        skip = 0 if found or not skip else max(0, skip - known.count())
        after = None
    if len(found) < wanted:
        rest = after[1:] if after is not None else None
        unknown = queryset.filter(**{is_null: True})
        found += _keys(unknown, ordering, ordering.unknown(), rest, skip, wanted - len(found))
    return found


def _keys(
    queryset: QuerySet[Any], shown: Ordering, order: Ordering, after: Sequence[Any] | None, skip: int, wanted: int
) -> list[Sequence[Any]]:
    rows = queryset if after is None else queryset.filter(order.after(after))
    return list(rows.order_by(*order.expressions()).values_list(*shown.paths())[skip : skip + wanted])


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first characters of a text that is too long for a cursor."""

    text: str


def _completed(queryset: QuerySet[Any], after: Sequence[Any], ordering: Ordering) -> list[Any]:
    """The values of a cursor, long texts read again from its row.

    Where that is gone, or says something else now, the list goes on with what begins alike: rather one row twice than
    one left out.
    """
    if not any(isinstance(value, Beginning) for value in after):
        return list(after)
    row = queryset.filter(pk=after[-1]).order_by().values_list(*ordering.paths()).first()
    whole: list[Any] = []
    for position, (key, value) in enumerate(zip(ordering.keys, after, strict=True)):
        stored = row[position] if row is not None else None
        if not isinstance(value, Beginning):
            whole.append(value)
        elif isinstance(stored, str) and stored.startswith(value.text):
            whole.append(stored)
        else:
            whole.append(value.text + (LAST_LETTER if key.descending else ""))
    return whole


class CursorSerializer:
    """JSON in UTF-8: an escape takes twice the room of a letter."""

    def dumps(self, values: Any) -> bytes:
        return json_bytes(values)

    def loads(self, data: bytes) -> Any:
        return json.loads(data)


def encode_cursor(values: Sequence[Any], scope: str) -> str:
    """The values of a row as a signed text that is good for `scope` only."""
    packed = [_pack(value) for value in values]
    return signing.dumps(packed, salt=f"{SALT}:{scope}", serializer=CursorSerializer, compress=True)


def decode_cursor(text: str, scope: str) -> list[Any] | None:
    """What `encode_cursor` took, or None when the text is not one of ours for this scope."""
    try:
        packed = signing.loads(text, salt=f"{SALT}:{scope}", serializer=CursorSerializer)
        return [_unpack(value) for value in packed]
    except (signing.BadSignature, ValueError):
        return None


def _pack(value: Any) -> Any:
    """JSON knows no decimals and no times: those travel as `[kind, text]`, and so does the beginning of a long text."""
    if isinstance(value, str) and len(value) > MOST_LETTERS:
        return ["beginning", value[:MOST_LETTERS]]
    if isinstance(value, Decimal):
        return ["decimal", str(value)]
    if isinstance(value, datetime):
        return ["datetime", value.isoformat()]
    if isinstance(value, date):
        return ["date", value.isoformat()]
    return value


UNPACK: dict[str, Callable[[str], Any]] = {
    "beginning": Beginning,
    "decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
}


def _unpack(packed: Any) -> Any:
    return UNPACK[packed[0]](packed[1]) if isinstance(packed, list) else packed

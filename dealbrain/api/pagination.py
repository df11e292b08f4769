"""Pages: the envelope of every list, by signed keyset cursor or by offset."""

from __future__ import annotations

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
from dealbrain.api.parameters import Choice, Flag, Parameter, Whole
from dealbrain.api.problems import FieldProblem

DEFAULT_LIMIT = 50
MOST_ROWS = 500
MOST_OFFSET = 1_000_000_000
SALT = "dealbrain.api.cursor"


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
        Parameter("cursor", "`next_cursor` of the page before, in the same order."),
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
    ids = _page_ids(queryset, request, ordering)
    more = len(ids) > request.limit
    ids = ids[: request.limit]
    by_id: dict[Any, Model] = {row.pk: row for row in queryset.filter(pk__in=ids).order_by()} if ids else {}
    found = [by_id[pk] for pk in ids if pk in by_id]  # one may have been deleted in between
    cursor = encode_cursor(ordering.values(found[-1]), scope) if more and found else None
    return Page(rows=found, limit=request.limit, total=total, next_cursor=cursor)


def _page_ids(queryset: QuerySet[Any], request: PageRequest, ordering: Ordering) -> list[Any]:
    """The ids of a page, and one more if there are more.

    Nulls come last, so where the first column may be null the rows without come first: those have an index, which no
    outer join could use. The others are looked at when those are through.
    """
    wanted, after = request.limit + 1, request.after
    first = ordering.keys[0]
    if request.offset or not first.nullable:
        return _ids(queryset, ordering, after, request.offset, wanted)
    is_null = f"{first.path}__isnull"
    found = []
    if after is None or after[0] is not None:
        found = _ids(queryset.filter(**{is_null: False}), ordering.known(), after, 0, wanted)
        after = None
    if len(found) < wanted:
        rest = after[1:] if after is not None else None
        found += _ids(queryset.filter(**{is_null: True}), ordering.unknown(), rest, 0, wanted - len(found))
    return found


def _ids(queryset: QuerySet[Any], ordering: Ordering, after: Sequence[Any] | None, skip: int, wanted: int) -> list[Any]:
    rows = queryset if after is None else queryset.filter(ordering.after(after))
    return list(rows.order_by(*ordering.expressions()).values_list("pk", flat=True)[skip : skip + wanted])


def encode_cursor(values: Sequence[Any], scope: str) -> str:
    """The values of a row as a signed text that is good for `scope` only."""
    return signing.dumps([_pack(value) for value in values], salt=f"{SALT}:{scope}")


def decode_cursor(text: str, scope: str) -> list[Any] | None:
    """What `encode_cursor` took, or None when the text is not one of ours for this scope."""
    try:
        return [_unpack(packed) for packed in signing.loads(text, salt=f"{SALT}:{scope}")]
    except (signing.BadSignature, ValueError):
        return None


def _pack(value: Any) -> Any:
    """JSON knows no decimals and no times: those travel as `[kind, text]`."""
    if isinstance(value, Decimal):
        return ["decimal", str(value)]
    if isinstance(value, datetime):
        return ["datetime", value.isoformat()]
    if isinstance(value, date):
        return ["date", value.isoformat()]
    return value


UNPACK: dict[str, Callable[[str], Any]] = {
    "decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
}


def _unpack(packed: Any) -> Any:
    return UNPACK[packed[0]](packed[1]) if isinstance(packed, list) else packed

"""By cursor, in every order, with ties and nulls: each row exactly once, as one query gives them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import signing
from django.http import QueryDict
from django.utils import timezone

from dealbrain.api.ordering import make_ordering, read_ordering
from dealbrain.api.pagination import (
    SALT,
    PageRequest,
    decode_cursor,
    encode_cursor,
    page_parameters,
    paginate,
    read_page,
)
from dealbrain.api.problems import FieldProblem
from listings.models import Listing
from tests.factories import CpuFactory, ListingFactory
from valuation.models import ListingValuation

User = get_user_model()
FIELDS = {"id": "pk", "name": "first_name", "seen": "last_login", "username": "username"}


@pytest.mark.parametrize(
    "values",
    [
        [None, 1],
        [1.5, 2**60],
        [Decimal("12.30"), 3],
        ["é%_", 4],
        [datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), 5],
        [date(2026, 1, 2), 6],
    ],
)
def test_a_cursor_gives_back_what_it_was_made_of(values: list[Any]) -> None:
    assert decode_cursor(encode_cursor(values, "a"), "a") == values


@pytest.mark.parametrize("text", ["", "x", ":", "a:b:c", "\ud800", "é", "WzFd:" + "1" * 50])
def test_a_forged_cursor(text: str) -> None:
    assert decode_cursor(text, "a") is None


def test_a_cursor_is_bound_to_its_scope_and_its_secret() -> None:
    cursor = encode_cursor([1], "a")
    assert decode_cursor(cursor, "b") is None
    assert decode_cursor(cursor[:-1] + ("A" if cursor[-1] != "A" else "B"), "a") is None
    assert decode_cursor(signing.dumps([1], key="other", salt=f"{SALT}:a"), "a") is None


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("", []),
        ("limit=0", ["limit"]),
        ("limit=-1&offset=-1&total=x&format=xml", ["limit", "offset", "total", "format"]),
        ("limit=501", ["limit"]),
        ("offset=1000000001", ["offset"]),
        ("cursor=x", ["cursor"]),
        ("cursor=x&offset=1", ["offset", "cursor"]),
        pytest.param(f"cursor={encode_cursor([1, 2, 3], 's')}", ["cursor"], id="of another width"),
        pytest.param(f"cursor={encode_cursor([1, 2], 's')}", [], id="of this list"),
    ],
)
def test_page_requests(query: str, paths: list[str]) -> None:
    problems: list[FieldProblem] = []
    given = {parameter.name: parameter.read(QueryDict(query), problems) for parameter in page_parameters()}
    read_page(given, "s", 2, problems)
    assert [problem.path for problem in problems] == paths


@pytest.fixture
def people() -> list[Any]:
    """Ties in the name, and two who never logged in."""
    moments = [datetime(2026, 1, day, tzinfo=UTC) for day in (3, 1, 2)]
    seen = [moments[0], None, moments[1], moments[1], None, moments[2], moments[0]]
    return [
        User.objects.create(username=f"u{n}", first_name="ab"[n % 2], last_login=login) for n, login in enumerate(seen)
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
@pytest.mark.parametrize(
    "text", ["id", "-id", "name", "-name", "seen", "-seen", "name,-seen", "-seen,name", "-name,seen,-id"]
)
def test_pages_by_cursor_are_the_whole_list(people: list[Any], text: str, limit: int) -> None:
    ordering = make_ordering(User, text, FIELDS)
    whole = list(User.objects.order_by(*ordering.expressions()).values_list("pk", flat=True))
    found: list[int] = []
    request = PageRequest(limit=limit)
    for _ in range(len(people) + 1):
        page = paginate(User.objects.all(), request, ordering, "s")
        assert (page.total, page.limit) == (7, limit)
        found += [row.pk for row in page.rows]
        if page.next_cursor is None:
            break
        request = PageRequest(limit=limit, after=decode_cursor(page.next_cursor, "s"))
    assert found == whole


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("seen", ["u2", "u3", "u5", "u0", "u6", "u1", "u4"]),
        ("-seen", ["u6", "u0", "u5", "u3", "u2", "u4", "u1"]),
        ("name,-seen", ["u6", "u0", "u2", "u4", "u5", "u3", "u1"]),
    ],
)
def test_nulls_are_last_both_ways_and_the_id_ends_the_order(people: list[Any], text: str, order: list[str]) -> None:
    expressions = make_ordering(User, text, FIELDS).expressions()
    assert list(User.objects.order_by(*expressions).values_list("username", flat=True)) == order


@pytest.mark.django_db
def test_offset_and_no_total(people: list[Any], django_assert_num_queries: Any) -> None:
    ordering = make_ordering(User, "id", FIELDS)
    with django_assert_num_queries(2):
        page = paginate(User.objects.all(), PageRequest(limit=3, offset=5, with_total=False), ordering, "s")
    assert [row.username for row in page.rows] == ["u5", "u6"]
    assert page.envelope([1, 2]) == {"items": [1, 2], "total": None, "limit": 3, "next_cursor": None, "has_next": False}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nme", '"nme" cannot be ordered by. Did you mean "name"?'),
        ("-", '"" cannot be ordered by. Known: id, name, seen, username.'),
        ("--name", '"-name" cannot be ordered by. Did you mean "name"?'),
        ("password", '"password" cannot be ordered by. Known: id, name, seen, username.'),
        ("name,name", "At most 3 names, each of them once."),
        ("name,-name", "At most 3 names, each of them once."),
        ("id,name,seen,username", "At most 3 names, each of them once."),
    ],
)
def test_orders_that_are_refused(text: str, message: str) -> None:
    problems: list[FieldProblem] = []
    assert read_ordering(User, text, FIELDS, "-id", problems).text == "-id"
    assert [(problem.path, problem.message) for problem in problems] == [("ordering", message)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text", ["score_composite", "-score_composite", "score_composite,title", "-cpu,score_composite"]
)
@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_hold_every_row_once_and_nulls_come_last(text: str, limit: int) -> None:
    """A null because there is no row, because a figure has none, and because the relation is empty."""
    fields = {"score_composite": "valuation__score_composite", "title": "title", "cpu": "cpu__cpu_mark_multi"}
    for number, score in enumerate([3.0, None, 1.0, 3.0, "no row", 2.0, None]):
        listing = ListingFactory(title=f"row {number}", cpu=None if number % 3 else CpuFactory(cpu_mark_multi=number))
        if score != "no row":
            stamps = {"input_version": 1, "revision": 1, "valued_at": timezone.now()}
            ListingValuation.objects.create(listing=listing, score_composite=score, **stamps)
    queryset = Listing.objects.select_related("valuation", "cpu")
    ordering = make_ordering(Listing, text, fields)
    whole = [row.pk for row in queryset.order_by(*ordering.expressions())]
    found, after = [], None
    for _ in range(10):
        page = paginate(queryset, PageRequest(limit=limit, after=after), ordering, "s")
        found += [row.pk for row in page.rows]
        if page.next_cursor is None:
            break
        after = decode_cursor(page.next_cursor, "s")
    assert found == whole
    by_offset = [paginate(queryset, PageRequest(limit=limit, offset=n), ordering, "s").rows[0].pk for n in range(7)]
    assert by_offset == whole

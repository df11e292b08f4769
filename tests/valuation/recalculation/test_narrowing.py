"""A filter in SQL keeps every listing that the engine matches, whatever is asked."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listings.models import Listing
from tests.factories import ListingFactory
from valuation.engine import Matcher, leaves, parse_conditions
from valuation.recalculation.facts import load_facts
from valuation.recalculation.narrowing import narrowed
from valuation.recalculation.rulebook import load_rulebook

NUMBERS = [-1e300, -1, -0.5, 0, 0.5, 7.999, 8, 15.5, 16, 2047.5, 2048, 3_000_000_000, 1e300]
WORDS = ["", "new", "NEW", "used", "unknown", "nvme", "NVMe", "ssd", "s", "nonsense", "ſ", "İ"]
PLAIN = {"ram_gb": NUMBERS, "primary_storage_gb": NUMBERS}
CLOSED = {"condition": WORDS, "primary_storage_type": WORDS, "marketplace": WORDS}
OTHERS = {"title": WORDS, "price_usd": NUMBERS, "total_storage_gb": NUMBERS, "cpu.cores": NUMBERS}


def leaf(operators: list[str], path: str, value: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"field_name": st.just(path), "operator": st.sampled_from(operators), "value": value},
    )


def asked(path: str, values: list[Any]) -> st.SearchStrategy[dict[str, Any]]:
    one, some = st.sampled_from(values), st.lists(st.sampled_from(values), min_size=1, max_size=3)
    known = leaf(["is_null", "is_not_null"], path, st.none())
    listed = leaf(["in", "not_in"], path, some)
    if values is WORDS:
        words = ["equals", "not_equals", "contains", "starts_with", "ends_with", "regex"]
        return known | listed | leaf(words, path, one)
    pair = st.tuples(one, one).map(sorted)
    compared = ["equals", "not_equals", "greater_than", "less_than", "gte", "lte"]
    return known | listed | leaf(compared, path, one) | leaf(["between"], path, pair)


LEAVES = st.one_of([asked(path, values) for path, values in {**PLAIN, **CLOSED, **OTHERS}.items()])
TREES = st.recursive(
    LEAVES,
    lambda children: st.one_of(
        st.builds(
            lambda logic, inner: {"logical_operator": logic, "conditions": inner},
            st.sampled_from(["and", "or"]),
            st.lists(children, min_size=1, max_size=3),
        ),
        children.map(lambda child: {"logical_operator": "not", "conditions": [child]}),
    ),
    max_leaves=5,
)


@pytest.fixture
def offers(db: None) -> None:
    kinds = ["", "nvme", "sata_ssd", "unknown", "hdd"]
    for number, ram in enumerate([None, 0, 7, 8, 9, 15, 16, 17, 2048]):
        ListingFactory(
            title=f"Offer {number}",
            ram_gb=ram,
            condition=["new", "refurb", "used"][number % 3],
            marketplace=["ebay", "other"][number % 2],
            primary_storage_gb=[None, 0, 8, 16][number % 4],
            primary_storage_type=kinds[number % 5],
            price_usd=[None, 0, 15.5, 2048][number % 4],
        )


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trees=st.lists(TREES, min_size=1, max_size=2))
def test_no_listing_is_lost(offers: None, trees: list[dict[str, Any]]) -> None:
    book = load_rulebook()
    conditions = [found for tree in trees if (found := parse_conditions(tree, book.registry)[0]) is not None]
    fields = {one.field for condition in conditions for one in leaves(condition)}
    listings = Listing.objects.order_by("pk")
    batch = load_facts(listings, fields=fields, registry=book.registry, year=book.year, scores=False).batch
    matcher = Matcher(batch)
    matched = {pk for one in conditions for pk in batch.ids[matcher.match(one)].tolist()}
    kept = set(listings.filter(narrowed(conditions) or Q()).values_list("pk", flat=True))
    assert matched <= kept


@pytest.mark.parametrize(
    ("tree", "kept"),
    [
        ({"field_name": "ram_gb", "operator": "gte", "value": 16}, 3),
        ({"field_name": "ram_gb", "operator": "in", "value": [8, 8.5, 1e300]}, 1),
        ({"field_name": "ram_gb", "operator": "is_null"}, 1),
        ({"field_name": "condition", "operator": "starts_with", "value": "RE"}, 3),
        (
            [
                {"field_name": "ram_gb", "operator": "lte", "value": 8},
                {"field_name": "title", "operator": "regex", "value": "x"},
            ],
            3,
        ),
    ],
)
def test_what_sql_can_say_is_not_read(offers: None, tree: Any, kept: int) -> None:
    condition, problems = parse_conditions(tree, load_rulebook().registry)
    assert condition is not None, problems
    found = narrowed([condition])
    assert found is not None
    assert Listing.objects.filter(found).count() == kept


@pytest.mark.parametrize(
    "tree",
    [
        {"field_name": "title", "operator": "contains", "value": "x"},
        {"logical_operator": "not", "conditions": [{"field_name": "ram_gb", "operator": "gte", "value": 16}]},
        {
            "logical_operator": "or",
            "conditions": [
                {"field_name": "ram_gb", "operator": "gte", "value": 16},
                {"field_name": "title", "operator": "contains", "value": "x"},
            ],
        },
    ],
)
def test_what_sql_cannot_say_is_read_whole(offers: None, tree: Any) -> None:
    condition, problems = parse_conditions(tree, load_rulebook().registry)
    assert condition is not None, problems
    assert narrowed([condition]) is None

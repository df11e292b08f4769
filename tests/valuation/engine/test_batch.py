"""Listings as columns: what each kind reads from Python values, and that bad data is missing and never raises."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from valuation.engine import (
    ActionSpec,
    Batch,
    Field,
    FieldRegistry,
    GroupSpec,
    Kind,
    NumberColumn,
    RulesetSpec,
    RuleSpec,
    Scales,
    category_column,
    compile_rulesets,
    evaluate,
    number_column,
    score_columns,
)
from valuation.engine.batch import Rows

REGISTRY = FieldRegistry(
    [Field("custom.bought", Kind.DATE, "Bought"), Field("custom.tested", Kind.BOOLEAN, "Tested")],
)
DAY = date(2024, 5, 1).toordinal()
NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("path", "value", "read"),
    [
        ("ram_gb", 16, 16.0),
        ("ram_gb", 0, 0.0),
        ("ram_gb", Decimal("7.5"), 7.5),
        ("ram_gb", " 16 ", 16.0),
        ("ram_gb", None, None),
        ("ram_gb", "", None),
        ("ram_gb", "much", None),
        ("ram_gb", NAN, None),
        ("ram_gb", INFINITY, None),
        ("ram_gb", 10**400, None),
        ("ram_gb", [16], None),
        ("custom.tested", True, 1.0),
        ("custom.tested", False, 0.0),
        ("custom.tested", "Yes", 1.0),
        ("custom.tested", "0", 0.0),
        ("custom.tested", "perhaps", None),
        ("custom.tested", None, None),
        ("custom.bought", date(2024, 5, 1), DAY),
        ("custom.bought", datetime(2024, 5, 1, 23, 59, tzinfo=UTC), DAY),
        ("custom.bought", "2024-05-01", DAY),
        ("custom.bought", "yesterday", None),
        ("custom.bought", 20240501, None),
        ("title", "NUC", "NUC"),
        ("title", "", ""),
        ("title", 16, "16"),
        ("title", 16.0, "16"),
        ("title", 16.5, "16.5"),
        ("title", True, "true"),
        ("title", None, None),
    ],
)
def test_what_is_read(path: str, value: Any, read: float | str | None) -> None:
    batch = Batch.from_rows([{path: value}], REGISTRY)
    if REGISTRY.resolve(path).kind is Kind.STRING:
        text = batch.category(path)
        assert (text.categories[text.codes[0]] if text.codes[0] >= 0 else None) == read
    else:
        numbers = batch.number(path)
        assert (float(numbers.values[0]) if numbers.present[0] else None) == read


@pytest.mark.parametrize(
    ("price", "cents"),
    [
        (19.99, 1_999),
        (0, 0),
        (Decimal("1234.56"), 123_456),
        ("12.5", 1_250),
        (1e9, 100_000_000_000),
        (None, None),
        ("free", None),
        (NAN, None),
        (1e300, None),  # no int64 holds it
    ],
)
def test_prices(price: Any, cents: int | None) -> None:
    batch = Batch.from_rows([{"price_usd": price}], REGISTRY)
    assert (int(batch.price_cents[0]) if batch.priced[0] else None) == cents


def test_a_price_is_a_fact_even_without_its_column() -> None:
    batch = Batch(
        ids=np.array([1, 2]),
        price_cents=np.array([1_999, 0]),
        priced=np.array([True, False]),
        columns={},
        static_ruleset=np.array([0, 0]),
    )
    assert batch.number("price_usd").values[0] == 19.99
    assert batch.number("price_usd").present.tolist() == [True, False]


def test_what_stands_in_the_place_of_a_missing_value_means_nothing() -> None:
    unknown = NumberColumn(np.array([16.0]), np.array([False]))
    paths = ("ram_gb", "age_years", "cpu.cpu_mark_multi", "cpu.cpu_mark_single", "cpu.tdp_w", "cpu.igpu_mark")
    batch = Batch(
        ids=np.array([1]),
        price_cents=np.array([10_000]),
        priced=np.array([True]),
        columns=dict.fromkeys(paths, unknown),
        static_ruleset=np.array([0]),
    )
    is_16 = {"field_name": "ram_gb", "operator": "equals", "value": 16}
    modifiers = {
        "age_curve": {"rate_per_year": 0.1},
        "multipliers": [{"field": "ram_gb", "conditions": [{"value": 16, "multiplier": 9}]}],
    }
    rules = (
        RuleSpec(1, "matches", is_16, (ActionSpec("fixed_value", value_usd=99),)),
        RuleSpec(
            2,
            "counts",
            {"logical_operator": "not", "conditions": [is_16]},
            (
                ActionSpec("per_unit", "per_gb", 1),
                ActionSpec("benchmark_based", "cpu.cpu_mark_multi", 1_000),
                ActionSpec("formula", formula="coalesce(ram_gb, 3)"),
                ActionSpec("fixed_value", value_usd=4, modifiers=modifiers),
            ),
        ),
    )
    program = compile_rulesets([RulesetSpec(1, "s", (GroupSpec(1, "g", rules),))], REGISTRY)
    result = evaluate(program, batch, keep_actions=True)
    assert [action.cents.tolist() for rule in result.rules for action in rule.actions] == [[0], [0], [300], [400]]
    figures = score_columns(batch, result, {"cpu_mark_multi": 1, "ram_capacity": 1}, Scales(cpu_mark_multi=16))
    assert all(np.isnan(column[0]) for column in figures.values())


def test_rows_need_not_have_the_same_facts() -> None:
    batch = Batch.from_rows([{"ram_gb": 8}, {"title": "b", "nonsense": 1}, {"listing.ram_gb": 32, "id": 70}], REGISTRY)
    assert batch.number("ram_gb").present.tolist() == [True, False, True]
    assert batch.number("ram_gb").values.tolist() == [8, 0, 32]
    assert batch.category("title").codes.tolist() == [-1, 0, -1]
    assert batch.ids.tolist() == [0, 1, 70]
    assert set(batch.columns) == {"ram_gb", "title"}


def test_a_path_without_a_column_is_missing_everywhere() -> None:
    batch = Batch.from_rows([{"ram_gb": 8, "title": "b"}] * 2, REGISTRY)
    assert batch.number("cpu.cores").present.tolist() == [False, False]
    assert batch.category("seller").codes.tolist() == [-1, -1]
    # Asked for as the other kind, a column is missing too.
    assert batch.number("title").present.tolist() == [False, False]
    assert batch.category("ram_gb").codes.tolist() == [-1, -1]


@pytest.mark.parametrize("disabled", [[{7}, set(), {7, 8}], {7: [True, False, True], 8: [False, False, True]}])
def test_switched_off_rulesets_by_listing_or_by_ruleset(disabled: Any) -> None:
    batch = Batch.from_rows([{}, {}, {}], REGISTRY, static_rulesets=[None, 5, 0], disabled=disabled)
    assert {number: mask.tolist() for number, mask in batch.disabled.items()} == {
        7: [True, False, True],
        8: [False, False, True],
    }
    assert batch.static_ruleset.tolist() == [0, 5, 0]


def test_columns_from_python_values() -> None:
    numbers = number_column([1, None, NAN, INFINITY, True, 0])
    assert numbers.values.tolist() == [1, 0, 0, 0, 1, 0]
    assert numbers.present.tolist() == [True, False, False, False, True, True]
    text = category_column(["b", None, "a", "b", ""])
    assert (text.codes.tolist(), text.categories) == ([0, -1, 1, 0, 2], ("b", "a", ""))
    assert (len(numbers), len(text)) == (6, 5)


def test_taking_minus_one_is_missing() -> None:
    indices = np.array([1, -1, 0])
    numbers = number_column([5, 6]).take(indices)
    assert (numbers.values[[0, 2]].tolist(), numbers.present.tolist()) == ([6, 5], [True, False, True])
    assert category_column(["a", "b"]).take(indices).codes.tolist() == [1, -1, 0]


def test_taking_from_nothing_is_missing() -> None:
    """No CPU at all, and two listings that have none."""
    indices = np.array([-1, -1])
    assert number_column([]).take(indices).present.tolist() == [False, False]
    assert category_column([]).take(indices).codes.tolist() == [-1, -1]


def test_some_rows_of_a_batch() -> None:
    batch = Batch.from_rows([{"ram_gb": 8, "title": "a"}, {"ram_gb": None}, {"ram_gb": 32, "title": "c"}], REGISTRY)
    rows = Rows(batch, np.array([2, 1]))
    assert len(rows) == 2
    assert (rows.number("ram_gb").values[0], rows.number("ram_gb").present.tolist()) == (32, [True, False])
    title = rows.category("title")
    assert (title.categories[title.codes[0]], title.codes[1]) == ("c", -1)
    assert rows.category("title") is title  # gathered once

"""Days, and words for nothing, yes and no."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from imports.values.dates import DayOrder, day, decide_order
from imports.values.words import is_clear, is_empty, truth


@pytest.mark.parametrize(
    ("cells", "state", "order"),
    [
        (["08/12/21", "13/12/21"], "decided", DayOrder.DAY_FIRST),
        (["12/13/21"], "decided", DayOrder.MONTH_FIRST),
        (["08/12/21"], "undecided", None),
        (["08.12.2021"], "decided", DayOrder.DAY_FIRST),
        (["2021-12-08", "08/08/21"], "not_needed", None),
        (["13/12/21", "12/13/21"], "contradictory", None),
    ],
)
def test_the_column_decides_what_comes_first(cells, state, order) -> None:
    decision = decide_order(cells)
    assert (decision.state, decision.order) == (state, order)


@pytest.mark.parametrize(
    ("cell", "order", "expected"),
    [
        ("2026-11-23", None, date(2026, 11, 23)),
        ("2025-12-09 09:26:12.411784", None, date(2025, 12, 9)),
        ("2025-12-09T09:26:12Z", None, date(2025, 12, 9)),
        ("2024/4/3", None, date(2024, 4, 3)),
        ("20240501", None, date(2024, 5, 1)),
        ("08/12/21", DayOrder.DAY_FIRST, date(2021, 12, 8)),
        ("08/12/21", DayOrder.MONTH_FIRST, date(2021, 8, 12)),
        ("30/04/2024", None, date(2024, 4, 30)),
        ("04/30/2024", None, date(2024, 4, 30)),
        ("1.2.2024", None, date(2024, 2, 1)),
        ("08/08/21", None, date(2021, 8, 8)),
        ("30 Apr 2024", None, date(2024, 4, 30)),
        ("30-Apr-24", None, date(2024, 4, 30)),
        ("Apr 30, 2024", None, date(2024, 4, 30)),
        ("5. März 2024", None, date(2024, 3, 5)),
        ("3 de mayo de 2024", None, date(2024, 5, 3)),
        ("12 août 2024", None, date(2024, 8, 12)),
        ("7 października 2024", None, date(2024, 10, 7)),
        ("7 Ağustos 2024", None, date(2024, 8, 7)),
        ("9 мая 2024 г.", None, date(2024, 5, 9)),
        (Decimal(45292), None, date(2024, 1, 1)),
        ("45292", None, date(2024, 1, 1)),
    ],
)
def test_days(cell, order, expected) -> None:
    assert day(cell, order) == expected


@pytest.mark.parametrize(
    "cell",
    [
        "08/12/21",
        "30-Apr 14:26",
        "2024-02-30",
        "soon",
        "",
        "1/2/3",
        "99/99/2024",
        Decimal(5),
        "0000-01-01",
        "5 xyz 2024",
    ],
)
def test_what_is_no_day_or_two(cell) -> None:
    with pytest.raises(ValueError, match=r"date|day"):
        day(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "",
        " ",
        "-",
        "—",
        "N/A",
        "n.a.",
        "None",
        "NULL",
        "unknown",
        "Not Applicable",
        "Yok",
        "HDD Yok",
        "keine",
        "Aucun",
        "no aplica",
        "Não aplicável",
        "brak",
        "нет",
        "#N/A",
        "NaN",
        Decimal("NaN"),
    ],
)
def test_words_for_nothing(cell) -> None:
    assert is_empty(cell)


@pytest.mark.parametrize("cell", ["0", "Nano", "No Name", "AN", "x", Decimal(0), "unknown brand"])
def test_words_for_something(cell) -> None:
    assert not is_empty(cell)


def test_zero_where_it_cannot_be() -> None:
    assert all(is_empty(cell, zero=True) for cell in ("0", "0.0", "0,00", Decimal("0.0")))
    assert not is_empty("10", zero=True)


def test_clearing_and_truth() -> None:
    assert is_clear(" (Clear) ")
    assert not is_clear("clear")
    assert [truth(cell) for cell in ("Yes", "ja", "Evet", "да", "1", "TRUE")] == [True] * 6
    assert [truth(cell) for cell in ("No", "nein", "hayır", "нет", "0", Decimal(0))] == [False] * 6
    with pytest.raises(ValueError, match="yes or no"):
        truth("maybe")

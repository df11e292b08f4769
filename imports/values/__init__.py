"""Cells into values. Each parser raises ValueError with what is wrong and what would be right.

What a dot, a comma or the first number of a date means is decided for a column (`decide_sign`, `decide_order`) before
its cells are read.
"""

from __future__ import annotations

from imports.values.capacities import capacity
from imports.values.dates import DayOrder, OrderDecision, OrderState, OrderTally, decide_order
from imports.values.money import Currency, Money, currency_code, money, resolve_currency
from imports.values.numbers import SignDecision, SignState, SignTally, decide_sign, quantity
from imports.values.words import is_clear, is_empty, truth

__all__ = [
    "Currency",
    "DayOrder",
    "Money",
    "OrderDecision",
    "OrderState",
    "OrderTally",
    "SignDecision",
    "SignState",
    "SignTally",
    "capacity",
    "currency_code",
    "decide_order",
    "decide_sign",
    "is_clear",
    "is_empty",
    "money",
    "quantity",
    "resolve_currency",
    "truth",
]

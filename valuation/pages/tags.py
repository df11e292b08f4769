"""How figures read on a page."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template

from listings.currencies import shown
from listings.pricing import conversion, original_price
from valuation.engine import OPERATORS, format_usd, to_cents
from valuation.engine.conditions import LOGIC

register = template.Library()

NOTHING = "–"
MINUS = "\u2212"


@register.filter
def usd(cents: int | None) -> str:
    """Integer cents as `$1,234.50`."""
    return NOTHING if cents is None else format_usd(cents).replace("-", MINUS)


@register.filter
def signed_usd(cents: int | None) -> str:
    """`+$12.00`, `−$12.00`, `$0.00`."""
    return f"+{usd(cents)}" if cents is not None and cents > 0 else usd(cents)


@register.filter
def price(dollars: Decimal | None) -> str:
    """A decimal column of dollars."""
    return NOTHING if dollars is None else usd(int(dollars * 100))


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """An amount in its own currency: `€1,199.00`."""
    return shown(amount, currency)


register.filter(original_price)
register.filter(conversion)


@register.filter
def ratio(value: float | None) -> str:
    """Dollars per mark: `$0.0125`."""
    if value is None:
        return NOTHING
    return f"{MINUS if value < 0 else ''}${abs(value):,.4f}"


@register.filter
def score(value: float | None, digits: int = 0) -> str:
    return NOTHING if value is None else f"{value:,.{digits}f}"


@register.filter
def percent(value: float) -> str:
    """A score of 0..100 as a CSS number, whatever the language."""
    return f"{min(max(value, 0.0), 100.0):.1f}"


@register.filter
def dollars(value: float | None) -> str:
    """Dollars as the API gives them, with their sign."""
    return signed_usd(None if value is None else to_cents(value))


@register.filter
def about_usd(value: float | None) -> str:
    """Dollars without cents where those say nothing: `$54`, `\u2212$20`, `$2.50`."""
    if value is None:
        return NOTHING
    return usd(round(value) * 100 if abs(value) >= 10 else round(value * 100)).removesuffix(".00")


@register.filter
def share(value: float | None, digits: int = 0) -> str:
    """A part of one: `17 %`."""
    return NOTHING if value is None else f"{100 * value:.{digits}f} %".replace("-", MINUS)


@register.filter
def beside_fair(discount: float | None) -> str:
    """How far an ask is from the fair value, in words: `12 % below`, `5 % above`, `as much`."""
    if discount is None:
        return NOTHING
    whole = round(100 * abs(discount))
    if not whole:
        return "as much"
    if discount < -1:  # "900 % above" takes a moment: it is ten times as much
        return f"{1 - discount:.1f} times as much".replace(".0 ", " ")
    return f"{whole} % {'below' if discount > 0 else 'above'}"


@register.filter
def operator_words(operator: str) -> str:
    return OPERATORS[operator].label if operator in OPERATORS else operator


@register.filter
def logic_words(logic: str) -> str:
    """What has to hold of what stands in a group."""
    return LOGIC.get(logic, logic)


@register.filter
def plainly(value: Any) -> str:
    """A value of a condition as people write it."""
    if value is None:
        return "not stated"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    if isinstance(value, list):
        return ", ".join(plainly(item) for item in value)
    return str(value)

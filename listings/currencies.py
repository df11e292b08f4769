"""The currencies that prices may be in, by their ISO 4217 codes."""

from __future__ import annotations

from decimal import Decimal

_CODES = """
USD EUR GBP AUD CAD NZD HKD SGD TWD MXN BRL ARS CLP COP PEN UYU CHF SEK NOK DKK ISK PLN CZK HUF RON
BGN HRK RSD UAH RUB BYN KZT TRY ILS AED SAR EGP ZAR NGN KES MAD INR PKR LKR BDT NPR CNY JPY KRW THB
VND IDR MYR PHP
"""
CODES = frozenset(_CODES.split())
# No part of one is ever asked for: they are shown, and read, without decimals.
WITHOUT_CENTS = frozenset(("CLP", "COP", "JPY", "KRW", "VND", "IDR", "ISK", "HUF"))
# Signs that mean one currency wherever they are read; others are shown by their codes.
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "INR": "₹", "JPY": "¥", "KRW": "₩", "TRY": "₺", "UAH": "₴", "ILS": "₪"}


def shown(amount: Decimal, currency: str) -> str:
    """`€1,199.00`, `¥120,000`, `PLN 4,999.00`."""
    figures = f"{amount:,.0f}" if currency in WITHOUT_CENTS and amount == int(amount) else f"{amount:,.2f}"
    return f"{_SIGNS[currency]}{figures}" if currency in _SIGNS else f"{currency} {figures}"

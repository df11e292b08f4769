"""The currencies that prices may be in, by their ISO 4217 codes."""

from __future__ import annotations

_CODES = """
USD EUR GBP AUD CAD NZD HKD SGD TWD MXN BRL ARS CLP COP PEN UYU CHF SEK NOK DKK ISK PLN CZK HUF RON
BGN HRK RSD UAH RUB BYN KZT TRY ILS AED SAR EGP ZAR NGN KES MAD INR PKR LKR BDT NPR CNY JPY KRW THB
VND IDR MYR PHP
"""
CODES = frozenset(_CODES.split())
# No part of one is ever asked for: they are shown, and read, without decimals.
WITHOUT_CENTS = frozenset(("CLP", "COP", "JPY", "KRW", "VND", "IDR", "ISK", "HUF"))

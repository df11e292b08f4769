"""Currencies: their signs in cells and headers, the countries of addresses, and how they are written."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

from listings.currencies import CODES

# What it may be, the most common first: the signs that stand for it.
_SIGNS = """
USD: us $, us$, $us, u$s, us dollars
AUD: au $, au$, a$
CAD: ca $, c $, c$, ca$, cad$
NZD: nz $, nz$
HKD: hk $, hk$
SGD: sg $, s$, sg$
TWD: nt$, nt $
MXN: mx $, mx$, mex$
BRL: r$, r $
ARS: ar$, ar $
CLP: clp$, cl$
COP: col$, cop$
USD AUD CAD NZD MXN CLP ARS COP SGD HKD: $
EUR: €, euro, euros
GBP: £, pounds
PEN: s/., s/
PLN: zł, zl, pln
CZK: kč, kc
HUF: ft
RON: lei
BGN: лв
UAH: ₴, грн
RUB: ₽, руб, руб., р.
KZT: ₸
TRY: ₺, tl
ILS: ₪
INR: ₹
INR PKR LKR NPR: rs, rs.
PKR INR LKR NPR: ₨
BDT: ৳
JPY CNY: ¥, ￥
JPY: 円
CNY: 元, rmb
KRW: ₩, 원
THB: ฿
VND: ₫, đ
PHP: ₱
IDR: rp, rp.
MYR: rm
CHF: fr., sfr, sfr.
SEK NOK DKK ISK: kr
DKK SEK NOK ISK: kr.
ZAR: r
NGN: ₦
KES: ksh
AED MAD: dh
USD AUD CAD: dollars
"""
# Names of currencies in headers, normalised.
_WORDS = """
EUR: euro, euros
USD: dollar, dollars, usdollar
GBP: pound, pounds
PLN: zl, zloty
TRY: tl, lira
INR: rupees
BRL: reais
RUB: руб, рублеи
CNY: rmb
JPY: yen
CLP MXN ARS COP: pesos
PEN: soles
"""
# Countries of addresses; `.com` says nothing.
_DOMAINS = """
GBP: uk
AUD: au
NZD: nz
CAD: ca
MXN: mx
BRL: br
ARS: ar
CLP: cl
PEN: pe
UYU: uy
CHF: ch
SEK: se
NOK: no
DKK: dk
ISK: is
PLN: pl
CZK: cz
HUF: hu
RON: ro
UAH: ua
RUB: ru
BYN: by
KZT: kz
TRY: tr
ILS: il
AED: ae
SAR: sa
EGP: eg
ZAR: za
NGN: ng
KES: ke
MAD: ma
INR: in
PKR: pk
LKR: lk
BDT: bd
NPR: np
CNY: cn
JPY: jp
KRW: kr
THB: th
VND: vn
IDR: id
MYR: my
PHP: ph
SGD: sg
HKD: hk
TWD: tw
RSD: rs
USD: us
EUR: de, fr, es, it, nl, be, at, ie, pt, gr, fi, sk, si, lt, lv, ee, lu, mt, cy, hr, bg, eu
"""


def _read(table: str) -> dict[str, tuple[str, ...]]:
    entries = [entry.partition(":") for entry in re.split(r"\n(?=\S)", table.strip())]
    return {sign.strip(): tuple(codes.split()) for codes, _, signs in entries for sign in signs.split(",")}


SIGNS = _read(_SIGNS)
CURRENCY_WORDS = {**{code.lower(): (code,) for code in CODES}, **_read(_WORDS)}
DOMAINS = {country: codes[0] for country, codes in _read(_DOMAINS).items()}
AMERICAN_HOSTS = ("ebay.com", "amazon.com", "newegg.com", "bestbuy.com", "walmart.com", "backmarket.com")
# Written with a dot for thousands and a comma for cents wherever it is money.
WITH_DECIMAL_COMMA = frozenset(("TRY", "BRL", "ARS", "CLP", "COP", "DKK", "IDR", "VND", "UYU"))


@lru_cache(maxsize=1_024)
def header_currency(header: str) -> tuple[str, ...]:
    """What a header says: `Price(USD)`, `Price_euros`, `Preis in €`. Nothing, one, or what it may be."""
    for sign in ("€", "£", "₹", "₺", "₽", "R$", "US$", "$"):
        if sign in header:
            return SIGNS[sign.lower()]
    for word in re.findall(r"[^\W_]+", header.casefold()):
        if word in CURRENCY_WORDS:
            return CURRENCY_WORDS[word]
    return ()


def address_currency(url: str) -> str:
    """The currency of the country that an address belongs to, or nothing."""
    try:
        host = (urlsplit(url if "://" in url else f"//{url}").hostname or "").lower()
    except ValueError:
        return ""
    if any(host == known or host.endswith(f".{known}") for known in AMERICAN_HOSTS):
        return "USD"
    if host.endswith(".com.co"):  # `.co` alone is used by everybody
        return "COP"
    return DOMAINS.get(host.rpartition(".")[2], "") if "." in host else ""

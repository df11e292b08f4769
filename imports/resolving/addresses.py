"""Addresses of offers, without what follows people around, and the item numbers in those of eBay and Amazon."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from django.core.exceptions import ValidationError

from listings.choices import Marketplace
from listings.validation import validate_web_url

MOST = 2_000  # characters of an address
_EBAY = re.compile(r"(?:.*\.)?ebay\.(?:com|co|[a-z]{2})(?:\.[a-z]{2})?")
_AMAZON = re.compile(r"(?:.*\.)?amazon\.(?:com|co|[a-z]{2})(?:\.[a-z]{2})?")
_EBAY_ITEM = re.compile(r"/(?:itm|p|i)/(?:[^/]{1,300}/)?(\d{9,15})/?$")
_AMAZON_ITEM = re.compile(r"/(?:dp|gp/product|gp/aw/d|gp/offer-listing|product)/([A-Z0-9]{10})(?:/|$)")
# Parameters that say where a visitor came from, and nothing about the offer.
_TRACKING = re.compile(
    r"utm_.*|_trk.*|mc_[ce]id|ga_.*|_ga|gclid|gclsrc|dclid|wbraid|gbraid|fbclid|msclkid|yclid|ysclid|twclid|ttclid|igshid"
    r"|igsh|spm|scm|aff_.*|affiliate.*|afftrack|clickid|irclickid|irgwc|cjevent|ranmid|raneaid|ransiteid|epik|srsltid"
    r"|hsa_.*|pk_.*|mtm_.*|vero_.*|oly_.*|wickedid|ref_?|referrer|cm_mmc.*|cm_sp|sourceid|trackingid|campid|mkevt|mkcid"
    r"|mkrid|toolid|customid|_skw|itmmeta|itmprp|amdata|hash|epid|siteid"
)
_WITHOUT_SCHEME = re.compile(r"(?://)?([a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:[:/?#].*)?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """An address, the market it is of (eBay or Amazon) and the number that the offer has there."""

    url: str
    marketplace: str = ""
    item: str = ""


def address(text: str) -> Address:
    """`www.ebay.co.uk/itm/HP-ZBook/184180333682?_trksid=p1` is `https://www.ebay.co.uk/itm/184180333682`.

    Raises ValueError with what is wrong and what would be right.
    """
    url = text.strip()
    if len(url) > MOST:
        raise ValueError(f"an address has at most {MOST:,} characters")
    bare = None if "://" in url else _WITHOUT_SCHEME.fullmatch(url)
    if bare:
        url = f"https://{bare[1]}"[:MOST]
    try:
        validate_web_url(url)
    except ValidationError as error:
        raise ValueError(str(error.message)) from error
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    origin = f"{parts.scheme}://{parts.netloc}"
    if _EBAY.fullmatch(host):
        if found := _EBAY_ITEM.search(parts.path):
            variation = dict(parse_qsl(parts.query)).get("var", "")
            return Address(
                f"{origin}/itm/{found[1]}" + (f"?var={variation}" if variation.isdigit() else ""),
                Marketplace.EBAY,
                found[1],
            )
        return Address(_without_tracking(url), Marketplace.EBAY)
    if _AMAZON.fullmatch(host):
        if found := _AMAZON_ITEM.search(parts.path):
            return Address(f"{origin}/dp/{found[1]}", Marketplace.AMAZON, found[1])
        return Address(_without_tracking(url), Marketplace.AMAZON)
    return Address(_without_tracking(url))


def _without_tracking(url: str) -> str:
    parts = urlsplit(url)
    if not parts.query:
        return url
    kept = [part for part in parts.query.split("&") if not _TRACKING.fullmatch(part.partition("=")[0].lower())]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "&".join(kept), parts.fragment))


def item_number(text: str) -> str:
    """An id as its market writes it: `225566778899.0` is `225566778899`. Raises ValueError where digits were lost."""
    number = text.strip()
    if re.fullmatch(r"\d(?:[.,]\d+)?[eE]\+?\d{1,3}", number):
        raise ValueError(
            f'"{number[:40]}" is a number that a spreadsheet has rounded, so that its last digits are lost: '
            "format the column as text in the spreadsheet, and export it again"
        )
    if whole := re.fullmatch(r"(\d+)[.,]0+", number):
        return whole[1]
    if len(number) > 128:
        raise ValueError("an id has at most 128 characters")
    return number

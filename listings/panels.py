"""What the admin's page of a listing shows of its imports: where its values came from, and what it has cost."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.core.exceptions import ObjectDoesNotExist
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dealbrain.admin import NOTHING
from listings.currencies import shown
from listings.models import Listing, ListingOrigin
from listings.origins import describe
from listings.pricing import newest_prices
from listings.rates import USD

ROW = "<tr><th>{}</th><td>{}</td><td>{}</td></tr>"


def origins(listing: Listing) -> str:
    """A table of the imported values: what the listing says, and who said so."""
    rows = describe(listing, origin_of(listing))
    said = [
        (row.label, row.value, f"{row.whence}; the import: {row.imported}" if row.imported else row.whence)
        for row in rows
    ]
    return _table(("Field", "Value", "From"), said)


def prices(listing: Listing) -> str:
    """A table of the prices that imports have told, the newest first."""
    return _table(
        ("Day", "Price", "In dollars"),
        [
            (str(record.date), shown(record.price_original, record.currency), in_dollars(record.price_usd))
            for record in newest_prices(listing)
        ],
    )


def origin_of(listing: Listing) -> ListingOrigin | None:
    try:
        return listing.origin
    except ObjectDoesNotExist:
        return None


def in_dollars(amount: Decimal | None) -> str:
    return NOTHING if amount is None else shown(amount, USD)


def _table(header: tuple[str, str, str], rows: Iterable[tuple[str, str, str]]) -> str | SafeString:
    lines = format_html_join("", ROW, rows)
    if not lines:
        return NOTHING
    head = format_html("<tr><th>{}</th><th>{}</th><th>{}</th></tr>", *header)
    return format_html("<table><thead>{}</thead><tbody>{}</tbody></table>", head, lines)

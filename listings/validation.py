"""Checks of single values, used by the model, the forms and the serializers alike."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

from listings.choices import Whence
from listings.currencies import CODES

MOST_URLS, MOST_COMPONENTS = 50, 100  # of one listing
MOST_RATE = 1_000  # dollars for one unit; no currency comes near, and what is above was typed the wrong way round


def validate_web_url(value: str) -> None:
    """An http or https address with a host, so that no `javascript:` link is ever shown."""
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port  # (reading the port checks it)
    except ValueError as error:
        raise ValidationError(f'"{value}" is not a web address: {error}.') from error
    if parts.scheme not in ("http", "https") or not host:
        raise ValidationError(
            f'"{value}" is not a web address: it must start with http:// or https:// and name a host.'
        )
    if problem := _unclear(value, parts.netloc, host):
        raise ValidationError(f'"{value}" is not a web address: {problem}')


def _unclear(value: str, netloc: str, host: str) -> str:
    """Why programs may disagree on where an address leads, or people be misled about it; "" if nothing is wrong."""
    if any(c.isspace() or unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in value):
        return "it holds blanks, control characters or characters that cannot be seen."
    if "\\" in value:
        return "write slashes, not backslashes."
    if "@" in netloc:
        return "leave out the name and the password before the host."
    return "" if any(c.isalnum() for c in host) and not host.startswith(".") else "its host is no name."


def validate_other_urls(value: object) -> None:
    """`[{"url": ..., "label": ...}]`, each url as in `validate_web_url`."""
    if not isinstance(value, list):
        raise ValidationError('Other URLs are a list of {"url", "label"} objects.')
    if len(value) > MOST_URLS:
        raise ValidationError(f"There may be at most {MOST_URLS} other URLs, not {len(value):,}.")
    for position, item in enumerate(value):
        if not isinstance(item, dict) or not isinstance(item.get("url"), str) or set(item) - {"url", "label"}:
            raise ValidationError(f'[{position}]: This must be an object with "url" and, if wanted, "label".')
        if not isinstance(item.get("label", ""), str | None):
            raise ValidationError(f"[{position}].label: This must be text.")
        try:
            validate_web_url(item["url"])
        except ValidationError as error:
            raise ValidationError(f"[{position}].url: {error.message}") from error


def validate_other_components(value: object) -> None:
    """A list of texts."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValidationError("Other components are a list of texts.")
    if len(value) > MOST_COMPONENTS:
        raise ValidationError(f"There may be at most {MOST_COMPONENTS} other components, not {len(value):,}.")


def validate_currency(value: str) -> None:
    """One of the codes that are known, in capitals."""
    if value not in CODES:
        raise ValidationError(f'"{value}" is not a currency that is known here: give an ISO 4217 code such as EUR.')


def validate_rate(value: Decimal) -> None:
    """US dollars for one unit of a currency."""
    if not 0 < value < MOST_RATE:
        raise ValidationError(f"A rate is the US dollars for one unit: more than 0, and less than {MOST_RATE:,}.")


def price_problems(price_original: Decimal | None, currency: str) -> dict[str, str]:
    """What is wrong with the two together: {field: message}."""
    if price_original is not None and not currency:
        return {"currency": "Say which currency the original price is in, such as EUR."}
    return {}


def validate_facts(value: object) -> None:
    """`{field: [where, value]}`, with the header of the column as a third where it is known."""
    if not isinstance(value, dict):
        raise ValidationError("Facts are an object of fields.")
    for name, fact in value.items():
        if not isinstance(fact, list) or len(fact) not in (2, 3) or fact[0] not in Whence.values:
            raise ValidationError(f"{name}: This must be a list of where ({', '.join(Whence.values)}) and the value.")

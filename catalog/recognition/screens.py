"""Screens: the diagonal in inches."""

from __future__ import annotations

import re

from .texts import fold, is_empty, lower

_INCHES = re.compile(
    r"(?P<inches>\d(?<![^\W_]\d)(?<!\d[.,]\d)\d?(?:[.,]\d{1,2})?)\s?-?\s?(?:,?\"{1,2}|''|``|['`](?![\w])|"
    r"inch(?:es)?(?![a-z])|in(?![\w]|-\d|\s1\b)|zoll|pouces?|pulgadas?|"
    r"pul\.|polegadas?|cal(?:i|e|owy)?(?!\w)|inç|дюйм\w{0,3})"
)
_CM = re.compile(r"(?P<cm>\d(?<!\w\d)(?<!\d[.,]\d)\d(?:[.,]\d{1,2})?)\s?cm(?!\w)")
# Diagonals that screens have; without a unit only these, and with their decimal.
_DECIMALS = re.compile(
    r"(?P<inches>1(?<![\w$£€-]1)(?<!\d[.,]1)[0-8][.,]\d)(?![\w.,%]|\s?(?:ghz|gb|tb|v|wh|w|kg|lbs?|mm|mah|hours?|"
    r"hrs?)(?!\w)|\s?x\s?\d)"
)
_USUAL = frozenset(
    (
        10.1,
        10.5,
        11.6,
        12.1,
        12.3,
        12.4,
        12.5,
        13.0,
        13.3,
        13.4,
        13.5,
        13.6,
        14.0,
        14.1,
        14.2,
        14.4,
        14.5,
        15.0,
        15.3,
        15.4,
        15.6,
        16.0,
        16.1,
        16.2,
        17.0,
        17.3,
        18.0,
        18.4,
    )
)
_BEFORE_LAPTOP = re.compile(r"(?P<inches>1(?<![\w.,-]1)[0-8])\s{1,3}(?:laptops?|notebooks?|netbook|ноутбук)(?!\w)")
_THINKPAD = re.compile(r"thinkpad\s{1,3}(?P<inches>1[1-7])(?![\w.,-])")
# Series whose number is a name, not the inches.
_NAMED = (
    "xps",
    "zbook",
    "studio",
    "omen",
    "firefly",
    "blade",
    "gram",
    "envy",
    "spectre",
    "fury",
    "power",
    "air",
    "pro",
)
SMALLEST, LARGEST = 6.0, 49.0


def find_screen(low: str) -> tuple[float | None, list[tuple[int, int]]]:
    """The diagonal in inches, and the places that name it with a unit or a decimal."""
    spans: list[tuple[int, int]] = []
    sizes: list[float] = []
    for found in _INCHES.finditer(low):
        inches = float(found["inches"].replace(",", "."))
        if SMALLEST <= inches <= LARGEST:
            spans.append(found.span())
            sizes.append(inches)
    for found in _CM.finditer(low):
        spans.append(found.span())
        inches = round(float(found["cm"].replace(",", ".")) / 2.54, 1)
        if not sizes and SMALLEST <= inches <= LARGEST:
            sizes.append(inches)
    for found in _DECIMALS.finditer(low):
        inches = float(found["inches"].replace(",", "."))
        if inches in _USUAL and not low[: found.start()].rstrip().endswith(
            ("os", "os x", "macos", "ubuntu", "version", "v")
        ):
            spans.append(found.span())
            sizes.append(inches)
    return (sizes[0] if sizes else _without_unit(low)), spans


def _without_unit(low: str) -> float | None:
    found = _THINKPAD.search(low) or _BEFORE_LAPTOP.search(low)
    if not found or low[max(0, found.start() - 12) : found.start()].rstrip().endswith(_NAMED):
        return None
    return float(found["inches"])


def read_screen(text: str | None) -> float | None:
    """What a cell of a column of screens says: "15.6", "15,6\\"", "39.6 cm", "LED 14.0\\" (1920x1080)"."""
    if text is None or is_empty(text):
        return None
    low = lower(fold(text))
    inches, _ = find_screen(low)
    plain = re.fullmatch(r"\s{0,9}(\d{1,2}(?:[.,]\d{1,2})?)\s{0,9}", low)
    if inches is None and plain:
        number = float(plain[1].replace(",", "."))
        return number if SMALLEST <= number <= LARGEST else None
    return inches

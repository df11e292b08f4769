"""Exchange rates from a file: the European Central Bank's table, or one rate a line.

The bank's file (https://www.ecb.europa.eu/stats/eurofxref/) has a line for a day and a column for a currency, with how
many units one euro buys, `N/A` where there was none and a comma at the end. A unit of a currency is then worth what the
euro costs in dollars, divided by that number. The other shape is `currency,date,usd_per_unit`.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from dealbrain.numerals import is_number
from listings.currencies import CODES
from listings.models import ExchangeRate
from listings.rates import USD
from listings.validation import MOST_RATE

MOST_BYTES = 50_000_000  # the bank's whole history has less than two
MOST_ERRORS = 1_000  # kept in a report; all of them are counted
CHUNK = 1_000
DIGITS = Decimal("1e-12")
MOST_DIGITS, MOST_PLACES = 30, 15
SHOWN = 60
NOTHING = frozenset(("", "N/A", "NA", "-"))
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
WORDED_DAY = re.compile(r"[0-9]{1,2} [A-Za-z]+ [0-9]{4}")  # of the bank's file of one day
ONE_A_LINE = ("currency", "date", "usd_per_unit")
SHAPES = (
    "Give the European Central Bank's eurofxref-hist.csv (or its zip), or a CSV file of currency,date,usd_per_unit."
)


class RateFileError(Exception):
    """The file is no table of rates, or there is no rate in it."""


@dataclass(frozen=True, slots=True)
class BadRate:
    """What of a file did not go in: the line, the value, and what is wrong and how to mend it."""

    line: int
    column: str
    value: str
    message: str


@dataclass(slots=True)
class RatesReport:
    """What a file of rates did. `ignored` are its columns that are no currency known here."""

    rates: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    first: date | None = None
    last: date | None = None
    currencies: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    errors: list[BadRate] = field(default_factory=list)

    def reject(self, line: int, column: str, value: str, message: str) -> None:
        self.rejected += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(BadRate(line, column, value[:SHOWN], message))


Key = tuple[str, date]
Found = dict[Key, Decimal]
Rates = Iterator[tuple[Key, Decimal]]
Reader = Callable[[int, Mapping[str, str], RatesReport], Rates]


def import_rates(content: bytes, *, dry_run: bool = False) -> RatesReport:
    """Keep the rates of a file; of a day that has one already, the file's counts. Prices that were converted stay.

    Good lines go in together, bad ones are in the report. Raises RateFileError when nothing can be used.
    """
    report = RatesReport()
    found = _read(_table(content), report)
    if not found:
        raise RateFileError(_nothing_in_it(report))
    days = {day for _, day in found}
    report.rates, report.first, report.last = len(found), min(days), max(days)
    report.currencies = sorted({currency for currency, _ in found})
    with transaction.atomic():
        _store(found, report, dry_run=dry_run)
    return report


def _nothing_in_it(report: RatesReport) -> str:
    if not report.errors:
        return f"there is no rate in it. {SHAPES}"
    first = report.errors[0]
    return f'none of it can be used. Line {first.line}, {first.column}: "{first.value}": {first.message}.'


def _store(found: Found, report: RatesReport, *, dry_run: bool) -> None:
    kept = ExchangeRate.objects.filter(currency__in=report.currencies, date__range=(report.first, report.last))
    known = {(currency, day): value for currency, day, value in kept.values_list("currency", "date", "usd_per_unit")}
    moved = {key: value for key, value in found.items() if known.get(key) != value}
    report.updated = len(moved.keys() & known.keys())
    report.created, report.unchanged = len(moved) - report.updated, len(found) - len(moved)
    if dry_run:
        return
    rows = [ExchangeRate(currency=key[0], date=key[1], usd_per_unit=value) for key, value in sorted(moved.items())]
    ExchangeRate.objects.bulk_create(
        rows,
        batch_size=CHUNK,
        update_conflicts=True,
        unique_fields=["currency", "date"],
        update_fields=["usd_per_unit"],
    )


def _table(content: bytes) -> Any:
    """A csv reader of the file, or of the one CSV file in a zip."""
    if content.startswith(b"PK"):
        content = _unzipped(content)
    if len(content) > MOST_BYTES:
        raise RateFileError(f"it has more than {MOST_BYTES:,} bytes: leave out the older lines.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RateFileError(f"it is no text in UTF-8. {SHAPES}") from error
    return csv.reader(io.StringIO(text, newline=""))


def _unzipped(content: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
            if len(names) != 1:
                raise RateFileError(f"the zip holds {len(names)} CSV files, not one.")
            with archive.open(names[0]) as file:
                return file.read(MOST_BYTES + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise RateFileError(f"the zip cannot be read: {error}. {SHAPES}") from error


def _read(table: Any, report: RatesReport) -> Found:
    found: Found = {}
    lines: dict[Key, int] = {}
    try:
        header = [cell.strip() for cell in next(table, [])]
        read = _shape(header, report)
        for cells in table:
            row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
            if any(row.values()):
                for key, value in read(table.line_num, row, report):
                    if found.setdefault(key, value) != value:
                        again = f"line {lines[key]} says {found[key].normalize():f} for this day: leave out one of them"
                        report.reject(table.line_num, key[0], f"{value.normalize():f}", again)
                    lines.setdefault(key, table.line_num)
    except csv.Error as error:
        raise RateFileError(f"line {table.line_num} is no CSV: {error}.") from error
    return found


def _shape(header: list[str], report: RatesReport) -> Reader:
    """How the lines below such a header are read; the header is put in lower case where that is how it is read."""
    lowered = [name.lower() for name in header]
    if set(ONE_A_LINE) <= set(lowered):
        header[:] = lowered
        return _one_a_line
    if lowered[:1] != ["date"] or "USD" not in header:
        raise RateFileError(f"its first line is no header of rates. {SHAPES}")
    header[0] = "date"
    report.ignored = [name for name in header[1:] if name and name not in CODES]
    return _one_a_day


def _one_a_line(line: int, row: Mapping[str, str], report: RatesReport) -> Rates:
    try:
        currency = _currency(row["currency"])
        day, value = _day(row.get("date", "")), _number("usd_per_unit", row.get("usd_per_unit", ""))
        yield (currency, day), _rate("usd_per_unit", value)
    except _Wrong as wrong:
        report.reject(line, *wrong.args)


def _one_a_day(line: int, row: Mapping[str, str], report: RatesReport) -> Rates:
    """With E dollars and n of a currency for one euro, the euro is worth E dollars, and a unit of it E / n."""
    try:
        day, euro = _day(row["date"]), _number("USD", row.get("USD", ""))
        yield ("EUR", day), _rate("USD", euro)
    except _Wrong as wrong:
        report.reject(line, *wrong.args)
        return
    for name, cell in row.items():
        if name in CODES and name not in ("EUR", "USD") and cell.upper() not in NOTHING:
            try:
                yield (name, day), _rate(name, euro / _number(name, cell), cell)
            except _Wrong as wrong:
                report.reject(line, *wrong.args)


class _Wrong(Exception):
    """Of one value: its column, the value, and what is wrong with it."""


def _currency(text: str) -> str:
    code = text.upper()
    if code not in CODES or code == USD:
        known = "the dollar is always 1" if code == USD else "this is no currency known here: give its ISO 4217 code"
        raise _Wrong("currency", text, known)
    return code


def _day(text: str) -> date:
    try:
        if ISO_DAY.fullmatch(text):
            day = date.fromisoformat(text)
        elif WORDED_DAY.fullmatch(text):
            day = datetime.strptime(text, "%d %B %Y").date()  # noqa: DTZ007  # a day has no zone
        else:
            raise ValueError(text)
    except ValueError as error:
        raise _Wrong("date", text, "this is no day: write it like 2026-11-24") from error
    if day > timezone.now().date() + timedelta(days=1):
        raise _Wrong("date", text, "this day has not come yet")
    return day


def _number(name: str, text: str) -> Decimal:
    """A number above zero."""
    if not is_number(text) or len(text) > MOST_DIGITS:
        raise _Wrong(name, text, "this is no number: write it like 1.0821, with a dot")
    value = Decimal(text)
    if value <= 0:
        raise _Wrong(name, text, "this must be more than 0")
    if abs(value.adjusted()) > MOST_PLACES:
        raise _Wrong(name, text, "this is no rate of any currency")
    return value


def _rate(name: str, value: Decimal, text: str = "") -> Decimal:
    """As many digits as are kept."""
    rate = value.quantize(DIGITS, ROUND_HALF_EVEN) if value < MOST_RATE else value
    if not 0 < rate < MOST_RATE:
        shown = f"a unit would be worth {value.normalize():.3g} dollars, and must be worth more than 0 and less than"
        raise _Wrong(name, text or str(value), f"{shown} {MOST_RATE:,}: is it the wrong way round?")
    return rate

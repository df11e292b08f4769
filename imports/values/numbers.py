"""Numbers as people write them. The column decides what its dots and commas mean, not the cell.

A cell shows its decimal sign if it has both signs (the last one is it), if one sign stands before one, two or more than
three digits, or if one sign stands twice (it is the other one then). `1.299` alone shows nothing: it takes its meaning
from the other cells of its column, and is asked about where none of them shows any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from imports.currencies import WITH_DECIMAL_COMMA
from imports.reading.detection import Cell
from listings.currencies import WITHOUT_CENTS

DOT, COMMA = ".", ","
SPACES = " \u00a0\u202f\u2009"
# Spaces and apostrophes part thousands and nothing else.
NUMERAL = re.compile(
    rf"[0-9]{{1,3}}(?:[{SPACES}'’][0-9]{{3}})+(?![0-9])(?:[.,][0-9]+)?|[0-9](?:[0-9.,]*[0-9])?|[.,][0-9]+"
)
GROUPED = re.compile(rf"[{SPACES}'’]")
DASHED = re.compile(r"[0-9]([.,])\s?[-–—]{1,2}(?!\s*[0-9])")  # `1.299,-` has no cents, behind a comma
MOST_DIGITS = 15


class SignState(StrEnum):
    NOT_NEEDED = "not_needed"  # no cell has a sign
    DECIDED = "decided"
    UNDECIDED = "undecided"  # only cells like 1.299: ask
    CONTRADICTORY = "contradictory"  # the column is refused


@dataclass(frozen=True, slots=True)
class SignDecision:
    """The decimal sign of a column, and the cell that shows it. Where two disagree, `against` is the other one."""

    state: SignState
    sign: str = ""
    evidence: str = ""
    against: str = ""
    by_currency: bool = False


class SignTally:
    """What the cells of one column show, taken in one by one."""

    def __init__(self) -> None:
        self._decimal: dict[str, str] = {}  # sign -> the first cell that shows it
        self._open: dict[str, str] = {}  # sign -> the first cell such as 1.299

    def see(self, cell: Cell) -> None:
        if isinstance(cell, Decimal):
            return
        if whole := DASHED.search(cell):
            self._decimal.setdefault(whole[1], cell[:100])
        for numeral in NUMERAL.findall(cell):
            shown = decimal_sign(numeral)
            if shown:
                self._decimal.setdefault(shown, cell[:100])
            elif is_open(numeral):
                self._open.setdefault(DOT if DOT in numeral else COMMA, cell[:100])

    def decision(self, currency: str = "") -> SignDecision:
        """`currency` is that of the whole column: pesos have no cents, so that 1.299 is a thousand of them."""
        if len(self._decimal) == 2:
            return SignDecision(SignState.CONTRADICTORY, "", self._decimal[DOT], self._decimal[COMMA])
        for sign, cell in self._decimal.items():
            return SignDecision(SignState.DECIDED, sign, cell)
        if len(self._open) == 2:
            return SignDecision(SignState.CONTRADICTORY, "", self._open[DOT], self._open[COMMA])
        for sign, cell in self._open.items():
            other = COMMA if sign == DOT else DOT
            if currency in WITHOUT_CENTS or (currency in WITH_DECIMAL_COMMA and sign == DOT):
                return SignDecision(SignState.DECIDED, other, cell, by_currency=True)
            return SignDecision(SignState.UNDECIDED, "", cell)
        return SignDecision(SignState.NOT_NEEDED)


def decide_sign(cells: Iterable[Cell], currency: str = "") -> SignDecision:
    tally = SignTally()
    for cell in cells:
        tally.see(cell)
    return tally.decision(currency)


def decimal_sign(numeral: str) -> str:
    """The decimal sign that a numeral shows by itself, or nothing."""
    signs = [char for char in numeral if char in ".,"]
    if not signs:
        return ""
    last = signs[-1]
    other = COMMA if last == DOT else DOT
    if other in signs:
        return last if signs.count(last) == 1 else ""
    if len(signs) > 1:
        return other
    head, _, tail = numeral.rpartition(last)
    if len(tail) != 3 or head in ("", "0") or len(head) > 3 or GROUPED.search(head):
        return last
    return ""


def is_open(numeral: str) -> bool:
    """Whether a numeral is like 1.299: a thousand and some, or one and some."""
    return any(char in numeral for char in ".,") and not decimal_sign(numeral)


def parsed(numeral: str, sign: str = "") -> Decimal:
    """The number, with `sign` before its decimals. Raises ValueError where it does not fit, or could be two numbers."""
    shown = decimal_sign(numeral)
    sign = sign or shown
    if not sign and is_open(numeral):
        raise ValueError(f'"{numeral}" is a thousand and some, or has three decimals: which sign marks decimals here?')
    whole, _, tail = numeral.rpartition(sign) if sign and sign in numeral else (numeral, "", "")
    groups = re.split(rf"[{SPACES}'’.,]", whole)
    if not _is_grouped(groups) or not (tail.isdigit() or not tail):
        marks = "a comma" if sign == COMMA else "a dot"
        raise ValueError(f'"{numeral}" is no number where {marks} marks decimals')
    digits = "".join(groups)
    if len(digits) > MOST_DIGITS or len(tail) > MOST_DIGITS:
        raise ValueError("a number of ordinary size is needed")
    return Decimal(f"{digits or 0}.{tail or 0}")


def _is_grouped(groups: list[str]) -> bool:
    """1.299.000, and 12,34,567 as India writes it."""
    if len(groups) == 1:
        return groups[0].isdigit() or not groups[0]
    first, *middle, last = groups
    return (
        all(group.isdigit() for group in groups)
        and len(first) <= 3
        and len(last) == 3
        and (all(len(group) == 3 for group in middle) or all(len(group) == 2 for group in (*middle, "00")))
    )


WITH_UNIT = re.compile(rf"\s*([-+−]?)\s*({NUMERAL.pattern})\s*([^\W\d_][^\d.,]{{0,20}}\.?|[\"”″'’%°]{{1,2}})?\s*")


def quantity(cell: Cell, sign: str = "") -> tuple[Decimal, str]:
    """(number, unit) of `15,6 Zoll`, `65W`, `13.3"`; the unit in lower case."""
    if isinstance(cell, Decimal):
        return cell, ""
    match = WITH_UNIT.fullmatch(cell)
    if not match:
        raise ValueError("a number is needed")
    value = parsed(match[2], sign)
    return (-value if match[1] in ("-", "−") else value), (match[3] or "").strip().casefold()


def number(cell: Cell, sign: str = "") -> Decimal:
    """A number, whatever its unit."""
    return quantity(cell, sign)[0]

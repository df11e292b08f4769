"""Query parameters, checked as strictly as a body: an unknown or repeated one is refused, not ignored."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from django.http import QueryDict

from dealbrain.api.problems import MOST_PROBLEMS, FieldProblem, printable
from dealbrain.constraints import MOST_DOLLARS
from dealbrain.hints import may_hint

TRUE_WORDS = ("true", "1", "yes")
FALSE_WORDS = ("false", "0", "no")
MOST_ID = 2**53 - 1  # what every client's numbers hold
MOST_TEXT = 1_000
# What the older contract calls parameters.
OLDER_NAMES = {"search": "q", "skip": "offset", "sort_by": "ordering"}
DIRECTIONS = ("asc", "desc")
MOST_DIGITS = 13
MOST_MOMENT = 64
DOLLARS = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?")


def unreadable(text: str) -> bool:
    """Whether a text holds what no database column takes: a NUL, or half of a surrogate pair."""
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)


def nearest(word: str, known: Collection[str]) -> str:
    """` Did you mean "x"?`, or nothing when no known word is near."""
    if not may_hint():
        return ""
    found = get_close_matches(word[:100].lower(), sorted(known), n=1, cutoff=0.5)
    return f' Did you mean "{found[0]}"?' if found else ""


def check_names(given: QueryDict, known: Collection[str]) -> list[FieldProblem]:
    """What is wrong with the parameters before anyone looks at what they mean."""
    problems: list[FieldProblem] = []
    for name, values in given.lists():
        if len(problems) > MOST_PROBLEMS:
            break
        if unreadable(name):
            problems.append(FieldProblem(printable(name), "The name of a parameter is not text.", "not_text"))
        elif name not in known:
            hint = nearest(name, known) or ("" if known else " It takes none.")
            problems.append(FieldProblem(name, f"This is not a parameter of this address.{hint}", "unknown"))
        elif any(unreadable(value) for value in values):
            problems.append(FieldProblem(name, "This holds characters that are not text.", "not_text"))
        elif len(values) > 1:
            problems.append(FieldProblem(name, "This may be given only once.", "repeated"))
    return problems


def with_our_names(given: QueryDict, known: Collection[str]) -> tuple[QueryDict, dict[str, str], list[FieldProblem]]:
    """A query under our names, as far as it says the same under those of the older contract.

    Also which of our names stand for which older ones, so that a problem is told under the name that was given, and
    what is wrong. An older name that this address has itself is its own.
    """
    renamed: dict[str, str] = {}
    problems: list[FieldProblem] = []
    found = given.copy()
    for older, ours in OLDER_NAMES.items():
        if older in given and older not in known and ours in known:
            if ours in given:
                problems.append(FieldProblem(older, f"This is another name of {ours}: give one of them.", "exclusive"))
            found.setlist(ours, found.pop(older))
            renamed[ours] = older
    if "sort_order" in given and "sort_order" not in known and "ordering" in known:
        direction = str(found.pop("sort_order")[-1])
        if direction not in ("", *DIRECTIONS):
            problems.append(FieldProblem("sort_order", f"This must be one of {', '.join(DIRECTIONS)}.", "invalid"))
        names = found.get("ordering", "") if "sort_by" in renamed.values() else ""
        if direction == "desc" and names:
            found["ordering"] = ",".join(f"-{name.strip().removeprefix('-')}" for name in names.split(","))
    return found, renamed, problems


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter: how it is read, and how the schema describes it. Plain, it is any short text."""

    name: str
    help: str
    default: Any = None

    def read(self, given: QueryDict, problems: list[FieldProblem]) -> Any:
        """The value given, or the default; what is wrong with it is added to `problems`.

        Empty counts as left out: that is how a form sends a box that nobody filled in.
        """
        text = given.get(self.name)
        if not text:
            return self.default
        try:
            return self.value(str(text))
        except ValueError as error:
            problems.append(FieldProblem(self.name, str(error), "invalid"))
            return self.default

    def value(self, text: str) -> Any:
        """The value of a text. Raises ValueError with a sentence that says what it must be."""
        if len(text) > MOST_TEXT:
            raise ValueError(f"This may have at most {MOST_TEXT} characters.")
        return text

    def schema(self) -> dict[str, Any]:
        """What it may hold, as JSON Schema."""
        return {"type": "string", "maxLength": MOST_TEXT, **self._shown_default()}

    def _shown_default(self) -> dict[str, Any]:
        return {} if self.default is None else {"default": self.default}


@dataclass(frozen=True, slots=True)
class LongText(Parameter):
    """Text of up to `most` characters."""

    most: int = MOST_TEXT

    def value(self, text: str) -> str:
        if len(text) > self.most:
            raise ValueError(f"This may have at most {self.most} characters.")
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": self.most, **self._shown_default()}


@dataclass(frozen=True, slots=True)
class Whole(Parameter):
    """A whole number in `low..high`."""

    low: int = 0
    high: int = MOST_ID

    def value(self, text: str) -> int:
        digits = text.removeprefix("-")
        # The length first: turning a text of a million digits into a number is work that nobody asked for.
        if len(digits) <= 19 and digits.isascii() and digits.isdigit() and self.low <= int(text) <= self.high:
            return int(text)
        raise ValueError(f"This must be a whole number from {self.low} to {self.high}.")

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.low, "maximum": self.high, **self._shown_default()}


@dataclass(frozen=True, slots=True)
class Flag(Parameter):
    """True or false."""

    default: bool = False

    def value(self, text: str) -> bool:
        if text.lower() not in TRUE_WORDS + FALSE_WORDS:
            raise ValueError("This must be true or false.")
        return text.lower() in TRUE_WORDS

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean", "default": self.default}


@dataclass(frozen=True, slots=True)
class Choice(Parameter):
    """One of a few words."""

    choices: Collection[str] = ()

    def value(self, text: str) -> str:
        if text not in self.choices:
            raise ValueError(f"This must be one of {', '.join(self.choices)}.{nearest(text, self.choices)}")
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.choices), **self._shown_default()}


@dataclass(frozen=True, slots=True)
class Dollars(Parameter):
    """An amount of USD, 0 or more, with at most two decimals."""

    def value(self, text: str) -> Decimal:
        if len(text) > MOST_DIGITS or not DOLLARS.fullmatch(text):
            raise ValueError(f"This must be an amount of 0 or more with at most two decimals, below {MOST_DOLLARS}.")
        return Decimal(text)

    def schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": 0, "maximum": MOST_DOLLARS, "multipleOf": 0.01, **self._shown_default()}


@dataclass(frozen=True, slots=True)
class Order(Parameter):
    """One to three names, each with `-` before it or not. `more` is a pattern of names beyond those that are listed."""

    names: Collection[str] = ()
    more: str = ""

    def schema(self) -> dict[str, Any]:
        one = f"-?({'|'.join([*self.names, *filter(None, [self.more])])})"
        return {**Parameter.schema(self), "pattern": f"^({one}(,{one}){{0,2}})?$"}


@dataclass(frozen=True, slots=True)
class Moment(Parameter):
    """A time or a day in ISO 8601; without a zone it is UTC."""

    def value(self, text: str) -> datetime:
        try:
            if len(text) > MOST_MOMENT or not text.isascii():
                raise ValueError
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):  # a zone can move the first and the last day out of the calendar
            raise ValueError("This must be a time such as 2026-11-24T08:30:00Z, or a day.") from None

    def schema(self) -> dict[str, Any]:
        kinds = [{"type": "string", "format": kind} for kind in ("date-time", "date")]
        return {"anyOf": kinds, "example": "2026-11-24T08:30:00Z"}

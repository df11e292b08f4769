"""The operator table: what each operator accepts, and the column function that answers it.

A value is read once, when the rule is compiled, into what the column function needs (`read_value`): folded text, a
float, a tuple of either, or a compiled pattern. Reading reports everything that is wrong with it as Problems.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import Any
from unicodedata import normalize

import numpy as np
import re2

from .batch import Mask, fold, number_text
from .errors import Problem
from .fields import Field, Kind, nearest
from .money import Floats
from .spec import Json

MAX_VALUES = 1000
OPTION = "option"  # the code of a value that is none of a field's options
_SET_PROGRAM_LIMIT = 2000  # RE2 instructions; see Pattern


class Shape(StrEnum):
    """What an operator's `value` looks like."""

    ONE = "one"
    PAIR = "pair"
    LIST = "list"
    PATTERN = "pattern"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Operator:
    """One row of the table. `number` answers columns of numbers, `text` folded text (or raw text for a pattern).

    `label` reads between a fact and a value, everywhere: "RAM is at least 16 GB". `symbol` stands for it in front of a
    number, where there is one.
    """

    name: str
    label: str
    kinds: tuple[Kind, ...]
    shape: Shape = Shape.ONE
    aliases: tuple[str, ...] = ()
    number: Callable[[Floats, Any], Mask] | None = None
    text: Callable[[str, Any], bool] | None = None
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled RE2 search, without case. Equal when the text is equal."""

    source: str
    search: Callable[[bytes], object] = field(compare=False)

    def found_in(self, texts: Iterable[str]) -> list[bool]:
        """The answer for each text. Most are ASCII, and those are in NFC as they are."""
        search = self.search
        return [
            search(text.encode() if text.isascii() else normalize("NFC", text).encode("utf-8", "replace")) is not None
            for text in texts
        ]


def compile_pattern(source: str) -> Pattern:
    """Compile `source`; ValueError with RE2's words if it is refused.

    A `re2.Set` of one pattern answers three times faster than `search`, which also works out where the match is. But a
    set has only the DFA, and says "no match" when a huge program does not fit into its memory: those use `search`.
    """
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        compiled = re2.compile(source, options=options)
    except re2.error as error:
        reason = error.args[0] if error.args else "invalid pattern"
        raise ValueError(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from error
    if compiled.programsize > _SET_PROGRAM_LIMIT:
        return Pattern(source, compiled.search)
    single = re2.Set.SearchSet(options)
    single.Add(source)
    single.Compile()
    return Pattern(source, single.Match)


def _search(text: str, pattern: Pattern) -> bool:
    return pattern.found_in((text,))[0]


def _within(values: Floats, bounds: tuple[float, float]) -> Mask:
    return (values >= bounds[0]) & (values <= bounds[1])


_ALL = (Kind.NUMBER, Kind.STRING, Kind.BOOLEAN, Kind.DATE)
_ORDERED = (Kind.NUMBER, Kind.DATE)
_TEXT = (Kind.STRING,)

OPERATORS: dict[str, Operator] = {
    operator.name: operator
    for operator in (
        Operator(
            "equals", "is", _ALL, aliases=("eq",), number=np.equal, text=lambda text, value: text == value, symbol="="
        ),
        Operator(
            "not_equals",
            "is not",
            _ALL,
            aliases=("neq",),
            number=np.not_equal,
            text=lambda text, value: text != value,
            symbol="≠",
        ),
        Operator("greater_than", "is more than", _ORDERED, aliases=("gt",), number=np.greater, symbol=">"),
        Operator("less_than", "is less than", _ORDERED, aliases=("lt",), number=np.less, symbol="<"),
        Operator("gte", "is at least", _ORDERED, number=np.greater_equal, symbol=">="),
        Operator("lte", "is at most", _ORDERED, number=np.less_equal, symbol="<="),
        Operator("between", "is between", _ORDERED, Shape.PAIR, number=_within),
        Operator("contains", "contains", _TEXT, text=lambda text, value: value in text),
        Operator("starts_with", "starts with", _TEXT, text=lambda text, value: text.startswith(value)),
        Operator("ends_with", "ends with", _TEXT, text=lambda text, value: text.endswith(value)),
        Operator("regex", "matches the pattern", _TEXT, Shape.PATTERN, text=_search),
        Operator("in", "is one of", _ALL, Shape.LIST, number=np.isin, text=lambda text, values: text in values),
        Operator(
            "not_in",
            "is none of",
            _ALL,
            Shape.LIST,
            number=lambda values, value: ~np.isin(values, value),
            text=lambda text, values: text not in values,
        ),
        Operator("is_null", "is unknown", _ALL, Shape.NONE),
        Operator("is_not_null", "is known", _ALL, Shape.NONE),
    )
}
_BY_NAME = {name: operator for operator in OPERATORS.values() for name in (operator.name, *operator.aliases)}
# Whether a value outside the options is worth a warning: only where the whole text is compared.
_WHOLE_TEXT = frozenset({"equals", "not_equals", "in", "not_in"})


def find_operator(name: Json, path: str, problems: list[Problem]) -> Operator | None:
    """The operator of this name or alias, whatever its case; else a Problem that names the nearest."""
    if isinstance(name, str) and name.strip().lower() in _BY_NAME:
        return _BY_NAME[name.strip().lower()]
    if not isinstance(name, str) or not name:
        problems.append(Problem(path, "an operator is needed", "required", f"use one of {', '.join(OPERATORS)}"))
        return None
    near = nearest(name, _BY_NAME, 1)
    hint = f'did you mean "{near[0]}"?' if near else f"use one of {', '.join(OPERATORS)}"
    problems.append(Problem(path, f'unknown operator "{name}"', "unknown_operator", hint))
    return None


def check_kind(operator: Operator, fact: Field, path: str) -> list[Problem]:
    """A Problem that names the allowed operators, if this one does not apply to the field's kind."""
    if fact.kind in operator.kinds:
        return []
    allowed = ", ".join(name for name, other in OPERATORS.items() if fact.kind in other.kinds)
    message = f"{operator.name} does not apply to {fact.path}, which is a {fact.kind} field"
    return [Problem(path, message, "operator_kind", f"use one of {allowed}")]


def read_value(operator: Operator, fact: Field, value: Json, path: str, problems: list[Problem]) -> Any:
    """`value` as the operator's column function needs it; Problems (with `path`) for what does not fit."""
    if operator.shape is Shape.NONE:
        return None
    if value is None:
        message = f"{operator.name} needs a value"
        problems.append(Problem(path, message, "required", "use is_null or is_not_null to ask for a missing value"))
        return None
    if operator.shape is Shape.PAIR:
        return _read_pair(fact, value, path, problems)
    if operator.shape is Shape.LIST:
        return _read_list(operator, fact, value, path, problems)
    one = _read_one(fact, value, path, problems)
    if operator.shape is Shape.PATTERN:
        return _read_pattern(value, path, problems) if one is not None else None
    if operator.name in _WHOLE_TEXT:
        problems.extend(_check_options(fact, value, path))
    return one


def _read_pair(fact: Field, value: Json, path: str, problems: list[Problem]) -> tuple[float, float] | None:
    if not isinstance(value, list | tuple) or len(value) != 2:
        problems.append(Problem(path, "between needs a list of two values", "shape", "write [min, max]"))
        return None
    low, high = (_read_one(fact, item, f"{path}[{index}]", problems) for index, item in enumerate(value))
    if not isinstance(low, float) or not isinstance(high, float):
        return None
    if low > high:
        hint = f"write [{value[1]}, {value[0]}]"
        problems.append(Problem(path, f"the minimum {value[0]} is above the maximum {value[1]}", "range", hint))
    return low, high


def _read_list(operator: Operator, fact: Field, value: Json, path: str, problems: list[Problem]) -> Any:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= MAX_VALUES:
        message = f"{operator.name} needs a list of 1 to {MAX_VALUES} values"
        problems.append(Problem(path, message, "shape", 'write ["a", "b"]' if fact.kind is Kind.STRING else "[1, 2]"))
        return None
    items = [_read_one(fact, item, f"{path}[{index}]", problems) for index, item in enumerate(value)]
    for index, item in enumerate(value):
        problems.extend(_check_options(fact, item, f"{path}[{index}]"))
    known = {item for item in items if item is not None}
    return frozenset(known) if fact.kind is Kind.STRING else tuple(sorted(known))


def _read_pattern(value: Json, path: str, problems: list[Problem]) -> Pattern | None:
    try:
        return compile_pattern(normalize("NFC", value) if isinstance(value, str) else number_text(value))
    except ValueError as error:  # RE2's refusal, or text that is not valid Unicode
        message = f"this regular expression cannot be used: {error}"
        problems.append(Problem(path, message, "regex", "RE2 syntax: no look-around, no back-references"))
        return None


def _check_options(fact: Field, value: Json, path: str) -> list[Problem]:
    if not fact.options or not isinstance(value, str):
        return []
    if fact.stated(value) is None:
        message = f'{fact.path} "{value}" is missing to rules, which never see it'
        return [Problem(path, message, "unseen", "ask with is_null or is_not_null", severity="warning")]
    if fold(value) in map(fold, fact.options):
        return []
    by_folded = {option.casefold(): option for option in fact.options}
    near = get_close_matches(value.casefold()[:100], by_folded, n=1, cutoff=0.0)
    hint = f'did you mean "{by_folded[near[0]]}"?'
    message = f'"{value}" is not one of {", ".join(fact.options)}: no listing can have it'
    return [Problem(path, message, OPTION, hint, severity="warning")]


def _read_one(fact: Field, value: Json, path: str, problems: list[Problem]) -> float | str | None:
    """One value of the field's kind: a float (booleans 1/0, dates as ordinals) or folded text."""
    read = _READERS[fact.kind](value)
    if read is None:
        message = f"{fact.path} is a {fact.kind} field, {_show(value)} is not {_WANTED[fact.kind]}"
        problems.append(Problem(path, message, "type", _WRITE[fact.kind]))
    return read


def _show(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _read_number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _read_text(value: Json) -> str | None:
    if isinstance(value, str):
        return fold(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return fold(number_text(value))


def _read_boolean(value: Json) -> float | None:
    words: dict[Json, float] = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}
    if isinstance(value, str):
        return words.get(value.strip().casefold())
    return float(value) if isinstance(value, int | float) and value in (0, 1) else None


def _read_date(value: Json) -> float | None:
    try:
        return float(date.fromisoformat(value.strip()).toordinal()) if isinstance(value, str) else None
    except ValueError:
        return None


_READERS: dict[Kind, Callable[[Json], float | str | None]] = {
    Kind.NUMBER: _read_number,
    Kind.STRING: _read_text,
    Kind.BOOLEAN: _read_boolean,
    Kind.DATE: _read_date,
}
_WANTED = {Kind.NUMBER: "a number", Kind.STRING: "text", Kind.BOOLEAN: "true or false", Kind.DATE: "a date"}
_WRITE = {
    Kind.NUMBER: "write a number such as 16",
    Kind.STRING: 'write text in quotes, such as "nvme"',
    Kind.BOOLEAN: "write true or false",
    Kind.DATE: "write a date as YYYY-MM-DD",
}

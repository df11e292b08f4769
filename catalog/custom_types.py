"""What the value of each type of custom field is, and what a definition may ask of it. Nothing of the database here.

Everything is answered with a message ("" where nothing is wrong): a value may be any JSON that somebody sent.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from catalog.choices import CustomFieldType as Type
from dealbrain.hints import may_hint

MOST_STRING, MOST_TEXT, MOST_JSON = 1_000, 100_000, 100_000  # characters
MOST_DEPTH = 20
# Numbers that JSON, a double and both databases show as they were given; item numbers of 18 digits among them.
MOST_NUMBER, LEAST_NUMBER = 1e18, 1e-18
MOST_OPTIONS, MOST_OPTION = 1_000, 255
MOST_PATTERN = 1_000
TEXTS = frozenset({Type.STRING, Type.TEXT})
NUMBERS = frozenset({Type.NUMBER})
LIST_TYPES = frozenset({Type.ENUM, Type.MULTI_SELECT})

Options = Sequence[str]


def value_problem(value: Any, *, data_type: str, options: Options, validation: Mapping[str, Any]) -> str:
    """What is wrong with a value for a field of this definition, such as `must be a number, not "abc".`"""
    problem = READERS[data_type](value, options)
    if problem:
        return problem
    failed = (
        CHECKS[key].value(value, wanted)
        for key, wanted in validation.items()
        if key in CHECKS and data_type in CHECKS[key].types
    )
    return next((problem for problem in failed if problem), "")


def options_problem(options: Any, *, data_type: str) -> str:
    """What is wrong with the options of a definition."""
    if not isinstance(options, list) or not all(isinstance(option, str) for option in options):
        return "Options are a list of texts."
    if data_type not in LIST_TYPES:
        return "Only a list has values to choose from." if options else ""
    if not options:
        return "A list needs at least one value."
    if len(options) > MOST_OPTIONS:
        return f"A list has at most {MOST_OPTIONS} values."
    for option in options:
        if not option.strip() or option != option.strip() or len(option) > MOST_OPTION or _line_problem(option):
            return f"{show(option)}: a value is one line of 1 to {MOST_OPTION} characters, without blanks around it."
    if len({option.casefold() for option in options}) != len(options):
        return "Each value once, please."
    return ""


def validation_problems(validation: Any, *, data_type: str) -> list[str]:
    """Everything that is wrong with the checks of a definition; each message begins with the key."""
    if not isinstance(validation, dict):
        return [f"Validation is an object with the keys {', '.join(CHECKS)}."]
    problems = []
    for key, wanted in validation.items():
        check = CHECKS.get(key)
        if check is None:
            hint = did_you_mean(key, CHECKS) or f" The checks are {', '.join(CHECKS)}."
            problems.append(f"{printable(key)}: there is no such check.{hint}")
        elif data_type not in check.types:
            kinds = ", ".join(sorted(check.types))
            problems.append(f"{key}: means nothing for the type {data_type}, only for {kinds}.")
        elif problem := check.definition(wanted, data_type):
            problems.append(f"{key}: {problem}")
    if not problems:
        problems = [
            f"{low}: must not be above {high}."
            for low, high in (("min", "max"), ("min_length", "max_length"))
            if low in validation and high in validation and validation[low] > validation[high]
        ]
    return problems


def is_blank(value: Any) -> bool:
    """Whether a required field is still to be filled in."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def show(value: Any) -> str:
    """A value in a message, cut short, as JSON where it is some."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = f"a {type(value).__name__}"
    return printable(text if len(text) <= 60 else f"{text[:57]}...")


def printable(text: object) -> str:
    """A text that any answer can show, whatever it holds."""
    return str(text)[:100].encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")


def did_you_mean(word: object, known: Iterable[str]) -> str:
    if not may_hint():
        return ""
    found = difflib.get_close_matches(str(word)[:100].lower(), sorted(known), n=1)
    return f' Did you mean "{found[0]}"?' if found else ""


# --- one reader for each type


def _line_problem(value: str) -> str:
    if problem := _characters_problem(value):
        return problem
    return "must be one line." if value and value.splitlines() != [value] else ""


def _characters_problem(value: str) -> str:
    """What no database takes: null characters and halves of surrogate pairs."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return "holds characters that are not text."
    return "holds a null character." if "\x00" in value else ""


def _string(value: Any, _: Options) -> str:
    if not isinstance(value, str):
        return f"must be text, not {show(value)}."
    return _line_problem(value) or _too_long(value, MOST_STRING)


def _text(value: Any, _: Options) -> str:
    if not isinstance(value, str):
        return f"must be text, not {show(value)}."
    return _characters_problem(value) or _too_long(value, MOST_TEXT)


def _too_long(value: str, most: int) -> str:
    return f"has {len(value):,} characters, at most {most:,} are allowed." if len(value) > most else ""


def _number(value: Any, _: Options = ()) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"must be a number, not {show(value)}."
    if not _is_finite(value):
        return "must be a finite number."
    if value and not LEAST_NUMBER <= abs(value) <= MOST_NUMBER:
        return f"must be 0, or from {LEAST_NUMBER} to {MOST_NUMBER} in size, not {show(value)}."
    return ""


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(float(value))
    except OverflowError:  # an integer that no float holds
        return False


def _boolean(value: Any, _: Options) -> str:
    return "" if isinstance(value, bool) else f"must be true or false, not {show(value)}."


def _enum(value: Any, options: Options) -> str:
    hint = ""
    if isinstance(value, str):
        if value in options:
            return ""
        spelled = [option for option in options if option.casefold() == value.casefold()]
        hint = f' Did you mean "{spelled[0]}"?' if spelled else did_you_mean(value, options)
    shown = ", ".join(options[:20]) + (", ..." if len(options) > 20 else "")
    return f"must be one of {shown}, not {show(value)}.{hint}"


def _multi_select(value: Any, options: Options) -> str:
    if not isinstance(value, list):
        return f"must be a list, not {show(value)}."
    if problem := next((problem for item in value if (problem := _enum(item, options))), ""):
        return f"each value {problem}"
    return "" if len(set(value)) == len(value) else "must name each value once."


def _json(value: Any, _: Options = ()) -> str:
    """Walked without recursion: what is hostile is deep."""
    waiting = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, dict | list):
            if depth > MOST_DEPTH:
                return f"is nested deeper than {MOST_DEPTH}."
            waiting.extend((child, depth + 1) for child in (item.values() if isinstance(item, dict) else item))
            texts: Iterable[Any] = item if isinstance(item, dict) else ()
        elif isinstance(item, str):
            texts = [item]
        elif item is None or isinstance(item, bool) or (isinstance(item, int | float) and _is_finite(item)):
            continue
        else:
            return f"holds {show(item)}, which is no JSON."
        for text in texts:
            if not isinstance(text, str):
                return "has keys that are not text."
            if problem := _characters_problem(text):
                return problem
    length = len(json.dumps(value, ensure_ascii=False))
    return f"is {length:,} characters of JSON, at most {MOST_JSON:,} are allowed." if length > MOST_JSON else ""


READERS: dict[str, Callable[[Any, Options], str]] = {
    Type.STRING: _string,
    Type.NUMBER: _number,
    Type.BOOLEAN: _boolean,
    Type.ENUM: _enum,
    Type.MULTI_SELECT: _multi_select,
    Type.TEXT: _text,
    Type.JSON: _json,
}


# --- one check for each key of `validation`


@dataclass(frozen=True, slots=True)
class Check:
    """The types it means something for, what is wrong with its definition, and what with a value under it."""

    types: frozenset[Type]
    definition: Callable[[Any, str], str]
    value: Callable[[Any, Any], str]


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options=options)


def _pattern_definition(wanted: Any, _: str) -> str:
    if not isinstance(wanted, str) or not 0 < len(wanted) <= MOST_PATTERN:
        return f"must be a regular expression of 1 to {MOST_PATTERN:,} characters."
    if problem := _characters_problem(wanted):
        return problem
    try:
        _compiled(wanted)
    except re2.error as error:
        reason = error.args[0] if error.args else "invalid"
        words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        return f"is no regular expression: {words}."
    return ""


def _pattern_value(value: str, wanted: str) -> str:
    return "" if _compiled(wanted).fullmatch(value) else f"must match {wanted}, {show(value)} does not."


def _length_definition(wanted: Any, _: str) -> str:
    whole = isinstance(wanted, int) and not isinstance(wanted, bool) and 0 <= wanted <= MOST_TEXT
    return "" if whole else f"must be a whole number from 0 to {MOST_TEXT:,}."


def _length(value: str | list[str]) -> str:
    return f"{len(value):,} {'characters' if isinstance(value, str) else 'values'}"


def _allowed_definition(wanted: Any, data_type: str) -> str:
    if not isinstance(wanted, list) or not 0 < len(wanted) <= MOST_OPTIONS:
        return f"must be a list of 1 to {MOST_OPTIONS} values."
    return next(
        (f"[{place}] {problem}" for place, item in enumerate(wanted) if (problem := READERS[data_type](item, ()))), ""
    )


CHECKS: dict[str, Check] = {
    "pattern": Check(TEXTS, _pattern_definition, _pattern_value),
    "min": Check(
        NUMBERS,
        lambda wanted, _: _number(wanted),
        lambda value, wanted: f"must be {wanted} or more, not {show(value)}." if value < wanted else "",
    ),
    "max": Check(
        NUMBERS,
        lambda wanted, _: _number(wanted),
        lambda value, wanted: f"must be {wanted} or less, not {show(value)}." if value > wanted else "",
    ),
    "min_length": Check(
        TEXTS | {Type.MULTI_SELECT},
        _length_definition,
        lambda value, wanted: f"has {_length(value)}, at least {wanted:,} are needed." if len(value) < wanted else "",
    ),
    "max_length": Check(
        TEXTS | {Type.MULTI_SELECT},
        _length_definition,
        lambda value, wanted: f"has {_length(value)}, at most {wanted:,} are allowed." if len(value) > wanted else "",
    ),
    "allowed_values": Check(
        TEXTS | NUMBERS,
        _allowed_definition,
        lambda value, wanted: (
            "" if value in wanted else f"must be one of {', '.join(map(show, wanted[:20]))}, not {show(value)}."
        ),
    ),
}

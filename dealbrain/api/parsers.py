"""JSON bodies, refused when they hold what JSON or a database does not: the error says where."""

from __future__ import annotations

import json
import math
import re
import sys
from collections import Counter
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from dealbrain.api.parameters import unreadable
from dealbrain.api.problems import MOST_PROBLEMS, FieldProblem, InvalidInput, printable

# Only an escape can bring in a NUL or half of a surrogate pair: the decoder refuses both in plain sight.
SUSPICIOUS = re.compile(r"\\u(0000|d[89a-f])", re.IGNORECASE)
MOST_DEPTH = 100
MOST_KEYS = 1_000  # of one object
MOST_ITEMS = 20_000  # of one list: each says how many it takes, and none as many as that
MOST_WHOLE = int(sys.float_info.max)
MOST_DIGITS = 309  # of a whole number: what a float can hold, and PostgreSQL shows of 1e308


class JsonParser(BaseParser):
    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The decoded body. Raises ParseError or InvalidInput, never anything else, whatever the body is."""
        try:
            text = stream.read().decode("utf-8-sig")  # some programs put a mark of the byte order first
            value = json.loads(
                text, parse_constant=_refuse, parse_float=_finite, parse_int=_whole, object_pairs_hook=_once
            )
        except UnicodeDecodeError as error:
            raise ParseError(f"The body is not UTF-8: byte {error.start}.") from error
        except json.JSONDecodeError as error:
            place = f"line {error.lineno}, column {error.colno}"
            raise ParseError(f"The body is not JSON: {place}: {error.msg}.") from error
        except RecursionError as error:
            raise ParseError("The body is nested too deeply.") from error
        if value is None:
            raise InvalidInput([FieldProblem("", "The body is null: an object is needed.")])
        # (Not even as many brackets as that: nothing to look for.)
        if text.count("[") + text.count("{") > MOST_DEPTH and deeper_than(value, MOST_DEPTH):
            raise ParseError(f"The body is nested too deeply: {MOST_DEPTH} levels are read.")
        if text.count(",") >= MOST_ITEMS and longer_than(value, MOST_ITEMS):
            raise ParseError(f"A list in the body has more than {MOST_ITEMS:,} items.")
        if SUSPICIOUS.search(text) and (problems := _not_text(value)):
            raise InvalidInput(problems)
        return value


def deeper_than(value: Any, levels: int) -> bool:
    """Whether lists and objects are nested in more levels, counted without recursion: what is hostile is deep."""
    waiting = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if not isinstance(item, dict | list):
            continue
        if depth > levels:
            return True
        waiting += [(child, depth + 1) for child in (item.values() if isinstance(item, dict) else item)]
    return False


def longer_than(value: Any, items: int) -> bool:
    """Whether any list in it has more items."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list) and len(item) > items:
            return True
        if isinstance(item, dict | list):
            waiting += item.values() if isinstance(item, dict) else item
    return False


def _refuse(name: str) -> NoReturn:
    raise ParseError(f"The body is not JSON: {name} is no JSON number.")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ParseError(f"The number {text[:30]} is too large.")
    return number


def _whole(text: str) -> int:
    number = int(text) if len(text.removeprefix("-")) <= MOST_DIGITS else None
    if number is None or abs(number) > MOST_WHOLE:
        raise ParseError(f"The number {text[:30]}... is too large.")
    return number


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MOST_KEYS:
        raise ParseError(f"An object in the body has more than {MOST_KEYS:,} names.")
    found = dict(pairs)
    if len(found) < len(pairs):
        (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise ParseError(f'The name "{printable(twice[:100])}" stands twice in one object.')
    return found


def _not_text(value: Any) -> list[FieldProblem]:
    """Where texts hold what no database column takes. (Depth is bounded: the decoder got this far.)"""
    problems: list[FieldProblem] = []
    waiting = [("", value)]
    while waiting and len(problems) <= MOST_PROBLEMS:
        path, item = waiting.pop()
        if isinstance(item, str) and unreadable(item):
            problems.append(FieldProblem(path, "This holds characters that are not text.", "not_text"))
        elif isinstance(item, list):
            waiting += [(f"{path}[{position}]", child) for position, child in enumerate(item)]
        elif isinstance(item, dict):
            if any(unreadable(name) for name in item):
                problems.append(FieldProblem(path, "A name in here is not text.", "not_text"))
                continue
            waiting += [(f"{path}.{name}" if path else name, child) for name, child in item.items()]
    return problems

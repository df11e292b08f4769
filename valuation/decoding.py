"""From the bytes of a file, or JSON that was decoded elsewhere, to plain data that a database can keep exactly.

Files of every format of ours are read here: what is no JSON, stands twice, is nested too deeply or could not be kept
is refused before anybody looks at what it means.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from valuation.engine import Problem

MOST_PROBLEMS = 50
MOST_KEYS = 1_000  # of one object


class DocumentError(ValueError):
    """Everything that is wrong with a file, or with what was asked of one, at once."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in problems))


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a file of one format may be; `what` it is, with its article, for messages."""

    what: str
    most_bytes: int
    most_depth: int = 40
    most_digits: int = 15  # beyond them a number changes on its way through JSON and the database


def decode(source: bytes | Mapping[str, Any], bounds: Bounds) -> Any:
    """The JSON of a file or a request. Raises DocumentError for what is none, or could not be kept as it is."""
    raw = source if isinstance(source, bytes) else _encoded(source)
    if len(raw) > bounds.most_bytes:
        raise _refused("", f"the file has {len(raw):,} bytes, {bounds.what} at most {bounds.most_bytes:,}", "size")
    try:
        content = json.loads(
            raw.decode("utf-8-sig"),
            parse_constant=_refuse_constant,
            parse_float=_decimal_number,
            parse_int=lambda text: _whole_number(text, bounds.most_digits),
            object_pairs_hook=_unique,
        )
    except UnicodeDecodeError as error:
        raise _refused("", f"the file is not UTF-8 (byte {error.start})", "encoding") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise _refused(place, f"this is no JSON: {error.msg}", "json") from error
    except RecursionError as error:
        raise _refused("", "the file is nested too deeply", "json") from error
    problems = list(islice(_unkeepable(content, bounds), MOST_PROBLEMS))
    if problems:
        raise DocumentError(problems)
    return content


def shown_key(key: str) -> str:
    """A key that can be printed, whatever it holds."""
    return key[:100].encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")


def _refused(path: str, message: str, code: str) -> DocumentError:
    return DocumentError([Problem(path, message, code)])


def _encoded(source: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(source).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise _refused("", f"this is no JSON: {error}", "json") from error


def _refuse_constant(name: str) -> None:
    raise _refused("", f"{name} is no JSON number", "json")


def _whole_number(text: str, most_digits: int) -> float:
    """Python refuses integers of thousands of digits in its own words; infinity is found with its path later."""
    return int(text) if len(text.lstrip("-")) <= most_digits else float("inf")


def _decimal_number(text: str) -> float:
    return float(text) + 0.0  # -0.0 is 0.0: no database keeps the sign


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MOST_KEYS:
        raise _refused("", f"an object has {len(pairs):,} keys, at most {MOST_KEYS:,} are read", "size_of_object")
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _refused(shown_key(key), f'the key "{shown_key(key)}" stands twice in one object', "duplicate")
        found[key] = value
    return found


def _unkeepable(content: Any, bounds: Bounds) -> Iterator[Problem]:
    """Text that is no Unicode or holds NUL, numbers without a value, and what is nested too deeply."""
    waiting: list[tuple[str, Any, int]] = [("", content, 1)]
    while waiting:
        path, value, depth = waiting.pop()
        if depth > bounds.most_depth:
            yield Problem(path, "the file is nested too deeply", "json")
        elif isinstance(value, str):
            if _is_broken(value):
                yield Problem(path, "the text holds a character that cannot be kept (NUL or half a pair)", "encoding")
        elif isinstance(value, float):
            if not abs(value) < 10**bounds.most_digits:
                yield Problem(path, f"the number has more than {bounds.most_digits} digits", "range")
        elif isinstance(value, list):
            waiting += [(f"{path}[{index}]", item, depth + 1) for index, item in reversed(list(enumerate(value)))]
        elif isinstance(value, dict):
            for key in reversed(value):
                inner = f"{path}.{shown_key(key)}" if path else shown_key(key)
                waiting += [(inner, value[key], depth + 1), *([(inner, key, depth)] if _is_broken(key) else [])]


def _is_broken(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)

"""From the bytes of a file, or JSON that was decoded elsewhere, to plain data that a database can keep exactly."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from valuation.engine import Problem

MAX_BYTES = 5_000_000
MOST_DEPTH = 40
MOST_PROBLEMS = 50
MOST_KEYS = 1_000  # of one object
MOST_DIGITS = 15  # beyond them a number changes on its way through JSON and the database


class BaselineError(ValueError):
    """Everything that is wrong with a baseline, or with what was asked of one, at once."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in problems))


def refused(path: str, message: str, code: str = "baseline", suggestion: str = "") -> BaselineError:
    """An error of one problem."""
    return BaselineError([Problem(path, message, code, suggestion)])


def canonical_hash(content: Any) -> str:
    """sha256 of the JSON with sorted keys and without white space: the identity of a baseline."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def decode(source: bytes | Mapping[str, Any]) -> Any:
    """The JSON of a file or a request. Raises BaselineError for what is none, or could not be kept as it is."""
    raw = source if isinstance(source, bytes) else _encoded(source)
    if len(raw) > MAX_BYTES:
        raise refused("", f"the file has {len(raw):,} bytes, a baseline at most {MAX_BYTES:,}", "size")
    try:
        content = json.loads(
            raw.decode("utf-8-sig"),
            parse_constant=_refuse_constant,
            parse_float=_decimal_number,
            parse_int=_whole_number,
            object_pairs_hook=_unique,
        )
    except UnicodeDecodeError as error:
        raise refused("", f"the file is not UTF-8 (byte {error.start})", "encoding") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise refused(place, f"this is no JSON: {error.msg}", "json") from error
    except RecursionError as error:
        raise refused("", "the file is nested too deeply", "json") from error
    problems = list(islice(_unkeepable(content), MOST_PROBLEMS))
    if problems:
        raise BaselineError(problems)
    return content


def _encoded(source: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(source).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise refused("", f"this is no JSON: {error}", "json") from error


def _refuse_constant(name: str) -> None:
    raise refused("", f"{name} is no JSON number", "json")


def _whole_number(text: str) -> float:
    """Python refuses integers of thousands of digits in its own words; infinity is found with its path later."""
    return int(text) if len(text.lstrip("-")) <= MOST_DIGITS else float("inf")


def _decimal_number(text: str) -> float:
    return float(text) + 0.0  # -0.0 is 0.0: no database keeps the sign


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MOST_KEYS:
        raise refused("", f"an object has {len(pairs):,} keys, at most {MOST_KEYS:,} are read", "size_of_object")
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise refused(_shown(key), f'the key "{_shown(key)}" stands twice in one object', "duplicate")
        found[key] = value
    return found


def _unkeepable(content: Any) -> Iterator[Problem]:
    """Text that is no Unicode or holds NUL, numbers without a value, and what is nested too deeply."""
    waiting: list[tuple[str, Any, int]] = [("", content, 1)]
    while waiting:
        path, value, depth = waiting.pop()
        if depth > MOST_DEPTH:
            yield Problem(path, "the file is nested too deeply", "json")
        elif isinstance(value, str):
            if _is_broken(value):
                yield Problem(path, "the text holds a character that cannot be kept (NUL or half a pair)", "encoding")
        elif isinstance(value, float):
            if not abs(value) < 10**MOST_DIGITS:
                yield Problem(path, f"the number has more than {MOST_DIGITS} digits", "range")
        elif isinstance(value, list):
            waiting += [(f"{path}[{index}]", item, depth + 1) for index, item in reversed(list(enumerate(value)))]
        elif isinstance(value, dict):
            for key in reversed(value):
                inner = f"{path}.{_shown(key)}" if path else _shown(key)
                waiting += [(inner, value[key], depth + 1), *([(inner, key, depth)] if _is_broken(key) else [])]


def _is_broken(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)


def _shown(key: str) -> str:
    """A key that can be printed, whatever it holds."""
    return key[:100].encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")

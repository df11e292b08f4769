"""JSON as records: an array of objects, one inside an object, or an object a line. Read item by item."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from imports.headers import is_known
from imports.reading.delimited import text_lines
from imports.reading.detection import Cell
from imports.reading.limits import MAX_CELL, MAX_COLUMNS, MAX_DEPTH, MAX_ITEM, FileError

ENOUGH_KNOWN = 3  # keys
CHUNK = 1 << 16  # characters
LOOKED_AT = 1_000_000  # characters in which the array must begin
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s"\[\]{},:]+')
LONGEST_NUMBER = 40  # digits
SPACE = re.compile(r"\s*")

Item = dict[str, Cell]


def find_array(path: Path, encoding: str) -> tuple[str, int] | None:
    """(path, offset in characters) of the array of objects that the file is about; None: one object is all there is.

    The array that reaches beyond the part looked at, or else the longest one.
    """
    with path.open(encoding=encoding, newline="") as file:
        head = _read(file, LOOKED_AT)
    found: list[tuple[int, str, int]] = []  # length, path, offset
    keys: list[str] = []
    opened: list[tuple[str, int, str]] = []  # bracket, offset, path
    last = ""
    for match in TOKEN.finditer(head):
        sign = match[0]
        if sign in "[{":
            if len(opened) >= MAX_DEPTH * 2:
                raise FileError(f"the file is nested more than {MAX_DEPTH * 2} deep at character {match.start():,}")
            opened.append((sign, match.start(), ".".join(filter(None, keys))))
            keys.append("")
        elif sign in "]}" and opened:
            bracket, start, name = opened.pop()
            keys.pop()
            if bracket == "[" and _holds_objects(head, start):
                found.append((match.end() - start, name, start))
        elif sign == ":" and keys:
            keys[-1] = _key(last)
        last = sign
    open_ones = [(len(head), name, start) for bracket, start, name in opened if bracket == "["]
    inside = [item for item in open_ones if _holds_objects(head, item[2])]
    best = max([*inside[:1], *found], default=None)
    return (best[1], best[2]) if best else None


def _key(token: str) -> str:
    try:
        return str(json.loads(token))
    except ValueError:
        return ""


def _holds_objects(text: str, start: int) -> bool:
    return text[SPACE.match(text, start + 1).end() :][:1] == "{"  # type: ignore[union-attr]


def items(path: Path, encoding: str, offset: int | None) -> Iterator[tuple[int, Item, str]]:
    """(number from 1, flat item, problem) of the array that begins at `offset`; None: of the one object."""
    with path.open(encoding=encoding, newline="") as file:
        if offset is None:
            value = _decoded(_read(file, MAX_ITEM + 1), "the file")
            if not isinstance(value, dict):
                raise FileError('the file holds no array of objects, such as [{"title": ..., "price": ...}]')
            yield 1, flattened(value, "the file"), ""
            return
        _skip(file, offset + 1)
        yield from _array(file)


def _array(file: IO[str]) -> Iterator[tuple[int, Item, str]]:
    decoder = json.JSONDecoder(parse_int=_number, parse_float=_number, parse_constant=_no_constant)
    buffer, number, at_end, position = "", 0, False, 0
    while True:
        position = SPACE.match(buffer, position).end()  # type: ignore[union-attr]
        if buffer[position : position + 1] == "]":
            return
        if buffer[position : position + 1] == ",":
            position += 1
            continue
        try:
            value, end = decoder.raw_decode(buffer, position)
        except RecursionError as error:
            raise FileError(f"item {number + 1} is nested too deeply; at most {MAX_DEPTH} levels are read") from error
        except ValueError as error:
            if at_end:
                raise FileError(f"item {number + 1} is no JSON, or the file is cut off: {_short(error)}") from error
            if len(buffer) - position > MAX_ITEM:
                raise FileError(f"item {number + 1} is no JSON or has more than {MAX_ITEM:,} characters") from error
            chunk = _read(file, CHUNK)
            at_end = not chunk
            buffer, position = buffer[position:] + chunk, 0
            continue
        number += 1
        position = end
        if isinstance(value, dict):
            yield number, flattened(value, f"item {number}"), ""
        else:
            yield number, {}, "this is no object with keys"


def lines(path: Path, encoding: str) -> Iterator[tuple[int, Item, str]]:
    """JSON lines: (line, flat item, problem). A line that is not JSON is a problem of its own."""
    with text_lines(path, encoding) as texts:
        for number, text in enumerate(texts, 1):
            if not text.strip():
                continue
            try:
                value = _decoded(text, f"line {number}")
            except FileError as error:
                yield number, {}, str(error)
                continue
            if isinstance(value, dict):
                yield number, flattened(value, f"line {number}"), ""
            else:
                yield number, {}, "this is no object with keys"


def head_of(file: IO[str]) -> str:
    """Enough of a file to see whether it is JSON lines."""
    return _read(file, LOOKED_AT).removeprefix("\ufeff")


def is_json_lines(head: str) -> bool:
    """Whether the first line is an object by itself, and another one begins after it, or it is a record and all."""
    first, _, rest = head.strip().partition("\n")
    if rest.strip() and not rest.strip().startswith("{"):
        return False
    try:
        found = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and (bool(rest.strip()) or _is_record(found))


def _is_record(item: dict[str, Any]) -> bool:
    """Whether an object says things of its own that we know, so that lists in it are of it and no records."""
    plain = [key for key, value in item.items() if not isinstance(value, dict | list)]
    return sum(map(is_known, plain)) >= ENOUGH_KNOWN


def flattened(value: Any, place: str) -> Item:
    """`{"a": {"b": 1}}` as `{"a.b": 1}`; a list is its texts with commas, or JSON where it holds more than texts."""
    found: Item = {}
    _flatten(value, "", found, place, 0)
    if len(found) > MAX_COLUMNS:
        raise FileError(f"{place} has {len(found):,} keys; at most {MAX_COLUMNS} are read")
    return found


def _flatten(value: Any, prefix: str, found: Item, place: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise FileError(f"{place} is nested too deeply; at most {MAX_DEPTH} levels are read")
    if not isinstance(value, dict):
        found[prefix] = _cell(value, place, prefix)
        return
    for key, inner in value.items():
        _flatten(inner, f"{prefix}.{key}" if prefix else key, found, place, depth + 1)


def _cell(value: Any, place: str, key: str) -> Cell:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, list):
        plain = all(isinstance(item, str | Decimal) and not {",", ";"} & set(str(item)) for item in value)
        value = ", ".join(map(str, value)) if plain else json.dumps(value, ensure_ascii=False, default=_plain)
    if len(value) > MAX_CELL:
        raise FileError(f'{place}, "{key[:60]}": a cell has more than {MAX_CELL:,} characters')
    text = str(value).replace("\x00", "")
    # Halves of characters, as `\ud83d` alone, can be escaped in JSON and stored nowhere.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _decoded(text: str, place: str) -> Any:
    try:
        return json.loads(text, parse_int=_number, parse_float=_number, parse_constant=_no_constant)
    except RecursionError as error:
        raise FileError(f"{place} is nested too deeply; at most {MAX_DEPTH} levels are read") from error
    except ValueError as error:
        raise FileError(f"{place} is no JSON: {_short(error)}") from error


def _number(text: str) -> Decimal | str:
    """A number of ordinary size; any other is kept as the text it is, so that nothing is computed of it."""
    if len(text) > LONGEST_NUMBER:
        return text
    number = Decimal(text)
    return number if abs(number.adjusted()) < LONGEST_NUMBER else text


def _plain(value: Any) -> Any:
    return int(value) if value == value.to_integral_value() else float(value)


def _no_constant(name: str) -> str:
    return ""  # NaN and Infinity state nothing


def _short(error: ValueError) -> str:
    return str(error)[:200]


def _read(file: IO[str], size: int) -> str:
    try:
        return file.read(size)
    except UnicodeError as error:
        encoding = getattr(file, "encoding", "text")
        raise FileError(f"the file is not {encoding}: choose another encoding, or save it as UTF-8") from error


def _skip(file: IO[str], left: int) -> None:
    while left and (chunk := _read(file, min(left, CHUNK))):
        left -= len(chunk)

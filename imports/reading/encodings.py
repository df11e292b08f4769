"""Bytes of a text file: how they are to be read. A mark or strict UTF-8 is certain, everything else is a guess."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

from imports.reading.detection import EncodingChoice
from imports.reading.limits import FileError

# The longer mark first: UTF-32's begins with UTF-16's.
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What spreadsheets save where it is not UTF-8; the first is by far the most common.
CANDIDATES = (
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1254",
    "cp1253",
    "cp1257",
    "iso8859_1",
    "iso8859_15",
    "iso8859_2",
    "iso8859_9",
    "koi8_r",
    "cp866",
    "cp850",
    "cp852",
    "mac_roman",
)
# What offers of Western Europe are full of: signs, and single letters among plain ones. Other code pages put signs in
# the middle of words, or whole words of such letters.
LETTERS = "äöüßÄÖÜéèêëàâçîïôûùœáíóúñÁÉÍÓÚÑÀÈÊÇãõÃÕåæøÅÆØìòÔ"
SIGNS = "£€¥§©®™°±²³½¼¾¹·•…–—‘’‚“”„«»\xa0×´¨¢¦¬µ¶¡¿ªº"
IN_A_WORD = re.compile("[a-z][£¥§±³½¼¾¹¢¦¬¶¡¿][a-z]", re.IGNORECASE)
WORD_OF_THEM = re.compile(f"[{LETTERS}]{{3}}")
CHUNK = 1 << 20
SAMPLE = 64_000  # bytes of lines that hold what is not ASCII
MOST_CHOICES = 4


@dataclass(frozen=True, slots=True)
class Reading:
    encoding: str
    is_certain: bool
    choices: tuple[EncodingChoice, ...] = ()


def read_encoding(path: Path, stated: str = "") -> Reading:
    """The encoding of a text file; `stated` is what somebody said, and is checked only for being one."""
    if stated:
        return Reading(_known(stated), is_certain=True)
    with path.open("rb") as file:
        head = file.read(4096)
    for mark, name in MARKS:
        if head.startswith(mark):
            return Reading(name, is_certain=True)
    if wide := _without_mark(head):
        return Reading(wide, is_certain=False, choices=(EncodingChoice(wide, head[:200].decode(wide, "replace")),))
    lines = _not_ascii(path)
    if lines is None:
        return Reading("utf-8", is_certain=True)
    return _guess(lines)


def _known(name: str) -> str:
    try:
        found = codecs.lookup(name)
        b"a".decode(name)
    except (LookupError, ValueError) as error:
        raise FileError(f'"{name[:40]}" is no encoding; utf-8, utf-16 and cp1252 are some') from error
    if not found._is_text_encoding and found.name not in ("utf-16-le", "utf-16-be"):
        raise FileError(f'"{name[:40]}" is no encoding of text')
    return "utf-8-sig" if found.name == "utf-8" else found.name


def _without_mark(head: bytes) -> str:
    """UTF-16 whose mark is missing: in Latin text every other byte is 0."""
    pairs = len(head) // 2
    if pairs < 2:
        return ""
    even, odd = head[0 : pairs * 2 : 2].count(0), head[1 : pairs * 2 : 2].count(0)
    if odd > pairs * 0.7 and even < pairs * 0.1:
        return "utf-16-le"
    if even > pairs * 0.7 and odd < pairs * 0.1:
        return "utf-16-be"
    return ""


def _not_ascii(path: Path) -> bytes | None:
    """Lines to guess by, or None where the whole file is strict UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, found = True, bytearray()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if is_utf8:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    is_utf8 = False
            if len(found) < SAMPLE and not chunk.isascii():
                for line in chunk.splitlines():
                    if not line.isascii() and len(found) < SAMPLE:
                        found += line[:2_000] + b"\n"
    if is_utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    return None if is_utf8 else bytes(found)


def _guess(lines: bytes) -> Reading:
    names: list[str] = []
    if _is_western(lines):
        names.append("cp1252")
    matches = from_bytes(lines, cp_isolation=list(CANDIDATES), preemptive_behaviour=False)
    names.extend(match.encoding for match in list(matches)[:MOST_CHOICES])
    names.extend(["cp1252", "cp1250", "cp1251"])
    best = list(dict.fromkeys(name for name in names if _decodes(lines, name)))[:MOST_CHOICES]
    if not best:  # iso8859_1 reads every byte
        best = ["iso8859_1"]
    first = lines.split(b"\n", 1)[0][:200]
    choices = tuple(EncodingChoice(name, first.decode(name, "replace").strip()) for name in best)
    return Reading(best[0], is_certain=False, choices=choices)


def _is_western(lines: bytes) -> bool:
    """Whether all that is not ASCII reads well in cp1252."""
    text = lines.decode("cp1252", "replace")
    if any(not char.isascii() and char not in LETTERS and char not in SIGNS for char in text):
        return False
    return not (IN_A_WORD.search(text) or WORD_OF_THEM.search(text))


def _decodes(lines: bytes, name: str) -> bool:
    try:
        lines.decode(name)
    except UnicodeDecodeError:
        return False
    return True

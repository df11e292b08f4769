"""How a text is made plain before it is read: one character for one, so that places in it are those of the original."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# What is read of a text, in characters; an offer says what it is long before.
READ = 4_000

_SAME = {
    **dict.fromkeys("®™©℠", " "),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad", "-"),
    **dict.fromkeys("“”„‟″‶❞❝", '"'),
    **dict.fromkeys("‘’‚‛′`´", "'"),
    **dict.fromkeys("×✕✖хХ", "x"),
    **dict.fromkeys("✓✔✅★☆●•·▪■◆►▶➤⭐♦‣", "|"),
    **dict.fromkeys("【〔［", "["),
    **dict.fromkeys("】〕］", "]"),
    "İ": "i",
    "ı": "i",
    "\ufeff": " ",
}
_TABLE = str.maketrans(_SAME)
# A Cyrillic х stands for a times sign only beside a number; elsewhere it is a letter.
_TIMES = re.compile(r"(?<=\d)(\s?)[хХ](?=\s?\d)")
_MARKS = re.compile(r"\((?:r|tm|c)\)", re.IGNORECASE)
_EMPTY = frozenset(
    [
        "-",
        "--",
        "---",
        "–",
        "—",
        ".",
        "?",
        "/",
        "*",
        "**",
        "n/a",
        "n.a.",
        "n.a",
        "na",
        "nan",
        "nil",
        "null",
        "none",
        "no",
        "nothing",
        "unknown",
        "unspecified",
        "undefined",
        "tbc",
        "tbd",
        "notapplicable",
        "notspecified",
        "notavailable",
        "notstated",
        "notgiven",
        "doesnotapply",
        "seedescription",
        "seetitle",
        "keine",
        "keiner",
        "keines",
        "kein",
        "ohne",
        "unbekannt",
        "nichtzutreffend",
        "k.a.",
        "k.a",
        "nichtvorhanden",
        "aucun",
        "aucune",
        "sans",
        "inconnu",
        "nonapplicable",
        "nonspécifié",
        "nonprécisé",
        "ninguno",
        "ninguna",
        "sin",
        "noaplica",
        "noespecificado",
        "desconocido",
        "nodisponible",
        "nenhum",
        "nenhuma",
        "sem",
        "nãoaplicável",
        "nãoinformado",
        "desconhecido",
        "nãoespecificado",
        "brak",
        "nieznany",
        "niedotyczy",
        "nieokreślono",
        "yok",
        "belirtilmemiş",
        "bilinmiyor",
        "нет",
        "неизвестно",
        "отсутствует",
        "неуказано",
        "неприменимо",
    ]
)


def fold(text: str) -> str:
    """The text with one sort of dash, quote and space, without (R) and (TM), as long as `text` (at most READ)."""
    text = text[:READ].replace("_", " ")
    if not text.isascii():
        text = _TIMES.sub(r"\1x", text)
        text = "".join(map(_plain, text))
    return _MARKS.sub(lambda found: " " * len(found[0]), text) if "(" in text else text


def lower(text: str) -> str:
    """In lower case, one character for one."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _plain(char: str) -> str:
    """One character in its plain form; one that would become several stays."""
    if char.isascii() or char in "хХ":
        return char
    plain = _SAME.get(char)
    if plain is None:
        plain = unicodedata.normalize("NFKC", char)
        plain = plain if len(plain) == 1 else char
    return " " if plain.isspace() else plain


def blank(text: str, start: int, end: int) -> str:
    """The text with one place taken out, so that nothing else is read from it. The bar keeps its sides apart."""
    return text[:start] + "|" * (end - start) + text[end:]


def words(pattern: str) -> re.Pattern[str]:
    """A pattern of whole words."""
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")


def either(phrases: Iterable[str], *, space: str = r"\s{1,2}") -> str:
    """A pattern of one of many phrases, the longest that fits. A space in one stands for `space`, a `*` for an ending.

    Phrases are grouped by their first letters, so that a text is compared with a few and not with all.
    """
    groups: dict[str, list[str]] = {}
    for phrase in sorted(phrases, key=lambda phrase: (-len(phrase), phrase)):
        groups.setdefault(phrase[:2], []).append(phrase)
    branches: list[str] = []
    for first, members in sorted(groups.items(), key=lambda group: (-len(group[0]), group[0])):
        rests = "|".join(_written(member[len(first) :], space) for member in members)
        branches.append(f"{_written(first, space)}(?:{rests})")
    return f"(?:{'|'.join(branches)})"


def _written(phrase: str, space: str) -> str:
    return re.escape(phrase).replace(r"\ ", space).replace(r"\*", r"\w{0,6}")


def is_empty(text: str | None) -> bool:
    """Whether a cell says that there is nothing: "-", "N/A", "none", "unknown", "Yok"."""
    if text is None:
        return True
    plain = lower(fold(text)).strip(" \t\r\n:;()[]\"'|")
    if not plain:
        return True
    words = "".join(plain.split())
    return words in _EMPTY or words.strip(".-_/?*") == ""

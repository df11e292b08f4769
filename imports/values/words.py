"""Words that stand for nothing, for yes and for no, in the languages that files come in."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from functools import lru_cache

from imports.reading.detection import Cell

CLEAR = "(clear)"
"""A cell that empties the field; one that says nothing leaves it as it is."""

_EMPTY = """
- | -- | --- | – | — | . | .. | ... | ? | ?? | / | * | na | n a | n/a | n.a | n.a. | #n/a | #value! | #ref! | #name?
#div/0! | nan | none | null | nil | undefined | unknown | not applicable | not available | not specified
unspecified | not stated | does not apply | tbd | tba | no data | blank | empty | yok | belirtilmemis | bilinmiyor
ohne | sans | sin | без
keine | kein | keiner | keines | unbekannt | k.a. | k. a. | entfallt | keine angabe | nicht zutreffend
nicht angegeben | aucun | aucune | inconnu | neant | non precise | non specifie | sans objet | non applicable | s.o.
ninguno | ninguna | desconocido | no aplica | no especificado | sin datos | n/d | s/d | n.d. | nenhum | nenhuma
desconhecido | nao aplicavel | nao se aplica | nao informado | sem | brak | nieznany | nie dotyczy | brak danych
нет | неизвестно | не указано | не указан | н/д | отсутствует
"""
_YES = "yes y true t 1 on x ✓ ✔ ja j wahr oui o vrai si s sim verdadero verdadeiro tak evet var да есть"
_NO = "no n false f 0 off ✗ ✘ nein falsch non faux nao falso nie hayir yok нет"
# Before or after a word for nothing: `HDD Yok`, `no SSD`.
PARTS = {"hdd", "ssd", "gpu", "os", "disk", "drive", "graphics", "card", "ram", "dvd"}


def plain(text: str) -> str:
    """Without case, accents and spaces that say nothing."""
    if text.isascii():
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i"))
    return " ".join("".join(char for char in folded if not unicodedata.combining(char)).split())


EMPTY = frozenset(plain(word) for line in _EMPTY.strip().splitlines() for word in line.split("|"))
LONGEST = 2 * max(map(len, EMPTY))  # characters of a cell that may say nothing
YES = frozenset(map(plain, _YES.split()))
NO = frozenset(map(plain, _NO.split()))


def is_empty(cell: Cell, *, zero: bool = False) -> bool:
    """Whether a cell says nothing; with `zero`, 0 says nothing too, because the column cannot be 0."""
    if isinstance(cell, Decimal):
        return not cell.is_finite() or (zero and not cell)
    text = cell.strip()
    return not text or (len(text) <= LONGEST and _says_nothing(text, zero))


@lru_cache(maxsize=4_096)
def _says_nothing(cell: str, zero: bool) -> bool:
    text = plain(cell)
    if not text or text in EMPTY:
        return True
    words = text.split()
    if len(words) == 2 and set(words) & PARTS and set(words) & (EMPTY | {"no"}):
        return True
    return zero and not text.strip("0.,") and "0" in text


def is_clear(cell: Cell) -> bool:
    return isinstance(cell, str) and cell.strip().casefold() == CLEAR


def truth(cell: Cell) -> bool:
    """Yes or no. Raises ValueError for anything else."""
    text = plain(str(cell))
    if text in YES:
        return True
    if text in NO:
        return False
    raise ValueError("yes or no is needed")

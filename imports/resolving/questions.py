"""What a person has to say before a file can go in. One question for all the records that it is about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class QuestionKind(StrEnum):
    ENCODING = "encoding"
    HEADER = "header"
    SHEET = "sheet"
    COLUMNS = "columns"  # neither a title (or make and model) nor a price is mapped
    DECIMAL_SIGN = "decimal_sign"
    DAY_ORDER = "day_order"
    CURRENCY = "currency"
    PART = "part"  # a well-formed name that the catalog does not have
    OFFER = "offer"  # two records, or a record and a listing, may be one


@dataclass(frozen=True, slots=True)
class Option:
    """One answer: what is sent, and the words that are shown."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Question:
    """`key` names it in answers and stays the same while the file does: `decimal_sign:4`, `part:cpu:intel i5 8365`.

    `suggested` is the value of the option that is likely, with `confidence` from 0 to 1. `blocks` says whether the file
    can go in without an answer: where it does not, what is asked about is left unknown.
    """

    key: str
    kind: QuestionKind
    text: str
    options: tuple[Option, ...] = ()
    lines: int = 0  # records that it is about
    samples: tuple[str, ...] = ()
    suggested: str = ""
    confidence: float = 0.0
    blocks: bool = True

"""What becomes of one record of a file: an offer, a part with its marks, the price of a part, or nothing, with why.

Plain data, made without the database. What is not said is not there: no default is ever filled in here. Without slots:
they are kept beside their file, and a frozen class with slots takes four times as long to be read again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Where(StrEnum):
    """Where a value came from."""

    COLUMN = "column"
    TITLE = "title"
    CATALOG = "catalog"
    DEFAULT = "default"  # said for the whole file: `--set`, the source, a currency that was stated


@dataclass(frozen=True)
class Fact:
    """One value for one field, where it came from, and the header of the column, if it came from one."""

    value: Any
    where: Where
    header: str = ""


@dataclass(frozen=True)
class PartName:
    """A processor or a card: its full name, whether the catalog has it under that name, and what a column says of it.

    `fields` are values for a part that is new, or for what is unknown of one that is not.
    """

    name: str
    is_known: bool
    where: Where
    header: str = ""
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Memory:
    """Fields of a RamSpec that the record says: `total_capacity_gb`, `ddr_generation`, `speed_mhz`, `module_count`."""

    fields: dict[str, Any]
    where: Where
    header: str = ""


@dataclass(frozen=True)
class DriveSpec:
    """Fields of a StorageProfile that the record says: `capacity_gb`, `medium`, `interface`, `form_factor`, ..."""

    fields: dict[str, Any]
    where: Where
    header: str = ""


@dataclass(frozen=True)
class Price:
    """An amount in a currency, on a day if the file says one. The dollars are for whoever knows the rates.

    `usd` is there where the file itself says the dollars beside a foreign price, as our own export does, with the rate
    and its day where it says those.
    """

    amount: Decimal
    currency: str  # ISO 4217
    day: date | None = None
    header: str = ""
    usd: Decimal | None = None
    rate: Decimal | None = None
    rate_day: date | None = None


@dataclass(frozen=True)
class Problem:
    """Why a record cannot go in, or what is to be known of one that does: column, value, message with the remedy."""

    column: str
    value: str
    message: str


@dataclass(frozen=True)
class Component:
    """Something that comes with the machine: `component_type` is one of ComponentType's values."""

    component_type: str
    name: str
    quantity: int = 1
    metadata: dict[str, Any] = field(default_factory=dict)
    adjustment_value_usd: Decimal | None = None


@dataclass
class Offer:
    """One record as a listing. `facts` go by the fields of Listing that are no reference and no price.

    `drives` has the main one first. `history` holds prices of other days than the one of `price`, oldest first.
    `cleared` are fields whose cell says `(clear)`: those of `facts`, `custom.<key>`, and `cpu`, `gpu`, `memory`,
    `drives`, `price`. `flags` are for a person to look at, and stop nothing. `words` are what the record says and no
    field of a listing holds, by the name of what it is about: `{"cpu": "Core i5 8th Gen", "screen_in": "15.6"}`.
    The fact `source` is who numbers the offers, where a column says it. `components` is None where the file has no such
    column.
    """

    line: int
    facts: dict[str, Fact] = field(default_factory=dict)
    custom: dict[str, Fact] = field(default_factory=dict)
    cpu: PartName | None = None
    gpu: PartName | None = None
    memory: Memory | None = None
    drives: tuple[DriveSpec, ...] = ()
    price: Price | None = None
    history: tuple[Price, ...] = ()
    cleared: frozenset[str] = frozenset()
    flags: tuple[Problem, ...] = ()
    quantity: int | None = None  # machines in the lot; `price` is of one of them where this is known
    words: dict[str, str] = field(default_factory=dict)
    components: tuple[Component, ...] | None = None

    def text(self, name: str) -> str:
        """The value of a fact as text, or nothing."""
        return str(self.facts[name].value) if name in self.facts else ""


@dataclass(frozen=True)
class PartMarks:
    """One processor or card of a list: `kind` is `cpu` or `gpu`; `fields` by the model's names, without the unknown."""

    line: int
    kind: str
    name: str
    fields: dict[str, Any]
    flags: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class PartPrice:
    """The price of a part that is sold alone. `part` is gpu, ram or drive; `fields` say its size and kind."""

    line: int
    part: str
    name: str
    price: Price
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LeftOut:
    """A record that is not what the file is about: an accessory, a placeholder, a total. `reason` is a short word."""

    line: int
    reason: str
    message: str
    title: str = ""


@dataclass(frozen=True)
class Refused:
    """A record that cannot go in as it is."""

    line: int
    problems: tuple[Problem, ...]
    title: str = ""


Outcome = Offer | PartMarks | PartPrice | LeftOut | Refused

"""Offers as columns: what the estimate knows about each of n machines for sale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from valuation.market.estimate.processors import rank_of

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]

FAMILY = "cpu_family"


@dataclass(frozen=True, slots=True)
class Labels:
    """Text as codes into `names`; -1 is not stated."""

    codes: Codes
    names: tuple[str, ...]

    def take(self, rows: Rows) -> Labels:
        return Labels(self.codes[rows], self.names)

    def texts(self) -> npt.NDArray[np.object_]:
        """The text of each row, "" where it is not stated."""
        return np.array([*self.names, ""], dtype=object)[self.codes]


def labels_of(texts: list[str | None]) -> Labels:
    """A column of text; None and "" are not stated."""
    names = sorted({text for text in texts if text})
    places = {name: place for place, name in enumerate(names)}
    return Labels(np.array([places[text] if text else -1 for text in texts], dtype=np.int32), tuple(names))


@dataclass(frozen=True)
class Offers:
    """n offers. Numbers are float64, NaN where they are not stated: USD, GB, points, years, days.

    `numbers` holds `ram_gb`, `storage_gb`, `cpu_mark`, `age_years` and `gpu_mark`, which is 0 for a machine without a
    dedicated card and NaN for a card of unknown mark; `card` is 1 or 0. `labels` are the facts that are one of few
    words (`condition`, `manufacturer`, ...; custom ones by their path) and `cpu_family`. `model` is what tells one
    model of machine from another; offers of one model are never on both sides of a test. `days_old` is the age of the
    price. `refused` gives a reason for rows that cannot count, "" for the rest.
    """

    ids: Ids
    price: Floats
    numbers: Mapping[str, Floats]
    labels: Mapping[str, Labels]
    cpu: Labels
    model: Labels
    seller: Labels
    title: Labels
    days_old: Floats
    refused: npt.NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Rows) -> Offers:
        """Some of the offers, by their place."""
        return Offers(
            ids=self.ids[rows],
            price=self.price[rows],
            numbers={name: values[rows] for name, values in self.numbers.items()},
            labels={name: column.take(rows) for name, column in self.labels.items()},
            cpu=self.cpu.take(rows),
            model=self.model.take(rows),
            seller=self.seller.take(rows),
            title=self.title.take(rows),
            days_old=self.days_old[rows],
            refused=self.refused[rows],
        )

    @cached_property
    def missing(self) -> Floats:
        """How many of CPU mark, memory and storage are not stated, 0 to 3."""
        return np.sum([np.isnan(self.numbers[name]) for name in ("cpu_mark", "ram_gb", "storage_gb")], axis=0).astype(
            float
        )


@dataclass(frozen=True, slots=True)
class Ranks:
    """Family and generation of each offer's CPU, and what marks others of that family and generation have."""

    family: Labels
    kind: Labels

    @classmethod
    def of(cls, cpu: Labels) -> Ranks:
        ranks = [rank_of(name) for name in cpu.names]
        family = labels_of([rank.family if rank else None for rank in ranks])
        kind = labels_of([" ".join(rank) if rank else None for rank in ranks])
        return cls(*(Labels(_through(column.codes, cpu.codes), column.names) for column in (family, kind)))


def _through(codes: Codes, keys: Codes) -> Codes:
    return np.append(codes, np.int32(-1))[keys]


def fill_marks(mark: Floats, kind: Labels, medians: Mapping[str, float]) -> Floats:
    """CPU marks, and the median of family and generation where a mark is not stated."""
    known = np.array([*(medians.get(name, np.nan) for name in kind.names), np.nan])
    return np.where(np.isnan(mark), known[kind.codes], mark)


def mark_medians(mark: Floats, kind: Labels) -> dict[str, float]:
    """The median mark of each family and generation, over distinct marks: popular models do not count more."""
    found = {}
    for code, name in enumerate(kind.names):
        marks = np.unique(mark[(kind.codes == code) & ~np.isnan(mark)])
        if len(marks):
            found[name] = float(np.median(marks))
    return found

"""A market whose truth is known: prices made from parts, with noise and absurd prices among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from valuation.market.estimate.offers import FAMILY, Offers, labels_of

RAM = {4: 0.0, 8: 40.0, 16: 80.0, 32: 150.0, 64: 300.0}
STORAGE = {120: 0.0, 256: 30.0, 512: 60.0, 1024: 110.0, 2048: 200.0}
CONDITION = {"used": 0.0, "refurb": 30.0, "new": 90.0}
MAKER = {"Dell": 0.0, "HP": -15.0, "Lenovo": 10.0, "Apple": 180.0}
BASE, PER_MARK = 120.0, 0.02
MARKS = (3_000.0, 28_000.0)


@dataclass(frozen=True)
class Made:
    """Offers, what each is truly worth (USD), and which prices are absurd."""

    offers: Offers
    truth: np.ndarray
    absurd: np.ndarray

    def permuted(self, random: np.random.Generator) -> Offers:
        """The same offers in another order and with other ids."""
        rows = random.permutation(len(self.offers))
        return replace(self.offers.take(rows), ids=np.arange(len(rows)) + 7)


def made(count: int, seed: int, *, junk: float = 0.03, noise: float = 0.12) -> Made:
    """`count` machines: a price is the sum of its parts times noise of a t distribution with 4 degrees of freedom."""
    random = np.random.default_rng(seed)
    ram, storage = random.choice(list(RAM), count), random.choice(list(STORAGE), count)
    condition, maker = random.choice(list(CONDITION), count, p=[0.6, 0.2, 0.2]), random.choice(list(MAKER), count)
    mark = np.round(random.uniform(*MARKS, count), -2)
    truth = np.round(
        BASE + PER_MARK * mark + _of(RAM, ram) + _of(STORAGE, storage) + _of(CONDITION, condition) + _of(MAKER, maker),
        2,
    )
    price = np.round(truth * np.exp(noise * random.standard_t(4, count)), 2)
    absurd = random.random(count) < junk
    price[absurd] = np.where(random.random(count) < 0.5, 12.0, np.round(10 * truth, 2))[absurd]
    empty = np.full(count, np.nan)
    model = [f"{maker[row]} {mark[row] // 500:.0f}" for row in range(count)]
    offers = Offers(
        ids=np.arange(1, count + 1),
        price=price,
        numbers={
            "ram_gb": ram.astype(float),
            "storage_gb": storage.astype(float),
            "cpu_mark": mark,
            "gpu_mark": np.zeros(count),
            "card": np.zeros(count),
            "age_years": empty,
        },
        labels={
            "condition": labels_of(list(condition)),
            "manufacturer": labels_of(list(maker)),
            FAMILY: labels_of([None] * count),
        },
        cpu=labels_of([None] * count),
        model=labels_of(model),
        seller=labels_of([None] * count),
        title=labels_of([f"offer {row}" for row in range(count)]),
        days_old=empty,
        refused=np.full(count, "", dtype=object),
    )
    return Made(offers, truth, absurd)


def _of(worth: Mapping[object, float], values: np.ndarray) -> np.ndarray:
    return np.array([worth[value] for value in values.tolist()])

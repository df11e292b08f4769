"""The current model, ready to value offers: read once by each process, and kept until another one is current."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from threading import Lock

import numpy as np

from dealbrain.folding import fold
from valuation.market.estimate.calibrating import Market, Valued
from valuation.market.estimate.offers import Labels, Offers, labels_of
from valuation.market.estimate.stored import FORM, from_json
from valuation.market.pools import from_bytes
from valuation.models import MarketModel, MarketPool


@dataclass(frozen=True)
class Standing:
    """A model as it stands: the same listing gets the same figures from it, whoever asks and whatever else changes.

    `offers` are those that it compares with, as they were when it was made, in the order that `Valued.near.places`
    counts.
    """

    pk: int
    year: int
    market: Market
    offers: Offers

    def value(self, offers: Offers) -> Valued:
        """Fair values and grades of any offers."""
        return self.market.value(self.spelled(offers))

    def spelled(self, offers: Offers) -> Offers:
        """The offers, their words spelled as the model spells them."""
        labels = {name: self._spelled(name, column) for name, column in offers.labels.items()}
        return replace(offers, labels=labels)

    def _spelled(self, name: str, column: Labels) -> Labels:
        known = self._spelling.get(name, {})
        names = [known.get(fold(word), word) for word in column.names]
        if tuple(names) == column.names:
            return column
        spelled = sorted(set(names))
        places = np.array([*(spelled.index(word) for word in names), -1], dtype=np.int32)
        return Labels(places[column.codes], tuple(spelled))

    @cached_property
    def _spelling(self) -> Mapping[str, Mapping[str, str]]:
        return {name: {fold(word): word for word in column.names} for name, column in self.offers.labels.items()}


NOTHING = labels_of([])
NO_OFFERS = Offers(
    ids=np.empty(0, dtype=np.int64),
    price=np.empty(0),
    numbers=defaultdict(lambda: np.empty(0)),
    labels={},
    cpu=NOTHING,
    model=NOTHING,
    seller=NOTHING,
    title=NOTHING,
    days_old=np.empty(0),
    refused=np.empty(0, dtype=object),
)
# A number alone names no model: a database that was restored from a backup counts through the same ones again.
_kept: dict[tuple[int, datetime], Standing] = {}
_lock = Lock()


def standing() -> Standing | None:
    """The current model, or None where there is none that this version can read. One query; two more the first time."""
    key = MarketModel.objects.filter(is_current=True).order_by().values_list("pk", "started_at").first()
    if key is None:
        return None
    with _lock:
        found = _kept.get(key)
        if found is None:
            found = _load(key[0])
            if found is not None:
                _kept.clear()  # one alone: it is tens of megabytes for a hundred thousand offers
                _kept[key] = found
    return found


def forget() -> None:
    """Read the model again when it is next asked for."""
    with _lock:
        _kept.clear()


def standing_of(model: MarketModel, packed: bytes) -> Standing:
    """A model that was made a moment ago, exactly as others will read it."""
    assert model.estimate is not None
    offers = from_bytes(packed)
    return Standing(model.pk, model.year, from_json(model.estimate, offers), offers)


def estimate_of(model: MarketModel) -> Market | None:
    """The estimate of a model alone, without offers to compare with: for its rules. None where there is none."""
    if model.estimate is None or model.estimate.get("form") != FORM:
        return None
    return from_json(model.estimate, NO_OFFERS)


def _load(pk: int) -> Standing | None:
    model = MarketModel.objects.filter(pk=pk).first()
    pool = MarketPool.objects.filter(pk=pk).first()
    if model is None or pool is None or model.estimate is None or model.estimate.get("form") != FORM:
        return None
    return standing_of(model, bytes(pool.offers))

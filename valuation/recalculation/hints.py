"""Where to look for what is stale: each mark leaves a hint, and a pass that has valued what it names takes it away.

A hint says where to look, never what is so: that is for the stamps. One too many costs a look at a listing that is
fresh. One that is lost costs the next look at everything, which cron asks for. It is committed with the mark it stands
for, so whoever reads it sees the mark; it is taken away by its own number, and only after the pass that read it has
stored its figures. A mark that lands meanwhile has a hint of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from valuation.models import StaleHint
from valuation.recalculation.facts import Ids
from valuation.recalculation.naming import Named

Range = tuple[int, int]
"""The first and the last id, both inside."""

NOTHING: Ids = np.zeros(0, dtype=np.int64)
EVERYTHING: Range = (0, 2**63 - 1)
MOST_NAMED_IN_HINT = 50_000  # of one mark; beyond it the stamps of their range are looked at
MOST_READ = 10_000  # hints of one pass; the rest have the next one


@dataclass(frozen=True, slots=True)
class Hints:
    """What the hints read so far say, all together."""

    keys: Ids  # of the hints themselves
    listing_ids: Ids  # sorted
    within: Range | None  # around those that name a range; None: none does
    why: str  # of the newest that says so


def leave_hint(ids: Sequence[int], *, why: str = "") -> None:
    """Say that these listings, sorted, have been marked; in the transaction that marks them."""
    if len(ids) > MOST_NAMED_IN_HINT:
        StaleHint.objects.create(first_id=ids[0], last_id=ids[-1], why=why)
    elif ids:
        packed = np.array(ids, dtype=np.int64).tobytes()
        StaleHint.objects.create(first_id=ids[0], last_id=ids[-1], listing_ids=packed, why=why)


def ask_for_everything(*, why: str = "") -> None:
    """Have the next pass look at the stamps of every listing."""
    StaleHint.objects.create(first_id=EVERYTHING[0], last_id=EVERYTHING[1], why=why)


def read_hints() -> Hints:
    """The oldest hints there are. One query, before the stamps are looked at."""
    rows = list(
        StaleHint.objects.order_by("pk").values_list("pk", "first_id", "last_id", "listing_ids", "why")[:MOST_READ]
    )
    named = [np.frombuffer(packed, dtype=np.int64) for *_, packed, _ in rows if packed is not None]
    ranges = [(first, last) for _, first, last, packed, _ in rows if packed is None]
    return Hints(
        keys=np.array([row[0] for row in rows], dtype=np.int64),
        listing_ids=np.unique(np.concatenate([NOTHING, *named])),
        within=(min(first for first, _ in ranges), max(last for _, last in ranges)) if ranges else None,
        why=next((why for *_, why in reversed(rows) if why), ""),
    )


def forget_hints(keys: Ids) -> None:
    """Take these hints away: every listing that they name has been valued since they were read."""
    StaleHint.objects.filter(pk__one_of=Named(keys)).delete()

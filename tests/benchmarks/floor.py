"""What cannot be saved: reading and writing the same columns without computing anything."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from catalog.models import Cpu, Gpu, RamSpec, StorageProfile
from listings.models import Listing
from valuation.models import ListingValuation
from valuation.recalculation.facts import PRICE_CENTS, among, listing_columns
from valuation.recalculation.figures import FIGURES
from valuation.recalculation.marking import revision_row
from valuation.recalculation.writer import read_stored, write


def read_and_write(fields: frozenset[str], *, batch_size: int) -> tuple[float, float]:
    """Seconds to fetch the same rows as plain tuples, and to store the figures that are there once more, from nothing.

    The figures must be the true ones: what an index costs depends on the order of its values.
    """
    stored = read_stored(np.array(Listing.objects.order_by("pk").values_list("pk", flat=True), dtype=np.int64))
    ListingValuation.objects.all().delete()
    started = perf_counter()
    ids = _read(fields, batch_size)
    read = perf_counter() - started
    revision = revision_row().revision
    started = perf_counter()
    for start in range(0, len(ids), batch_size):
        page = slice(start, start + batch_size)
        keys = np.array(ids[page], dtype=np.int64)
        write(keys, stored.input_versions[page], stored.table[page], revision=revision)
    return read, perf_counter() - started


def _read(fields: frozenset[str], batch_size: int) -> list[int]:
    ids: list[int] = []
    columns = ["id", "input_version", "price_cents", *listing_columns(sorted(fields))]
    while True:
        page = Listing.objects.filter(pk__gt=ids[-1] if ids else 0).order_by("pk")[:batch_size]
        rows = list(page.annotate(price_cents=PRICE_CENTS).values_list(*columns))
        if not rows:
            return ids
        for model in (Cpu, Gpu, RamSpec, StorageProfile):
            list(model.objects.values_list())
        near = among("listing", [rows[0][0], rows[-1][0]])
        list(ListingValuation.objects.filter(near).values_list("listing_id", *FIGURES))
        ids += [row[0] for row in rows]

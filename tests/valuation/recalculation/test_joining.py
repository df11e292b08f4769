"""Facts that were read in pages are those that are read at once."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from listings.models import Listing
from tests.baselines.worlds import World
from tests.factories import GpuFactory
from valuation.engine import Batch, CategoryColumn
from valuation.recalculation import joining
from valuation.recalculation.facts import Facts, load_facts
from valuation.recalculation.joining import load_all_facts, load_facts_of
from valuation.registry import field_registry

pytestmark = pytest.mark.django_db

FIELDS = (
    "title",
    "condition",
    "ram_gb",
    "cpu.name",
    "cpu.cpu_mark_multi",
    "gpu.name",
    "age_years",
    "ports.usb_c",
    "custom.extra",
)


@pytest.fixture
def market() -> None:
    World(random.Random(3)).build()
    Listing.objects.filter(pk=Listing.objects.order_by("pk")[4].pk).update(gpu=GpuFactory())


def rows_of(facts: Facts) -> list[tuple[Any, ...]]:
    """What can be asked of a batch, row by row: how text is coded is nobody's business."""
    batch: Batch = facts.batch
    columns: list[list[Any]] = [batch.ids.tolist(), batch.static_ruleset.tolist(), facts.input_versions.tolist()]
    columns.append(np.where(batch.priced, batch.price_cents, -1).tolist())
    for path in FIELDS:
        column = batch.columns[path]
        if isinstance(column, CategoryColumn):
            columns.append([column.categories[code] if code >= 0 else None for code in column.codes])
        else:
            columns.append(np.where(column.present, column.values, np.nan).astype(object).tolist())
    columns += [mask.tolist() for _, mask in sorted(batch.disabled.items())]
    return [tuple(None if value != value else value for value in row) for row in zip(*columns, strict=True)]


@pytest.mark.parametrize("page", [1, 3, 10, 11])
def test_pages_are_joined(market: None, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    monkeypatch.setattr(joining, "PAGE", page)
    monkeypatch.setattr(joining, "MOST_NAMED", page)
    registry = field_registry()
    options: dict[str, Any] = {"fields": FIELDS, "registry": registry, "year": 2026}
    whole = load_facts(Listing.objects.order_by("pk"), scores=False, **options)
    assert rows_of(load_all_facts(Listing.objects.all(), **options)) == rows_of(whole)
    ids = whole.batch.ids[::2]
    assert rows_of(load_facts_of(ids, **options)) == rows_of(whole)[::2]


def test_nothing_is_nothing(market: None) -> None:
    options: dict[str, Any] = {"fields": FIELDS, "registry": field_registry(), "year": 2026}
    assert len(load_all_facts(Listing.objects.none(), **options).batch) == 0
    assert len(load_facts_of(np.zeros(0, dtype=np.int64), **options).batch) == 0

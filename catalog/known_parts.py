"""The names of the catalog's processors and cards, ready to be found by what people write for them.

Putting an index together takes a while where there are thousands of names, so each process keeps the last one for as
long as the catalog has not moved.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Max

from catalog.models import Cpu, Gpu
from catalog.recognition import Index

_kept: dict[type[Any], tuple[tuple[Any, ...], Index]] = {}


def part_indexes() -> tuple[Index, Index]:
    """Processors and cards, as the recogniser takes them. Two queries; two more where the catalog has moved."""
    return _index(Cpu, "cpu_mark_multi"), _index(Gpu, "gpu_mark")


def _index(model: Any, mark: str) -> Index:
    """Where several names share a key the recogniser takes the first: parts whose mark is known come first."""
    state = tuple(model.objects.aggregate(Count("pk"), Max("pk"), Max("updated_at")).values())
    kept = _kept.get(model)
    if kept is None or kept[0] != state:
        rows = sorted(model.objects.order_by("pk").values_list("name", mark), key=lambda row: row[1] is None)
        _kept[model] = kept = state, Index(name for name, _ in rows)
    return kept[1]

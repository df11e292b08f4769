"""The names of the catalog's processors and cards, ready to be found by what people write for them.

Putting an index together takes a while where there are thousands of names, so each process keeps the last one for as
long as the catalog has not moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Max

from catalog.models import Cpu, Gpu
from catalog.recognition import Index

MARKS: dict[type[Any], str] = {Cpu: "cpu_mark_multi", Gpu: "gpu_mark"}
_kept: dict[type[Any], tuple[tuple[Any, ...], Index]] = {}


def part_indexes() -> tuple[Index, Index]:
    """Processors and cards, as the recogniser takes them. Two queries; two more where the catalog has moved."""
    return _index(Cpu, MARKS[Cpu]), _index(Gpu, MARKS[Gpu])


def index_of(parts: Iterable[tuple[str, float | None]]) -> Index:
    """Of (name, mark) in the order of ids. Where several names share a key the recogniser takes the first: parts whose
    mark is known come first.
    """
    return Index(name for name, _ in sorted(parts, key=lambda part: part[1] is None))


def _index(model: Any, mark: str) -> Index:
    state = tuple(model.objects.aggregate(Count("pk"), Max("pk"), Max("updated_at")).values())
    kept = _kept.get(model)
    if kept is None or kept[0] != state:
        _kept[model] = kept = state, index_of(model.objects.order_by("pk").values_list("name", mark))
    return kept[1]

"""Listings as offers that the estimate understands. A constant number of queries for each page of listings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np

from dealbrain.folding import fold
from listings.querysets import ListingQuerySet
from valuation.engine import Batch, CategoryColumn, FieldRegistry, Kind
from valuation.market.estimate.offers import FAMILY, Floats, Labels, Offers, Ranks, labels_of
from valuation.recalculation.facts import load_facts

PAGE = 20_000
NUMBERS = {
    "ram_gb": "ram_gb",
    "storage_gb": "total_storage_gb",
    "cpu_mark": "cpu.cpu_mark_multi",
    "age_years": "age_years",
    "gpu_mark": "gpu.gpu_mark",
}
LABELS = {
    "condition": "condition",
    "manufacturer": "manufacturer",
    "series": "series",
    "medium": "primary_storage_type",
    "os_license": "os_license",
    "form_factor": "form_factor",
}
TEXTS = ("title", "seller", "device_model", "model_number", "cpu.name", "gpu.name")
NO, YES = "no", "yes"


def read_offers(listings: ListingQuerySet, *, registry: FieldRegistry, year: int) -> Offers:
    """These listings as offers, in the order of their ids, whether they can count or not. At most ten queries a page.

    The age of a price counts from the newest one among them, so that the same listings say the same tomorrow.
    """
    custom = custom_labels(registry)
    paths = [*NUMBERS.values(), *LABELS.values(), *TEXTS, *custom]
    batches, dates, last = [], list[date | None](), 0
    while True:
        page = listings.filter(pk__gt=last).order_by("pk")[:PAGE]
        batch = load_facts(page, fields=paths, registry=registry, year=year, scores=False).batch
        if len(batch):
            batches.append(batch)
            last = int(batch.ids[-1])
            dates += _dates(listings, batch)
        if len(batch) < PAGE:
            return _offers(batches, dates, custom)


def offers_of(batch: Batch, registry: FieldRegistry) -> Offers:
    """The machines of a batch that was put together elsewhere, by facts of any of the paths above. Nobody knows how
    old their prices are."""
    return _offers([batch], [None] * len(batch), custom_labels(registry))


def custom_labels(registry: FieldRegistry) -> list[str]:
    """The custom facts that are one of few words: choices, and yes or no."""
    return [
        field.path
        for field in registry.fields
        if field.path.startswith("custom.") and (field.kind is Kind.BOOLEAN or field.options)
    ]


def _dates(listings: ListingQuerySet, batch: Batch) -> list[date | None]:
    within = listings.filter(pk__gte=int(batch.ids[0]), pk__lte=int(batch.ids[-1]), price_date__isnull=False)
    found = dict(within.order_by().values_list("pk", "price_date"))
    return [found.get(key) for key in batch.ids.tolist()]


def _offers(batches: Sequence[Batch], dates: Sequence[date | None], custom: Iterable[str]) -> Offers:
    count = sum(map(len, batches))
    numbers = {name: _numbers(batches, path) for name, path in NUMBERS.items()}
    texts = {path: _texts(batches, path) for path in TEXTS}
    card = np.array([float(bool(name)) for name in texts["gpu.name"]])
    numbers["gpu_mark"] = np.where(card > 0, numbers["gpu_mark"], 0.0)
    numbers["card"] = card
    labels = {name: labels_of(spelled_alike(_texts(batches, path))) for name, path in LABELS.items()}
    labels |= {path: labels_of(spelled_alike(_stated(batches, path))) for path in custom}
    cpu = labels_of(texts["cpu.name"])
    labels[FAMILY] = Ranks.of(cpu).family
    price = np.concatenate([np.empty(0), *(np.where(b.priced, b.price_cents / 100, np.nan) for b in batches)])
    return Offers(
        ids=np.concatenate([np.empty(0, dtype=np.int64), *(batch.ids for batch in batches)]),
        price=price,
        numbers=numbers,
        labels=labels,
        cpu=cpu,
        model=_models(texts, labels),
        seller=labels_of(texts["seller"]),
        title=labels_of(texts["title"]),
        days_old=_days_old(dates),
        refused=np.full(count, "", dtype=object),
    )


def _numbers(batches: Sequence[Batch], path: str) -> Floats:
    columns = [batch.number(path) for batch in batches]
    return np.concatenate([np.empty(0), *(np.where(c.present, c.values, np.nan) for c in columns)])


def _texts(batches: Sequence[Batch], path: str) -> list[str | None]:
    found: list[str | None] = []
    for batch in batches:
        column = batch.category(path)
        names = (*column.categories, None)
        found += [names[code] for code in column.codes.tolist()]
    return found


def spelled_alike(texts: list[str | None]) -> list[str | None]:
    """Texts that differ in case alone in their most common spelling: conditions do not tell them apart."""
    spellings: dict[str, Counter[str]] = {}
    for text in texts:
        if text:
            spellings.setdefault(fold(text), Counter())[text] += 1
    best = {key: min(counts, key=lambda text: (-counts[text], text)) for key, counts in spellings.items()}
    return [best[fold(text)] if text else None for text in texts]


def _stated(batches: Sequence[Batch], path: str) -> list[str | None]:
    """A custom choice as it is, a custom yes or no as a word."""
    if any(isinstance(batch.columns.get(path), CategoryColumn) for batch in batches):
        return _texts(batches, path)
    values = _numbers(batches, path)
    return [None if np.isnan(value) else YES if value else NO for value in values.tolist()]


def _models(texts: dict[str, list[str | None]], labels: dict[str, Labels]) -> Labels:
    """What tells models apart: what the offer calls it, or else maker, CPU and card; nothing where none is stated."""
    makers, series = labels["manufacturer"].texts(), labels["series"].texts()
    found: list[str | None] = []
    rows = zip(
        makers, series, *(texts[p] for p in ("device_model", "model_number", "cpu.name", "gpu.name")), strict=True
    )
    for maker, line, device, number, cpu, gpu in rows:
        named = device or number or line
        parts = (maker, line, device, number) if named else (maker, cpu, gpu)
        found.append("\n".join(part or "" for part in parts).casefold() if named or cpu else None)
    return labels_of(found)


def _days_old(dates: Sequence[date | None]) -> Floats:
    ordinals = np.array([found.toordinal() if found else np.nan for found in dates], dtype=np.float64)
    return ordinals if np.isnan(ordinals).all() else np.nanmax(ordinals) - ordinals

"""Metrics and scores (docs/rules.md): what a dollar buys.

A ratio is null where the price, or the mark or TDP it divides by, is null or not positive; it is rounded to four
decimals. The composite is sum(w x m) / sum(w) over the metrics that are known, each scaled to 0..100 against the best
value among the catalog's parts, so that a profile's weights mean what they say.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .batch import Batch, NumberColumn
from .errors import Problem
from .evaluate import Result
from .fields import nearest
from .money import Floats, round_half_away
from .spec import Json, json_number

METRIC_KEYS = ("cpu_mark_multi", "cpu_mark_single", "gpu_score", "perf_per_watt", "ram_capacity")
SCORE_FIELDS = (
    "cpu.cpu_mark_multi",
    "cpu.cpu_mark_single",
    "cpu.tdp_w",
    "cpu.igpu_mark",
    "cpu.manufacturer",
    "gpu.name",  # known: there is a GPU row
    "gpu.gpu_mark",
    "gpu.metal_score",
    "ram_gb",
)
RATIO_DIGITS = 4
METAL_SHARE, MARK_SHARE = 0.8, 0.2


@dataclass(frozen=True, slots=True)
class Scales:
    """The best value of each metric among the catalog's parts; None or not positive: the metric is unknown."""

    cpu_mark_multi: float | None = None
    cpu_mark_single: float | None = None
    gpu_score: float | None = None
    perf_per_watt: float | None = None
    ram_capacity: float | None = 128.0  # GB


def score_columns(batch: Batch, result: Result, weights: Mapping[str, float], scales: Scales) -> dict[str, Floats]:
    """Every metric as `float64[n]`, NaN for null. Dollar figures are USD per mark."""
    multi = _known(batch.number("cpu.cpu_mark_multi"))
    single = _known(batch.number("cpu.cpu_mark_single"))
    gpu = _gpu_score(batch)
    per_watt = _ratio(multi, _known(batch.number("cpu.tdp_w")), positive=True)
    price = np.where(batch.priced, batch.price_cents / 100.0, np.nan)
    adjusted = np.where(batch.priced, result.adjusted_cents / 100.0, np.nan)
    metrics = {
        "cpu_mark_multi": multi,
        "cpu_mark_single": single,
        "gpu_score": gpu,
        "perf_per_watt": per_watt,
        "ram_capacity": _known(batch.number("ram_gb")),
    }
    return {
        "score_cpu_multi": multi,
        "score_cpu_single": single,
        "score_gpu": round_half_away(gpu, RATIO_DIGITS),
        "score_composite": _composite(metrics, weights, scales),
        "perf_per_watt": round_half_away(per_watt, RATIO_DIGITS),
        "dollar_per_cpu_mark": round_half_away(_ratio(adjusted, multi), RATIO_DIGITS),
        "dollar_per_single_mark": round_half_away(_ratio(adjusted, single), RATIO_DIGITS),
        "dollar_per_cpu_mark_multi": round_half_away(_ratio(price, multi), RATIO_DIGITS),
        "dollar_per_cpu_mark_single": round_half_away(_ratio(price, single), RATIO_DIGITS),
    }


def check_weights(weights: Json) -> list[Problem]:
    """What is wrong with a profile's weights: unknown keys, weights that are no number >= 0, all of them zero."""
    if not isinstance(weights, Mapping):
        return [Problem("", "weights are an object of metric and number", "type")]
    problems = []
    for key, weight in weights.items():
        if key not in METRIC_KEYS:
            near = nearest(str(key), METRIC_KEYS, 1)
            hint = f'did you mean "{near[0]}"?' if near else f"the metrics are {', '.join(METRIC_KEYS)}"
            problems.append(Problem(str(key), f'unknown metric "{key}"', "unknown_metric", hint))
        number = json_number(weight)
        if number is None or number < 0:
            problems.append(Problem(str(key), "a weight is a number of 0 or more", "range"))
    if not problems and not any(weights.values()):
        problems.append(Problem("", "at least one weight must be above 0", "all_zero"))
    return problems


def _known(column: NumberColumn) -> Floats:
    return np.where(column.present, column.values, np.nan)


def _ratio(above: Floats, below: Floats, *, positive: bool = False) -> Floats:
    """above / below, NaN where `below` is not positive (and, with `positive`, where `above` is not)."""
    usable = (below > 0) & (above > 0) if positive else below > 0
    with np.errstate(all="ignore"):
        return np.where(usable, above / below, np.nan)


def _gpu_score(batch: Batch) -> Floats:
    """gpu_mark; with Apple CPUs 0.8 x Metal + 0.2 x (gpu_mark or Metal score); without a GPU row the iGPU's mark."""
    mark, metal = _known(batch.number("gpu.gpu_mark")), _known(batch.number("gpu.metal_score"))
    maker = batch.category("cpu.manufacturer")
    is_apple = np.array([text.casefold() == "apple" for text in maker.categories] + [False], dtype=np.bool_)[
        maker.codes
    ]
    apple = METAL_SHARE * metal + MARK_SHARE * np.where(np.isnan(mark), metal, mark)
    with_row = np.where(is_apple & ~np.isnan(metal), apple, mark)
    return np.where(batch.category("gpu.name").codes >= 0, with_row, _known(batch.number("cpu.igpu_mark")))


def _composite(metrics: Mapping[str, Floats], weights: Mapping[str, float], scales: Scales) -> Floats:
    count = len(next(iter(metrics.values())))
    weighted, share = np.zeros(count), np.zeros(count)
    # Only their proportions count. Made small by a power of two, which rounds nothing, no weight can overflow.
    exponent = math.frexp(max((float(weights.get(key, 0.0)) for key in METRIC_KEYS), default=0.0))[1]
    for key in METRIC_KEYS:
        weight, best = math.ldexp(float(weights.get(key, 0.0)), -exponent), getattr(scales, key)
        if not weight or best is None or best <= 0:
            continue
        scaled = np.minimum(100.0, 100.0 * metrics[key] / best)
        known = ~np.isnan(scaled)
        weighted += np.where(known, weight * scaled, 0.0)
        share += np.where(known, weight, 0.0)
    with np.errstate(all="ignore"):
        return round_half_away(np.where(share > 0, weighted / share, np.nan), RATIO_DIGITS)

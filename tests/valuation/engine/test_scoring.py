"""Metrics, scores and price targets, by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from valuation.engine import (
    ActionSpec,
    Batch,
    FieldRegistry,
    GroupSpec,
    RulesetSpec,
    RuleSpec,
    Scales,
    check_weights,
    compile_rulesets,
    evaluate,
    performance_ratings,
    price_targets,
    score_columns,
)

REGISTRY = FieldRegistry([])
RULES = [
    RulesetSpec(1, "s", (GroupSpec(1, "g", (RuleSpec(1, "r", None, (ActionSpec("fixed_value", value_usd=-50),)),)),))
]
LISTING = {
    "price_usd": 150,
    "cpu.cpu_mark_multi": 12_000,
    "cpu.cpu_mark_single": 3_000,
    "cpu.tdp_w": 35,
    "cpu.igpu_mark": 1_500,
    "ram_gb": 32,
}
BEST = Scales(cpu_mark_multi=48_000, cpu_mark_single=4_000, gpu_score=30_000, perf_per_watt=1_000)


def figures(weights: dict[str, float] | None = None, scales: Scales = BEST, **facts: Any) -> dict[str, float | None]:
    row = {**LISTING, **{name.replace("__", "."): value for name, value in facts.items()}}
    batch = Batch.from_rows([row], REGISTRY)
    columns = score_columns(batch, evaluate(compile_rulesets(RULES, REGISTRY), batch), weights or {}, scales)
    return {name: None if math.isnan(column[0]) else float(column[0]) for name, column in columns.items()}


def test_all_figures_of_a_listing() -> None:
    assert figures({"cpu_mark_multi": 3, "ram_capacity": 1}) == {
        "score_cpu_multi": 12_000,
        "score_cpu_single": 3_000,
        "score_gpu": 1_500,
        "score_composite": 25.0,  # (3 x 25 + 1 x 25) / 4
        "perf_per_watt": 342.8571,
        "dollar_per_cpu_mark": 0.0083,  # 100 / 12,000
        "dollar_per_single_mark": 0.0333,
        "dollar_per_cpu_mark_multi": 0.0125,
        "dollar_per_cpu_mark_single": 0.05,
    }


@pytest.mark.parametrize(
    ("facts", "unknown"),
    [
        ({"price_usd": None}, ["dollar_per_cpu_mark", "dollar_per_single_mark", "dollar_per_cpu_mark_multi"]),
        ({"cpu__cpu_mark_multi": None}, ["score_cpu_multi", "dollar_per_cpu_mark", "perf_per_watt"]),
        ({"cpu__cpu_mark_multi": 0}, ["dollar_per_cpu_mark", "perf_per_watt"]),
        ({"cpu__cpu_mark_single": 0}, ["dollar_per_single_mark"]),
        ({"cpu__tdp_w": None}, ["perf_per_watt"]),
        ({"cpu__tdp_w": 0}, ["perf_per_watt"]),
        ({"cpu__igpu_mark": None}, ["score_gpu"]),
    ],
)
def test_what_is_undefined_is_null(facts: dict[str, Any], unknown: list[str]) -> None:
    found = figures(**facts)
    assert {name for name in unknown if found[name] is not None} == set()


def test_an_unknown_price_leaves_the_marks() -> None:
    assert figures({"cpu_mark_multi": 1}, price_usd=None) == {
        "score_cpu_multi": 12_000,
        "score_cpu_single": 3_000,
        "score_gpu": 1_500,
        "score_composite": 25.0,
        "perf_per_watt": 342.8571,
        "dollar_per_cpu_mark": None,
        "dollar_per_single_mark": None,
        "dollar_per_cpu_mark_multi": None,
        "dollar_per_cpu_mark_single": None,
    }


def test_a_negative_adjusted_price_gives_a_negative_ratio() -> None:
    assert figures(price_usd=14)["dollar_per_cpu_mark"] == -0.003


@pytest.mark.parametrize(
    ("facts", "score"),
    [
        ({}, 1_500),
        ({"gpu__name": "RTX", "gpu__gpu_mark": 9_000}, 9_000),
        ({"gpu__name": "RTX", "gpu__gpu_mark": None}, None),
        ({"gpu__name": "M1", "gpu__gpu_mark": 5_000, "gpu__metal_score": 30_000, "cpu__manufacturer": "apple"}, 25_000),
        ({"gpu__name": "M1", "gpu__metal_score": 30_000, "cpu__manufacturer": "Apple"}, 30_000),
        ({"gpu__name": "M1", "gpu__gpu_mark": 5_000, "cpu__manufacturer": "Apple"}, 5_000),
        ({"gpu__name": "RTX", "gpu__gpu_mark": 5_000, "gpu__metal_score": 30_000, "cpu__manufacturer": "AMD"}, 5_000),
    ],
)
def test_gpu_scores(facts: dict[str, Any], score: float | None) -> None:
    assert figures(**facts)["score_gpu"] == score


@pytest.mark.parametrize(
    ("weights", "scales", "facts", "composite"),
    [
        ({"cpu_mark_multi": 1}, BEST, {}, 25.0),
        ({"cpu_mark_multi": 1, "cpu_mark_single": 1}, BEST, {}, 50.0),
        (
            {"cpu_mark_multi": 1, "gpu_score": 9},
            BEST,
            {"cpu__igpu_mark": None},
            25.0,
        ),  # an unknown metric does not weigh
        ({"gpu_score": 1}, BEST, {}, 5.0),  # 1,500 of 30,000
        ({"perf_per_watt": 1}, BEST, {}, 34.2857),  # 12,000 / 35 of 1,000
        # (0.5 x 25 + 0.3 x 5 + 0.2 x 25) / 1
        ({"cpu_mark_multi": 0.5, "gpu_score": 0.3, "ram_capacity": 0.2}, BEST, {}, 19.0),
        # the scale of weights does not matter: (5 x 25 + 3 x 5 + 2 x 25) / 10
        ({"cpu_mark_multi": 5, "gpu_score": 3, "ram_capacity": 2}, BEST, {}, 19.0),
        ({"cpu_mark_multi": 5e307, "gpu_score": 3e307, "ram_capacity": 2e307}, BEST, {}, 19.0),
        ({"cpu_mark_multi": 1.7e308, "ram_capacity": 1.7e308}, BEST, {}, 25.0),
        ({"cpu_mark_multi": 10**300, "cpu_mark_single": 10**300}, BEST, {}, 50.0),
        ({"cpu_mark_multi": 5e-324}, BEST, {}, 25.0),
        ({"cpu_mark_multi": 1.7e308, "ram_capacity": 5e-324}, BEST, {}, 25.0),
        ({"ram_capacity": 1}, BEST, {"ram_gb": 512}, 100.0),  # never above the best
        ({"ram_capacity": 1}, BEST, {"ram_gb": 0}, 0.0),
        ({"cpu_mark_multi": 1}, Scales(), {}, None),
        ({"cpu_mark_multi": 0, "ram_capacity": 1}, BEST, {"ram_gb": None}, None),
        ({}, BEST, {}, None),
    ],
)
def test_composites(weights: Any, scales: Scales, facts: Any, composite: float | None) -> None:
    assert figures(weights, scales, **facts)["score_composite"] == composite


@pytest.mark.parametrize(
    ("weights", "paths"),
    [
        ({"cpu_mark_multi": 1, "ram_capacity": 0}, []),
        ({"cpu_mark": 1}, ["cpu_mark"]),
        ({"cpu_mark_multi": -1}, ["cpu_mark_multi"]),
        ({"cpu_mark_multi": True}, ["cpu_mark_multi"]),
        ({"cpu_mark_multi": math.inf}, ["cpu_mark_multi"]),
        ({"cpu_mark_multi": 10**400}, ["cpu_mark_multi"]),
        ({"cpu_mark_multi": "1"}, ["cpu_mark_multi"]),
        ({"cpu_mark_multi": None}, ["cpu_mark_multi"]),
        ({"cpu_mark_multi": 0}, [""]),
        ({}, [""]),
        ([], [""]),
        ({"nope": 1, "gpu_score": -1}, ["nope", "gpu_score"]),
    ],
)
def test_weights(weights: Any, paths: list[str]) -> None:
    assert [problem.path for problem in check_weights(weights)] == paths


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ([], (None, None, None, "insufficient")),
        ([100], (None, None, None, "insufficient")),
        ([100, 200], (150.0, 79.29, 220.71, "low")),
        ([10, 10, 10, 10, 200], (48.0, 0.0, 132.97, "medium")),
        ([50] * 10, (50.0, 50.0, 50.0, "high")),
    ],
)
def test_price_targets(prices: list[float], expected: tuple[Any, ...]) -> None:
    found = price_targets(prices)
    assert (found.good, found.great, found.fair, found.confidence) == expected
    assert found.sample_size == len(prices)


@pytest.mark.parametrize(
    ("count", "confidence"), [(2, "low"), (4, "low"), (5, "medium"), (9, "medium"), (10, "high"), (11, "high")]
)
def test_confidence_grows_with_the_sample(count: int, confidence: str) -> None:
    assert price_targets([100.0] * count).confidence == confidence


def test_ratings_by_quartile() -> None:
    assert performance_ratings([0.04, 0.01, 0.02, 0.03, 0.05]) == [
        (75.0, "poor"),
        (0.0, "excellent"),
        (25.0, "good"),
        (50.0, "fair"),
        (100.0, "poor"),
    ]
    assert performance_ratings([]) == []


def test_ratings_of_one_and_of_equals() -> None:
    assert performance_ratings([0.02]) == [(0.0, "excellent")]
    # Equals share the better place.
    assert performance_ratings([0.02, 0.01, 0.02]) == [(50.0, "fair"), (0.0, "excellent"), (50.0, "fair")]
    assert performance_ratings([0.01, 0.02, 0.03, 0.04]) == [
        (0.0, "excellent"),
        (33.3, "good"),
        (66.7, "fair"),
        (100.0, "poor"),
    ]


def test_an_unknown_weight_brings_the_nearest_metric() -> None:
    (near, far) = check_weights({"cpu_marc_multi": 1, "xyzzy": 1})
    assert near.suggestion == 'did you mean "cpu_mark_multi"?'
    assert far.suggestion.startswith("the metrics are cpu_mark_multi, ")

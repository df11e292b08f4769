from __future__ import annotations

import re

import pytest

from valuation.admin.market_pictures import error_bars, scatter_of, worth_scale
from valuation.market.estimate.bands import Band
from valuation.market.sampling import Asked, Sample


def sample(*prices: tuple[int, int], odd: int = 0) -> Sample:
    rows = [Asked(price, fair, fair * 4 // 5, fair * 6 // 5, False) for price, fair in prices]
    rows += [Asked(1_200, 50_000, 40_000, 60_000, True)] * odd
    return Sample(tuple(rows), len(rows))


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"M(-?[\d.]+) (-?[\d.]+)", path)]


def test_equal_shares_are_equal_lengths() -> None:
    found = scatter_of(sample((10_000, 10_000), (20_000, 20_000), (40_000, 40_000)))
    assert found is not None
    (x1, y1), (x2, y2), (x3, y3) = points(found.dots)
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.2)
    assert y1 - y2 == pytest.approx(y2 - y3, abs=0.2)
    assert [tick.label for tick in found.across] == ["$100", "$150", "$200", "$300", "$400"]


def test_everything_stands_inside_and_crosses_stand_apart() -> None:
    found = scatter_of(sample(*[(price * 100, 40_000 + price) for price in range(100, 900, 10)], odd=2))
    assert found is not None
    assert (found.dots.count("h0"), found.odd) == (80, 2)
    for x, y in [*points(found.dots), *points(found.crosses)]:
        assert found.left <= x <= found.right
        assert found.top <= y <= found.foot
    assert sum(row.count for row in found.rows) == 80
    assert all(row.low <= row.fair <= row.high for row in found.rows)
    assert all(row.interval_low < row.fair < row.interval_high for row in found.rows)


@pytest.mark.parametrize("prices", [[(10_000, 10_000)], [(5, 100_000_000_000)], [(10_000, 10_000)] * 40])
def test_a_picture_of_little_is_one(prices: list[tuple[int, int]]) -> None:
    found = scatter_of(sample(*prices))
    assert found is not None
    assert "nan" not in found.dots + found.band + "".join(found.line)
    assert scatter_of(Sample((), 0)) is None


def test_amounts_stand_on_one_scale_that_holds_nothing() -> None:
    scale = worth_scale([(10, 40), (-20, -5)])
    assert scale.words == "\u2212$20 to $40"
    cheap, dear = scale.whisker(-10, -20, -5), scale.whisker(20, 10, 40)
    assert float(cheap.at) < float(cheap.zero) == float(dear.zero) < float(dear.low) < float(dear.at)
    assert worth_scale([]).words == "$0 to $1"


def test_bars_are_as_high_as_errors_are_large() -> None:
    found = error_bars([Band(0, 500, 20, 0.2, 0.1), Band(500, float("inf"), 30, 0.1, -0.004)])
    assert found is not None
    assert float(found.bars[0].height) == pytest.approx(2 * float(found.bars[1].height), abs=0.2)
    assert [(bar.label, bar.lean) for bar in found.bars] == [
        ("under $500", "10 % too high"),
        ("$500 and more", "as often over as under"),
    ]
    assert [end.label for end in found.ends] == ["$500"]
    assert error_bars([]) is None

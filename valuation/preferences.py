"""Preferences of the installation: the thresholds by which a figure is called good, and their defaults."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.core.exceptions import ValidationError

from valuation.models.settings import Setting

LIMIT = 1_000.0  # percent


@dataclass(frozen=True, slots=True)
class Preference:
    """Thresholds in percent by name. `falling` where each must lie below the one before it, `rising` above it."""

    help: str
    defaults: Mapping[str, float]
    rising: tuple[str, ...] = ()
    falling: tuple[str, ...] = ()

    def problems(self, value: Any) -> dict[str, str]:
        """What is wrong with a value, by name."""
        if not isinstance(value, dict):
            return {"": f"This must be an object of {', '.join(self.defaults)}."}
        found = {
            str(name): f"There is no such threshold: {', '.join(self.defaults)}."
            for name in value.keys() - self.defaults.keys()
        }
        found |= {name: "This threshold is missing." for name in self.defaults if name not in value}
        for name in self.defaults.keys() & value.keys():
            number = value[name]
            if isinstance(number, bool) or not isinstance(number, int | float) or not abs(number) <= LIMIT:
                found[name] = f"This must be a number from -{LIMIT:,.0f} to {LIMIT:,.0f}."
        if found:
            return found
        for lower, higher in (*_pairs(self.rising), *((b, a) for a, b in _pairs(self.falling))):
            if value[lower] > value[higher]:
                found[lower] = f"This must not lie above {higher}."
        return found


def _pairs(names: tuple[str, ...]) -> list[tuple[str, str]]:
    return list(pairwise(names))


PREFERENCES: dict[str, Preference] = {
    "valuation_thresholds": Preference(
        "By how many percent the adjusted price must differ from the asking price to be called so.",
        {"good_deal": 15.0, "great_deal": 25.0, "premium_warning": 10.0},
        rising=("good_deal", "great_deal"),
    ),
    "cpu_mark_thresholds": Preference(
        "By how many percent dollars per CPU mark must improve through the adjustments to be called so.",
        {"excellent": 20.0, "good": 10.0, "fair": 5.0, "neutral": 0.0, "poor": -10.0, "premium": -20.0},
        falling=("excellent", "good", "fair", "neutral", "poor", "premium"),
    ),
}


def preference(key: str) -> dict[str, float]:
    """The thresholds that count. One query."""
    stored = Setting.objects.filter(key=key).values_list("value", flat=True).first()
    return dict(PREFERENCES[key].defaults) if stored is None else stored


def held_preference(key: str) -> dict[str, float]:
    """As `preference`, and nobody else changes them until the transaction ends: there is a row to hold."""
    Setting.objects.get_or_create(key=key, defaults={"value": dict(PREFERENCES[key].defaults)})
    held: dict[str, float] = Setting.objects.select_for_update(no_key=True).values_list("value", flat=True).get(key=key)
    return held


def set_preference(*, key: str, value: Any) -> dict[str, float]:
    """Store thresholds. Raises ValidationError by name."""
    if problems := PREFERENCES[key].problems(value):
        raise ValidationError({name or "__all__": message for name, message in problems.items()})
    numbers = {name: float(value[name]) for name in PREFERENCES[key].defaults}
    assert all(math.isfinite(number) for number in numbers.values())
    Setting.objects.update_or_create(key=key, defaults={"value": numbers})
    return numbers

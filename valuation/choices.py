"""The closed lists of the rules. The engine has tables of the same keys (a test compares them)."""

from __future__ import annotations

from django.db import models


class Effect(models.TextChoices):
    ADD = "add", "Add: amounts as written"
    DEDUCT = "deduct", "Deduct: amounts say what a part is worth, and are taken off"


class MatchPolicy(models.TextChoices):
    COLLECT = "collect", "Collect: every matching rule counts"
    FIRST = "first", "First: the first matching rule ends the group"


class ActionType(models.TextChoices):
    FIXED_VALUE = "fixed_value", "Fixed value"
    ADDITIVE = "additive", "Additive"
    PER_UNIT = "per_unit", "Per unit"
    BENCHMARK_BASED = "benchmark_based", "By benchmark"
    MULTIPLIER = "multiplier", "Percent of the running price"
    FORMULA = "formula", "Formula"


class UnitType(models.TextChoices):
    PER_1000_POINTS = "per_1000_points", "per 1,000 points"
    PER_100_POINTS = "per_100_points", "per 100 points"
    PER_10_POINTS = "per_10_points", "per 10 points"
    PER_POINT = "per_point", "per point"


class Layer(models.TextChoices):
    """Where an adjustment comes from, for reports."""

    BASELINE = "baseline", "Baseline"
    BASIC = "basic", "Basic"
    ADVANCED = "advanced", "Advanced"


class RunState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class RunScope(models.TextChoices):
    """Which listings a run looks at."""

    STALE = "stale", "What is out of date"
    ALL = "all", "Every listing"
    SOME = "some", "Chosen listings"


class CalibrationState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused: too little to go by"
    FAILED = "failed", "Failed"


BASIC_GROUP_NAME = "Basic · Adjustments"

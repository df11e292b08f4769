"""How much each metric counts in the composite score."""

from __future__ import annotations

import sys

from django.core.exceptions import ValidationError
from django.db import models

from catalog.choices import ScoreMetric
from catalog.models.named import Named
from dealbrain.db import JSONField, TextField

ONE_DEFAULT = "One profile is the default: make another one the default, and this one no longer is."
MOST_WEIGHT = sys.float_info.max


def validate_weights(weights: object) -> None:
    """`{metric: weight}`: known metrics, finite weights >= 0, not all zero. Every error at once."""
    if not isinstance(weights, dict):
        raise ValidationError("Weights are an object of metric and number.")
    errors = [
        f'"{key}" is not a metric; the metrics are {", ".join(ScoreMetric.values)}.'
        for key in weights
        if key not in ScoreMetric.values
    ]
    for key, weight in weights.items():
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= MOST_WEIGHT:
            errors.append(f'The weight of "{key}" must be a number of 0 or more.')
    if not errors and not any(weights.values()):
        errors.append("At least one weight must be above 0.")
    if errors:
        raise ValidationError(errors)


class Profile(Named):
    """A buyer's taste: weights over the metrics. Exactly one profile is the default once any exists."""

    description = TextField(blank=True)
    weights = JSONField(default=dict, validators=[validate_weights])
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = "scoring profile"
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="catalog_profile_one_default",
                violation_error_message="Another profile is the default already.",
            )
        ]

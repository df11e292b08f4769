"""Tests that travel with a ruleset: facts that were frozen, and what its rules are to make of them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from dealbrain.db import CharField, CheckedModel, JSONField
from valuation.models.rules import Ruleset
from valuation.registry import field_registry
from valuation.validation import expected_problems, facts_problems, raise_problems


class Example(CheckedModel):
    """A machine by its facts, and what the ruleset by itself is to say of it.

    `facts` holds values by the path of the field; of ports, what is not named is none, of all else it is missing.
    `expected` holds `total_usd`, or `low_usd` and `high_usd` or one of them, and the rules that are to match or not,
    in `matches` and `not_matches`, each as `group/rule`.
    """

    ruleset = models.ForeignKey(Ruleset, models.CASCADE, related_name="examples")
    name = CharField(max_length=200)
    facts = JSONField(default=dict, blank=True)
    expected = JSONField(default=dict, blank=True)
    # Written by `valuation.examples` alone: what tells which rule differs when it does not hold any more.
    amounts = JSONField(
        null=True, blank=True, editable=False, help_text="Cents by rule, as they were when it last held."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["ruleset", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["ruleset", "name"],
                name="valuation_example_name",
                violation_error_message="This ruleset has an example of this name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if not self.name.strip():
            raise ValidationError({"name": "Give the example a name, such as what machine it is."})
        raise_problems(
            {"facts": facts_problems(self.facts, field_registry()), "expected": expected_problems(self.expected)}
        )

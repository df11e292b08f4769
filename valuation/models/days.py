"""What each rule gave by day."""

from __future__ import annotations

from django.db import models


class RuleDay(models.Model):
    """What a rule in force did to all active listings, on one day; written by sets, by `analytics.days` alone.

    `rule_id` and `ruleset_id` are no references: what a rule gave stays true when it is deleted. Money is in cents.
    """

    day = models.DateField()
    rule_id = models.BigIntegerField()
    ruleset_id = models.BigIntegerField()
    matched = models.PositiveIntegerField(help_text="Listings that it counted for.")
    cents = models.BigIntegerField(help_text="What it gave them together.")

    class Meta:
        ordering = ["day", "rule_id", "pk"]
        constraints = [models.UniqueConstraint(fields=["day", "rule_id"], name="valuation_ruleday_one_a_day")]
        # The lines of one ruleset.
        indexes = [models.Index(fields=["ruleset_id", "day"], name="valuation_ruleday_of_ruleset")]

    def __str__(self) -> str:
        return f"Rule {self.rule_id} on {self.day}"

"""Who changed which rules, and what each rule was at every moment. Written only by `valuation.history.audit`.

Rows name others by plain numbers: they outlive what they tell of.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from dealbrain.constraints import one_of


class TargetKind(models.TextChoices):
    """What an audit entry is about."""

    RULESET = "ruleset"
    GROUP = "group"
    RULE = "rule"
    BASELINE = "baseline"


class AuditEntry(models.Model):
    """One change: who made it, when, to what, and what differed.

    Of what was updated, `before` and `after` hold the fields that differ; of what was created or deleted the one that
    there is holds them all. Changes that were saved together have the same `at`.
    """

    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=150, blank=True, help_text="Empty: nobody is known.")
    action = models.CharField(max_length=64, help_text="created, updated, deleted, or such as baseline.imported.")
    target_kind = models.CharField(max_length=8, choices=TargetKind)
    target_id = models.BigIntegerField()
    target_name = models.CharField(max_length=255, blank=True)
    ruleset_id = models.BigIntegerField(null=True, blank=True)
    rule_id = models.BigIntegerField(null=True, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    request_id = models.CharField(max_length=128, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = "change"
        verbose_name_plural = "audit log"
        constraints = [one_of("valuation_auditentry_target_kind", "target_kind", TargetKind.values)]
        indexes = [
            models.Index(fields=["-at", "-id"], name="valuation_audit_newest"),  # the log, newest first
            # The log of one ruleset or rule, and whether there is anything newer than what a page has shown.
            models.Index(fields=["ruleset_id", "-id"], name="valuation_audit_of_ruleset"),
            models.Index(fields=["rule_id", "-id"], name="valuation_audit_of_rule"),
        ]

    def __str__(self) -> str:
        return f"{self.target_kind} {self.target_name} {self.action}"


class RuleVersion(models.Model):
    """A rule with its actions as it was from `at` on. The newest number is the rule's own `version`."""

    rule_id = models.BigIntegerField()
    number = models.PositiveBigIntegerField()
    snapshot = models.JSONField(help_text="The whole rule: what it is, its actions, and where it stood.")
    actor = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["rule_id", "-number", "pk"]
        # Also the index by which the versions of one rule are found.
        constraints = [models.UniqueConstraint(fields=["rule_id", "number"], name="valuation_ruleversion_number")]

    def __str__(self) -> str:
        return f"Version {self.number} of rule {self.rule_id}"

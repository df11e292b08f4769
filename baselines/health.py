"""Whether there is a baseline, how old it is, and whether it is the one that somebody expects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from baselines.models import BaselineImport
from baselines.overriding import list_overrides
from valuation.choices import BASIC_GROUP_NAME
from valuation.models import Rule, RuleGroup
from valuation.models.rules import NEEDS_CONFIGURATION

OLD_DAYS = 90


@dataclass(slots=True)
class Health:
    """`errors` make it unhealthy; `warnings` are worth a look."""

    checks: dict[str, Any]
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def status(self) -> str:
        return "error" if self.errors else "warning" if self.warnings else "healthy"


def check_baseline(*, expected_hash: str | None = None) -> Health:
    """`baseline_age_days` counts from the file's own date; older than 90 days is a warning. Six queries at most."""
    current = BaselineImport.objects.active()
    found = Health(
        {
            "baseline_exists": current is not None,
            "baseline_version": current.ruleset.version if current else None,
            "baseline_age_days": (timezone.now() - current.generated_at).days if current else None,
            "adjustments_group_exists": RuleGroup.objects.filter(
                name=BASIC_GROUP_NAME, ruleset__is_active=True
            ).exists(),
            "hash_match": (current is not None and current.source_hash == expected_hash) if expected_hash else None,
        }
    )
    if current is None:
        found.errors.append("There is no active baseline: import one.")
        return found
    if found.checks["hash_match"] is False:
        found.errors.append(f"The active baseline is {current.source_hash}, and another one is expected.")
    if found.checks["baseline_age_days"] > OLD_DAYS:
        found.warnings.append(f"The baseline is older than {OLD_DAYS} days: review it.")
    waiting = Rule.objects.filter(
        group__ruleset=current.ruleset_id, is_active=False, metadata__has_key=NEEDS_CONFIGURATION
    )
    if count := waiting.count():
        found.warnings.append(f"{count} rules of the baseline need configuration.")
    if orphans := [override.key for override in list_overrides() if override.is_orphan]:
        found.warnings.append(f"Overrides of fields that the baseline does not have: {', '.join(orphans)}.")
    return found

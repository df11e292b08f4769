"""Who may write what the baseline loader made."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied

from valuation.models import Ruleset

# Naming a permission is no import: baselines are an app above this one.
BASELINE_PERMISSION = "baselines.change_baselineimport"


def may_write(user: Any, ruleset: Ruleset) -> bool:
    """Whether this permission, beside those of the models, allows `user` to write the ruleset and what is in it."""
    return not ruleset.is_baseline or bool(user.has_perm(BASELINE_PERMISSION))


def refuse_baseline(user: Any, ruleset: Ruleset) -> None:
    """Raise PermissionDenied, which says what to do instead, for those who may not write the ruleset."""
    if not may_write(user, ruleset):
        raise PermissionDenied(
            f'"{ruleset.name}" is a system baseline, which only people with the permission {BASELINE_PERMISSION} '
            "change. Make a ruleset of your own, or an override of the baseline's field."
        )

"""Who may write what the baseline loader made. The one place that says so: the API, the admin and packages ask here.

A write is asked about every row it touches: where it is, and where it goes.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied

from valuation.models import Example, Rule, RuleGroup, Ruleset

# Naming a permission is no import: baselines are an app above this one.
BASELINE_PERMISSION = "baselines.change_baselineimport"
ACTIVATE_PERMISSION = "baselines.activate_baselineimport"


def ruleset_of(row: Any) -> Ruleset | None:
    """The ruleset that a ruleset, group, rule or example belongs to, as far as it is known."""
    if isinstance(row, Example):
        row = row.ruleset if row.ruleset_id else None
    if isinstance(row, Rule):
        row = row.group if row.group_id else None
    if isinstance(row, RuleGroup):
        row = row.ruleset if row.ruleset_id else None
    return row if isinstance(row, Ruleset) else None


def group_of(row: Any) -> RuleGroup | None:
    """The group that a group or rule belongs to, as far as it is known."""
    found = row.group if isinstance(row, Rule) and row.group_id else row
    return found if isinstance(found, RuleGroup) else None


def may_write(user: Any, row: Any) -> bool:
    """Whether `user`, beside having the permissions of the models, may write this row and what is in it.

    A group that takes overrides belongs to the baseline, in whichever ruleset it stands: its rules switch values of
    the baseline off.
    """
    group, ruleset = group_of(row), ruleset_of(row)
    of_baseline = (ruleset is not None and ruleset.is_baseline) or (group is not None and group.takes_overrides)
    return not of_baseline or bool(user.has_perm(BASELINE_PERMISSION))


def why_not(row: Any) -> str:
    """What those are told who may not write the row, and what they can do instead."""
    ruleset = ruleset_of(row)
    if ruleset is None or not ruleset.is_baseline:
        return (
            f'"{group_of(row)}" holds overrides of the baseline, for people with the permission {BASELINE_PERMISSION}.'
        )
    return (
        f'"{ruleset}" is a system baseline, which only people with the permission {BASELINE_PERMISSION} '
        "change. Make a ruleset of your own, or an override of the baseline's field."
    )


def refuse_writing(user: Any, *rows: Any) -> None:
    """Raise PermissionDenied when any of these rows is not for `user` to write."""
    for row in rows:
        if not may_write(user, row):
            raise PermissionDenied(why_not(row))


def refuse_adjusting(user: Any) -> None:
    """Raise PermissionDenied for those who may not make a group for overrides."""
    if not user.has_perm(BASELINE_PERMISSION):
        raise PermissionDenied(f"Adjustments are made by people with the permission {BASELINE_PERMISSION}.")


NOT_TO_SWITCH = f"Which baseline counts is decided by people with the permission {ACTIVATE_PERMISSION}."


def may_activate(user: Any) -> bool:
    """Whether `user` may say which baseline counts: it moves every price, which importing a file alone does not."""
    return bool(user.has_perm(ACTIVATE_PERMISSION))


def may_switch(user: Any, row: Any, *, on: bool) -> bool:
    """Whether `user` may have this row active, or not: a baseline's switch says which baseline counts."""
    switched = isinstance(row, Ruleset) and row.is_baseline and row.is_active != on
    return not switched or may_activate(user)


def refuse_activating(user: Any) -> None:
    """Raise PermissionDenied for those who may not say which baseline counts."""
    if not may_activate(user):
        raise PermissionDenied(NOT_TO_SWITCH)

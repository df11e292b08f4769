"""One check of what an author writes, for models, admin forms and serializers alike.

The engine finds the problems; here they become a `ValidationError` that names the field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError

from valuation.engine import ActionSpec, Json, Problem, check_action, check_conditions
from valuation.registry import field_registry


def conditions_problems(tree: Json) -> list[Problem]:
    """What is wrong with a condition tree; paths point into it (`conditions[1].value`)."""
    return check_conditions(tree, field_registry())


def action_problems(action: ActionSpec) -> list[Problem]:
    """What is wrong with an action; paths start with the name of its field."""
    return check_action(action, field_registry())


def raise_problems(problems: Mapping[str, Iterable[Problem]]) -> None:
    """Raise one `ValidationError` with every error under its field; warnings pass."""
    errors = {
        name: [ValidationError(str(problem), code=problem.code) for problem in found if problem.severity == "error"]
        for name, found in problems.items()
    }
    errors = {name: found for name, found in errors.items() if found}
    if errors:
        raise ValidationError(errors)

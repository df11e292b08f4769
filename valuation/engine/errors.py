"""The engine's one error type for authors. Bad *data* never raises: it does not match, or gives nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

MOST_PROBLEMS = 50  # of one tree, one action, one formula: after so many nobody reads on


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a rule: where, what, and what to write instead.

    `path` points into the rule (`conditions[1].value`, `actions[0].formula`), `position` is the 0-based character
    inside a formula. A "warning" does not stop a rule from being saved or run.
    """

    path: str
    message: str
    code: str = "invalid"
    suggestion: str = ""
    position: int | None = None
    severity: str = "error"

    def __str__(self) -> str:
        place = f"{self.path}: " if self.path else ""
        # The message of an unknown field names the nearest ones already.
        hint = f" ({self.suggestion})" if self.suggestion and self.code != "unknown_field" else ""
        return f"{place}{self.message}{hint}"

    def under(self, prefix: str) -> Problem:
        """The same problem seen from outside: `value` under `actions[0]` is `actions[0].value`."""
        path = f"{prefix}.{self.path}" if self.path else prefix
        return replace(self, path=path)

    def at(self, path: str) -> Problem:
        """The same problem, said to be elsewhere."""
        return replace(self, path=path)


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """A problem of a stored ruleset, group or rule: that item contributes nothing, the rest goes on."""

    ruleset_id: int
    ruleset_name: str
    problem: Problem
    group_id: int | None = None
    group_name: str = ""
    rule_id: int | None = None
    rule_name: str = ""


class RuleError(ValueError):
    """Everything that is wrong with what an author wrote, at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))

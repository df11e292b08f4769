"""What is found of one record while it is read: what stops it, what is to be known, and words that no field holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from imports.resolving.outcomes import Problem

MOST = 30  # flags of one record
SHOWN = 100  # characters of a value


@dataclass(slots=True)
class Notes:
    """`words` are what the record says and no field of ours holds, by the name of what it is about."""

    problems: list[Problem] = field(default_factory=list)
    flags: list[Problem] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)

    def refuse(self, column: str, value: str, message: str) -> None:
        self.problems.append(Problem(column, value[:SHOWN], message))

    def flag(self, column: str, value: str, message: str) -> None:
        if len(self.flags) < MOST:
            self.flags.append(Problem(column, value[:SHOWN], message))

    def keep(self, name: str, words: str) -> None:
        if words:
            self.words.setdefault(name, words[:1_000])

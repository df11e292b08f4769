"""What a door has to tell: each says what was not done, and what to do instead."""

from __future__ import annotations


class SessionError(Exception):
    """What was asked of a session cannot be done."""


class Outdated(SessionError):
    """Somebody else has changed the session since it was read."""


class NotNow(SessionError):
    """The state of the session does not allow it: it is committed already, say."""


class BadRequest(SessionError):
    """What was given is wrong: `problems` by its path."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems

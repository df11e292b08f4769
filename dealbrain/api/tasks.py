"""The names of the tasks that can be started: each app offers its own when it is ready, and none knows the others."""

from __future__ import annotations

_names: list[str] = []


def offer_tasks(*names: str) -> None:
    """Say that `POST /v1/admin/tasks/{name}` starts something."""
    _names.extend(name for name in names if name not in _names)


def offered_tasks() -> tuple[str, ...]:
    return tuple(_names)

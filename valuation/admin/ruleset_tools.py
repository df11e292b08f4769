"""The links at the top of a ruleset's page. Whoever adds something that one can do with a ruleset adds one line here,
or, from an app above this one, calls `add_ruleset_tool` where its admin is registered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from valuation.models import Ruleset


@dataclass(frozen=True, slots=True)
class Tool:
    """A link: what it says, where it leads for a ruleset, and who is shown it."""

    label: str
    address: Callable[[Ruleset], str]
    may: Callable[[Any, Ruleset], bool] = lambda user, ruleset: True


RULESET_TOOLS: list[Tool] = []


def add_ruleset_tool(tool: Tool) -> None:
    RULESET_TOOLS.append(tool)


def tools_for(user: Any, ruleset: Ruleset) -> list[tuple[str, str]]:
    """(label, address) of those that this person is shown."""
    return [(tool.label, tool.address(ruleset)) for tool in RULESET_TOOLS if tool.may(user, ruleset)]

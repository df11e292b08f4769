"""The version of this program, as packages of rules may ask for one. `pyproject.toml` says the same."""

from __future__ import annotations

import re

VERSION = "0.1.0"
_NUMBERS = re.compile(r"v?([0-9]{1,9}(?:\.[0-9]{1,9}){0,3})(?:[-+. ]?[A-Za-z][0-9A-Za-z.+-]*)?")


def release_of(text: str) -> tuple[int, ...] | None:
    """The numbers of a version, so that 0.10 lies behind 0.9: `v1.2.0-rc1` is (1, 2). None for what is no version."""
    found = _NUMBERS.fullmatch(text.strip())
    if found is None:
        return None
    numbers = [int(number) for number in found[1].split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)

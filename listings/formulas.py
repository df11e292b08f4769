"""Texts that a spreadsheet would run. Our CSV files put an apostrophe before them; reading one takes it off again."""

from __future__ import annotations

# What a spreadsheet takes for the beginning of a formula.
FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r", "\n")
GUARD = "'"


def guarded(text: str) -> str:
    """The text as it is written. One that looks guarded already gets a guard more, so that reading gives it back."""
    return f"{GUARD}{text}" if text.lstrip(GUARD).startswith(FORMULA_MARKS) else text


def unguarded(text: str) -> str:
    """The text that `guarded` was given; any other apostrophe stays."""
    return text[1:] if text.startswith(GUARD) and text.lstrip(GUARD).startswith(FORMULA_MARKS) else text

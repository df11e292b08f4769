"""What the columns of a file mean: guesses with confidences, the file's kind, and the key that memory finds it by."""

from __future__ import annotations

from imports.headers import IGNORED, MEANINGS, header_key
from imports.mapping.guessing import AUTOMATIC, SUGGESTED, DatedColumn, Guess, Mapping, guess
from imports.mapping.kinds import FileKind

__all__ = [
    "AUTOMATIC",
    "IGNORED",
    "MEANINGS",
    "SUGGESTED",
    "DatedColumn",
    "FileKind",
    "Guess",
    "Mapping",
    "guess",
    "header_key",
]

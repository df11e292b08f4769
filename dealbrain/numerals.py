"""How a number is written, wherever it comes as text: in the digits of ASCII.

Python also reads `12_99` (as 1299) and the digits of every script; nobody means those, and other programs refuse them.
"""

from __future__ import annotations

import re

NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
WHOLE = re.compile(r"[+-]?[0-9]+")
MOST_LETTERS = 1_000  # longer ones are no numbers that anybody writes, and dear to read


def is_number(text: str) -> bool:
    """Whether a text without blanks around it is a number: `12`, `-0.5`, `1e3`."""
    return len(text) <= MOST_LETTERS and NUMBER.fullmatch(text) is not None


def is_whole(text: str) -> bool:
    """Whether a text without blanks around it is a whole number: `12`, `-3`."""
    return len(text) <= MOST_LETTERS and WHOLE.fullmatch(text) is not None

"""Query parameters, checked as strictly as a body: an unknown or repeated one is refused, not ignored."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from django.http import QueryDict

from dealbrain.api.problems import FieldProblem, printable

TRUE_WORDS = ("true", "1", "yes")
FALSE_WORDS = ("false", "0", "no")


def unreadable(text: str) -> bool:
    """Whether a text holds what no database column takes: a NUL, or half of a surrogate pair."""
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)


def nearest(word: str, known: Collection[str]) -> str:
    """` Did you mean "x"?`, or nothing when no known word is near."""
    found = get_close_matches(word[:100].lower(), sorted(known), n=1, cutoff=0.5)
    return f' Did you mean "{found[0]}"?' if found else ""


def check_names(given: QueryDict, known: Collection[str]) -> list[FieldProblem]:
    """What is wrong with the parameters before anyone looks at what they mean."""
    problems = []
    for name, values in given.lists():
        if unreadable(name):
            problems.append(FieldProblem(printable(name), "The name of a parameter is not text.", "not_text"))
        elif name not in known:
            hint = nearest(name, known) or (f" Known: {', '.join(sorted(known))}." if known else " It takes none.")
            problems.append(FieldProblem(name, f"This is not a parameter of this address.{hint}", "unknown"))
        elif any(unreadable(value) for value in values):
            problems.append(FieldProblem(name, "This holds characters that are not text.", "not_text"))
        elif len(values) > 1:
            problems.append(FieldProblem(name, "This may be given only once.", "repeated"))
    return problems


def read_whole(given: QueryDict, name: str, default: int, low: int, high: int, problems: list[FieldProblem]) -> int:
    """A whole number in `low..high`; what is wrong is added to `problems`."""
    text = given.get(name)
    if text is None:
        return default
    digits = text.removeprefix("-")
    # The length first: turning a text of a million digits into a number is work that nobody asked for.
    if len(digits) <= 19 and digits.isascii() and digits.isdigit() and low <= int(text) <= high:
        return int(text)
    problems.append(FieldProblem(name, f"This must be a whole number from {low} to {high}.", "out_of_range"))
    return default


def read_flag(given: QueryDict, name: str, default: bool, problems: list[FieldProblem]) -> bool:
    text = given.get(name)
    if text is None:
        return default
    if text.lower() not in TRUE_WORDS + FALSE_WORDS:
        problems.append(FieldProblem(name, "This must be true or false.", "not_boolean"))
    return text.lower() in TRUE_WORDS


def read_choice(
    given: QueryDict, name: str, default: str, choices: Collection[str], problems: list[FieldProblem]
) -> str:
    text = given.get(name)
    if text is None or text in choices:
        return text or default
    message = f"This must be one of {', '.join(choices)}.{nearest(text, choices)}"
    problems.append(FieldProblem(name, message, "unknown_choice"))
    return default

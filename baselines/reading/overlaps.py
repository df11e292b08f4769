"""Written conditions of siblings: which of them hold together, between which there is nothing, and whether a label
says the numbers of its condition.

Only what is certain is said. A condition is a box: for each fact a span of numbers or a set of values, all of which
have to hold; what else it asks for is kept as it is written, and two boxes are compared if they ask for the same.
Conditions with `or` or `not` are no boxes, and nothing is said of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from baselines.reading.buckets import read_label
from baselines.reading.readings import Span, Unreadable, gaps
from valuation.engine import Condition, Field, FieldRegistry, Json, Kind, leaves, parse_conditions

MOST_WARNINGS = 20  # of one field
NUMBERS = {
    "gte": lambda value: Span(low=value, low_closed=True),
    "greater_than": lambda value: Span(low=value),
    "lte": lambda value: Span(high=value, high_closed=True),
    "less_than": lambda value: Span(high=value),
    "equals": lambda value: Span(value, value, True, True),
    "between": lambda value: Span(value[0], value[1], True, True),
}


@dataclass
class _Box:
    label: str
    spans: dict[str, Span] = field(default_factory=dict)
    values: dict[str, frozenset[str]] = field(default_factory=dict)
    others: set[tuple[str, str, str]] = field(default_factory=set)  # what else is asked for

    def add(self, leaf: Condition) -> None:
        value, kind = leaf.value
        numeric = kind is not Kind.STRING
        if numeric and leaf.operator in NUMBERS:
            self.spans[leaf.field] = self.spans.get(leaf.field, Span()).meets(NUMBERS[leaf.operator](value))
        elif not numeric and leaf.operator in ("equals", "in"):
            given = frozenset([value] if isinstance(value, str) else value)
            self.values[leaf.field] = self.values.get(leaf.field, given) & given
        else:
            self.others.add((leaf.field, leaf.operator, str(leaf.expected)))

    @property
    def is_empty(self) -> bool:
        return any(span.is_empty for span in self.spans.values()) or not all(self.values.values())

    def meets(self, other: _Box) -> bool:
        """Whether there certainly are listings in both."""
        return (
            self.others == other.others
            and all(not self.spans[path].meets(other.spans[path]).is_empty for path in self.spans.keys() & other.spans)
            and all(self.values[path] & other.values[path] for path in self.values.keys() & other.values)
        )

    def scale(self) -> tuple[object, ...] | None:
        """What siblings have in common that differ in one number only; None without exactly one."""
        if len(self.spans) != 1:
            return None
        return (*self.spans, frozenset(self.values.items()), frozenset(self.others))


def sibling_warnings(conditions: Iterable[tuple[str, Json]], registry: FieldRegistry) -> list[str]:
    """Warnings about overlaps and gaps, by label; the conditions have been checked."""
    read = [box for label, tree in conditions if (box := _box(label, tree, registry)) is not None]
    boxes = [box for box in read if not box.is_empty]
    found = [f'"{box.label}" never applies: its conditions exclude each other' for box in read if box.is_empty]
    found += [
        f'"{one.label}" and "{other.label}" overlap: where both hold, both count'
        for one, other in combinations(boxes, 2)
        if one.meets(other)
    ]
    by_scale: dict[tuple[object, ...], list[_Box]] = {}
    for box in boxes:
        if (scale := box.scale()) is not None:
            by_scale.setdefault(scale, []).append(box)
    for scale, siblings in by_scale.items():
        found += _gaps(str(scale[0]), siblings, registry)
    if len(found) > MOST_WARNINGS:
        found[MOST_WARNINGS:] = [f"and {len(found) - MOST_WARNINGS} more overlaps and gaps"]
    return found


def label_warnings(conditions: Iterable[tuple[str, Json]], registry: FieldRegistry) -> list[str]:
    """Warnings about labels that say other numbers than their conditions: "256-511 GB" that holds below 500.

    A bare number ("8GB") begins a tier and does not say where it ends, and of other words nothing is known.
    """
    found = []
    for label, tree in conditions:
        box = _box(label, tree, registry)
        if box is None or len(box.spans) != 1:
            continue
        ((path, span),) = box.spans.items()
        fact = registry.resolve(path)
        said = _said(label, fact, registry)
        if said is not None and _whole(said, fact) != _whole(span, fact):
            found.append(f'"{label}" says {_words(said, fact)}, its condition {_words(span, fact)}')
    return found[:MOST_WARNINGS]


def _said(label: str, fact: Field, registry: FieldRegistry) -> Span | None:
    """The numbers that a label names, in the fact's unit; None where it names none, or only where they begin."""
    try:
        reading = read_label(label, facts=(fact,), registry=registry)
    except Unreadable:
        return None
    return None if reading.is_plain else reading.span


def _whole(span: Span, fact: Field) -> Span:
    """Where only whole numbers count, [256, 500) and [256, 499] are the same, and no number is below 0."""
    if not fact.integer:
        return span
    low, high = max(float(span.low), 0.0), span.high
    low = math.ceil(low) + (low.is_integer() and not (span.low_closed or span.low < 0))
    if high < math.inf:
        high = math.floor(high) - (float(high).is_integer() and not span.high_closed)
    return Span(low, high, True, True)


def _words(span: Span, fact: Field) -> str:
    whole = _whole(span, fact)
    numbers = " to ".join(f"{bound:,.10g}" for bound in (whole.low, whole.high) if abs(bound) < math.inf)
    end = " or more" if whole.high == math.inf else " or less" if whole.low == -math.inf else ""
    return f"{numbers} {fact.unit}".strip() + end


def _gaps(path: str, siblings: Sequence[_Box], registry: FieldRegistry) -> list[str]:
    return gaps([(box.spans[path], box.label) for box in siblings if box.spans[path] != Span()], registry.get(path))


def _box(label: str, tree: Json, registry: FieldRegistry) -> _Box | None:
    condition, problems = parse_conditions(tree, registry)
    if condition is None or any(problem.severity == "error" for problem in problems) or not _is_plain(condition):
        return None
    box = _Box(label)
    for leaf in leaves(condition):
        box.add(leaf)
    return box


def _is_plain(condition: Condition) -> bool:
    return not condition.logic or (condition.logic == "and" and all(map(_is_plain, condition.children)))

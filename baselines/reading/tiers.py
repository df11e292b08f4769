"""From what each label of a field means alone to conditions of which at most one holds.

Where two overlap, the more specific one keeps what is in both: the one that says more, the narrower range, the higher
of two open ones, the longer name. What is left of the other is said in a warning, and so is every gap between two tiers
that no "Default" fills.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from baselines.reading.readings import Reading, Span, Unreadable, gaps
from valuation.engine import FieldRegistry

Json = Any
MOST_PIECES = 20


@dataclass(frozen=True, slots=True)
class Tier:
    """The condition of one label (None: every listing), or the reason why it can never hold."""

    condition: Json = None
    reason: str = ""


@dataclass
class _Draft:
    """A label on its way: what is left of its reading, and the siblings that it has to leave out."""

    label: str
    reading: Reading
    place: int
    spans: tuple[Span, ...] = ()
    values: frozenset[str | bool] = frozenset()
    but: list[_Draft] = field(default_factory=list)
    reason: str = ""

    def base(self) -> list[Json]:
        """The conditions of the label itself, all of which have to hold."""
        reading, found = self.reading, []
        if reading.values_path:
            found.append(_values(reading.values_path, self.values))
        if reading.span_path:
            found += _spans(reading.span_path, self.spans)
        if reading.name_path:
            found.append({"field_name": reading.name_path, "operator": "regex", "value": _pattern(reading.name)})
        if reading.known_path:
            operator = "is_not_null" if reading.known else "is_null"
            found.append({"field_name": reading.known_path, "operator": operator})
        return found

    def condition(self, taken: Sequence[Json]) -> list[Json]:
        left_out = [*taken, *(_all_of(draft.base()) for draft in self.but)]
        return [*self.base(), *([_none_of(left_out)] if left_out else [])]


def disjoint(
    labels: Sequence[str], readings: Sequence[Reading], registry: FieldRegistry, *, taken: Sequence[Json] = ()
) -> tuple[list[Tier], list[str]]:
    """A tier for each label, in their order, and the warnings about overlaps and gaps.

    `taken` are conditions of their siblings that were written: each label leaves out what they hold for. Raises
    Unreadable for a label that nobody could follow any more.
    """
    drafts = [
        _Draft(label, reading, place, (reading.span,) if reading.span else (), reading.values)
        for place, (label, reading) in enumerate(zip(labels, readings, strict=True))
    ]
    warnings = _extend_plain(drafts)
    named = [draft for draft in drafts if not draft.reading.is_rest]
    done: list[_Draft] = []
    for draft in sorted(named, key=_specific_first):
        for sibling in done:
            warnings += _leave_to(draft, sibling)
        if draft.reason == "":
            done.append(draft)
    if len(named) == len(drafts):
        warnings += _gaps(done, registry)
    warnings += _rest(drafts, named)
    tiers = [Tier(reason=draft.reason) if draft.reason else Tier(draft.condition(taken) or None) for draft in drafts]
    return tiers, warnings


def _specific_first(draft: _Draft) -> tuple[float, ...]:
    """What comes first keeps what it shares with others."""
    reading = draft.reading
    stated = sum(map(bool, (reading.values_path, reading.span_path, reading.name_path)))
    span = draft.spans[0] if draft.spans else Span()
    open_end = -span.low if span.high == math.inf else span.high
    ends = span.low_closed + span.high_closed  # > 8 is narrower than >= 8
    size = (span.high - span.low, open_end, ends, len(reading.values), not reading.is_exact, -len(reading.name))
    return (-stated, *size, draft.place)


def _extend_plain(drafts: list[_Draft]) -> list[str]:
    """A bare capacity goes on to where the next tier begins; the highest one is open."""
    warnings = []
    for draft in drafts:
        own = draft.reading
        if not own.is_plain or own.span is None:
            continue
        tiers = [other for other in drafts if _same_scale(own, other.reading)]
        starts = [other.reading.span for other in tiers if other.reading.span and other.reading.span.low > own.span.low]
        following = min(starts, key=lambda span: (span.low, not span.low_closed), default=None)
        if following is not None:
            draft.spans = (Span(own.span.low, following.low, True, not following.low_closed),)
        else:
            warnings.append(f'"{draft.label}" is the highest tier and counts for everything above it too')
    return warnings


def _same_scale(one: Reading, other: Reading) -> bool:
    return (one.span_path, one.values_path, one.values) == (other.span_path, other.values_path, other.values)


def _leave_to(draft: _Draft, sibling: _Draft) -> list[str]:
    """Take out of `draft` what `sibling` has already. Returns the warning, if the labels themselves overlap."""
    one, other = draft.reading, sibling.reading
    if one.values_path and one.values_path == other.values_path:
        if not draft.values & sibling.values:
            return []
        if not one.span_path and not other.span_path and not one.name_path and not other.name_path:
            draft.values -= sibling.values
            return _overlap(draft, sibling, nothing_left=not draft.values)
    if one.span_path and _same_scale(one, other):
        left = tuple(piece for span in draft.spans for piece in _without(span, sibling.spans))
        if left == draft.spans:
            return []
        draft.spans = left
        if len(left) > MOST_PIECES:
            raise Unreadable(f'"{draft.label}" overlaps with more than {MOST_PIECES} others')
        return _overlap(draft, sibling, nothing_left=not left)
    if one.known_path and not one.known and one.known_path == other.name_path:
        return []
    if one.known_path and one.known_path == other.known_path and one.known != other.known:
        return []
    if _statement(one) == _statement(other):
        return _overlap(draft, sibling, nothing_left=True)
    draft.but.append(sibling)
    if one.name_path and one.name_path == other.name_path:
        return []  # names are apart, or one is a longer form of the other
    return _overlap(draft, sibling)


def _statement(reading: Reading) -> tuple[object, ...]:
    """What a reading says, however its label is spelled."""
    paths = (reading.values_path, reading.span_path, reading.name_path, reading.known_path)
    return (*paths, reading.values, reading.span, reading.name.casefold(), reading.known)


def _without(span: Span, others: Iterable[Span]) -> tuple[Span, ...]:
    pieces: tuple[Span, ...] = (span,)
    for other in others:
        pieces = tuple(left for piece in pieces for left in piece.without(other))
    return pieces


def _overlap(draft: _Draft, sibling: _Draft, *, nothing_left: bool = False) -> list[str]:
    if nothing_left:
        draft.reason = f'it never applies: "{sibling.label}" covers all of it'
        return [f'"{draft.label}" never applies: "{sibling.label}" covers all of it']
    return [f'"{draft.label}" and "{sibling.label}" overlap: what is in both counts as "{sibling.label}"']


def _gaps(drafts: list[_Draft], registry: FieldRegistry) -> list[str]:
    """Between which tiers of one scale there are values that belong to neither."""
    warnings = []
    seen: list[Reading] = []
    for draft in drafts:
        if not draft.reading.span_path or any(_same_scale(draft.reading, other) for other in seen):
            continue
        seen.append(draft.reading)
        scale = [other for other in drafts if _same_scale(draft.reading, other.reading)]
        spans = [(span, other.label) for other in scale for span in other.spans]
        warnings += gaps(spans, registry.get(draft.reading.span_path))
    return warnings


def _rest(drafts: list[_Draft], named: list[_Draft]) -> list[str]:
    """ "Default" and "Other": whatever no sibling names. A second one has nothing left."""
    rests = [draft for draft in drafts if draft.reading.is_rest]
    for draft in rests[:1]:
        draft.but = [sibling for sibling in named if not sibling.reason]
    return [warning for draft in rests[1:] for warning in _overlap(draft, rests[0], nothing_left=True)]


def _none_of(conditions: Sequence[Json]) -> Json:
    """Not any of these. What siblings leave out themselves does not matter: it has gone to another one."""
    return {"logical_operator": "not", "conditions": [_any_of(conditions)]}


def _all_of(conditions: Sequence[Json]) -> Json:
    return conditions[0] if len(conditions) == 1 else {"logical_operator": "and", "conditions": list(conditions)}


def _any_of(conditions: Sequence[Json]) -> Json:
    return conditions[0] if len(conditions) == 1 else {"logical_operator": "or", "conditions": list(conditions)}


def _values(path: str, values: frozenset[str | bool]) -> Json:
    ordered = sorted(values, key=str)
    if len(ordered) == 1:
        return {"field_name": path, "operator": "equals", "value": ordered[0]}
    return {"field_name": path, "operator": "in", "value": ordered}


def _pattern(name: str) -> str:
    """A name from the start of a word. "i5-12" may go on, three or more digits may not: RX 570 is no RX 5700."""
    start = r"\b" if re.match(r"\w", name, re.ASCII) else ""
    end = r"(\D|$)" if re.search(r"[0-9]{3}$", name) else ""
    return start + re.sub(r"([.+()])", r"\\\1", name) + end


def _spans(path: str, spans: Sequence[Span]) -> list[Json]:
    pieces = [_span(path, span) for span in sorted(spans, key=lambda span: span.low)]
    return pieces[0] if len(pieces) == 1 else [_any_of([_all_of(piece) for piece in pieces])]


def _span(path: str, span: Span) -> list[Json]:
    def leaf(operator: str, value: Json) -> Json:
        return {"field_name": path, "operator": operator, "value": value}

    low, high = _plain(span.low), _plain(span.high)
    if span.low == span.high:
        return [leaf("equals", low)]
    if span.low_closed and span.high_closed and not math.isinf(span.high):
        return [leaf("between", [low, high])]
    found = []
    if not math.isinf(span.low):
        found.append(leaf("gte" if span.low_closed else "greater_than", low))
    if not math.isinf(span.high):
        found.append(leaf("lte" if span.high_closed else "less_than", high))
    return found


def _plain(number: float) -> float:
    """16 and not 16.0, as a person would write it."""
    return int(number) if math.isfinite(number) and number == int(number) else round(number, 6)

"""What the page of an import shows, as plain data for its template."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import Any

from catalog.choices import CustomFieldEntity
from catalog.custom_values import definitions
from imports.choices import ConflictChoice, RowOutcome, SessionState
from imports.currencies import CODES
from imports.headers import IGNORED
from imports.mapping import SUGGESTED
from imports.models import ImportSession
from imports.resolving import canonical_columns
from imports.resolving.questions import Question
from imports.sessions import service
from imports.sessions.analysing import CONFLICTS
from imports.sessions.errors import SessionError
from imports.sessions.states import EDITABLE

AT_WORK = (SessionState.READING, SessionState.COMMITTING, SessionState.UNDOING)
MOST_QUESTIONS = 100
MOST_ROWS = 100
MOST_REASONS = 20
MOST_SAMPLES = 3
MOST_READ = 10_000  # rows whose reasons are counted
MOST_RADIOS = 5
UPPER = ("cpu", "gpu", "ram", "gb", "usd", "url", "os", "id", "ssd", "hdd", "tdp", "mhz")


def shown_name(name: str) -> str:
    """`primary_storage_gb` as people read it."""
    words = name.removeprefix("custom.").replace("_", " ").split()
    text = " ".join(word.upper() if word in UPPER else word for word in words)
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file: what it is taken for, how sure that is, and what it holds."""

    position: int
    header: str
    means: str
    hint: str
    samples: list[str]


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    is_suggested: bool = False
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the names of its inputs: by number, since keys are texts of the file."""

    question: Question
    choices: list[Choice]
    more: list[str]

    @property
    def is_list(self) -> bool:
        return len(self.choices) > MOST_RADIOS or bool(self.more)


@dataclass(frozen=True, slots=True)
class Reason:
    outcome: str
    text: str
    count: int
    lines: list[int]


def meanings() -> list[tuple[str, str]]:
    """(name, label) of everything that a column can be. One query."""
    fields = [field for field in definitions(CustomFieldEntity.LISTING) if field.is_active]
    labels = {f"custom.{field.key}": field.label for field in fields}
    names = canonical_columns([field.key for field in fields])
    return sorted(((name, labels.get(name) or shown_name(name)) for name in names), key=lambda item: item[1].casefold())


def columns_of(session: ImportSession) -> list[Column]:
    """The columns of the file. What is too unsure to be taken is only named."""
    seen = session.detection.get("columns", [])
    dated = {item["position"]: item["day"] for item in session.columns.get("dated", [])}
    found = []
    for guess in session.columns.get("columns", []):
        place, name, sure = guess["position"], guess["column"], guess["confidence"]
        is_taken = name not in ("", IGNORED) and sure >= SUGGESTED
        samples = seen[place]["samples"][:MOST_SAMPLES] if place < len(seen) else []
        if place in dated:
            hint = f"prices of {dated[place]}"
        elif is_taken or name == "":
            hint = f"{sure:.0%} sure: {guess['reason']}" if is_taken else guess["reason"]
        elif name == IGNORED:
            hint = guess["reason"] or "known, and not taken"
        else:
            hint = f"perhaps {shown_name(name)} ({sure:.0%}): not taken unless you say so"
        found.append(Column(place, guess["header"], name if is_taken else "", hint, samples))
    return found


def asked_of(session: ImportSession) -> list[Asked]:
    """The questions that have answers to choose from, but for conflicts, which have a part of the page."""
    questions = [item for item in service.questions(session) if item.options and item.key != CONFLICTS]
    return [_asked(question) for question in questions]


def _asked(question: Question) -> Asked:
    """Of those that stop the file none is chosen beforehand: what is only likely is said to be."""
    choices = [
        Choice(
            option.value,
            option.label,
            is_suggested=bool(question.suggested) and option.value == question.suggested,
            is_chosen=is_likely(question) and option.value == question.suggested,
        )
        for option in question.options
    ]
    listed = {option.value for option in question.options}
    more = sorted(set(CODES) - listed) if question.key == "currency" else []
    return Asked(question, choices, more)


def is_likely(question: Question) -> bool:
    """Whether its suggestion may be taken in bulk."""
    return bool(question.suggested) and not question.blocks and question.confidence >= SUGGESTED


def reasons_of(session: ImportSession) -> list[Reason]:
    """Why rows stay out or need a look, the most common first. One query."""
    counts: Counter[tuple[str, str]] = Counter()
    lines: dict[tuple[str, str], list[int]] = {}
    found = service.rows(session).exclude(messages=[]).values_list("line", "outcome", "messages")
    for line, outcome, messages in found[:MOST_READ]:
        for key in {(outcome, said.get("message", "")) for said in messages}:
            counts[key] += 1
            if len(lines.setdefault(key, [])) < MOST_SAMPLES:
                lines[key].append(line)
    order = {RowOutcome.REFUSED: 0, RowOutcome.LEFT_OUT: 1, RowOutcome.CONFLICT: 2}
    ranked = sorted(counts.items(), key=lambda item: (order.get(RowOutcome(item[0][0]), 3), -item[1], item[0][1]))
    return [
        Reason(RowOutcome(outcome).label, text, count, lines[outcome, text])
        for (outcome, text), count in islice(ranked, MOST_REASONS)
    ]


def conflicts_of(session: ImportSession) -> list[dict[str, Any]]:
    """Rows whose numbers listings of other machines have, with what was chosen for each."""
    rows = service.rows(session, RowOutcome.CONFLICT).values("line", "title", "listing_id", "messages")[:MOST_ROWS]
    return [{**row, "chosen": session.choices.get(str(row["line"]), "")} for row in rows]


def counts_of(session: ImportSession) -> list[tuple[str, int]]:
    """(what, how many), of what there is any."""
    words = {
        **{outcome.value: outcome.label for outcome in RowOutcome},
        "taken_back": "Taken back",
        "left_as_is": "Left as they are",
    }
    return [(label, session.counts[name]) for name, label in words.items() if session.counts.get(name)]


def page_of(session: ImportSession) -> dict[str, Any]:
    """Everything that the template shows. A constant number of queries."""
    is_editable = session.state in EDITABLE
    context: dict[str, Any] = {
        "session": session,
        "is_editable": is_editable,
        "is_at_work": session.state in AT_WORK,
        "counts": counts_of(session),
        "reasons": reasons_of(session),
    }
    done, total = service.progress_of(session)
    context |= {"done": done, "total": total}
    if is_editable:
        context |= _to_say(session)
    if session.state == SessionState.COMMITTED:
        outcomes = (RowOutcome.NEW, RowOutcome.CHANGED)
        written = service.rows(session).filter(outcome__in=outcomes, listing__isnull=False)
        context["written"] = list(written.values("line", "title", "listing_id", "outcome")[:MOST_ROWS])
        context["most"] = MOST_ROWS
    return context


def _to_say(session: ImportSession) -> dict[str, Any]:
    asked = asked_of(session)
    shown = asked[:MOST_QUESTIONS]
    told = [item for item in service.questions(session) if not item.options]
    try:
        preview, problem = service.preview(session), ""
    except SessionError as error:
        preview, problem = [], str(error)
    return {
        "meanings": meanings(),
        "columns": columns_of(session),
        "told": told,
        "questions": shown,
        "unshown": len(asked) - len(shown),
        "likely": sum(is_likely(item.question) for item in asked),
        "conflicts": conflicts_of(session) if session.counts.get(RowOutcome.CONFLICT) else [],
        "all_conflicts": session.counts.get(RowOutcome.CONFLICT, 0),
        "conflict_choices": ConflictChoice.choices,
        "chosen_for_all": session.choices.get("*", ""),
        "preview": [
            {
                "row": row,
                "outcome": RowOutcome(row.outcome).label,
                "values": [
                    (shown_name(item.field), _shown(item.value), item.where, item.header)
                    for item in row.values
                    if item.field not in ("title", "raw_payload") and item.value not in ("", None, [], {})
                ],
            }
            for row in preview
        ],
        "preview_problem": problem,
    }


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(_shown(item) for item in value)
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)

"""What is known of a file, as JSON, and back: a session is read by other processes than the one that opened it."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from dataclasses import asdict
from datetime import date
from typing import Any

from imports.mapping import DatedColumn, FileKind, Guess, Mapping
from imports.reading import Column, Detection, EncodingChoice, Format, Hints
from imports.resolving.questions import Option, Question, QuestionKind
from imports.values.dates import DayOrder, OrderDecision, OrderState


def detection_as_json(detection: Detection) -> dict[str, Any]:
    """Without the cells that were looked at: three samples of each column are kept to be shown."""
    columns = [
        {"header": column.header, "samples": list(column.samples), "share_empty": round(column.share_empty, 4)}
        for column in detection.columns
    ]
    return {**asdict(detection), "columns": columns}


def detection_of(stored: AnyMapping[str, Any]) -> Detection:
    columns = tuple(
        Column(position, item["header"], tuple(item["samples"]), item["share_empty"])
        for position, item in enumerate(stored["columns"])
    )
    choices = tuple(EncodingChoice(**item) for item in stored["encoding_choices"])
    given = {
        **stored,
        "format": Format(stored["format"]),
        "columns": columns,
        "encoding_choices": choices,
        "sheet_names": tuple(stored["sheet_names"]),
        "notes": tuple(stored["notes"]),
    }
    return Detection(**given)


def mapping_as_json(mapping: Mapping) -> dict[str, Any]:
    return {
        "kind": mapping.kind.value,
        "part": mapping.part,
        "columns": [asdict(guess) for guess in mapping.guesses],
        "dated": [{"position": item.position, "day": item.day.isoformat()} for item in mapping.dated],
        "order": {**asdict(mapping.order), "order": mapping.order.order, "state": mapping.order.state.value},
    }


def mapping_of(stored: AnyMapping[str, Any]) -> Mapping:
    order = stored["order"]
    return Mapping(
        kind=FileKind(stored["kind"]),
        guesses=tuple(Guess(**item) for item in stored["columns"]),
        part=stored["part"],
        dated=tuple(DatedColumn(item["position"], date.fromisoformat(item["day"])) for item in stored["dated"]),
        order=OrderDecision(
            OrderState(order["state"]),
            DayOrder(order["order"]) if order["order"] else None,
            order["evidence"],
            order["against"],
        ),
    )


def hints_of(stored: AnyMapping[str, Any]) -> Hints:
    return Hints(**{name: stored[name] for name in ("encoding", "delimiter", "sheet", "header_row") if name in stored})


def question_as_json(question: Question) -> dict[str, Any]:
    return {**asdict(question), "kind": question.kind.value}


def question_of(stored: AnyMapping[str, Any]) -> Question:
    return Question(
        **{
            **stored,
            "kind": QuestionKind(stored["kind"]),
            "options": tuple(Option(**item) for item in stored["options"]),
            "samples": tuple(stored["samples"]),
        }
    )

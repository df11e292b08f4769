"""How files with these headers were read when they went in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping as AnyMapping
from dataclasses import replace
from typing import Any

from imports.headers import IGNORED, normalised
from imports.mapping import FileKind, Guess, Mapping, header_key
from imports.models import ImportSession, RememberedMap
from imports.reading import Detection
from imports.sessions.plain import detection_of, mapping_of

CONFIDENCE = 0.97


def key_of(detection: Detection) -> str:
    return hashlib.sha256(header_key(detection.headers).encode()).hexdigest()


def find(detection: Detection) -> RememberedMap | None:
    """What is remembered of files with the same headers."""
    if detection.header_row is None and not any(detection.headers):
        return None
    found: RememberedMap | None = RememberedMap.objects.filter(key=key_of(detection)).first()
    return found


def said(remembered: RememberedMap | None) -> dict[str, str]:
    if remembered is None:
        return {}
    return {
        "decimal_sign": remembered.decimal_sign,
        "currency": remembered.currency,
        "source": remembered.source,
    }


def applied(columns: Mapping, remembered: RememberedMap | None, corrections: AnyMapping[Any, str]) -> Mapping:
    """The mapping with what is remembered in place of guesses; what somebody says now is left alone."""
    if remembered is None:
        return columns
    guesses = []
    for guess in columns.guesses:
        known = remembered.columns.get(normalised(guess.header))
        if known is not None and guess.position not in corrections and not guess.column.startswith("custom."):
            guess = Guess(guess.position, guess.header, known, CONFIDENCE, "as it was the last time")
        guesses.append(guess)
    kind = FileKind(remembered.kind) if columns.kind is FileKind.UNKNOWN else columns.kind
    return replace(columns, guesses=tuple(guesses), kind=kind)


def remember(session: ImportSession) -> None:
    """Keep how this file was read, for the next one like it."""
    detection, columns = detection_of(session.detection), mapping_of(session.columns)
    names = {normalised(guess.header): guess.column or IGNORED for guess in columns.guesses}
    decisions: dict[str, Any] = session.study.get("decisions", {})
    signs = set(decisions.get("signs", {}).values())
    RememberedMap.objects.update_or_create(
        key=key_of(detection),
        defaults={
            "headers": sorted(names),
            "kind": columns.kind,
            "columns": names,
            "encoding": detection.encoding,
            "delimiter": detection.delimiter,
            "decimal_sign": signs.pop() if len(signs) == 1 else "",
            "currency": decisions.get("currency", "")[:3],
            "source": session.source,
        },
    )

"""What tests of imports share: a file from text, and what its rows came to."""

from __future__ import annotations

import io
from typing import Any

from imports.models import ImportRow, ImportSession
from imports.sessions import service


def opened(text: str | bytes, **given: Any) -> ImportSession:
    raw = text.encode() if isinstance(text, str) else text
    return service.open_session(file=io.BytesIO(raw), name=given.pop("name", "offers.csv"), actor="ann", **given)


def committed(text: str | bytes, *, choices: dict[Any, str] | None = None, **given: Any) -> ImportSession:
    session = opened(text, **given)
    if choices:
        session = service.choose(session, choices)
    return service.commit(session, actor="ann")


def counts(session: ImportSession) -> dict[str, int]:
    """How many rows came to what; what did not happen is left out."""
    return {name: count for name, count in session.counts.items() if count and name != "records"}


def messages(session: ImportSession, outcome: str = "") -> list[str]:
    found: list[ImportRow] = list(service.rows(session, outcome))
    return [said["message"] for row in found for said in row.messages]

"""How a file of each kind is planned and written."""

from __future__ import annotations

from imports.mapping import FileKind
from imports.models import ImportSession
from imports.sessions.marks import Marks
from imports.sessions.offers import Offers
from imports.sessions.part_prices import PartPrices
from imports.sessions.parts import Parts

Work = Offers | Marks | PartPrices
KINDS: dict[FileKind, type[Work]] = {
    FileKind.LISTINGS: Offers,
    FileKind.UNKNOWN: Offers,
    FileKind.CPUS: Marks,
    FileKind.GPUS: Marks,
    FileKind.PART_PRICES: PartPrices,
}


def work_of(session: ImportSession, parts: Parts, *, hold: bool) -> Work:
    """Plans the records of a session's file, and writes the plans."""
    return KINDS[FileKind(session.kind)](session, parts, hold=hold)

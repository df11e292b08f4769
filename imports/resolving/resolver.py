"""Records into outcomes, one after the other."""

from __future__ import annotations

from typing import Any

from imports.mapping import FileKind, Mapping
from imports.reading import Detection, Record
from imports.resolving.catalog import Catalog
from imports.resolving.layout import Layout
from imports.resolving.lists import Marks, PartPrices
from imports.resolving.offers import Offers
from imports.resolving.outcomes import Offer, Outcome, PartMarks, Problem, Refused
from imports.resolving.prices import Prices
from imports.resolving.said import Decisions, Said

MARKS = ("cpu_mark_multi", "cpu_mark_single", "igpu_mark", "gpu_mark", "metal_score")
MOST_PARTS = 50_000  # whose marks are compared


class Resolver:
    """What becomes of each record of a file: `resolve(record)`. Records come in the order of the file."""

    def __init__(
        self, mapping: Mapping, detection: Detection, decisions: Decisions, said: Said, catalog: Catalog
    ) -> None:
        layout = Layout(mapping, said.values)
        prices = Prices(decisions, said, mapping.dated)
        self._makers: dict[FileKind, Offers | Marks | PartPrices] = {
            FileKind.CPUS: Marks(layout, decisions, catalog, FileKind.CPUS),
            FileKind.GPUS: Marks(layout, decisions, catalog, FileKind.GPUS),
            FileKind.PART_PRICES: PartPrices(layout, decisions, prices, mapping.part),
        }
        self._maker = self._makers.get(mapping.kind) or Offers(layout, decisions, said, catalog, prices)
        self._detection = detection
        self._seen: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {}

    def resolve(self, record: Record) -> Outcome:
        """An offer, a part with its marks, the price of one, or why the record is left out or refused."""
        if record.problem:
            return Refused(record.line, (Problem("", "", record.problem),))
        outcome = self._maker.make(record)
        if isinstance(outcome, PartMarks):
            flags = self._contradictions(outcome.line, outcome.kind, outcome.name, outcome.fields)
            if flags:
                return PartMarks(outcome.line, outcome.kind, outcome.name, outcome.fields, (*outcome.flags, *flags))
        elif isinstance(outcome, Offer):
            for kind, part in (("cpu", outcome.cpu), ("gpu", outcome.gpu)):
                if part is not None and part.fields:
                    outcome.flags += self._contradictions(outcome.line, kind, part.name, part.fields)
        return outcome

    def _contradictions(self, line: int, kind: str, name: str, fields: dict[str, Any]) -> tuple[Problem, ...]:
        """Marks of a part that an earlier record states otherwise; the first counts."""
        marks = {mark: fields[mark] for mark in MARKS if mark in fields}
        if not marks:
            return ()
        key = (kind, name.casefold())
        if key not in self._seen:
            if len(self._seen) < MOST_PARTS:
                self._seen[key] = (line, {**marks, "igpu_model": fields.get("igpu_model")})
            return ()
        first, known = self._seen[key]
        if fields.get("igpu_model") != known.get("igpu_model"):
            # One processor goes by several names of its graphics, with a mark for each: the first name counts.
            fields.pop("igpu_mark", None)
            marks.pop("igpu_mark", None)
        place = self._detection.place(first)
        found = [mark for mark, value in marks.items() if known.setdefault(mark, value) != value]
        for mark in found:
            fields.pop(mark)
        return tuple(
            Problem(mark, f"{marks[mark]:,}", f"{name} has {known[mark]:,} at {place}: that counts") for mark in found
        )

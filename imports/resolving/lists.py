"""Lists of parts: processors and cards with their marks, and prices of parts that are sold alone."""

from __future__ import annotations

import re
from typing import Any

from catalog.recognition import Index, read_drives, read_graphics, read_medium, read_memory
from imports.headers import normalised
from imports.mapping import FileKind
from imports.reading import Record, text_of
from imports.resolving.catalog import Catalog
from imports.resolving.figures import CPU_NUMBERS, GPU_NUMBERS, numbers
from imports.resolving.layout import Layout, Row, Stated
from imports.resolving.notes import Notes
from imports.resolving.outcomes import LeftOut, PartMarks, PartPrice, Refused
from imports.resolving.prices import Prices
from imports.resolving.said import Decisions
from imports.values.words import is_empty

LONGEST_NAME = 255
# Column -> field of a part that is a text.
CPU_TEXTS = {"cpu_manufacturer": "manufacturer", "cpu_socket": "socket", "igpu_model": "igpu_model", "notes": "notes"}
GPU_TEXTS = {"gpu_manufacturer": "manufacturer", "notes": "notes"}
LONGEST = {"manufacturer": 64, "socket": 64, "igpu_model": 255, "notes": 10_000}
_MODULES = re.compile(r"\s*\(?(\d)\s*[,x]\s*(\d{1,3})\)?\s*")
_SPEED = re.compile(r"\s*\(?([345])\s*,\s*(\d{3,5})\)?\s*")
_RPM = re.compile(r"\s*\d{4,5}\s*(?:rpm)?\s*", re.IGNORECASE)


class Marks:
    """Makes processors or cards of the records of a list. Their names are the catalog's where it has them."""

    def __init__(self, layout: Layout, decisions: Decisions, catalog: Catalog, kind: FileKind) -> None:
        self.layout = layout
        self.decisions = decisions
        self.kind = "gpu" if kind is FileKind.GPUS else "cpu"
        self.names: Index = catalog.names(self.kind)

    def make(self, record: Record) -> PartMarks | LeftOut | Refused:
        row, notes = Row(record, self.layout, self.decisions.refused), Notes()
        stated = row.get(f"{self.kind}_name") or row.get("title")
        if stated is None:
            return LeftOut(record.line, "no_name", "it names no part")
        name = " ".join(stated.text.split())
        if len(name) > LONGEST_NAME:
            notes.refuse(stated.header, name, f"a name has at most {LONGEST_NAME} characters")
            return Refused(record.line, tuple(notes.problems))
        is_cpu = self.kind == "cpu"
        fields: dict[str, Any] = dict(numbers(row, CPU_NUMBERS if is_cpu else GPU_NUMBERS, self.decisions, notes))
        for column, field in (CPU_TEXTS if is_cpu else GPU_TEXTS).items():
            if text := row.text(column):
                fields[field] = text[: LONGEST[field]]
        return PartMarks(record.line, self.kind, self.names.find(name) or name, fields, tuple(notes.flags))


class PartPrices:
    """Makes prices of parts of the records of a list."""

    def __init__(self, layout: Layout, decisions: Decisions, prices: Prices, part: str) -> None:
        self.layout = layout
        self.decisions = decisions
        self.prices = prices
        self.part = part
        # Columns that only lists of parts have go by their own headers.
        self.places = {
            normalised(header): place for place, header in layout.headers.items() if place not in layout.dated
        }

    def make(self, record: Record) -> PartPrice | LeftOut | Refused:
        row, notes = Row(record, self.layout, self.decisions.refused), Notes()
        title = row.text("title")
        price, _ = self.prices.of(row, notes)
        if notes.problems:
            return Refused(record.line, tuple(notes.problems), title[:LONGEST_NAME])
        if not title:
            return LeftOut(record.line, "no_name", "it names no part")
        if price is None:
            why = notes.flags[0].message if notes.flags else "it has no price"
            return LeftOut(record.line, "no_price", why, title[:LONGEST_NAME])
        fields = {"gpu": self._gpu, "ram": self._ram, "drive": self._drive}.get(self.part, _nothing)(row)
        return PartPrice(record.line, self.part, title[:LONGEST_NAME], price, fields)

    def _cell(self, row: Row, *names: str) -> str:
        for name in names:
            if name in self.places and not is_empty(cell := row.cell_at(self.places[name]), zero=True):
                return text_of(cell).strip()
        return ""

    def _gpu(self, row: Row) -> dict[str, Any]:
        cards = read_graphics(self._cell(row, "chipset", "gpu") or row.text("title")).cards
        memory = read_memory(self._cell(row, "memory", "vram")).gb
        name = cards[0].name if len({card.name for card in cards}) == 1 else self._cell(row, "chipset")
        return _known(gpu_name=name, memory_gb=memory)

    def _ram(self, row: Row) -> dict[str, Any]:
        said = read_memory(row.text("title"))
        modules, speed = _MODULES.fullmatch(self._cell(row, "modules")), _SPEED.fullmatch(self._cell(row, "speed"))
        fields: dict[str, Any] = {"ddr_generation": said.generation, "speed_mhz": said.speed_mhz}
        if modules:
            count, each = int(modules[1]), int(modules[2])
            fields.update(module_count=count, capacity_per_module_gb=each, total_capacity_gb=count * each)
        else:
            stated = row.get("ram_gb")
            read = read_memory(stated.text) if stated else said
            fields.update(total_capacity_gb=read.gb, module_count=read.modules)
        if speed:
            fields.update(ddr_generation=f"ddr{speed[1]}", speed_mhz=int(speed[2]))
        return _known(**fields)

    def _drive(self, row: Row) -> dict[str, Any]:
        stated: Stated | None = row.get("primary_storage_gb") or row.get("storage")
        title = row.text("title")
        sizes = read_drives(stated.text if stated else title).drives
        kind, bus = self._cell(row, "type", "medium"), self._cell(row, "bus", "interface")
        medium = "hdd" if _RPM.fullmatch(kind) else _medium(kind or read_medium(title) or "", bus)
        shape = self._cell(row, "format", "form factor")
        size = sizes[0].gb if len(sizes) == 1 and sizes[0].gb == int(sizes[0].gb) else None
        return _known(
            capacity_gb=int(size) if size else None, medium=medium, interface=bus[:64], form_factor=shape[:64]
        )


def _medium(kind: str, bus: str) -> str | None:
    """By both: an SSD behind PCIe is NVMe, one behind SATA is not."""
    named, behind = read_medium(kind), read_medium(bus)
    if named in (None, "ssd") and behind in ("nvme", "sata_ssd"):
        return behind
    if named == "ssd" and "sata" in bus.lower():
        return "sata_ssd"
    return named or behind


def _nothing(row: Row) -> dict[str, Any]:
    return {}


def _known(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", "unknown")}

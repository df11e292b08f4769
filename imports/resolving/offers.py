"""One record of a file of offers, as a listing; or why it is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from catalog.recognition import read_filler
from imports.reading import Record, text_of
from imports.resolving.capacities import drives, memory
from imports.resolving.catalog import Catalog
from imports.resolving.custom import components, custom_values
from imports.resolving.facts import facts_of
from imports.resolving.figures import in_range
from imports.resolving.layout import Layout, Row
from imports.resolving.notes import Notes
from imports.resolving.outcomes import DriveSpec, Fact, LeftOut, Memory, Offer, Price, Refused, Where
from imports.resolving.parts import Naming
from imports.resolving.prices import Prices
from imports.resolving.processors import Text, graphics, name_graphics, name_processor, processor
from imports.resolving.said import Decisions, Said

CENT = Decimal("0.01")
LONGEST_TITLE, SHORTEST_TITLE = 255, 3
REASONS = {
    "part": "it is a part of a machine, and no machine",
    "accessory": "it is an accessory, and no machine",
    "other": "it is no computer",
    "placeholder": "it is what the site shows between offers, and no offer",
    "total": "it is a total, and no offer",
}
# Column -> the name under which an offer says that it is cleared.
CLEARED = {
    "cpu_name": "cpu", "gpu_name": "gpu", "ram_gb": "memory", "storage": "drives", "primary_storage_gb": "drives",
    "price": "price", "price_usd": "price",
    **{name: name for name in ("seller", "listing_url", "condition", "manufacturer", "device_model", "series")},
    **{name: name for name in ("model_number", "form_factor", "os_license", "notes", "ram_notes", "other_components")},
    **{name: name for name in ("vendor_item_id", "other_urls")},
}  # fmt: skip
MOST_MACHINES = 100_000
# What tells that a record is of a machine, whatever its title looks like: two of these.
OF_MACHINES = ("cpu_name", "ram_gb", "storage", "primary_storage_gb", "storage_ssd", "os_license")


class Offers:
    """Makes offers of records, by what was decided and said."""

    def __init__(self, layout: Layout, decisions: Decisions, said: Said, catalog: Catalog, prices: Prices) -> None:
        self.layout = layout
        self.decisions = decisions
        self.said = said
        self.catalog = catalog
        self.prices = prices
        self.naming = Naming(catalog, said)

    def make(self, record: Record) -> Offer | LeftOut | Refused:
        row, notes = Row(record, self.layout, self.decisions.refused), Notes()
        title = row.text("title")
        texts = list(self._texts(row))
        if left_out := self._left_out(row, title, texts):
            return left_out
        cpu = processor(row, texts, self.naming, self.decisions, notes)
        gpu, cpu = graphics(row, texts, cpu, self.naming, self.decisions, notes)
        offer = Offer(
            record.line,
            facts=facts_of(row, texts, notes),
            custom=custom_values(row, self.catalog, notes),
            cpu=cpu,
            gpu=gpu,
            memory=memory(row, texts, self.naming, self.decisions, notes),
            drives=drives(row, texts, self.naming, notes),
            cleared=frozenset(self._cleared(row)),
            components=components(row, notes),
        )
        offer.price, offer.history = self.prices.of(row, notes)
        if offer.price is None and (stated := row.get("price_date")) and self.layout.is_ours:
            offer.facts["price_date"] = Fact(self.prices.read_day(stated, notes), stated.where, stated.header)
        self._title(row, title, offer, notes)
        self._share(row, texts, offer, notes)
        if notes.problems:
            return Refused(record.line, tuple(notes.problems), title[:LONGEST_TITLE])
        offer.flags, offer.words = tuple(notes.flags), notes.words
        return offer

    def look(self, row: Row, notes: Notes) -> None:
        """Read the names of a record's parts and nothing else, so that what is not known of them can be asked."""
        texts = list(self._texts(row))
        if not self._left_out(row, row.text("title"), texts):
            name_processor(row, texts, self.naming, notes)
            name_graphics(row, texts, self.naming, notes)

    def _texts(self, row: Row) -> Iterator[Text]:
        """The texts of the record that are read as a whole: its title, then its specifications."""
        if self.layout.is_ours:
            return
        for column, where, read in (
            ("title", Where.TITLE, self.catalog.title),
            ("specs", Where.COLUMN, self.catalog.specs),
        ):
            stated = row.get(column)
            if stated is not None and not (column == "specs" and row.pairs):
                said = read(stated.text)
                yield Text(said, where if stated.where is Where.COLUMN else stated.where, stated.header, stated.text)

    def _left_out(self, row: Row, title: str, texts: list[Text]) -> LeftOut | None:
        """A record that is of no machine, by its title, or by the one cell that it has."""
        reason = texts[0].said.not_a_machine if texts and texts[0].where is Where.TITLE else None
        if reason in ("part", "accessory", "other") and sum(map(bool, map(row.get, OF_MACHINES))) > 1:
            return None
        if not title and not reason:
            first = next((text for cell in row.record.cells if (text := text_of(cell).strip())), "")
            reason = read_filler(first) if any(map(str.isalpha, first[:60])) else None
            title = first
        if not reason:
            return None
        return LeftOut(row.line, reason, REASONS.get(reason, reason), title[:LONGEST_TITLE])

    def _cleared(self, row: Row) -> Iterator[str]:
        for column in self.layout.positions:
            if row.clears(column):
                name = column if column.startswith("custom.") else CLEARED.get(column)
                if name:
                    yield name

    def _title(self, row: Row, title: str, offer: Offer, notes: Notes) -> None:
        """The title of the record, or one that is made of what it says."""
        stated = row.get("title")
        if title and stated and len(title) >= SHORTEST_TITLE:
            if len(title) > LONGEST_TITLE:
                notes.flag(stated.header, title, f"a title has at most {LONGEST_TITLE} characters: it is cut")
                notes.keep("title", title)
            fact = Fact(title[:LONGEST_TITLE], stated.where, stated.header)
        else:
            made = ", ".join(filter(None, (title, _made_title(offer))))
            fact = Fact(made[:LONGEST_TITLE], Where.COLUMN)
        if len(fact.value) < SHORTEST_TITLE:
            message = (
                "a title of 3 to 255 characters is needed, or a maker, a model, a processor or memory to make one of"
            )
            notes.refuse(stated.header if stated else "title", title, message)
        offer.facts["title"] = fact

    def _share(self, row: Row, texts: list[Text], offer: Offer, notes: Notes) -> None:
        """Several machines for one price: the price of one, where their number is certain."""
        for text in texts[:1]:
            lot = text.said.lot
            if lot is None:
                continue
            if not lot.certain or not lot.count:
                notes.flag(text.header, text.text, "it is of several machines, and how many is not certain")
                return
            offer.quantity = lot.count
            if offer.price is not None:
                offer.price = _each(offer.price, lot.count)
                offer.history = tuple(_each(price, lot.count) for price in offer.history)
            notes.flag(text.header, text.text, f"{lot.count} machines for one price: it is divided by {lot.count}")
            return
        stated = row.get("quantity")
        if stated is not None and any(char.isdigit() for char in stated.text):
            offer.quantity = in_range(stated, self.decisions, notes, 1, MOST_MACHINES)


def _each(price: Price, count: int) -> Price:
    return replace(price, amount=(price.amount / count).quantize(CENT, ROUND_HALF_UP), usd=None)


def _made_title(offer: Offer) -> str:
    """`Lenovo ThinkCentre M70q, Intel Core i5-12500T, DDR4 16GB, NVMe 512GB`."""
    machine = " ".join(text for name in ("manufacturer", "device_model") if (text := offer.text(name)))
    parts = [machine, offer.cpu.name if offer.cpu else "", _memory_label(offer.memory)]
    parts.extend(_drive_label(drive) for drive in offer.drives[:1])
    return ", ".join(part for part in parts if part)[:LONGEST_TITLE]


def _memory_label(memory: Memory | None) -> str:
    if memory is None:
        return ""
    generation = str(memory.fields.get("ddr_generation", "")).upper()
    return f"{generation} {memory.fields['total_capacity_gb']}GB".strip()


def _drive_label(drive: DriveSpec) -> str:
    names = {"nvme": "NVMe", "sata_ssd": "SATA SSD", "hybrid": "Hybrid", "emmc": "eMMC"}
    medium = str(drive.fields.get("medium", ""))
    return f"{names.get(medium, medium.upper())} {drive.fields['capacity_gb']}GB".strip()

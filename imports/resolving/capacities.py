"""Memory and drives of a record: its columns first, then its title and its texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from catalog.recognition import Drive, read_medium
from catalog.recognition import Memory as MemoryReading
from imports.resolving.figures import in_range
from imports.resolving.layout import Row, Stated
from imports.resolving.notes import Notes
from imports.resolving.outcomes import DriveSpec, Memory, Where
from imports.resolving.parts import Naming
from imports.resolving.processors import Text, place_of
from imports.resolving.said import Decisions
from imports.values.choices import generation_named

MOST_RAM_GB, MOST_DRIVE_GB = 2048, 100_000
MOST_CACHE_GB = 32  # beside a greater drive it is a cache, and not the main one
POWERS = {1, 2, 4, 8, 16, 32, 64, 128, 256}
SLOTS = ("primary", "secondary")
UNKNOWN = "unknown"
_MEGABYTES = re.compile(r"\s*([0-9]{3,7})\s*(mb|mib|mo|мб)?\s*", re.IGNORECASE)
_MODULES = re.compile(r"\s*([1-8])\s?[x×*]\s?([0-9]{1,3})\s*")
_RANK = {"hdd": 2, "hybrid": 1, "ufs": 1, "emmc": 1, UNKNOWN: 1}
# Which kind of drive a column is of that has one for each.
KINDS = {"storage_ssd": "ssd", "storage_hdd": "hdd"}
TWO_DRIVES = "a listing has two drives: the others are left out"
VARIANTS = "it names several sizes: which one it is stays unknown"


def memory(row: Row, texts: Sequence[Text], naming: Naming, decisions: Decisions, notes: Notes) -> Memory | None:
    """What a record says of its memory; None where it does not say how much there is."""
    stated = row.get("ram_gb")
    column = _read(stated, row, naming, notes)
    if column is not None and column.varies:
        return None
    where, header = (stated.where, stated.header) if stated else (Where.TITLE, "")
    found = column
    for text in texts:
        said = text.said.memory
        if said.varies and (found is None or found.gb is None):
            notes.flag(text.header, text.text, VARIANTS.replace("sizes", "sizes of memory"))
            return None
        if said.gb is None:
            continue
        if found is None or found.gb is None:
            found, where, header = said, text.where, text.header
        elif said.gb != found.gb:
            notes.flag(
                header,
                f"{found.gb} GB",
                f"{place_of(text)} says {said.gb} GB of memory; {_first(where, header)} counts",
            )
        else:
            found = _completed(found, said)
    if found is None or found.gb is None:
        return None
    fields = _fields(found, row, decisions, notes)
    return Memory(fields, where, header) if fields else None


def _first(where: Where, header: str) -> str:
    return "the title" if where is Where.TITLE else f'"{header}"' if header else "what was said for the file"


def _read(stated: Stated | None, row: Row, naming: Naming, notes: Notes) -> MemoryReading | None:
    if stated is None:
        return None
    if row.layout.is_ours or isinstance(stated.cell, Decimal):
        text = stated.text
        if text.isdigit() and 1 <= int(text) <= MOST_RAM_GB:
            return MemoryReading(int(text))
    found = _in_megabytes(stated) or naming.catalog.memory(stated.text)
    if found.varies:
        notes.keep("ram", stated.text)
        notes.flag(stated.header, stated.text, VARIANTS)
    elif found.gb is None:
        notes.keep("ram", stated.text)
        notes.flag(stated.header, stated.text, "it is no size of memory, such as 16 GB: it stays unknown")
    return found


def _in_megabytes(stated: Stated) -> MemoryReading | None:
    """`16384 MB`, and 16384 below a header that says MB; `2x16`, which is of GB."""
    if match := _MODULES.fullmatch(stated.text):
        count, each = int(match[1]), int(match[2])
        return MemoryReading(count * each, modules=count)
    match = _MEGABYTES.fullmatch(stated.text)
    if match is None or not (match[2] or "mb" in stated.header.lower().replace("(", " ").replace(")", " ").split()):
        return None
    megabytes = int(match[1])
    return MemoryReading(megabytes // 1024) if megabytes % 1024 == 0 else None


def _completed(found: MemoryReading, other: MemoryReading) -> MemoryReading:
    return MemoryReading(
        found.gb,
        found.generation or other.generation,
        found.speed_mhz or other.speed_mhz,
        found.modules or other.modules,
    )


def _fields(found: MemoryReading, row: Row, decisions: Decisions, notes: Notes) -> dict[str, Any]:
    """Fields of a RamSpec. What is below a GB, or no whole number of them, has no place in one."""
    gb = found.gb or 0
    if gb != int(gb) or not 1 <= gb <= MOST_RAM_GB:
        notes.keep("ram", f"{gb} GB")
        notes.flag("ram_gb", f"{gb} GB", "memory is a whole number of GB from 1 to 2,048: it stays unknown")
        return {}
    fields: dict[str, Any] = {"total_capacity_gb": int(gb)}
    generation = _generation(row, notes) or found.generation
    if generation and generation != UNKNOWN:
        fields["ddr_generation"] = generation
    limits = (
        ("ram_speed_mhz", "speed_mhz", found.speed_mhz, 100, 10_000),
        ("ram_module_count", "module_count", found.modules, 1, 8),
        ("ram_module_gb", "capacity_per_module_gb", None, 1, 256),
    )
    for column, name, read, least, most in limits:
        stated = row.get(column)
        value = in_range(stated, decisions, notes, least, most) if stated else read
        if value:
            fields[name] = value
    return _with_modules(fields, notes)


def _with_modules(fields: dict[str, Any], notes: Notes) -> dict[str, Any]:
    """Modules of one size each; what does not add up is left out."""
    total, count, each = (fields.get(name) for name in ("total_capacity_gb", "module_count", "capacity_per_module_gb"))
    if count and each and count * each != total:
        notes.flag("ram_module_count", str(count), f"{count} x {each} GB is not {total} GB: the modules are left out")
        return {name: value for name, value in fields.items() if name not in ("module_count", "capacity_per_module_gb")}
    if count and not each and total % count == 0 and total // count in POWERS:
        return {**fields, "capacity_per_module_gb": total // count}
    return fields


def _generation(row: Row, notes: Notes) -> str:
    stated = row.get("ram_type")
    if stated is None:
        return ""
    found = generation_named(stated.text)
    if found is None:
        notes.flag(stated.header, stated.text, "it is no generation of memory, such as DDR4: it stays unknown")
    return found or ""


def drives(row: Row, texts: Sequence[Text], naming: Naming, notes: Notes) -> tuple[DriveSpec, ...]:
    """The drives of a record, the main one first: a fast one before a disk, unless the columns say."""
    if row.layout.is_ours:
        return _ours(row)
    stated, varies = _stated_drives(row, naming, notes)
    if varies:
        return ()
    where, header = (stated[0][1].where, stated[0][1].header) if stated else (Where.TITLE, "")
    found = [drive for drive, _ in stated]
    for text in texts:
        said = list(text.said.storage.drives)
        if text.said.storage.varies and not found:
            notes.flag(text.header, text.text, "it names several sizes of drives: which one it is stays unknown")
            return ()
        if not said:
            continue
        if not found:
            found, where, header = said, text.where, text.header
            continue
        merged, more = _merged(found, said)
        if merged is None:
            message = f"{place_of(text)} says {_words(said)}; {_first(where, header)} counts"
            notes.flag(header, _words(found), message)
        else:
            found = merged
        if more:
            notes.flag(header, _words(found), f"{place_of(text)} says {_words(more)} besides; {TWO_DRIVES}")
            notes.keep("drives", _words([*found, *more]))
    if not stated:
        found = _of_the_kind(found, row, notes)
    if not row.layout.is_named("primary_storage_gb"):
        most = max((drive.gb for drive in found), default=0)
        found.sort(key=lambda drive: 3 if drive.gb <= MOST_CACHE_GB < most else _RANK.get(drive.medium, 0))
    if len(found) > 2:
        notes.flag(header, _words(found), TWO_DRIVES)
        notes.keep("drives", _words(found))
    return tuple(DriveSpec(_drive_fields(drive), where, header) for drive in found[:2])


def _of_the_kind(found: list[Drive], row: Row, notes: Notes) -> list[Drive]:
    """The one drive that a text names is of the kind that the column of kinds says."""
    stated = row.get("primary_storage_type")
    medium = (read_medium(stated.text) if stated else None) or ""
    if stated is None or not medium or len(found) != 1 or _is_finer(found[0].medium, medium):
        return found
    if found[0].medium not in (UNKNOWN, medium) and not _is_finer(medium, found[0].medium):
        message = f"a text says {_words(found)}; {_first(stated.where, stated.header)} counts"
        notes.flag(stated.header, stated.text, message)
    return [Drive(found[0].gb, medium)]


def _words(found: Iterable[Drive]) -> str:
    return " + ".join(f"{drive.gb} GB{'' if drive.medium == UNKNOWN else ' ' + drive.medium}" for drive in found)


def _drive_fields(drive: Drive) -> dict[str, Any]:
    fields: dict[str, Any] = {"capacity_gb": int(drive.gb)}
    if drive.medium != UNKNOWN:
        fields["medium"] = drive.medium
    return fields


def _stated_drives(row: Row, naming: Naming, notes: Notes) -> tuple[list[tuple[Drive, Stated]], bool]:
    """(drives with the cells that say them, whether a cell names a choice)."""
    found: list[tuple[Drive, Stated]] = []
    for column in ("storage", *KINDS, "primary_storage_gb", "secondary_storage_gb"):
        stated = row.get(column)
        if stated is None:
            continue
        reading = naming.catalog.drives(stated.text)
        if reading.varies:
            notes.keep("storage", stated.text)
            notes.flag(stated.header, stated.text, VARIANTS)
            return [], True
        medium = KINDS.get(column, "") or _medium(row, column)
        sizes = [drive for drive in reading.drives if drive.gb == int(drive.gb) and 1 <= drive.gb <= MOST_DRIVE_GB]
        if not sizes:
            notes.keep("storage", stated.text)
            notes.flag(stated.header, stated.text, "it is no size of a drive, such as 512 GB: it stays unknown")
        for place, drive in enumerate(sizes):
            if column not in KINDS and place and drive.gb != sizes[0].gb:
                medium = ""  # "128+1TB" beside "SSD": of which one that is said is not known but for the first
            kind = drive.medium if drive.medium != UNKNOWN and not _is_finer(medium, drive.medium) else medium
            found.append((Drive(drive.gb, kind or UNKNOWN), stated))
    return _without_twins(found), False


def _medium(row: Row, column: str) -> str:
    """What the column of kinds says beside a column of sizes."""
    slot = "secondary" if column.startswith("secondary") else "primary"
    stated = row.get(f"{slot}_storage_type")
    return (read_medium(stated.text) or "") if stated else ""


def _is_finer(medium: str, than: str) -> bool:
    return than == "ssd" and medium in ("nvme", "sata_ssd")


def _without_twins(found: list[tuple[Drive, Stated]]) -> list[tuple[Drive, Stated]]:
    """One drive that two columns tell of, `storage` and `ssd`, is one."""
    kept: list[tuple[Drive, Stated]] = []
    for drive, stated in found:
        twin = next(
            (
                place
                for place, (other, cell) in enumerate(kept)
                if other.gb == drive.gb
                and cell.header != stated.header
                and not stated.header.lower().startswith(("second", "hdd2", "hdd 2", "drive 2", "disk 2"))
            ),
            None,
        )
        if twin is None:
            kept.append((drive, stated))
        elif kept[twin][0].medium == UNKNOWN or _is_finer(drive.medium, kept[twin][0].medium):
            kept[twin] = (drive, kept[twin][1])
    return kept


def _merged(found: list[Drive], said: list[Drive]) -> tuple[list[Drive] | None, list[Drive]]:
    """The drives of the columns, completed by those of a text that says the same or more, and those of the text for
    which there is no room beside them. None where they disagree."""
    left = list(said)
    merged: list[Drive] = []
    for drive in found:
        twin = next((other for other in left if _is_same(drive, other)), None)
        if twin is not None:
            left.remove(twin)
            finer = drive.medium == UNKNOWN or _is_finer(twin.medium, drive.medium)
            merged.append(Drive(drive.gb, twin.medium) if finer else drive)
        else:
            merged.append(drive)
    if len(left) == len(said):
        return None, []
    return ([*merged, *left], []) if len(merged) + len(left) <= 2 else (merged, left)


def _is_same(one: Drive, other: Drive) -> bool:
    sizes = {one.gb, other.gb}
    return (len(sizes) == 1 or sizes == {1000, 1024} or sizes == {2000, 2048}) and (
        UNKNOWN in (one.medium, other.medium)
        or one.medium == other.medium
        or {one.medium, other.medium} in ({"ssd", "nvme"}, {"ssd", "sata_ssd"})
    )


def _ours(row: Row) -> tuple[DriveSpec, ...]:
    """The drives of our own export, in its order and with all that it says of them."""
    found: list[DriveSpec] = []
    for slot in SLOTS:
        stated = row.get(f"{slot}_storage_gb")
        if stated is None or not stated.text.isdigit():
            continue
        fields: dict[str, Any] = {"capacity_gb": int(stated.text)}
        medium = row.text(f"{slot}_storage_type")
        if medium and medium != UNKNOWN:
            fields["medium"] = medium
        for name in ("interface", "form_factor", "performance_tier"):
            if row.text(f"{slot}_storage_{name}"):
                fields[name] = row.text(f"{slot}_storage_{name}")[:64]
        found.append(DriveSpec(fields, stated.where, stated.header))
    return tuple(found)

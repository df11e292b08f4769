"""The processor and the graphics of a record: its columns first, then its title and its texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from catalog.recognition import Recognition
from catalog.recognition.gpus import beside_ryzen
from catalog.recognition.index import UNKNOWN
from imports.resolving.figures import CPU_NUMBERS, GPU_NUMBERS, numbers
from imports.resolving.layout import Row, Stated
from imports.resolving.notes import Notes
from imports.resolving.outcomes import PartName, Where
from imports.resolving.parts import Naming, has_digit, is_like_a_model, key_of
from imports.resolving.said import Decisions

# What two families of processors differ in, as people write it.
_FAMILY = re.compile(r"(?<![\w.])(?:core\s?)?i([3579])(?!\d)|(ryzen\s?[3579])|(celeron|pentium|xeon|atom|athlon)")


_MARKS = re.compile(r"[®™©]")
_GENERATION = re.compile(r"(?<!\w)\d{1,2}(?:st|nd|rd|th)?[\s-]?gen(?:eration)?\.?(?!\w)", re.IGNORECASE)  # "15gen"
_SERIES = re.compile(r"\sSeries\s\d\s")  # "Core 7 Series 2 240H"
# Graphics that are said to be inside a processor, and those of Apple, which all are.
_INSIDE = re.compile(
    r"\b(?:integrat|integrad|intégr|zintegrow|onboard|integriert|shared|встроен)|^\W*apple\s", re.IGNORECASE
)


# More than one of a part: "2x Xeon", "Dual Xeon", "RTX 3090 x2". A listing points at one.
_PART = r"(?:intel|amd|nvidia|xeon|epyc|opteron|geforce|rtx|gtx|quadro|tesla|radeon|rx|firepro)\b"
_SEVERAL = re.compile(rf"(?<![\w.])(?:[2-8]\s?[x×*]|dual|twin)\s?(?={_PART})", re.IGNORECASE)
_SEVERAL_OF_A_CELL = re.compile(r"(?<![\w.])[x×*]\s?[2-8]\s*$|\w\s*\([x×*]?\s?[2-8][x×*]?\)\s*$", re.IGNORECASE)
_PARTS = {
    "cpu": re.compile(r"xeon|epyc|opteron|intel|amd", re.IGNORECASE),
    "gpu": re.compile(r"nvidia|geforce|[rg]tx|quadro|tesla|radeon|rx|firepro", re.IGNORECASE),
}
SEVERAL = {
    "cpu": "it has several processors: a listing has one, and the count is kept as words",
    "gpu": "it has several cards: a listing has one, and the count is kept as words",
}
MAKERS = frozenset(("Intel", "AMD", "Apple", "Qualcomm"))
WITH_RADEON = frozenset(
    f"Intel Core {number}" for number in ("i5-8305G", "i7-8705G", "i7-8706G", "i7-8709G", "i7-8809G")
)


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a record that was read as a whole, and where it stands."""

    said: Recognition
    where: Where
    header: str
    text: str


def processor(row: Row, texts: Sequence[Text], naming: Naming, decisions: Decisions, notes: Notes) -> PartName | None:
    """The processor that a record names, with what its columns say of it."""
    found = name_processor(row, texts, naming, notes)
    if found is None:
        return None
    tell_several("cpu", row, texts, notes)
    fields: dict[str, Any] = dict(numbers(row, CPU_NUMBERS, decisions, notes))
    for column, name in (("cpu_manufacturer", "manufacturer"), ("cpu_socket", "socket"), ("igpu_model", "igpu_model")):
        if row.text(column):
            fields[name] = row.text(column)[: 255 if name == "igpu_model" else 64]
    return replace(found, fields=fields)


def tell_several(kind: str, row: Row, texts: Sequence[Text], notes: Notes) -> None:
    """Flag, and keep in words, that a record has more than one processor, or card, of the kind that it names."""
    stated = row.get(f"{kind}_name")
    if row.layout.is_ours:
        return
    if stated is not None and (_SEVERAL.search(stated.text) or _SEVERAL_OF_A_CELL.search(stated.text)):
        notes.flag(stated.header, stated.text, SEVERAL[kind])
        notes.keep(kind, stated.text)
        return
    for text in texts:
        for found in _SEVERAL.finditer(text.text):
            if _PARTS[kind].match(text.text, found.end()):
                words = text.text[found.start() :][:60]
                notes.flag(text.header, words, SEVERAL[kind])
                notes.keep(kind, words)
                return


def name_processor(row: Row, texts: Sequence[Text], naming: Naming, notes: Notes) -> PartName | None:
    """The processor that a record names. A family alone names none; its words are kept."""
    stated, family = _stated(row)
    if stated is None:
        return _from_texts(None, texts, naming, notes)
    if row.layout.is_ours:
        return naming.ours("cpu", stated)
    return _from_column(row, stated, family, texts, naming, notes)


def _stated(row: Row) -> tuple[Stated | None, str]:
    """The cell that names a processor, with the family that stands beside it."""
    stated, family = row.get("cpu_name"), row.get("cpu_family")
    if stated is not None and isinstance(stated.cell, str) and not row.layout.is_ours:
        stated = replace(stated, cell=_SERIES.sub(" ", " ".join(_MARKS.sub(" ", stated.cell).split())))
    return stated or family, family.text if stated and family else ""


def _from_column(
    row: Row, stated: Stated, family: str, texts: Sequence[Text], naming: Naming, notes: Notes
) -> PartName | None:
    """The model that the column names; where it names only a family, the one of the texts that is of this family."""
    known = naming.spelled("cpu", stated)
    if known is not None and not naming.is_family(stated.text):
        _compare(known.name, stated, row, texts, naming, notes)
        return known
    reading = naming.catalog.cpu(stated.text)
    for words in (f"{family} {stated.text}", _GENERATION.sub(" ", stated.text)):
        if reading.name is None and not reading.varies and words.strip() != stated.text:
            reading = naming.catalog.cpu(words)
    if reading.varies:
        notes.keep("cpu", stated.text)
        notes.flag(stated.header, stated.text, "it names several processors: which one it is stays unknown")
        return None
    if reading.name is not None:
        _compare(reading.name, stated, row, texts, naming, notes)
        return naming.name(
            "cpu", reading.name, reading.match, notes, where=stated.where, header=stated.header, text=stated.text
        )
    words = f"{family} {stated.text}".strip() if family and family not in stated.text else stated.text
    notes.keep("cpu", words)
    if any(text.said.cpu for text in texts) or naming.is_family(words) or not is_like_a_model(words):
        return _from_texts(stated, texts, naming, notes)
    match = naming.catalog.cpus.lookup(words)
    return naming.name("cpu", words, match, notes, where=stated.where, header=stated.header, is_model=False)


def _from_texts(stated: Stated | None, texts: Sequence[Text], naming: Naming, notes: Notes) -> PartName | None:
    """The model of the first text that names one; `stated` is a column that names a family at the most."""
    for text in texts:
        name = text.said.cpu
        if name is None:
            if text.said.cpu_family:
                if not any(char.isdigit() for char in notes.words.get("cpu", "")):
                    notes.words.pop("cpu", None)  # "Intel", where the title says "Core i5"
                notes.keep("cpu", text.said.cpu_family)
            if "cpu_variants" in text.said.flags:
                notes.flag(text.header, text.text, "it names several processors: which one it is stays unknown")
                return None
            continue
        if stated is not None and _contradicts(stated.text, name):
            notes.flag(stated.header, stated.text, f"{place_of(text)} says {name}: the processor stays unknown")
            return None
        notes.words.pop("cpu", None)
        return naming.name(
            "cpu", name, text.said.cpu_match, notes, where=text.where, header=text.header, text=text.text
        )
    return None


def _compare(name: str, stated: Stated, row: Row, texts: Sequence[Text], naming: Naming, notes: Notes) -> None:
    """Flag a second column, or a text, that names another processor than the column does."""
    if second := row.beside("cpu_name"):
        other = naming.catalog.cpu(second.text).name
        if other and key_of(other) != key_of(name):
            notes.flag(second.header, second.text, f'it is {other}, and "{stated.header}" says {name}: that counts')
    for text in texts:
        other = text.said.cpu
        if other and key_of(other) != key_of(name):
            notes.flag(stated.header, stated.text, f"{place_of(text)} says {other}; the column counts")
            return


def _contradicts(words: str, name: str) -> bool:
    """Whether the words of a family are of another one than the model: "Core i5" and "Intel Core i7-7600U"."""
    said, named = _families(words), _families(name)
    return bool(said and named and not said & named)


def _families(text: str) -> set[str]:
    return {"".join(filter(None, found)).replace(" ", "") for found in _FAMILY.findall(text.casefold())}


def place_of(text: Text) -> str:
    return "the title" if text.where is Where.TITLE else f'"{text.header}"'


def graphics(
    row: Row, texts: Sequence[Text], cpu: PartName | None, naming: Naming, decisions: Decisions, notes: Notes
) -> tuple[PartName | None, PartName | None]:
    """(the card, the processor with what is said of the graphics inside it). A card never goes to the processor."""
    card, integrated = name_graphics(row, texts, naming, notes)
    marks = numbers(row, GPU_NUMBERS, decisions, notes)
    if card is not None:
        tell_several("gpu", row, texts, notes)
        fields: dict[str, Any] = dict(marks)
        if row.text("gpu_manufacturer"):
            fields["manufacturer"] = row.text("gpu_manufacturer")[:64]
        card = replace(card, fields=fields)
    if cpu is not None and integrated and _differ(cpu.name, integrated):
        notes.keep("gpu", integrated)
        notes.flag(
            "", integrated, f"it is not inside an {cpu.name.partition(' ')[0]} processor, and no card that is named"
        )
    elif cpu is not None and integrated:
        more: dict[str, Any] = {"igpu_model": integrated}
        if card is None and "gpu_mark" in marks:
            more["igpu_mark"] = marks["gpu_mark"]
        cpu = replace(cpu, fields={**more, **cpu.fields})
    return card, cpu


def name_graphics(row: Row, texts: Sequence[Text], naming: Naming, notes: Notes) -> tuple[PartName | None, str]:
    """(the card, the name of integrated graphics) that a record names."""
    card, integrated = _stated_graphics(row, naming, notes)
    for text in texts:
        if card is None and text.said.gpu and not _has_several(row, naming):
            card = naming.name(
                "gpu", text.said.gpu, text.said.gpu_match, notes, where=text.where, header=text.header, text=text.text
            )
        integrated = integrated or text.said.integrated_gpu or ""
    second = row.beside("gpu_name")
    if card is not None and second is not None:
        names = {_card_key(place.name) for place in naming.catalog.graphics(second.text).cards}
        if names and _card_key(card.name) not in names:
            message = f'"{card.header}" says {card.name}: that counts'
            notes.flag(second.header, second.text, message)
    return card, integrated


def _card_key(name: str) -> str:
    """What tells cards apart, but for the word that one is of a notebook, which is left out as often."""
    return " ".join(word for word in key_of(name).split() if word not in ("laptop", "maxq"))


def _differ(cpu: str, integrated: str) -> bool:
    """Whether graphics are of another maker than the processor that they would be inside of."""
    makers = cpu.partition(" ")[0], integrated.partition(" ")[0]
    return len(MAKERS.intersection(makers)) == 2 and makers[0] != makers[1] and cpu not in WITH_RADEON


def _has_several(row: Row, naming: Naming) -> bool:
    return len({card.name for card in naming.catalog.graphics(row.text("gpu_name")).cards}) > 1


def _stated_graphics(row: Row, naming: Naming, notes: Notes) -> tuple[PartName | None, str]:
    """(the card, the name of integrated graphics) that the column says."""
    stated = row.get("gpu_name")
    if stated is None:
        return None, ""
    if row.layout.is_ours:
        return naming.ours("gpu", stated), ""
    if known := naming.spelled("gpu", stated):
        return known, ""
    reading = naming.catalog.graphics(stated.text)
    if "ryzen" in row.text("cpu_name").lower():
        reading = beside_ryzen(reading)
    integrated = reading.integrated[0].name if reading.integrated else ""
    names = list(dict.fromkeys(card.name for card in reading.cards))
    if names and len(reading.cards) > 1 and len(names) == 1:
        notes.flag(stated.header, stated.text, SEVERAL["gpu"])
        notes.keep("gpu", stated.text)
    if len(names) > 1:
        notes.keep("gpu", stated.text)
        notes.flag(stated.header, stated.text, "it names several cards: which one it is stays unknown")
        return None, integrated
    if names:
        match = naming.catalog.gpus.lookup(names[0])
        return naming.name(
            "gpu", names[0], match, notes, where=stated.where, header=stated.header, text=stated.text
        ), integrated
    match = naming.catalog.gpus.lookup(stated.text) if not integrated else UNKNOWN
    if match:
        return naming.name(
            "gpu", stated.text, match, notes, where=stated.where, header=stated.header, text=stated.text
        ), ""
    if not integrated and _INSIDE.search(stated.text):
        words = " ".join(_MARKS.sub(" ", stated.text).partition("(")[0].split())
        return None, words if has_digit(words) else ""  # "Integrated" names none
    if not integrated:
        notes.keep("gpu", stated.text)
    if integrated or not is_like_a_model(stated.text):
        return None, integrated
    card = naming.name("gpu", stated.text, match, notes, where=stated.where, header=stated.header, is_model=False)
    return card, ""

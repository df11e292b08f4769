"""One text, all that it says."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .capacities import Card, share_out
from .conditions import find_state
from .cpus import cpu_family, find_cpus
from .drives import Drives, drives_of
from .gpus import Graphics, find_graphics
from .graphics import BIG_CARDS, MOST_GB, MOST_GB_OF_BIG
from .index import UNKNOWN, Index, Match
from .machines import Machine, find_machine
from .memory import Memory, memory_of
from .offers import Lot, find_lot, find_other
from .patterns import Place
from .screens import find_screen
from .sizes import find_sizes
from .systems import System, find_system
from .texts import blank, fold, lower
from .words import find_labels

# Shops put this before a title without a space.
_PREFIX = re.compile(
    r"(?:new\slisting|neues\sangebot|nouvelle\sannonce|nuovo\sannuncio|nuevo\sanuncio)(?=[^\W_])", re.IGNORECASE
)
NO_MEMORY, NO_DRIVES, NO_SYSTEM, NO_MACHINE = Memory(), Drives(), System(), Machine()


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a text says of a machine. None, or nothing, is what it does not say."""

    cpu: str | None = None
    cpu_match: Match = UNKNOWN  # in the index of the catalog's names; its nearest three are what to ask
    cpu_family: str | None = None  # "Core i5" where no model is named
    gpu: str | None = None
    gpu_match: Match = UNKNOWN
    integrated_gpu: str | None = None
    memory: Memory = NO_MEMORY
    storage: Drives = NO_DRIVES
    screen_in: float | None = None
    system: System = NO_SYSTEM
    machine: Machine = NO_MACHINE
    condition: str | None = None
    lot: Lot | None = None
    not_a_machine: str | None = None
    flags: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The facts under the names that `manage.py recognise` prints."""
        return {
            "cpu": self.cpu,
            "gpu": self.gpu,
            "ram_gb": self.memory.gb,
            "ram_type": self.memory.generation,
            "storage": [[drive.gb, drive.medium] for drive in self.storage.drives],
            "screen_in": self.screen_in,
            "os": self.system.name,
            "brand": self.machine.brand,
            "model": self.machine.model,
            "form_factor": self.machine.form_factor,
            "condition": self.condition,
            "flags": list(self.flags),
        }


@dataclass(slots=True)
class _Text:
    """A text while it is read: what was understood is blanked, so that nothing is read twice."""

    raw: str
    low: str
    rest: str = field(init=False)
    own: str = field(init=False)  # `rest` in its own case

    def __post_init__(self) -> None:
        self.rest, self.own = self.low, self.raw

    def take(self, start: int, end: int) -> None:
        self.rest = blank(self.rest, start, end)
        self.own = blank(self.own, start, end)


def recognise(title: str, *, cpus: Index | None = None, gpus: Index | None = None) -> Recognition:
    """Read a title. With an index of the catalog's names a part is given the catalog's own name, or left a question."""
    raw = fold(title)
    raw = (
        _PREFIX.sub(lambda found: " " * len(found[0]), raw)
        if raw[:3].lower() in ("new", "neu", "nou", "nuo", "nue")
        else raw
    )
    text = _Text(raw, lower(raw))
    processors = find_cpus(text.low, cpus)
    _take(text, processors)
    graphics = find_graphics(text.rest)
    _take(text, (*graphics.cards, *graphics.integrated))
    system = find_system(text.rest, raw)
    for start, end in system.spans:
        text.take(start, end)
    screen, spans = find_screen(text.rest)
    for start, end in spans:
        text.take(start, end)
    memory, storage = _capacities(text, graphics)
    said = sum((bool(processors), memory.gb is not None, bool(storage.drives), system.name is not None))
    machine = find_machine(text.low, text.own)
    reason = find_other(
        text.low,
        said=said,
        memory_and_drive=memory.gb is not None and bool(storage.drives),
        named=machine.brand is not None,
    )
    lot = find_lot(text.rest)
    if reason:
        return Recognition(machine=Machine(machine.brand), not_a_machine=reason, flags=(f"not_a_machine:{reason}",))
    return _put_together(text, processors, graphics, memory, storage, screen, system, machine, lot, cpus, gpus)


def _take(text: _Text, places: tuple[Place, ...] | list[Place]) -> None:
    for place in places:
        text.take(place.start, place.end)


def _capacities(text: _Text, graphics: Graphics) -> tuple[Memory, Drives]:
    sizes = find_sizes(text.rest, text.raw)
    labels = find_labels(text.rest)
    shares = share_out(text.rest, sizes, labels, cards=[_card(card) for card in graphics.cards])
    memory = memory_of(text.rest, shares.memory, labels, varies=shares.memory_varies)
    storage = drives_of(text.rest, shares.drives, varies=shares.storage_varies)
    for size, _ in (*shares.memory, *shares.drives):
        text.take(size.start, size.end)
    return memory, storage


def _card(place: Place) -> Card:
    return Card(place.start, place.end, MOST_GB_OF_BIG if BIG_CARDS.search(place.name) else MOST_GB)


def _put_together(
    text: _Text,
    processors: list[Place],
    graphics: Graphics,
    memory: Memory,
    storage: Drives,
    screen: float | None,
    system: System,
    machine: Machine,
    lot: Lot | None,
    cpus: Index | None,
    gpus: Index | None,
) -> Recognition:
    cpu, cpu_match, cpu_varies = _one(processors, cpus)
    gpu, gpu_match, gpu_varies = _one(graphics.cards, gpus)
    family = cpu_family(text.rest) if not processors else None
    state = find_state(text.low)
    flags = list(state.flags)
    for varies, flag in (
        (cpu_varies, "cpu_variants"),
        (gpu_varies, "gpu_variants"),
        (memory.varies, "ram_variants"),
        (storage.varies, "storage_variants"),
        (system.varies, "os_variants"),
        (cpu is not None and cpus is not None and not cpu_match, "cpu_unknown"),
        (gpu is not None and gpus is not None and not gpu_match, "gpu_unknown"),
    ):
        if varies:
            flags.append(flag)
    if lot:
        flags.append(f"lot:{lot.count}" if lot.count else "lot")
    return Recognition(
        cpu=cpu_match.name or cpu,
        cpu_match=cpu_match,
        cpu_family=text.raw[family[0] : family[1]] if family else None,
        gpu=gpu_match.name or gpu,
        gpu_match=gpu_match,
        integrated_gpu=graphics.integrated[0].name if graphics.integrated else None,
        memory=memory,
        storage=storage,
        screen_in=screen,
        system=system,
        machine=machine,
        condition=state.condition,
        lot=lot,
        flags=tuple(flags),
    )


def _one(places: tuple[Place, ...] | list[Place], index: Index | None) -> tuple[str | None, Match, bool]:
    """The one part that is named, what it is in the catalog, and whether the text names several."""
    names = list(dict.fromkeys(place.name for place in places))
    if len(names) != 1:
        return None, UNKNOWN, len(names) > 1
    return names[0], index.lookup(names[0]) if index is not None else UNKNOWN, False

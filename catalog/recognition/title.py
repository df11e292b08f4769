"""One text, all that it says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from .bare import Says
from .capacities import Card, share_out
from .conditions import find_state
from .cpus import cpu_family, find_cpus
from .drives import Drives, drives_of
from .gpus import Graphics, beside_ryzen, find_graphics
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

    def take(self, spans: Iterable[tuple[int, int]]) -> None:
        for start, end in spans:
            self.rest = blank(self.rest, start, end)
            self.own = blank(self.own, start, end)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What was read of a machine's parts, before it is known whether the text is of a machine at all."""

    processors: list[Place]
    graphics: Graphics
    system: System
    screen_in: float | None
    memory: Memory
    storage: Drives

    @property
    def says(self) -> frozenset[Says]:
        """The facts of a machine that the text says."""
        found = {
            Says.CPU: bool(self.processors),
            Says.RAM: self.memory.gb is not None,
            Says.DRIVE: bool(self.storage.drives),
            Says.SYSTEM: self.system.name is not None,
            Says.CARD: bool(self.graphics.cards),
            Says.SCREEN: self.screen_in is not None,
        }
        return frozenset(fact for fact, is_said in found.items() if is_said)


def recognise(
    title: str, *, cpus: Index | None = None, gpus: Index | None = None, is_title: bool = True
) -> Recognition:
    """Read a title. With an index of the catalog's names a part is given the catalog's own name, or left a question.

    A text that is no title, such as a list of specifications, may say one part and still be of a machine.
    """
    raw = _without_prefix(fold(title))
    text = _Text(raw, lower(raw))
    parts = _read_parts(text, cpus)
    machine = find_machine(text.low, text.own)
    family = cpu_family(text.rest) if not parts.processors else None
    reason = find_other(text.low, parts.says, machine, has_family=family is not None) if is_title else None
    if reason:
        return Recognition(machine=Machine(machine.brand), not_a_machine=reason, flags=(f"not_a_machine:{reason}",))
    return _describe(text, parts, machine, family, cpus, gpus)


def _without_prefix(raw: str) -> str:
    if raw[:3].lower() not in ("new", "neu", "nou", "nuo", "nue"):
        return raw
    return _PREFIX.sub(lambda found: " " * len(found[0]), raw)


def _read_parts(text: _Text, cpus: Index | None) -> _Parts:
    """Processor, graphics, system, screen, sizes: in this order, each out of what the ones before it left."""
    processors = find_cpus(text.low, cpus)
    text.take((place.start, place.end) for place in processors)
    graphics = find_graphics(text.rest)
    if any(place.name.startswith("AMD Ryzen") for place in processors):
        graphics = beside_ryzen(graphics)
    text.take((place.start, place.end) for place in (*graphics.cards, *graphics.integrated))
    system = find_system(text.rest, text.raw)
    text.take(system.spans)
    screen, spans = find_screen(text.rest)
    text.take(spans)
    memory, storage = _capacities(text, graphics)
    return _Parts(processors, graphics, system, screen, memory, storage)


def _capacities(text: _Text, graphics: Graphics) -> tuple[Memory, Drives]:
    sizes = find_sizes(text.rest, text.raw)
    labels = find_labels(text.rest)
    shares = share_out(text.rest, sizes, labels, cards=[_card(card) for card in graphics.cards])
    memory = memory_of(text.rest, shares.memory, labels, varies=shares.memory_varies)
    storage = drives_of(text.rest, shares.drives, varies=shares.storage_varies)
    text.take((size.start, size.end) for size, _ in (*shares.memory, *shares.drives))
    return memory, storage


def _card(place: Place) -> Card:
    return Card(place.start, place.end, MOST_GB_OF_BIG if BIG_CARDS.search(place.name) else MOST_GB)


def _describe(
    text: _Text,
    parts: _Parts,
    machine: Machine,
    family: tuple[int, int] | None,
    cpus: Index | None,
    gpus: Index | None,
) -> Recognition:
    """Put together what a text says of a machine, and what is to be asked about it."""
    cpu, cpu_match = _one(parts.processors, cpus)
    gpu, gpu_match = _one(parts.graphics.cards, gpus)
    state = find_state(text.low)
    lot = find_lot(text.rest)
    flags = {
        "cpu_variants": bool(parts.processors) and cpu is None,
        "gpu_variants": bool(parts.graphics.cards) and gpu is None,
        "ram_variants": parts.memory.varies,
        "storage_variants": parts.storage.varies,
        "os_variants": parts.system.varies,
        "cpu_unknown": cpu is not None and cpus is not None and not cpu_match,
        "gpu_unknown": gpu is not None and gpus is not None and not gpu_match,
        f"lot:{lot.count}" if lot and lot.count else "lot": lot is not None,
    }
    return Recognition(
        cpu=cpu_match.name or cpu,
        cpu_match=cpu_match,
        cpu_family=text.raw[family[0] : family[1]] if family else None,
        gpu=gpu_match.name or gpu,
        gpu_match=gpu_match,
        integrated_gpu=parts.graphics.integrated[0].name if parts.graphics.integrated else None,
        memory=parts.memory,
        storage=parts.storage,
        screen_in=parts.screen_in,
        system=parts.system,
        machine=machine,
        condition=state.condition,
        lot=lot,
        flags=(*state.flags, *(flag for flag, is_so in flags.items() if is_so)),
    )


def _one(places: Iterable[Place], index: Index | None) -> tuple[str | None, Match]:
    """The one part that is named and what it is in the catalog; none where the text names several."""
    names = {place.name for place in places}
    if len(names) != 1:
        return None, UNKNOWN
    name = names.pop()
    return name, index.lookup(name) if index is not None else UNKNOWN

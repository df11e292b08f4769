"""The catalog as records are read by it: names of parts, custom fields, and what texts were found to say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from catalog.recognition import (
    CpuReading,
    Drives,
    Graphics,
    Index,
    Memory,
    Recognition,
    read_cpu,
    read_drives,
    read_graphics,
    read_memory,
    recognise,
)

MOST_KEPT, MOST_CHARACTERS = 20_000, 4_000_000  # texts of each sort, and characters of them all

Read = TypeVar("Read")


class Kept(Generic[Read]):
    """What texts say, each read once. When it is full, what is in it stays: a file is read twice, in one order."""

    def __init__(self, read: Callable[[str], Read]) -> None:
        self._read = read
        self._room = MOST_CHARACTERS
        self._kept: dict[str, Read] = {}

    def __call__(self, text: str) -> Read:
        found = self._kept.get(text)
        if found is None:
            found = self._read(text)
            if len(self._kept) < MOST_KEPT and len(text) <= self._room:
                self._room -= len(text)
                self._kept[text] = found
        return found


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field of listings: `data_type` and `options` as its definition has them."""

    key: str
    data_type: str
    options: tuple[str, ...] = ()


class Catalog:
    """Names of processors and cards, custom fields by key; and the readers of texts, which give parts these names."""

    def __init__(
        self, cpus: Index | None = None, gpus: Index | None = None, custom: Iterable[CustomField] = ()
    ) -> None:
        self.cpus = cpus if cpus is not None else Index()
        self.gpus = gpus if gpus is not None else Index()
        self.custom = {field.key: field for field in custom}
        read = partial(recognise, cpus=self.cpus, gpus=self.gpus)
        self.title: Kept[Recognition] = Kept(read)
        self.specs: Kept[Recognition] = Kept(partial(read, is_title=False))
        self.cpu: Kept[CpuReading] = Kept(lambda text: read_cpu(text, self.cpus))
        self.graphics: Kept[Graphics] = Kept(read_graphics)
        self.memory: Kept[Memory] = Kept(read_memory)
        self.drives: Kept[Drives] = Kept(read_drives)

    def names(self, kind: str) -> Index:
        """The names of `cpu` or `gpu`."""
        return self.cpus if kind == "cpu" else self.gpus

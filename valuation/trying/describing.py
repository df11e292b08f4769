"""A machine that nobody has listed, as facts: what somebody states, what a title says, what the catalog knows of parts.

They are put together in this order, and what comes first counts: where a later source says something else, that is
told. So the facts are those of the listing that would be made of the same title and facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from catalog.known_parts import part_indexes
from catalog.models import Cpu, Gpu, RamSpec, StorageProfile
from catalog.recognition import Index, Match, Recognition, read_cpu, recognise
from catalog.recognition.labels import choice_named
from dealbrain.folding import fold
from listings.choices import Marketplace, Status
from valuation.engine import UNKNOWN, Field, FieldRegistry, Problem
from valuation.recalculation.facts import PORT_TYPES_OF_USB
from valuation.registry import STANDARD_REGISTRY
from valuation.validation import MOST_FACTS, fact_problem

Facts = dict[str, Any]

# A listing's own numbers and those of the parts that it points at never disagree: either is the other.
SAME = {
    "ram_gb": "ram_spec.total_capacity_gb",
    "ram_type": "ram_spec.ddr_generation",
    "ram_speed_mhz": "ram_spec.speed_mhz",
    "primary_storage_gb": "storage.primary.capacity_gb",
    "primary_storage_type": "storage.primary.medium",
    "secondary_storage_gb": "storage.secondary.capacity_gb",
    "secondary_storage_type": "storage.secondary.medium",
}
OTHERS = {**SAME, **{there: here for here, there in SAME.items()}}
SECOND_NAMES = frozenset(SAME.values())
DRIVES = ("primary", "secondary")
CATALOG: dict[str, type[Any]] = {"cpu": Cpu, "gpu": Gpu}
NEW = {"status": Status.ACTIVE.value, "marketplace": Marketplace.OTHER.value}  # what a new listing is

# Flags of the recogniser -> what is said of them.
VARIANTS = {"cpu": "processors", "gpu": "cards", "ram": "sizes of memory", "storage": "drives", "os": "systems"}
SAID = {
    "for_parts": "it is said to be for parts, or not working, and valued as one that works",
    "lot": "several machines are offered, and the price is taken for that of one",
    **{f"{part}_variants": f"it names several {what}: none is taken" for part, what in VARIANTS.items()},
}


class Source(StrEnum):
    """Who says a fact; the first counts."""

    FACTS = "facts"
    TITLE = "title"
    CATALOG = "catalog"
    DERIVED = "derived"
    ASSUMED = "assumed"


TOLD = (Source.TITLE, Source.CATALOG)  # where they say something else; what follows is no word of anybody


class WrongFacts(ValueError):
    """Facts that no rule can read; a problem's path is the name of its fact."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, self.problems)))


@dataclass(slots=True)
class Description:
    """A machine by its facts. `values` are what is known, by path, each with its source; None where somebody has
    stated that it is not known. `remarks` are what is worth knowing, each with the path that it is about."""

    values: Facts = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    recognised: Recognition | None = None

    @property
    def known(self) -> Facts:
        """The facts without those that are not known."""
        return {path: value for path, value in self.values.items() if value is not None}

    def add(self, source: Source, facts: Mapping[str, Any]) -> None:
        """What this source says; what stands already stays, and is told where it is something else."""
        for path, value in facts.items():
            if path not in self.values:
                self.values[path], self.sources[path] = value, source
            elif source in TOLD and path not in SECOND_NAMES and not _alike(self.values[path], value):
                known = "nothing" if self.values[path] is None else self.values[path]
                whose = self.sources[path]
                self.remarks.append(f"{path}: the {source} says {value}; {known}, of the {whose}, counts.")


def describe(*, title: str, facts: Mapping[str, Any], registry: FieldRegistry, year: int) -> Description:
    """A machine of this title and these facts, which `read_facts` has read. At most six queries."""
    cpus, gpus = part_indexes()
    found = Description()
    found.add(Source.FACTS, _with_names(facts, cpus, gpus))
    if title:
        found.recognised = said = recognise(title, cpus=cpus, gpus=gpus)
        found.add(Source.TITLE, {"title": title})
        found.add(Source.TITLE, _both_ways(_said(said)))
        found.remarks += _remarks(said)
    _add_parts(found, {"cpu": cpus, "gpu": gpus})
    found.add(Source.DERIVED, _derived(found.known, year))
    found.add(Source.DERIVED, _ports(found.known, registry))
    found.add(Source.ASSUMED, NEW)
    return found


def read_facts(facts: Mapping[str, Any], registry: FieldRegistry) -> Facts:
    """Stated facts by their paths, choices as such and both of two names for one thing; "" is None.

    Raises WrongFacts with everything that is wrong with them.
    """
    if len(facts) > MOST_FACTS:
        raise WrongFacts([Problem("", f"These are {len(facts)} facts: at most {MOST_FACTS} are taken.", "max_length")])
    found: Facts = {}
    names: dict[str, str] = {}
    problems: list[Problem] = []
    for name, given in facts.items():
        problem = fact_problem(name, given, registry)
        if problem is not None and not (given is None and problem.code == "type"):
            problems.append(problem)
            continue
        fact = registry.resolve(name)
        value, problem = _read(name, fact, given)
        problem = problem or _told_already(name, fact.path, value, found, names)
        if problem is not None:
            problems.append(problem)
            continue
        for path in (fact.path, OTHERS.get(fact.path, fact.path)):
            found[path], names[path] = value, name
    if problems:
        raise WrongFacts(problems)
    return found


def _read(name: str, fact: Field, given: Any) -> tuple[Any, Problem | None]:
    """A value as rules see it. Of our own lists of choices labels are read, too ("NVMe SSD")."""
    if not isinstance(given, str) or not fact.options:
        whole = isinstance(given, float) and given.is_integer()
        return (int(given) if whole else None if given == "" else given), None
    folded = {fold(option): option for option in fact.options}
    found = folded.get(fold(given)) or choice_named(given, fact.options)
    if found is not None or not given:
        return fact.stated(found), None
    near = get_close_matches(fold(given)[:100], folded, n=1, cutoff=0.0)
    message = f"This is none of {', '.join(fact.options[:20])}: did you mean {folded[near[0]]}?"
    return None, Problem(name, message, "invalid_choice")


def _told_already(name: str, path: str, value: Any, found: Facts, names: Mapping[str, str]) -> Problem | None:
    if path not in found or _alike(found[path], value):
        return None
    return Problem(name, f"This says {value}, and {names[path]} says {found[path]}: give one of them.", "exclusive")


def _alike(one: Any, other: Any) -> bool:
    """Whether two values are the same to a condition."""
    return fold(one) == fold(other) if isinstance(one, str) and isinstance(other, str) else bool(one == other)


def _both_ways(facts: Facts) -> Facts:
    return facts | {OTHERS[path]: value for path, value in facts.items() if path in OTHERS}


def _with_names(facts: Mapping[str, Any], cpus: Index, gpus: Index) -> Facts:
    """The facts, parts under the names that the catalog has for them."""
    found = dict(facts)
    if name := found.get("cpu.name"):
        found["cpu.name"] = cpus.spelled(name) or read_cpu(name, cpus).name or name
    if name := found.get("gpu.name"):
        found["gpu.name"] = gpus.spelled(name) or gpus.find(name) or name
    return found


def _said(said: Recognition) -> Facts:
    """What a title says, by path. Sizes that are no whole number of GB have no place in a listing."""
    memory, drives = said.memory, said.storage.drives
    modules = memory.modules if memory.gb and memory.modules and not memory.gb % memory.modules else None
    found = {
        "cpu.name": said.cpu,
        "gpu.name": said.gpu,
        "ram_gb": _whole(memory.gb),
        "ram_type": memory.generation if memory.gb else None,
        "ram_speed_mhz": memory.speed_mhz if memory.gb else None,
        "ram_spec.module_count": modules,
        "ram_spec.capacity_per_module_gb": _whole(memory.gb / modules) if memory.gb and modules else None,
        "os_license": said.system.name,
        "manufacturer": said.machine.brand,
        "device_model": said.machine.model,
        "form_factor": said.machine.form_factor,
        "condition": said.condition,
    }
    for place, drive in zip(DRIVES, drives, strict=False):
        found |= {f"{place}_storage_gb": _whole(drive.gb), f"{place}_storage_type": drive.medium}
    return {path: value for path, value in found.items() if value not in (None, "", UNKNOWN)}


def _whole(number: float | None) -> int | None:
    return int(number) if number and number == int(number) else None


def _remarks(said: Recognition) -> list[str]:
    """What is to be asked about a title."""
    found = [
        f"title: {SAID[key]}." for flag in said.flags if (key := "lot" if flag.startswith("lot") else flag) in SAID
    ]
    if said.not_a_machine:
        found.append(f"title: this is no offer of a machine ({said.not_a_machine}).")
    elif not _said(said):
        found.append("title: nothing of a machine was recognised in it.")
    return found


def _add_parts(found: Description, indexes: Mapping[str, Index]) -> None:
    """What the catalog knows of the CPU and the card."""
    for prefix, model in CATALOG.items():
        name = found.values.get(f"{prefix}.name")
        if name is None:
            continue
        leaves = [path.removeprefix(f"{prefix}.") for path in _paths_of(prefix)]
        row = model.objects.filter(name=name).values(*leaves).first()
        if row is None:
            found.remarks.append(f"{prefix}.name: the catalog has no {name}{_hint(indexes[prefix].lookup(name))}.")
            continue
        known = {f"{prefix}.{leaf}": value for leaf, value in row.items() if value not in (None, "")}
        found.add(Source.CATALOG, known)


def _hint(match: Match) -> str:
    return f"; the nearest: {', '.join(match.nearest)}" if match.nearest else ""


def _paths_of(prefix: str) -> list[str]:
    return [fact.path for fact in STANDARD_REGISTRY.fields if fact.path.startswith(f"{prefix}.")]


def _derived(known: Mapping[str, Any], year: int) -> Facts:
    """What follows from other facts, as it does for a listing."""
    found: Facts = {}
    drives = [known[f"{place}_storage_gb"] for place in DRIVES if f"{place}_storage_gb" in known]
    if drives:
        found["total_storage_gb"] = sum(drives)
    if "cpu.release_year" in known:
        found["age_years"] = max(year - known["cpu.release_year"], 0)
    return found | _labels(known)


def _labels(known: Mapping[str, Any]) -> Facts:
    """The names of memory and drives, as the catalog would give them."""
    found: Facts = {}
    parts = (("ram_spec", RamSpec), *((f"storage.{place}", StorageProfile) for place in DRIVES))
    for prefix, model in parts:
        fields = {name: known[f"{prefix}.{name}"] for name in model.identity_fields if f"{prefix}.{name}" in known}
        if fields:
            found[f"{prefix}.label"] = model(**fields).make_label()
    return found


def _ports(known: Mapping[str, Any], registry: FieldRegistry) -> Facts:
    """Ports that are not named are none."""
    none = {fact.path: 0 for fact in registry.fields if fact.path.startswith("ports.")}
    usb = sum(known.get(f"ports.{name}", 0) for name in PORT_TYPES_OF_USB)
    return {**none, "ports.usb_total": usb, "ports.has_thunderbolt": known.get("ports.thunderbolt", 0) > 0}

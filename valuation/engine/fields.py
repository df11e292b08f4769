"""The field registry: which facts a rule may name, and what each of them is.

A fact is known by a dotted path (`cpu.cpu_mark_multi`). Conditions, metrics and formulas all resolve names here, so an
unknown name is an error with the nearest names when the rule is saved. Derived figures are never facts.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from hashlib import sha256


class Kind(StrEnum):
    """What a fact's values are; it decides which operators apply."""

    NUMBER = "number"
    STRING = "string"
    BOOLEAN = "boolean"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Field:
    """One fact. `options` are the usual values of a text field; `unit` is for people ("GB", "USD")."""

    path: str
    kind: Kind
    label: str
    unit: str = ""
    nullable: bool = True
    options: tuple[str, ...] = ()
    description: str = ""
    integer: bool = False

    @property
    def leaf(self) -> str:
        """The last part of the path: `cores` of `cpu.cores`."""
        return self.path.rpartition(".")[2]

    def stated(self, text: str | None) -> str | None:
        """A text as rules see it: the choice `unknown` of one of our closed lists says nothing, so it is missing."""
        is_unknown = text is not None and UNKNOWN in self.options and text.casefold() == UNKNOWN
        return None if is_unknown and not self.path.startswith(CUSTOM) else text


class UnknownField(LookupError):
    """A name that is no fact. `suggestions` are the nearest names, or the candidates of an ambiguous one."""

    def __init__(self, name: str, suggestions: tuple[str, ...], *, ambiguous: bool = False) -> None:
        self.name = name
        self.suggestions = suggestions
        hint = f": did you mean {_either(suggestions)}?" if suggestions else ""
        super().__init__(f'{"ambiguous" if ambiguous else "unknown"} field "{name}"{hint}')

    def __str__(self) -> str:
        return str(self.args[0])


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(f'"{name}"' for name in names)


def _always() -> bool:
    return True


_may_suggest: Callable[[], bool] = _always


def suggest_while(may_suggest: Callable[[], bool]) -> None:
    """Ask this before a near name is looked for, the dearest thing about a wrong one. For those who serve requests."""
    global _may_suggest  # noqa: PLW0603  # one answer for all of a process, given when it starts
    _may_suggest = may_suggest


def nearest(name: str, names: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """Up to `count` of `names` that look like `name`, the nearest first, whatever their case."""
    if not _may_suggest():
        return ()
    by_folded = {candidate.casefold(): candidate for candidate in names}
    return tuple(by_folded[match] for match in difflib.get_close_matches(name.casefold(), by_folded, n=count))


CUSTOM = "custom."
UNKNOWN = "unknown"
CONDITIONS = ("new", "refurb", "used")
STATUSES = ("active", "archived", "pending")
MARKETPLACES = ("ebay", "amazon", "other")
DDR_GENERATIONS = ("ddr3", "ddr4", "ddr5", "lpddr4", "lpddr4x", "lpddr5", "lpddr5x", "hbm2", "hbm3", UNKNOWN)
MEDIA = ("nvme", "sata_ssd", "ssd", "hdd", "hybrid", "emmc", "ufs", UNKNOWN)
PORT_LABELS = {
    "usb_a": "USB-A",
    "usb_c": "USB-C",
    "thunderbolt": "Thunderbolt",
    "hdmi": "HDMI",
    "displayport": "DisplayPort",
    "rj45_1g": "Ethernet 1 Gb",
    "rj45_2_5g": "Ethernet 2.5 Gb",
    "rj45_10g": "Ethernet 10 Gb",
    "audio": "audio",
    "sdxc": "SDXC",
    "pcie_x16": "PCIe x16",
    "pcie_x8": "PCIe x8",
    "m2_slot": "M.2",
    "sata_bay": "SATA bay",
    "other": "other",
}


def _text(path: str, label: str, options: tuple[str, ...] = (), *, nullable: bool = True) -> Field:
    return Field(path, Kind.STRING, label, nullable=nullable, options=options)


def _number(path: str, label: str, unit: str = "", *, integer: bool = True) -> Field:
    return Field(path, Kind.NUMBER, label, unit, integer=integer)


def _storage(place: str) -> tuple[Field, ...]:
    prefix, label = f"storage.{place}", f"{place.capitalize()} storage"
    return (
        _text(f"{prefix}.label", f"{label} profile"),
        _text(f"{prefix}.medium", f"{label} medium", MEDIA),
        _text(f"{prefix}.interface", f"{label} interface"),
        _text(f"{prefix}.form_factor", f"{label} form factor"),
        _number(f"{prefix}.capacity_gb", f"{label} profile capacity", "GB"),
        _text(f"{prefix}.performance_tier", f"{label} performance tier"),
    )


_LISTING = (
    _text("title", "Title", nullable=False),
    _number("price_usd", "Price", "USD", integer=False),
    _text("condition", "Condition", CONDITIONS),
    _text("status", "Status", STATUSES, nullable=False),
    _text("marketplace", "Marketplace", MARKETPLACES),
    _text("seller", "Seller"),
    _text("device_model", "Device model"),
    _text("manufacturer", "Manufacturer"),
    _text("series", "Series"),
    _text("model_number", "Model number"),
    _text("form_factor", "Form factor"),
    _text("os_license", "Operating system licence"),
    _number("ram_gb", "RAM", "GB"),
    _text("ram_type", "RAM type", DDR_GENERATIONS),
    _number("ram_speed_mhz", "RAM speed", "MHz"),
    _number("primary_storage_gb", "Primary storage", "GB"),
    _text("primary_storage_type", "Primary storage type", MEDIA),
    _number("secondary_storage_gb", "Secondary storage", "GB"),
    _text("secondary_storage_type", "Secondary storage type", MEDIA),
    _number("total_storage_gb", "Total storage", "GB"),
    Field(
        "age_years", Kind.NUMBER, "Age", "years", integer=True, description="This year minus the CPU's release year."
    ),
)
_PARTS = (
    _text("cpu.name", "CPU"),
    _text("cpu.manufacturer", "CPU manufacturer"),
    _text("cpu.socket", "CPU socket"),
    _number("cpu.cores", "CPU cores", "cores"),
    _number("cpu.threads", "CPU threads", "threads"),
    _number("cpu.tdp_w", "CPU TDP", "W"),
    _text("cpu.igpu_model", "Integrated graphics"),
    _number("cpu.cpu_mark_multi", "CPU Mark (multi-thread)", "points"),
    _number("cpu.cpu_mark_single", "CPU Mark (single-thread)", "points"),
    _number("cpu.igpu_mark", "Integrated graphics mark", "points"),
    _number("cpu.release_year", "CPU release year"),
    _text("gpu.name", "GPU"),
    _text("gpu.manufacturer", "GPU manufacturer"),
    _number("gpu.gpu_mark", "GPU Mark", "points"),
    _number("gpu.metal_score", "Metal score", "points"),
    _text("ram_spec.label", "RAM specification"),
    _text("ram_spec.ddr_generation", "RAM generation", DDR_GENERATIONS),
    _number("ram_spec.speed_mhz", "RAM specification speed", "MHz"),
    _number("ram_spec.module_count", "RAM modules", "modules"),
    _number("ram_spec.capacity_per_module_gb", "RAM per module", "GB"),
    _number("ram_spec.total_capacity_gb", "RAM specification total", "GB"),
)
_PORTS = (
    *(
        Field(f"ports.{name}", Kind.NUMBER, f"Ports: {label}", "ports", nullable=False, integer=True)
        for name, label in PORT_LABELS.items()
    ),
    Field(
        "ports.usb_total",
        Kind.NUMBER,
        "Ports: all USB",
        "ports",
        nullable=False,
        integer=True,
        description="USB-A, USB-C and Thunderbolt together.",
    ),
    Field("ports.has_thunderbolt", Kind.BOOLEAN, "Has Thunderbolt", nullable=False),
)
STANDARD_FIELDS: tuple[Field, ...] = (*_LISTING, *_PARTS, *_storage("primary"), *_storage("secondary"), *_PORTS)

_STORAGE_LEAVES = ("label", "medium", "interface", "form_factor", "capacity_gb", "performance_tier")
_ALIASES = {
    "gpu.igpu_mark": "cpu.igpu_mark",
    "gpu.model": "gpu.name",
    "storage.primary_gb": "primary_storage_gb",
    "storage.secondary_gb": "secondary_storage_gb",
    "ports.total_usb_count": "ports.usb_total",
    "ports_profile.total_usb_count": "ports.usb_total",
    **{f"ports_profile.{leaf}": f"ports.{leaf}" for leaf in (*PORT_LABELS, "usb_total", "has_thunderbolt")},
    **{
        f"storage_profile.{place}_{leaf}": f"storage.{place}.{leaf}"
        for place in ("primary", "secondary")
        for leaf in _STORAGE_LEAVES
    },
}


def alternative_names(path: str) -> tuple[str, ...]:
    """The other names under which rules may name this fact."""
    return tuple(alias for alias, meant in _ALIASES.items() if meant == path)


class _ShortNames:
    """Fields by what a formula may call them instead of their path: the underscore form, or else the leaf."""

    def __init__(self) -> None:
        self.by_underscore: dict[str, list[Field]] = {}
        self.by_leaf: dict[str, list[Field]] = {}

    def add(self, field: Field) -> None:
        self.by_underscore.setdefault(field.path.casefold().replace(".", "_"), []).append(field)
        self.by_leaf.setdefault(field.leaf.casefold(), []).append(field)

    def find(self, name: str) -> list[Field]:
        return self.by_underscore.get(name) or self.by_leaf.get(name, [])


class FieldRegistry:
    """The standard fields and the custom ones (paths `custom.<key>`), found by path, alias or, in formulas, leaf.

    A short name is looked for among the standard fields first: whatever custom fields somebody adds, a formula that is
    stored goes on meaning what it meant.
    """

    def __init__(self, custom: Iterable[Field] = ()) -> None:
        self.fields: tuple[Field, ...] = (*STANDARD_FIELDS, *custom)
        self._by_path: dict[str, Field] = {}
        self._standard, self._custom = _ShortNames(), _ShortNames()
        for place, field in enumerate(self.fields):
            path = field.path.casefold()
            if path in self._by_path:
                continue
            self._by_path[path] = field
            (self._standard if place < len(STANDARD_FIELDS) else self._custom).add(field)
        self._aliases = {alias: self._by_path[path] for alias, path in _ALIASES.items()}

    @cached_property
    def fingerprint(self) -> bytes:
        """32 bytes, which two registries share only when they have the same fields."""
        return sha256(repr(self.fields[len(STANDARD_FIELDS) :]).encode("utf-8", "surrogatepass")).digest()

    def get(self, path: str) -> Field | None:
        """The field with exactly this path (case does not matter), or None."""
        return self._by_path.get(path.casefold())

    def resolve(self, name: str) -> Field:
        """The field that a condition, metric or modifier names, by path or alias; UnknownField otherwise."""
        field = self._find(name)
        if field is None:
            raise UnknownField(name, nearest(self._without_listing(name), self._candidates()))
        return field

    def resolve_in_formula(self, name: str) -> Field:
        """As `resolve`; also the underscore form (`cpu_cores`) and a leaf that only one field has (`cores`)."""
        field = self._find(name)
        if field is not None:
            return field
        plain = self._without_listing(name)
        for names in (self._standard, self._custom):
            found = names.find(plain)
            if len(found) == 1:
                return found[0]
            if found:
                raise UnknownField(name, tuple(field.path for field in found), ambiguous=True)
        short = [*self._standard.by_leaf, *self._custom.by_leaf]
        raise UnknownField(name, nearest(plain, [*self._candidates(), *short]))

    def _find(self, name: str) -> Field | None:
        plain = self._without_listing(name)
        return self._by_path.get(plain) or self._aliases.get(plain)

    def _candidates(self) -> list[str]:
        return [field.path for field in self.fields]

    @staticmethod
    def _without_listing(name: str) -> str:
        return name.strip().casefold().removeprefix("listing.")

"""What the pages show, as plain data: the rows of the ranking, and an explanation that adds up line by line.

All money here is integer cents, so that a template only prints and never computes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from dealbrain.actor import is_stranger
from listings.figures import market_of, valuation_of
from valuation.engine import to_cents
from valuation.models import ListingValuation


@dataclass(frozen=True, slots=True)
class RankRow:
    """One listing of the ranking."""

    rank: int
    listing: Any
    valuation: Any
    market: Any  # what the market says of the listing as it is; None while that is not known
    chips: list[str]

    @property
    def cents(self) -> int | None:
        """What is asked."""
        return None if self.listing.price_usd is None else int(self.listing.price_usd * 100)


@dataclass(frozen=True, slots=True)
class GroupLines:
    name: str
    cents: int
    rules: list[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class RulesetLines:
    name: str
    layer: str
    cents: int
    effect: str
    groups: list[GroupLines] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ExplanationTable:
    """price + the rulesets' cents = adjusted; a ruleset's groups and a group's rules add up to it."""

    price: int | None
    total: int | None
    adjusted: int | None
    rulesets: list[RulesetLines]


def rank_rows(listings: list[Any], first_rank: int) -> list[RankRow]:
    return [
        RankRow(rank, listing, shown_valuation(listing), market_of(listing), chips(listing))
        for rank, listing in enumerate(listings, start=first_rank)
    ]


def shown_valuation(listing: Any) -> ListingValuation:
    """The stored valuation, or an empty one, whose figures are all null."""
    found: ListingValuation = valuation_of(listing) or ListingValuation()
    return found


def chips(listing: Any) -> list[str]:
    """What a machine is, in a few words."""
    return [text for text in (_condition(listing), _cpu(listing), _ram(listing), _storage(listing)) if text]


def facts(listing: Any) -> list[tuple[str, str]]:
    """(name, value) of everything that is known about a machine, in the order a buyer asks."""
    ports = listing.ports_profile.ports.all() if listing.ports_profile else []
    rows = [
        ("Condition", listing.get_condition_display()),
        ("CPU", _cpu_detail(listing.cpu)),
        ("Graphics", _graphics(listing)),
        ("Memory", " · ".join(text for text in (_ram(listing), listing.ram_notes) if text)),
        ("Storage", _drive(listing, "primary")),
        ("Second drive", _drive(listing, "secondary")),
        ("Ports", ", ".join(f"{port.count} × {port.get_type_display()}" for port in ports)),
        ("OS licence", listing.os_license),
        ("Form factor", listing.form_factor),
        ("Model", " ".join(x for x in (listing.manufacturer, listing.device_model, listing.model_number) if x)),
        ("Also included", ", ".join([*map(_component, listing.components.all()), *listing.other_components])),
        ("Seller", " · ".join(x for x in (listing.seller, listing.get_marketplace_display()) if x)),
        ("Price of", f"{listing.price_date:%Y-%m-%d}" if listing.price_date else ""),
        ("Notes", "" if is_stranger() else listing.notes),
    ]
    return [(name, value) for name, value in rows if value]


def explanation_table(breakdown: Mapping[str, Any]) -> ExplanationTable:
    """The document of `explain_listing` as nested lines."""
    return ExplanationTable(
        price=_cents(breakdown["base_price_usd"]),
        total=_cents(breakdown["total_adjustment"]),
        adjusted=_cents(breakdown["adjusted_price_usd"]),
        rulesets=[
            RulesetLines(
                name=ruleset["name"],
                layer=ruleset["layer"],
                cents=to_cents(ruleset["total_adjustment"]),
                effect=ruleset["effect"],
                groups=_groups([a for a in breakdown["adjustments"] if a["ruleset_id"] == ruleset["id"]]),
            )
            for ruleset in breakdown["rulesets"]
        ],
    )


def _groups(adjustments: list[dict[str, Any]]) -> list[GroupLines]:
    """Rules arrive in the order they ran, in which a group is never split."""
    groups = []
    for _, rules in groupby(adjustments, key=lambda rule: rule["rule_group_id"]):
        lines: list[Mapping[str, Any]] = [{**rule, "cents": to_cents(rule["adjustment_amount"])} for rule in rules]
        groups.append(GroupLines(lines[0]["rule_group_name"], sum(line["cents"] for line in lines), lines))
    return groups


def _cents(dollars: float | None) -> int | None:
    return None if dollars is None else to_cents(dollars)


def _condition(listing: Any) -> str:
    """Among other words, where "Not stated" alone would not say what."""
    return str(listing.get_condition_display()) if listing.condition else "Condition not stated"


def _cpu(listing: Any) -> str:
    return str(listing.cpu.name) if listing.cpu else ""


def _cpu_detail(cpu: Any) -> str:
    if cpu is None:
        return ""
    parts = [cpu.name]
    if cpu.cores:
        parts.append(f"{cpu.cores} cores" + (f", {cpu.threads} threads" if cpu.threads else ""))
    if cpu.tdp_w:
        parts.append(f"{cpu.tdp_w} W")
    if cpu.release_year:
        parts.append(str(cpu.release_year))
    return " · ".join(parts)


def _graphics(listing: Any) -> str:
    if listing.gpu:
        return str(listing.gpu.name)
    return f"{listing.cpu.igpu_model} (integrated)" if listing.cpu and listing.cpu.igpu_model else ""


def _ram(listing: Any) -> str:
    if listing.ram_spec:
        return str(listing.ram_spec.label)
    return f"{listing.ram_gb}GB" if listing.ram_gb else ""


def _storage(listing: Any) -> str:
    return " + ".join(text for text in (_drive(listing, "primary"), _drive(listing, "secondary")) if text)


def _drive(listing: Any, slot: str) -> str:
    profile = getattr(listing, f"{slot}_storage_profile")
    size = getattr(listing, f"{slot}_storage_gb")
    return str(profile.label) if profile else f"{size}GB" if size else ""


def _component(component: Any) -> str:
    return f"{component.quantity} × {component}" if component.quantity > 1 else str(component)

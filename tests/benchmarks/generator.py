"""A market of any size and a rulebook of any length, made from a seed, for the benchmarks."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal

from django.db import transaction

from catalog.choices import DdrGeneration, StorageMedium
from catalog.models import Cpu, Gpu, Port, PortsProfile, Profile, RamSpec, StorageProfile
from listings.choices import Condition
from listings.models import Listing
from valuation.models import Rule, RuleAction, RuleGroup, Ruleset
from valuation.recalculation.marking import mark_rules, mark_scales

MAKERS = ["Lenovo", "Dell", "HP", "Beelink", "Minisforum", "Intel", "ASUS", "GMKtec", ""]
CHUNK = 10_000
SHARES = {"Touches 4 %": 0.04, "Touches 91 %": 0.91}
POPULAR = 0.02  # of the listings have the first CPU


Priced = Callable[[random.Random, Listing], Decimal]


def make_market(listings: int, *, seed: int = 1, priced: Priced | None = None) -> None:
    """300 CPUs, 80 GPUs and `listings` listings, by bulk inserts: no figure exists afterwards.

    Prices say nothing of what they are for, unless `priced` gives them.
    """
    chance = random.Random(seed)
    with transaction.atomic():
        parts = _make_parts(chance, seed)
    for start in range(0, listings, CHUNK):
        with transaction.atomic():
            Listing.objects.bulk_create(
                [_listing(chance, number, parts, priced) for number in range(start, min(start + CHUNK, listings))],
                batch_size=500,
            )
    with transaction.atomic():
        mark_scales()


def _make_parts(chance: random.Random, seed: int) -> dict[str, list[object]]:
    cpus = Cpu.objects.bulk_create(
        Cpu(
            name=f"Market CPU {seed}.{number}",
            manufacturer=chance.choice(["Intel", "AMD", "Apple"]),
            cores=(cores := chance.choice([2, 4, 6, 8, 12, 16])),
            threads=cores * 2,
            tdp_w=chance.choice([6, 15, 35, 65, 125, None]),
            cpu_mark_multi=chance.choice([None, *range(2_000, 40_000, 500)]),
            cpu_mark_single=chance.choice([None, *range(1_000, 4_500, 50)]),
            igpu_mark=chance.choice([None, *range(500, 8_000, 250)]),
            release_year=chance.choice([None, *range(2012, 2027)]),
        )
        for number in range(300)
    )
    gpus = Gpu.objects.bulk_create(
        Gpu(name=f"Market GPU {seed}.{number}", manufacturer="NVIDIA", gpu_mark=chance.randrange(1_000, 30_000))
        for number in range(80)
    )
    rams = [
        RamSpec.objects.get_or_make(
            ddr_generation=generation, speed_mhz=speed, module_count=2, capacity_per_module_gb=size
        )[0]
        for generation, speed in ((DdrGeneration.DDR4, 3200), (DdrGeneration.DDR4, 2666), (DdrGeneration.DDR5, 5600))
        for size in (4, 8, 16, 32)
    ]
    drives = [
        StorageProfile.objects.get_or_make(medium=medium, capacity_gb=size)[0]
        for medium in (StorageMedium.NVME, StorageMedium.SATA_SSD, StorageMedium.HDD)
        for size in (256, 512, 1000, 2000)
    ]
    profiles = []
    for number in range(20):
        profile = PortsProfile.objects.create(name=f"Ports {seed}.{number}")
        kinds = chance.sample(["usb_a", "usb_c", "thunderbolt", "hdmi", "rj45_2_5g", "rj45_10g"], 4)
        Port.objects.bulk_create(Port(ports_profile=profile, type=kind, count=chance.randint(1, 4)) for kind in kinds)
        profiles.append(profile)
    Profile.objects.get_or_create(
        name="Benchmark",
        defaults={"weights": {"cpu_mark_multi": 0.6, "gpu_score": 0.2, "ram_capacity": 0.2}, "is_default": True},
    )
    return {"cpu": cpus, "gpu": [*gpus, *[None] * 240], "ram": [*rams, None], "drive": drives, "ports": profiles}


def worth_of_parts(chance: random.Random, listing: Listing) -> Decimal:
    """What the parts of a machine are worth, give or take a tenth: a market that can be estimated."""
    cpu, gpu = listing.cpu, listing.gpu
    parts = 3.0 * (listing.ram_gb or 4) + 0.05 * (listing.primary_storage_gb or 0)
    marks = 0.012 * ((cpu and cpu.cpu_mark_multi) or 6_000) + 0.015 * ((gpu and gpu.gpu_mark) or 0)
    new = {Condition.NEW: 80, Condition.REFURB: 25}.get(Condition(listing.condition), 0)
    return Decimal(f"{(90 + parts + marks + new) * chance.lognormvariate(0, 0.1):.2f}")


def _listing(
    chance: random.Random, number: int, parts: dict[str, list[object]], priced: Priced | None = None
) -> Listing:
    listing = _with_any_price(chance, number, parts)
    if priced is not None and listing.price_usd is not None:
        listing.price_usd = priced(chance, listing)
    return listing


def _with_any_price(chance: random.Random, number: int, parts: dict[str, list[object]]) -> Listing:
    ram, drive = chance.choice(parts["ram"]), chance.choice(parts["drive"])
    return Listing(
        title=f"{chance.choice(MAKERS)} Mini PC {number} {chance.choice(['WiFi 6', 'Wi-Fi 6E', 'barebone', 'Pro'])}",
        price_usd=None if chance.random() < 0.01 else Decimal(chance.randrange(5_000, 200_000)) / 100,
        condition=chance.choice(Condition.values),
        manufacturer=chance.choice(MAKERS),
        os_license=chance.choice(["", "Windows 11 Pro", "Windows 11 Home"]),
        cpu=parts["cpu"][-1] if chance.random() < POPULAR else chance.choice(parts["cpu"]),
        gpu=chance.choice(parts["gpu"]),
        ram_spec=ram,
        ram_gb=ram.total_capacity_gb if ram else None,
        primary_storage_profile=drive,
        primary_storage_gb=drive.capacity_gb,
        primary_storage_type=drive.medium,
        ports_profile=chance.choice(parts["ports"]),
    )


def make_rules(count: int = 40) -> Ruleset:
    """`count` rules over every kind of condition and action, in one ruleset of groups of eight.

    Two of them add a fixed amount to the listings of 4 % and of 91 % of the CPUs.
    """
    with transaction.atomic():
        ruleset = Ruleset.objects.create(name="Benchmark rules", effect="deduct")
        group = None
        for number in range(count - len(SHARES)):
            if number % 8 == 0:
                group = RuleGroup.objects.create(ruleset=ruleset, name=f"Group {number // 8}", display_order=number)
            rule = Rule.objects.create(group=group, name=f"Rule {number}", conditions=_conditions(number))
            RuleAction.objects.create(rule=rule, **ACTIONS[number % len(ACTIONS)])
        names = list(Cpu.objects.order_by("pk").values_list("name", flat=True))
        for name, share in SHARES.items():
            some = {"field_name": "cpu.name", "operator": "in", "value": names[: round(share * len(names))]}
            rule = Rule.objects.create(group=group, name=name, conditions=some)
            RuleAction.objects.create(rule=rule, action_type="fixed_value", value_usd=5)
        mark_rules()
    return ruleset


def _conditions(number: int) -> object:
    leaves = [
        {"field_name": "ram_gb", "operator": "gte", "value": 8 << (number % 3)},
        {"field_name": "condition", "operator": "in", "value": ["used", "refurb"]},
        {"field_name": "cpu.cpu_mark_multi", "operator": "between", "value": [number * 500, number * 500 + 9_000]},
        {"field_name": "storage.primary.medium", "operator": "equals", "value": "nvme"},
        {"field_name": "title", "operator": "regex", "value": r"wi-?fi\s?6e?"},
        {"field_name": "ports.has_thunderbolt", "operator": "equals", "value": True},
        {"field_name": "gpu.gpu_mark", "operator": "greater_than", "value": 5_000 + number * 100},
        {"field_name": "os_license", "operator": "contains", "value": "pro"},
        {"field_name": "age_years", "operator": "lt", "value": number % 12 + 1},
    ]
    first, second = leaves[number % len(leaves)], leaves[(number * 4 + 1) % len(leaves)]
    if number % 3 == 0 or first == second:
        return first
    return {"logical_operator": "and" if number % 3 == 1 else "or", "conditions": [first, second]}


ACTIONS: list[dict[str, object]] = [
    {"action_type": "per_unit", "metric": "per_gb", "value_usd": Decimal("2.25")},
    {"action_type": "fixed_value", "value_usd": Decimal("12.50")},
    {"action_type": "benchmark_based", "metric": "gpu.gpu_mark", "value_usd": Decimal("3.6")},
    {"action_type": "multiplier", "value_usd": Decimal("-4")},
    {"action_type": "formula", "formula": "clamp(coalesce(cpu_mark_single, 1500) / 100 * 1.3, 5, 60)"},
    {
        "action_type": "per_unit",
        "metric": "per_tb",
        "value_usd": Decimal("45"),
        "modifiers": {"condition_multipliers": {"refurb": 0.8, "used": 0.65}, "max_usd": 90},
    },
    {"action_type": "fixed_value", "value_usd": Decimal("20"), "modifiers": {"age_curve": {"rate_per_year": 0.08}}},
]

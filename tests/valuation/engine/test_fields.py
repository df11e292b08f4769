"""Which facts there are, and by which names a rule finds them."""

from __future__ import annotations

import pytest

from valuation.engine import STANDARD_FIELDS, Field, FieldRegistry, Kind, UnknownField

REGISTRY = FieldRegistry([Field("custom.battery_wh", Kind.NUMBER, "Battery", "Wh")])

TEXTS = """
    title condition status marketplace seller device_model manufacturer series model_number form_factor os_license
    ram_type primary_storage_type secondary_storage_type
    cpu.name cpu.manufacturer cpu.socket cpu.igpu_model gpu.name gpu.manufacturer ram_spec.label ram_spec.ddr_generation
    storage.primary.label storage.primary.medium storage.primary.interface storage.primary.form_factor
    storage.primary.performance_tier
    storage.secondary.label storage.secondary.medium storage.secondary.interface storage.secondary.form_factor
    storage.secondary.performance_tier
"""
NUMBERS = """
    price_usd ram_gb ram_speed_mhz primary_storage_gb secondary_storage_gb total_storage_gb age_years
    cpu.cores cpu.threads cpu.tdp_w cpu.cpu_mark_multi cpu.cpu_mark_single cpu.igpu_mark cpu.release_year
    gpu.gpu_mark gpu.metal_score
    ram_spec.speed_mhz ram_spec.module_count ram_spec.capacity_per_module_gb ram_spec.total_capacity_gb
    storage.primary.capacity_gb storage.secondary.capacity_gb
    ports.usb_a ports.usb_c ports.thunderbolt ports.hdmi ports.displayport ports.rj45_1g ports.rj45_2_5g ports.rj45_10g
    ports.audio ports.sdxc ports.pcie_x16 ports.pcie_x8 ports.m2_slot ports.sata_bay ports.other ports.usb_total
"""


def test_the_facts_are_the_documented_ones() -> None:
    assert {field.path: field.kind for field in STANDARD_FIELDS} == {
        **dict.fromkeys(TEXTS.split(), Kind.STRING),
        **dict.fromkeys(NUMBERS.split(), Kind.NUMBER),
        "ports.has_thunderbolt": Kind.BOOLEAN,
    }


def test_ports_are_never_missing() -> None:
    assert {field.path for field in STANDARD_FIELDS if not field.nullable} == {
        "title",
        "status",
        *(path for path in NUMBERS.split() if path.startswith("ports.")),
        "ports.has_thunderbolt",
    }


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("ram_gb", "ram_gb"),
        (" RAM_GB ", "ram_gb"),
        ("listing.ram_gb", "ram_gb"),
        ("Listing.Cpu.Cores", "cpu.cores"),
        ("gpu.igpu_mark", "cpu.igpu_mark"),
        ("ports_profile.rj45_2_5g", "ports.rj45_2_5g"),
        ("ports_profile.has_thunderbolt", "ports.has_thunderbolt"),
        ("storage_profile.primary_capacity_gb", "storage.primary.capacity_gb"),
        ("storage_profile.secondary_medium", "storage.secondary.medium"),
        ("custom.battery_wh", "custom.battery_wh"),
    ],
)
def test_paths_and_aliases(name: str, path: str) -> None:
    assert REGISTRY.resolve(name).path == path
    assert REGISTRY.resolve_in_formula(name).path == path


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("cpu_cores", "cpu.cores"),
        ("cores", "cpu.cores"),
        ("Cores", "cpu.cores"),
        ("listing.cores", "cpu.cores"),
        ("cpu_mark_multi", "cpu.cpu_mark_multi"),
        ("usb_a", "ports.usb_a"),
        ("storage_primary_capacity_gb", "storage.primary.capacity_gb"),
        ("battery_wh", "custom.battery_wh"),
        ("custom_battery_wh", "custom.battery_wh"),
    ],
)
def test_short_names_are_for_formulas_alone(name: str, path: str) -> None:
    assert REGISTRY.resolve_in_formula(name).path == path
    with pytest.raises(UnknownField):
        REGISTRY.resolve(name)


def test_a_path_comes_before_a_leaf() -> None:
    # `manufacturer` is the listing's own, although CPUs and GPUs have one too.
    assert REGISTRY.resolve_in_formula("manufacturer").path == "manufacturer"


def test_a_leaf_that_two_fields_have_is_ambiguous() -> None:
    with pytest.raises(UnknownField) as caught:
        REGISTRY.resolve_in_formula("capacity_gb")
    assert caught.value.suggestions == ("storage.primary.capacity_gb", "storage.secondary.capacity_gb")
    assert str(caught.value) == (
        'ambiguous field "capacity_gb": did you mean "storage.primary.capacity_gb" or "storage.secondary.capacity_gb"?'
    )


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("ramm_gb", "ram_gb"),
        ("listing.ramm_gb", "ram_gb"),
        ("cpu.core", "cpu.cores"),
        ("usb_c", "ports.usb_c"),
        ("custom.batery_wh", "custom.battery_wh"),
    ],
)
def test_an_unknown_name_brings_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(UnknownField) as caught:
        REGISTRY.resolve(name)
    assert caught.value.suggestions[0] == nearest
    assert str(caught.value).startswith(f'unknown field "{name}": did you mean "{nearest}"')


def test_a_name_like_no_other_brings_nothing() -> None:
    with pytest.raises(UnknownField) as caught:
        REGISTRY.resolve("xyzzy")
    assert (caught.value.suggestions, str(caught.value)) == ((), 'unknown field "xyzzy"')


@pytest.mark.parametrize("name", ["adjusted_price_usd", "score_composite", "dollar_per_cpu_mark", "total_adjustment"])
def test_derived_figures_are_never_facts(name: str) -> None:
    for resolve in (REGISTRY.resolve, REGISTRY.resolve_in_formula):
        with pytest.raises(UnknownField):
            resolve(name)


def short_names() -> list[str]:
    """Whatever a formula may call a standard field, and what is ambiguous."""
    names = {field.leaf for field in STANDARD_FIELDS} | {field.path.replace(".", "_") for field in STANDARD_FIELDS}
    return sorted(names)


def meaning(registry: FieldRegistry, name: str) -> tuple[str, ...]:
    """The path, or the candidates of a name that is ambiguous."""
    try:
        return (registry.resolve_in_formula(name).path,)
    except UnknownField as error:
        return error.suggestions


def test_a_custom_field_changes_nothing_that_a_formula_says_already() -> None:
    """The key may be any of the short names: each means what it meant, also where it is ambiguous."""
    registry = FieldRegistry(
        [
            Field("ram_gb", Kind.STRING, "Mine"),
            *(Field(f"custom.{name}", Kind.STRING, "Mine") for name in short_names()),
        ]
    )
    assert registry.resolve("ram_gb").kind is Kind.NUMBER
    for name in short_names():
        assert meaning(registry, name) == meaning(REGISTRY, name)
        assert registry.resolve_in_formula(f"custom.{name}").label == "Mine"


def test_a_custom_field_has_its_leaf_where_no_fact_has_it() -> None:
    registry = FieldRegistry([Field("custom.weight", Kind.NUMBER, "Weight")])
    for name in ("weight", "WEIGHT", "custom_weight", "custom.weight"):
        assert registry.resolve_in_formula(name).path == "custom.weight"


def test_a_field_is_got_by_its_path_alone() -> None:
    found = REGISTRY.get("CPU.Cores")
    assert found is not None
    assert found.path == "cpu.cores"
    assert REGISTRY.get("cores") is None

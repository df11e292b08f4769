"""Random rules that are valid, and random listings that are not kind to them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from valuation.engine import ActionSpec, Field, FieldRegistry, GroupSpec, Kind, RulesetSpec, RuleSpec

REGISTRY = FieldRegistry(
    [
        Field("custom.color", Kind.STRING, "Color"),
        Field("custom.score", Kind.NUMBER, "Score"),
        Field("custom.tested", Kind.BOOLEAN, "Tested"),
    ]
)
NUMBERS = {
    "ram_gb": [0, 8, 16, 32, 2048],
    "primary_storage_gb": [0, 256, 512, 1000],
    "cpu.cpu_mark_multi": [0, 1, 9_999, 10_000, 123_456],
    "cpu.cpu_mark_single": [0, 2_500, 4_000],
    "cpu.tdp_w": [1, 35, 65],
    "cpu.igpu_mark": [0, 2_000],
    "gpu.gpu_mark": [0, 8_000, 20_000],
    "gpu.metal_score": [40_000],
    "age_years": [0, 1, 3, 30],
    "ports.usb_c": [0, 1, 4],
    "custom.score": [-1e12, -2.5, 0, 0.005, 1.015, 1e9],
}
TEXTS = {
    "condition": ["new", "refurb", "used"],
    "manufacturer": ["Lenovo", "DELL", "İstanbul PC", "Straße", "", " "],
    "title": ["Mini PC wi-fi 6e", "MINI pc", "straße 16 GB", "ıi", "16"],
    "cpu.manufacturer": ["Intel", "Apple", "AMD"],
    "gpu.name": ["Some card"],
    "custom.color": ["red", "Red", "16", "16.0"],
}
BOOLEANS = ["custom.tested", "ports.has_thunderbolt"]
PRICES = [None, 0, 0.01, 99.99, 250, 1_234.56, 999_999_999.99]

amounts = st.sampled_from([-1e9, -123.456, -2.675, -0.005, 0, 0.005, 0.125, 1.005, 2.675, 3.6, 45, 1e6, 1e9])
small = st.sampled_from([-1.5, 0, 0.333, 0.8, 1, 1.25, 40])


def facts() -> st.SearchStrategy[dict[str, Any]]:
    """One listing; every fact may be missing."""
    known: dict[str, Any] = {path: st.sampled_from([None, *values]) for path, values in (NUMBERS | TEXTS).items()}
    known |= {path: st.sampled_from([None, True, False]) for path in BOOLEANS}
    return st.fixed_dictionaries({**known, "price_usd": st.sampled_from(PRICES)})


@st.composite
def leaf(draw: st.DrawFn) -> dict[str, Any]:
    path = draw(st.sampled_from([*NUMBERS, *TEXTS, *BOOLEANS]))
    if path in BOOLEANS:
        operator, values = draw(st.sampled_from(["equals", "not_equals"])), st.sampled_from([True, "no", 1, "TRUE"])
        return {"field_name": path, "operator": operator, "value": draw(values)}
    if draw(st.integers(0, 7)) == 0:
        return {"field_name": path, "operator": draw(st.sampled_from(["is_null", "is_not_null"]))}
    pool = st.sampled_from(NUMBERS.get(path) or TEXTS[path])
    if draw(st.booleans()):
        operator = draw(st.sampled_from(["in", "not_in"]))
        return {"field_name": path, "operator": operator, "value": draw(st.lists(pool, min_size=1, max_size=3))}
    if path in TEXTS:
        operator = draw(
            st.sampled_from(["equals", "neq", "eq", "not_equals", "contains", "starts_with", "ends_with", "regex"])
        )
        patterns = st.sampled_from(["wi-?fi", "^mini", "ß", "[0-9]+", "i$"])
        return {"field_name": path, "operator": operator, "value": draw(patterns if operator == "regex" else pool)}
    if draw(st.booleans()):
        return {"field_name": path, "operator": "between", "value": sorted([draw(pool), draw(pool)])}
    operator = draw(st.sampled_from(["equals", "neq", "greater_than", "gt", "less_than", "lt", "gte", "lte"]))
    value = draw(pool)
    return {"field_name": path, "operator": operator, "value": draw(st.sampled_from([value, str(value)]))}


def _groups(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(children, min_size=1, max_size=3)
    return st.one_of(
        several,
        st.builds(
            lambda word, items: {"logical_operator": word, "conditions": items}, st.sampled_from(["and", "OR"]), several
        ),
        st.builds(lambda item: {"logical_operator": "not", "conditions": [item]}, children),
    )


conditions = st.one_of(st.none(), st.recursive(leaf(), _groups, max_leaves=6))


def _grow(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(children, children)
    return st.one_of(
        st.builds(lambda op, p: f"({p[0]} {op} {p[1]})", st.sampled_from(["+", "-", "*", "/", "//", "%"]), two),
        st.builds(lambda a, n: f"({a} ** {n})", children, st.sampled_from(["2", "0.5", "-1"])),
        st.builds(
            lambda name, a: f"{name}({a})",
            st.sampled_from(["abs", "round", "int", "float", "sqrt", "floor", "ceil"]),
            children,
        ),
        st.builds(lambda name, p: f"{name}({p[0]}, {p[1]})", st.sampled_from(["min", "max", "pow", "coalesce"]), two),
        st.builds(lambda a: f"round({a}, 2)", children),
        st.builds(lambda a: f"clamp({a}, 5, 160)", children),
        st.builds(lambda a, p: f"({p[0]} if {a} > 8 else {p[1]})", children, two),
        st.builds(lambda op, p: f"({p[0]} {op} {p[1]})", st.sampled_from(["and", "or", "<", ">=", "==", "!="]), two),
        st.builds(lambda a: f"(not {a})", children),
        st.builds(lambda a, p: f"({p[0]} < {a} <= {p[1]})", children, two),
        st.builds(lambda a: f'({a} if condition == "USED" else 1)', children),
        st.builds(lambda a: f"(-{a})", children),
    )


# A field stands in every formula: what is constant and undefined would be refused when it is saved.
_fields = ["ram_gb", "cpu.cpu_mark_multi", "cpu_cores", "cpu_mark_multi", "custom.score", "custom.tested", "age_years"]
formulas = st.recursive(st.sampled_from(_fields), _grow, max_leaves=5)
factors = st.dictionaries(st.sampled_from(["new", "refurb", "used"]), small)
modifiers = st.fixed_dictionaries(
    {},
    optional={
        "multipliers": st.lists(
            st.builds(
                lambda factor: {"name": "r", "field": "ram_gb", "conditions": [{"value": "16", "multiplier": factor}]},
                small,
            ),
            max_size=2,
        ),
        "condition_multipliers": factors,
        "brand_multipliers": st.dictionaries(st.sampled_from(["lenovo", "Dell", "STRASSE"]), small),
        "age_curve": st.fixed_dictionaries(
            {"rate_per_year": st.sampled_from([0, 0.07, 2])}, optional={"max": st.sampled_from([0, 0.9, 1])}
        ),
        "min_usd": st.sampled_from([-50, 0, 5.005]),
        "max_usd": st.sampled_from([5.005, 100]),
        "clamp": st.booleans(),
    },
)


@st.composite
def action(draw: st.DrawFn) -> ActionSpec:
    kind = draw(st.sampled_from(["fixed_value", "additive", "per_unit", "benchmark_based", "multiplier", "formula"]))
    metrics = ["per_gb", "per_tb", "quantity", "per_core", "ram_gb", "custom.score", "ports.has_thunderbolt"]
    percent = st.sampled_from([None, -100, -10, 0, 15, 33.3, 250])
    return ActionSpec(
        action_type=kind,
        metric=draw(st.sampled_from(metrics if kind == "per_unit" else ["cpu.cpu_mark_multi", "gpu.gpu_mark"])),
        value_usd=draw(percent if kind == "multiplier" else amounts),
        unit_type=draw(st.sampled_from(["", "per_1000_points", "per_100_points", "per_10_points", "per_point"])),
        formula=draw(formulas) if kind == "formula" else "",
        modifiers=draw(modifiers),
    )


_keys = st.sampled_from(["RamSpec.memory", "CPU.speed", "GPU.none"])
baseline = st.one_of(
    st.just({}),
    st.just({}),
    _keys.map(lambda key: {"values": key}),
    _keys.map(lambda key: {"overrides": key}),
)


@st.composite
def rulesets(draw: st.DrawFn) -> list[RulesetSpec]:
    """One to three rulesets with ids of their own, in no particular order."""
    ids = iter(range(1, 1000))
    order = st.integers(0, 2)
    usually = st.sampled_from([True, True, True, False])

    def rule() -> RuleSpec:
        return RuleSpec(
            id=next(ids),
            name="rule",
            conditions=draw(conditions),
            actions=tuple(draw(st.lists(action(), max_size=2))),
            evaluation_order=draw(order),
            priority=draw(order),
            is_active=draw(usually),
            **draw(baseline),
        )

    def group() -> GroupSpec:
        return GroupSpec(
            id=next(ids),
            name="group",
            rules=tuple(rule() for _ in range(draw(st.integers(0, 3)))),
            display_order=draw(order),
            weight=draw(st.sampled_from([1.0, 1.0, 0.5, 0.3333, 0.0])),
            match_policy=draw(st.sampled_from(["collect", "first"])),
            is_active=draw(usually),
        )

    return [
        RulesetSpec(
            id=number + 1,
            name="ruleset",
            groups=tuple(group() for _ in range(draw(st.integers(1, 2)))),
            priority=draw(order),
            effect=draw(st.sampled_from(["add", "deduct"])),
            conditions=draw(conditions),
            is_active=draw(usually),
            place=draw(st.sampled_from([None, None, 1, 9])),
        )
        for number in range(draw(st.integers(1, 3)))
    ]

"""A naive interpreter of rules, one listing at a time, written from the semantics and from nothing else.

It is slow and plain on purpose: the engine is compared with it, to the cent. It takes valid rules only; `None` is a
missing value, and `Undefined` what an operation without a result raises.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import re2

from valuation.engine.spec import ActionSpec, GroupSpec, RulesetSpec, RuleSpec

Facts = Mapping[str, Any]
LIMIT = 1e9
QUANTITIES = {
    "per_gb": "ram_gb",
    "per_tb": "primary_storage_gb",
    "per_ram_spec_gb": "ram_spec.total_capacity_gb",
    "per_ram_speed": "ram_speed_mhz",
    "per_primary_storage_gb": "primary_storage_gb",
    "per_secondary_storage_gb": "secondary_storage_gb",
    "per_core": "cpu.cores",
    "per_thread": "cpu.threads",
}
POINTS = {"": 1000, "per_1000_points": 1000, "per_100_points": 100, "per_10_points": 10, "per_point": 1}
# Names that stand for a path in formulas.
LEAVES = {"cpu_mark_multi": "cpu.cpu_mark_multi", "cpu_cores": "cpu.cores", "gpu_mark": "gpu.gpu_mark"}


class Undefined(Exception):
    """A formula has no value for this listing."""


@dataclass
class Outcome:
    """What the rules make of one listing, in integer cents."""

    price_cents: int | None
    total_cents: int | None
    adjusted_cents: int | None
    rules: dict[int, int] = field(default_factory=dict)
    actions: dict[int, list[int]] = field(default_factory=dict)


def round_half_away(value: float, digits: int = 0) -> float:
    scaled = abs(value) * 10.0**digits if digits >= 0 else abs(value) / 10.0**-digits
    whole = math.floor(scaled + 0.5 + 1e-6)
    result = whole / 10.0**digits if digits >= 0 else whole * 10.0**-digits
    return -result if value < 0 else result


def cents(dollars: float) -> int:
    return int(round_half_away(dollars * 100.0))


def value_listing(
    rulesets: Sequence[RulesetSpec], facts: Facts, *, static_ruleset: int = 0, disabled: Collection[int] = ()
) -> Outcome:
    if facts.get("price_usd") is None:
        return Outcome(None, None, None)
    price = cents(float(facts["price_usd"]))
    active = sorted(
        (r for r in rulesets if r.is_active), key=lambda r: (r.priority, r.id if r.place is None else r.place, r.id)
    )
    if static_ruleset in [ruleset.id for ruleset in active]:
        running = [ruleset for ruleset in active if ruleset.id == static_ruleset]
    else:
        running = [r for r in active if r.id not in disabled and matches(r.conditions, facts)]
    outcome = Outcome(price, 0, price)
    for ruleset in running:
        for group, rules in _steps(ruleset, active):
            _run_group(_Place(ruleset, group, active, running), rules, facts, outcome)
    outcome.total_cents = outcome.adjusted_cents - price
    return outcome


@dataclass
class _Place:
    """Where a rule runs: its ruleset and group, all active rulesets, and those that run on the listing."""

    ruleset: RulesetSpec
    group: GroupSpec
    active: Sequence[RulesetSpec]
    running: Sequence[RulesetSpec]


def _groups(ruleset: RulesetSpec) -> list[GroupSpec]:
    return sorted((g for g in ruleset.groups if g.is_active), key=lambda g: (g.display_order, g.id))


def _rules(group: GroupSpec) -> list[RuleSpec]:
    return sorted((r for r in group.rules if r.is_active), key=lambda r: (r.evaluation_order, r.priority, r.id))


def _own(key: str, rulesets: Sequence[RulesetSpec]) -> list[tuple[RulesetSpec, GroupSpec, RuleSpec]]:
    """The rules of baselines that value this field."""
    return [
        (ruleset, group, rule)
        for ruleset in rulesets
        for group in _groups(ruleset)
        for rule in _rules(group)
        if key and rule.values == key
    ]


def _steps(ruleset: RulesetSpec, active: Sequence[RulesetSpec]) -> list[tuple[GroupSpec, list[RuleSpec]]]:
    """What runs, one after the other: overrides of this ruleset's own rules right behind the last group of those."""
    groups = _groups(ruleset)

    def moves_behind(rule: RuleSpec, group: GroupSpec) -> int | None:
        places = [groups.index(home) for owner, home, _ in _own(rule.overrides, active) if owner is ruleset]
        return max(places) if places and group.match_policy == "collect" else None

    steps = []
    for place, group in enumerate(groups):
        steps.append((group, [rule for rule in _rules(group) if moves_behind(rule, group) is None]))
        for other in groups:
            steps.append((other, [rule for rule in _rules(other) if moves_behind(rule, other) == place]))
    return steps


def _run_group(place: _Place, rules: list[RuleSpec], facts: Facts, outcome: Outcome) -> None:
    group, ruleset = place.group, place.ruleset
    for rule in rules:
        deducts = ruleset.effect == "deduct"
        if not matches(rule.conditions, facts):
            continue
        if rule.overrides:
            own = _own(rule.overrides, place.active)
            is_formula = bool(rule.actions) and all(action.action_type == "formula" for action in rule.actions)
            effects = [
                home.effect for home in place.active for g in home.groups for r in g.rules if r.values == rule.overrides
            ]
            if is_formula and not effects:
                continue
            if not is_formula and not any(matches(found.conditions, facts) for _, _, found in own):
                continue
            deducts = effects[-1] == "deduct"
        elif any(
            other.overrides == rule.values
            for home in place.running
            for inside in _groups(home)
            for other in _rules(inside)
            if rule.values
        ):
            continue
        amounts = []
        for action in rule.actions:
            amount = _amount(action, facts, outcome.adjusted_cents, group.weight)
            amounts.append(-amount if deducts else amount)
            outcome.adjusted_cents += amounts[-1]
        outcome.rules[rule.id] = sum(amounts)
        outcome.actions[rule.id] = amounts
        if group.match_policy == "first":
            return


# -- Conditions ------------------------------------------------------------------------------------------------


def matches(tree: Any, facts: Facts) -> bool:
    if tree is None or tree in ({}, []):
        return True
    if isinstance(tree, list):
        return all(matches(child, facts) for child in tree)
    if tree.get("logical_operator"):
        results = [matches(child, facts) for child in tree["conditions"]]
        word = tree["logical_operator"].lower()
        return not results[0] if word == "not" else all(results) if word == "and" else any(results)
    return leaf_matches(tree["operator"], facts.get(tree["field_name"]), tree.get("value"))


def leaf_matches(operator: str, actual: Any, expected: Any) -> bool:
    if operator == "is_null":
        return actual is None
    if operator == "is_not_null":
        return actual is not None
    if actual is None:
        return False
    if operator in ("in", "not_in"):
        return any(_same(actual, item) for item in expected) == (operator == "in")
    if operator in ("equals", "eq"):
        return _same(actual, expected)
    if operator in ("not_equals", "neq"):
        return not _same(actual, expected)
    if isinstance(actual, str):
        return _text_matches(operator, actual, str(expected))
    if operator == "between":
        return float(expected[0]) <= float(actual) <= float(expected[1])
    left, right = float(actual), float(expected)
    return {
        "greater_than": left > right,
        "gt": left > right,
        "less_than": left < right,
        "lt": left < right,
        "gte": left >= right,
        "lte": left <= right,
    }[operator]


def _text_matches(operator: str, actual: str, expected: str) -> bool:
    if operator == "regex":
        options = re2.Options()
        options.case_sensitive = False
        return bool(re2.search(expected, actual, options=options))
    left, right = actual.casefold(), expected.casefold()
    if operator == "contains":
        return right in left
    return left.startswith(right) if operator == "starts_with" else left.endswith(right)


def _same(actual: Any, expected: Any) -> bool:
    if isinstance(actual, str):
        if isinstance(expected, float) and expected.is_integer():
            expected = int(expected)
        return actual.casefold() == str(expected).casefold()
    if isinstance(actual, bool):
        words = {"true": True, "yes": True, "false": False, "no": False}
        return actual == (words[expected.strip().casefold()] if isinstance(expected, str) else bool(expected))
    return float(actual) == float(expected)


# -- Actions ---------------------------------------------------------------------------------------------------


def _amount(action: ActionSpec, facts: Facts, running: int, weight: float) -> int:
    dollars = _dollars(action, facts, running)
    if dollars is None:
        return 0
    dollars = _modify(dollars, action.modifiers, facts) * weight
    return cents(dollars) if abs(dollars) <= LIMIT else 0


def _dollars(action: ActionSpec, facts: Facts, running: int) -> float | None:
    value = action.value_usd or 0.0
    if action.action_type in ("fixed_value", "additive"):
        return value
    if action.action_type == "multiplier":
        return running / 100.0 * value / 100.0
    if action.action_type == "formula":
        try:
            result = formula(action.formula, facts)
        except Undefined:
            return None
        return result if abs(result) <= LIMIT else None
    if action.action_type == "benchmark_based":
        score = facts.get(action.metric)
        return None if score is None else float(score) / POINTS[action.unit_type] * value
    if action.metric == "quantity":
        return value
    quantity = float(facts.get(QUANTITIES.get(action.metric, action.metric)) or 0)
    return (quantity / 1000 if action.metric == "per_tb" else quantity) * value


def _modify(dollars: float, modifiers: Mapping[str, Any], facts: Facts) -> float:
    for multiplier in modifiers.get("multipliers", []):
        actual = facts.get(multiplier["field"])
        cases = multiplier["conditions"] if actual is not None else []
        hits = [case["multiplier"] for case in cases if _same(actual, case["value"])]
        dollars *= hits[0] if hits else 1.0
    dollars *= _by_text(modifiers.get("condition_multipliers", {}), facts.get("condition"))
    curve = modifiers.get("age_curve")
    if curve and facts.get("age_years") is not None:
        dollars *= 1.0 - min(facts["age_years"] * curve["rate_per_year"], curve.get("max", 0.5))
    dollars *= _by_text(modifiers.get("brand_multipliers", {}), facts.get("manufacturer"))
    if modifiers.get("clamp", True):
        if modifiers.get("min_usd") is not None:
            dollars = max(dollars, modifiers["min_usd"])
        if modifiers.get("max_usd") is not None:
            dollars = min(dollars, modifiers["max_usd"])
    return dollars


def _by_text(factors: Mapping[str, float], actual: str | None) -> float:
    folded = {name.casefold(): factor for name, factor in factors.items()}
    return 1.0 if actual is None else folded.get(actual.casefold(), 1.0)


# -- Formulas --------------------------------------------------------------------------------------------------


def formula(text: str, facts: Facts) -> float:
    """The value of a valid formula; raises Undefined where it has none."""
    return _finite(_node(ast.parse(text.strip(), mode="eval").body, facts))


def _finite(value: Any) -> float:
    if isinstance(value, complex) or math.isnan(value) or math.isinf(value):
        raise Undefined
    return float(value)


def _fact(tree: ast.expr, facts: Facts) -> Any:
    name = ast.unparse(tree)
    value = facts.get(LEAVES.get(name, name))
    if value is None:
        raise Undefined
    return value


def _node(tree: ast.expr, facts: Facts) -> float:
    if isinstance(tree, ast.Constant):
        return float(tree.value)
    if isinstance(tree, ast.Name | ast.Attribute):
        return float(_fact(tree, facts))
    if isinstance(tree, ast.UnaryOp):
        value = _node(tree.operand, facts)
        return -value if isinstance(tree.op, ast.USub) else float(not value) if isinstance(tree.op, ast.Not) else value
    if isinstance(tree, ast.BoolOp):
        values = [_node(value, facts) for value in tree.values]
        deciding = [value for value in values[:-1] if bool(value) == isinstance(tree.op, ast.Or)]
        return deciding[0] if deciding else values[-1]
    if isinstance(tree, ast.IfExp):
        return _node(tree.body if _node(tree.test, facts) else tree.orelse, facts)
    if isinstance(tree, ast.Compare):
        return float(_compare(tree, facts))
    if isinstance(tree, ast.BinOp):
        return _binary(tree.op, _node(tree.left, facts), _node(tree.right, facts))
    assert isinstance(tree, ast.Call)
    return _call(ast.unparse(tree.func), tree.args, facts)


def _binary(operator: ast.operator, left: float, right: float) -> float:
    try:
        if isinstance(operator, ast.Pow):
            return _finite(left**right)
        operations = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%"}
        sign = operations[type(operator)]
        if sign in ("/", "//", "%") and right == 0:
            raise Undefined
        result = {
            "+": lambda: left + right,
            "-": lambda: left - right,
            "*": lambda: left * right,
            "/": lambda: left / right,
            "//": lambda: left // right,
            "%": lambda: left % right,
        }[sign]()
        return _finite(result)
    except (OverflowError, ZeroDivisionError) as error:
        raise Undefined from error


def _compare(tree: ast.Compare, facts: Facts) -> bool:
    sides = [tree.left, *tree.comparators]
    if any(isinstance(side, ast.Constant) and isinstance(side.value, str) for side in sides):
        texts = [side.value if isinstance(side, ast.Constant) else _fact(side, facts) for side in sides]
        return (texts[0].casefold() == texts[1].casefold()) == isinstance(tree.ops[0], ast.Eq)
    values = [_node(side, facts) for side in sides]
    tests = {
        ast.Eq: lambda a, b: a == b,
        ast.NotEq: lambda a, b: a != b,
        ast.Lt: lambda a, b: a < b,
        ast.LtE: lambda a, b: a <= b,
        ast.Gt: lambda a, b: a > b,
        ast.GtE: lambda a, b: a >= b,
    }
    return all(tests[type(op)](a, b) for op, a, b in zip(tree.ops, values, values[1:], strict=False))


def _call(name: str, arguments: Sequence[ast.expr], facts: Facts) -> float:
    if name == "coalesce":
        for argument in arguments:
            try:
                return _node(argument, facts)
            except Undefined:
                continue
        raise Undefined
    values = [_node(argument, facts) for argument in arguments]
    if name == "pow":
        return _binary(ast.Pow(), values[0], values[1])
    if name == "sqrt":
        if values[0] < 0:
            raise Undefined
        return math.sqrt(values[0])
    if name == "round":
        return _finite(round_half_away(values[0], int(values[1]) if len(values) > 1 else 0))
    if name == "clamp":
        return max(values[1], min(values[0], values[2]))
    plain = {"abs": abs, "min": min, "max": max, "int": int, "float": float, "floor": math.floor, "ceil": math.ceil}
    return float(plain[name](values) if name in ("min", "max") else plain[name](values[0]))


# -- Scores ----------------------------------------------------------------------------------------------------


def scores(
    facts: Facts, outcome: Outcome, weights: Mapping[str, float], best: Mapping[str, float | None]
) -> dict[str, float | None]:
    """Every metric of one listing, None for null."""
    multi, single, tdp = (facts.get(f"cpu.{name}") for name in ("cpu_mark_multi", "cpu_mark_single", "tdp_w"))
    gpu = _gpu_score(facts)
    per_watt = multi / tdp if multi and tdp and multi > 0 and tdp > 0 else None

    def ratio(amount: int | None, mark: float | None) -> float | None:
        if amount is None or not mark or mark <= 0:
            return None
        return round_half_away(amount / 100 / mark, 4)

    metrics = {
        "cpu_mark_multi": multi,
        "cpu_mark_single": single,
        "gpu_score": gpu,
        "perf_per_watt": per_watt,
        "ram_capacity": facts.get("ram_gb"),
    }
    scaled = [
        (weights[key], min(100.0, 100.0 * value / best[key]))
        for key, value in metrics.items()
        if weights.get(key) and value is not None and best.get(key)
    ]
    composite = sum(w * m for w, m in scaled) / sum(w for w, _ in scaled) if scaled else None
    return {
        "score_cpu_multi": multi,
        "score_cpu_single": single,
        "score_gpu": None if gpu is None else round_half_away(gpu, 4),
        "score_composite": None if composite is None else round_half_away(composite, 4),
        "perf_per_watt": None if per_watt is None else round_half_away(per_watt, 4),
        "dollar_per_cpu_mark": ratio(outcome.adjusted_cents, multi),
        "dollar_per_single_mark": ratio(outcome.adjusted_cents, single),
        "dollar_per_cpu_mark_multi": ratio(outcome.price_cents, multi),
        "dollar_per_cpu_mark_single": ratio(outcome.price_cents, single),
    }


def _gpu_score(facts: Facts) -> float | None:
    if facts.get("gpu.name") is None:
        return facts.get("cpu.igpu_mark")
    mark, metal = facts.get("gpu.gpu_mark"), facts.get("gpu.metal_score")
    if (facts.get("cpu.manufacturer") or "").casefold() == "apple" and metal is not None:
        return 0.8 * metal + 0.2 * (metal if mark is None else mark)
    return mark

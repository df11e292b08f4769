"""Out and in again: the same bytes, and the same cents on every listing of the demo."""

from __future__ import annotations

import json
import random
from typing import Any

import jsonschema
import pytest
from django.conf import settings as project
from django.core.management import call_command
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from baselines.overriding import Amount, set_override
from tests.factories import CustomFieldFactory, RuleActionFactory
from tests.valuation.packages.helpers import OLDER, document, encoded, export, install, valued, without_rules
from tests.valuation.strategies import BOOLEANS, NUMBERS, TEXTS, action, conditions
from valuation.engine import ActionSpec, Kind, check_action, check_conditions
from valuation.engine.actions import ACTIONS
from valuation.engine.operators import OPERATORS, Shape
from valuation.models import Ruleset
from valuation.packages import columns
from valuation.packages.content import ACTION_COLUMNS
from valuation.packages.opening import read_package
from valuation.packages.writing import text_of_package
from valuation.registry import field_registry

pytestmark = pytest.mark.django_db
RULES = 1_000


VALUES = {Shape.ONE: 16, Shape.PAIR: [8, 16.5], Shape.LIST: [8, 16], Shape.PATTERN: "^mini|i[357]"}


def of_every_operator() -> list[dict[str, Any]]:
    """(What is drawn at random leaves some of them out.)"""
    return [
        {
            "name": f"By {name}",
            "conditions": [
                {
                    "field_name": "ram_gb" if Kind.NUMBER in operator.kinds else "title",
                    "operator": name,
                    "value": VALUES.get(operator.shape),
                }
            ],
            "actions": [{"action_type": "fixed_value", "value_usd": 1.25}],
        }
        for name, operator in OPERATORS.items()
    ]


def generated(count: int) -> list[dict[str, Any]]:
    """Rules of every operator, action and modifier, valid with the custom fields of the strategies."""
    registry, found = field_registry(), []

    @settings(
        max_examples=count + 500,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(conditions, st.lists(action(), min_size=1, max_size=2), st.integers(0, 3), st.booleans())
    def collect(tree: Any, actions: list[ActionSpec], order: int, is_active: bool) -> None:
        wrong = [*check_conditions(tree, registry), *(p for spec in actions for p in check_action(spec, registry))]
        if len(found) < count and not any(problem.severity == "error" for problem in wrong):
            found.append(
                {
                    "name": f"Rule {len(found)} – правило",
                    "conditions": tree,
                    "evaluation_order": order,
                    "is_active": is_active or order > 0,
                    "actions": [{name: getattr(spec, name) for name in ACTION_COLUMNS} for spec in actions],
                }
            )

    collect()
    return found


def assert_all_are_there(said: str) -> None:
    assert [name for name in OPERATORS if f'"{name}"' not in said] == []
    assert [name for name in ACTIONS if f'"{name}"' not in said] == []
    for modifier in ("multipliers", "condition_multipliers", "brand_multipliers", "age_curve", "min_usd", "clamp"):
        assert f'"{modifier}"' in said
    names = [*NUMBERS, *TEXTS, *BOOLEANS]
    assert [name for name in names if f'"{name}"' not in said] == []


def with_generated_rules(count: int = RULES) -> None:
    for key, kind in (("color", "string"), ("score", "number"), ("tested", "boolean")):
        CustomFieldFactory(key=key, data_type=kind)
    rules = [*of_every_operator(), *generated(count - len(OPERATORS))]
    assert len(rules) == count
    if count == RULES:
        assert_all_are_there(json.dumps(rules))
    parts = [rules[start::4] for start in range(4)]
    groups = [
        {"name": f"Group {number}", "rules": part, "weight": 0.3333, "match_policy": ["collect", "first"][number % 2]}
        for number, part in enumerate(parts)
    ]
    content = document()
    content["rulesets"] = [{"name": "Generated", "effect": "deduct", "rule_groups": groups}]
    install(content)


def with_a_ruleset_of_our_own() -> None:
    """Beside the baseline, with an override of it, and of equal priority: what runs first counts."""
    RuleActionFactory(rule__group__ruleset__name="Ours", rule__group__ruleset__priority=5, action_type="multiplier")
    set_override(entity="Listing", field="wifi", amount=Amount(value=6))


@pytest.mark.parametrize("change", [lambda: None, with_a_ruleset_of_our_own, with_generated_rules])
def test_the_same_bytes_and_the_same_cents(change: Any) -> None:
    call_command("demo")
    change()
    written, before = export(), valued()
    assert export() == written
    assert any(cents for cents, _ in before.values())
    without_rules()
    assert not any(cents for cents, _ in valued().values())
    install(written.encode())
    assert export() == written
    assert valued() == before


@pytest.mark.parametrize("seed", range(3))
def test_a_file_that_was_shuffled_says_the_same(seed: int) -> None:
    """The order of keys and of rows that run at another turn anyway says nothing."""
    call_command("demo")
    written = export()
    shuffled = json.loads(written)
    pick = random.Random(seed)  # no secret

    def mixed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: mixed(value[key]) for key in pick.sample(sorted(value), len(value))}
        return [mixed(item) for item in value] if isinstance(value, list) else value

    assert text_of_package(read_package(encoded(mixed(shuffled)))) == written
    assert not install(mixed(shuffled)).has_changed


def test_an_export_says_nothing_of_this_database() -> None:
    install(OLDER.read_bytes())
    written = export()
    said = json.loads(written)
    assert written.endswith("}\n")
    assert '"id"' not in written
    assert "updated_at" not in written
    assert said["metadata"]["created_at"] is None
    assert said["metadata"]["compatibility"]["required_custom_fields"] == ["custom.months_left"]
    Ruleset.objects.update(updated_at="2020-01-01T00:00:00Z", created_at="2020-01-01T00:00:00Z")
    assert export() == written


def test_files_are_what_the_published_schema_says() -> None:
    schema = json.loads((project.BASE_DIR / "valuation" / "data" / "package-1.1.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    call_command("demo")
    with_generated_rules(100)
    install(OLDER.read_bytes())
    jsonschema.validate(json.loads(export()), schema)
    jsonschema.validate(document(), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document(), "colour": 1}, schema)


def test_the_schema_knows_every_column() -> None:
    schema = json.loads((project.BASE_DIR / "valuation" / "data" / "package-1.1.schema.json").read_text())["$defs"]
    for name, known, inside in (
        ("ruleset", columns.RULESETS, "rule_groups"),
        ("rule_group", columns.GROUPS, "rules"),
        ("rule", columns.RULES, "actions"),
        ("action", columns.ACTIONS, ""),
        ("custom_field", columns.FIELDS, ""),
    ):
        assert set(schema[name]["properties"]) == {*known, inside} - {""}
    assert schema["action"]["properties"]["action_type"]["enum"] == list(ACTIONS)
    assert set(schema["leaf"]["properties"]["operator"]["enum"]) == {
        name for operator in OPERATORS.values() for name in (operator.name, *operator.aliases)
    }

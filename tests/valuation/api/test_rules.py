"""Rulesets, groups and rules over HTTP: documents, all problems at once, who may write, and two at once."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api import Api, at_once, plain, problems, race
from tests.factories import (
    CustomFieldFactory,
    ListingFactory,
    RuleActionFactory,
    RuleFactory,
    RuleGroupFactory,
    RulesetFactory,
    StaffFactory,
)
from valuation.models import ListingValuation, Rule, RuleAction, RuleGroup, Ruleset, RulesetOverride, RuleVersion
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db

RULESETS, GROUPS, RULES = "/api/v1/rulesets", "/api/v1/rule-groups", "/api/v1/valuation-rules"
NO_SUCH_ID = 10**6
PLAIN_ACTION = {"metric": "", "value_usd": None, "unit_type": "", "formula": "", "modifiers": {}}
PER_GB = {**PLAIN_ACTION, "action_type": "per_unit", "metric": "per_gb", "value_usd": 2.5}
FORMULA = {**PLAIN_ACTION, "action_type": "formula", "formula": "max(0, ram_gb - 16)"}
AT_LEAST_16 = {"field_name": "ram_gb", "operator": "gte", "value": 16}


@pytest.fixture
def api() -> Api:
    return Api("Analysts")


def without_baselines() -> None:
    analysts = Group.objects.get(name="Analysts")
    analysts.permissions.remove(*analysts.permissions.filter(codename="change_baselineimport"))


# -- Documents -------------------------------------------------------------------------------------------------


def test_a_ruleset_from_nothing_to_the_whole_document(api: Api) -> None:
    ruleset = api.made(RULESETS, name="Mine", conditions=AT_LEAST_16, metadata={"source": "me"})
    group = api.made(GROUPS, ruleset_id=ruleset["id"], name="RAM", weight=0.5)
    rule = api.made(RULES, group_id=group["id"], name="Much", conditions=[AT_LEAST_16], actions=[PER_GB, FORMULA])
    document = api.read(f"{RULESETS}/{ruleset['id']}")
    (shown_group,) = document.pop("rule_groups")
    (shown_rule,) = shown_group.pop("rules")
    assert plain(document) == {
        "id": ruleset["id"],
        "name": "Mine",
        "description": "",
        "version": "1.0.0",
        "effect": "add",
        "priority": 100,
        "conditions": AT_LEAST_16,
        "is_active": True,
        "is_baseline": False,
        "draft_of": None,
        "metadata": {"source": "me"},
        "groups_count": 1,
        "rules_count": 1,
    }
    assert plain(shown_group) == {
        "id": group["id"],
        "ruleset_id": ruleset["id"],
        "name": "RAM",
        "category": "",
        "description": "",
        "display_order": 100,
        "weight": 0.5,
        "match_policy": "collect",
        "is_active": True,
        "metadata": {},
        "entity_key": "",
        "rules_count": 1,
    }
    assert plain(shown_rule) == {
        "id": rule["id"],
        "group_id": group["id"],
        "name": "Much",
        "description": "",
        "priority": 100,
        "evaluation_order": 100,
        "is_active": True,
        "conditions": [AT_LEAST_16],
        "actions": [PER_GB, FORMULA],
        "metadata": {},
        "version": 1,
    }
    assert api.read(f"{RULES}/{rule['id']}") == shown_rule == rule
    assert api.read(f"{GROUPS}/{group['id']}") == {**shown_group, "rules": [shown_rule]}


def test_lists_show_no_nesting(api: Api) -> None:
    rule = RuleFactory()
    RuleFactory(group=RuleGroupFactory(ruleset=rule.group.ruleset))
    RuleFactory(group=rule.group)
    (ruleset,) = api.read(RULESETS)["items"]
    assert "rule_groups" not in ruleset
    assert (ruleset["groups_count"], ruleset["rules_count"]) == (2, 3)
    assert [("rules" in group, group["rules_count"]) for group in api.read(GROUPS)["items"]] == [(False, 2), (False, 1)]


def test_what_was_read_may_be_sent_back(api: Api) -> None:
    RuleActionFactory(rule__group__ruleset__conditions=AT_LEAST_16)
    for path in (f"{kind}/{api.read(kind)['items'][0]['id']}" for kind in (RULESETS, GROUPS, RULES)):
        document = api.read(path)
        for method in ("PUT", "PATCH"):
            answer = api.send(method, path, document)
            assert answer.status_code == 200, answer.content
            assert answer.json().keys() == document.keys()
        assert plain_tree(api.read(path)) == plain_tree(document)
    assert (Ruleset.objects.count(), RuleGroup.objects.count(), RuleAction.objects.count()) == (1, 1, 1)
    assert Rule.objects.get().version == 2  # its action came after it; nothing else was a change


def plain_tree(value: Any) -> Any:
    if isinstance(value, list):
        return [plain_tree(item) for item in value]
    return {name: plain_tree(item) for name, item in plain(value).items()} if isinstance(value, dict) else value


def test_an_active_rule_has_an_action(api: Api) -> None:
    group = RuleGroupFactory().pk
    for body in ({}, {"actions": []}, {"actions": None}, {"is_active": True}):
        answer = api.send("POST", RULES, {"group_id": group, "name": "A", **body})
        assert "actions" in problems(answer), body
    made = api.made(RULES, group_id=group, name="A", is_active=False)
    path = f"{RULES}/{made['id']}"
    assert problems(api.send("PATCH", path, {"is_active": True})) == {"actions": "no_action"}
    assert api.send("PATCH", path, {"is_active": True, "actions": [PER_GB]}).status_code == 200
    assert problems(api.send("PATCH", path, {"actions": []})) == {"actions": "no_action"}
    assert api.send("PATCH", path, {"actions": [], "is_active": False}).status_code == 200


def test_put_and_patch_keep_what_is_left_out(api: Api) -> None:
    group = RuleGroupFactory()
    made = api.made(RULES, group_id=group.pk, name="A", priority=7, conditions=AT_LEAST_16, actions=[PER_GB, FORMULA])
    path = f"{RULES}/{made['id']}"
    patched = api.send("PATCH", path, {"name": "B"}).json()
    assert plain(patched) == {**plain(made), "name": "B", "version": 2}
    patched = api.send("PATCH", path, {"actions": [FORMULA]}).json()
    assert plain(patched) == {**plain(made), "name": "B", "actions": [FORMULA], "version": 3}
    kept = api.send("PUT", path, {"group_id": group.pk, "name": "C"}).json()
    assert plain(kept) == {**plain(patched), "name": "C", "version": 4}
    assert api.read(path) == kept
    emptied = api.send("PUT", path, {"actions": [], "conditions": None, "is_active": False}).json()
    assert (emptied["name"], emptied["actions"], emptied["conditions"]) == ("C", [], None)
    assert not RuleAction.objects.exists()


def test_actions_run_in_the_order_in_which_they_were_sent(api: Api) -> None:
    double = {**PLAIN_ACTION, "action_type": "multiplier", "value_usd": 100}
    ten = {**PLAIN_ACTION, "action_type": "fixed_value", "value_usd": 10}
    made = api.made(RULES, group_id=RuleGroupFactory().pk, name="A", actions=[double, ten])
    listing = ListingFactory(price_usd=100)

    def adjusted() -> int | None:
        recalculate(scope=Scope(), trigger="test")
        return ListingValuation.objects.get(pk=listing.pk).adjusted_cents

    assert adjusted() == 21_000
    assert api.send("PATCH", f"{RULES}/{made['id']}", {"actions": [ten, double]}).json()["actions"] == [ten, double]
    assert adjusted() == 22_000


def test_one_write_is_one_version(api: Api) -> None:
    made = api.made(RULES, group_id=RuleGroupFactory().pk, name="A", actions=[PER_GB, FORMULA, PER_GB])
    api.send("PATCH", f"{RULES}/{made['id']}", {"name": "B", "actions": [FORMULA, PER_GB]})
    numbers = RuleVersion.objects.filter(rule_id=made["id"]).order_by("number").values_list("number", "actor")
    user = api.client.session["_auth_user_id"]
    assert [number for number, _ in numbers] == [1, 2]
    assert {actor for _, actor in numbers} == {StaffFactory._meta.model.objects.get(pk=user).username}


def test_a_write_reaches_the_figures(api: Api, django_capture_on_commit_callbacks: Any) -> None:
    listing = ListingFactory(price_usd=100, ram_gb=16)
    group = RuleGroupFactory()
    with django_capture_on_commit_callbacks(execute=True):
        made = api.made(RULES, group_id=group.pk, name="A", actions=[PER_GB])
    assert ListingValuation.objects.get(pk=listing.pk).adjusted_cents == 14_000
    with django_capture_on_commit_callbacks(execute=True):
        assert api.send("DELETE", f"{RULES}/{made['id']}").status_code == 204
    assert ListingValuation.objects.get(pk=listing.pk).adjusted_cents == 10_000


# -- Filters ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "query", "found"),
    [
        (RULESETS, "", ["S1", "S2 draft"]),
        (RULESETS, "active_only=true", ["S1"]),
        (RULESETS, "active_only=false", ["S1", "S2 draft"]),
        (RULESETS, "q=DRAFT", ["S2 draft"]),
        (RULESETS, "ordering=-name", ["S2 draft", "S1"]),
        (GROUPS, "", ["G1", "G2"]),
        (GROUPS, "ruleset_id={S1}", ["G1"]),
        (GROUPS, f"ruleset_id={NO_SUCH_ID}", []),
        (GROUPS, "category=memory", ["G1"]),
        (GROUPS, "q=g2", ["G2"]),
        (RULES, "", ["R1", "R2", "R3"]),
        (RULES, "group_id={G1}", ["R1", "R2"]),
        (RULES, "ruleset_id={S2}", ["R3"]),
        (RULES, "ruleset_id={S1}&active_only=1", ["R1"]),
        (RULES, "q=r3", ["R3"]),
        (RULES, "limit=1&offset=1", ["R2"]),
    ],
)
def test_filters(api: Api, path: str, query: str, found: list[str]) -> None:
    g1 = RuleGroupFactory(ruleset=RulesetFactory(name="S1"), name="G1", category="Memory")
    g2 = RuleGroupFactory(ruleset=RulesetFactory(name="S2 draft", is_active=False), name="G2")
    RuleFactory(group=g1, name="R1")
    RuleFactory(group=g1, name="R2", is_active=False)
    RuleFactory(group=g2, name="R3")
    query = query.format(S1=g1.ruleset_id, S2=g2.ruleset_id, G1=g1.pk)
    assert [item["name"] for item in api.read(f"{path}?{query}")["items"]] == found


@pytest.mark.parametrize(
    ("path", "query", "wrong"),
    [
        (RULESETS, "active_only=maybe", "active_only"),
        (RULESETS, "active=true", "active"),
        (GROUPS, "ruleset_id=-1", "ruleset_id"),
        (GROUPS, f"ruleset_id={'9' * 30}", "ruleset_id"),
        (RULES, "group_id=x", "group_id"),
        (RULES, "cursor=forged", "cursor"),
        (RULES, "ordering=formula", "ordering"),
    ],
)
def test_queries_that_are_refused(api: Api, path: str, query: str, wrong: str) -> None:
    assert list(problems(api.send("GET", f"{path}?{query}"))) == [wrong]


def test_pages_of_rules_go_on_by_cursor(api: Api) -> None:
    group = RuleGroupFactory()
    names = [RuleFactory(group=group, evaluation_order=order, name=f"R{order}").name for order in (1, 2, 3)]
    first = api.read(f"{RULES}?limit=2")
    second = api.read(f"{RULES}?limit=2&cursor={first['next_cursor']}")
    assert [item["name"] for page in (first, second) for item in page["items"]] == names


# -- Refusals --------------------------------------------------------------------------------------------------


def test_every_problem_of_a_rule_at_once_and_nothing_saved(api: Api) -> None:
    body = {
        "group_id": NO_SUCH_ID,
        "name": "",
        "priority": "high",
        "colour": "red",
        "metadata": [],
        "conditions": [AT_LEAST_16, {"field_name": "ram_gb", "operator": "gte", "value": "abc"}],
        "actions": [
            {"action_type": "formula", "formula": "ram_gb +"},
            {"action_type": "per_unit", "metric": "per_gib", "value_usd": "x", "modifiers": {"age_curve": {"rate": 1}}},
            {"action_type": "magic", "valu_usd": 5, "modifiers": {"min_usd": "low"}},
            {"value_usd": 5},
            "free",
        ],
    }
    found = problems(api.send("POST", RULES, body))
    assert found.keys() == {
        "group_id",
        "name",
        "priority",
        "colour",
        "metadata",
        "conditions[1].value",
        "actions[0].formula",
        "actions[1].metric",
        "actions[1].value_usd",
        "actions[1].modifiers.age_curve.rate",
        "actions[1].modifiers.age_curve.rate_per_year",
        "actions[2].action_type",
        "actions[2].valu_usd",
        "actions[2].modifiers.min_usd",
        "actions[3].action_type",
        "actions[4]",
    }
    assert found["group_id"] == "does_not_exist"
    assert found["colour"] == "unknown"
    assert not Rule.objects.exists()


def test_a_refused_change_leaves_all_as_it_was(api: Api) -> None:
    rule = RuleActionFactory(rule__name="A").rule
    before = api.read(f"{RULES}/{rule.pk}")
    body = {"name": "B", "actions": [FORMULA, {"action_type": "formula", "formula": "nonsense + 1"}]}
    assert list(problems(api.send("PATCH", f"{RULES}/{rule.pk}", body))) == ["actions[1].formula"]
    assert list(problems(api.send("PATCH", f"{RULES}/{rule.pk}", {"actions": [{"value_usd": 3}]}))) == [
        "actions[0].action_type"
    ]
    assert api.read(f"{RULES}/{rule.pk}") == before


@pytest.mark.parametrize(
    ("path", "body", "wrong"),
    [
        (RULESETS, {}, {"name": "required"}),
        (RULESETS, {"name": "A", "effect": "multiply"}, {"effect": "invalid_choice"}),
        (RULESETS, {"name": "A", "conditions": {"field_name": "ram"}}, None),
        (RULESETS, {"name": "A", "priority": 2**64}, {"priority": "max_value"}),
        (RULESETS, {"name": "A", "group": []}, {"group": "unknown"}),
        (RULESETS, [], {"": "invalid"}),
        (GROUPS, {"name": "A"}, {"ruleset_id": "required"}),
        (GROUPS, {"name": "A", "ruleset_id": NO_SUCH_ID}, {"ruleset_id": "does_not_exist"}),
        (GROUPS, {"name": "A", "ruleset_id": 2**64}, {"ruleset_id": "invalid"}),
        (GROUPS, {"name": "A", "ruleset_id": 1.5}, {"ruleset_id": "invalid"}),
        (GROUPS, {"name": "A", "ruleset_id": True}, {"ruleset_id": "invalid"}),
        (GROUPS, {"name": "A", "ruleset_id": {"id": 1}}, {"ruleset_id": "invalid"}),
        (GROUPS, {"name": "A", "ruleset_id": None}, {"ruleset_id": "null"}),
        (RULES, {"name": "A", "group_id": "9" * 5000}, {"group_id": "invalid"}),
        (RULES, {"name": "A", "group_id": -1}, {"group_id": "invalid"}),
    ],
)
def test_bodies_that_are_refused(api: Api, path: str, body: Any, wrong: dict[str, str] | None) -> None:
    found = problems(api.send("POST", path, body))
    if wrong is None:
        assert all(place.startswith("conditions") for place in found)
        assert found
    else:
        assert found == wrong


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"weight": 1.5}, "weight"),
        ({"weight": -0.1}, "weight"),
        ({"weight": "NaN"}, "weight"),
        ({"weight": 0.12345}, "weight"),
        ({"match_policy": "last"}, "match_policy"),
        ({"name": "x" * 256}, "name"),
        ({"name": "\u0000"}, "name"),
        ({"metadata": "text"}, "metadata"),
        ({"display_order": None}, "display_order"),
    ],
)
def test_groups_that_are_refused(api: Api, fields: dict[str, Any], place: str) -> None:
    body = {"ruleset_id": RulesetFactory().pk, "name": "A", **fields}
    assert list(problems(api.send("POST", GROUPS, body))) == [place]
    assert not RuleGroup.objects.exists()


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"actions": {}}, "actions"),
        ({"actions": [{"action_type": "fixed_value", "value_usd": 1}] * 101}, "actions"),
        ({"actions": [None]}, "actions[0]"),
        ({"actions": [{"action_type": None}]}, "actions[0].action_type"),
        ({"actions": [{"action_type": "fixed_value"}]}, "actions[0].value_usd"),
        ({"actions": [{"action_type": "fixed_value", "value_usd": 1e300}]}, "actions[0].value_usd"),
        ({"actions": [{"action_type": "fixed_value", "value_usd": 2_000_000_000}]}, "actions[0].value_usd"),
        ({"actions": [{"action_type": "fixed_value", "value_usd": 1, "ids": 5}]}, "actions[0].ids"),
        ({"actions": [{"action_type": "formula", "formula": "9**9**9"}]}, "actions[0].formula"),
        ({"actions": [{"action_type": "formula", "formula": "x" * 1001}]}, "actions[0].formula"),
        ({"conditions": "ram_gb > 5"}, "conditions"),
        ({"conditions": {"logical_operator": "not", "conditions": [AT_LEAST_16] * 2}}, "conditions"),
        ({"conditions": [{"logical_operator": "or", "conditions": [{}]}]}, "conditions[0].conditions[0].field_name"),
        ({"version": 9, "name": ""}, "name"),
    ],
)
def test_rules_that_are_refused(api: Api, fields: dict[str, Any], place: str) -> None:
    body = {"group_id": RuleGroupFactory().pk, "name": "A", **fields}
    found = problems(api.send("POST", RULES, body))
    assert place in found
    assert {re.split(r"[.\[]", path)[0] for path in found} == {re.split(r"[.\[]", place)[0]}
    assert not Rule.objects.exists()


def test_deep_conditions_are_refused_where_they_become_too_deep(api: Api) -> None:
    def nested(levels: int) -> Any:
        tree: Any = {"field_name": "ram_gb", "operator": "in", "value": [16]}
        for _ in range(levels):
            tree = {"logical_operator": "and", "conditions": [tree]}
        return tree

    assert api.made(RULESETS, name="deep", conditions=nested(9))["conditions"] == nested(9)
    for levels in (10, 30):
        (path,) = problems(api.send("POST", RULESETS, {"name": "deeper", "conditions": nested(levels)}))
        assert path.startswith("conditions")


def test_a_warning_refuses_nothing(api: Api) -> None:
    more = {**PLAIN_ACTION, "action_type": "multiplier", "value_usd": 115}
    assert api.made(RULES, group_id=RuleGroupFactory().pk, name="A", actions=[more])["actions"] == [more]


def test_null_in_an_action_counts_as_left_out(api: Api) -> None:
    sent = {"action_type": "fixed_value", "value_usd": 5, "metric": None, "formula": None, "modifiers": None}
    made = api.made(RULES, group_id=RuleGroupFactory().pk, name="A", actions=[sent])
    assert made["actions"] == [{**PLAIN_ACTION, "action_type": "fixed_value", "value_usd": 5}]


def test_custom_fields_can_be_named(api: Api) -> None:
    CustomFieldFactory(key="warranty", data_type="number")
    made = api.made(
        RULES,
        group_id=RuleGroupFactory().pk,
        name="A",
        conditions={"field_name": "custom.warranty", "operator": "gte", "value": 12},
        actions=[{**FORMULA, "formula": "custom.warranty * 2"}],
    )
    assert made["actions"][0]["formula"] == "custom.warranty * 2"


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_name_is_taken_only_once(api: Api, method: str) -> None:
    taken, free = RuleFactory(name="taken"), RuleFactory(name="free")
    Ruleset.objects.filter(pk=taken.group.ruleset_id).update(name="taken")
    RuleGroup.objects.filter(pk=taken.group_id).update(name="taken")
    sent = {
        RULESETS: (free.group.ruleset_id, {"name": "taken"}),
        GROUPS: (free.group_id, {"name": "taken", "ruleset_id": taken.group.ruleset_id}),
        RULES: (free.pk, {"name": "taken", "group_id": taken.group_id}),
    }
    for path, (pk, body) in sent.items():
        answer = api.send(method, path if method == "POST" else f"{path}/{pk}", body)
        assert problems(answer, 409) == {"name": "unique"}
    elsewhere = api.send("POST", RULES, {"name": "taken", "group_id": free.group_id, "actions": [PER_GB]})
    assert elsewhere.status_code == 201


def test_a_row_is_no_duplicate_of_itself(api: Api) -> None:
    rule = RuleFactory(name="A")
    for path, pk in ((RULES, rule.pk), (GROUPS, rule.group_id), (RULESETS, rule.group.ruleset_id)):
        name = api.read(f"{path}/{pk}")["name"]
        assert api.send("PATCH", f"{path}/{pk}", {"name": name}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", [RULESETS, GROUPS, RULES])
@pytest.mark.parametrize("pk", [NO_SUCH_ID, "abc", "-1", "9" * 40, "%F0%9F%92%BE"])
def test_what_is_not_there(api: Api, method: str, path: str, pk: object) -> None:
    answer = api.send(method, f"{path}/{pk}", {} if method in ("PUT", "PATCH") else None)
    assert problems(answer, 404) == {}


def test_an_assigned_ruleset_is_not_deleted(api: Api) -> None:
    ruleset = RulesetFactory(name="Mine")
    overrides = [RulesetOverride.objects.create(listing=ListingFactory(), static_ruleset=ruleset) for _ in range(2)]
    answer = api.send("DELETE", f"{RULESETS}/{ruleset.pk}")
    assert problems(answer, 409) == {}
    assert "2 listings are assigned" in answer.json()["detail"]
    overrides[0].delete()
    assert "1 listing is assigned" in api.send("DELETE", f"{RULESETS}/{ruleset.pk}").json()["detail"]
    overrides[1].static_ruleset = None
    overrides[1].save()
    overrides[1].disabled_rulesets.add(ruleset)  # switched off somewhere: nothing is lost
    assert api.send("DELETE", f"{RULESETS}/{ruleset.pk}").status_code == 204
    assert not Ruleset.objects.exists()


def test_a_deletion_takes_along_what_is_inside(api: Api) -> None:
    rule = RuleActionFactory().rule
    assert api.send("DELETE", f"{GROUPS}/{rule.group_id}").status_code == 204
    assert (Rule.objects.count(), RuleAction.objects.count(), Ruleset.objects.count()) == (0, 0, 1)


# -- Who may ---------------------------------------------------------------------------------------------------

WRITES = [(method, path) for path in (RULESETS, GROUPS, RULES) for method in ("POST", "PUT", "PATCH", "DELETE")]


def tried(api: Api, method: str, path: str, rule: Rule) -> int:
    ids = {RULESETS: rule.group.ruleset_id, GROUPS: rule.group_id, RULES: rule.pk}
    body = {
        RULESETS: {"name": "new"},
        GROUPS: {"name": "new", "ruleset_id": rule.group.ruleset_id},
        RULES: {"name": "new", "group_id": rule.group_id, "actions": [PER_GB]},
    }[path]
    target = path if method == "POST" else f"{path}/{ids[path]}"
    return int(api.send(method, target, None if method == "DELETE" else body).status_code)


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("group", ["", "Viewers", "Editors", "Analysts"])
def test_who_may_write(group: str, method: str, path: str) -> None:
    done = {"POST": 201, "DELETE": 204}.get(method, 200)
    expected = {"": 401, "Viewers": 403, "Editors": 403, "Analysts": done}[group]
    assert tried(Api(group), method, path, RuleFactory()) == expected


@pytest.mark.parametrize("path", [RULESETS, GROUPS, RULES])
@pytest.mark.parametrize(("public", "expected"), [(True, (200, 200)), (False, (401, 200))])
def test_who_may_read(settings: Any, path: str, public: bool, expected: tuple[int, int]) -> None:
    settings.DEALBRAIN_PUBLIC_READ = public
    rule = RuleFactory()
    pk = {RULESETS: rule.group.ruleset_id, GROUPS: rule.group_id, RULES: rule.pk}[path]
    for target in (path, f"{path}/{pk}"):
        assert tuple(api.send("GET", target).status_code for api in (Api(), Api("Viewers"))) == expected


@pytest.mark.parametrize(("method", "path"), [write for write in WRITES if write != ("POST", RULESETS)])
def test_baselines_are_for_those_who_may_change_them(method: str, path: str) -> None:
    rule = RuleFactory(group__ruleset__is_baseline=True)
    api = Api("Analysts")
    done = {"POST": 201, "DELETE": 204}.get(method, 200)
    without_baselines()
    assert tried(api, method, path, rule) == 403
    assert Rule.objects.filter(pk=rule.pk, name=rule.name).exists()
    assert Rule.objects.count() == 1
    assert tried(Api("Analysts"), "POST", RULESETS, rule) == 201
    Ruleset.objects.filter(name="new").delete()
    boss = Api()
    boss.client.force_login(StaffFactory(is_superuser=True))
    assert tried(boss, method, path, rule) == done


def test_a_refusal_says_what_to_do(api: Api) -> None:
    without_baselines()
    rule = RuleFactory(group__ruleset__is_baseline=True, group__ruleset__name="System: Baseline v1")
    detail = api.send("PATCH", f"{RULES}/{rule.pk}", {"name": "x"}).json()["detail"]
    assert "System: Baseline v1" in detail
    assert "ruleset of your own" in detail
    assert "override" in detail


@pytest.mark.parametrize("baseline_first", [True, False])
def test_nothing_is_moved_into_or_out_of_a_baseline(api: Api, baseline_first: bool) -> None:
    without_baselines()
    rules = [RuleFactory(group__ruleset__is_baseline=flag) for flag in (baseline_first, not baseline_first)]
    groups = [rule.group for rule in rules]
    moved = [
        api.send("PATCH", f"{GROUPS}/{groups[0].pk}", {"ruleset_id": groups[1].ruleset_id}),
        api.send("PATCH", f"{RULES}/{rules[0].pk}", {"group_id": groups[1].pk}),
    ]
    assert [answer.status_code for answer in moved] == [403, 403]
    assert RuleGroup.objects.get(pk=groups[0].pk).ruleset_id == groups[0].ruleset_id
    mine = RuleGroupFactory()
    other = RulesetFactory()
    assert api.send("PATCH", f"{GROUPS}/{mine.pk}", {"ruleset_id": other.pk}).json()["ruleset_id"] == other.pk


def test_nobody_makes_a_baseline_by_saying_so(api: Api) -> None:
    refused = api.send("POST", RULESETS, {"name": "A", "is_baseline": True})
    assert problems(refused) == {"is_baseline": "read_only"}
    assert api.made(RULESETS, name="A", is_baseline=False)["is_baseline"] is False


# -- ETags, queries, two at once -------------------------------------------------------------------------------


def test_a_ruleset_has_another_etag_when_an_action_changes(api: Api) -> None:
    rule = RuleActionFactory().rule
    path = f"{RULESETS}/{rule.group.ruleset_id}"
    before = api.send("GET", path).headers["ETag"]
    assert api.send("GET", path, **{"If-None-Match": before}).status_code == 304
    changed = api.send("PATCH", f"{RULES}/{rule.pk}", {"actions": [PER_GB]})
    assert api.send("GET", f"{RULES}/{rule.pk}").headers["ETag"] == changed.headers["ETag"]
    assert api.send("GET", path).headers["ETag"] != before
    assert api.send("PATCH", path, {"name": "late"}, **{"If-Match": before}).status_code == 412
    assert api.send("DELETE", path, **{"If-Match": before}).status_code == 412
    now = api.send("GET", path).headers["ETag"]
    assert api.send("PATCH", path, {"name": "in time"}, **{"If-Match": now}).status_code == 200


def test_queries_do_not_grow_with_the_rows(api: Api) -> None:
    counts = []
    for count in (1, 29):
        group = RuleGroupFactory()
        for _ in range(count):
            RuleActionFactory(rule__group=group)
        RuleGroupFactory.create_batch(count, ruleset=group.ruleset)
        RulesetFactory.create_batch(count)
        paths = (RULESETS, GROUPS, RULES, f"{RULESETS}/{group.ruleset_id}", f"{GROUPS}/{group.pk}")
        counts.append([queries(api, path) for path in paths])
    assert counts[0] == counts[1]


def queries(api: Api, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as found:
        api.read(path)
    return len(found)


@race
def test_of_two_who_change_the_same_state_one_is_refused() -> None:
    rule = RuleActionFactory(value_usd=Decimal(1)).rule
    everybody = [Api(root=True), Api(root=True)]
    path = f"{RULES}/{rule.pk}"
    state = everybody[0].send("GET", path).headers["ETag"]

    def change(number: int) -> int:
        body = {"actions": [{**PER_GB, "value_usd": number}]}
        return int(everybody[number].send("PATCH", path, body, **{"If-Match": state}).status_code)

    answers = at_once(*(partial(change, number) for number in range(2)))
    assert sorted(answers) == [200, 412]
    assert RuleAction.objects.get().value_usd == answers.index(200)
    assert list(RuleVersion.objects.filter(rule_id=rule.pk).values_list("number", flat=True)) == [3, 2, 1]

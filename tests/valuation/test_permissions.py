"""What the baseline loader made is written by those who may, through whichever door, from wherever, to wherever."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from baselines.models import BaselineImport
from baselines.overriding import Amount, ensure_basic, set_override
from baselines.services import import_baseline
from tests.api import Api
from tests.baselines.documents import changed, document
from tests.factories import (
    ListingFactory,
    RuleActionFactory,
    RuleFactory,
    RuleGroupFactory,
    RulesetFactory,
    StaffFactory,
)
from tests.valuation.admin.test_rules import action_form, group_form, rows, rule_form, ruleset_form
from valuation.models import Rule, RuleGroup, Ruleset, RulesetOverride

pytestmark = pytest.mark.django_db

RULES = [
    f"{verb}_{model}"
    for verb in ("add", "change", "delete", "view")
    for model in ("ruleset", "rulegroup", "rule", "ruleaction")
]


def holding(*permissions: str) -> Client:
    user = StaffFactory()
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def api(*permissions: str) -> Api:
    caller = Api()
    caller.client = holding(*permissions)
    return caller


@pytest.fixture
def baseline() -> BaselineImport:
    import_baseline(content=document())
    stored = BaselineImport.objects.active()
    assert stored is not None
    return stored


@pytest.fixture
def group(baseline: BaselineImport) -> RuleGroup:
    return baseline.ruleset.groups.first()  # type: ignore[return-value]  # every baseline has one


@pytest.fixture
def mine() -> Rule:
    return RuleActionFactory(rule__name="Mine").rule


def counts() -> tuple[int, int, int]:
    baseline = Ruleset.objects.filter(is_baseline=True)
    inside = RuleGroup.objects.filter(ruleset__in=baseline)
    return baseline.count(), inside.count(), Rule.objects.filter(group__in=inside).count()


def admin_doors(group: RuleGroup, mine: Rule) -> dict[str, tuple[str, dict[str, Any]]]:
    """Every way to put something into a baseline by the admin's own forms."""
    theirs, base = mine.group, "/admin/valuation"
    action = rows("actions", action_form())
    stored = rows("actions", action_form(id=mine.actions.get().pk, rule=mine.pk), initial=1)
    line = {"name": "Slipped in", "evaluation_order": 1}
    known = {**line, "is_active": "on", "id": mine.pk, "group": theirs.pk, "name": mine.name}
    to_group, to_ruleset = {"group": group.pk}, {"ruleset": group.ruleset_id, "metadata": "{}"}
    return {
        "a rule is made": (f"{base}/rule/add/", rule_form(**to_group) | action),
        "a rule is moved": (f"{base}/rule/{mine.pk}/change/", rule_form(**to_group) | stored),
        "a group is made": (f"{base}/rulegroup/add/", group_form(**to_ruleset) | rows("rules")),
        "a group is made with rules": (f"{base}/rulegroup/add/", group_form(**to_ruleset) | rows("rules", line)),
        "a group is moved": (
            f"{base}/rulegroup/{theirs.pk}/change/",
            group_form(**to_ruleset) | rows("rules", known, initial=1),
        ),
        "a rule is put into its group": (
            f"{base}/rulegroup/{group.pk}/change/",
            group_form(**to_ruleset) | rows("rules", line),
        ),
        "a group is put into it": (
            f"{base}/ruleset/{group.ruleset_id}/change/",
            ruleset_form() | rows("groups", group_form()) | rows("groups-0-rules", line),
        ),
        "an action is added": (
            f"{base}/rule/{group.rules.first().pk}/change/",  # type: ignore[union-attr]  # it has rules
            rule_form(**to_group) | action,
        ),
    }


DOORS = [
    "a rule is made",
    "a rule is moved",
    "a group is made",
    "a group is made with rules",
    "a group is moved",
    "a rule is put into its group",
    "a group is put into it",
    "an action is added",
]


@pytest.mark.parametrize("door", DOORS)
def test_the_admin_refuses_what_the_api_refuses(group: RuleGroup, mine: Rule, door: str) -> None:
    path, form = admin_doors(group, mine)[door]
    before = counts()
    answer = holding(*RULES).post(path, form)
    assert answer.status_code in (200, 403)
    if answer.status_code == 200:
        assert "is a system baseline" in str(answer.context["errors"])
    assert counts() == before
    mine.refresh_from_db()
    assert not mine.group.ruleset.is_baseline


@pytest.mark.parametrize("door", DOORS[:5])
def test_with_the_permission_the_same_is_saved(group: RuleGroup, mine: Rule, door: str) -> None:
    path, form = admin_doors(group, mine)[door]
    answer = holding(*RULES, "change_baselineimport").post(path, form)
    assert answer.status_code == 302, answer.context["errors"]


@pytest.mark.parametrize("model", ["rule", "rulegroup", "ruleset"])
@pytest.mark.parametrize("action", ["delete_selected", "deactivate", "activate"])
def test_list_actions(group: RuleGroup, model: str, action: str) -> None:
    rule = group.rules.first()
    assert rule is not None
    row = {"rule": rule, "rulegroup": group, "ruleset": group.ruleset}[model]
    type(row).objects.filter(pk=row.pk).update(is_active=action == "deactivate")
    before = counts()
    sent = {"action": action, "_selected_action": [row.pk], "post": "yes"}
    holding(*RULES).post(f"/admin/valuation/{model}/", sent)
    row.refresh_from_db()
    assert (counts(), row.is_active) == (before, action == "deactivate")


def test_what_is_in_a_baseline_cannot_be_taken_out_either(group: RuleGroup, mine: Rule) -> None:
    rule = group.rules.first()
    assert rule is not None
    client = holding(*RULES)
    form = rule_form(group=mine.group_id) | rows("actions")
    assert client.post(f"/admin/valuation/rule/{rule.pk}/change/", form).status_code == 403
    form = group_form(ruleset=mine.group.ruleset_id, metadata="{}") | rows("rules")
    assert client.post(f"/admin/valuation/rulegroup/{group.pk}/change/", form).status_code == 403
    rules = api(*RULES)
    assert rules.send("PATCH", f"/api/v1/valuation-rules/{rule.pk}", {"group_id": mine.group_id}).status_code == 403
    assert (
        rules.send("PATCH", f"/api/v1/rule-groups/{group.pk}", {"ruleset_id": mine.group.ruleset_id}).status_code == 403
    )
    assert rules.send("PATCH", f"/api/v1/valuation-rules/{mine.pk}", {"group_id": group.pk}).status_code == 403


def test_an_override_is_written_by_those_who_may_override(baseline: BaselineImport) -> None:
    """In whose ruleset ever it stands."""
    own = RulesetFactory()
    ensure_basic(ruleset=own)
    set_override(entity="RamSpec", field="memory", amount=Amount(value=1))
    rule = Rule.objects.exclude(overrides="").get()
    rules = api(*RULES)
    assert rule.group.ruleset == own
    assert rules.send("PATCH", f"/api/v1/valuation-rules/{rule.pk}", {"name": "Hers"}).status_code == 403
    assert rules.send("DELETE", f"/api/v1/rule-groups/{rule.group_id}").status_code == 403
    assert api(*RULES, "change_baselineimport").send("DELETE", f"/api/v1/valuation-rules/{rule.pk}").status_code == 204


# -- Which baseline counts ---------------------------------------------------------------------------------------

LOADER = ("add_baselineimport", "view_baselineimport", "change_baselineimport", *RULES)
CHOOSER = (*LOADER, "activate_baselineimport")


def test_adding_a_baseline_does_not_make_it_count(baseline: BaselineImport) -> None:
    path, body = "/api/v1/baseline/instantiate", {"baseline_json": changed()}
    refused = api(*LOADER).send("POST", path, body)
    assert refused.status_code == 403
    assert "baselines.activate_baselineimport" in refused.json()["detail"]
    assert BaselineImport.objects.count() == 1
    assert api(*LOADER).send("POST", path, {**body, "activate": False}).status_code == 201
    assert BaselineImport.objects.active() == baseline
    # The same file again would switch to it.
    assert api(*LOADER).send("POST", path, body).status_code == 403
    assert BaselineImport.objects.active() == baseline
    assert api(*CHOOSER).send("POST", path, body).status_code == 200
    assert BaselineImport.objects.active() != baseline


def test_adopting_makes_it_count(baseline: BaselineImport) -> None:
    path, body = "/api/v1/baseline/adopt", {"candidate_json": changed()}
    assert api(*LOADER).send("POST", path, body).status_code == 403
    assert api("activate_baselineimport").send("POST", path, body).status_code == 403
    assert BaselineImport.objects.active() == baseline
    assert api(*CHOOSER).send("POST", path, body).status_code == 201


def test_the_admin_asks_for_the_same(baseline: BaselineImport) -> None:
    path = f"/admin/baselines/baselineimport/{baseline.pk}/activate/"
    Ruleset.objects.filter(pk=baseline.ruleset_id).update(is_active=False)
    assert holding(*LOADER).post(path).status_code == 403
    assert BaselineImport.objects.active() is None
    assert holding(*CHOOSER).post(path).status_code == 302
    assert BaselineImport.objects.active() == baseline


def test_its_switch_is_the_same_decision(baseline: BaselineImport) -> None:
    row = f"/api/v1/rulesets/{baseline.ruleset_id}"
    refused = api(*LOADER).send("PATCH", row, {"is_active": False})
    assert refused.status_code == 403
    assert api(*LOADER).send("PATCH", row, {"description": "checked"}).status_code == 200
    ruleset = Ruleset.objects.get(pk=baseline.ruleset_id)
    form = ruleset_form(name=ruleset.name, effect=ruleset.effect) | rows("groups")
    form.pop("is_active")
    answer = holding(*LOADER).post(f"/admin/valuation/ruleset/{ruleset.pk}/change/", form)
    assert "Which baseline counts" in str(answer.context["errors"])
    holding(*LOADER).post(
        "/admin/valuation/ruleset/", {"action": "deactivate", "_selected_action": [ruleset.pk], "post": "yes"}
    )
    assert BaselineImport.objects.active() == baseline
    assert api(*CHOOSER).send("PATCH", row, {"is_active": False}).status_code == 200


# -- Rulesets of one listing -------------------------------------------------------------------------------------


def test_analysts_choose_rulesets_for_a_listing_in_the_admin(client: Client) -> None:
    client.force_login(StaffFactory(group="Analysts"))
    listing, chosen, other = ListingFactory(), RulesetFactory(), RulesetFactory()
    page = client.get(f"/admin/listings/listing/{listing.pk}/change/").content.decode()
    add = f"/admin/valuation/rulesetoverride/add/?listing={listing.pk}"
    assert add in page
    assert client.get(add).status_code == 200
    sent = {"listing": listing.pk, "static_ruleset": chosen.pk, "disabled_rulesets": [other.pk]}
    assert client.post(add, sent).status_code == 302
    made = RulesetOverride.objects.get()
    assert (made.listing, made.static_ruleset, [*made.disabled_rulesets.all()]) == (listing, chosen, [other])
    page = client.get(f"/admin/listings/listing/{listing.pk}/change/").content.decode()
    change = f"/admin/valuation/rulesetoverride/{made.pk}/change/"
    assert change in page
    assert client.post(change, {"static_ruleset": "", "disabled_rulesets": []}).status_code == 302
    made.refresh_from_db()
    assert (made.static_ruleset, made.listing) == (None, listing)


@pytest.mark.parametrize("name", ["Viewers", "Editors"])
def test_others_do_not(client: Client, name: str) -> None:
    client.force_login(StaffFactory(group=name))
    listing, chosen = ListingFactory(), RulesetFactory()
    sent = {"listing": listing.pk, "static_ruleset": chosen.pk}
    assert client.post("/admin/valuation/rulesetoverride/add/", sent).status_code == 403
    body = {"mode": "static", "ruleset_id": chosen.pk}
    answer = client.patch(f"/v1/listings/{listing.pk}/valuation-overrides", body, content_type="application/json")
    assert answer.status_code == 403
    assert not RulesetOverride.objects.exists()


def test_a_rule_of_ones_own_is_still_ones_own(mine: Rule) -> None:
    rules = api(*RULES)
    rule, elsewhere = RuleFactory(), RuleGroupFactory()
    path = f"/api/v1/valuation-rules/{rule.pk}"
    assert rules.send("PATCH", path, {"group_id": elsewhere.pk}).status_code in (200, 400)

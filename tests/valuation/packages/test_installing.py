"""What goes in: everything or nothing, by each policy, for whom it may, written down, and as it was written."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied

from catalog.models import CustomField, CustomFieldChange
from tests.factories import RuleActionFactory, StaffFactory
from tests.valuation.packages.helpers import OLDER, RULE, document, export, install
from valuation.models import AuditEntry, Rule, RuleGroup, Ruleset, RulesRevision, RuleVersion
from valuation.packages import rows
from valuation.packages.content import PackageError
from valuation.packages.installing import Done, install_packages
from valuation.packages.opening import read_package

pytestmark = pytest.mark.django_db


def rule(name: str, value: float = 1, **more: Any) -> dict[str, Any]:
    return {"name": name, "actions": [{"action_type": "fixed_value", "value_usd": value}], **more}


def names() -> list[str]:
    return list(Rule.objects.order_by("evaluation_order", "priority", "pk").values_list("name", flat=True))


def test_into_an_empty_database() -> None:
    done = install(OLDER.read_bytes())
    assert (done.count(Done.CREATED), done.groups_created, done.rules_created) == (1, 2, 2)
    assert done.fields == ["custom.months_left"]
    assert CustomField.objects.get().data_type == "number"
    assert CustomFieldChange.objects.get().action == "created"
    assert AuditEntry.objects.filter(action="created").count() == 1 + 2 + 2
    told = AuditEntry.objects.get(action="package.installed")
    assert (told.target_name, told.after["package"], told.after["done"]) == (
        "Desk machines",
        "Desk machines",
        "created",
    )
    assert RuleVersion.objects.count() == 2


def test_the_same_again_changes_nothing() -> None:
    install(OLDER.read_bytes())
    before = RulesRevision.objects.get().revision, AuditEntry.objects.count()
    done = install(OLDER.read_bytes())
    assert [outcome.done for outcome in done.outcomes] == [Done.UNCHANGED]
    assert not done.has_changed
    assert (RulesRevision.objects.get().revision, AuditEntry.objects.count()) == before


def test_replacing_writes_what_differs_and_nothing_else() -> None:
    install(document(rule("Same"), rule("Other amount"), rule("Gone")))
    ids = dict(Rule.objects.values_list("name", "pk"))
    revision = RulesRevision.objects.get().revision
    done = install(document(rule("Same"), rule("Other amount", 5), rule("New")))
    assert (done.count(Done.REPLACED), done.rules_created, done.rules_changed, done.rules_deleted) == (1, 1, 1, 1)
    assert names() == ["Same", "Other amount", "New"]
    assert {name: pk for name, pk in Rule.objects.values_list("name", "pk") if name in ids} == {
        "Same": ids["Same"],
        "Other amount": ids["Other amount"],
    }
    assert dict(Rule.objects.values_list("name", "version")) == {"Same": 1, "Other amount": 2, "New": 1}
    assert RulesRevision.objects.get().revision == revision + 1  # one recalculation


def test_what_is_left_out_is_as_usual_and_not_as_it_was() -> None:
    install(document(rule("One", description="Why.", priority=5)))
    install(document(rule("One")))
    found = Rule.objects.get()
    assert (found.description, found.priority) == ("", 100)


@pytest.mark.parametrize(
    ("before", "after"),
    [(["A", "B", "C"], ["C", "B", "A"]), (["B", "C"], ["A", "B", "C"]), (["A", "B"], ["B", "X", "A", "Y"])],
)
def test_rules_of_equal_order_run_as_the_file_has_them(before: list[str], after: list[str]) -> None:
    install(document(*(rule(name) for name in before)))
    install(document(*(rule(name) for name in after)))
    assert names() == after
    assert not install(document(*(rule(name) for name in after))).has_changed


def test_a_file_in_another_order_than_it_runs() -> None:
    install(document(rule("Late", evaluation_order=2), rule("Early", evaluation_order=1)))
    assert not install(document(rule("Late", evaluation_order=2), rule("Early", evaluation_order=1))).has_changed
    assert export().index('"Early"') < export().index('"Late"')


def test_skipping_and_a_second_version() -> None:
    install(document(rule("One")))
    assert [outcome.done for outcome in install(document(rule("Two")), merge="skip").outcomes] == [Done.SKIPPED]
    assert names() == ["One"]
    for name in ("Ours (2)", "Ours (3)"):
        [outcome] = install(document(rule("Two")), merge="version").outcomes
        assert (outcome.name, outcome.done) == (name, Done.CREATED)
    assert set(Ruleset.objects.values_list("name", flat=True)) == {"Ours", "Ours (2)", "Ours (3)"}


def test_a_look_changes_nothing() -> None:
    done = install(OLDER.read_bytes(), dry_run=True)
    assert done.count(Done.CREATED) == 1
    assert not Ruleset.objects.exists()
    assert not CustomField.objects.exists()
    assert not AuditEntry.objects.exists()


def test_nothing_is_half_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(rows.RuleAction.objects, "bulk_create", fail)
    with pytest.raises(RuntimeError):
        install(OLDER.read_bytes())
    assert not Ruleset.objects.exists()
    assert not CustomField.objects.exists()
    assert not AuditEntry.objects.exists()


def test_fields_that_changed_since_the_file_was_read() -> None:
    package = read_package(OLDER.read_bytes())
    CustomField.objects.create(key="months_left", label="Months", data_type="string")
    with pytest.raises(PackageError, match="of the type string here"):
        install_packages([package])


def test_names_in_every_script_are_one_name_however_they_were_typed() -> None:
    composed, apart = "Größe 寸法 مقاس 🖥", "Gro\u0308ße 寸法 مقاس 🖥"
    content = document(rule(apart))
    content["rulesets"][0]["name"] = apart
    install(content)
    assert Ruleset.objects.get().name == Rule.objects.get().name == composed
    content["rulesets"][0]["name"] = composed
    content["rulesets"][0]["rule_groups"][0]["rules"][0]["name"] = composed
    assert not install(content).has_changed


class TestPermissions:
    def test_viewers_may_not(self) -> None:
        with pytest.raises(PermissionDenied, match="ask an analyst"):
            install(document(), user=StaffFactory(group="Viewers"))

    def test_analysts_may(self) -> None:
        assert install(document(), user=StaffFactory(group="Analysts")).has_changed

    def test_fields_are_made_by_those_who_may(self) -> None:
        user = StaffFactory(group="Analysts")
        with pytest.raises(PermissionDenied, match="months_left"):
            install(OLDER.read_bytes(), user=user)
        assert not Ruleset.objects.exists()

    @pytest.mark.parametrize(
        "content",
        [
            {"is_baseline": True, "is_active": False},
            {"rule_groups": [{"name": "Basic", "takes_overrides": True}]},
            {"rule_groups": [{"name": "Group", "rules": [rule("One", overrides="RamSpec.memory")]}]},
        ],
    )
    def test_what_is_of_a_baseline_takes_its_permission(self, content: dict[str, Any]) -> None:
        package = document()
        package["rulesets"][0].update(content)
        with pytest.raises(PermissionDenied, match=r"baselines\.change_baselineimport"):
            install(package, user=without_baselines())
        assert not Ruleset.objects.exists()

    def test_a_ruleset_over_overrides_takes_it_too(self) -> None:
        install(document())
        RuleGroup.objects.update(takes_overrides=True)
        with pytest.raises(PermissionDenied, match="holds overrides"):
            install(document(rule("Other")), user=without_baselines())


def without_baselines() -> Any:
    user = StaffFactory()
    user.user_permissions.set(Permission.objects.filter(content_type__app_label__in=("valuation", "catalog")))
    return user


def test_a_baseline_is_none_of_ours() -> None:
    RuleActionFactory(rule__group__ruleset__name="Ours", rule__group__ruleset__is_baseline=True)
    with pytest.raises(PackageError, match="is a baseline here"):
        install(document(RULE))

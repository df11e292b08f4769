"""Packages in the admin: out by a button, in after a look, and nothing that was not looked at."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import CustomField
from tests.factories import ListingFactory, RuleActionFactory, StaffFactory
from tests.valuation.packages.helpers import OLDER, document, encoded, export, install
from valuation.models import ListingValuation, Rule, Ruleset
from valuation.packages import waiting
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db
INSTALL = "/admin/valuation/ruleset/install/"


@pytest.fixture
def analyst(client: Client) -> Client:
    client.force_login(StaffFactory(group="Analysts"))
    return client


def look(client: Client, content: bytes, **fields: Any) -> Any:
    return client.post(INSTALL, {"file": SimpleUploadedFile("a.dbrs", content), "merge": "replace", **fields})


def go(client: Client, page: Any, **fields: Any) -> Any:
    context = page.context
    given = {"kept": context["kept"], "revision": context["preview"].revision, "merge": "replace", "_install": "x"}
    return client.post(INSTALL, {**given, **fields})


def test_a_package_is_looked_at_and_then_installed(analyst: Client) -> None:
    ListingFactory(ram_gb=32, price_usd=300)
    page = look(analyst, encoded(document()))
    text = page.content.decode()
    assert "Ours</strong> is new" in text
    assert "$2.50 per GB of RAM" in text
    assert "1 of 1 listings get another adjusted price" in text
    assert page.context["impact"].total == 80
    assert not Ruleset.objects.exists()
    answer = go(analyst, page)
    ruleset = Ruleset.objects.get()
    assert answer.headers["Location"] == f"/admin/valuation/ruleset/{ruleset.pk}/change/"
    assert waiting.kept(page.context["kept"]) is None
    assert "Ours” created. Figures follow." in analyst.get(answer.headers["Location"]).content.decode()


def test_shown_is_done_with_fields_that_are_not_there_yet(client: Client) -> None:
    client.force_login(StaffFactory(is_superuser=True))
    ListingFactory(ram_gb=8, price_usd=300, condition="new")
    content = json.loads(OLDER.read_bytes())
    content["rules"][1]["conditions"] = [{"field_name": "custom.months_left", "operator": "is_null"}]
    content["rules"][1]["actions"][0] = {"action_type": "fixed_value", "value_usd": 40}
    page = look(client, encoded(content))
    assert page.context["impact"].total == 20  # of a group that weighs a half
    assert not CustomField.objects.exists()
    go(client, page)
    recalculate(scope=Scope(), trigger="test")
    assert ListingValuation.objects.get().total_cents == 2_000


def test_what_changes_is_told_in_words(analyst: Client) -> None:
    install(document())
    changed = document()
    changed["rulesets"][0]["rule_groups"][0]["rules"][0]["actions"][0]["value_usd"] = 3
    text = look(analyst, encoded(changed)).content.decode()
    assert "<del>$2.50 per GB of RAM" in text
    assert "<ins>$3.00 per GB of RAM" in text
    assert "nothing moves" in text


def test_every_problem_is_told(analyst: Client) -> None:
    wrong = [{"name": f"{n}", "conditions": {"field_name": "x", "operator": "eq", "value": 1}} for n in range(3)]
    page = look(analyst, encoded(document(*wrong)))
    assert page.content.decode().count("unknown field") == 3
    assert "_install" not in page.content.decode()


def test_what_was_looked_at_and_has_changed_is_looked_at_again(analyst: Client) -> None:
    page = look(analyst, encoded(document()))
    RuleActionFactory()
    again = go(analyst, page)
    assert "somebody has changed rules since you looked" in again.content.decode()
    assert not Ruleset.objects.filter(name="Ours").exists()
    go(analyst, again)
    assert Ruleset.objects.filter(name="Ours").exists()


@pytest.mark.parametrize("name", ["", "0" * 64, "../../etc/passwd", "x\x00"])
def test_what_is_not_kept_is_asked_for_again(analyst: Client, name: str) -> None:
    answer = analyst.post(INSTALL, {"kept": name, "revision": "1", "merge": "replace", "_install": "x"})
    assert answer.status_code == 200
    assert "Choose" in answer.content.decode()
    assert not Ruleset.objects.exists()


def test_nothing_is_installed_by_a_form_that_was_tampered_with(analyst: Client) -> None:
    page = look(analyst, encoded(document()))
    for fields in ({"merge": "both"}, {"revision": "x"}, {"merge": ""}):
        assert go(analyst, page, **fields).status_code == 200
    assert not Ruleset.objects.exists()


def test_fields_are_made_by_others(analyst: Client) -> None:
    assert "people with the permission catalog.add_customfield" in look(analyst, OLDER.read_bytes()).content.decode()
    assert not CustomField.objects.exists()


@pytest.mark.parametrize("group", ["Viewers", "Editors", None])
def test_who_may_not(client: Client, group: str | None) -> None:
    client.force_login(StaffFactory(group=group) if group else StaffFactory())
    assert client.get(INSTALL).status_code == 403
    assert look(client, encoded(document())).status_code == 403


def test_buttons_that_export(analyst: Client) -> None:
    install(document())
    ruleset = Ruleset.objects.get()
    assert "Install a package" in analyst.get("/admin/valuation/ruleset/").content.decode()
    where = f"/admin/valuation/ruleset/{ruleset.pk}/"
    assert f'href="{where}export/"' in analyst.get(f"{where}change/").content.decode()
    answer = analyst.get(f"{where}export/")
    assert (answer.content.decode(), answer.headers["Content-Disposition"]) == (
        export(),
        'attachment; filename="ours.dbrs"',
    )
    chosen = {"action": "export_selected", "_selected_action": [ruleset.pk]}
    assert analyst.post("/admin/valuation/ruleset/", chosen).content.decode() == export()
    assert analyst.get("/admin/valuation/ruleset/999/export/").status_code == 302


def test_viewers_export_too(client: Client) -> None:
    install(document())
    client.force_login(StaffFactory(group="Viewers"))
    assert client.get(f"/admin/valuation/ruleset/{Ruleset.objects.get().pk}/export/").status_code == 200


def test_an_installation_is_taken_back(analyst: Client) -> None:
    page = look(analyst, encoded(document()))
    shown = analyst.get(go(analyst, page).headers["Location"]).content.decode()
    address = shown.partition('formaction="')[2].partition('"')[0].replace("&amp;", "&")
    assert address
    analyst.post(address)
    assert not Rule.objects.exists()
    assert not Ruleset.objects.exists()

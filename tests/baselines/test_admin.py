"""Baselines in the admin: upload, compare, tick, adopt; activate and download; who may do what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from playwright.sync_api import Browser

from baselines.models import BaselineImport, Candidate
from baselines.overriding import Amount, set_override
from baselines.services import import_baseline
from tests import test_browser
from tests.baselines.documents import changed, document, legacy
from tests.conftest import CHROMIUM
from tests.factories import CpuFactory, ListingFactory, StaffFactory
from tests.test_admin_browser import STICKING_OUT, enter
from valuation.models import AuditEntry, Rule, RuleAction, Ruleset

pytestmark = pytest.mark.django_db
browser = test_browser.browser
UPLOAD = "/admin/baselines/candidate/add/"


@pytest.fixture
def analyst(client: Client) -> Client:
    client.force_login(StaffFactory(username="ann", group="Analysts"))
    return client


def upload(client: Client, content: Any, name: str = "new.json") -> Any:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name, raw)})


def compared(client: Client, content: Any) -> str:
    """The address of an uploaded candidate's page."""
    answer = upload(client, content)
    assert answer.status_code == 302, answer.content
    return str(answer["Location"])


def test_from_an_upload_to_an_adopted_change(analyst: Client) -> None:
    import_baseline(content=document())
    ListingFactory(title="A machine", price_usd=300, condition="used", ram_gb=16, cpu=None)
    page = compared(analyst, changed())
    candidate = Candidate.objects.get()
    assert (candidate.name, str(candidate.uploaded_by)) == ("new.json", "ann")
    shown = analyst.get(page)
    context = shown.context
    assert [(row.change.key, row.is_ticked, row.is_edited) for row in context["rows"]] == [
        ("Listing.wear", False, False),
        ("RamSpec.memory", True, False),
        ("StorageProfile.drive", True, False),
    ]
    assert context["rows"][1].rows == [
        ("16 GB", "$30.00 to $50.00 if RAM >= 16 GB and RAM < 32 GB", "$60.00 if RAM >= 16 GB and RAM < 32 GB")
    ]
    assert (context["impact"].moved, context["impact"].total) == (1, 20.0)
    assert "A machine" in shown.content.decode()
    assert Ruleset.objects.count() == 1, "looking at it changes nothing"

    again = analyst.post(page, {"selected": ["RamSpec.memory"], "_preview": "1", "state": context["state"]})
    assert [row.is_ticked for row in again.context["rows"]] == [False, True, False]
    assert again.context["impact"].total == 20.0

    sent = {"selected": ["RamSpec.memory"], "_adopt": "1", "state": context["state"]}
    asked = analyst.post(page, sent).content.decode()
    assert "Adopt 1 change?" in asked
    assert Ruleset.objects.count() == 1
    assert "Adopt 1 change?" in analyst.post(page, {**sent, "_sure": "Listing.wear"}).content.decode()
    done = analyst.post(page, {**sent, "_sure": "RamSpec.memory"})
    active = BaselineImport.objects.active()
    assert active is not None
    assert done["Location"] == reverse("admin:baselines_baselineimport_change", args=[active.pk])
    assert RuleAction.objects.get(rule__group__ruleset=active.ruleset, rule__name="Memory: 16 GB").value_usd == 60
    assert Rule.objects.filter(group__ruleset=active.ruleset, name="Wear: used").exists()
    candidate.refresh_from_db()
    assert candidate.adopted_as == active.ruleset
    assert AuditEntry.objects.get(action="baseline.adopted").actor == "ann"


def test_a_baseline_that_changed_meanwhile_is_not_overwritten(analyst: Client) -> None:
    import_baseline(content=document())
    page = compared(analyst, changed())
    state = analyst.get(page).context["state"]
    import_baseline(content=legacy("8GB"))
    answer = analyst.post(
        page, {"selected": ["RamSpec.memory"], "_adopt": "1", "_sure": "RamSpec.memory", "state": state}
    )
    assert answer.status_code == 200
    assert "have changed since this was compared" in answer.content.decode()
    assert BaselineImport.objects.count() == 2


def test_nothing_ticked(analyst: Client) -> None:
    import_baseline(content=document())
    page = compared(analyst, changed())
    answer = analyst.post(page, {"_adopt": "1", "state": analyst.get(page).context["state"]})
    assert "select at least one of" in answer.content.decode()


def test_removals_come_unticked(analyst: Client) -> None:
    """What a file does not hold stays, unless somebody says that it goes."""
    import_baseline(content=document())
    less = document()
    del less["entities"]["CPU"]
    shown = analyst.get(compared(analyst, less))
    assert [(row.change.key, row.change.kind, row.is_ticked) for row in shown.context["rows"]] == [
        ("CPU.speed", "removed", False)
    ]
    assert "It stays as it is unless you tick the removal." in shown.content.decode()


def test_a_rule_changed_by_hand_is_marked(analyst: Client) -> None:
    import_baseline(content=document())
    RuleAction.objects.filter(rule__name="Memory: 16 GB").update(value_usd=1)
    page = analyst.get(compared(analyst, changed()))
    assert [row.is_edited for row in page.context["rows"]] == [False, True, False]
    assert "changed by hand since its import" in page.content.decode()


def test_the_first_baseline(analyst: Client) -> None:
    page = compared(analyst, document())
    assert "There is no active baseline" in analyst.get(page).content.decode()
    state = analyst.get(page).context["state"]
    analyst.post(page, {"selected": ["CPU.speed"], "_adopt": "1", "_sure": "CPU.speed", "state": state})
    assert list(Rule.objects.values_list("name", flat=True)) == ["Processor"]


def test_the_same_again(analyst: Client) -> None:
    import_baseline(content=document())
    assert "there is nothing to adopt" in analyst.get(compared(analyst, document())).content.decode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "this is no JSON"),
        (b"[]", "a baseline is a JSON object"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b" " * 5_000_001, "5,000,001 bytes"),
        ({**document(), "effect": "x"}, "effect: must be one of add, deduct"),
        ({**document(), "entities": {"Toaster": []}}, "entities.Toaster: unknown entity"),
    ],
)
def test_files_that_are_refused(analyst: Client, content: Any, message: str) -> None:
    answer = upload(analyst, content)
    assert answer.status_code == 200
    assert any(message in error for error in answer.context["adminform"].form.errors["file"])
    assert not Candidate.objects.exists()


def test_every_problem_of_a_file_is_told(analyst: Client) -> None:
    fields = [{"id": f"f{number}", "proper_name": "", "formula": "nonsense"} for number in range(40)]
    errors = upload(analyst, document(CPU=fields)).context["adminform"].form.errors["file"]
    assert len(errors) == 31
    assert errors[-1] == "... and 20 more."  # of 50: nobody reads on then


def test_a_text_that_means_harm_is_shown_as_text(analyst: Client) -> None:
    content = document()
    content["entities"]["RamSpec"][0]["proper_name"] = "<script>alert(1)</script>"
    page = analyst.get(compared(analyst, content)).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_what_is_imported_is_shown_in_words(analyst: Client) -> None:
    outcome = import_baseline(content=legacy("8GB", "Lots"))
    stored = BaselineImport.objects.get(ruleset=outcome.ruleset_id)
    page = analyst.get(reverse("admin:baselines_baselineimport_change", args=[stored.pk])).content.decode()
    rule = Rule.objects.get(name="RAM: Lots")
    assert f'<a href="/admin/valuation/rule/{rule.pk}/change/">RAM: Lots</a>' in page
    assert "<b>8GB</b> $0.00 to $5.00; needs configuration" in page
    listed = analyst.get(reverse("admin:baselines_baselineimport_changelist")).content.decode()
    assert '<strong class="broken">2</strong>' in listed


def test_rules_that_wait_are_found_and_shown_with_the_original(analyst: Client) -> None:
    import_baseline(content=legacy("8GB", "Lots"))
    import_baseline(content=document())
    listed = analyst.get("/admin/valuation/rule/?unconfigured=1&of=all")
    assert {rule.name for rule in listed.context["cl"].queryset} == {"RAM: 8GB", "RAM: Lots"}
    rule = Rule.objects.get(name="RAM: Lots")
    page = analyst.get(f"/admin/valuation/rule/{rule.pk}/change/").content.decode()
    assert "Needs configuration" in page
    assert "&quot;label&quot;: &quot;Lots&quot;" in page


def test_lists_leave_alone_what_is_not_ready(analyst: Client) -> None:
    first = import_baseline(content=legacy("8GB", "Lots"))
    import_baseline(content=document())
    for model, rows in (
        ("rule", Rule.objects.filter(is_active=False)),
        ("ruleset", Ruleset.objects.filter(pk=first.ruleset_id)),
    ):
        url = f"/admin/valuation/{model}/?of=all"
        data = {"action": "activate", "_selected_action": [row.pk for row in rows]}
        answer = analyst.post(url, data, follow=True)
        assert "left as they are" in answer.content.decode()
    assert not Rule.objects.filter(name__startswith="RAM", is_active=True).exists()
    assert not Ruleset.objects.get(pk=first.ruleset_id).is_active


def test_activating_by_the_button(analyst: Client) -> None:
    first = import_baseline(content=document())
    import_baseline(content=changed())
    stored = BaselineImport.objects.get(ruleset=first.ruleset_id)
    page = reverse("admin:baselines_baselineimport_change", args=[stored.pk])
    assert "Make it the active baseline" in analyst.get(page).content.decode()
    url = reverse("admin:baselines_activate", args=[stored.pk])
    assert analyst.get(url).status_code == 405
    assert analyst.post(url)["Location"] == page
    assert list(Ruleset.objects.filter(is_active=True).values_list("pk", flat=True)) == [first.ruleset_id]
    assert AuditEntry.objects.get(action="baseline.activated").actor == "ann"
    assert "Make it the active baseline" not in analyst.get(page).content.decode()


def test_downloading(analyst: Client) -> None:
    outcome = import_baseline(content=document())
    stored = BaselineImport.objects.get(ruleset=outcome.ruleset_id)
    answer = analyst.get(reverse("admin:baselines_export", args=[stored.pk]))
    assert answer["Content-Disposition"] == 'attachment; filename="baseline-1.1.20261101.json"'
    assert json.loads(answer.content) == document()


@pytest.mark.parametrize("name", ["activate", "export"])
def test_what_is_not_there(analyst: Client, name: str) -> None:
    assert analyst.post(reverse(f"admin:baselines_{name}", args=[99])).status_code == 404


@pytest.mark.parametrize("group", ["Viewers", "Editors"])
def test_others_may_look_only(client: Client, group: str) -> None:
    first = import_baseline(content=document())
    import_baseline(content=changed())
    stored = BaselineImport.objects.get(ruleset=first.ruleset_id)
    candidate = Candidate.objects.create(name="x", document=document(), source_hash="x")
    client.force_login(StaffFactory(group=group))
    page = reverse("admin:baselines_candidate_change", args=[candidate.pk])
    assert "Adopt what is ticked" not in client.get(page).content.decode()
    assert client.post(page, {"selected": ["CPU.speed"], "_adopt": "1", "state": ""}).status_code == 403
    assert client.get(UPLOAD).status_code == 403
    assert client.post(reverse("admin:baselines_activate", args=[stored.pk])).status_code == 403
    assert client.get(reverse("admin:baselines_export", args=[stored.pk])).status_code == 200
    assert "Upload a baseline" not in client.get(reverse("admin:baselines_baselineimport_changelist")).content.decode()
    assert BaselineImport.objects.count() == 2


def test_lists_ask_the_same_for_any_number_of_rows(analyst: Client) -> None:
    counts = []
    for number in range(1, 8):
        import_baseline(content={**document(), "generated_at": f"2026-11-{number:02}T00:00:00Z"})
        Candidate.objects.create(name="x", document={}, source_hash="x", adopted_as=Ruleset.objects.first())
        for model in ("baselineimport", "candidate"):
            with CaptureQueriesContext(connection) as queries:
                assert analyst.get(reverse(f"admin:baselines_{model}_changelist")).status_code == 200
            counts.append(len(queries))
    assert counts[0::2] == [counts[0]] * 7
    assert counts[1::2] == [counts[1]] * 7


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on the PATH")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [1440, 390])
def test_by_hand_in_a_browser(browser: Browser, live_server: Any, tmp_path: Path, width: int) -> None:
    import_baseline(content=document())
    set_override(entity="CPU", field="speed", amount=Amount(value=3))
    for number in range(12):
        cpu = CpuFactory(cpu_mark_multi=1_000 * number)
        ListingFactory(
            title=f"A machine with a title of some length, number {number}",
            price_usd=300 + number,
            condition="used",
            ram_gb=4 * number,
            cpu=cpu,
        )
    file = tmp_path / "candidate.json"
    file.write_text(json.dumps({**changed(), "effect": "deduct"}))
    page, errors = enter(browser, live_server, width)
    page.goto(f"{live_server.url}/admin/baselines/baselineimport/")
    page.click("text=Upload a baseline")
    page.set_input_files("#id_file", file)
    page.click("[name=_save]")
    page.locator("h1", has_text="Compare candidate.json").wait_for()
    assert page.evaluate(STICKING_OUT) == []
    assert page.locator(".movers tbody tr").count() == 10
    page.get_by_label("Adopt the effect").uncheck()
    page.get_by_label("Adopt Listing.wear").uncheck()
    page.click("[name=_preview]:visible")
    page.locator("h2", has_text="Effect of the 2 ticked changes").wait_for()
    assert not page.get_by_label("Adopt the effect").is_checked()
    page.click("[name=_adopt]")
    page.click("text=Yes, adopt")
    page.locator(".messagelist", has_text="Adopted 2 changes").wait_for()
    assert page.evaluate(STICKING_OUT) == []
    assert errors == []
    active = BaselineImport.objects.active()
    assert active is not None
    assert Rule.objects.filter(group__ruleset=active.ruleset, name="Drive: 1 TB+").exists()
    assert active.ruleset.effect == "add"
    page.close()

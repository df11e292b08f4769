"""A draft counts nowhere: no list, figure, report or choice has anything of one, unless it is asked for by name."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test import Client

from baselines.overriding import Amount, set_override
from baselines.services import import_baseline
from listings.models import Listing
from tests.baselines.documents import document
from tests.factories import ListingFactory, StaffFactory
from tests.valuation.drafts.worlds import example
from tests.valuation.packages.helpers import document as package
from tests.valuation.packages.helpers import encoded, install
from valuation.drafts.starting import start_draft
from valuation.models import AuditEntry, Rule, RuleGroup, Ruleset, RulesetOverride
from valuation.overrides import Override
from valuation.overrides import set_override as choose
from valuation.packages.content import PackageError
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db
MARK = "Quux"  # in the name of everything that is in the draft, and of nothing else


@pytest.fixture
def draft() -> Ruleset:
    """Of the active baseline, with an override of a field of it, and examples that do not hold."""
    for ram in (8, 16, 32):
        ListingFactory(price_usd=400, ram_gb=ram)
    original = Ruleset.objects.get(pk=import_baseline(content=document(RamSpec=[MEMORY])).ruleset_id)
    set_override(entity="RamSpec", field="memory", amount=Amount(value=5))
    draft = Ruleset.objects.get(pk=start_draft(ruleset_id=original.pk).pk)
    for rows in (
        Ruleset.objects.filter(pk=draft.pk),
        RuleGroup.objects.filter(ruleset=draft),
        Rule.objects.filter(group__ruleset=draft),
    ):
        rows.update(name=Concat(Value(f"{MARK} "), F("name")))
    RuleGroup.objects.filter(ruleset=draft).update(category=MARK)
    example(draft, 12345, name=f"{MARK} example")
    AuditEntry.objects.all().delete()  # the history tells of drafts too: somebody has edited them
    recalculate(scope=Scope(), trigger="test")
    return Ruleset.objects.get(pk=draft.pk)


MEMORY = {
    "id": "memory",
    "proper_name": "Memory",
    "explanation": "More is better.",
    "valuation_buckets": [
        {"label": "8 GB", "condition": {"field_name": "ram_gb", "operator": "gte", "value": 8}, "value_usd": 20}
    ],
}
AUTOCOMPLETE = "/admin/autocomplete/?app_label=valuation&model_name=rulesetoverride&field_name="
PAGES = (
    "/",
    "/listings/{listing}",
    "/api/v1/rulesets",
    "/api/v1/rulesets?active_only=true",
    f"/api/v1/rulesets?q={MARK}",
    "/api/v1/rule-groups",
    f"/api/v1/rule-groups?category={MARK}",
    "/api/v1/valuation-rules",
    f"/api/v1/valuation-rules?q={MARK}",
    "/entities/metadata",
    "/v1/dashboard?budget=400",
    "/v1/listings/{listing}/valuation-breakdown?trace=true",
    "/v1/listings/{listing}/valuation-overrides",
    "/v1/listings/export?format=csv",
    "/v1/rankings?metric=adjusted_price_usd",
    "/api/v1/health/baseline",
    "/api/v1/baseline/meta",
    "/api/v1/baseline/overrides/RamSpec",
    "/api/v1/baseline/preview?entity_key=RamSpec",
    "/api/v1/baseline/export",
    "/api/v1/baseline/metrics",
    "/api/v1/baseline/metrics/layer-influence",
    "/api/v1/baseline/metrics/top-rules",
    "/api/v1/baseline/metrics/override-churn",
    "/metrics",
    "/admin/",
    "/admin/valuation/auditentry/attention/",
    "/admin/valuation/rulegroup/",
    "/admin/valuation/rule/",
    "/admin/valuation/rulesetoverride/add/?listing={listing}",
    f"{AUTOCOMPLETE}static_ruleset",
    f"{AUTOCOMPLETE}disabled_rulesets&term={MARK}",
    "/admin/listings/listing/{listing}/change/",
    "/admin/baselines/baselineimport/",
)


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(StaffFactory(is_superuser=True))
    return client


@pytest.mark.parametrize("page", PAGES)
def test_no_page_has_anything_of_a_draft(root: Client, draft: Ruleset, page: str) -> None:
    answer = root.get(page.format(listing=Listing.objects.order_by("pk")[0].pk))
    assert answer.status_code == 200, answer.content
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    asked = f'value="{MARK}"'  # what was searched for is shown
    assert MARK not in content.decode().replace(asked, "")


def kept(folder: Path) -> str:
    with pytest.raises(SystemExit):  # something was written
        call_command("export_ruleset", "--all", str(folder), stdout=StringIO())
    return "".join(path.read_text() for path in folder.iterdir())


def checked(folder: Path) -> str:
    out = StringIO()
    call_command("check_rulesets", "--json", stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("command", [kept, checked])
def test_no_command_has(draft: Ruleset, tmp_path: Path, command: Callable[[Path], str]) -> None:
    assert MARK not in command(tmp_path)


def by_command(*arguments: Any) -> Callable[[Ruleset], object]:
    def call(draft: Ruleset) -> object:
        return call_command(*[draft.pk if part is MARK else part for part in arguments], stdout=StringIO())

    return call


def chosen(override: Override) -> object:
    return choose(listing=Listing.objects.order_by("pk")[0], override=override)


def installed(draft: Ruleset) -> object:
    content = package()
    content["rulesets"][0]["name"] = draft.name
    return install(encoded(content))


OURS = "baselines/data/baseline-1.1.json"
REFUSED: dict[str, tuple[Callable[[Ruleset], object], type[Exception]]] = {
    "assigned to a listing": (lambda draft: chosen(Override(draft.pk)), ValidationError),
    "switched off for a listing": (lambda draft: chosen(Override(None, (draft.pk,))), ValidationError),
    "recalculated": (by_command("recalculate", "--ruleset", MARK), CommandError),
    "home of overrides": (by_command("import_baseline", OURS, "--ensure-basic-for", MARK), CommandError),
    "replaced by a package": (installed, PackageError),
}


@pytest.mark.parametrize("what", REFUSED)
def test_no_draft_is_chosen(draft: Ruleset, what: str) -> None:
    before = list(Ruleset.objects.values())
    work, error = REFUSED[what]
    with pytest.raises(error, match="is a draft"):
        work(draft)
    assert list(Ruleset.objects.values()) == before


@pytest.mark.parametrize("field", ["static_ruleset", "disabled_rulesets"])
def test_no_form_takes_a_draft(root: Client, draft: Ruleset, field: str) -> None:
    body = {"listing": Listing.objects.order_by("pk")[0].pk, field: draft.pk}
    page = root.post("/admin/valuation/rulesetoverride/add/", body)
    assert "Select a valid choice" in page.content.decode()
    assert not RulesetOverride.objects.exists()


def test_whoever_asks_for_a_draft_gets_it(root: Client, draft: Ruleset) -> None:
    for page in (
        f"/api/v1/rulesets?draft_of={draft.draft_of_id}",
        f"/api/v1/rule-groups?ruleset_id={draft.pk}",
        f"/api/v1/valuation-rules?ruleset_id={draft.pk}",
        "/admin/valuation/ruleset/?of=all",
        f"/admin/valuation/rulegroup/?ruleset__id__exact={draft.pk}",
        "/admin/valuation/rule/?of=all",
    ):
        assert MARK in root.get(page).content.decode(), page
    with pytest.raises(SystemExit):
        call_command("check_rulesets", "--ruleset", draft.name, stdout=StringIO(), stderr=StringIO())

"""The start page of the admin: what counts, what needs somebody, who changed what, whether figures have followed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import (
    CustomFieldFactory,
    ListingFactory,
    RuleActionFactory,
    RuleFactory,
    RulesetFactory,
    StaffFactory,
)
from valuation.models import Rule, RulesRevision
from valuation.trying.attention import attention

pytestmark = pytest.mark.django_db
START, PIECE = "/admin/", "/admin/valuation/auditentry/attention/"
AT_LEAST_8 = {"field_name": "ram_gb", "operator": "gte", "value": 8}
AT_LEAST_99 = {"field_name": "ram_gb", "operator": "gte", "value": 99}
OWN = {"field_name": "custom.own", "operator": "equals", "value": "x"}


def page(client: Client, group: str | None = "Analysts", address: str = START, **headers: str) -> str:
    client.force_login(StaffFactory(group=group) if group else StaffFactory(is_superuser=True))
    return str(client.get(address, headers=headers).content.decode())


def rule(name: str, conditions: Any = None, **more: Any) -> Rule:
    found: Rule = RuleActionFactory(rule__name=name, rule__conditions=conditions, **more).rule
    return found


def test_what_it_leads_to(client: Client) -> None:
    active = rule("Memory").group.ruleset
    aside = RulesetFactory(is_active=False)
    shown = page(client)
    assert f'href="/admin/valuation/ruleset/{active.pk}/change/"' in shown
    assert f'href="/admin/valuation/ruleset/{aside.pk}/change/"' not in shown
    assert "the rule “Memory”" in shown
    assert "New ruleset" in shown
    assert "New ruleset" not in page(client, "Viewers")


def test_an_empty_installation_says_what_to_do_next(client: Client) -> None:
    shown = page(client)
    assert "No ruleset is active, so every adjusted price is the asking price." in shown
    assert "Write the first one" in shown
    assert "Nobody has changed a rule yet." in shown
    assert "No recalculation has run yet." in shown


def test_that_figures_wait_is_said(client: Client) -> None:
    RulesRevision.objects.update_or_create(pk=1, defaults={"revision": 2, "covered_revision": 2})
    assert "Every figure is up to date." in page(client)
    RulesRevision.objects.update(revision=3)
    assert "Something has changed since the last recalculation." in page(client)


def test_which_rules_need_somebody() -> None:
    field = CustomFieldFactory(key="own", data_type="string")
    ListingFactory.create_batch(2, ram_gb=16, price_usd=100)
    ListingFactory(ram_gb=16, price_usd=None)  # is not valued, so it counts nowhere
    rule("Always", AT_LEAST_8)
    rule("Never", AT_LEAST_99)
    rule("For every listing")
    rule("Broken", OWN)
    waiting = RuleFactory(name="Waiting", is_active=False, metadata={"needs_configuration": "no number"})
    RuleFactory(is_active=False, metadata={"needs_configuration": "x"}, group__ruleset__is_active=False)
    type(field).objects.all().delete()
    found = attention()
    assert found.checked == 2
    kinds = {kind.key: [noted.name for noted in kind.named] for kind in found.kinds}
    assert kinds == {"broken": ["Broken"], "waiting": ["Waiting"], "never": ["Never"], "always": ["Always"]}
    assert waiting.metadata["needs_configuration"] in {noted.reason for kind in found.kinds for noted in kind.named}


def test_without_listings_nothing_is_said_of_matches() -> None:
    rule("Memory", AT_LEAST_8)
    assert attention().kinds == ()


def test_the_piece_and_the_page(client: Client) -> None:
    ListingFactory(ram_gb=16, price_usd=100)
    rule("Never", AT_LEAST_99)
    piece = page(client, address=PIECE, **{"X-Fragment": "1"})
    assert "Never" in piece
    assert "<html" not in piece
    assert "<html" in page(client, address=PIECE)


def test_those_who_may_not_view_rules_are_told_nothing(client: Client) -> None:
    rule("Memory")
    client.force_login(StaffFactory())
    assert "Rulesets in force" not in client.get(START).content.decode()
    assert client.get(PIECE).status_code == 403


def test_it_asks_the_same_for_any_number_of_rules(client: Client) -> None:
    client.force_login(StaffFactory(is_superuser=True))
    counts = []
    for rows in (1, 8):
        for number in range(rows):
            rule(f"Rule {rows} {number}", AT_LEAST_8)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(START).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_change_leads_to_its_history_or_to_what_is_left(client: Client) -> None:
    kept, gone = rule("Kept"), rule("Gone")
    ruleset = gone.group.ruleset_id
    gone.delete()
    shown = page(client)
    assert f"/admin/valuation/rule/{kept.pk}/history/" in shown
    assert f"/admin/valuation/ruleset/{ruleset}/history/" in shown
    listed = page(client, address="/admin/valuation/auditentry/")
    assert f"/admin/valuation/rule/{kept.pk}/history/" in listed
    assert f"/admin/valuation/rule/{gone.pk}/history/" not in listed

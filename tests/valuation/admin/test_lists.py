"""Lists of rules leave out baselines that are not in force; every list says what it found, or what to do."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import RuleFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("query", "shown"),
    [("", {"Mine"}), ("?of=all", {"Mine", "Old"}), ("?of=nonsense", {"Mine"})],
)
def test_old_baselines_are_shown_when_asked_for(client: Client, query: str, shown: set[str]) -> None:
    client.force_login(StaffFactory(group="Analysts"))
    RuleFactory(name="Mine", group__ruleset__is_active=False)
    RuleFactory(name="Old", group__ruleset__is_active=False, group__ruleset__is_baseline=True)
    answer = client.get(f"/admin/valuation/rule/{query}")
    assert {rule.name for rule in answer.context["cl"].queryset} == shown
    assert ("1 rule" if len(shown) == 1 else "2 rules") in answer.content.decode()


def test_an_empty_list_says_what_to_do(client: Client) -> None:
    client.force_login(StaffFactory(group="Analysts"))
    assert "No rule yet." in client.get("/admin/valuation/rule/").content.decode()
    assert "Nothing matches “x”." in client.get("/admin/valuation/rule/?q=x").content.decode()

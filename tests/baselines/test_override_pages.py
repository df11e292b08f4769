"""Overrides on pages: who may, what is refused, the effect before it is saved, and taking one away."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from baselines.models import BaselineImport
from baselines.overriding import Amount, list_overrides, set_override
from baselines.services import import_baseline
from tests.baselines.documents import changed, document
from tests.factories import ListingFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def stored(client: Client) -> BaselineImport:
    client.force_login(StaffFactory(group="Analysts"))
    found: BaselineImport = BaselineImport.objects.get(ruleset=import_baseline(content=document()).ruleset_id)
    return found


def address(stored: BaselineImport, key: str = "RamSpec.memory") -> str:
    return reverse("admin:baselines_override", args=[stored.pk, key])


def test_from_the_baseline_to_an_override_and_back(client: Client, stored: BaselineImport) -> None:
    ListingFactory(price_usd=300, ram_gb=16, cpu=None)
    baseline = reverse("admin:baselines_baselineimport_change", args=[stored.pk])
    assert f'href="{address(stored)}">Override<' in client.get(baseline).content.decode()
    tried = client.post(address(stored), {"value": "100", "_preview": "1"})
    assert (tried.context["impact"].moved, tried.context["impact"].total) == (1, 60.0)
    assert list_overrides() == []
    assert client.post(address(stored), {"value": "100", "_save": "1"})["Location"] == baseline
    assert [(found.key, found.amount.value) for found in list_overrides()] == [("RamSpec.memory", 100)]
    assert f'href="{address(stored)}">Overridden<' in client.get(baseline).content.decode()
    assert client.get(address(stored)).context["form"].initial["value"] == 100
    client.post(address(stored), {"_remove": "1"})
    assert list_overrides() == []


@pytest.mark.parametrize(
    ("sent", "place", "said"),
    [
        ({}, "value", "Give a value"),
        ({"value": "1", "formula": "2"}, "value", "Give a value"),
        ({"low": "5", "high": "1"}, "low", "is above"),
        ({"formula": "no_such_field * 2"}, "formula", "no_such_field"),
        ({"value": "much"}, "value", "Enter a number."),
        ({"value": "nan"}, "value", "Enter a number."),
    ],
)
def test_what_is_refused_says_why(
    client: Client, stored: BaselineImport, sent: dict[str, str], place: str, said: str
) -> None:
    for button in ("_preview", "_save"):
        answer = client.post(address(stored), {**sent, button: "1"})
        assert answer.status_code == 200
        assert said in str(answer.context["form"].errors[place])
    assert list_overrides() == []


@pytest.mark.parametrize("group", ["Viewers", "Editors"])
def test_others_see_and_save_nothing_previews_included(client: Client, stored: BaselineImport, group: str) -> None:
    set_override(entity="RamSpec", field="memory", amount=Amount(value=1))
    client.force_login(StaffFactory(group=group))
    shown = client.get(address(stored)).content.decode()
    assert "ask an analyst" in shown
    assert "_save" not in shown
    for button in ("_preview", "_save", "_remove"):
        assert client.post(address(stored), {"value": "100", button: "1"}).status_code == 403
    assert [found.amount.value for found in list_overrides()] == [1]


def test_only_fields_of_the_baseline_in_force(client: Client, stored: BaselineImport) -> None:
    assert client.get(address(stored, "RamSpec.nothing")).status_code == 404
    assert client.get(address(stored, "nothing")).status_code == 404
    import_baseline(content=changed())
    assert client.get(address(stored)).status_code == 404

"""What the menu of the admin shows first, and what it folds away."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from dealbrain.site import FOLDED
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
INTERNAL = {
    "Archived values",
    "Custom field changes",
    "Listing score snapshots",
    "Listing valuations",
    "Rule versions",
    "Rules revisions",
}


def menu(client: Client) -> list[dict[str, Any]]:
    client.force_login(StaffFactory(is_superuser=True))
    found: list[dict[str, Any]] = client.get("/admin/").context["app_list"]
    return found


def test_rules_come_first_and_internals_are_folded(client: Client) -> None:
    apps = menu(client)
    assert [app["name"] for app in apps][:4] == ["Rules", "Baselines", "Listings", "Imports"]
    assert [model["name"] for model in apps[0]["models"]][:4] == ["Rulesets", "Rules", "Rule groups", "History"]
    assert apps[-1]["name"] == FOLDED
    assert {model["name"] for model in apps[-1]["models"]} >= INTERNAL
    assert not INTERNAL & {model["name"] for app in apps[:-1] for model in app["models"]}


def test_nothing_is_lost_from_the_menu(client: Client) -> None:
    shown = [model["model"] for app in menu(client) for model in app["models"]]
    assert len(shown) == len(set(shown))
    assert set(shown) == set(admin.site._registry)


def test_an_app_of_its_own_shows_all_its_lists(client: Client) -> None:
    client.force_login(StaffFactory(is_superuser=True))
    (app,) = client.get("/admin/catalog/").context["app_list"]
    assert {"CPUs", "Archived values"} <= {model["name"] for model in app["models"]}

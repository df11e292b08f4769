"""Every page of the admin, for everyone who may see it and for those who may not."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from baselines.models import Candidate
from baselines.services import import_baseline
from tests.baselines.documents import document
from tests.factories import (
    CpuFactory,
    GpuFactory,
    ListingFactory,
    PortFactory,
    ProfileFactory,
    RuleActionFactory,
)
from valuation.models import ListingScoreSnapshot, RecalculationRun
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db

APPS = ("catalog", "listings", "valuation", "baselines")
admin.autodiscover()
OURS = sorted(
    (model for model in admin.site._registry if model.__module__.split(".")[0] in APPS),
    key=lambda model: model._meta.label,
)
# group -> the models it may change in the admin
MAY_CHANGE = {
    "Viewers": set(),
    "Editors": {
        "catalog.Cpu",
        "catalog.CustomField",
        "catalog.Gpu",
        "catalog.PortsProfile",
        "catalog.RamSpec",
        "catalog.StorageProfile",
        "listings.ExchangeRate",
        "listings.Listing",
    },
    "Analysts": {
        "baselines.Candidate",
        "catalog.Profile",
        "valuation.Example",
        "valuation.Rule",
        "valuation.RuleGroup",
        "valuation.Ruleset",
        "valuation.RulesetOverride",
    },
}


def market(rows: int = 1) -> None:
    """A row of every model that the admin shows."""
    ProfileFactory(weights={"cpu_mark_multi": 1}, is_default=True)
    for number in range(rows):
        content = {**document(), "generated_at": f"2026-11-{number + rows:02}T00:00:00Z"}
        import_baseline(content=content)
        Candidate.objects.create(name="candidate.json", document=content, source_hash="x")
        ports = PortFactory().ports_profile
        ListingFactory(
            cpu=CpuFactory(), gpu=GpuFactory(), ports_profile=ports, ram_gb=16, primary_storage_gb=512, price_usd=100
        )
        RuleActionFactory(rule__conditions={"field_name": "ram_gb", "operator": "gte", "value": 8})
    recalculate(scope=Scope(everything=True), trigger="test", snapshot=True)


def login(client: Client, group: str | None = None) -> User:
    user = User.objects.create_user("someone", is_staff=True, is_superuser=group is None)
    if group:
        user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return user


def url(model: type[Model], page: str, *arguments: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_page_opens(client: Client, model: type[Model]) -> None:
    market()
    login(client)
    row = model._default_manager.first()
    if row is not None:  # custom fields come without a row
        assert client.get(url(model, "change", row.pk)).status_code == 200
    assert client.get(url(model, "changelist"), {"q": "x"}).status_code == 200
    assert client.get(url(model, "changelist")).status_code == 200
    assert client.get(url(model, "add")).status_code in (200, 403)


@pytest.mark.parametrize("group", MAY_CHANGE)
def test_what_each_group_may_change(client: Client, group: str) -> None:
    market()
    user = login(client, group)
    request = client.get("/admin/").wsgi_request
    changeable = {m._meta.label for m in OURS if admin.site._registry[m].has_change_permission(request)}
    assert changeable == MAY_CHANGE[group]
    assert all(admin.site._registry[model].has_view_permission(request) for model in OURS)
    assert not user.has_perm("auth.change_user")


@pytest.mark.parametrize(
    "model", [m for m in OURS if m._meta.label != "catalog.CustomField"], ids=lambda m: m._meta.label
)
def test_lists_ask_the_same_number_of_queries_for_any_number_of_rows(client: Client, model: type[Model]) -> None:
    login(client)
    counts = []
    for rows in (1, 8):
        market(rows)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url(model, "changelist")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1], [query["sql"] for query in queries]


def test_derived_rows_are_looked_at_only(client: Client) -> None:
    market()
    login(client)
    for model in (RecalculationRun, ListingScoreSnapshot):
        row = model._default_manager.first()
        assert client.get(url(model, "add")).status_code == 403
        assert client.post(url(model, "change", row.pk), {}).status_code == 403
        assert client.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403


def test_strangers_are_sent_to_the_login(client: Client) -> None:
    for model in OURS:
        answer = client.get(url(model, "changelist"))
        assert answer.status_code == 302
        assert "/admin/login/" in answer["Location"]

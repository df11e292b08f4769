"""What two people edit at once in the admin is not lost, whatever they edit."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from catalog.models import Port, PortsProfile, Profile, RamSpec, StorageProfile
from listings.models import Listing, ListingComponent
from tests.factories import (
    CpuFactory,
    CustomFieldFactory,
    GpuFactory,
    ListingFactory,
    RulesetFactory,
    StaffFactory,
)
from valuation.models import RulesetOverride

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(StaffFactory(is_superuser=True))
    return client


def path(row: Model) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


class Inputs(HTMLParser):
    """Everything that a browser would send of a page as it stands."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self.select = self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "input" and name and given.get("type") not in ("submit", "checkbox", "radio"):
            self.sent[name] = [value]
        elif tag == "input" and name and "checked" in given:
            self.sent.setdefault(name, []).append(value or "on")
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in given:
            self.sent.setdefault(self.select, []).append(value)
        elif tag == "textarea":
            self.text = name
            self.sent[name] = [""]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.text = ""

    def handle_data(self, data: str) -> None:
        if self.text:
            self.sent[self.text][0] += data.removeprefix("\n") if not self.sent[self.text][0] else data


def form_of(page: Any) -> dict[str, Any]:
    sent = Inputs(page.content.decode()).sent
    return {name: values for name, values in sent.items() if "__prefix__" not in name}


def override() -> RulesetOverride:
    return RulesetOverride.objects.create(listing=ListingFactory(), static_ruleset=RulesetFactory())


def ports() -> PortsProfile:
    profile = PortsProfile.objects.create(name="Six")
    Port.objects.create(ports_profile=profile, type="usb_a", count=2)
    return profile


def with_component() -> Listing:
    listing = ListingFactory()
    ListingComponent.objects.create(listing=listing, component_type="wifi", name="AX200")
    return listing


# what is edited -> how it is made, what the one types, what the other saves behind the page's back
EDITED: dict[str, tuple[Callable[[], Any], dict[str, Any], dict[str, Any]]] = {
    "listing": (ListingFactory, {"seller": "ann"}, {"price_usd": 77}),
    "cpu": (CpuFactory, {"notes": "mine"}, {"cores": 77}),
    "gpu": (GpuFactory, {"notes": "mine"}, {"gpu_mark": 77}),
    "profile": (
        lambda: Profile.objects.create(name="P", weights={"perf_per_watt": 1}),
        {"name": "Mine"},
        {"description": "theirs"},
    ),
    "ports profile": (ports, {"name": "Mine"}, {"description": "theirs"}),
    "custom field": (CustomFieldFactory, {"label": "Mine"}, {"description": "theirs"}),
}


@pytest.mark.parametrize(("make", "typed", "theirs"), EDITED.values(), ids=EDITED)
def test_what_was_saved_meanwhile_is_not_overwritten(
    boss: Client, make: Any, typed: dict[str, Any], theirs: dict[str, Any]
) -> None:
    row = make()
    sent = form_of(boss.get(path(row))) | typed
    type(row).objects.filter(pk=row.pk).update(**theirs)

    answer = boss.post(path(row), sent)

    assert answer.status_code == 200, "it was saved"
    said = str(answer.context["errors"])
    assert "Somebody has changed" in said
    assert "Nothing was saved" in said
    kept = type(row).objects.filter(pk=row.pk).values().get()
    assert {name: kept[name] for name in theirs} == theirs
    assert all(kept[name] != value for name, value in typed.items())

    again = boss.post(path(row), form_of(answer) | typed)
    assert again.status_code == 302, "whoever saves again means it"
    kept = type(row).objects.filter(pk=row.pk).values().get()
    assert {name: kept[name] for name in typed} == typed


def test_nothing_is_refused_when_nothing_was_changed(boss: Client) -> None:
    for make, typed, _ in EDITED.values():
        row = make()
        assert boss.post(path(row), form_of(boss.get(path(row))) | typed).status_code == 302, row


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (with_component, lambda row: row.components.update(name="BE200")),
        (with_component, lambda row: row.components.all().delete()),
        (ports, lambda row: row.ports.update(count=5)),
        (lambda: override().listing, lambda row: RulesetOverride.objects.update(static_ruleset=None)),
        (
            lambda: override().listing,
            lambda row: RulesetOverride.objects.get().disabled_rulesets.add(RulesetFactory()),
        ),
        (ListingFactory, lambda row: Listing.objects.filter(pk=row.pk).update(attributes={"warranty": 3})),
    ],
    ids=["component", "component deleted", "port", "override", "disabled ruleset", "custom values"],
)
def test_what_is_inside_the_page_counts_as_well(boss: Client, make: Any, change: Any) -> None:
    row = make()
    sent = form_of(boss.get(path(row)))
    change(row)
    answer = boss.post(path(row), sent)
    assert answer.status_code == 200
    assert "Somebody has changed" in str(answer.context["errors"])


def test_what_nobody_types_does_not_get_into_the_way(boss: Client) -> None:
    """A figure, a counter and a stamp move by themselves."""
    listing = ListingFactory()
    sent = form_of(boss.get(path(listing)))
    Listing.objects.filter(pk=listing.pk).update(input_version=99)
    assert boss.post(path(listing), sent).status_code == 302


def test_a_shared_spec(boss: Client) -> None:
    spec, _ = RamSpec.objects.get_or_make(total_capacity_gb=16)
    drive, _ = StorageProfile.objects.get_or_make(capacity_gb=512)
    for row, theirs in ((spec, {"speed_mhz": 3200}), (drive, {"interface": "pcie"})):
        sent = form_of(boss.get(path(row)))
        type(row).objects.filter(pk=row.pk).update(**theirs)
        assert "Somebody has changed" in str(boss.post(path(row), sent).context["errors"])


@pytest.mark.parametrize("saw", ["x", "title", "title:zz", "title:" + "0" * 13 + ",", "t:0" * 9_000, "\x00"])
def test_a_forged_state_is_refused(boss: Client, saw: str) -> None:
    row = CpuFactory()
    answer = boss.post(path(row), form_of(boss.get(path(row))) | {"saw": saw})
    assert answer.status_code == 200
    assert "saw" in answer.context["adminform"].form.errors


def test_a_script_that_does_not_say_what_it_saw(boss: Client) -> None:
    row = CpuFactory()
    sent = form_of(boss.get(path(row)))
    sent.pop("saw")
    assert boss.post(path(row), sent | {"notes": "mine"}).status_code == 302


def test_the_state_is_there_for_those_who_can_write(client: Client) -> None:
    client.force_login(StaffFactory(group="Viewers"))
    assert 'name="saw"' not in client.get(path(CpuFactory())).content.decode()
    client.force_login(StaffFactory(group="Editors"))
    shown = client.get(path(CpuFactory())).content.decode()
    assert len(re.findall('name="saw"', shown)) == 1

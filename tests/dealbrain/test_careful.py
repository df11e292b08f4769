"""What two people edit at once in the admin is not lost, whatever they edit."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from catalog.models import Cpu, CustomField, Gpu, Port, PortsProfile, Profile, RamSpec, StorageProfile
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


def form_of(page: Any) -> dict[str, Any]:
    """Everything that a browser would send of a page as it stands."""
    forms = [page.context["adminform"].form]
    sent: dict[str, Any] = {}
    for formset in [inline.formset for inline in page.context["inline_admin_formsets"]]:
        forms += [formset.management_form, *formset.forms]
    for form in forms:
        for bound in form:
            value = bound.value()
            if value is None or value is False:
                continue
            widget = bound.field.widget
            sent[bound.html_name] = widget.format_value(value) if hasattr(widget, "format_value") else value
            if sent[bound.html_name] is None:
                sent[bound.html_name] = ""
    return {name: value for name, value in sent.items() if value not in (None, "", [])}


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


# what is edited, what the one changes behind the page's back, what the other types, what the page says
EDITED: list[tuple[Callable[[], Any], Callable[[Any], Any], dict[str, Any], str]] = [
    (ListingFactory, lambda row: row.price_usd, {"seller": "ann"}, "price"),
    (CpuFactory, lambda row: row.cores, {"notes": "mine"}, "cores"),
    (GpuFactory, lambda row: row.gpu_mark, {"notes": "mine"}, "gpu"),
    (lambda: Profile.objects.create(name="P", weights={"perf_per_watt": 1}), None, {"name": "Mine"}, "description"),
    (ports, None, {"name": "Mine"}, "description"),
    (CustomFieldFactory, None, {"label": "Mine"}, "description"),
]
THEIRS: dict[type[Model], dict[str, Any]] = {
    Listing: {"price_usd": 77},
    Cpu: {"cores": 77},
    Gpu: {"gpu_mark": 77},
    Profile: {"description": "theirs"},
    PortsProfile: {"description": "theirs"},
    CustomField: {"description": "theirs"},
    RulesetOverride: {"static_ruleset": None},
}


@pytest.mark.parametrize(
    ("make", "typed"),
    [(make, typed) for make, _, typed, _ in EDITED],
    ids=["listing", "cpu", "gpu", "profile", "ports profile", "custom field"],
)
def test_what_was_saved_meanwhile_is_not_overwritten(boss: Client, make: Any, typed: dict[str, Any]) -> None:
    row = make()
    sent = form_of(boss.get(path(row))) | typed
    theirs = THEIRS[type(row)]
    type(row).objects.filter(pk=row.pk).update(**theirs)

    answer = boss.post(path(row), sent)

    assert answer.status_code == 200, "it was saved"
    said = str(answer.context["errors"])
    assert "Somebody has changed" in said and "Nothing was saved" in said
    kept = type(row).objects.filter(pk=row.pk).values().get()
    assert {name: kept[name] for name in theirs} == theirs
    assert all(kept[name] != value for name, value in typed.items())

    again = boss.post(path(row), form_of(answer) | typed)
    assert again.status_code == 302, "whoever saves again means it"
    kept = type(row).objects.filter(pk=row.pk).values().get()
    assert {name: kept[name] for name in typed} == typed


def test_nothing_is_refused_when_nothing_was_changed(boss: Client) -> None:
    for make, _, typed, _ in EDITED:
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

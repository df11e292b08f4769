"""A reference decides the numbers beside it; a number typed against it is refused, not lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.forms.models import model_to_dict
from django.test import RequestFactory

from catalog.models import RamSpec, StorageProfile
from listings.admin import ListingAdmin
from listings.models import Listing
from tests.factories import ListingFactory, RamSpecFactory, StaffFactory, StorageProfileFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def listing() -> Listing:
    return ListingFactory(
        ram_spec=RamSpecFactory(ddr_generation="ddr4", module_count=2, capacity_per_module_gb=8),
        primary_storage_profile=StorageProfileFactory(medium="nvme", capacity_gb=512),
    )


@pytest.fixture
def edit(rf: RequestFactory, listing: Listing) -> Any:
    """The admin's form of the listing as a browser sends it, with these changes."""
    request = rf.get("/")
    request.user = StaffFactory(is_superuser=True)
    form_class = ListingAdmin(Listing, admin.site).get_form(request, listing)
    shown = {name: "" if value is None else value for name, value in model_to_dict(listing).items()}
    unread = {"other_components": "", "other_urls": "", "attributes": ""}

    def make(**changes: Any) -> Any:
        return form_class({**shown, **unread, **changes}, instance=Listing.objects.get(pk=listing.pk))

    return make


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"ram_gb": "32"}, "says 16"),
        ({"ram_gb": ""}, "says 16"),
        ({"primary_storage_gb": "1024"}, "says 512"),
        ({"primary_storage_type": "hdd"}, "says nvme"),
        ({"primary_storage_type": ""}, "says nvme"),
    ],
)
def test_a_number_against_its_reference_is_refused(edit: Any, typed: dict[str, str], said: str) -> None:
    form = edit(**typed)
    assert list(form.errors) == list(typed)
    assert said in form.errors[next(iter(typed))][0]
    assert "clear it and give numbers alone" in form.errors[next(iter(typed))][0]


def test_nothing_typed_nothing_said(edit: Any) -> None:
    form = edit()
    assert form.errors == {}
    assert form.changed_data == []


def test_another_reference_brings_its_own_numbers(edit: Any) -> None:
    spec = RamSpecFactory(module_count=1, capacity_per_module_gb=32)
    saved = edit(ram_spec=spec.pk).save()
    assert (saved.ram_spec, saved.ram_gb) == (spec, 32)


def test_numbers_alone_find_or_make_a_reference(edit: Any) -> None:
    saved = edit(ram_spec="", ram_gb="24", primary_storage_profile="", primary_storage_gb="2000").save()
    assert saved.ram_spec == RamSpec.objects.get(total_capacity_gb=24)
    assert saved.primary_storage_profile == StorageProfile.objects.get(capacity_gb=2000)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"listing_url": "javascript:alert(1)"}, "must start with http"),
        ({"other_urls": '[{"url": "ftp://x"}]'}, "must start with http"),
        ({"other_urls": "["}, "line 1, column 2"),
        ({"price_usd": "-1"}, "greater than or equal to 0"),
        ({"price_usd": "NaN"}, "Enter a number"),
        ({"title": "PC"}, "at least 3 characters"),
    ],
)
def test_what_a_listing_cannot_hold(edit: Any, typed: dict[str, str], said: str) -> None:
    form = edit(**typed)
    assert list(form.errors) == list(typed)
    assert said in " ".join(form.errors[next(iter(typed))])


def test_other_components_are_lines(edit: Any) -> None:
    assert edit(other_components="power supply\n\n stand ").save().other_components == ["power supply", "stand"]


def test_another_reference_and_a_number_against_it(edit: Any) -> None:
    """Both were typed, so one of them would be lost."""
    other = RamSpecFactory(module_count=1, capacity_per_module_gb=32)
    form = edit(ram_spec=str(other.pk), ram_gb="8")
    assert "says 32" in form.errors["ram_gb"][0]
    assert edit(ram_spec=str(other.pk), ram_gb="32").is_valid()

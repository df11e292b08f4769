"""What migrations make of rows that were there before."""

from __future__ import annotations

import importlib

import pytest
from django.apps import apps
from django.db import connection

from catalog.models import Cpu, RamSpec, StorageProfile
from listings.models import Listing
from tests.factories import CpuFactory, ListingFactory, PortsProfileFactory, StorageProfileFactory

pytestmark = pytest.mark.django_db

NAMES = importlib.import_module("catalog.migrations.0004_names_and_identities_of_our_own")
PORTS = importlib.import_module("listings.migrations.0003_ports_of_one_listing")


class Editor:
    """What a migration is handed, as far as these look at it."""

    connection = connection


def test_names_that_would_be_one() -> None:
    ids = [CpuFactory().pk for _ in range(4)]
    for pk, name in zip(ids, ["Éclair 5", "éclair  5", "ÉCLAIR 5", "\u200b"], strict=True):
        Cpu.objects.filter(pk=pk).update(name=name)
    NAMES.key_names(apps, Editor)
    assert list(Cpu.objects.order_by("pk").values_list("name", flat=True)) == [
        "Éclair 5",
        "éclair 5 (2)",
        "ÉCLAIR 5 (3)",
        f"Cpu {ids[3]}",
    ]
    assert Cpu.objects.named("éclair 5").get().pk == ids[0]


def test_identities() -> None:
    drive = StorageProfileFactory(medium="nvme", interface="", capacity_gb=512)
    ram, twin = (RamSpec.objects.get_or_make(total_capacity_gb=size)[0] for size in (16, 8))
    StorageProfile.objects.update(identity="nvme|||512|")
    RamSpec.objects.filter(pk=twin.pk).update(identity="old", total_capacity_gb=16)
    RamSpec.objects.filter(pk=ram.pk).update(identity="older", speed_mhz=0)
    NAMES.digest_identities(apps, Editor)
    assert StorageProfile.objects.get_or_make(medium="nvme", capacity_gb=512)[0].pk == drive.pk
    assert RamSpec.objects.get(pk=twin.pk).identity == "old"


def test_ports_of_one_listing() -> None:
    one, two = ListingFactory(), ListingFactory()
    own = PortsProfileFactory(name=f"Ports of listing {one.pk}")
    shared = PortsProfileFactory(name=f"Ports of listing {two.pk}")
    unused = PortsProfileFactory(name="Ports of listing 99")
    third = ListingFactory()
    Listing.objects.filter(pk=one.pk).update(ports_profile=own)
    Listing.objects.filter(pk__in=[two.pk, third.pk]).update(ports_profile=shared)
    PORTS.mark_private(apps, Editor)
    for profile, private in ((own, True), (shared, False), (unused, False)):
        profile.refresh_from_db()
        assert profile.is_private is private

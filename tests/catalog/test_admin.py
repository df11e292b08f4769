"""Pages of the catalog, beyond that they open."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from catalog.models import CustomField, Port, PortsProfile, Profile, RamSpec, StorageProfile
from tests.factories import (
    CpuFactory,
    CustomFieldFactory,
    ListingFactory,
    PortFactory,
    ProfileFactory,
    RamSpecFactory,
    StaffFactory,
    StorageProfileFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(StaffFactory(group="Editors"))
    return client


def cells(client: Client, path: str, column: str) -> list[str]:
    """A list's values of one column, from the top."""
    changes = client.get(path).context["cl"]
    return [str(getattr(changes.model_admin, column)(row)) for row in changes.result_list]


def test_the_list_of_cpus_finds_those_without_a_mark(editor: Client) -> None:
    CpuFactory(name="Marked")
    CpuFactory(name="Unmarked", cpu_mark_multi=None)
    answer = editor.get("/admin/catalog/cpu/", {"cpu_mark_multi__isempty": "1"})
    assert [cpu.name for cpu in answer.context["cl"].result_list] == ["Unmarked"]


def test_ports_and_weights_in_a_line(client: Client) -> None:
    client.force_login(StaffFactory(is_superuser=True))
    ports = PortFactory(type="usb_a", count=2).ports_profile
    PortFactory(ports_profile=ports, type="hdmi", count=1)
    PortsProfile.objects.create(name="Zero ports")
    assert cells(client, "/admin/catalog/portsprofile/", "port_list") == ["1 x HDMI, 2 x USB-A", "–"]
    ProfileFactory(weights={"cpu_mark_multi": 0.5, "ram_capacity": 2})
    assert cells(client, "/admin/catalog/profile/", "weight_list") == [
        "CPU mark, all cores: 0.5, RAM, against 128 GB: 2"
    ]


def test_a_ports_profile_with_its_ports(editor: Client) -> None:
    sent: dict[str, Any] = {"name": "Tiny", "ports-TOTAL_FORMS": 2, "ports-INITIAL_FORMS": 0}
    sent |= {"ports-0-type": "usb_c", "ports-0-count": 1, "ports-1-type": "hdmi", "ports-1-count": 2}
    assert editor.post("/admin/catalog/portsprofile/add/", sent).status_code == 302
    assert list(Port.objects.values_list("ports_profile__name", "type", "count")) == [
        ("Tiny", "hdmi", 2),
        ("Tiny", "usb_c", 1),
    ]


@pytest.mark.parametrize(
    ("model", "make", "sent", "label"),
    [
        (RamSpec, RamSpecFactory, {"ddr_generation": "ddr5", "total_capacity_gb": 32}, "DDR5 32GB"),
        (StorageProfile, StorageProfileFactory, {"medium": "hdd", "capacity_gb": 2000}, "HDD 2000GB"),
    ],
)
def test_labels_follow_the_fields(editor: Client, model: Any, make: Any, sent: dict[str, Any], label: str) -> None:
    row = make()
    path = f"/admin/catalog/{model._meta.model_name}/{row.pk}/change/"
    assert editor.post(path, {**sent, "label": "Mine", "identity": "mine"}).status_code == 302
    assert model.objects.get().label == label


def test_the_key_of_a_custom_field_stays(editor: Client) -> None:
    field = CustomFieldFactory(key="colour")
    sent = {"key": "color", "label": "Color", "data_type": "enum", "options": "red\nblue"}
    assert editor.post(f"/admin/catalog/customfield/{field.pk}/change/", sent).status_code == 302
    row = CustomField.objects.get()
    assert (row.key, row.label, row.options) == ("colour", "Color", ["red", "blue"])
    assert cells(editor, "/admin/catalog/customfield/", "option_list") == ["red, blue"]


def test_a_cpu_that_a_listing_has_is_not_deleted(editor: Client) -> None:
    cpu = ListingFactory().cpu
    answer = editor.post(f"/admin/catalog/cpu/{cpu.pk}/delete/", {"post": "yes"})
    assert answer.context["protected"]
    cpu.refresh_from_db()


def test_weights_are_shown_as_they_are_stored(client: Client) -> None:
    client.force_login(StaffFactory(group="Analysts"))
    profile = ProfileFactory(weights={"cpu_mark_multi": 0.25})
    path = f"/admin/catalog/profile/{profile.pk}/change/"
    page = client.get(path).content.decode()
    assert 'name="weights_cpu_mark_multi" value="0.25"' in page
    assert 'name="weights_gpu_score" value=""' in page
    sent = {"name": "Mine", "weights_cpu_mark_multi": "0.25", "weights_gpu_score": "0.75"}
    assert client.post(path, sent).status_code == 302
    assert Profile.objects.get().weights == {"cpu_mark_multi": 0.25, "gpu_score": 0.75}

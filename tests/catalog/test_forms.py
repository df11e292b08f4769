"""What the catalog's admin refuses, and how it says so; and the one default profile."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client

from catalog.custom_inputs import NumberField
from catalog.models import Cpu, CustomField, Profile, RamSpec
from catalog.models.profiles import ONE_DEFAULT
from tests.factories import CpuFactory, PortsProfileFactory, ProfileFactory, RamSpecFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("boss"))
    return client


def errors(answer: Any) -> dict[str, list[str]]:
    return dict(answer.context["adminform"].form.errors) if answer.status_code == 200 else {}


def test_a_name_that_differs_in_case_only_is_a_duplicate(boss: Client) -> None:
    CpuFactory(name="Intel N100")
    found = errors(boss.post("/admin/catalog/cpu/add/", {"name": "intel n100", "attributes": "{}"}))
    assert found["name"] == ['There is a CPU named "intel n100" already.']
    assert Cpu.objects.count() == 1


@pytest.mark.parametrize("kind", ["profile", "portsprofile"])
def test_names_of_profiles_differ_in_more_than_case(boss: Client, kind: str) -> None:
    make = {"profile": ProfileFactory, "portsprofile": PortsProfileFactory}[kind]
    make(name="Öffice")
    ports = {"ports-TOTAL_FORMS": 0, "ports-INITIAL_FORMS": 0}
    sent = {"name": "ÖFFICE\u200b", "weights_gpu_score": "1", **ports}
    (said,) = errors(boss.post(f"/admin/catalog/{kind}/add/", sent))["name"]
    assert 'named "ÖFFICE" already' in said


def test_the_default_profile_is_not_just_switched_off(boss: Client) -> None:
    profile = ProfileFactory(is_default=True)
    sent = {"name": profile.name, "weights_gpu_score": "1"}
    page = boss.post(f"/admin/catalog/profile/{profile.pk}/change/", sent, follow=True)
    assert ONE_DEFAULT in page.content.decode()
    profile.refresh_from_db()
    assert profile.is_default


@pytest.mark.parametrize("text", ["1_0", "１２", "nan"])
def test_numbers_of_custom_fields_are_written_plainly(text: str) -> None:
    with pytest.raises(ValidationError):
        NumberField().clean(text)


def test_a_ram_spec_that_exists_is_named(boss: Client) -> None:
    spec = RamSpecFactory()
    sent = {
        "ddr_generation": spec.ddr_generation,
        "speed_mhz": spec.speed_mhz,
        "module_count": spec.module_count,
        "capacity_per_module_gb": spec.capacity_per_module_gb,
        "total_capacity_gb": spec.total_capacity_gb or "",
    }
    found = errors(boss.post("/admin/catalog/ramspec/add/", sent))
    assert f"(number {spec.pk}) is this RAM spec already" in found["__all__"][0]
    assert RamSpec.objects.count() == 1


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({}, "At least one weight"),
        ({"weights_cpu_mark_multi": "0"}, "At least one weight"),
        ({"weights_cpu_mark_multi": "-1"}, "greater than or equal to 0"),
        ({"weights_cpu_mark_multi": "NaN"}, "Enter a number."),
    ],
)
def test_weights_that_weigh_nothing(boss: Client, weights: dict[str, str], said: str) -> None:
    found = errors(boss.post("/admin/catalog/profile/add/", {"name": "Mine", **weights}))
    assert said in " ".join(found["weights"])
    assert not Profile.objects.exists()


def test_a_new_default_takes_the_place_of_the_old(boss: Client) -> None:
    old = ProfileFactory(weights={"cpu_mark_multi": 1})
    assert old.is_default, "the first profile is the default, asked or not"
    boss.post("/admin/catalog/profile/add/", {"name": "Mine", "is_default": "on", "weights_cpu_mark_multi": "1"})
    assert list(Profile.objects.filter(is_default=True).values_list("name", flat=True)) == ["Mine"]
    Profile.objects.get(name="Mine").delete()
    old.refresh_from_db()
    assert old.is_default


@pytest.mark.parametrize(
    ("data_type", "options", "said"),
    [
        ("enum", "", "A list needs at least one value."),
        ("enum", "one\nONE", "Each value once, please."),
        ("number", "one", "Only a list has values to choose from."),
    ],
)
def test_options_of_custom_fields(boss: Client, data_type: str, options: str, said: str) -> None:
    sent = {"key": "colour", "label": "Colour", "data_type": data_type, "options": options}
    assert errors(boss.post("/admin/catalog/customfield/add/", sent))["options"] == [said]
    assert not CustomField.objects.exists()

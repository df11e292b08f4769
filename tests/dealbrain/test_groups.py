"""The three groups of people that every installation has."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

pytestmark = pytest.mark.django_db

OWN_APPS = ("catalog", "listings", "valuation", "baselines", "imports")
PARTS = {"cpu", "gpu", "port", "portsprofile", "ramspec", "storageprofile"}
RULES = {"ruleset", "rulegroup", "rule", "ruleaction", "rulesetoverride", "example"}
WRITES = ("add", "change", "delete")


def permissions(name: str) -> set[str]:
    pairs = Group.objects.get(name=name).permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in pairs}


def writes(app: str, models: set[str]) -> set[str]:
    return {f"{app}.{verb}_{model}" for model in models for verb in WRITES}


WRITTEN = {
    "Viewers": set(),
    "Editors": {
        *writes("catalog", PARTS | {"customfield"}),
        *writes("listings", {"listing", "listingcomponent", "listingorigin", "exchangerate", "pricerecord"}),
        *writes("imports", {"importsession", "importrow", "rememberedmap", "partprice", "merge", "keptapart"}),
    },
    "Analysts": {
        "valuation.add_marketmodel",
        "valuation.add_recalculationrun",
        "valuation.change_setting",
        *writes("catalog", {"profile"}),
        *writes("valuation", RULES),
        *writes("baselines", {"baselineimport", "candidate"}),
        "baselines.activate_baselineimport",
    },
}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_a_group_may_do(name: str) -> None:
    looks = Permission.objects.filter(content_type__app_label__in=OWN_APPS, codename__startswith="view_")
    everything = {f"{app}.{codename}" for app, codename in looks.values_list("content_type__app_label", "codename")}
    assert permissions(name) == everything | WRITTEN[name]


def test_the_next_migrate_completes_a_group_and_takes_nothing_from_it() -> None:
    group = Group.objects.get(name="Viewers")
    before = permissions("Viewers")
    extra = Permission.objects.get(content_type__app_label="auth", codename="view_user")
    group.permissions.add(extra)
    group.permissions.remove(Permission.objects.get(content_type__app_label="catalog", codename="view_cpu"))
    Group.objects.get(name="Editors").delete()

    call_command("migrate", verbosity=0, stdout=StringIO())

    assert permissions("Viewers") == before | {"auth.view_user"}
    assert permissions("Editors") > before
    assert Group.objects.count() == len(WRITTEN)

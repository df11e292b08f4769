"""Exactly one scoring profile is the default, once there is any."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core import serializers

from catalog.models import Profile
from tests.factories import ProfileFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def profiles() -> dict[str, Profile]:
    return {name: ProfileFactory(name=name) for name in ("first", "second", "third")}


def defaults() -> list[str]:
    return list(Profile.objects.filter(is_default=True).values_list("name", flat=True))


def choose(name: str, *, default: bool = True) -> None:
    profile = Profile.objects.get(name=name)
    profile.is_default = default
    profile.save()


def rename(name: str) -> None:
    """A save that does not write the column must not touch the others' either."""
    profile = Profile.objects.get(name=name)
    profile.is_default = True
    profile.description = "New"
    profile.save(update_fields=["description"])


def delete(name: str) -> None:
    Profile.objects.get(name=name).delete()


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], "first"),
        ([lambda: choose("second")], "second"),
        ([lambda: choose("second"), lambda: choose("third")], "third"),
        ([lambda: choose("second"), lambda: choose("second")], "second"),
        ([lambda: choose("first", default=False)], "first"),
        ([lambda: rename("third")], "first"),
        ([lambda: delete("third")], "first"),
        ([lambda: delete("first")], "second"),
        ([lambda: choose("third"), lambda: delete("third")], "first"),
        ([lambda: delete("first"), lambda: delete("second")], "third"),
        ([lambda: Profile.objects.exclude(name="third").delete()], "third"),
    ],
)
def test_one_default(profiles: dict[str, Profile], steps: list[Callable[[], None]], expected: str) -> None:
    for step in steps:
        step()
    assert defaults() == [expected]


def test_no_profile_no_default() -> None:
    ProfileFactory()
    Profile.objects.all().delete()
    assert defaults() == []


def test_a_loaded_profile_is_as_it_was_dumped() -> None:
    text = serializers.serialize("json", [Profile(pk=1, name="Dumped", weights={"cpu_mark_multi": 1})])
    for loaded in serializers.deserialize("json", text):
        loaded.save()
    assert Profile.objects.get().is_default is False

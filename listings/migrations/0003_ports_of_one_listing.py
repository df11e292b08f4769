"""Titles are kept as names are; ports profiles that were made for one listing, and that no other uses, are known as
such."""

from __future__ import annotations

from typing import Any

import django.core.validators
from django.db import migrations

import dealbrain.db


def mark_private(apps: Any, schema_editor: Any) -> None:
    profiles = apps.get_model("catalog", "PortsProfile")._base_manager.using(schema_editor.connection.alias)
    listings = apps.get_model("listings", "Listing")._base_manager.using(schema_editor.connection.alias)
    users: dict[int, list[int]] = {}
    for pk, profile in listings.filter(ports_profile__name__startswith="Ports of listing ").values_list(
        "pk", "ports_profile"
    ):
        users.setdefault(profile, []).append(pk)
    for pk, name in list(profiles.filter(pk__in=users).values_list("pk", "name")):
        of_this = f"Ports of listing {users[pk][0]}"
        if len(users[pk]) == 1 and (name == of_this or name.startswith(f"{of_this} (")):
            profiles.filter(pk=pk).update(is_private=True)


class Migration(migrations.Migration):
    dependencies = [
        ("listings", "0002_input_changed_at"),
        ("catalog", "0004_names_and_identities_of_our_own"),
    ]

    operations = [
        migrations.AlterField(
            "listing",
            "title",
            dealbrain.db.NameField(max_length=255, validators=[django.core.validators.MinLengthValidator(3)]),
        ),
        migrations.RunPython(mark_private, migrations.RunPython.noop),
    ]

"""Names, labels and values of parts and custom fields in NFC."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from dealbrain.renormalising import store_in_nfc

COLUMNS = {
    "catalog.CustomField": ["label", "description", "options", "default", "validation"],
    "catalog.Cpu": ["name", "manufacturer", "socket", "igpu_model", "notes", "attributes"],
    "catalog.Gpu": ["name", "manufacturer", "notes", "attributes"],
    "catalog.PortsProfile": ["name", "description"],
    "catalog.Port": ["spec_notes"],
    "catalog.Profile": ["name", "description", "weights"],
    "catalog.RamSpec": ["label"],
    "catalog.StorageProfile": ["label", "interface", "form_factor", "performance_tier"],
}


def renormalise(apps: Any, schema_editor: Any) -> None:
    store_in_nfc(apps, schema_editor, COLUMNS)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_names_and_identities_of_our_own")]

    operations = [migrations.RunPython(renormalise, migrations.RunPython.noop, elidable=True)]

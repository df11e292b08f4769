"""Names, labels and values of parts and custom fields in NFC."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from dealbrain.renormalising import store_in_nfc

COLUMNS = {'catalog.CustomField': ['entity', 'key', 'label', 'data_type', 'description', 'options', 'default', 'validation'], 'catalog.CustomFieldChange': ['entity', 'key', 'actor', 'action', 'before', 'after'], 'catalog.ArchivedValue': ['entity', 'key', 'value'], 'catalog.Cpu': ['name', 'manufacturer', 'socket', 'igpu_model', 'notes', 'attributes'], 'catalog.Gpu': ['name', 'manufacturer', 'notes', 'attributes'], 'catalog.PortsProfile': ['name', 'description'], 'catalog.Port': ['type', 'spec_notes'], 'catalog.Profile': ['name', 'description', 'weights'], 'catalog.RamSpec': ['identity', 'label', 'ddr_generation'], 'catalog.StorageProfile': ['identity', 'label', 'medium', 'interface', 'form_factor', 'performance_tier']}


def renormalise(apps: Any, schema_editor: Any) -> None:
    store_in_nfc(apps, schema_editor, COLUMNS)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_custom_fields")]

    operations = [migrations.RunPython(renormalise, migrations.RunPython.noop, elidable=True)]

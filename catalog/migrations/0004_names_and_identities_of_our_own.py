"""Names are compared by a key of ours, drives and memory by a digest; a ports profile may be one listing's own."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

import catalog.models.named
import dealbrain.db
from catalog.models.named import MOST_NAME
from catalog.models.specs import identity_of
from dealbrain.folding import clean, name_key

NAMED = ("Cpu", "Gpu", "Profile", "PortsProfile")
IDENTITIES = {
    "RamSpec": ("ddr_generation", "speed_mhz", "module_count", "capacity_per_module_gb", "total_capacity_gb"),
    "StorageProfile": ("medium", "interface", "form_factor", "capacity_gb", "performance_tier"),
}


def key_names(apps: Any, schema_editor: Any) -> None:
    """The oldest keeps its name; one that would be taken for it gets a number behind its own."""
    for model in NAMED:
        rows = apps.get_model("catalog", model)._base_manager.using(schema_editor.connection.alias)
        taken: set[str] = set()
        for pk, name in list(rows.order_by("pk").values_list("pk", "name")):
            base = clean(name) or f"{model} {pk}"
            number, free = 1, base
            while name_key(free) in taken:
                number += 1
                tail = f" ({number})"
                free = f"{base[: MOST_NAME - len(tail)]}{tail}"
            taken.add(name_key(free))
            rows.filter(pk=pk).update(name=free, name_key=name_key(free))


def digest_identities(apps: Any, schema_editor: Any) -> None:
    """One that would now be the same as an older one stays what it is, under the identity it had."""
    for model, names in IDENTITIES.items():
        rows = apps.get_model("catalog", model)._base_manager.using(schema_editor.connection.alias)
        taken: set[str] = set()
        for row in list(rows.order_by("pk").values("pk", *names)):
            identity = identity_of([row[name] for name in names])
            if identity not in taken:
                taken.add(identity)
                rows.filter(pk=row["pk"]).update(identity=identity)


def key(**options: Any) -> catalog.models.named.NameKeyField:
    return catalog.models.named.NameKeyField(editable=False, max_length=510, **options)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_stamps_of_specs_and_profiles")]

    operations = [
        migrations.RemoveConstraint("cpu", "catalog_cpu_name_ci"),
        migrations.RemoveConstraint("gpu", "catalog_gpu_name_ci"),
        *(migrations.AddField(model.lower(), "name_key", key(default="")) for model in NAMED),
        *(
            migrations.AlterField(model.lower(), "name", dealbrain.db.NameField(max_length=MOST_NAME))
            for model in NAMED
        ),
        migrations.AddField("portsprofile", "is_private", models.BooleanField(default=False, editable=False)),
        migrations.RunPython(key_names, migrations.RunPython.noop),
        migrations.RunPython(digest_identities, migrations.RunPython.noop),
        *(migrations.AlterField(model.lower(), "name_key", key(unique=True)) for model in NAMED),
    ]

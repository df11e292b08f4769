"""Text that was stored before columns kept it in NFC: for migrations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, connections, transaction

from dealbrain.text import nfc_json

CHUNK = 2_000


def store_in_nfc(apps: Any, schema_editor: Any, columns: Mapping[str, Sequence[str]]) -> int:
    """Put these columns (by `app.Model`) into NFC. Returns how many rows were written.

    Two names that differ in nothing else cannot both have it: the later one stays as it is, for a person to look at.
    """
    database, count = schema_editor.connection.alias, 0
    for label, names in columns.items():
        rows = apps.get_model(label)._base_manager.using(database).order_by("pk")
        last = 0
        while page := list(rows.filter(pk__gt=last).values("pk", *names)[:CHUNK]):
            last = page[-1]["pk"]
            for row in page:
                now = {name: nfc_json(row[name]) for name in names}
                changed = {name: value for name, value in now.items() if value != row[name]}
                count += bool(changed) and _written(rows.filter(pk=row["pk"]), changed)
    return count


def _written(row: Any, changed: Mapping[str, Any]) -> bool:
    try:
        with transaction.atomic(using=row.db):
            return bool(row.update(**changed))
    except IntegrityError:
        if connections[row.db].needs_rollback:
            raise
        return False

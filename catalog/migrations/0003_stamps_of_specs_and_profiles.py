from __future__ import annotations

import django.utils.timezone
from django.db import migrations, models


def stamps(model: str) -> list[migrations.AddField]:
    """When a row was made and changed. Of the rows there are nothing older is known than this moment."""
    now = django.utils.timezone.now
    return [
        migrations.AddField(
            model, "created_at", models.DateTimeField(auto_now_add=True, default=now), preserve_default=False
        ),
        migrations.AddField(model, "updated_at", models.DateTimeField(auto_now=True)),
    ]


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_custom_fields")]

    operations = [
        operation
        for model in ("portsprofile", "profile", "ramspec", "storageprofile")
        for operation in stamps(model)
    ]

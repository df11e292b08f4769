"""To rules, memory of an unknown generation and a drive of an unknown medium say nothing from now on: every figure is
computed anew."""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.models import F


def mark_rules(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    apps.get_model("valuation", "RulesRevision").objects.using(alias).update(revision=F("revision") + 1)
    # Without what was covered, nothing is taken for unchanged.
    apps.get_model("valuation", "CoveredRules").objects.using(alias).all().delete()


class Migration(migrations.Migration):
    dependencies = [("valuation", "0007_text_in_nfc")]

    operations = [migrations.RunPython(mark_rules, migrations.RunPython.noop, elidable=True)]

"""What rules say, in NFC. Text is compared so from now on: every figure is computed anew."""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.models import F

from dealbrain.renormalising import store_in_nfc

COLUMNS = {
    "valuation.Ruleset": ["name", "description", "version", "conditions", "metadata"],
    "valuation.RuleGroup": ["name", "category", "description", "metadata", "entity_key"],
    "valuation.Rule": ["name", "description", "conditions", "metadata", "overrides"],
    "valuation.RuleAction": ["metric", "formula", "modifiers"],
}


def renormalise(apps: Any, schema_editor: Any) -> None:
    store_in_nfc(apps, schema_editor, COLUMNS)
    RulesRevision = apps.get_model("valuation", "RulesRevision")
    RulesRevision.objects.using(schema_editor.connection.alias).update(revision=F("revision") + 1)
    # Without what was covered, nothing is taken for unchanged.
    apps.get_model("valuation", "CoveredRules").objects.using(schema_editor.connection.alias).all().delete()


class Migration(migrations.Migration):
    dependencies = [("valuation", "0006_covered_rules")]

    operations = [migrations.RunPython(renormalise, migrations.RunPython.noop, elidable=True)]

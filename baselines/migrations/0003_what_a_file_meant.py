"""One file is one baseline for each meaning it was given: its effect, and which value of a range counts."""

from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def note_effects(apps, schema_editor):
    rulesets = apps.get_model("valuation", "Ruleset").objects.filter(pk=OuterRef("ruleset_id"))
    apps.get_model("baselines", "BaselineImport").objects.update(effect=Subquery(rulesets.values("effect")[:1]))


class Migration(migrations.Migration):
    dependencies = [
        ("baselines", "0002_candidates"),
        ("valuation", "0005_rules_know_what_they_override"),
    ]

    operations = [
        migrations.AddField(
            model_name="baselineimport",
            name="effect",
            field=models.CharField(
                choices=[
                    ("add", "Add: amounts as written"),
                    ("deduct", "Deduct: amounts say what a part is worth, and are taken off"),
                ],
                default="add",
                help_text="What its amounts meant when it was imported.",
                max_length=8,
            ),
            preserve_default=False,
        ),
        migrations.RunPython(note_effects, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name="baselineimport",
            name="source_hash",
            field=models.CharField(help_text="sha256 of the canonical JSON.", max_length=64),
        ),
        migrations.AddConstraint(
            model_name="baselineimport",
            constraint=models.CheckConstraint(
                condition=models.Q(("effect__in", ["add", "deduct"])),
                name="baselines_baselineimport_effect",
                violation_error_message="effect must be one of add, deduct.",
            ),
        ),
        migrations.AddConstraint(
            model_name="baselineimport",
            constraint=models.UniqueConstraint(
                fields=("source_hash", "effect", "bucket_point"), name="baselines_baselineimport_meaning"
            ),
        ),
    ]

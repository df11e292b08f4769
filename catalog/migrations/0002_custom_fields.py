import django.core.validators
import django.utils.timezone
from django.db import migrations, models

ENTITIES = [("listing", "Listing"), ("cpu", "CPU"), ("gpu", "GPU")]


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="ArchivedValue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entity", models.CharField(choices=ENTITIES, max_length=16)),
                ("key", models.CharField(max_length=64)),
                ("row_id", models.BigIntegerField()),
                ("value", models.JSONField()),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "indexes": [models.Index(fields=["entity", "key", "row_id"], name="catalog_archivedvalue_of")],
            },
        ),
        migrations.CreateModel(
            name="CustomFieldChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("field_id", models.BigIntegerField()),
                ("entity", models.CharField(choices=ENTITIES, max_length=16)),
                ("key", models.CharField(max_length=64)),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("actor", models.CharField(blank=True, max_length=150)),
                (
                    "action",
                    models.CharField(
                        choices=[("created", "Created"), ("updated", "Updated"), ("deleted", "Deleted")], max_length=8
                    ),
                ),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "indexes": [models.Index(fields=["field_id", "at"], name="catalog_customfieldchange_of")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("action__in", ["created", "updated", "deleted"])),
                        name="catalog_customfieldchange_action",
                        violation_error_message="action must be one of created, updated, deleted.",
                    )
                ],
            },
        ),
        migrations.AlterModelOptions(
            name="customfield", options={"ordering": ["entity", "display_order", "key", "pk"]}
        ),
        migrations.AddField(
            model_name="customfield",
            name="entity",
            field=models.CharField(choices=ENTITIES, default="listing", max_length=16, verbose_name="belongs to"),
        ),
        migrations.AddField(
            model_name="customfield",
            name="is_required",
            field=models.BooleanField(default=False, verbose_name="required"),
        ),
        migrations.AddField(
            model_name="customfield",
            name="default",
            field=models.JSONField(blank=True, help_text="What a new row gets that says nothing.", null=True),
        ),
        migrations.AddField(
            model_name="customfield",
            name="validation",
            field=models.JSONField(
                blank=True, default=dict, help_text="pattern, min, max, min_length, max_length, allowed_values."
            ),
        ),
        migrations.AddField(
            model_name="customfield",
            name="is_active",
            field=models.BooleanField(default=True, verbose_name="active"),
        ),
        migrations.AddField(
            model_name="customfield",
            name="display_order",
            field=models.IntegerField(default=100, verbose_name="order"),
        ),
        migrations.AddField(
            model_name="customfield",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="customfield",
            name="updated_at",
            field=models.DateTimeField(auto_now=True),
        ),
        migrations.AlterField(
            model_name="customfield",
            name="data_type",
            field=models.CharField(
                choices=[
                    ("string", "Text, one line"),
                    ("number", "Number"),
                    ("boolean", "Yes or no"),
                    ("enum", "One of a list"),
                    ("multi_select", "Some of a list"),
                    ("text", "Text, many lines"),
                    ("json", "JSON"),
                ],
                default="string",
                max_length=16,
                verbose_name="type",
            ),
        ),
        migrations.AlterField(
            model_name="customfield",
            name="key",
            field=models.CharField(
                max_length=64,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[a-z][a-z0-9_]*\\Z", "Lower-case letters, digits and _, a letter first."
                    )
                ],
            ),
        ),
        migrations.AddConstraint(
            model_name="customfield",
            constraint=models.UniqueConstraint(
                fields=("entity", "key"),
                name="catalog_customfield_entity_key",
                violation_error_message="There is a custom field with this key already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="customfield",
            constraint=models.CheckConstraint(
                condition=models.Q(("entity__in", ["listing", "cpu", "gpu"])),
                name="catalog_customfield_entity",
                violation_error_message="entity must be one of listing, cpu, gpu.",
            ),
        ),
    ]

"""Fields that analysts add to listings, CPUs and GPUs without a migration; their history; what deleted ones held."""

from __future__ import annotations

import keyword
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import connection, models

from catalog.choices import ChangeAction, CustomFieldEntity, CustomFieldType
from catalog.custom_storage import counted_values, rows_holding
from catalog.custom_types import options_problem, validation_problems, value_problem
from catalog.signals import definition_changing
from dealbrain.constraints import one_of
from dealbrain.db import CharField, CheckedModel, JSONField, TextField


def is_nameable(key: str) -> bool:
    """Whether a formula can say `custom.<key>` (not `class`) and a filter `attributes__<key>__<lookup>` (not `in`)."""
    reserved = key in JSONField().get_lookups() or keyword.iskeyword(key)
    return not (reserved or "__" in key or key.endswith("_"))


class CustomField(CheckedModel):
    """The definition of one value in `attributes` of a listing, CPU or GPU; of a listing's, rules see `custom.<key>`.

    An inactive field is out of sight: it takes no new values, is not required and gives no default. What rows hold
    stays, and rules go on seeing it. What they read of a definition does not change under them: `definition_changing`.
    """

    entity = CharField("belongs to", max_length=16, choices=CustomFieldEntity, default=CustomFieldEntity.LISTING)
    key = CharField(
        max_length=64,
        validators=[RegexValidator(r"^[a-z][a-z0-9_]*\Z", "Lower-case letters, digits and _, a letter first.")],
    )
    label = CharField(max_length=255)
    data_type = CharField("type", max_length=16, choices=CustomFieldType, default=CustomFieldType.STRING)
    description = TextField(blank=True)
    options = JSONField(default=list, blank=True, help_text="The values of a list field.")
    is_required = models.BooleanField("required", default=False)
    default = JSONField(null=True, blank=True, help_text="What a new row gets that says nothing.")
    validation = JSONField(
        default=dict, blank=True, help_text="pattern, min, max, min_length, max_length, allowed_values."
    )
    is_active = models.BooleanField("active", default=True)
    display_order = models.IntegerField("order", default=100)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    # What to tell whoever saved it just now, "" if nothing; not stored.
    warning = ""

    class Meta:
        ordering = ["entity", "display_order", "key", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "key"],
                name="catalog_customfield_entity_key",
                violation_error_message="There is a custom field with this key already.",
            ),
            one_of("catalog_customfield_entity", "entity", CustomFieldEntity.values),
            one_of("catalog_customfield_data_type", "data_type", CustomFieldType.values),
        ]

    def __str__(self) -> str:
        return self.label

    def problem_of(self, value: Any) -> str:
        """What is wrong with a value for this field, "" if nothing is."""
        return value_problem(value, data_type=self.data_type, options=self.options, validation=self.validation)

    def clean(self) -> None:
        super().clean()
        errors = self._definition_errors()
        stored = None if self._state.adding else self.held()
        if (stored is None or stored.key != self.key) and not is_nameable(self.key):
            errors["key"] = [f'Filters and formulas could not name "{self.key}": choose another key.']
        if stored is not None:
            errors |= {name: [message] for name, message in self._orphans(stored).items() if name not in errors}
        if errors:
            raise ValidationError(errors)
        if self.data_type in CustomFieldType.values:
            definition_changing.send(sender=CustomField, field=self, stored=stored)

    def held(self) -> CustomField | None:
        """What is stored of it, kept so until the transaction ends: whoever is writing values of it is waited for."""
        rows = CustomField.objects.filter(pk=self.pk)
        if connection.features.has_select_for_update and connection.in_atomic_block:
            rows = rows.select_for_update(no_key=True)
        return rows.first()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """No value is left behind without a meaning: `delete_field` of valuation archives them first."""
        if self.pk is not None and (count := rows_holding(self.entity, self.key).count()):
            raise ValidationError(f"{_rows(count, self.entity)}: archive the values first.", code="in_use")
        return super().delete(*args, **kwargs)

    def _definition_errors(self) -> dict[str, list[str]]:
        if self.data_type not in CustomFieldType.values:
            return {}  # said by the field's own validator
        errors: dict[str, list[str]] = {}
        if problem := options_problem(self.options, data_type=self.data_type):
            errors["options"] = [problem]
        if problems := validation_problems(self.validation, data_type=self.data_type):
            errors["validation"] = problems
        if not errors and self.default is not None and (problem := self.problem_of(self.default)):
            errors["default"] = [f"The default {problem}"]
        return errors

    def _orphans(self, stored: CustomField) -> dict[str, str]:
        """Changes that would leave values behind which nobody can read any more."""
        moved = [name for name in ("entity", "key", "data_type") if getattr(self, name) != getattr(stored, name)]
        if moved and (count := rows_holding(stored.entity, stored.key).count()):
            label = str(self._meta.get_field(moved[0]).verbose_name)  # type: ignore[union-attr]  # all are columns
            return {moved[0]: f"{_rows(count, stored.entity)}: the {label} cannot be changed while they do."}
        options = self.options if isinstance(self.options, list) else []
        removed = [option for option in stored.options if option not in options]
        if moved or not removed:
            return {}
        used = dict.fromkeys(removed, 0)
        for value, count in counted_values(stored.entity, stored.key):
            for option in value if isinstance(value, list) else [value]:
                if isinstance(option, str) and option in used:
                    used[option] += count
        said = [f'"{option}" is used by {_rows(count, stored.entity, "")}' for option, count in used.items() if count]
        return {"options": f"{'; '.join(said)}: change the rows first."} if said else {}


def _rows(count: int, entity: str, verb: str = " hold values of this field") -> str:
    """`1 listing holds values ...`, `12 listings hold values ...`."""
    label = CustomFieldEntity(entity).label
    name = label if label.isupper() else label.lower()
    if count == 1:
        return f"1 {name}{verb.replace('hold', 'holds', 1)}"
    return f"{count:,} {name}s{verb}"


class CustomFieldChange(models.Model):
    """Who did what to a definition. It outlives the field: `field_id` is a number, not a reference."""

    field_id = models.BigIntegerField()
    entity = CharField(max_length=16, choices=CustomFieldEntity)
    key = CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True)
    actor = CharField(max_length=150, blank=True)
    action = CharField(max_length=8, choices=ChangeAction)
    before = JSONField(null=True)
    after = JSONField(null=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            # The history of one field.
            models.Index(fields=["field_id", "at"], name="catalog_customfieldchange_of")
        ]
        constraints = [one_of("catalog_customfieldchange_action", "action", ChangeAction.values)]

    def __str__(self) -> str:
        return f"{self.key} {self.action}"


class ArchivedValue(models.Model):
    """What a row held of a custom field that was deleted all the same."""

    entity = CharField(max_length=16, choices=CustomFieldEntity)
    key = CharField(max_length=64)
    row_id = models.BigIntegerField()
    value = JSONField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            # What a deleted field held.
            models.Index(fields=["entity", "key", "row_id"], name="catalog_archivedvalue_of")
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.row_id}: {self.key}"

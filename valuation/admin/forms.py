"""Forms and formsets of the rules' admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.models import BaseInlineFormSet

from valuation.engine import METRICS, FieldRegistry, Kind
from valuation.models.rules import WITHOUT_ACTION

Choices = list[tuple[str, Any]]


def metric_choices(registry: FieldRegistry) -> Choices:
    """What an action can count or measure: the quantities by their short names, then every number field."""
    quantities = [
        (name, f"{name}: {_quantity_label(metric.path, metric.unit, registry)}") for name, metric in METRICS.items()
    ]
    numbers: dict[str, Choices] = {}
    for field in registry.fields:
        if field.kind not in (Kind.NUMBER, Kind.BOOLEAN):
            continue
        place = field.path.partition(".")[0] if "." in field.path else "listing"
        label = field.label if not field.unit or field.unit in field.label else f"{field.label} ({field.unit})"
        numbers.setdefault(f"Fields of {place}", []).append((field.path, f"{field.path}: {label}"))
    return [("", "–"), ("Quantities", quantities), *numbers.items()]


def _quantity_label(path: str, unit: str, registry: FieldRegistry) -> str:
    field = registry.get(path) if path else None
    return f"{unit} of {field.label}" if field else "one"


class MetricSelect(forms.Select):
    """A select that also keeps what is stored and not among its choices, such as an alias of an imported rule."""

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> Any:
        groups = super().optgroups(name, value, attrs)
        known = {str(option["value"]) for _, options, _ in groups for option in options}
        for position, item in enumerate(value):
            if item and item not in known:
                option = self.create_option(name, item, item, True, len(groups), position, attrs=attrs)
                groups.append((None, [option], len(groups)))
        return groups


class FoldedErrors(forms.ModelForm):
    """Errors of fields that this form does not show stand at its top, with the field's name."""

    def add_error(self, field: str | None, error: Any) -> None:
        if field is None and isinstance(error, ValidationError) and hasattr(error, "error_dict"):
            folded: dict[str, list[Any]] = {}
            for name, found in error.error_dict.items():
                folded.setdefault(name if name in self.fields else NON_FIELD_ERRORS, []).extend(found)
            error = ValidationError(folded)
        super().add_error(field, error)


class ActionFormSet(BaseInlineFormSet):
    """The actions of a rule. (What the rule's own form refuses, such as its switch, is not known here.)"""

    def clean(self) -> None:
        super().clean()
        kept = [
            form for form in self.forms if form not in self.deleted_forms and (form.instance.pk or form.has_changed())
        ]
        if self.instance.is_active and not kept:
            raise ValidationError(WITHOUT_ACTION, code="no_action")

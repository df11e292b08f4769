"""One typed input for each custom field on the admin's page of a listing, CPU or GPU: nobody types JSON by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from catalog.choices import CustomFieldType
from catalog.custom_storage import COLUMN
from catalog.custom_types import is_blank, show
from catalog.custom_values import definitions, definitions_loaded, hold_definitions
from catalog.models import CustomField
from dealbrain.admin import SearchMixin
from dealbrain.careful import CarefulMixin
from dealbrain.forms import JsonField, pretty_json
from dealbrain.numerals import is_number

PREFIX = "custom_"
EXACT_INTEGERS = 2**53
MISFIT = "{} is stored. A value {} It stays until you give another."


class NumberField(forms.FloatField):
    """A number that stays whole if it was typed so: 16, not 16.0."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip() and not is_number(value.strip()):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        number = super().to_python(value)
        if number is None or not number.is_integer() or abs(number) >= EXACT_INTEGERS:
            return number
        return int(number)


class LinesOfText(forms.CharField):
    """Text with the line ends of Unix, whatever the browser sends."""

    widget = forms.Textarea(attrs={"rows": 4})

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text.replace("\r\n", "\n").replace("\r", "\n") if isinstance(text, str) else text


def _choices(field: CustomField) -> list[tuple[str, str]]:
    return [(option, option) for option in field.options]


def _number_widget(field: CustomField) -> forms.NumberInput:
    bounds = {key: field.validation[key] for key in ("min", "max") if key in field.validation}
    return forms.NumberInput({"step": "any", **bounds})


INPUTS: dict[str, Callable[[CustomField, dict[str, Any]], forms.Field]] = {
    CustomFieldType.STRING: lambda _, common: forms.CharField(
        empty_value=None, widget=forms.TextInput({"class": "vTextField"}), **common
    ),
    CustomFieldType.NUMBER: lambda field, common: NumberField(widget=_number_widget(field), **common),
    CustomFieldType.BOOLEAN: lambda _, common: forms.NullBooleanField(**common),
    CustomFieldType.ENUM: lambda field, common: forms.TypedChoiceField(
        choices=[("", "---------"), *_choices(field)], empty_value=None, **common
    ),
    CustomFieldType.MULTI_SELECT: lambda field, common: forms.MultipleChoiceField(
        choices=_choices(field), widget=forms.CheckboxSelectMultiple, **common
    ),
    CustomFieldType.TEXT: lambda _, common: LinesOfText(empty_value=None, strip=False, **common),
    CustomFieldType.JSON: lambda _, common: JsonField(empty=None, **common),
}


def input_name(field: CustomField) -> str:
    return f"{PREFIX}{field.key}"


def input_of(field: CustomField) -> forms.Field:
    """The input for one field. Whether a value is required depends on the row, so the form says it."""
    # A help text is shown as HTML.
    common = {"label": field.label, "help_text": escape(field.description), "required": False}
    return INPUTS[field.data_type](field, common)


def form_with_inputs(form: type[Any], fields: Sequence[CustomField]) -> type[Any]:
    """The form of a model with an input for each of these custom fields."""
    inputs = {input_name(field): input_of(field) for field in fields}
    return type(form.__name__, (form,), {**inputs, "custom_fields": tuple(fields), "__module__": form.__module__})


class AttributesForm(forms.ModelForm):
    """The form of a row with custom fields. What an input does not change stays as it is stored, whatever it is."""

    custom_fields: ClassVar[tuple[CustomField, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored: dict[str, Any] = dict(getattr(self.instance, COLUMN) or {})
        self.is_new = self.instance._state.adding
        for field in self.custom_fields:
            name, value = input_name(field), self.stored.get(field.key)
            if self.is_new:
                value = field.default
            elif value is not None and (problem := field.problem_of(value)):
                self.fields[name].help_text = format_html(MISFIT, show(value), problem)
                value = None  # no input of this type could show it
            self.initial.setdefault(name, value)
            # A row from before the field was required, or of this type, can still be saved.
            self.fields[name].required = field.is_required and (self.is_new or value is not None)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        attributes = dict(self.stored)
        for field in self.custom_fields:
            name = input_name(field)
            if name not in data or (name not in self.changed_data and not self.is_new):
                continue
            value = None if is_blank(data[name]) else data[name]
            if value is None:
                attributes.pop(field.key, None)
                if self.is_new:
                    attributes[field.key] = None  # cleared on purpose: no default
                if self.fields[name].required:  # a choice of yes and no does not say so by itself
                    self.add_error(name, str(self.fields[name].error_messages["required"]))
            elif problem := field.problem_of(value):
                self.add_error(name, f"This {problem}")
            else:
                attributes[field.key] = value
        setattr(self.instance, COLUMN, attributes)
        return data

    def _update_errors(self, errors: ValidationError) -> None:
        """What the model says of the attributes stands beside their inputs already, or else at the top."""
        if hasattr(errors, "error_dict") and COLUMN in errors.error_dict:
            said = errors.error_dict.pop(COLUMN)
            if not any(input_name(field) in self.errors for field in self.custom_fields):
                errors.error_dict.setdefault(NON_FIELD_ERRORS, []).extend(said)
        super()._update_errors(errors)  # type: ignore[misc]  # Django's own hook, which the stubs leave out


class AttributesAdmin(CarefulMixin, SearchMixin):
    """The admin of a model with custom fields: its `form` is an `AttributesForm`, its fieldsets leave them out."""

    entity: ClassVar[str]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST":
            hold_definitions()  # before the row is read, let alone written
        with definitions_loaded():
            return super().changeform_view(request, *args, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = form_with_inputs(self.form, self._fields(request, obj))
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        *first, last = super().get_fieldsets(request, obj)
        held = set(getattr(obj, COLUMN, None) or {})
        names = [input_name(field) for field in self._fields(request, obj)]
        if self._is_looked_at(request, obj):
            names = ["all_values"] if held else []
        elif held - {field.key for field in self._fields(request, obj)}:
            names.append("other_values")
        return [*first, *([("Custom fields", {"fields": names})] if names else []), last]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "all_values", "other_values")

    @admin.display(description="values")
    def all_values(self, obj: Any) -> SafeString:
        """For those who may only look."""
        labels = {field.key: field.label for field in definitions(self.entity)}
        return _lines((labels.get(key, key), value) for key, value in getattr(obj, COLUMN).items())

    @admin.display(description="other values")
    def other_values(self, obj: Any) -> SafeString:
        """What has no input: leftovers of an import, values of fields that are switched off."""
        inputs = {field.key for field in definitions(self.entity) if field.is_active}
        return _lines((key, value) for key, value in getattr(obj, COLUMN).items() if key not in inputs)

    def _is_looked_at(self, request: HttpRequest, obj: Any) -> bool:
        return obj is not None and not self.has_change_permission(request, obj)

    def _fields(self, request: HttpRequest, obj: Any) -> list[CustomField]:
        if self._is_looked_at(request, obj):
            return []
        return [field for field in definitions(self.entity) if field.is_active]


def _lines(values: Iterable[tuple[str, Any]]) -> SafeString:
    """`label: value`, one on each line."""
    shown = sorted((name, pretty_json(value)) for name, value in values)
    return format_html_join(mark_safe("<br>"), "{}: {}", shown)

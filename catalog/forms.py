"""Forms of the catalog's admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.choices import CustomFieldType, ScoreMetric
from catalog.custom_inputs import AttributesForm, NumberField
from catalog.custom_types import CHECKS
from catalog.models import CustomField, Profile
from dealbrain.folding import clean
from dealbrain.forms import LinesField, pretty_json, read_json

MOST_ORDER = 1_000_000


class NamedForm(forms.ModelForm):
    """What is known by its name. Names differ in more than their case."""

    def clean_name(self) -> str:
        name: str = clean(self.cleaned_data["name"])
        model = type(self.instance)
        if model.objects.named(name).exclude(pk=self.instance.pk).exists():
            raise ValidationError(f'There is a {model._meta.verbose_name} named "{name}" already.')
        return name


class PartForm(NamedForm, AttributesForm):
    """A CPU or GPU."""


class ValueObjectForm(forms.ModelForm):
    """A RAM spec or storage profile: no two are alike. Its identity is no field of the form, so it is checked here."""

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's own hook, which the stubs leave out
        if self.errors:
            return
        twin = type(self.instance).objects.filter(identity=self.instance.identity).exclude(pk=self.instance.pk).first()
        if twin is not None:
            kind = self.instance._meta.verbose_name
            self.add_error(None, f'"{twin}" (number {twin.pk}) is this {kind} already: use that one.')


class WeightsWidget(forms.MultiWidget):
    """One labelled number input for each metric."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        inputs: dict[str, forms.Widget | type[forms.Widget]] = {
            key: forms.NumberInput({"min": 0, "step": "any"}) for key in ScoreMetric.values
        }
        super().__init__(inputs, attrs)

    def decompress(self, value: Any) -> list[Any]:
        weights = value if isinstance(value, dict) else {}
        return [weights.get(key) for key in ScoreMetric.values]

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        inputs = self.get_context(name, value, attrs)["widget"]["subwidgets"]
        rows = [
            (part["attrs"]["id"], label, part["name"], self._text(part["value"]), flatatt(part["attrs"]))
            for part, label in zip(inputs, ScoreMetric.labels, strict=True)
        ]
        row = '<div><label for="{}">{}</label><input type="number" name="{}" value="{}"{}></div>'
        return format_html('<div class="weights">{}</div>', format_html_join("", row, rows))

    @staticmethod
    def _text(value: Any) -> Any:
        return "" if value is None else value


class WeightsField(forms.MultiValueField):
    """`{metric: weight}`; an empty input leaves the metric out."""

    def __init__(self, **kwargs: Any) -> None:
        numbers = tuple(forms.FloatField(min_value=0, required=False, label=label) for label in ScoreMetric.labels)
        super().__init__(
            numbers,
            require_all_fields=False,
            widget=WeightsWidget(),
            error_messages={"required": "At least one weight must be above 0."},
            help_text="How much each metric counts, against the others. Empty: not at all.",
            **kwargs,
        )

    def compress(self, data_list: list[Any]) -> dict[str, float]:
        values = dict(zip(ScoreMetric.values, data_list, strict=True)) if data_list else {}
        return {key: value for key, value in values.items() if value is not None}


class ProfileForm(NamedForm):
    weights = WeightsField()

    class Meta:
        model = Profile
        fields = ("name", "description", "is_default", "weights")
        help_texts = {"is_default": "The default makes the composite score. Choosing this one replaces the other."}

    def _get_validation_exclusions(self) -> set[str]:
        """A second default is no error here: saving it replaces the first."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # as above
        return {*excluded, "is_default"}


class CustomFieldForm(forms.ModelForm):
    """A definition without JSON: each check has an input of its own, and the default is read by the field's type."""

    options = LinesField(required=False, help_text="The values of a list, one on each line.")
    default = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What a new row gets that says nothing: number, yes or no, text; some of a list one on each line.",
    )
    display_order = forms.IntegerField(
        required=False, min_value=-MOST_ORDER, max_value=MOST_ORDER, help_text="Lower comes first."
    )
    pattern = forms.CharField(required=False, help_text="A regular expression (RE2) that the whole text must match.")
    min = NumberField(required=False, label="At least", help_text="For numbers.")
    max = NumberField(required=False, label="At most")
    min_length = forms.IntegerField(required=False, label="At least so long", help_text="Characters, or values chosen.")
    max_length = forms.IntegerField(required=False, label="At most so long")
    allowed_values = LinesField(required=False, help_text="Nothing but these texts or numbers, one on each line.")

    class Meta:
        model = CustomField
        fields = (
            "entity",
            "key",
            "label",
            "data_type",
            "options",
            "default",
            "is_required",
            "is_active",
            "display_order",
            "description",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key in CHECKS:
            self.initial.setdefault(key, self.instance.validation.get(key))
        self.initial["default"] = shown_default(self.instance)
        if "entity" in self.fields:
            self.fields["entity"].required = False

    def clean_entity(self) -> str:
        return self.cleaned_data["entity"] or self.instance.entity

    def clean_display_order(self) -> int:
        order: int | None = self.cleaned_data["display_order"]
        return self.instance.display_order if order is None else order

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data_type = data.get("data_type", "")
        checks = {key: data[key] for key in CHECKS if data.get(key) not in (None, "", [])}
        try:
            if data_type == CustomFieldType.NUMBER and "allowed_values" in checks:
                checks["allowed_values"] = [read_number(line) for line in checks["allowed_values"]]
        except ValidationError as error:
            self.add_error("allowed_values", error)
        try:
            data["default"] = read_default(data_type, data.get("default") or "")
        except ValidationError as error:
            self.add_error("default", error)
        self.instance.validation = checks
        return data

    def _update_errors(self, errors: ValidationError) -> None:
        """What the model says of a check stands beside the input of that check."""
        found = getattr(errors, "error_dict", {})
        for message in [message for error in found.pop("validation", []) for message in error.messages]:
            key, _, said = message.partition(": ")
            self.add_error(key if key in CHECKS else None, said if key in CHECKS else message)
        super()._update_errors(errors)  # type: ignore[misc]  # as above


YES_AND_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def read_number(text: str) -> int | float:
    """ValidationError for what is no number."""
    number: int | float = NumberField().clean(text)
    return number


def read_default(data_type: str, text: str) -> Any:
    """The default of a field of this type as it is typed in the admin; None for nothing. May raise ValidationError."""
    text = text.replace("\r\n", "\n").strip()
    if not text:
        return None
    if data_type == CustomFieldType.NUMBER:
        return read_number(text)
    if data_type == CustomFieldType.BOOLEAN:
        if text.lower() not in YES_AND_NO:
            raise ValidationError("Yes or no, please.")
        return YES_AND_NO[text.lower()]
    if data_type == CustomFieldType.MULTI_SELECT:
        return [line.strip() for line in text.splitlines() if line.strip()]
    return read_json(text) if data_type == CustomFieldType.JSON else text


def shown_default(field: CustomField) -> str:
    """The way back."""
    value = field.default
    if value is None:
        return ""
    if isinstance(value, bool) and field.data_type == CustomFieldType.BOOLEAN:
        return "yes" if value else "no"
    if isinstance(value, list) and field.data_type == CustomFieldType.MULTI_SELECT:
        return "\n".join(map(str, value))
    return value if isinstance(value, str) and field.data_type != CustomFieldType.JSON else pretty_json(value)

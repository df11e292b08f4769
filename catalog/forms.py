"""Forms of the catalog's admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.choices import CustomFieldType, ScoreMetric
from catalog.models import CustomField, Profile
from dealbrain.forms import LinesField

LIST_TYPES = (CustomFieldType.ENUM, CustomFieldType.MULTI_SELECT)


class PartForm(forms.ModelForm):
    """A CPU or GPU. Names differ in more than their case."""

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        model = type(self.instance)
        if model.objects.filter(name__iexact=name).exclude(pk=self.instance.pk).exists():
            raise ValidationError(f'There is a {model._meta.verbose_name} named "{name}" already.')
        return name


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


class ProfileForm(forms.ModelForm):
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
    options = LinesField(required=False, help_text="The values of a list, one on each line.")

    class Meta:
        model = CustomField
        fields = ("key", "label", "data_type", "options", "description")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        options = data.get("options") or []
        is_list = data.get("data_type") in LIST_TYPES
        if is_list and not options:
            self.add_error("options", "A list needs at least one value.")
        elif options and not is_list:
            self.add_error("options", "Only a list has values to choose from.")
        elif len({option.casefold() for option in options}) != len(options):
            self.add_error("options", "Each value once, please.")
        return data

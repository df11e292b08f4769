"""Uploading a baseline in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from baselines.models import Candidate
from baselines.overriding import Amount
from baselines.reading import MAX_BYTES, BaselineDocument, BaselineError, read_document
from valuation.registry import field_registry

MOST_SHOWN = 30


class UploadForm(forms.ModelForm):
    """One file, read and checked: what is wrong with it is told with every place."""

    file = forms.FileField(
        label="Baseline file",
        help_text="JSON of format 1.0 or 1.1, at most 5 MB. It is compared first; nothing changes until you adopt.",
        widget=forms.ClearableFileInput(attrs={"accept": ".json,application/json"}),
    )

    class Meta:
        model = Candidate
        fields: tuple[str, ...] = ()

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MAX_BYTES:
            raise ValidationError(f"The file has {file.size:,} bytes, a baseline at most {MAX_BYTES:,}.", code="size")
        try:
            self.document = read_document(file.read(), field_registry())
        except BaselineError as error:
            shown = [str(problem) for problem in error.problems[:MOST_SHOWN]]
            if more := len(error.problems) - len(shown):
                shown.append(f"... and {more} more.")
            raise ValidationError([ValidationError(text, code="baseline") for text in shown]) from error
        return file

    def save(self, commit: bool = True) -> Any:
        document: BaselineDocument = self.document
        self.instance.name = (self.cleaned_data["file"].name or "baseline.json")[-255:]
        self.instance.document, self.instance.source_hash = document.content, document.source_hash
        return super().save(commit)


class OverrideForm(forms.Form):
    """What counts instead of the baseline for one field: a value, a range or a formula."""

    value = forms.FloatField(required=False, label="Value", help_text="Dollars, or the factor where the field is one.")
    low = forms.FloatField(required=False, label="Lowest", help_text="A range: both ends.")
    high = forms.FloatField(required=False, label="Highest")
    formula = forms.CharField(
        required=False,
        max_length=1000,
        label="Formula",
        help_text="Gives dollars, and says itself when. For example: max(0, ram_gb - 16) * 2.5",
    )

    def amount(self) -> Amount:
        given = self.cleaned_data
        return Amount(value=given["value"], low=given["low"], high=given["high"], formula=given["formula"])

"""What is said of a file when it is uploaded."""

from __future__ import annotations

from django import forms

from imports.currencies import CODES
from imports.models import MOST_SOURCE


class UploadForm(forms.Form):
    file = forms.FileField(
        label="File",
        allow_empty_file=True,  # the service says so, in the same words as everywhere
        error_messages={"required": "Choose a file first."},
        help_text="CSV, Excel (xlsx, xls), OpenDocument (ods), JSON or JSON lines; at most 100 MB and 200,000 rows.",
    )
    source = forms.CharField(
        label="Source",
        required=False,
        max_length=MOST_SOURCE,
        help_text="Whose item numbers these are, such as the name of a shop. May be left empty.",
    )
    currency = forms.ChoiceField(
        label="Currency",
        required=False,
        choices=[("", "as the file says"), *((code, code) for code in sorted(CODES))],
        help_text="Of prices that do not say theirs. If the file does not say it either, you are asked.",
    )

"""What a visitor asks of the ranking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms

from dealbrain.constraints import MOST_DOLLARS
from listings.choices import Grade
from valuation.analytics.behind import QUESTIONS, Row, row_behind

DEFAULT_SORT = "value"


@dataclass(frozen=True, slots=True)
class Sort:
    """A column of the ranking. `ordering` is what the listings API takes; `aria` what assistive technology is told."""

    label: str
    ordering: str

    @property
    def aria(self) -> str:
        return "descending" if self.ordering.startswith("-") else "ascending"


SORTS = {
    "value": Sort("$ per CPU mark", "dollar_per_cpu_mark"),
    "composite": Sort("Composite score", "-score_composite"),
    "adjusted": Sort("Adjusted price", "adjusted_price_usd"),
    "price": Sort("Price", "price_usd"),
    "discount": Sort("Below fair value", "-discount"),
    "newest": Sort("Newest", "-created_at"),
}


# What somebody asks for who wants a good price: the grades that are at least that.
AT_LEAST = {
    "great": (Grade.GREAT,),
    "good": (Grade.GREAT, Grade.GOOD),
    "fair": (Grade.GREAT, Grade.GOOD, Grade.FAIR),
}
ONLY = "only"  # the prices that cannot be right


class RowField(forms.Field):
    """The row that a question is about, which somebody came here with: nobody types an id."""

    widget = forms.HiddenInput

    def __init__(self, question: str) -> None:
        super().__init__(required=False)
        self.question = question

    def clean(self, value: Any) -> Row | None:
        if not value:
            return None
        try:
            return row_behind(self.question, value)
        except ValueError as error:
            raise forms.ValidationError(str(error), code="invalid") from error


class HomeForm(forms.Form):
    """Filters and order of the home page. A part that cannot be read is named, and the rest counts."""

    q = forms.CharField(label="Search", max_length=200, required=False)
    max_price = forms.DecimalField(
        label="Up to", min_value=0, max_value=MOST_DOLLARS, max_digits=12, decimal_places=2, required=False
    )
    grade = forms.ChoiceField(
        label="Price is",
        choices=[("", "Any"), ("great", "Great"), ("good", "Good or better"), ("fair", "Fair or better")],
        required=False,
    )
    discount = forms.IntegerField(label="Below fair value by", min_value=0, max_value=100, required=False)
    sort = forms.ChoiceField(
        label="Best by", choices=[(key, sort.label) for key, sort in SORTS.items()], required=False
    )
    implausible = forms.ChoiceField(choices=[("", ""), (ONLY, ONLY)], required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, is_estimated: bool = True, **kwargs: Any) -> None:
        """Without an estimate of the market nothing is asked of it: nothing would be found."""
        super().__init__(*args, **kwargs)
        if not is_estimated:
            for name in ("grade", "discount", "implausible"):
                del self.fields[name]
        self.fields |= {name: RowField(name) for name in QUESTIONS}
        self.fields["q"].widget = forms.TextInput({"type": "search", "placeholder": "ThinkCentre, i5-8500T …"})
        self.fields["max_price"].widget = forms.NumberInput({"min": 0, "step": "any", "inputmode": "decimal"})

    def understood(self) -> dict[str, object]:
        """What was asked and could be read: any of the fields."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

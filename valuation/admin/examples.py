"""Examples in the admin: made from a listing, or typed by the pickers of conditions; run as they are saved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.http import urlencode

from dealbrain.admin import NOTHING, SearchMixin
from dealbrain.careful import CarefulMixin
from dealbrain.forms import JsonField
from dealbrain.text import row_id
from listings.models import Listing
from valuation.admin.fields import ConditionsInput
from valuation.admin.forms import FoldedErrors
from valuation.admin.shared import BaselineGuard
from valuation.engine import check_conditions, format_usd, plain_conditions
from valuation.examples.freezing import facts_of_listing
from valuation.examples.running import PASSED, Outcome, run_these
from valuation.examples.storing import refuse_more, remembered
from valuation.models import Example, Rule, Ruleset
from valuation.permissions import may_write, why_not
from valuation.registry import field_registry
from valuation.validation import AMOUNTS, MOST_USD

EQUALS = "equals"
MOST_OFFERED = 500  # rulesets to choose from
USD: dict[str, Any] = {"required": False, "max_digits": 12, "decimal_places": 2, "min_value": -MOST_USD}
FACTS_HELP = (
    "Each row is a fact: choose a field, leave “is”, give the value. They are frozen: a listing that changes does not "
    "change its example. Of ports, what is not named is none; anything else is missing."
)


def dollars(value: float) -> Decimal:
    """As an input shows it: $20 is 20.00."""
    return Decimal(value).quantize(Decimal("0.01"))


def as_rows(facts: Any) -> list[dict[str, Any]]:
    """Facts as the builder of conditions shows them: rows of field, "is" and value."""
    named = facts.items() if isinstance(facts, dict) else ()
    return [{"field_name": name, "operator": EQUALS, "value": value} for name, value in named]


def of_rows(tree: Any) -> dict[str, Any]:
    """The facts of such rows. Raises ValidationError for what is no fact, or told twice."""
    rows = plain_conditions(tree)
    if isinstance(rows, dict):
        rows = rows.get("conditions", []) if rows.get("logical_operator") == "and" else [rows]
    found: dict[str, Any] = {}
    for row in rows or []:
        if not isinstance(row, dict) or row.get("operator") not in (EQUALS, "eq"):
            raise ValidationError("A fact is a field that “is” a value: choose “is” in each row, without groups.")
        name = str(row.get("field_name"))
        if name in found:
            raise ValidationError(f"{name} is told twice: take one row away.")
        found[name] = row.get("value")
    return found


def rules_of(ruleset: Ruleset | None) -> list[tuple[str, str]]:
    """The rules of a ruleset as choices, by `group/rule`. One query."""
    rows = Rule.objects.filter(group__ruleset=ruleset).order_by("group__display_order", "group", "evaluation_order")
    keys = (f"{group}/{name}" for group, name in rows.values_list("group__name", "name")) if ruleset else ()
    return [(key, key) for key in keys]


class ExampleForm(FoldedErrors):
    """Nothing in it is JSON to people: facts are rows, what is expected are amounts and ticks."""

    facts_rows = JsonField(widget=ConditionsInput({"data-every": "usual"}), label="Facts", help_text=FACTS_HELP)
    total_usd = forms.DecimalField(**USD, label="Total", help_text="The adjustment in dollars, to the cent.")
    low_usd = forms.DecimalField(**USD, label="At least", help_text="Instead of a total: the lowest one.")
    high_usd = forms.DecimalField(**USD, label="At most", help_text="Instead of a total: the highest one.")
    matches = forms.MultipleChoiceField(required=False, label="Rules that match")
    not_matches = forms.MultipleChoiceField(required=False, label="Rules that do not")

    class Meta:
        model = Example
        fields = ("ruleset", "name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        example: Example = self.instance
        if example.pk:
            amounts = {
                name: dollars(value)
                for name, value in example.expected.items()
                if name in AMOUNTS and isinstance(value, int | float)
            }
            self.initial.update({"facts_rows": as_rows(example.facts), **example.expected, **amounts})
        ruleset = example.ruleset if example.pk else self._chosen()
        choices = rules_of(ruleset)
        for name in ("matches", "not_matches"):
            gone = [(key, f"{key} (there is no such rule any more)") for key in example.expected.get(name, ())]
            self.fields[name].choices = [*choices, *(pair for pair in gone if (pair[0], pair[0]) not in choices)]  # type: ignore[attr-defined]  # a choice field
            self.fields[name].widget.attrs["size"] = 8
        if not example.pk and not self.is_bound:
            self._prefill(ruleset)

    def _chosen(self) -> Ruleset | None:
        given = self.data.get("ruleset") if self.is_bound else self.initial.get("ruleset")
        return Ruleset.objects.select_related("draft_of").filter(pk=row_id(given) or 0).first()

    def _prefill(self, ruleset: Ruleset | None) -> None:
        """From a listing: its facts, and what the ruleset says of them now."""
        listing = Listing.objects.filter(pk=row_id(self.initial.get("listing")) or 0).first()
        if listing is None:
            return
        facts = facts_of_listing(listing.pk, field_registry())
        self.initial.update({"facts_rows": as_rows(facts), "name": listing.title[:200]})
        if ruleset is not None:
            [now] = run_these(ruleset, [Example(name="-", facts=facts, expected={"low_usd": -MOST_USD})]).outcomes
            if now.actual_cents is not None:
                self.initial.update({"total_usd": dollars(now.actual_cents / 100), "matches": list(now.amounts)})

    def clean(self) -> Any:
        cleaned = super().clean() or {}
        ruleset = cleaned.get("ruleset") or (self.instance.ruleset if self.instance.pk else None)
        tree = cleaned.get("facts_rows")
        if "facts_rows" in cleaned:
            try:
                self.instance.facts = of_rows(tree)
            except ValidationError as error:
                self.add_error("facts_rows", error)
            for problem in check_conditions(tree, field_registry()):
                if problem.severity == "error":
                    self.add_error("facts_rows", str(problem))
        amounts = {name: float(cleaned[name]) for name in AMOUNTS if cleaned.get(name) is not None}
        named = {name: cleaned[name] for name in ("matches", "not_matches") if cleaned.get(name)}
        self.instance.expected = {**amounts, **named}
        if ruleset is not None and not self.instance.pk:
            refuse_more(ruleset)
        return cleaned


@admin.register(Example)
class ExampleAdmin(BaselineGuard, CarefulMixin, SearchMixin):
    """The examples of all rulesets."""

    form = ExampleForm
    list_display = ("name", "ruleset", "says")
    list_select_related = ("ruleset",)
    list_filter = (("ruleset", admin.RelatedOnlyFieldListFilter),)
    search_fields = ("name", "ruleset__name")
    actions = ("run_selected",)
    fieldsets = (
        (None, {"fields": ("ruleset", "name")}),
        ("The machine", {"fields": ("facts_rows",)}),
        (
            "Expected of this ruleset by itself",
            {"fields": ("total_usd", ("low_usd", "high_usd"), "matches", "not_matches")},
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """An example stays with its ruleset."""
        return ("ruleset",) if obj else ()

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if request.method == "GET" and not request.GET.get("ruleset"):
            if not self.has_add_permission(request):
                return super().add_view(request, form_url, extra_context)
            listing = request.GET.get("listing", "")[:19]
            rulesets = list(Ruleset.objects.order_by("-is_active", "priority", "pk")[:MOST_OFFERED])
            if len(rulesets) == 1:
                asked = urlencode({"listing": listing, "ruleset": str(rulesets[0].pk)})
                return HttpResponseRedirect(f"{request.path}?{asked}")
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": "Which ruleset is the example of?",
                "listing": listing,
                "rulesets": rulesets,
            }
            return TemplateResponse(request, "admin/valuation/example/choose.html", context)
        return super().add_view(request, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if "ruleset" in form.base_fields:
            form.base_fields["ruleset"].validators = [_Writable(request.user)]
        return form

    def save_model(self, request: HttpRequest, obj: Example, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._tell(request, [obj])

    def _tell(self, request: HttpRequest, examples: list[Example]) -> None:
        for example in examples:
            ruleset = Ruleset.objects.select_related("draft_of").get(pk=example.ruleset_id)
            for outcome in remembered(run_these(ruleset, [example])).outcomes:
                (messages.success if outcome.state == PASSED else messages.warning)(request, _said(outcome))

    @admin.action(description="Run the selected examples", permissions=["view"])
    def run_selected(self, request: HttpRequest, queryset: QuerySet[Example]) -> None:
        by_ruleset: dict[int, list[Example]] = {}
        for example in queryset:
            by_ruleset.setdefault(example.ruleset_id, []).append(example)
        held = 0
        for pk, examples in by_ruleset.items():
            run = run_these(Ruleset.objects.select_related("draft_of").get(pk=pk), examples)
            held += len(run.of(PASSED))
            for outcome in run.wrong[:20]:
                messages.warning(request, str(outcome))
        messages.success(request, f"{held} of {queryset.count()} hold.")

    @admin.display(description="expected")
    def says(self, obj: Example) -> str:
        found = [
            f"{name.removesuffix('_usd')} {format_usd(round(obj.expected[name] * 100))}"
            for name in AMOUNTS
            if name in obj.expected
        ]
        counts = {"match": len(obj.expected.get("matches", ())), "do not": len(obj.expected.get("not_matches", ()))}
        found += [f"{count} {'rule' if count == 1 else 'rules'} {what}" for what, count in counts.items() if count]
        return ", ".join(found) or NOTHING


class _Writable:
    """A ruleset in which this person may write."""

    def __init__(self, user: Any) -> None:
        self.user = user

    def __call__(self, ruleset: Ruleset) -> None:
        if not may_write(self.user, ruleset):
            raise ValidationError(why_not(ruleset), code="baseline")


def _said(outcome: Outcome) -> str:
    if outcome.state == PASSED:
        return f'Example "{outcome.name}" holds: {format_usd(outcome.actual_cents or 0)} in total.'
    return str(outcome)

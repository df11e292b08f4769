"""Examples of rulesets over HTTP, and running them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from dealbrain.api.answers import Answer
from dealbrain.api.parameters import MOST_ID
from dealbrain.api.serializers import ListField, ObjectField, StrictFields, StrictSerializer
from dealbrain.api.shapes import number, whole, words
from dealbrain.api.views import ApiView, get_or_404
from dealbrain.api.writes import WriteViewSet
from listings.models import Listing
from valuation.examples.freezing import facts_of_listing
from valuation.examples.running import STATES, run_examples, run_these, shown
from valuation.examples.storing import refuse_more, remembered
from valuation.models import Example, Ruleset
from valuation.permissions import refuse_writing
from valuation.registry import field_registry
from valuation.validation import MOST_NAMED, MOST_USD

USD: dict[str, Any] = {
    "max_digits": 12,
    "decimal_places": 2,
    "min_value": -MOST_USD,
    "max_value": MOST_USD,
    "required": False,
    "allow_null": True,
    "coerce_to_string": False,
}


class ExpectedSerializer(StrictFields):
    """What a ruleset is to say: a total or a range, rules that match and rules that do not; at least one of these."""

    total_usd = serializers.DecimalField(**USD)
    low_usd = serializers.DecimalField(**USD)
    high_usd = serializers.DecimalField(**USD)
    matches = ListField(child=serializers.CharField(max_length=511), max_length=MOST_NAMED, required=False)
    not_matches = ListField(child=serializers.CharField(max_length=511), max_length=MOST_NAMED, required=False)

    def to_internal_value(self, data: Any) -> Any:
        """As it is stored: numbers of JSON, and nothing that says nothing."""
        values = super().to_internal_value(data)
        kept = {name: value for name, value in values.items() if value not in (None, [])}
        return {name: float(value) if name.endswith("_usd") else value for name, value in kept.items()}

    def to_representation(self, instance: Any) -> Any:
        return {name: instance[name] for name in self.fields if name in instance}


class ExampleSerializer(StrictSerializer):
    """A machine by its facts, and what the ruleset is to say of it. `listing_id` freezes the facts of a listing."""

    example: ClassVar[dict[str, Any]] = {
        "name": "16 GB",
        "facts": {"price_usd": 400, "ram_gb": 16, "condition": "used"},
        "expected": {"low_usd": -500, "high_usd": 500},
    }
    facts = ObjectField(required=False)
    expected = ExpectedSerializer()
    listing_id = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False, write_only=True)

    class Meta:
        model = Example
        fields = ("id", "name", "facts", "expected", "listing_id", "created_at", "updated_at")
        read_only_fields = ("created_at", "updated_at")
        validators: ClassVar[list[Any]] = []  # whose name it is the database says

    def validate(self, attrs: Any) -> Any:
        values = super().validate(attrs)
        listing = values.pop("listing_id", None)
        if listing is not None:
            if "facts" in values:
                message = "Give either facts, or the listing that they are taken from."
                raise ValidationError({"listing_id": [ErrorDetail(message, code="exclusive")]})
            try:
                values["facts"] = facts_of_listing(listing, field_registry())
            except Listing.DoesNotExist as error:
                raise ValidationError({"listing_id": [ErrorDetail(str(error), code="does_not_exist")]}) from error
        elif "facts" not in values and self.instance is None:
            message = "Give facts, or the listing that they are taken from as listing_id."
            raise ValidationError({"facts": [ErrorDetail(message, code="required")]})
        return values


class ExampleViewSet(WriteViewSet):
    """The examples of one ruleset: machines whose facts are frozen, and what its rules are to make of them."""

    queryset = Example.objects.all()
    serializer_class = ExampleSerializer
    put_keeps = True
    ordering_fields = {"id": "pk", "name": "name"}
    ordering = "name"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.ruleset = get_or_404(Ruleset.objects.select_related("draft_of"), kwargs["ruleset_id"])
        if request.method not in ("GET", "HEAD"):
            refuse_writing(request.user, self.ruleset)

    def get_queryset(self) -> QuerySet[Any]:
        ruleset = getattr(self, "ruleset", None)  # the schema has none
        return super().get_queryset().filter(ruleset=ruleset) if ruleset is not None else super().get_queryset()

    def list(self, request: Request, **_: Any) -> Response:
        return super().list(request)

    def create(self, request: Request, **_: Any) -> Response:
        return super().create(request)

    def retrieve(self, request: Request, pk: str, **_: Any) -> Response:
        return super().retrieve(request, pk)

    def update(self, request: Request, pk: str, *, partial: bool = False, **_: Any) -> Response:
        return super().update(request, pk, partial=partial)

    def partial_update(self, request: Request, pk: str, **_: Any) -> Response:
        return self.update(request, pk, partial=True)

    def destroy(self, request: Request, pk: str, **_: Any) -> Response:
        return super().destroy(request, pk)

    def make(self, serializer: Any) -> tuple[Any, bool]:
        try:
            refuse_more(self.ruleset)
        except DjangoValidationError as error:
            raise ValidationError({"name": error.messages}) from error
        return serializer.save(ruleset=self.ruleset), True

    def written(self, row: Any) -> None:
        for outcome in remembered(run_these(self.ruleset, [row])).wrong:
            self.notes.add("expected", str(outcome))


class RuleAmountSerializer(serializers.Serializer[Any]):
    """What a rule gives in an example, in USD; null: it does not match, or there is no earlier time."""

    rule = words()
    before_usd = number(allow_null=True)
    now_usd = number(allow_null=True)


class ExampleOutcomeSerializer(serializers.Serializer[Any]):
    """One example that was run."""

    id = whole()
    name = words()
    state = serializers.ChoiceField(STATES)
    expected = ExpectedSerializer()
    actual_total_usd = number(allow_null=True)
    misses = serializers.ListField(child=words())
    rules = RuleAmountSerializer(many=True)


class ExamplesRunSerializer(serializers.Serializer[Any]):
    """All examples of a ruleset that were run."""

    ruleset_id = whole()
    ruleset_name = words()
    passed = whole()
    failed = whole()
    broken = whole()
    examples = ExampleOutcomeSerializer(many=True)


class RunExamplesView(ApiView):
    """Run the examples of a ruleset by itself, whether it is active or not. Nothing is saved.

    What names a fact or a rule that is not there any more is broken: it has not passed.
    """

    queryset = Ruleset.objects.all()
    answers = {"POST": Answer(ExamplesRunSerializer, status=200)}
    only_reads = True

    def post(self, request: Request, pk: str) -> Response:
        self.read_query(request)
        ruleset = get_or_404(Ruleset.objects.select_related("draft_of"), pk)
        return Response(run_document(run_examples(ruleset)))


def run_document(run: Any) -> dict[str, Any]:
    return {
        "ruleset_id": run.ruleset_id,
        "ruleset_name": run.ruleset_name,
        **run.counts,
        "examples": [shown(outcome) for outcome in run.outcomes],
    }

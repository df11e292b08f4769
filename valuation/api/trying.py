"""Trying rules before anybody saves them: over every listing, on one, and a formula by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dealbrain.api.answers import Answer
from dealbrain.api.parameters import MOST_ID, Whole, nearest
from dealbrain.api.problems import FieldProblem, InvalidInput
from dealbrain.api.serializers import ObjectField, ReferenceField, StrictFields
from dealbrain.api.views import ApiView, form_problems, get_or_404
from listings.filtersets import ListingFilterSet
from listings.models import Listing
from listings.querysets import ListingQuerySet
from valuation.api.serializers import ActionSerializer, ConditionsField, RuleSerializer
from valuation.api.shapes_of_trying import EvaluatedSerializer, FormulaCheckedSerializer, PreviewShownSerializer
from valuation.engine import ActionSpec
from valuation.models import Rule, RuleAction, RuleGroup, Ruleset
from valuation.trying.one import evaluate_listing, try_formula
from valuation.trying.preview import Draft, preview_rule

DEFAULT_SAMPLE, MOST_SAMPLE = 10, 50
MOST_FORMULA = 10_000  # characters that are looked at; a formula may have fewer
ORDER: dict[str, Any] = {"min_value": -(2**31), "max_value": 2**31 - 1, "required": False}


class DraftSerializer(StrictFields):
    """A rule as it would be saved; its name does not matter."""

    group_id = ReferenceField(
        queryset=RuleGroup.objects.select_related("ruleset"), source="group", required=False, allow_null=True
    )
    conditions = ConditionsField()
    actions = ActionSerializer(many=True, required=False)
    evaluation_order = serializers.IntegerField(**ORDER)
    priority = serializers.IntegerField(**ORDER)
    is_active = serializers.BooleanField(required=False, default=True)

    def to_internal_value(self, data: Any) -> Any:
        """What a stored rule has besides does not change what it does, and may be sent along."""
        if isinstance(data, dict):
            beside = {*RuleSerializer.Meta.fields, *RuleSerializer.idle_names} - set(self.fields)
            data = {name: value for name, value in data.items() if name not in beside}
        return super().to_internal_value(data)


EXAMPLE: dict[str, Any] = {
    "conditions": {
        "logical_operator": "and",
        "conditions": [
            {"field_name": "ram_gb", "operator": "gte", "value": 16},
            {"field_name": "condition", "operator": "in", "value": ["refurb", "used"]},
        ],
    },
    "actions": [
        {
            "action_type": "per_unit",
            "metric": "per_gb",
            "value_usd": 2.5,
            "modifiers": {"condition_multipliers": {"refurb": 0.9, "used": 0.8}, "max_usd": 60},
        }
    ],
    "sample_size": 2,
    "filter": {"price_usd__lte": 400},
}


class FilterField(ObjectField):
    """Filters of listings by name."""

    json_schema = {"$ref": "#/components/schemas/ListingFilter"}


class PreviewSerializer(StrictFields):
    """Either `rule`, or its `conditions` and `actions`. `filter` takes what the list of listings takes."""

    idle_names = {"category_filter": "This filters nothing: `filter` takes what the list of listings takes."}
    example = EXAMPLE
    rule = DraftSerializer(required=False)
    conditions = ConditionsField()
    actions = ActionSerializer(many=True, required=False)
    group_id = ReferenceField(
        queryset=RuleGroup.objects.select_related("ruleset"), source="group", required=False, allow_null=True
    )
    replaces_rule_id = ReferenceField(
        queryset=Rule.objects.select_related("group__ruleset"), source="replaces", required=False, allow_null=True
    )
    sample_size = serializers.IntegerField(min_value=1, max_value=MOST_SAMPLE, default=DEFAULT_SAMPLE)
    filter = FilterField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        alone = [name for name in ("conditions", "actions", "group") if name in attrs]
        if "rule" in attrs and alone:
            message = f"Give either a rule, or its {' and '.join(alone)}."
            raise serializers.ValidationError({"rule": [ErrorDetail(message, code="exclusive")]})
        if not attrs.get("rule", attrs).get("actions"):
            message = "A rule without actions does nothing: give at least one."
            raise serializers.ValidationError({"actions": [ErrorDetail(message, code="required")]})
        return attrs

    def draft(self) -> Draft:
        given = self.validated_data
        rule: Mapping[str, Any] = given.get("rule", given)
        replaced: Rule | None = given.get("replaces")
        order = {name: rule.get(name, getattr(replaced, name, 100)) for name in ("evaluation_order", "priority")}
        return Draft(
            conditions=rule.get("conditions"),
            actions=tuple(_spec(action) for action in rule["actions"]),
            group=rule.get("group") or (replaced.group if replaced else None),
            replaces=replaced.pk if replaced else None,
            is_active=rule.get("is_active", True),
            **order,
        )


def _spec(action: Mapping[str, Any]) -> ActionSpec:
    return RuleAction(**action).spec


class PreviewView(ApiView):
    """What a rule would do to every active listing. Nothing is saved."""

    queryset = Ruleset.objects.all()
    answers = {"POST": Answer(PreviewShownSerializer, takes=PreviewSerializer, status=200)}
    only_reads = True

    def post(self, request: Request) -> Response:
        self.read_query(request)
        serializer = self.read_body(request, PreviewSerializer)
        given = serializer.validated_data
        listings = filtered(given.get("filter", {}))
        try:
            return Response(preview_rule(draft=serializer.draft(), listings=listings, sample_size=given["sample_size"]))
        except (Rule.DoesNotExist, RuleGroup.DoesNotExist) as error:  # deleted a moment ago
            raise NotFound(str(error)) from error


def filtered(wanted: Mapping[str, Any]) -> ListingQuerySet:
    """The active listings that these filters select. Raises InvalidInput with paths under `filter`."""
    listings = Listing.objects.active()
    known = {name: found for name, found in ListingFilterSet.base_filters.items() if name != "stale"}
    problems = [
        FieldProblem(f"filter.{name}", f"There is no such filter.{nearest(name, known)}", "unknown")
        for name in wanted
        if name not in known
    ]
    data = {name: ",".join(map(str, value)) if isinstance(value, list) else value for name, value in wanted.items()}
    filters = ListingFilterSet(data, queryset=listings)
    problems += [
        FieldProblem(f"filter.{problem.path}", problem.message, problem.code)
        for problem in form_problems(filters.form)
        if problem.path in known
    ]
    if problems:
        raise InvalidInput(problems)
    found: ListingQuerySet = filters.qs
    return found


class EvaluateView(ApiView):
    """The breakdown of one listing; with a ruleset, under that alone, a draft too."""

    queryset = Ruleset.objects.all()
    answers = {"POST": Answer(EvaluatedSerializer, status=200)}
    only_reads = True
    parameters = (Whole("ruleset_id", "The one ruleset to evaluate.", low=1, high=MOST_ID),)

    def post(self, request: Request, pk: int) -> Response:
        ruleset_id = self.read_query(request)["ruleset_id"]
        listing = get_or_404(Listing.objects.only("pk"), pk)
        if ruleset_id is not None:
            get_or_404(Ruleset.objects.only("pk"), ruleset_id)
        try:
            return Response(evaluate_listing(listing_id=listing.pk, ruleset_id=ruleset_id))
        except (Listing.DoesNotExist, Ruleset.DoesNotExist) as error:  # deleted a moment ago
            raise NotFound(str(error)) from error


class FormulaSerializer(StrictFields):
    """`sample_context` holds facts by name, such as `{"ram_gb": 16}`."""

    idle_names = {"entity_type": "A formula is always of a listing and its parts."}
    example: ClassVar[dict[str, Any]] = {"formula": "max(ram_gb - 8, 0) * 2.5", "sample_context": {"ram_gb": 16}}
    formula = serializers.CharField(max_length=MOST_FORMULA, allow_blank=True, trim_whitespace=False)
    sample_context = ObjectField(required=False, allow_null=True)


class FormulaView(ApiView):
    """Whether a formula can be saved, where it is wrong, what it reads and what it gives."""

    queryset = Ruleset.objects.all()
    answers = {"POST": Answer(FormulaCheckedSerializer, takes=FormulaSerializer, status=200)}
    only_reads = True

    def post(self, request: Request) -> Response:
        self.read_query(request)
        serializer = self.read_body(request, FormulaSerializer)
        given = serializer.validated_data
        return Response(try_formula(formula=given["formula"], sample=given.get("sample_context")))

"""What a machine is worth that nobody has listed: a title pasted from anywhere, facts, a price; nothing is saved."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response

from dealbrain.api.answers import Answer
from dealbrain.api.problems import MOST_PROBLEMS
from dealbrain.api.serializers import DecimalField, ObjectField, StrictFields
from dealbrain.api.shapes import number, whole, words
from dealbrain.api.views import ApiView
from dealbrain.constraints import MOST_DOLLARS
from listings.models import Listing
from valuation.api.shapes import ExplanationSerializer
from valuation.api.shapes_of_market import ListingMarketSerializer
from valuation.market.rankings import METRICS
from valuation.registry import field_registry
from valuation.trying.appraising import appraise
from valuation.trying.describing import Source, WrongFacts, read_facts

MOST_TITLE = 4_000  # characters, as many as are read
MOST_BYTES = 100_000
BESIDE = ("title", "price_usd")  # facts that have a place of their own


class AppraiseSerializer(StrictFields):
    """A title, facts, or both. `facts` are by their paths and win over the title."""

    example: ClassVar[dict[str, Any]] = {
        "title": "Lenovo ThinkCentre M75q Gen 2 Ryzen 5 PRO 4650GE 16GB 512GB NVMe Win 11 Pro",
        "facts": {"condition": "refurb", "ram_gb": 32},
        "price_usd": 260,
    }
    title = serializers.CharField(max_length=MOST_TITLE, required=False, allow_blank=True, allow_null=True)
    facts = ObjectField(required=False)
    price_usd = DecimalField(
        max_digits=12, decimal_places=2, min_value=0, max_value=MOST_DOLLARS, required=False, allow_null=True
    )

    def to_internal_value(self, data: Any) -> Any:
        """A title or a price among the facts, as examples of rulesets have it, is read as if it stood beside them."""
        facts = data.get("facts") if isinstance(data, dict) else None
        if isinstance(facts, dict):
            among = {
                name: facts[name] for name in BESIDE if name in facts and data.get(name) in (None, "", facts[name])
            }
            data = {**data, **among, "facts": {name: value for name, value in facts.items() if name not in among}}
        return super().to_internal_value(data)

    def validate_facts(self, facts: dict[str, Any]) -> dict[str, Any]:
        twice = [name for name in BESIDE if name in facts]
        if twice:
            message = "This is given beside the facts, too, as something else: give it once."
            raise serializers.ValidationError({name: [ErrorDetail(message, code="exclusive")] for name in twice})
        try:
            return read_facts(facts, field_registry())
        except WrongFacts as wrong:
            told = {
                problem.path or "facts": [ErrorDetail(str(problem.message), code=problem.code)]
                for problem in wrong.problems[:MOST_PROBLEMS]
            }
            raise serializers.ValidationError(told.get("facts") or told) from wrong

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not (attrs.get("title") or "").strip() and not attrs.get("facts"):
            message = 'Say what machine it is: give a title, or facts such as {"ram_gb": 16}.'
            raise serializers.ValidationError({"title": [ErrorDetail(message, code="required")]})
        return attrs


class RecognisedSerializer(serializers.Serializer[Any]):
    """What a title says of a machine. What it does not say is null."""

    cpu = words(allow_null=True)
    gpu = words(allow_null=True)
    ram_gb = number(allow_null=True)
    ram_type = words(allow_null=True)
    storage = serializers.ListField(child=serializers.ListField())
    screen_in = number(allow_null=True)
    os = words(allow_null=True)
    brand = words(allow_null=True)
    model = words(allow_null=True)
    form_factor = words(allow_null=True)
    condition = words(allow_null=True)
    flags = serializers.ListField(child=words())


class StatedFactSerializer(serializers.Serializer[Any]):
    """A fact of the machine, and who says it."""

    path = words()
    label: Any = words()
    value = serializers.JSONField()
    unit = words()
    source: Any = serializers.ChoiceField([str(source) for source in Source])


class RankSerializer(serializers.Serializer[Any]):
    """The place that it would take among active listings; null where it has none."""

    metric = serializers.ChoiceField(list(METRICS))
    value = number(allow_null=True)
    place = whole(allow_null=True)
    of = whole(allow_null=True)
    reason = words(allow_null=True)


class NearOfferSerializer(serializers.Serializer[Any]):
    """An offer that is like it and can be bought now."""

    id = whole()
    title = words()
    price_usd = number()
    adjusted_price_usd = number(allow_null=True)
    listing_url = words()
    distance = number()


class AppraisalSerializer(serializers.Serializer[Any]):
    """What a machine is worth, by the rules and by the market."""

    warnings = serializers.ListField(child=words())
    title = words(allow_null=True)
    price_usd = number(allow_null=True)
    recognised = RecognisedSerializer(allow_null=True)
    facts = StatedFactSerializer(many=True)
    valuation = ExplanationSerializer()
    market = ListingMarketSerializer()
    ranking = RankSerializer()
    nearest = NearOfferSerializer(many=True)


class AppraisalView(ApiView):
    """What a machine is worth that is not listed here. Nothing is saved."""

    queryset = Listing.objects.all()
    answers = {"POST": Answer(AppraisalSerializer, takes=AppraiseSerializer, status=200)}
    only_reads = True
    atomic_writes = False
    most_bytes = MOST_BYTES

    def post(self, request: Request) -> Response:
        self.read_query(request)
        given = self.read_body(request, AppraiseSerializer).validated_data
        title, facts = (given.get("title") or "").strip(), given.get("facts", {})
        return Response(appraise(title=title, facts=facts, price_usd=given.get("price_usd")))

"""What we say and decide about listings, over HTTP: rulesets of their own, fresh figures, history."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dealbrain.api.answers import Answer
from dealbrain.api.parameters import MOST_ID
from dealbrain.api.serializers import ListField, RowSerializer, StrictFields
from dealbrain.api.views import ApiView, ReadViewSet, get_or_404
from listings.api.serializers import ListingSerializer
from listings.api.views import listings_for_api
from listings.models import Listing
from listings.querysets import ListingQuerySet
from valuation.api.shapes import AppliedSerializer, OverrideShownSerializer, RecalculatedSerializer
from valuation.api.tasks import TaskSerializer, accepted
from valuation.explaining.breakdown import dollars
from valuation.jobs import start_full_run
from valuation.models import ListingScoreSnapshot, Ruleset, RulesetOverride
from valuation.overrides import Override, UnknownRuleset, listings_of_ruleset, override_of, set_override
from valuation.recalculation.run import RunSummary, Scope, recalculate

AUTO, STATIC = "auto", "static"
MOST_LISTINGS = 10_000
MOST_DISABLED = 1_000
SHOWN_IDS = 20


def identity(**options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=MOST_ID, **options)


class OverrideSerializer(StrictFields):
    """What is left out stays as it is."""

    example = {"mode": STATIC, "ruleset_id": 1}
    mode = serializers.ChoiceField([AUTO, STATIC], required=False)
    ruleset_id = identity(required=False, allow_null=True)
    disabled_rulesets = ListField(child=identity(), required=False, max_length=MOST_DISABLED)

    def changed(self, now: Override) -> Override:
        """The override that is asked for. Raises ValidationError where mode and ruleset contradict each other."""
        given = self.validated_data
        ruleset = given.get("ruleset_id", now.ruleset_id)
        mode = given.get("mode", STATIC if ruleset else AUTO)
        if mode == STATIC and ruleset is None:
            raise serializers.ValidationError({"ruleset_id": ["A static listing needs a ruleset."]})
        if mode == AUTO and given.get("ruleset_id") is not None:
            raise serializers.ValidationError({"ruleset_id": ["Only a static listing has a ruleset of its own."]})
        disabled = tuple(sorted(set(given.get("disabled_rulesets", now.disabled))))
        return Override(ruleset if mode == STATIC else None, disabled)


class OverridesView(ApiView):
    """Whether a listing is valued by the rulesets that match it, or by one that somebody chose."""

    queryset = RulesetOverride.objects.all()
    answers = {
        "GET": Answer(OverrideShownSerializer, etag=True),
        "PATCH": Answer(
            OverrideShownSerializer, takes=OverrideSerializer, etag=True, summary="Choose by which rulesets to value it"
        ),
    }

    def get(self, request: Request, pk: int) -> Response:
        self.read_query(request)
        return self.tagged(request, self._shown(override_of(get_or_404(Listing.objects.only("pk"), pk))))

    def patch(self, request: Request, pk: int) -> Response:
        self.read_query(request)
        # Of two at once the second waits, and changes what the first has decided.
        listing = get_or_404(Listing.objects.select_for_update(no_key=True).only("pk"), pk)
        serializer = self.read_body(request, OverrideSerializer)
        now = override_of(listing)
        self.refuse_overwriting(request, self._shown(now))
        try:
            return self.tagged(request, self._shown(set_override(listing=listing, override=serializer.changed(now))))
        except UnknownRuleset as error:
            raise NotFound(str(error)) from error

    @staticmethod
    def _shown(override: Override) -> dict[str, Any]:
        return {
            "mode": STATIC if override.ruleset_id else AUTO,
            "ruleset_id": override.ruleset_id,
            "disabled_rulesets": list(override.disabled),
        }


class RecalculateView(ApiView):
    """Value one listing now."""

    queryset = Listing.objects.all()
    answers = {"POST": Answer(ListingSerializer)}
    requires = {"POST": "listings.change_listing"}
    atomic_writes = False

    def post(self, request: Request, pk: int) -> Response:
        self.read_query(request)
        listing = get_or_404(Listing.objects.only("pk"), pk)
        recalculate(scope=Scope(listings=Listing.objects.filter(pk=listing.pk)), trigger="api")
        return Response(ListingSerializer(get_or_404(listings_for_api(), pk)).data)


class ListingIdsSerializer(StrictFields):
    """null: every listing."""

    example: ClassVar[dict[str, Any]] = {"listing_ids": [1, 2]}
    listing_ids = ListField(child=identity(), allow_null=True, required=False, min_length=1, max_length=MOST_LISTINGS)


class BulkRecalculateView(ApiView):
    """Value many listings: the named ones now, all of them as a task where there are workers."""

    queryset = Listing.objects.all()
    answers = {
        "POST": Answer(
            RecalculatedSerializer,
            takes=ListingIdsSerializer,
            also={HTTPStatus.ACCEPTED: TaskSerializer},
            errors=(404,),
        )
    }
    requires = {"POST": "listings.change_listing"}
    atomic_writes = False

    def post(self, request: Request) -> Response:
        self.read_query(request)
        serializer = self.read_body(request, ListingIdsSerializer)
        ids = serializer.validated_data.get("listing_ids")
        if ids is None and settings.REDIS_URL:
            return accepted(start_full_run(trigger="api"))
        scope = Scope(everything=True) if ids is None else Scope(listings=named_listings(ids))
        summary = recalculate(scope=scope, trigger="api")
        message = f"{summary.done} listings looked at, {summary.changed} with new figures, {summary.failed} failed."
        return Response({"updated_count": summary.done - summary.failed, "message": message})


class ApplySerializer(ListingIdsSerializer):
    example: ClassVar[dict[str, Any]] = {"ruleset_id": 1, "listing_ids": [1, 2]}
    ruleset_id = identity(required=False, allow_null=True)


class ApplyView(ApiView):
    """Bring figures up to date: of the named listings, of those a ruleset may concern, or of all of them."""

    queryset = Ruleset.objects.all()
    requires = {"POST": "valuation.add_recalculationrun"}
    answers = {
        "POST": Answer(
            AppliedSerializer, takes=ApplySerializer, also={HTTPStatus.ACCEPTED: TaskSerializer}, errors=(404,)
        )
    }
    atomic_writes = False

    def post(self, request: Request) -> Response:
        self.read_query(request)
        serializer = self.read_body(request, ApplySerializer)
        ids, ruleset_id = (serializer.validated_data.get(name) for name in ("listing_ids", "ruleset_id"))
        if ids is None and ruleset_id is None and settings.REDIS_URL:
            return accepted(start_full_run(trigger="api"))
        summary = recalculate(scope=self._scope(ids, ruleset_id), trigger="api")
        return Response(self._shown(summary))

    @staticmethod
    def _scope(ids: list[int] | None, ruleset_id: int | None) -> Scope:
        if ids is None and ruleset_id is None:
            return Scope(everything=True)
        listings = Listing.objects.all() if ids is None else named_listings(ids)
        if ruleset_id is not None:
            get_or_404(Ruleset.objects.only("pk"), ruleset_id)
            listings = listings & listings_of_ruleset(ruleset_id)
        return Scope(listings=listings)

    @staticmethod
    def _shown(summary: RunSummary) -> dict[str, Any]:
        return {
            "processed": summary.done,
            "succeeded": summary.done - summary.failed,
            "failed": summary.failed,
            "errors": [*(str(failure["reason"]) for failure in summary.failures), *summary.problems],
        }


def named_listings(ids: list[int]) -> ListingQuerySet:
    """Raises NotFound with the ids that do not exist."""
    listings = Listing.objects.filter(pk__in=set(ids))
    missing = sorted(set(ids) - set(listings.values_list("pk", flat=True)))
    if missing:
        shown = ", ".join(map(str, missing[:SHOWN_IDS]))
        more = f" and {len(missing) - SHOWN_IDS} more" if len(missing) > SHOWN_IDS else ""
        raise NotFound(f"There are no listings with the ids {shown}{more}.")
    return listings


class SnapshotSerializer(RowSerializer[ListingScoreSnapshot]):
    """Money in USD. `explanation` is what each rule gave then, where that is known."""

    price_usd = serializers.SerializerMethodField()
    total_adjustment = serializers.SerializerMethodField()
    adjusted_price_usd = serializers.SerializerMethodField()
    figures = serializers.DictField(child=serializers.FloatField(allow_null=True), read_only=True)

    class Meta:
        model = ListingScoreSnapshot
        fields = (
            "id",
            "taken_at",
            "reason",
            "price_usd",
            "total_adjustment",
            "adjusted_price_usd",
            "figures",
            "explanation",
        )

    def get_price_usd(self, snapshot: ListingScoreSnapshot) -> float | None:
        return dollars(snapshot.price_cents)

    def get_total_adjustment(self, snapshot: ListingScoreSnapshot) -> float | None:
        return dollars(snapshot.total_cents)

    def get_adjusted_price_usd(self, snapshot: ListingScoreSnapshot) -> float | None:
        return dollars(snapshot.adjusted_cents)


class HistoryViewSet(ReadViewSet):
    """The figures of one listing at the moments its price changed, newest first."""

    queryset = ListingScoreSnapshot.objects.all()
    serializer_class = SnapshotSerializer
    ordering_fields = {"id": "pk", "taken_at": "taken_at"}
    ordering = "-taken_at"

    def list(self, request: Request, pk: int) -> Response:  # type: ignore[override]  # a list inside a listing
        self.listing = get_or_404(Listing.objects.only("pk"), pk)
        return super().list(request)

    def get_queryset(self) -> QuerySet[ListingScoreSnapshot]:
        return ListingScoreSnapshot.objects.filter(listing=getattr(self, "listing", None))

"""The market over HTTP: what it says about a listing, the estimate behind it, and making a new one."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dealbrain.api.answers import Answer
from dealbrain.api.views import ApiView, ReadViewSet, get_or_404
from listings.models import Listing
from valuation.api.shapes_of_market import CalibrationSerializer, ListingMarketSerializer, MarketModelSerializer
from valuation.market.calibration import start_in_background
from valuation.market.showing import candidate_of, listing_market
from valuation.models import MarketModel

FILE: dict[str, Any] = {"$ref": "#/components/schemas/BaselineDocument"}


class ListingMarketView(ApiView):
    """What the market says about one listing: fair value, grade, target price, and the parts that it is made of."""

    queryset = Listing.objects.all()
    answers = {"GET": Answer(ListingMarketSerializer)}

    def get(self, request: Request, pk: str) -> Response:
        self.read_query(request)
        return Response(listing_market(get_or_404(Listing.objects.only("pk"), pk).pk))


class MarketModelView(ApiView):
    """The estimate that fair values and grades come from."""

    queryset = MarketModel.objects.all()
    answers = {"GET": Answer(MarketModelSerializer, errors=(404,))}

    def get(self, request: Request) -> Response:
        self.read_query(request)
        model = MarketModel.objects.filter(is_current=True).first()
        if model is None:
            raise NotFound("The market has not been estimated yet: POST /v1/market/calibrations does it.")
        return Response(MarketModelSerializer(model).data)


class CalibrationViewSet(ReadViewSet):
    """When the market was estimated, by whom, and how it went."""

    queryset = MarketModel.objects.all()
    serializer_class = CalibrationSerializer
    ordering_fields = {"id": "pk", "started_at": "started_at"}
    ordering = "-id"
    internal = True
    atomic_writes = False
    answers = {"create": Answer(CalibrationSerializer, status=HTTPStatus.ACCEPTED, summary="Estimate the market anew")}

    def create(self, request: Request) -> Response:
        """Estimate the market anew and value every listing by it. One that runs already is joined.

        Where there are no workers it is done by the time of the answer.
        """
        self.read_query(request)
        model = start_in_background(trigger="api")
        headers = {"Location": f"/v1/market/calibrations/{model.pk}"}
        return Response(CalibrationSerializer(model).data, status=HTTPStatus.ACCEPTED, headers=headers)


class CandidateView(ApiView):
    """The rules of an estimate as a baseline file, to be compared with the active one and adopted."""

    queryset = MarketModel.objects.all()
    internal = True
    answers = {"GET": Answer(FILE, summary="The rules of an estimate as a baseline file")}

    def get(self, request: Request, pk: str) -> Response:
        self.read_query(request)
        model = get_or_404(MarketModel.objects.all(), pk)
        found = candidate_of(model)
        if found is None:
            raise NotFound(f"Calibration {model.pk} has no estimate: {model.error or 'it is not done yet.'}")
        headers = {"Content-Disposition": f'attachment; filename="calibration-{model.pk}.json"'}
        return Response(found, headers=headers)

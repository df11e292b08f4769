"""What a listing has cost, over HTTP."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from dealbrain.api.serializers import RowSerializer
from dealbrain.api.views import ReadViewSet, get_or_404
from listings.models import Listing, PriceRecord


class PriceRecordSerializer(RowSerializer[PriceRecord]):
    class Meta:
        model = PriceRecord
        fields = ("id", "date", "price_original", "currency", "price_usd", "import_session")
        read_only_fields = fields


class PricesViewSet(ReadViewSet):
    """What imports have told of the price of one listing, newest first."""

    queryset = PriceRecord.objects.all()
    serializer_class = PriceRecordSerializer
    ordering_fields = {"id": "pk", "date": "date"}
    ordering = "-date"

    def list(self, request: Request, pk: int) -> Response:  # type: ignore[override]  # a list inside a listing
        self.listing = get_or_404(Listing.objects.only("pk"), pk)
        return super().list(request)

    def get_queryset(self) -> QuerySet[PriceRecord]:
        return PriceRecord.objects.filter(listing=getattr(self, "listing", None))

"""Many listings in one request: all of them or none, and those that are listed already as they are."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.db import IntegrityError, transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.custom_values import definitions_loaded
from catalog.remembering import parts_remembered
from dealbrain.api.answers import Answer
from dealbrain.api.parameters import MOST_ID
from dealbrain.api.problems import Conflict
from dealbrain.api.serializers import ROWS, StrictFields
from dealbrain.api.views import ApiView
from listings.api.parts import MODELS
from listings.api.serializers import ListingSerializer
from listings.api.views import listings_for_api
from listings.models import Listing
from listings.services import create_many
from listings.signals import figures_wanted

MOST_LISTINGS = 1_000


class ListedSerializer(ListingSerializer):
    """One of many: that no two are the same item is looked at for all of them together."""

    class Meta(ListingSerializer.Meta):
        validators: tuple[Any, ...] = ()


class BulkCreateSerializer(StrictFields):
    """Listings as POST takes them. One whose marketplace, source and vendor_item_id are known stays as it is."""

    example = {
        "listings": [
            {"title": "ThinkCentre M75q", "price_usd": 289.5, "marketplace": "ebay", "vendor_item_id": "1"},
            {"title": "OptiPlex 7080 Micro", "price_usd": 240, "cpu_name": "Core i5-10500T", "ram_gb": 16},
        ]
    }
    listings = ListedSerializer(many=True, allow_empty=False, max_length=MOST_LISTINGS)  # type: ignore[call-arg]  # of the list


class BulkCreatedSerializer(serializers.Serializer[Any]):
    """The listings in the order in which they were sent, and the ids of those that are new."""

    listings = ListingSerializer(many=True)
    created_ids = serializers.ListField(child=serializers.IntegerField())
    created_count = serializers.IntegerField()
    existing_count = serializers.IntegerField()


class BulkCreateView(ApiView):
    """Create up to 1,000 listings: all of them or none. An item of a marketplace that is listed already is found."""

    queryset = Listing.objects.all()
    rows: Mapping[Any, Mapping[int, Any]] = {}
    answers = {
        "POST": Answer(
            BulkCreatedSerializer,
            takes=BulkCreateSerializer,
            status=HTTPStatus.CREATED,
            also={HTTPStatus.OK: BulkCreatedSerializer},
            errors=(409,),
        )
    }

    def post(self, request: Request) -> Response:
        self.read_query(request)
        self.rows = rows_named(request.data)
        with parts_remembered(), definitions_loaded():
            serializer = self.read_body(request, BulkCreateSerializer)
            try:
                with transaction.atomic():
                    rows, fresh = create_many(serializer.validated_data["listings"])
            except IntegrityError as error:
                raise Conflict("Somebody has listed one of these items meanwhile: send them again.") from error
        figures_wanted.send(Listing, ids=fresh)
        shown = listings_for_api().in_bulk({row.pk for row in rows})
        document = {
            "listings": ListingSerializer([shown[row.pk] for row in rows], many=True).data,
            "created_ids": fresh,
            "created_count": len(fresh),
            "existing_count": len(rows) - len(fresh),
        }
        return Response(document, status=HTTPStatus.CREATED if fresh else HTTPStatus.OK)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), ROWS: self.rows}


def rows_named(body: Any) -> dict[Any, Mapping[int, Any]]:
    """The rows that a body names by id, by their models: one query for each of these."""
    items = body.get("listings") if isinstance(body, dict) else None
    wanted: dict[Any, set[int]] = {}
    for item in items[:MOST_LISTINGS] if isinstance(items, list) else ():
        for name, model in MODELS.items():
            pk = item.get(f"{name}_id") if isinstance(item, dict) else None
            if isinstance(pk, int) and not isinstance(pk, bool) and 0 < pk <= MOST_ID:
                wanted.setdefault(model, set()).add(pk)
    return {model: model.objects.in_bulk(ids) for model, ids in wanted.items()}

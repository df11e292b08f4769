"""Listings over HTTP: many at once, and what belongs to one of them."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.fields import LabelledChoiceField
from catalog.choices import PortType
from catalog.custom_values import definitions_loaded, hold_definitions
from catalog.models.ports import MOST_PORTS
from dealbrain.api.answers import Answer
from dealbrain.api.parameters import MOST_ID, Flag
from dealbrain.api.problems import Conflict
from dealbrain.api.serializers import ListField, ObjectField, StrictFields
from dealbrain.api.views import ApiView, get_or_404
from listings.api.describing import ListingSchemaSerializer, listing_schema
from listings.api.parts import find_parts
from listings.api.serializers import ListingSerializer
from listings.api.views import listings_for_api
from listings.models import Listing
from listings.services import replace_ports, write_many
from listings.signals import figures_wanted
from listings.specs import disagreements

MOST_LISTINGS = 1_000
SHOWN_IDS = 20


class SharedFields(ListingSerializer):
    """The fields that many listings can be given at once."""

    fields_inside = False
    example = {"status": "archived"}

    class Meta(ListingSerializer.Meta):
        fields = tuple(name for name in ListingSerializer.Meta.fields if name not in ("components", "attributes"))
        validators: tuple[Any, ...] = ()  # that no two are the same item, only the database can say

    components: Any = None

    def problems(self, values: dict[str, Any]) -> dict[str, Any]:
        """Custom fields are checked with each listing."""
        return {**find_parts(values, None), **disagreements(values)}


class BulkUpdateSerializer(StrictFields):
    """`attributes` are changes: null removes a custom field."""

    example = {"listing_ids": [1, 2], "fields": {"status": "archived"}}
    listing_ids = ListField(
        child=serializers.IntegerField(min_value=1, max_value=MOST_ID), min_length=1, max_length=MOST_LISTINGS
    )
    fields = SharedFields(required=False, partial=True)  # type: ignore[assignment]  # the contract's name; it ends up in `fields`
    attributes = ObjectField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "listing_ids" not in attrs:
            raise serializers.ValidationError({"listing_ids": ["This field is required."]}, code="required")
        return attrs


class BulkUpdatedSerializer(serializers.Serializer[Any]):
    updated = ListingSerializer(many=True, allow_null=True)
    updated_count = serializers.IntegerField()


class BulkUpdateView(ApiView):
    """The same change to up to 1,000 listings: all of them or none."""

    parameters = (
        Flag("rows", "Whether `updated` holds the listings as they are now, megabytes of them. Without, it is null."),
    )
    queryset = Listing.objects.all()
    requires = {"POST": "listings.change_listing"}
    answers = {"POST": Answer(BulkUpdatedSerializer, takes=BulkUpdateSerializer, errors=(404,))}

    def post(self, request: Request) -> Response:
        with_rows = self.read_query(request)["rows"]
        # Partial: what is left out of `fields` is left as it is.
        serializer = self.read_body(request, BulkUpdateSerializer, partial=True)
        given = serializer.validated_data
        ids = sorted(set(given["listing_ids"]))
        hold_definitions()
        listings = self._held(ids)
        try:
            with transaction.atomic(), definitions_loaded():
                write_many(listings=listings, values=given.get("fields", {}), attributes=given.get("attributes", {}))
        except IntegrityError as error:
            raise Conflict("Another listing is this item of this marketplace already.") from error
        figures_wanted.send(Listing, ids=ids)
        updated = None
        if with_rows:
            updated = ListingSerializer(listings_for_api().filter(pk__in=ids).order_by("pk"), many=True).data
        return Response({"updated": updated, "updated_count": len(ids)})

    @staticmethod
    def _held(ids: list[int]) -> list[Listing]:
        """The listings, locked in the order of their ids. Raises NotFound with those that do not exist."""
        found = Listing.objects.filter(pk__in=ids).order_by("pk")
        found.hold()
        listings = list(found.select_related("ram_spec", "primary_storage_profile", "secondary_storage_profile"))
        if missing := sorted(set(ids) - {listing.pk for listing in listings}):
            shown = ", ".join(map(str, missing[:SHOWN_IDS]))
            more = f" and {len(missing) - SHOWN_IDS} more" if len(missing) > SHOWN_IDS else ""
            raise NotFound(f"There are no listings with the ids {shown}{more}: nothing was changed.")
        return listings


class ListingPortSerializer(StrictFields):
    port_type = LabelledChoiceField(PortType.choices)
    quantity = serializers.IntegerField(min_value=1, max_value=16)


class ListingPortsSerializer(StrictFields):
    example = {"ports": [{"port_type": "usb_c", "quantity": 2}, {"port_type": "hdmi", "quantity": 1}]}
    ports = ListField(child=ListingPortSerializer(), max_length=MOST_PORTS)


class PortsView(ApiView):
    """The ports of one listing. POST replaces them all; other listings with the same profile keep theirs."""

    queryset = Listing.objects.all()
    requires = {"POST": "listings.change_listing"}
    answers = {
        "GET": Answer(ListingPortsSerializer),
        "POST": Answer(ListingPortsSerializer, takes=ListingPortsSerializer, summary="Replace the ports of a listing"),
    }

    def get(self, request: Request, pk: int) -> Response:
        self.read_query(request)
        return Response(self._shown(get_or_404(Listing.objects.select_related("ports_profile"), pk)))

    def post(self, request: Request, pk: int) -> Response:
        self.read_query(request)
        hold_definitions()
        # Of two at once the second waits, and replaces what the first has given.
        listing = get_or_404(Listing.objects.select_for_update(no_key=True), pk)
        serializer = self.read_body(request, ListingPortsSerializer)
        ports = [(port["port_type"], port["quantity"]) for port in serializer.validated_data["ports"]]
        replace_ports(listing, ports)
        return Response(self._shown(listing))

    @staticmethod
    def _shown(listing: Listing) -> dict[str, Any]:
        ports = listing.ports_profile.ports.order_by("pk") if listing.ports_profile else ()
        return {"ports": [{"port_type": port.type, "quantity": port.count} for port in ports]}


class SchemaView(ApiView):
    """The fields of a listing: columns, figures and custom fields."""

    queryset = Listing.objects.all()
    answers = {"GET": Answer(ListingSchemaSerializer)}

    def get(self, request: Request) -> Response:
        self.read_query(request)
        return Response(listing_schema())

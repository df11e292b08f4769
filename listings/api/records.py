"""`/v1/fields-data`: rows of any entity, by one pattern of paths; some of them have custom fields."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api import views as parts
from catalog.choices import CustomFieldEntity
from dealbrain.api.answers import Answer
from dealbrain.api.views import ApiView, ReadViewSet
from listings.api.describing import FieldDescriptionSerializer, described
from listings.api.views import ListingViewSet
from listings.models import Listing

ENTITIES: dict[str, type[ReadViewSet]] = {
    CustomFieldEntity.LISTING: ListingViewSet,
    CustomFieldEntity.CPU: parts.CpuViewSet,
    CustomFieldEntity.GPU: parts.GpuViewSet,
    "ram_spec": parts.RamSpecViewSet,
    "storage_profile": parts.StorageProfileViewSet,
    "ports_profile": parts.PortsProfileViewSet,
    "profile": parts.ProfileViewSet,
}
LABELS = {
    **dict(CustomFieldEntity.choices),
    "ram_spec": "RAM spec",
    "storage_profile": "Storage profile",
    "ports_profile": "Ports profile",
    "profile": "Scoring profile",
}
PRIMARY_KEY = "id"


class EntitySerializer(serializers.Serializer[Any]):
    entity = serializers.ChoiceField(list(ENTITIES))
    label: Any = serializers.CharField()
    primary_key = serializers.CharField()
    supports_custom_fields = serializers.BooleanField()
    records = serializers.CharField()
    schema = serializers.CharField()


class EntitiesSerializer(serializers.Serializer[Any]):
    entities = EntitySerializer(many=True)


class EntitySchemaSerializer(serializers.Serializer[Any]):
    entity = serializers.ChoiceField(list(ENTITIES))
    label: Any = serializers.CharField()
    primary_key = serializers.CharField()
    fields: Any = FieldDescriptionSerializer(many=True)


class EntitiesView(ApiView):
    """Which entities there are, and where their rows are."""

    queryset = Listing.objects.all()
    answers = {"GET": Answer(EntitiesSerializer)}

    def get(self, request: Request) -> Response:
        self.read_query(request)
        base = "/v1/fields-data"
        items = [
            {
                "entity": entity,
                "label": LABELS[entity],
                "primary_key": PRIMARY_KEY,
                "supports_custom_fields": entity in CustomFieldEntity.values,
                "records": f"{base}/{entity}/records",
                "schema": f"{base}/{entity}/schema",
            }
            for entity in ENTITIES
        ]
        return Response({"entities": items})


class EntitySchemaView(ApiView):
    """The fields of an entity: its columns, and its custom fields."""

    queryset = Listing.objects.all()
    answers = {"GET": Answer(EntitySchemaSerializer, summary="The fields of {view.entity}: columns and custom fields")}
    entity: str = CustomFieldEntity.LISTING

    def get(self, request: Request) -> Response:
        self.read_query(request)
        view: Any = ENTITIES[self.entity]
        core, custom = described(view.serializer_class, self.entity)
        document = {"entity": self.entity, "label": LABELS[self.entity], "primary_key": PRIMARY_KEY}
        return Response({**document, "fields": [*core, *custom]})

"""`/v1/fields-data`: rows of any entity that has custom fields, by one pattern of paths."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.views import CpuViewSet, GpuViewSet
from catalog.choices import CustomFieldEntity
from dealbrain.api.answers import Answer
from dealbrain.api.views import ApiView, ReadViewSet
from listings.api.describing import FieldDescriptionSerializer, described
from listings.api.views import ListingViewSet
from listings.models import Listing

ENTITIES: dict[str, type[ReadViewSet]] = {
    CustomFieldEntity.LISTING: ListingViewSet,
    CustomFieldEntity.CPU: CpuViewSet,
    CustomFieldEntity.GPU: GpuViewSet,
}


class EntitySerializer(serializers.Serializer[Any]):
    entity = serializers.ChoiceField(CustomFieldEntity.choices)
    label: Any = serializers.CharField()
    records = serializers.CharField()
    schema = serializers.CharField()


class EntitiesSerializer(serializers.Serializer[Any]):
    entities = EntitySerializer(many=True)


class EntitySchemaSerializer(serializers.Serializer[Any]):
    entity = serializers.ChoiceField(CustomFieldEntity.choices)
    label: Any = serializers.CharField()
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
                "label": CustomFieldEntity(entity).label,
                "records": f"{base}/{entity}/records",
                "schema": f"{base}/{entity}/schema",
            }
            for entity in ENTITIES
        ]
        return Response({"entities": items})


class EntitySchemaView(ApiView):
    """The fields of an entity: its columns, and its custom fields."""

    queryset = Listing.objects.all()
    answers = {"GET": Answer(EntitySchemaSerializer)}
    entity: str = CustomFieldEntity.LISTING

    def get(self, request: Request) -> Response:
        self.read_query(request)
        label = CustomFieldEntity(self.entity).label
        view: Any = ENTITIES[self.entity]
        core, custom = described(view.serializer_class, self.entity)
        return Response({"entity": self.entity, "label": label, "fields": [*core, *custom]})

"""Overrides over HTTP: what counts instead of the baseline for one field, and what that does to the listings."""

from __future__ import annotations

from http import HTTPStatus

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from baselines.api.serializers import SetBaselineOverrideSerializer
from baselines.api.shapes import BaselineOverrideSerializer, BaselineOverridesSerializer, ImpactSerializer
from baselines.api.views import BaselineView, told
from baselines.impact import impact_of_overrides
from baselines.overriding import list_overrides, remove_overrides, set_override
from baselines.reading import ENTITIES
from baselines.showing import impact_document
from dealbrain.api.answers import Answer
from dealbrain.api.parameters import Choice, Whole, nearest
from dealbrain.api.problems import printable
from valuation.permissions import BASELINE_PERMISSION

ENTITY = Choice("entity_key", "Whose fields.", None, ENTITIES)
MOST_MOVERS = 100
WRITES = {"POST": BASELINE_PERMISSION, "DELETE": BASELINE_PERMISSION}


def known_entity(entity: str) -> str:
    if entity not in ENTITIES:
        hint = nearest(entity, ENTITIES) or f" There are {', '.join(ENTITIES)}."
        raise NotFound(f'There is no entity "{printable(entity[:100])}".{hint}')
    return entity


class SetOverrideView(BaselineView):
    """Make an override, or change the one there is."""

    requires = WRITES
    answers = {
        "POST": Answer(
            BaselineOverrideSerializer,
            takes=SetBaselineOverrideSerializer,
            status=HTTPStatus.CREATED,
            also={200: BaselineOverrideSerializer},
            errors=(409,),
        )
    }

    def post(self, request: Request) -> Response:
        serializer = self.valid(request, SetBaselineOverrideSerializer)
        given = serializer.validated_data
        with told():
            found, is_new = set_override(
                entity=given["entity_key"], field=given["field_name"], amount=serializer.amount()
            )
        status = HTTPStatus.CREATED if is_new else HTTPStatus.OK
        return Response(BaselineOverrideSerializer(found).data, status=status)


class EntityOverridesView(BaselineView):
    """The overrides of one entity. DELETE takes them all away: the baseline counts again."""

    requires = WRITES
    answers = {
        "GET": Answer(BaselineOverridesSerializer, path=(ENTITY,)),
        "DELETE": Answer(None, path=(ENTITY,), summary="Take away all overrides of one entity"),
    }

    def get(self, request: Request, entity_key: str) -> Response:
        self.read_query(request)
        overrides = list_overrides(known_entity(entity_key))
        return Response(BaselineOverridesSerializer({"entity_key": entity_key, "overrides": overrides}).data)

    def delete(self, request: Request, entity_key: str) -> Response:
        self.read_query(request)
        remove_overrides(entity=known_entity(entity_key))
        return Response(status=HTTPStatus.NO_CONTENT)


class FieldOverrideView(BaselineView):
    """Take away the override of one field: the baseline counts again."""

    requires = WRITES
    answers = {"DELETE": Answer(None, path=(ENTITY,))}

    def delete(self, request: Request, entity_key: str, field_name: str) -> Response:
        self.read_query(request)
        if not remove_overrides(entity=known_entity(entity_key), field=field_name):
            raise NotFound(f"There is no override of {entity_key}.{printable(field_name[:100])}.")
        return Response(status=HTTPStatus.NO_CONTENT)


class PreviewView(BaselineView):
    """What the overrides do: every priced active listing without them and with them."""

    parameters = (
        Choice("entity_key", "Only the overrides of this entity.", None, ENTITIES),
        Whole("sample_size", "At most so many of the listings that move most.", None, low=1, high=MOST_MOVERS),
    )
    answers = {"GET": Answer(ImpactSerializer)}

    def get(self, request: Request) -> Response:
        asked = self.read_query(request)
        document = impact_document(impact_of_overrides(asked["entity_key"] or ""))
        return Response({**document, "samples": document["samples"][: asked["sample_size"]]})

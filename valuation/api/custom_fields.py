"""Custom fields over HTTP: definitions, what they hold, who changed them, and which rules name them."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

import django_filters
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import connection
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.choices import CustomFieldEntity, CustomFieldType
from catalog.custom_types import MOST_OPTIONS, MOST_PATTERN
from catalog.models import CustomField, CustomFieldChange
from dealbrain.api.answers import Answer
from dealbrain.api.filters import SearchedBy, choice, text
from dealbrain.api.pagination import MOST_ROWS, Page
from dealbrain.api.parameters import Flag, Parameter, Whole
from dealbrain.api.problems import Conflict, printable
from dealbrain.api.serializers import StrictFields, StrictSerializer
from dealbrain.api.views import ApiView, ReadViewSet, get_or_404
from dealbrain.api.writes import WriteViewSet
from listings.custom_fields import usage, values
from valuation.api.shapes import FieldDeletionSerializer, FieldUsageSerializer, ValueCountsSerializer
from valuation.custom_fields import FieldInUse, delete_field, rules_naming, rulesets_naming

OPTIONS = {"type": "array", "items": {"type": "string"}, "maxItems": MOST_OPTIONS}
CHECKS = {
    "type": "object",
    "properties": {
        "pattern": {"type": "string", "maxLength": MOST_PATTERN},
        "min": {"type": "number"},
        "max": {"type": "number"},
        "min_length": {"type": "integer", "minimum": 0},
        "max_length": {"type": "integer", "minimum": 0},
        "allowed_values": {"type": "array", "items": {"type": ["string", "number"]}, "minItems": 1},
    },
    "additionalProperties": False,
}


class CustomFieldSerializer(StrictSerializer):
    """`key` is what values are kept under, and what rules name as `custom.<key>`.

    Whoever switches off a field that rules read is told so by a `warning` beside the rest.
    """

    required: Any = serializers.BooleanField(source="is_required", required=False)

    class Meta:
        model = CustomField
        fields = (
            "id",
            "entity",
            "key",
            "label",
            "data_type",
            "description",
            "options",
            "required",
            "default",
            "validation",
            "is_active",
            "display_order",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("created_at", "updated_at")
        json_schemas: ClassVar[dict[str, Any]] = {"options": OPTIONS, "validation": CHECKS}


class CustomFieldFilterSet(django_filters.FilterSet):
    q = SearchedBy("key", "label", "description")
    entity = choice(CustomFieldEntity)
    data_type = choice(CustomFieldType)
    key = text("key")

    class Meta:
        model = CustomField
        fields: tuple[str, ...] = ()


class CustomFieldViewSet(WriteViewSet):
    """Deleting a field that is used needs `force=true`: its values are archived, and the answer names its rules."""

    queryset = CustomField.objects.all()
    serializer_class = CustomFieldSerializer
    filterset_class = CustomFieldFilterSet
    ordering_fields: Mapping[str, str] = {"id": "pk", "key": "key", "label": "label", "display_order": "display_order"}
    ordering = "display_order,key"
    answers = {"destroy": Answer(FieldDeletionSerializer, etag=True)}

    def expected(self) -> tuple[Parameter, ...]:
        if self.action == "destroy":
            return (Flag("force", "Whether to delete a field that is used: its values are archived."),)
        return super().expected()

    def guarded(self, request: Request, pk: str) -> Any:
        self.written = super().guarded(request, pk)
        return self.written

    def update(self, request: Request, pk: str, *, partial: bool = False) -> Response:
        response = super().update(request, pk, partial=partial)
        if self.written.warning:  # of this write, and no part of the row
            response.data = {**response.data, "warning": self.written.warning}
        return response

    def destroy(self, request: Request, pk: str) -> Response:
        force = self.read_query(request)["force"]
        field = self.guarded(request, pk)
        try:
            deletion = delete_field(field=field, force=force)
        except FieldInUse as error:
            raise Conflict(error.messages[0]) from error
        return Response(
            {
                "archived": deletion.archived,
                "rules": [{"id": pk, "name": name} for pk, name in deletion.rules],
                "rulesets": [{"id": pk, "name": name} for pk, name in deletion.rulesets],
            }
        )


class OptionSerializer(StrictFields):
    value = serializers.CharField(max_length=255)


class OptionsView(ApiView):
    """One more value of a list field. One that is there already stays."""

    queryset = CustomField.objects.all()
    requires = {"POST": "catalog.change_customfield"}
    answers = {"POST": Answer(CustomFieldSerializer, takes=OptionSerializer, status=HTTPStatus.CREATED)}

    def post(self, request: Request, pk: int) -> Response:
        self.read_query(request)
        fields = CustomField.objects.all()
        if connection.features.has_select_for_update:
            fields = fields.select_for_update(no_key=True)  # two who add an option at once both do
        field = get_or_404(fields, pk)
        serializer = self.read_body(request, OptionSerializer)
        value = serializer.validated_data["value"]
        if value not in field.options:
            field.options = [*field.options, value]
            try:
                field.save()
            except DjangoValidationError as error:  # told of the name under which it was sent
                raise serializers.ValidationError({"value": error.messages}) from error
        return Response(CustomFieldSerializer(field).data, status=HTTPStatus.CREATED)


class UsageView(ApiView):
    """How many rows hold a value of a field, and which rules name it."""

    queryset = CustomField.objects.all()
    answers = {"GET": Answer(FieldUsageSerializer)}

    def get(self, request: Request, pk: int) -> Response:
        self.read_query(request)
        field = get_or_404(CustomField.objects.all(), pk)
        found = usage(field)
        return Response(
            {
                "rows": found.rows,
                "distinct_values": found.distinct,
                "rules": [{"id": rule.pk, "name": rule.name} for rule in rules_naming(field)],
                "rulesets": [{"id": ruleset.pk, "name": ruleset.name} for ruleset in rulesets_naming(field)],
            }
        )


class ValuesView(ApiView):
    """The most frequent values of a field, by `entity.key` or id, and how many rows hold each."""

    queryset = CustomField.objects.all()
    answers = {"GET": Answer(ValueCountsSerializer)}
    parameters = (Whole("limit", "How many values.", 50, low=1, high=MOST_ROWS),)

    def get(self, request: Request, field: str) -> Response:
        limit = self.read_query(request)["limit"]
        found = values(named_field(field), limit + 1)
        items = [{"value": value, "count": count} for value, count in found[:limit]]
        page = Page(rows=items, limit=limit, total=None, next_cursor=None)
        return Response({**page.envelope(items), "has_next": len(found) > limit})


def named_field(name: str) -> CustomField:
    """The field with this id, or this `entity.key`. Raises NotFound."""
    entity, dot, key = name.partition(".")
    if not dot:
        return get_or_404(CustomField.objects.all(), name)
    field = CustomField.objects.filter(entity=entity[:64], key=key[:64]).first()
    if field is None:
        raise NotFound(f'There is no custom field "{printable(name[:100])}".')
    return field


class ChangeSerializer(serializers.ModelSerializer[CustomFieldChange]):
    class Meta:
        model = CustomFieldChange
        fields = ("id", "field_id", "entity", "key", "at", "actor", "action", "before", "after")


class FieldHistoryViewSet(ReadViewSet):
    """Who changed the definition of a field, newest first. Also of one that was deleted."""

    queryset = CustomFieldChange.objects.all()
    serializer_class = ChangeSerializer
    ordering_fields: Mapping[str, str] = {"id": "pk", "at": "at"}
    ordering = "-at"
    internal = True

    def list(self, request: Request, pk: int) -> Response:  # type: ignore[override]  # a list inside a field
        self.field_id = pk
        if not self.get_queryset().exists():
            get_or_404(CustomField.objects.only("pk"), pk)
        return super().list(request)

    def get_queryset(self) -> QuerySet[CustomFieldChange]:
        return CustomFieldChange.objects.filter(field_id=getattr(self, "field_id", 0))

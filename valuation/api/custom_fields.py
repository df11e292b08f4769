"""Custom fields over HTTP: definitions, what they hold, who changed them, and which rules name them."""

from __future__ import annotations

import re
import unicodedata
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
from dealbrain.api.pagination import Page
from dealbrain.api.parameters import Flag, Parameter, Whole, nearest
from dealbrain.api.problems import Conflict, printable
from dealbrain.api.serializers import RowSerializer, StrictFields, StrictSerializer
from dealbrain.api.views import ApiView, ReadViewSet, get_or_404
from dealbrain.api.writes import WriteViewSet
from listings.core_fields import ENTITIES, core_column, core_names
from listings.custom_fields import all_usage, usage, values
from valuation.api.shapes import (
    AllUsageSerializer,
    FieldDeletionSerializer,
    FieldUsageSerializer,
    ValueCountsSerializer,
)
from valuation.definitions.naming import FieldInUse, delete_field, rules_naming, rulesets_naming

MOST_VALUES = 1_000
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

    example: ClassVar[dict[str, Any]] = {
        "entity": "listing",
        "key": "warranty_months",
        "label": "Warranty left",
        "data_type": "number",
        "validation": {"min": 0, "max": 60},
    }
    required: Any = serializers.BooleanField(source="is_required", required=False)
    older_names = {"default_value": "default"}
    idle_names = {
        "visibility": "A field is seen by everybody who sees its rows.",
        "is_locked": "There are no locks: who may change fields is a matter of permissions.",
        "created_by": "Who does this is known by the login, and is not for a client to say.",
        "deleted_at": "",
    }

    def to_internal_value(self, data: Any) -> Any:
        if self.instance is None and isinstance(data, dict) and isinstance(data.get("label"), str):
            data = {**data, "key": data.get("key") or key_of(data["label"])}
        return super().to_internal_value(data)

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
        # Left out, the key is made of the label.
        extra_kwargs: ClassVar[dict[str, Any]] = {"key": {"required": False}}
        json_schemas: ClassVar[dict[str, Any]] = {"options": OPTIONS, "validation": CHECKS}


def key_of(label: str) -> str:
    """A key made of a label: lower case, `_` for all else, a letter first. Empty where nothing is left of it."""
    text = unicodedata.normalize("NFKD", label[:255]).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "_", text).strip("_")
    return (f"field_{key}" if key[:1].isdigit() else key)[:64].strip("_")


class CustomFieldFilterSet(django_filters.FilterSet):
    q = SearchedBy("key", "label", "description")
    entity = choice(CustomFieldEntity)
    data_type = choice(CustomFieldType)
    key = text("key")

    class Meta:
        model = CustomField
        fields: tuple[str, ...] = ()


LISTED = (
    Flag("include_inactive", "Whether fields that are switched off are listed.", True),
    Flag("include_deleted", "Taken and passed over: a deleted field is gone; /v1/fields/{id}/history has its past."),
)
FORCE = Flag("force", "Taken and passed over: a change that would leave values without a meaning is always refused.")


class CustomFieldViewSet(WriteViewSet):
    """Deleting a field that is used needs `force=true`: its values are archived, and the answer names its rules."""

    queryset = CustomField.objects.all()
    serializer_class = CustomFieldSerializer
    filterset_class = CustomFieldFilterSet
    ordering_fields: Mapping[str, str] = {"id": "pk", "key": "key", "label": "label", "display_order": "display_order"}
    ordering = "display_order,key"
    answers = {"destroy": Answer(FieldDeletionSerializer, etag=True)}

    def expected(self) -> tuple[Parameter, ...]:
        if self.action == "list":
            return (*super().expected(), *LISTED)
        if self.action == "destroy":
            force = Flag("force", "Whether to delete a field that is used: its values are archived.")
            return (force, Flag("hard_delete", "Taken and passed over: a deleted field is gone, and its values kept."))
        return (FORCE,) if self.action in ("update", "partial_update") else ()

    def get_queryset(self) -> QuerySet[Any]:
        fields = super().get_queryset()
        request = getattr(self, "request", None)  # the schema has none
        all_wanted = self.action != "list" or request is None or LISTED[0].read(request.query_params, [])
        return fields if all_wanted else fields.filter(is_active=True)

    def written(self, row: CustomField) -> None:
        self.row = row

    def update(self, request: Request, pk: str, *, partial: bool = False) -> Response:
        response = super().update(request, pk, partial=partial)
        if self.row.warning:  # of this write, and no part of the row
            response.data = {**response.data, "warning": self.row.warning}
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
    example: ClassVar[dict[str, Any]] = {"value": "silver"}
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


class AllUsageView(ApiView):
    """How many rows hold a value of each custom field."""

    queryset = CustomField.objects.all()
    answers = {"GET": Answer(AllUsageSerializer, name="fields_usage_list")}

    def get(self, request: Request) -> Response:
        self.read_query(request)
        rows = [
            {
                "field_id": field.pk,
                "entity": field.entity,
                "key": field.key,
                "total": count,
                "counts": {field.entity: count},
            }
            for field, count in all_usage()
        ]
        return Response({"usage": rows})


class ValuesView(ApiView):
    """The most frequent values of a field, and how many rows hold each: a custom one by `entity.key` or id, or a column
    such as `cpu.manufacturer`."""

    queryset = CustomField.objects.all()
    answers = {"GET": Answer(ValueCountsSerializer)}
    parameters = (
        Whole("limit", "How many values.", 50, low=1, high=MOST_VALUES),
        Parameter("search", "Words that a value holds, each of them."),
    )

    def get(self, request: Request, field: str) -> Response:
        asked = self.read_query(request)
        limit, words = asked["limit"], asked["search"] or ""
        column = core_column(field)
        found = column.values(limit + 1, words) if column else values(named_field(field), limit + 1, words)
        items = [{"value": value, "count": count} for value, count in found[:limit]]
        page = Page(rows=items, limit=limit, total=None, next_cursor=None)
        return Response({**page.envelope(items), "has_next": len(found) > limit})


def named_field(name: str) -> CustomField:
    """The field with this id, or this `entity.key`. Raises NotFound."""
    entity, dot, key = name.partition(".")
    if not dot:
        return get_or_404(CustomField.objects.all(), name)
    # (Keys are plain: what else may stand in an address is none, and no database need see it.)
    plain = key.isascii() and key.isidentifier()
    field = CustomField.objects.filter(entity=entity, key=key).first() if plain and entity in ENTITIES else None
    if field is None:
        hint = nearest(name, core_names()) if entity in ENTITIES else f" Entities are {', '.join(ENTITIES)}."
        raise NotFound(f'There is no field "{printable(name[:100])}".{hint}')
    return field


class ChangeSerializer(RowSerializer[CustomFieldChange]):
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

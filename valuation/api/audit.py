"""The history of rules over HTTP. It says who did what, so it is never public."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dealbrain.api.serializers import RowSerializer
from dealbrain.api.views import ReadViewSet, get_or_404
from valuation.filtersets import AuditFilterSet
from valuation.models import AuditEntry, Rule, RuleVersion


class RuleVersionSerializer(RowSerializer[RuleVersion]):
    """`snapshot` is the whole rule as it was from `at` on; `actor` is empty when nobody is known."""

    version = serializers.IntegerField(source="number")

    class Meta:
        model = RuleVersion
        fields = ("version", "at", "actor", "snapshot")


class RuleVersionViewSet(ReadViewSet):
    """The versions of one rule, newest first."""

    queryset = RuleVersion.objects.all()
    serializer_class = RuleVersionSerializer
    ordering_fields = {"version": "number"}
    ordering = "-version"
    internal = True
    rule_id: int | None = None  # until `list` has found the rule

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().filter(rule_id=self.rule_id)

    def list(self, request: Request, pk: str = "") -> Response:
        self.rule_id = get_or_404(Rule.objects.only("pk"), pk).pk
        return super().list(request)


class AuditEntrySerializer(RowSerializer[AuditEntry]):
    """Of what was updated, `before` and `after` hold what differs; of what was created or deleted, everything."""

    class Meta:
        model = AuditEntry
        fields = (
            "id",
            "at",
            "actor",
            "action",
            "target_kind",
            "target_id",
            "target_name",
            "ruleset_id",
            "rule_id",
            "before",
            "after",
            "request_id",
        )


class AuditLogViewSet(ReadViewSet):
    """Every change of rules, newest first."""

    queryset = AuditEntry.objects.all()
    serializer_class = AuditEntrySerializer
    filterset_class = AuditFilterSet
    ordering_fields = {"id": "pk"}  # ids are given in the order of the commits
    ordering = "-id"
    internal = True

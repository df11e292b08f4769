"""Recalculations as tasks: start one, follow it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dealbrain.api.problems import printable
from dealbrain.api.views import ReadViewSet
from valuation.jobs import start_full_run
from valuation.models import RecalculationRun

# What the contract calls them: figures and metrics are computed together, so both are one run.
ACTIONS = ("recalculate-valuations", "recalculate-metrics")


class TaskSerializer(serializers.ModelSerializer[RecalculationRun]):
    """`progress` goes from 0 to 1; `result` counts listings, and seconds by phase."""

    class Meta:
        model = RecalculationRun
        fields = ("id", "trigger", "cause", "scope", "started_at", "finished_at")

    def to_representation(self, instance: RecalculationRun) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        return shown | {
            "action": ACTIONS[0],
            "status": instance.state,
            "progress": 1.0 if instance.finished_at else round(min(instance.done / (instance.total or 1), 1.0), 4),
            "result": {
                "total": instance.total,
                "processed": instance.done,
                "changed": instance.changed,
                "written": instance.written,
                "failed": instance.failed,
                "failures": instance.failures,
                "revision": instance.revision,
                "seconds": instance.seconds,
            },
            "error": instance.error or None,
        }


class TaskViewSet(ReadViewSet):
    """GET: runs. POST on a name starts a full run, 202; where there are no workers the task is done by then."""

    queryset = RecalculationRun.objects.all()
    serializer_class = TaskSerializer
    ordering_fields = {"id": "pk", "started_at": "started_at"}
    ordering = "-id"
    internal = True
    atomic_writes = False

    def start(self, request: Request, pk: str) -> Response:
        self.refuse(self.name_problems(request))
        if pk not in ACTIONS:
            raise NotFound(f'There is no task "{printable(pk[:100])}": there are {", ".join(ACTIONS)}.')
        run = start_full_run(trigger="api")
        headers = {"Location": f"/v1/admin/tasks/{run.pk}"}
        return Response(TaskSerializer(run).data, status=HTTPStatus.ACCEPTED, headers=headers)

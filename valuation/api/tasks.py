"""Recalculations as tasks: start one, follow it."""

from __future__ import annotations

from http import HTTPStatus

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dealbrain.api.answers import Answer
from dealbrain.api.parameters import Choice
from dealbrain.api.problems import printable
from dealbrain.api.serializers import RowSerializer
from dealbrain.api.tasks import offer_tasks, offered_tasks
from dealbrain.api.views import ReadViewSet
from valuation.choices import RunState
from valuation.jobs import start_full_run
from valuation.models import RecalculationRun

# What the contract calls them: figures and metrics are computed together, so both are one run.
ACTIONS = ("recalculate-valuations", "recalculate-metrics")
offer_tasks(*ACTIONS)


class TaskResultSerializer(RowSerializer[RecalculationRun]):
    """Counts of listings, and seconds by phase."""

    processed = serializers.IntegerField(source="done")

    class Meta:
        model = RecalculationRun
        fields = ("total", "processed", "changed", "written", "failed", "failures", "revision", "seconds")
        read_only_fields = fields


class TaskSerializer(RowSerializer[RecalculationRun]):
    """`progress` goes from 0 to 1; `error` is null where all went well."""

    action = serializers.SerializerMethodField()
    status = serializers.ChoiceField(RunState.choices, source="state", read_only=True)
    progress = serializers.SerializerMethodField()
    result = TaskResultSerializer(source="*", read_only=True)
    error = serializers.SerializerMethodField()

    class Meta:
        model = RecalculationRun
        fields = (
            "id",
            "trigger",
            "cause",
            "scope",
            "started_at",
            "finished_at",
            "action",
            "status",
            "progress",
            "result",
            "error",
        )

    def get_action(self, run: RecalculationRun) -> str:
        return ACTIONS[0]

    def get_progress(self, run: RecalculationRun) -> float:
        return 1.0 if run.finished_at else round(min(run.done / (run.total or 1), 1.0), 4)

    def get_error(self, run: RecalculationRun) -> str | None:
        return run.error or None


class TaskViewSet(ReadViewSet):
    """What was recalculated, when, and how it went."""

    queryset = RecalculationRun.objects.all()
    serializer_class = TaskSerializer
    ordering_fields = {"id": "pk", "started_at": "started_at"}
    ordering = "-id"
    internal = True
    atomic_writes = False
    answers = {
        "start": Answer(
            TaskSerializer, status=HTTPStatus.ACCEPTED, path=(Choice("pk", "What to start.", None, ACTIONS),)
        )
    }

    def start(self, request: Request, pk: str) -> Response:
        """Start a recalculation of everything. Where there are no workers it is done by the time of the answer."""
        self.read_query(request)
        if pk not in ACTIONS:
            raise NotFound(f'There is no task "{printable(pk[:100])}": there are {", ".join(offered_tasks())}.')
        return accepted(start_full_run(trigger="api"))


def accepted(run: RecalculationRun) -> Response:
    """202, and where to follow the run."""
    headers = {"Location": f"/v1/admin/tasks/{run.pk}"}
    return Response(TaskSerializer(run).data, status=HTTPStatus.ACCEPTED, headers=headers)

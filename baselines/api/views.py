"""Baselines over HTTP: read, import, compare, adopt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from baselines.adopting import adopt, compare_with_current
from baselines.api import serializers as taken
from baselines.api import shapes
from baselines.describing import describe_baseline
from baselines.exporting import export_document, file_name
from baselines.files import read_from_import_root
from baselines.health import check_baseline
from baselines.models import BaselineImport
from baselines.reading import MAX_BYTES, BaselineDocument, BaselineError, read_document
from baselines.reports import layer_influence, override_churn, rule_weights, top_rules
from baselines.services import import_baseline
from baselines.showing import diff_document
from dealbrain.api.answers import Answer
from dealbrain.api.dialect import forgives
from dealbrain.api.parameters import Choice, Parameter, Whole
from dealbrain.api.problems import Conflict, FieldProblem, InvalidInput, TooLarge
from dealbrain.api.views import ApiView
from valuation.jobs import run_of_changes
from valuation.permissions import refuse_activating, refuse_adjusting
from valuation.registry import field_registry

LIMIT = Whole("limit", "How many rules.", 10, low=1, high=100)
DAYS = Whole("days", "How many days back.", 30, low=1, high=3_650)
FILE: dict[str, Any] = {
    "anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("BaselineDocument", "DescribedBaseline")]
}

# Why there is nothing to adopt, by what refuses it.
NOTHING = {"same": "Nothing differs from the active baseline", "empty": "Nothing was selected"}


@contextmanager
def told(prefix: str = "") -> Iterator[None]:
    """What is wrong with a baseline as the API tells it; `prefix` is the member of the body that holds it."""
    try:
        yield
    except BaselineError as error:
        codes = {problem.code for problem in error.problems}
        if codes == {"size"}:
            raise TooLarge(str(error)) from error
        if codes & {"no_baseline", "stale"}:
            raise Conflict(str(error)) from error
        raise InvalidInput(
            FieldProblem(problem.under(prefix).path if prefix else problem.path, problem.message, problem.code)
            for problem in error.problems
        ) from error


def active_or_404() -> BaselineImport:
    stored = BaselineImport.objects.active()
    if stored is None:
        raise NotFound("There is no active baseline.")
    return stored


class BaselineView(ApiView):
    queryset = BaselineImport.objects.all()
    most_bytes = MAX_BYTES + 500_000  # a whole file, and what is said beside it

    def valid(self, request: Request, serializer: Any) -> Any:
        self.read_query(request)
        return self.read_body(request, serializer)

    def candidate(self, request: Request, serializer: Any) -> tuple[Any, BaselineDocument]:
        given = self.valid(request, serializer).validated_data
        with told("candidate_json"):
            return given, read_document(given["candidate_json"], field_registry())


class MetaView(BaselineView):
    """The active baseline: its fields, their tiers, and whether they count."""

    answers = {"GET": Answer(shapes.BaselineMetaSerializer, errors=(404,))}

    def get(self, request: Request) -> Response:
        self.read_query(request)
        return Response(shapes.BaselineMetaSerializer(describe_baseline(active_or_404())).data)


class InstantiateView(BaselineView):
    """Import a baseline. The same file again creates nothing, and answers 200.

    With `activate`, which is the default, it takes a permission of its own: `baselines.activate_baselineimport`.
    """

    atomic_writes = False
    answers = {
        "POST": Answer(
            shapes.InstantiatedSerializer,
            takes=taken.InstantiateSerializer,
            status=HTTPStatus.CREATED,
            also={200: shapes.InstantiatedSerializer},
            errors=(409,),
        )
    }

    def post(self, request: Request) -> Response:
        given = self.valid(request, taken.InstantiateSerializer).validated_data
        if given["activate"]:
            refuse_activating(request.user)
        if given["create_adjustments_group"]:
            refuse_adjusting(request.user)
        member = "baseline_json" if "baseline_json" in given else "baseline_path"
        with told():
            content = given[member] if member == "baseline_json" else read_from_import_root(given[member])
        with told(member):
            outcome = import_baseline(
                content=content,
                effect=given.get("effect"),
                bucket_point=given.get("bucket_point"),
                activate=given["activate"],
                dry_run=given["dry_run"],
                with_adjustments=given["create_adjustments_group"],
            )
        status = HTTPStatus.CREATED if outcome.created and not given["dry_run"] else HTTPStatus.OK
        return Response(shapes.InstantiatedSerializer(outcome).data, status=status)


class DiffView(BaselineView):
    """What a candidate would change, field by field. Nothing is saved."""

    only_reads = True
    answers = {"POST": Answer(shapes.BaselineDiffSerializer, takes=taken.CandidateSerializer, status=200)}

    def post(self, request: Request) -> Response:
        _, candidate = self.candidate(request, taken.CandidateSerializer)
        with told():
            return Response(diff_document(compare_with_current(candidate)))


class AdoptView(BaselineView):
    """A new version of the active baseline with the selected changes; all else stays as it is."""

    atomic_writes = False
    answers = {
        "POST": Answer(shapes.AdoptedSerializer, takes=taken.AdoptSerializer, status=HTTPStatus.CREATED, errors=(409,))
    }

    def post(self, request: Request) -> Response:
        refuse_activating(request.user)
        given, candidate = self.candidate(request, taken.AdoptSerializer)
        try:
            with told():
                done = adopt(candidate=candidate, selected=given.get("selected_changes"), state=given.get("state"))
        except InvalidInput as error:
            codes = {problem.code for problem in error.problems}
            if not (forgives("adopting nothing") and len(codes) == 1 and codes <= NOTHING.keys()):
                raise
            return Response(self._unchanged(active_or_404(), NOTHING[codes.pop()]))
        run = run_of_changes()
        document = {
            "new_ruleset_id": done.new_ruleset_id,
            "new_version": done.new_version,
            "changes_applied": len(done.adopted_fields),
            "adopted_fields": done.adopted_fields,
            "skipped_fields": done.skipped_fields,
            "needs_configuration": done.needs_configuration,
            "warnings": [str(warning) for warning in done.warnings],
            "previous_ruleset_id": done.previous_ruleset_id,
            "recalculation_task_id": run.pk if run else None,
            "audit_log_id": done.audit_log_id,
        }
        return Response(document, status=HTTPStatus.CREATED)

    @staticmethod
    def _unchanged(stored: BaselineImport, why: str) -> dict[str, Any]:
        """The answer where there is nothing to adopt, so that nothing was done."""
        nothing: list[str] = []
        return {
            "new_ruleset_id": stored.ruleset_id,
            "new_version": stored.ruleset.version,
            "changes_applied": 0,
            **dict.fromkeys(("adopted_fields", "skipped_fields", "needs_configuration"), nothing),
            "warnings": [f"{why}: the active baseline stays as it is."],
            **dict.fromkeys(("previous_ruleset_id", "recalculation_task_id", "audit_log_id")),
        }


class ValidateView(BaselineView):
    """Whether a file could be imported, and which of its fields would count. Nothing is saved."""

    only_reads = True
    answers = {"POST": Answer(shapes.ValidatedSerializer, takes=taken.CandidateSerializer, status=200)}

    def post(self, request: Request) -> Response:
        given = self.valid(request, taken.CandidateSerializer).validated_data
        try:
            document = read_document(given["candidate_json"], field_registry())
        except BaselineError as error:
            problems = [{"path": problem.path, "message": problem.message} for problem in error.problems]
            nothing: list[str] = []
            return Response(
                {
                    "valid": False,
                    "errors": problems,
                    "warnings": [{"path": path, "message": message} for path, message in self.notes.taken()],
                    "readable_fields": nothing,
                    "unreadable_fields": nothing,
                }
            )
        unread = {item.key for item in document.unconfigured()}
        return Response(
            {
                "valid": True,
                "errors": [],
                "warnings": [
                    {"path": path, "message": message}
                    for path, message in (
                        *((found.path, found.message) for found in document.warnings),
                        *self.notes.taken(),
                    )
                ],
                "readable_fields": [item.key for item in document.fields if item.key not in unread],
                "unreadable_fields": [item.key for item in document.fields if item.key in unread],
            }
        )


class ExportView(BaselineView):
    """The active baseline as a file, or as it is described with the file under `baseline_json`."""

    parameters = (Choice("format", "`described`: as /meta, with the file inside.", "file", ("file", "described")),)
    answers = {"GET": Answer(FILE, errors=(404,))}

    def get(self, request: Request) -> Response:
        asked = self.read_query(request)
        stored = active_or_404()
        if asked["format"] == "described":
            described = shapes.BaselineMetaSerializer(describe_baseline(stored)).data
            return Response({**described, "baseline_json": export_document(stored)})
        headers = {"Content-Disposition": f'attachment; filename="{file_name(stored)}"'}
        return Response(export_document(stored), headers=headers)


class MetricsView(BaselineView):
    """What the layers and rules weigh over all active listings, and how often overrides change."""

    parameters = (LIMIT, DAYS)
    answers = {"GET": Answer(shapes.BaselineMetricsSerializer)}

    def get(self, request: Request) -> Response:
        given = self.read_query(request)
        weights = rule_weights()
        document = {
            "layer_influence": layer_influence(weights),
            "top_rules": top_rules(weights, limit=given["limit"]),
            "override_churn": override_churn(days=given["days"]),
        }
        return Response(shapes.BaselineMetricsSerializer(document).data)


class LayerInfluenceView(BaselineView):
    """What each layer weighs over all active listings."""

    answers = {"GET": Answer(shapes.LayerInfluencesSerializer)}

    def get(self, request: Request) -> Response:
        self.read_query(request)
        return Response({"layers": layer_influence(rule_weights())})


class TopRulesView(BaselineView):
    """The rules that move most dollars, whichever way."""

    parameters = (LIMIT, replace(DAYS, help="Taken and passed over: what rules weigh is always that of today."))
    answers = {"GET": Answer(shapes.TopRulesSerializer)}

    def get(self, request: Request) -> Response:
        return Response({"rules": top_rules(rule_weights(), limit=self.read_query(request)["limit"])})


class ChurnView(BaselineView):
    """How often overrides were made, changed and removed."""

    parameters = (DAYS,)
    answers = {"GET": Answer(shapes.ChurnSerializer)}

    def get(self, request: Request) -> Response:
        document = override_churn(days=self.read_query(request)["days"])
        return Response(shapes.ChurnSerializer(document).data)


class HealthView(BaselineView):
    """Whether there is a baseline, how old it is, and whether it is the one that is expected."""

    parameters = (Parameter("expected_hash", "sha256 of the canonical JSON that should be active."),)
    answers = {"GET": Answer(shapes.BaselineHealthSerializer)}

    def get(self, request: Request) -> Response:
        found = check_baseline(expected_hash=self.read_query(request)["expected_hash"])
        document = {
            "status": found.status,
            "checks": found.checks,
            "warnings": found.warnings,
            "errors": found.errors,
            "timestamp": timezone.now(),
        }
        return Response(shapes.BaselineHealthSerializer(document).data)

"""Drafts of rulesets over HTTP: beginning one, comparing it with its original, publishing it."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dealbrain.api.answers import Answer
from dealbrain.api.problems import CONTENT_TYPE, MOST_PROBLEMS, Conflict, FieldProblem, printable, problem_document
from dealbrain.api.serializers import ObjectField, RowSerializer, StrictFields
from dealbrain.api.shapes import number, whole, words
from dealbrain.api.views import ApiView, ReadViewSet, etag, get_or_404
from dealbrain.text import row_id
from valuation.api.examples import ExamplesRunSerializer, run_document
from valuation.api.rules import RulesetViewSet
from valuation.api.serializers import RulesetDetailSerializer
from valuation.api.shapes_of_trying import BinSerializer
from valuation.drafts.comparing import ADDED, CHANGED, REMOVED, Comparison, Line, Sides, compare_draft
from valuation.drafts.merging import Collision
from valuation.drafts.publishing import (
    MOST_NOTE,
    CannotPublish,
    Collides,
    ExamplesDisagree,
    publish,
    schedule,
)
from valuation.drafts.sides import KINDS
from valuation.drafts.starting import CannotDraft, start_draft
from valuation.explaining.differences import Difference
from valuation.models import Draft, Release, Ruleset
from valuation.trying.impact import Impact, RuleTotal


class DraftsView(ApiView):
    """Begin a draft of a ruleset: a copy with all that is in it, which counts nowhere until it is published.

    It is edited as any ruleset; `draft_of` says of what it is a draft. A draft of a draft is refused.
    """

    queryset = Ruleset.objects.all()
    answers = {"POST": Answer(RulesetDetailSerializer, status=HTTPStatus.CREATED, etag=True, errors=(409,))}

    def post(self, request: Request, pk: str) -> Response:
        self.read_query(request)
        original = get_or_404(Ruleset.objects.only("pk"), pk)
        try:
            draft = start_draft(ruleset_id=original.pk)
        except CannotDraft as error:
            raise Conflict(str(error)) from error
        shown = RulesetViewSet(request=request, action="retrieve", format_kwarg=None, kwargs={})
        document = RulesetDetailSerializer(shown.get_queryset().get(pk=draft.pk), context={"request": request}).data
        base = request.path.rstrip("/").rpartition("/")[0].rpartition("/")[0]
        headers = {"ETag": etag(document, self.computed), "Location": f"{base}/{draft.pk}"}
        return Response(document, status=HTTPStatus.CREATED, headers=headers)


class ChangedAttributeSerializer(serializers.Serializer[Any]):
    """One thing that differs, in words."""

    what = words()
    old = words()
    new = words()


class ChangedRowSerializer(serializers.Serializer[Any]):
    """A group, a rule, an example or the ruleset itself, where it differs; of a rule, what it does to listings."""

    key = words()
    kind = serializers.ChoiceField(KINDS)
    name = words()
    group_name = words()
    change = serializers.ChoiceField((ADDED, CHANGED, REMOVED))
    differences = ChangedAttributeSerializer(many=True)
    matched_before = whole(allow_null=True)
    matched_after = whole(allow_null=True)
    total_before = number(allow_null=True)
    total_after = number(allow_null=True)


class CollisionSerializer(serializers.Serializer[Any]):
    """What both sides changed since the draft began: `choices` of the publication name it by its key."""

    key = words()
    kind = serializers.ChoiceField(KINDS)
    name = words()
    original = ChangedAttributeSerializer(many=True)
    draft = ChangedAttributeSerializer(many=True)


class DraftMoverSerializer(serializers.Serializer[Any]):
    """A listing whose adjusted price moves, in USD."""

    id = whole()
    title = words()
    price = number()
    adjusted_price_before = number()
    adjusted_price_after = number()
    delta = number()


class DraftEffectSerializer(serializers.Serializer[Any]):
    """What publishing does to all active listings with a price. Deltas are over those that move, in USD."""

    total_listings = whole()
    moved_count = whole()
    total_delta = number()
    mean_delta = number(allow_null=True)
    min_delta = number(allow_null=True)
    max_delta = number(allow_null=True)
    median_delta = number(allow_null=True)
    histogram = BinSerializer(many=True)
    movers = DraftMoverSerializer(many=True)


class ComparisonSerializer(serializers.Serializer[Any]):
    """A draft beside its original: what publishing it would change, and what that does."""

    draft_id = whole()
    original_id = whole()
    original_name = words()
    publish_at = serializers.DateTimeField(allow_null=True)
    changes = ChangedRowSerializer(many=True)
    collisions = CollisionSerializer(many=True)
    impact = DraftEffectSerializer()
    examples = ExamplesRunSerializer()
    state = whole()


class ComparisonView(ApiView):
    """What publishing a draft would change, row by row, and what that does to every active listing. Nothing is saved.

    Where the original was changed since the draft began, what both changed is listed; the draft counts there.
    """

    queryset = Ruleset.objects.all()
    answers = {"GET": Answer(ComparisonSerializer, errors=(409,))}

    def get(self, request: Request, pk: str) -> Response:
        self.read_query(request)
        draft = get_or_404(Ruleset.objects.only("pk"), pk)
        try:
            return Response(comparison_document(compare_draft(draft_id=draft.pk)))
        except CannotPublish as error:
            raise Conflict(str(error)) from error


def comparison_document(found: Comparison) -> dict[str, Any]:
    return {
        "draft_id": found.draft.pk,
        "original_id": found.original.pk,
        "original_name": found.original.name,
        "publish_at": found.draft.publish_at,
        "changes": [_row(line) for line in found.lines],
        "collisions": [_collision(sides) for sides in found.collisions],
        "impact": _impact(found.impact),
        "examples": run_document(found.examples),
        "state": found.revision,
    }


def _row(line: Line) -> dict[str, Any]:
    return {
        "key": line.key,
        "kind": line.kind,
        "name": line.name,
        "group_name": line.group,
        "change": line.done,
        "differences": _differences(line.differences),
        "matched_before": line.before and line.before.matched,
        "matched_after": line.after and line.after.matched,
        "total_before": _total(line.before),
        "total_after": _total(line.after),
    }


def _total(total: RuleTotal | None) -> float | None:
    return None if total is None else total.cents / 100


def _collision(sides: Sides) -> dict[str, Any]:
    found = sides.collision
    return {
        "key": found.key,
        "kind": found.kind,
        "name": found.name,
        "original": _differences(sides.original),
        "draft": _differences(sides.draft),
    }


def _differences(found: Iterable[Difference]) -> list[dict[str, str]]:
    return [{"what": one.label, "old": one.old, "new": one.new} for one in found]


def _impact(impact: Impact) -> dict[str, Any]:
    return {
        "total_listings": impact.checked,
        "moved_count": impact.moved,
        "total_delta": impact.total,
        "mean_delta": impact.mean,
        "min_delta": impact.low,
        "max_delta": impact.high,
        "median_delta": impact.median,
        "histogram": [{"low": bar.low, "high": bar.high, "count": bar.count} for bar in impact.bars],
        "movers": [
            {
                "id": mover.id,
                "title": mover.title,
                "price": mover.price_cents / 100,
                "adjusted_price_before": mover.before_cents / 100,
                "adjusted_price_after": mover.after_cents / 100,
                "delta": mover.delta_cents / 100,
            }
            for mover in impact.movers
        ],
    }


class PublishSerializer(StrictFields):
    """With `at`, cron publishes it then. `choices` say "draft" or "original" by the keys of what both sides changed."""

    example: ClassVar[dict[str, Any]] = {"note": "Memory became dearer."}
    note = serializers.CharField(max_length=MOST_NOTE)
    at = serializers.DateTimeField(required=False, allow_null=True)
    choices = ObjectField(required=False)
    override_reason = serializers.CharField(max_length=MOST_NOTE, required=False, allow_blank=True, allow_null=True)

    def validate_choices(self, value: dict[str, Any]) -> dict[str, str]:
        wrong = [key for key, side in value.items() if side not in ("draft", "original")]
        if wrong:
            raise serializers.ValidationError(f'"{wrong[0][:100]}" is "draft" or "original".', code="invalid_choice")
        return value


class PublishedSerializer(serializers.Serializer[Any]):
    """What came of publishing; of a draft that waits for its moment, there is no release yet."""

    ruleset_id = whole()
    release = whole(allow_null=True)
    changed_count = whole(allow_null=True)
    publish_at = serializers.DateTimeField(allow_null=True)
    examples = ExamplesRunSerializer(allow_null=True)


class PublishView(ApiView):
    """Put a draft into the place of its original, which keeps its id, its assignments and the history of its rules.

    All or nothing. Where both were changed since the draft began, the answer is a 409 that names each such row under
    `choices`, to be chosen; where examples do not hold, a 409 that names them, until an `override_reason` is given.
    """

    queryset = Ruleset.objects.all()
    requires = {"POST": "valuation.change_ruleset"}
    answers = {"POST": Answer(PublishedSerializer, takes=PublishSerializer, status=200, errors=(409,))}

    def post(self, request: Request, pk: str) -> Response:
        self.read_query(request)
        given = self.read_body(request, PublishSerializer).validated_data
        options = {
            "draft_id": _draft_id(pk),
            "note": given["note"],
            "user": request.user,
            "choices": given.get("choices"),
            "override_reason": given.get("override_reason") or "",
        }
        try:
            if given.get("at") is not None:
                return Response(_scheduled(schedule(at=given["at"], **options)))
            done = publish(**options)
        except Collides as error:
            return _refused(request, error, (_told_of(found) for found in error.collisions))
        except ExamplesDisagree as error:
            wrong = (FieldProblem(f"examples.{one.name}", str(one), one.state) for one in error.run.wrong)
            return _refused(request, error, wrong)
        except CannotPublish as error:
            raise Conflict(str(error)) from error
        return Response(
            {
                "ruleset_id": done.ruleset_id,
                "release": done.release,
                "changed_count": done.changed,
                "publish_at": None,
                "examples": run_document(done.examples),
            }
        )


def _draft_id(pk: str) -> int:
    """Of a draft that was published already, the answer is not that there is none.

    Looked for in this order: one that is published in between is then found among the releases.
    """
    try:
        return int(get_or_404(Ruleset.objects.only("pk"), pk).pk)
    except NotFound:
        draft = row_id(pk)
        if draft is not None and Release.objects.filter(draft_id=draft).exists():
            return draft
        raise


def _scheduled(draft: Draft) -> dict[str, Any]:
    return {
        "ruleset_id": draft.original_id,
        "release": None,
        "changed_count": None,
        "publish_at": draft.publish_at,
        "examples": None,
    }


def _told_of(found: Collision) -> FieldProblem:
    done = {True: "deleted", False: "changed"}
    sides = f"{done[found.original is None]} in the original and {done[found.draft is None]} in the draft"
    return FieldProblem(f"choices.{found.key}", f'The {found.kind} "{found.name}" was {sides}.', "collision")


def _refused(request: Request, error: CannotPublish, problems: Iterable[FieldProblem]) -> Response:
    told = list(problems)[:MOST_PROBLEMS]
    document = problem_document(HTTPStatus.CONFLICT, str(error), printable(request.path), told)
    return Response(document, status=HTTPStatus.CONFLICT, content_type=CONTENT_TYPE)


class ReleaseSerializer(RowSerializer[Release]):
    """A version of a ruleset that was published; `at` is the moment to restore it by."""

    class Meta:
        model = Release
        fields = ("number", "at", "actor", "note", "override_reason")


class ReleaseViewSet(ReadViewSet):
    """What was published of one ruleset, the newest first."""

    queryset = Release.objects.all()
    serializer_class = ReleaseSerializer
    ordering_fields = {"number": "number"}
    ordering = "-number"
    internal = True
    ruleset_id: int | None = None  # until `list` has found it

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().filter(ruleset_id=self.ruleset_id)

    def list(self, request: Request, pk: str = "") -> Response:
        self.ruleset_id = get_or_404(Ruleset.objects.only("pk"), pk).pk
        return super().list(request)

"""Rulesets, groups and rules over HTTP: who may write them, what is written down, and what a deletion would break.

Writers of rules wait for each other from the start of a request on, as everywhere: so a check and the write that
follows it see the same rows, and locks are always taken in one order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import Count, Prefetch, QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from dealbrain.api.answers import OWN, Answer
from dealbrain.api.leniency import notes_of
from dealbrain.api.parameters import MOST_ID, Flag, Parameter
from dealbrain.api.problems import Conflict
from dealbrain.api.serializers import StrictFields
from dealbrain.api.writes import WriteViewSet
from valuation.api.serializers import (
    GroupDetailSerializer,
    GroupSerializer,
    RuleSerializer,
    RulesetDetailSerializer,
    RulesetSerializer,
)
from valuation.deleting import delete_trees
from valuation.examples.storing import checked_after
from valuation.filtersets import RuleFilterSet, RuleGroupFilterSet, RulesetFilterSet
from valuation.history.audit import recording
from valuation.history.restoring import CannotRestore, Past, put_back, ruleset_at, version_of
from valuation.models import Rule, RuleGroup, Ruleset, RulesetOverride
from valuation.permissions import refuse_writing, ruleset_of
from valuation.recalculation.marking import lock_rules

NESTED = Flag("nested", "Whether rows are shown with the groups, rules and actions that are in them.")
BY_NAME = {name: name for name in ("name", "created_at", "updated_at")}

MOST_TOLD = 10  # examples that do not hold, after a write
RESTORE = {"post": "restore"}


class RestoreRuleSerializer(StrictFields):
    """`version` is the number of one of the rule's versions."""

    example: ClassVar[dict[str, Any]] = {"version": 1}
    version = serializers.IntegerField(min_value=1, max_value=MOST_ID)


class RestoreRulesetSerializer(StrictFields):
    """`at` is a moment: the ruleset becomes what it was then, with all that was in it."""

    example: ClassVar[dict[str, Any]] = {"at": "2099-12-31T12:00:00Z"}
    at = serializers.DateTimeField()


class RuleWrites(WriteViewSet):
    """What the three share: a write is one version per rule, and baselines are for those who may change them."""

    put_keeps = True
    homes: tuple[str, ...] = ()  # the way from a row to its ruleset
    list_serializer_class: Any = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE_METHODS:
            lock_rules()

    def expected(self) -> tuple[Parameter, ...]:
        nests = self.action == "list" and self.list_serializer_class is not None
        return (*super().expected(), *((NESTED,) if nests else ()))

    @property
    def is_nested(self) -> bool:
        """Whether rows are shown with what is in them: one alone always, a list where it is asked for."""
        if self.action != "list":
            return True
        request = getattr(self, "request", None)  # the schema has none
        return request is not None and NESTED.read(request.query_params, [])

    def get_serializer_class(self) -> Any:
        plain = self.list_serializer_class is not None and not self.is_nested
        return self.list_serializer_class if plain else self.serializer_class

    def without_drafts(self, rows: QuerySet[Any], path: str, asked_by: tuple[str, ...]) -> QuerySet[Any]:
        """A list without what is in drafts, which count nowhere, unless one of these parameters asks for something."""
        request = getattr(self, "request", None)  # the schema has none
        asked = request is not None and any(name in request.query_params for name in asked_by)
        return rows if self.action != "list" or asked else rows.filter(**{f"{path}__isnull": True})

    def written(self, row: Any) -> None:
        """Examples that do not hold any more are told among the warnings."""
        ruleset = ruleset_of(row)
        notes = notes_of(self.get_serializer())
        for outcome in checked_after(ruleset).wrong[:MOST_TOLD] if ruleset is not None else ():
            notes.add("examples", str(outcome))

    @contextmanager
    def collisions(self) -> Iterator[None]:
        # Closed before the answer is made: it shows the version that this write becomes.
        with super().collisions(), recording():
            yield

    def destroy(self, request: Request, pk: str) -> Response:
        self.read_query(request)
        row = self.guarded(request, pk)
        self.refuse_used(row)
        delete_trees([row])
        return Response(status=HTTPStatus.NO_CONTENT)

    def put_back(self, request: Request, pk: str, name: str, body: Any, past: Callable[[Any, Any], Past]) -> Response:
        """The row as it was: by `past` of its id and of the value called `name` in the body."""
        self.read_query(request)
        wanted = self.read_body(request, body).validated_data[name]
        row = self.guarded(request, pk)
        try:
            found = past(row.pk, wanted)
        except CannotRestore as error:
            raise ValidationError({name: [ErrorDetail(str(error), code="not_there")]}) from error
        try:
            put_back(found, user=request.user)
        except CannotRestore as error:
            raise Conflict(str(error)) from error
        return self.tagged(request, self.get_serializer(self.get_or_404(pk)).data)

    def refuse_used(self, row: Any) -> None:
        """Raise Conflict for a row whose deletion would change what others decided."""

    def guarded(self, request: Request, pk: str) -> Any:
        row = super().guarded(request, pk)
        refuse_writing(request.user, self.model._default_manager.select_related(*self.homes).get(pk=row.pk))
        return row


class RulesetViewSet(RuleWrites):
    """One ruleset shows its groups, their rules and their actions; each of them is written by itself."""

    queryset = Ruleset.objects.all()
    serializer_class = RulesetDetailSerializer
    list_serializer_class = RulesetSerializer
    filterset_class = RulesetFilterSet
    ordering_fields = {"id": "pk", "priority": "priority", **BY_NAME}
    ordering = "priority"
    answers = {"restore": Answer(OWN, takes=RestoreRulesetSerializer, status=200, etag=True, errors=(409,))}

    def restore(self, request: Request, pk: str) -> Response:
        """Put a ruleset back to how it stood at a moment, with its groups, rules and actions.

        That is a change like any other: rules get new versions, and it can be taken back in the same way. Which
        baseline is active, and which listings a ruleset is assigned to, stay as they are.
        """
        return self.put_back(request, pk, "at", RestoreRulesetSerializer, ruleset_at)

    def get_queryset(self) -> QuerySet[Any]:
        counts = {
            "groups_count": Count("groups", distinct=True),
            "rules_count": Count("groups__rules", distinct=True),
        }
        rows = super().get_queryset().annotate(**counts)
        rows = self.without_drafts(rows, "draft_of", ("draft_of",))
        if not self.is_nested:
            return rows
        groups = RuleGroup.objects.annotate(rules_count=Count("rules")).prefetch_related("rules__actions")
        return rows.prefetch_related(Prefetch("groups", groups))

    def refuse_used(self, row: Any) -> None:
        assigned = RulesetOverride.objects.filter(static_ruleset=row.pk).count()
        if assigned:
            listings = "1 listing is" if assigned == 1 else f"{assigned} listings are"
            raise Conflict(
                f'"{row.name}" is still used: {listings} assigned to it. Assign another ruleset or the mode "auto" '
                "first, or make the ruleset inactive."
            )


class RuleGroupViewSet(RuleWrites):
    """One group shows its rules, which are written by themselves."""

    queryset = RuleGroup.objects.annotate(rules_count=Count("rules"))
    serializer_class = GroupDetailSerializer
    list_serializer_class = GroupSerializer
    filterset_class = RuleGroupFilterSet
    ordering_fields = {"id": "pk", "ruleset_id": "ruleset_id", "display_order": "display_order", **BY_NAME}
    ordering = "ruleset_id,display_order"
    homes = ("ruleset",)

    def get_queryset(self) -> QuerySet[Any]:
        rows = self.without_drafts(super().get_queryset(), "ruleset__draft_of", ("ruleset_id",))
        return rows.prefetch_related("rules__actions") if self.is_nested else rows


class RuleViewSet(RuleWrites):
    """A rule with its actions."""

    queryset = Rule.objects.prefetch_related("actions")
    serializer_class = RuleSerializer
    filterset_class = RuleFilterSet
    ordering_fields = {
        "id": "pk",
        "group_id": "group_id",
        "evaluation_order": "evaluation_order",
        "priority": "priority",
        **BY_NAME,
    }
    ordering = "group_id,evaluation_order,priority"
    homes = ("group__ruleset",)

    def get_queryset(self) -> QuerySet[Any]:
        return self.without_drafts(super().get_queryset(), "group__ruleset__draft_of", ("ruleset_id", "group_id"))

    answers = {"restore": Answer(OWN, takes=RestoreRuleSerializer, status=200, etag=True, errors=(409,))}

    def restore(self, request: Request, pk: str) -> Response:
        """Put a rule back to one of its versions, which makes a new version."""
        return self.put_back(request, pk, "version", RestoreRuleSerializer, version_of)

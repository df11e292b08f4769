"""The base of every endpoint, so that a leaf viewset is three attributes: queryset, serializer, filters."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet
from django.http.response import HttpResponseBase
from rest_framework.exceptions import NotFound
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from dealbrain.api import pagination
from dealbrain.api.ordering import Ordering, read_ordering
from dealbrain.api.parameters import check_names
from dealbrain.api.problems import FieldProblem, InvalidInput, printable

MOST_ID = 2**63 - 1
Problems = list[FieldProblem]  # by name: the viewsets have a method called `list`


class ApiView(APIView):
    """One endpoint. `query_parameters` are the only parameters it takes; `queryset` names whose permission counts."""

    queryset: Any = None
    query_parameters: frozenset[str] = frozenset()
    internal = False  # never public, whatever DEALBRAIN_PUBLIC_READ says
    atomic_writes = True  # off where the work has transactions of its own

    @classmethod
    def as_view(cls, *args: Any, **kwargs: Any) -> Any:
        # A transaction around a read would take SQLite's one write lock: writes open their own below.
        return transaction.non_atomic_requests(super().as_view(*args, **kwargs))

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method in SAFE_METHODS or not self.atomic_writes:
            return super().dispatch(request, *args, **kwargs)
        with transaction.atomic():
            response = super().dispatch(request, *args, **kwargs)
            if response.status_code >= HTTPStatus.BAD_REQUEST:
                transaction.set_rollback(True)
        return response

    def known_parameters(self) -> frozenset[str]:
        return self.query_parameters

    def name_problems(self, request: Request) -> Problems:
        """Unknown and repeated parameters. Raises InvalidInput for those that are not even text: no one may look in."""
        problems = check_names(request.query_params, self.known_parameters())
        if any(problem.code == "not_text" for problem in problems):
            raise InvalidInput(problems)
        return problems

    def refuse(self, problems: Problems) -> None:
        if problems:
            raise InvalidInput(problems)


class ReadViewSet(ApiView, GenericViewSet[Any]):
    """List and detail of one model. `ordering_fields` maps public names to ORM paths, `ordering` is the default."""

    filterset_class: Any = None
    ordering_fields: Mapping[str, str] = {"id": "pk"}
    ordering: str = "id"

    def known_parameters(self) -> frozenset[str]:
        if self.detail:
            return self.query_parameters
        filters = self.filterset_class.base_filters if self.filterset_class else ()
        return self.query_parameters | pagination.PARAMETERS | {"ordering", *filters}

    def list(self, request: Request) -> Response:
        problems = self.name_problems(request)
        queryset = self.filtered(request, problems)
        ordering = self.read_ordering(request, problems)
        scope = f"{request.path.rstrip('/')}?{ordering.text}"
        page = pagination.read_page(request.query_params, scope, len(ordering.keys), problems)
        self.refuse(problems)
        found = pagination.paginate(queryset, page, ordering, scope)
        items = self.get_serializer(found.rows, many=True).data
        return Response(found.envelope(items, as_array=page.as_array))

    def retrieve(self, request: Request, pk: str) -> Response:
        self.refuse(self.name_problems(request))
        return Response(self.get_serializer(self.get_or_404(pk)).data)

    def filtered(self, request: Request, problems: Problems) -> QuerySet[Any]:
        """What the filters select; what is wrong with them is added to `problems`."""
        queryset = self.get_queryset()
        if self.filterset_class is None:
            return queryset
        filters = self.filterset_class(request.query_params, queryset=queryset, request=request)
        if filters.is_valid():
            found: QuerySet[Any] = filters.qs
            return found
        problems += form_problems(filters.form)
        return queryset

    def read_ordering(self, request: Request, problems: Problems) -> Ordering:
        text = request.query_params.get("ordering", "")
        return read_ordering(self.model, text, self.ordering_fields, self.ordering, problems)

    @property
    def model(self) -> type[Model]:
        return self.get_queryset().model

    def get_or_404(self, pk: str) -> Any:
        return get_or_404(self.get_queryset(), pk)


def get_or_404(queryset: QuerySet[Any], pk: str) -> Any:
    """The row with this id, which may be any text. Raises NotFound, which names what was looked for."""
    readable = len(pk) <= 19 and pk.isascii() and pk.isdigit() and int(pk) <= MOST_ID
    row = queryset.filter(pk=int(pk)).first() if readable else None
    if row is None:
        raise NotFound(f'There is no {queryset.model._meta.verbose_name} with the id "{printable(pk[:100])}".')
    return row


def form_problems(form: Any) -> Problems:
    """The errors of a bound form, each with the parameter it is about."""
    return [
        FieldProblem(name if name != "__all__" else "", message, error.code or "invalid")
        for name, errors in form.errors.as_data().items()
        for error in errors
        for message in error.messages
    ]

"""The base of every endpoint, so that a leaf viewset is three attributes: queryset, serializer, filters."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import cached_property
from http import HTTPStatus
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Model, QuerySet
from django.http.response import HttpResponseBase
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    MethodNotAllowed,
    NotAuthenticated,
    NotFound,
    PermissionDenied,
    UnsupportedMediaType,
)
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from dealbrain.api import dialect, pagination
from dealbrain.api.answers import Answer
from dealbrain.api.dialect.older import Answered
from dealbrain.api.idempotency import Replayed, claim, keep, read_key
from dealbrain.api.leniency import WARNINGS, Notes
from dealbrain.api.ordering import read_ordering
from dealbrain.api.parameters import MOST_ID, Order, Parameter, check_names, with_our_names
from dealbrain.api.problems import Conflict, FieldProblem, InvalidInput, PreconditionFailed, TooLarge, printable
from dealbrain.api.renderers import JsonRenderer
from dealbrain.deadlines import COMPUTING_SECONDS, DeadlinePassed, deadline
from dealbrain.hints import few_hints
from dealbrain.models import IdempotentAnswer
from dealbrain.trouble import is_collision

JSON = JsonRenderer.media_type
MOST_BYTES = 1_000_000  # of a body, where an endpoint does not say otherwise
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
MOST_OF_A_FORM = 1_000  # bytes: an empty form, as some clients send where nothing is asked for
Problems = list[FieldProblem]  # by name: the viewsets have a method called `list`


class ApiView(APIView):
    """One endpoint. `parameters` are the only query parameters it takes; `queryset` names whose permission counts.

    `answers` describes, by method or by action, what the schema cannot know: see `Answer`.
    """

    queryset: Any = None
    parameters: Sequence[Parameter] = ()
    answers: Mapping[str, Answer] = {}
    internal = False  # never public, whatever DEALBRAIN_PUBLIC_READ says
    atomic_writes = True  # off where the work has transactions of its own
    only_reads = False  # a POST that is a question, computed from its body within a deadline
    takes_uploads = False  # files, which have a limit of their own
    most_bytes = MOST_BYTES  # of a body
    # What in a document changes without anybody writing the row; and when it was written, which overwrites nothing.
    computed: Collection[str] = ("updated_at",)

    @classmethod
    def as_view(cls, *args: Any, **kwargs: Any) -> Any:
        # A transaction around a read would take SQLite's one write lock: writes open their own below.
        return transaction.non_atomic_requests(super().as_view(*args, **kwargs))

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, a second time where two writers stood in each other's way: nothing of the first try is left then."""
        if request.method not in SAFE_METHODS and not self.takes_uploads and self._refused_unread(request) is None:
            _ = request.body  # so that it can be read again
        with few_hints():
            try:
                return self._dispatch(request, *args, **kwargs)
            except OperationalError as error:
                if not is_collision(error) or connection.in_atomic_block or self.takes_uploads:
                    raise
                return self._dispatch(request, *args, **kwargs)

    def _dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.claimed: IdempotentAnswer | None = None
        if request.method in SAFE_METHODS or not self.atomic_writes:
            try:
                with deadline() if self.only_reads else nullcontext():
                    return self._kept(super().dispatch(request, *args, **kwargs))
            except Exception:
                if self.claimed is not None:  # no transaction takes it back
                    self.claimed.delete()
                raise
        response: HttpResponseBase | None = None
        try:
            with transaction.atomic(), deadline() if self.only_reads else nullcontext():
                response = self._kept(super().dispatch(request, *args, **kwargs))
                if response.status_code >= HTTPStatus.BAD_REQUEST:
                    transaction.set_rollback(True)
        except IntegrityError:
            if response is None:
                raise
            # PostgreSQL looks at references when it commits: what one of them names was deleted by somebody meanwhile.
            overtaken = Conflict("Something that this refers to, or that refers to this, has changed meanwhile.")
            refused: HttpResponseBase = self.finalize_response(
                self.request, self.handle_exception(overtaken), *args, **kwargs
            )
            return refused
        return response

    def get_renderers(self) -> list[Any]:
        """JSON, and what the answer of this method or action is declared to be."""
        answer = self.answers.get(getattr(self, "action", None) or str(self.request.method))
        media = answer.media if answer is not None else ()
        return [*super().get_renderers(), *(JsonRenderer.declared(kind) for kind in media if kind != JSON)]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """What is refused before anybody looks at the request's meaning."""
        if getattr(self, str(request.method).lower(), None) is None:
            raise MethodNotAllowed(str(request.method))
        if refusal := self._refused_unread(request):
            raise refusal
        try:
            super().initial(request, *args, **kwargs)
        except (AuthenticationFailed, NotAuthenticated, PermissionDenied):
            self.check_throttles(request)  # who guesses tokens and doors is counted as well
            raise
        self.understand_query(request)
        if request.method == "POST" and self.only_reads:
            read_key(request)  # which does nothing here; but it is one, or refused
        elif request.method == "POST":
            self.claimed = claim(request)

    def _refused_unread(self, request: Any) -> APIException | None:
        """Why a body is not even read: before anybody asks who sends it, since that reads forms."""
        if request.method in SAFE_METHODS:
            return None
        if announced_bytes(request) > self.most_bytes:
            return TooLarge(f"This body is too large: at most {self.most_bytes:,} bytes are read here.")
        if self.takes_uploads:
            return None
        media = str(request.META.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()
        if media in FORMS and announced_bytes(request) > MOST_OF_A_FORM:
            return UnsupportedMediaType(media)
        packed = str(request.META.get("HTTP_CONTENT_ENCODING") or "identity").strip().lower()
        if packed != "identity":
            return UnsupportedMediaType(packed, "Send the body as it is: none is unpacked.")
        return None

    def understand_query(self, request: Request) -> None:
        """Read the query under our names, and with what counts as given in this dialect."""
        known = self.known_parameters()
        query, self.renamed, problems = with_our_names(request.query_params, known)
        self.refuse(problems)
        underlying: Any = request._request
        underlying.GET = dialect.with_defaults(self._route(request), query, known)

    renamed: Mapping[str, str] = {}  # our name of a parameter -> the older one that was given

    @staticmethod
    def _route(request: Any) -> str:
        return getattr(request.resolver_match, "url_name", None) or ""

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        document = getattr(response, "data", None)
        if isinstance(document, dict) and response.status_code < HTTPStatus.BAD_REQUEST and self.notes.found:
            response.data = {**document, WARNINGS: [*document.get(WARNINGS, ()), *self.notes.shown()]}
        if document is not None and response.status_code < HTTPStatus.BAD_REQUEST:
            response.data = dialect.spoken(response.data, self._answered(request))
        return super().finalize_response(request, response, *args, **kwargs)

    def _answered(self, request: Any) -> Answered:
        label = str(self.queryset.model._meta.verbose_name) if self.queryset is not None else ""
        return Answered(self._route(request), str(request.method), self.kwargs, request.GET, label)

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, DeadlinePassed):
            exc = TooLarge(f"This takes longer than {COMPUTING_SECONDS:g} seconds to compute: ask for less.")
        return exc.response if isinstance(exc, Replayed) else super().handle_exception(exc)

    def _kept(self, response: HttpResponseBase) -> HttpResponseBase:
        if self.claimed is not None and isinstance(response, Response):
            keep(self.claimed, response)
        return response

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response(status=HTTPStatus.NO_CONTENT, headers={"Allow": ", ".join(self.allowed_methods)})

    def expected(self) -> tuple[Parameter, ...]:
        """The parameters of the request that is being answered."""
        return tuple(self.parameters)

    def known_parameters(self) -> frozenset[str]:
        return frozenset(parameter.name for parameter in self.expected())

    def read_query(self, request: Request) -> dict[str, Any]:
        """The parameters' values by name. Raises InvalidInput with everything that is wrong with them."""
        values, problems = self.look_at_query(request)
        self.refuse(problems)
        return values

    def look_at_query(self, request: Request) -> tuple[dict[str, Any], Problems]:
        """As `read_query`, for those who find more problems; those that are not even text are raised at once."""
        given = request.query_params
        problems = check_names(given, self.known_parameters())
        self.refuse([problem for problem in problems if problem.code == "not_text"])
        return {parameter.name: parameter.read(given, problems) for parameter in self.expected()}, problems

    @cached_property
    def notes(self) -> Notes:
        """What the answer will say about its request, under `warnings`."""
        return Notes()

    def get_serializer_context(self) -> dict[str, Any]:
        """What serializers are told of the request."""
        return {"request": self.request, "view": self, "notes": self.notes}

    def read_body(self, request: Request, serializer: type[BaseSerializer[Any]], **options: Any) -> Any:
        """The body as a valid serializer. Raises ValidationError with everything that is wrong with it."""
        found = serializer(data=request.data, context=self.get_serializer_context(), **options)
        found.is_valid(raise_exception=True)
        return found

    def refuse(self, problems: Problems) -> None:
        if problems:
            raise InvalidInput(
                replace(problem, path=self.renamed.get(problem.path, problem.path)) for problem in problems
            )

    def tagged(self, request: Request, document: Any) -> Response:
        """A document with the name of its state, or 304 for a client that has this state already."""
        headers = {"ETag": etag(document, self.computed)}
        held = given_tags(request, "If-None-Match")
        if request.method in SAFE_METHODS and ("*" in held or headers["ETag"] in held):
            return Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(document, headers=headers)

    def refuse_overwriting(self, request: Request, document: Any) -> None:
        """Raise PreconditionFailed when If-Match names no state or another, or If-None-Match this one (RFC 9110, 13.1).

        A header that names nothing names no state, so nothing matches it.
        """
        if "If-Match" not in request.headers and "If-None-Match" not in request.headers:
            return
        state = written_state(etag(document, self.computed))
        wanted, unwanted = (
            {tag if tag == "*" else written_state(tag) for tag in given_tags(request, header)}
            for header in ("If-Match", "If-None-Match")
        )
        if "If-Match" in request.headers and not wanted & {"*", state}:
            raise PreconditionFailed
        if unwanted & {"*", state}:
            raise PreconditionFailed("There is such a state, which If-None-Match excludes.")


class ReadViewSet(ApiView, GenericViewSet[Any]):
    """List and detail of one model. `ordering_fields` maps public names to ORM paths, `ordering` is the default.

    `parameters` are those of the list, `most_rows` is how many a page of it may hold.
    """

    filterset_class: Any = None
    most_rows = pagination.MOST_ROWS
    ordering_fields: Mapping[str, str] = {"id": "pk"}
    ordering: str = "id"
    ordering_more: str = ""  # a pattern of the names that `orderings` adds

    def expected(self) -> tuple[Parameter, ...]:
        if self.action != "list":
            return ()
        pages = pagination.page_parameters(most=self.most_rows)
        return (*self.parameters, *pages, order_parameter(self.ordering_fields, self.ordering, self.ordering_more))

    def orderings(self) -> Mapping[str, str]:
        return self.ordering_fields

    def get_filterset_class(self) -> Any:
        return self.filterset_class

    def filters(self) -> Mapping[str, Any]:
        """The filters of the list by the names of their parameters."""
        if self.action != "list" or self.filterset_class is None:
            return {}
        found: Mapping[str, Any] = self.get_filterset_class().base_filters
        return found

    def known_parameters(self) -> frozenset[str]:
        return super().known_parameters() | frozenset(self.filters())

    def list(self, request: Request) -> Response:
        values, problems = self.look_at_query(request)
        queryset = self.filtered(request, problems)
        ordering = read_ordering(self.model, values["ordering"], self.orderings(), self.ordering, problems)
        scope = f"{request.path.rstrip('/')}?{ordering.text}"
        page = pagination.read_page(values, scope, len(ordering.keys), problems)
        self.refuse(problems)
        found = pagination.paginate(queryset, page, ordering, scope)
        items = self.get_serializer(found.rows, many=True).data
        return pagination.answer(request, found, items, as_array=page.as_array)

    def retrieve(self, request: Request, pk: str) -> Response:
        self.read_query(request)
        return self.tagged(request, self.get_serializer(self.get_or_404(pk)).data)

    def filtered(self, request: Request, problems: Problems) -> QuerySet[Any]:
        """What the filters select; what is wrong with them is added to `problems`."""
        queryset = self.get_queryset()
        if self.filterset_class is None:
            return queryset
        filters = self.get_filterset_class()(request.query_params, queryset=queryset, request=request)
        if filters.is_valid():
            found: QuerySet[Any] = filters.qs
            return found
        problems += form_problems(filters.form)
        return queryset

    @property
    def model(self) -> type[Model]:
        return self.get_queryset().model

    def get_or_404(self, pk: str) -> Any:
        return get_or_404(self.get_queryset(), pk)


def announced_bytes(request: Request) -> int:
    """The length of the body, as far as it is told; 0 for what is no number."""
    length = str(request.META.get("CONTENT_LENGTH") or "")
    return int(length[:19]) if length.isascii() and length.isdigit() else 0


def order_parameter(fields: Collection[str], default: str, more: str = "") -> Parameter:
    names = ", ".join(f"`{name}`" for name in fields)
    return Order("ordering", f"One to three of {names}; `-` before a name turns it round.", default, fields, more)


def etag(document: Any, computed: Collection[str] = ()) -> str:
    """A name for this state of a representation. What is `computed` in it has a part of the name to itself."""
    rest = {name: document[name] for name in computed if name in document}
    written = {name: value for name, value in document.items() if name not in rest} if rest else document
    return f'"{_digest(written)}{f"-{_digest(rest)}" if rest else ""}"'


def written_state(tag: str) -> str:
    """The part of an ETag that names what people write: a figure that was computed meanwhile overwrites nobody."""
    return tag.strip('"').partition("-")[0]


def _digest(value: Any) -> str:
    text = json.dumps(value, cls=JSONEncoder, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def given_tags(request: Request, header: str) -> set[str]:
    """The ETags that a client names, `*` among them; a weak one counts as the strong one."""
    given: str = request.headers.get(header, "")
    return {tag.strip().removeprefix("W/") for tag in given.split(",") if tag.strip()}


def get_or_404(queryset: QuerySet[Any], pk: str | int) -> Any:
    """The row with this id, which may be any text. Raises NotFound, which names what was looked for."""
    text = str(pk)
    readable = len(text) <= 19 and text.isascii() and text.isdigit() and int(text) <= MOST_ID
    row = queryset.filter(pk=int(text)).first() if readable else None
    if row is None:
        raise NotFound(f'There is no {queryset.model._meta.verbose_name} with the id "{printable(text[:100])}".')
    return row


def form_problems(form: Any) -> Problems:
    """The errors of a bound form, each with the parameter it is about."""
    return [
        FieldProblem(name if name != "__all__" else "", message, error.code or "invalid")
        for name, errors in form.errors.as_data().items()
        for error in errors
        for message in error.messages
    ]

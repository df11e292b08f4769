"""Imports over HTTP: a file in, what is to be said of it, and it goes in, or comes out again.

Each step is done by the service, which has transactions of its own and lets one of two people do it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import django_filters
from django.http import StreamingHttpResponse
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from dealbrain.api.answers import OWN, Answer
from dealbrain.api.problems import Conflict, FieldProblem, InvalidInput, PreconditionFailed
from dealbrain.api.views import ReadViewSet, etag, get_or_404
from imports.api.serializers import (
    AnswersSerializer,
    ConflictsSerializer,
    ImportDetailSerializer,
    ImportRowSerializer,
    ImportSessionSerializer,
    MappingsSerializer,
    UploadSerializer,
)
from imports.choices import RowOutcome, SessionState
from imports.models import ImportRow, ImportSession
from imports.reading.limits import MAX_BYTES
from imports.sessions import service
from imports.sessions.errors import BadRequest, NotNow, Outdated, SessionError

ROOM = 100_000  # bytes of a form beside the file
HINTS = ("encoding", "delimiter", "sheet", "header_row")
AT_WORK = (SessionState.READING, SessionState.COMMITTING, SessionState.UNDOING)


@contextmanager
def told() -> Iterator[None]:
    """What a session refuses, as the API tells it."""
    try:
        yield
    except BadRequest as error:
        raise InvalidInput(FieldProblem(path, text, "invalid") for path, text in error.problems.items()) from error
    except Outdated as error:
        raise PreconditionFailed(str(error)) from error
    except (NotNow, SessionError) as error:
        raise Conflict(str(error)) from error


class SessionFilters(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=SessionState.choices)

    class Meta:
        model = ImportSession
        fields = ("state",)


class RowFilters(django_filters.FilterSet):
    outcome = django_filters.ChoiceFilter(choices=RowOutcome.choices)

    class Meta:
        model = ImportRow
        fields = ("outcome",)


class SessionsView(ReadViewSet):
    """What everything about imports shares: one sees those that one may see."""

    queryset = ImportSession.objects.all()
    serializer_class = ImportDetailSerializer
    internal = True
    atomic_writes = False  # the service has transactions of its own
    # What the catalog makes of the first rows is no part of what is written.
    computed = ("updated_at", "progress", "preview")

    def get_queryset(self) -> Any:
        request = getattr(self, "request", None)
        return ImportSession.objects.visible_to(request.user if request else None)

    def shown(self, session: ImportSession, status: int = HTTPStatus.OK) -> Response:
        """The import as it is now; 202 while somebody is at work on it."""
        document = ImportDetailSerializer(session, context=self.get_serializer_context()).data
        where = f"/v1/imports/sessions/{session.pk}"
        if session.state in AT_WORK and status == HTTPStatus.OK:
            status = HTTPStatus.ACCEPTED
        return Response(document, status=status, headers={"ETag": etag(document, self.computed), "Location": where})


class ImportSessionViewSet(SessionsView):
    """Imports, the newest first."""

    filterset_class = SessionFilters
    ordering_fields = {"id": "pk", "created_at": "created_at"}
    ordering = "-id"
    parser_classes = (MultiPartParser,)
    takes_uploads = True
    most_bytes = MAX_BYTES + ROOM
    answers = {"create": Answer(OWN, takes=UploadSerializer, status=HTTPStatus.CREATED, etag=True)}

    def get_serializer_class(self) -> Any:
        return ImportSessionSerializer if self.action == "list" else self.serializer_class

    def create(self, request: Request) -> Response:
        """Upload a file: what it is, what its columns seem to mean, what has to be said, and how its rows would go in.

        A large file is read by a worker: its `state` is `reading` until it has been.
        """
        self.read_query(request)
        given = self.read_body(request, UploadSerializer).validated_data
        files = [given[name] for name in ("file", "upload") if given.get(name) is not None]
        if len(files) != 1:
            raise ValidationError({"file": [ErrorDetail("One file is needed, as `file`.", code="required")]})
        hints = {name: given[name] for name in HINTS if given.get(name) not in (None, "")}
        with told():
            session = service.open_session(
                file=files[0],
                name=files[0].name or "file",
                actor=request.user.get_username(),
                source=given.get("source", ""),
                currency=given.get("currency", ""),
                kind=given.get("kind") or None,
                hints=hints,
            )
        return self.shown(session, HTTPStatus.CREATED)


class StepsViewSet(SessionsView):
    """One import, step by step."""

    answers = {
        "mappings": Answer(OWN, takes=MappingsSerializer, status=200, also={202: OWN}, etag=True, errors=(409,)),
        "answer": Answer(OWN, takes=AnswersSerializer, status=200, also={202: OWN}, etag=True, errors=(409,)),
        "conflicts": Answer(OWN, takes=ConflictsSerializer, status=200, also={202: OWN}, etag=True, errors=(409,)),
        "commit": Answer(OWN, status=200, also={202: OWN}, etag=True, errors=(409,)),
        "undo": Answer(OWN, status=200, also={202: OWN}, etag=True, errors=(409,)),
    }

    def mappings(self, request: Request, pk: str) -> Response:
        """Say what columns mean. The file is looked at anew."""
        return self._said(request, pk, MappingsSerializer, "columns", service.set_mapping)

    def answer(self, request: Request, pk: str) -> Response:
        """Answer questions. The file is looked at anew."""
        return self._said(request, pk, AnswersSerializer, "answers", service.answer)

    def conflicts(self, request: Request, pk: str) -> Response:
        """Say what becomes of rows whose numbers listings of other machines have."""
        return self._said(request, pk, ConflictsSerializer, "choices", service.choose)

    def commit(self, request: Request, pk: str) -> Response:
        """Have the rows go in, all of them or none; 202 where a worker does it."""
        return self._done(request, pk, service.commit)

    def undo(self, request: Request, pk: str) -> Response:
        """Take an import back. What somebody has changed since stays, and is named in `left`."""
        return self._done(request, pk, service.undo)

    def _said(
        self, request: Request, pk: str, body: Any, name: str, say: Callable[[ImportSession, Any, int], ImportSession]
    ) -> Response:
        self.read_query(request)
        wanted = self.read_body(request, body).validated_data[name]
        session = self._current(request, pk)
        with told():
            return self.shown(say(session, wanted, session.revision))

    def _done(self, request: Request, pk: str, do: Callable[[ImportSession, str, int], ImportSession]) -> Response:
        self.read_query(request)
        session = self._current(request, pk)
        with told():
            return self.shown(do(session, request.user.get_username(), session.revision))

    def _current(self, request: Request, pk: str) -> ImportSession:
        """The import, in the state that the client has seen, if it says which."""
        session: ImportSession = self.get_or_404(pk)
        if "If-Match" in request.headers or "If-None-Match" in request.headers:
            self.refuse_overwriting(request, self.get_serializer(session).data)
        return session


class RowsViewSet(ReadViewSet):
    """What became of the records of a file, in its order; before it goes in, of those that need a look."""

    queryset = ImportRow.objects.all()
    serializer_class = ImportRowSerializer
    filterset_class = RowFilters
    ordering_fields = {"line": "line"}
    ordering = "line"
    internal = True
    session: ImportSession | None = None  # until `list` has found it

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(session=self.session)

    def list(self, request: Request, pk: str = "") -> Response:
        self.session = get_or_404(ImportSession.objects.visible_to(request.user), pk)
        return super().list(request)


class ReportView(SessionsView):
    """Each record's line, outcome, title, listing and messages, as CSV."""

    answers = {"report": Answer({"type": "string"}, media=("text/csv",), name="imports_report")}

    def report(self, request: Request, pk: str) -> Any:
        """What became of each record, as a CSV file that is streamed."""
        self.read_query(request)
        session = self.get_or_404(pk)
        response = StreamingHttpResponse(service.report_csv(session), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="import-{session.pk}.csv"'
        return response

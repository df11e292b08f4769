"""Marks of processors and cards as a task: the same as `manage.py import_benchmarks`, by an import of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from dealbrain.api.answers import Answer
from dealbrain.api.parsers import JsonParser
from dealbrain.api.problems import FieldProblem, InvalidInput, TooLarge
from dealbrain.api.serializers import RowSerializer, StrictFields
from dealbrain.api.views import MOST_BYTES, ApiView, announced_bytes
from dealbrain.import_root import below_import_root
from imports.api.views import AT_WORK, ROOM, told
from imports.choices import ImportTaskState, MarksOf, SessionState
from imports.models import MAY_IMPORT, ImportSession
from imports.reading.limits import MAX_BYTES
from imports.sessions import service

ACTION = "import-benchmarks"
KINDS = ("cpus", "gpus")
MOST_PATH = 1_000


class BenchmarksSerializer(StrictFields):
    """A list: a path below IMPORT_ROOT, or a file."""

    example: ClassVar[dict[str, Any]] = {
        "file": "CPU Name,CPU Mark,Thread Mark\nIntel Core i5-8500T @ 2.10GHz,7456,2094\n",
        "kind": "cpu",
    }
    path = serializers.CharField(required=False, max_length=MOST_PATH)
    file = serializers.FileField(required=False, allow_empty_file=True)
    kind = serializers.ChoiceField(MarksOf.choices, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "path" in attrs and "file" in attrs:
            raise serializers.ValidationError({"path": "Give a path or a file, not both."}, code="exclusive")
        if "path" not in attrs and "file" not in attrs:
            raise serializers.ValidationError({"path": "Give a path below IMPORT_ROOT, or a file."}, code="required")
        return attrs


class ImportTaskSerializer(RowSerializer[ImportSession]):
    """`id` is that of the import, under `/v1/imports/sessions`. `progress` goes from 0 to 1."""

    action = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()
    result = serializers.DictField(source="counts", child=serializers.IntegerField())
    questions = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()

    class Meta:
        model = ImportSession
        fields = ("id", "file_name", "kind", "action", "status", "progress", "result", "questions", "error")
        read_only_fields = fields

    def get_action(self, session: ImportSession) -> str:
        return ACTION

    def get_status(self, session: ImportSession) -> ImportTaskState:
        if session.state in AT_WORK:
            return ImportTaskState.RUNNING
        if session.state == SessionState.COMMITTED:
            return ImportTaskState.DONE
        if session.state == SessionState.FAILED or session.error:
            return ImportTaskState.FAILED
        return ImportTaskState.WAITING

    def get_progress(self, session: ImportSession) -> float:
        done, total = service.progress_of(session)
        return 1.0 if session.state == SessionState.COMMITTED else round(min(done / (total or 1), 1.0), 4)

    def get_questions(self, session: ImportSession) -> int:
        return len(session.questions)

    def get_error(self, session: ImportSession) -> str | None:
        return session.error or None


class BenchmarksTaskView(ApiView):
    """Marks of processors or graphics cards from a list."""

    queryset = ImportSession.objects.all()
    internal = True
    atomic_writes = False  # the service has transactions of its own
    requires = {"POST": MAY_IMPORT}
    parser_classes = (MultiPartParser, JsonParser)
    takes_uploads = True
    most_bytes = MAX_BYTES + ROOM
    answers = {
        "POST": Answer(
            ImportTaskSerializer, takes=BenchmarksSerializer, status=HTTPStatus.ACCEPTED, name="admin_tasks_benchmarks"
        )
    }

    def _refused_unread(self, request: Any) -> APIException | None:
        """Files alone may be large."""
        is_form = str(request.META.get("CONTENT_TYPE") or "").lower().startswith(MultiPartParser.media_type)
        if not is_form and announced_bytes(request) > MOST_BYTES:
            return TooLarge(f"This body is too large: at most {MOST_BYTES:,} bytes are read here beside files.")
        return super()._refused_unread(request)

    def post(self, request: Request) -> Response:
        """Import a list of marks, which goes in at once where nothing is asked. A `path` may be sent as JSON, too.

        Follow it, answer it and take it back as the import that `Location` names.
        """
        self.read_query(request)
        given = self.read_body(request, BenchmarksSerializer).validated_data
        with _file(given) as (file, name), told():
            session = service.open_session(
                file=file,
                name=name,
                actor=request.user.get_username(),
                kind=f"{given['kind']}s" if "kind" in given else None,
                only=KINDS,
                goes_in=True,
            )
        where = f"/v1/imports/sessions/{session.pk}"
        return Response(ImportTaskSerializer(session).data, HTTPStatus.ACCEPTED, headers={"Location": where})


@contextmanager
def _file(given: dict[str, Any]) -> Iterator[tuple[BinaryIO, str]]:
    """The file that came, or the one below IMPORT_ROOT, and its name. Raises InvalidInput."""
    if "file" in given:
        yield given["file"], given["file"].name or "file"
        return
    path = below_import_root(given["path"])
    file = _opened(path) if path is not None else None
    if path is None or file is None:
        told_as = "There is no such file below the folder for imports (IMPORT_ROOT)."
        raise InvalidInput([FieldProblem("path", told_as, "not_found")])
    with file:
        yield file, path.name


def _opened(path: Path) -> BinaryIO | None:
    try:
        return path.open("rb")
    except OSError:
        return None

"""An import as the API shows it, and what is said about one."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from dealbrain.api.serializers import RowSerializer, StrictFields
from imports.choices import ConflictChoice, RowOutcome
from imports.mapping import FileKind
from imports.models import MOST_SOURCE, ImportRow, ImportSession
from imports.resolving.questions import Question
from imports.sessions import service
from imports.sessions.errors import SessionError
from imports.sessions.states import EDITABLE

MOST_COLUMNS, MOST_ANSWERS = 500, 5_000


class ImportColumnSerializer(serializers.Serializer[Any]):
    """`means` is the name of what a row says in it; blank where nothing was made of it, `-` where it is left out."""

    position = serializers.IntegerField()
    header = serializers.CharField()
    means = serializers.CharField()
    confidence = serializers.FloatField()
    reason = serializers.CharField()
    samples = serializers.ListField(child=serializers.CharField())


class DetectionSerializer(serializers.Serializer[Any]):
    """How the file was read."""

    format = serializers.CharField()
    encoding = serializers.CharField()
    delimiter = serializers.CharField()
    sheet = serializers.CharField()
    sheet_names = serializers.ListField(child=serializers.CharField())
    header_row = serializers.IntegerField(allow_null=True)
    notes = serializers.ListField(child=serializers.CharField())
    columns = ImportColumnSerializer(many=True)


class QuestionOptionSerializer(serializers.Serializer[Any]):
    """One answer to a question."""

    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a name that serializers use themselves


class QuestionSerializer(serializers.Serializer[Question]):
    """Something that a file does not say. Without an answer to one that `blocks`, nothing goes in."""

    key = serializers.CharField()
    kind = serializers.CharField()
    text = serializers.CharField()
    options = QuestionOptionSerializer(many=True)
    lines = serializers.IntegerField()
    samples = serializers.ListField(child=serializers.CharField())
    suggested = serializers.CharField()
    confidence = serializers.FloatField()
    blocks = serializers.BooleanField()


class RowMessageSerializer(serializers.Serializer[Any]):
    """What is to be known of a row, and in which column."""

    column = serializers.CharField()
    value = serializers.CharField()
    message = serializers.CharField()


class PreviewValueSerializer(serializers.Serializer[Any]):
    """One value as it would be stored, and where it came from."""

    field = serializers.CharField()
    value = serializers.JSONField(allow_null=True)
    where = serializers.CharField()
    header = serializers.CharField()


class PreviewRowSerializer(serializers.Serializer[Any]):
    """One record as it would go in."""

    line = serializers.IntegerField()
    outcome = serializers.ChoiceField(RowOutcome.choices)
    title = serializers.CharField()
    listing_id = serializers.IntegerField(allow_null=True)
    values = PreviewValueSerializer(many=True)
    messages = RowMessageSerializer(many=True)


SHOWN = (
    *("id", "file_name", "size", "sha256", "kind", "source", "currency", "state", "revision"),
    *("counts", "notes", "left", "progress", "total", "error", "actor", "committed_by", "undone_by"),
    *("created_at", "updated_at", "committed_at", "undone_at"),
)


class ImportSessionSerializer(RowSerializer[ImportSession]):
    """One file, from upload to commit and back."""

    counts = serializers.DictField(child=serializers.IntegerField())
    notes = serializers.ListField(child=serializers.CharField())
    left = serializers.JSONField()
    progress = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()

    class Meta:
        model = ImportSession
        fields: ClassVar[tuple[str, ...]] = SHOWN
        read_only_fields = fields

    def get_progress(self, session: ImportSession) -> int:
        return service.progress_of(session)[0]

    def get_error(self, session: ImportSession) -> str | None:
        return session.error or None


class ImportDetailSerializer(ImportSessionSerializer):
    """`preview` holds the first rows as they would go in, until they have."""

    detection = DetectionSerializer(source="described")
    questions = QuestionSerializer(many=True)
    answers = serializers.DictField(child=serializers.CharField())
    choices = serializers.DictField(child=serializers.CharField())
    preview = PreviewRowSerializer(source="previewed", many=True)

    class Meta:
        model = ImportSession
        fields: ClassVar[tuple[str, ...]] = (*SHOWN, "detection", "questions", "answers", "choices", "preview")
        read_only_fields = fields

    def to_representation(self, session: ImportSession) -> Any:
        shown: Any = session
        shown.described = described(session)
        shown.previewed = previewed(session)
        return super().to_representation(shown)


def described(session: ImportSession) -> dict[str, Any]:
    """How the file was read, with what each column means."""
    seen = session.detection.get("columns", [])
    columns = [
        {
            "position": guess["position"],
            "header": guess["header"],
            "means": guess["column"],
            "confidence": guess["confidence"],
            "reason": guess["reason"],
            "samples": seen[guess["position"]]["samples"] if guess["position"] < len(seen) else [],
        }
        for guess in session.columns.get("columns", [])
    ]
    names = ("format", "encoding", "delimiter", "sheet", "sheet_names", "header_row", "notes")
    return {**{name: session.detection.get(name) for name in names}, "columns": columns}


def previewed(session: ImportSession) -> list[Any]:
    """The first rows as they would go in; none where they have, or where the file is gone."""
    if session.state not in EDITABLE:
        return []
    try:
        return list(service.preview(session))
    except SessionError:
        return []


class ImportRowSerializer(RowSerializer[ImportRow]):
    """What became of one record of the file."""

    messages = RowMessageSerializer(many=True)

    class Meta:
        model = ImportRow
        fields = ("id", "line", "outcome", "title", "listing_id", "messages")
        read_only_fields = fields


class UploadSerializer(StrictFields):
    """A file under the name `file`, or `upload` as older clients call it, and what is to be known of it."""

    example: ClassVar[dict[str, Any]] = {
        "file": "title,price_usd,vendor_item_id\nDell OptiPlex 7050 i5-7500T 8GB 256GB SSD,199.50,12\n",
        "source": "Corner shop",
    }
    file = serializers.FileField(required=False, allow_empty_file=True)
    upload = serializers.FileField(required=False, allow_empty_file=True)
    source = serializers.CharField(  # type: ignore[assignment]  # a name that serializers use themselves
        required=False, allow_blank=True, max_length=MOST_SOURCE
    )
    currency = serializers.CharField(required=False, allow_blank=True, max_length=20)
    kind = serializers.ChoiceField([kind.value for kind in FileKind if kind is not FileKind.UNKNOWN], required=False)
    encoding = serializers.CharField(required=False, allow_blank=True, max_length=40)
    delimiter = serializers.CharField(required=False, allow_blank=True, max_length=1, trim_whitespace=False)
    sheet = serializers.CharField(required=False, allow_blank=True, max_length=255)
    header_row = serializers.IntegerField(required=False, min_value=0, max_value=1_000)

    def to_internal_value(self, data: Any) -> Any:
        """What a form leaves empty is not said."""
        return super().to_internal_value({name: value for name, value in data.items() if value != ""})


class MappingsSerializer(StrictFields):
    """`columns` says what columns mean, by header or position; `-`, or nothing, leaves one out."""

    example: ClassVar[dict[str, Any]] = {"columns": {"Preis": "price"}}
    columns = serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=100))

    def validate_columns(self, columns: dict[str, str]) -> dict[str, str]:
        return _at_most(columns, MOST_COLUMNS)


class AnswersSerializer(StrictFields):
    """`answers` go by the keys of questions."""

    example: ClassVar[dict[str, Any]] = {"answers": {"currency": "EUR"}}
    answers = serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=300))

    def validate_answers(self, answers: dict[str, str]) -> dict[str, str]:
        return _at_most(answers, MOST_ANSWERS)


class ConflictsSerializer(StrictFields):
    """`choices` go by the lines of the file; `*` is for all the others."""

    example: ClassVar[dict[str, Any]] = {"choices": {"12": "keep", "*": "both"}}
    choices = serializers.DictField(child=serializers.ChoiceField(ConflictChoice.choices), allow_null=True)

    def validate_choices(self, choices: dict[str, str] | None) -> dict[str, str]:
        return _at_most(choices or {}, MOST_ANSWERS)


def _at_most(given: dict[str, str], most: int) -> dict[str, str]:
    if len(given) > most:
        raise serializers.ValidationError(f"At most {most:,} are taken at once.", code="max_length")
    return given

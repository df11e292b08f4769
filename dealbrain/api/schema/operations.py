"""Operations: what a view says of itself, and what follows from the base that answers for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

import uritemplate
from django.db.models import Model
from drf_spectacular.drainage import warn
from drf_spectacular.plumbing import force_instance, get_doc
from rest_framework.permissions import SAFE_METHODS
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from dealbrain.api.answers import OWN, USUAL, Answer, Shape
from dealbrain.api.parameters import Parameter
from dealbrain.api.schema.components import REQUEST, RESPONSE, ComponentSchema, Json
from dealbrain.api.schema.query import describe_filter, describe_parameter, describe_variable
from dealbrain.api.schema.shared import alias, area, error_name, phrase, reference
from dealbrain.api.views import ApiView, ReadViewSet
from dealbrain.api.writes import WriteViewSet

PREFIX = re.compile(r"^(/api)?/v1|^")
VERBS = {"GET": "retrieve", "PUT": "update", "PATCH": "partial_update", "DELETE": "destroy", "POST": ""}
SUMMARIES = {
    "list": "List {plural}",
    "retrieve": "Read {one}",
    "create": "Create {one}",
    "update": "Replace {one}: what is left out becomes its default",
    "partial_update": "Change {one}",
    "destroy": "Delete {one}",
}
KEEPING = "Write {one}, and keep what is left out"
BASES = (ApiView, ReadViewSet, WriteViewSet)
ALWAYS = (400, 401, 403, 406, 429)
UPLOAD = "multipart/form-data"
JSON = "application/json"


def first_sentence(text: str) -> str:
    paragraph = " ".join(text.partition("\n\n")[0].split())
    return paragraph.partition(". ")[0].removesuffix(".")


class Schema(ComponentSchema):
    """One operation of one view."""

    @property
    def action(self) -> str:
        """The action of a viewset, the method of any other view."""
        return self.view.action if isinstance(self.view, GenericViewSet) else self.method

    @property
    def answer(self) -> Answer:
        told: Mapping[str, Answer] = getattr(self.view, "answers", {})
        found = told.get(self.action)
        if found is None and isinstance(self.view, GenericViewSet):
            found = USUAL.get(self.action)
        if found is None:
            warn(f"{type(self.view).__name__} has no `answers` for {self.action}: {self.method} {self.path}.")
            return Answer({})
        return found

    # -- Names and words -----------------------------------------------------------------------------------------------

    def get_operation_id(self) -> str:
        if self.answer.name:
            return self.answer.name
        bare = PREFIX.sub("", self.path, count=1)
        # Two variables in a row: without the last of them the address is another one's.
        tail = [match[1]] if (match := re.search(r"\}/\{(\w+)\}$", bare)) else []
        words = [word for word in bare.split("/") if word and "{" not in word] + tail
        is_viewset = isinstance(self.view, GenericViewSet)
        verb = self.action if is_viewset else "list" if self.answer.page else VERBS[self.method]
        return "_".join([*words, verb]).strip("_").replace("-", "_")

    def get_tags(self) -> list[str]:
        return [area(self.path)]

    def get_summary(self) -> str:
        told = self.answer.summary.format(view=self.view) or self._usual_summary()
        return f"{told}{alias(self.path)}"

    def _usual_summary(self) -> str:
        model: type[Model] | None = getattr(getattr(self.view, "queryset", None), "model", None)
        if isinstance(self.view, GenericViewSet) and self.action in SUMMARIES and model is not None:
            name = str(model._meta.verbose_name)
            one = f"an {name}" if name[0].lower() in "aeiou" else f"a {name}"
            words = KEEPING if self.action == "update" and self._keeps else SUMMARIES[self.action]
            return words.format(plural=model._meta.verbose_name_plural, one=one)
        return first_sentence(self._docstring())

    @property
    def _keeps(self) -> bool:
        """Whether a PUT keeps what is left out, so that nothing has to be in its body."""
        return bool(getattr(self.view, "put_keeps", False)) and self.method == "PUT"

    def get_description(self) -> str:
        """More than the summary says, if there is more. What follows the first paragraph is for programmers."""
        text = " ".join(self._docstring().partition("\n\n")[0].split())
        others = VERBS.keys() - {self.method}
        told = " ".join(
            sentence
            for sentence in re.split(r"(?<=[.]) (?=[A-Z`])", text)
            if sentence.split(maxsplit=1)[0] not in others
        )
        return "" if told.removesuffix(".") == self._usual_summary() else told

    def _docstring(self) -> str:
        """Of the leaf's own method, else of its class."""
        name = self.action if isinstance(self.view, GenericViewSet) else self.method.lower()
        method = getattr(type(self.view), name)
        own = not any(vars(base).get(name) is method for base in BASES)
        for kind in type(self.view).__mro__:
            if kind in BASES:
                break
            if kind.__doc__:
                return (get_doc(method) if own else "") or str(get_doc(kind))
        return str(get_doc(method)) if own else ""

    def get_auth(self) -> list[Json]:
        """Reads may be open to anybody: the installation decides, the document is the same for all."""
        reads = self.method in SAFE_METHODS or getattr(self.view, "only_reads", False)
        anybody: list[Json] = [{}] if reads and not getattr(self.view, "internal", False) else []
        return [{"bearer": []}, {"session": []}, *anybody]

    # -- What is sent --------------------------------------------------------------------------------------------------

    def _get_parameters(self) -> list[Json]:
        known = {{"pk": "id"}.get(given.name, given.name): given for given in self.answer.path}
        variables = [describe_variable(name, self.path, known) for name in uritemplate.variables(self.path)]
        expected: Iterable[Parameter] = self.view.expected() if isinstance(self.view, ApiView) else ()
        filters = self.view.filters() if isinstance(self.view, ReadViewSet) else {}
        return [
            *variables,
            *(describe_filter(name, found) for name, found in filters.items()),
            *(describe_parameter(parameter) for parameter in expected),
            *self._header_parameters(),
        ]

    def _header_parameters(self) -> Iterator[Json]:
        if self.answer.etag and self.method == "GET":
            yield reference("parameters", "IfNoneMatch")
        if self.answer.etag and self.method in ("PUT", "PATCH", "DELETE"):
            yield reference("parameters", "IfMatch")
        if self.method == "POST":
            yield reference("parameters", "IdempotencyKey")

    def _get_request_body(self, direction: str = REQUEST) -> Json | None:
        shape = self.answer.takes
        if shape is None:
            return None
        schema, required = self._shape(shape, direction), True
        if isinstance(shape, type) or shape is OWN:
            found, required = self._get_request_for_media_type(self._taken(shape), direction)
            schema = dict(found or {})
        media = UPLOAD if getattr(self.view, "takes_uploads", False) else JSON
        return {"content": {media: {"schema": schema}}, **({"required": True} if required else {})}

    # -- What is answered ----------------------------------------------------------------------------------------------

    def _get_response_bodies(self, direction: str = RESPONSE) -> Json:
        answer = self.answer
        found = {str(status): self._success(status, shape) for status, shape in answer.shapes().items()}
        if answer.etag and self.method == "GET":
            found["304"] = {"description": "You have this state already.", "headers": self._headers(304, state=True)}
        return found | {str(status): reference("responses", error_name(status)) for status in self._errors()}

    def _errors(self) -> list[int]:
        """The statuses that this operation can refuse with."""
        found = {*ALWAYS, *self.answer.errors}
        if uritemplate.variables(self.path):
            found.add(404)
        if self.method not in SAFE_METHODS:
            found.add(413)
            if self.method == "POST" or isinstance(self.view, GenericViewSet):
                found.add(409)
            if self.answer.etag and self.method != "POST":
                found.add(412)
        if self.answer.takes is not None:
            found.add(415)
        return sorted(map(int, found))

    def _success(self, status: int, shape: Shape) -> Json:
        found: Json = {"description": phrase(status), "headers": self._headers(status, state=self.answer.etag)}
        if shape is not None:
            schema = self._shape(shape, RESPONSE)
            found["content"] = {media: {"schema": self._listed(shape, schema)} for media in self.answer.media}
        return found

    def _headers(self, status: int, *, state: bool) -> Json:
        headers = {"X-Request-ID": reference("headers", "RequestId")}
        if state and self.method != "DELETE":
            headers["ETag"] = reference("headers", "ETag")
        if status == HTTPStatus.ACCEPTED or (status == HTTPStatus.CREATED and state):
            headers["Location"] = reference("headers", "Location")
        return headers

    def _listed(self, shape: Shape, schema: Json) -> Json:
        rows = {"type": "array", "items": schema}
        if not self.answer.page:
            return rows if self.answer.many else schema
        return self._page(shape, rows)

    def _page(self, shape: Shape, rows: Json) -> Json:
        """The envelope of a list, as a component where what it holds is one."""
        envelope = {
            "type": "object",
            "description": "One page of a list.",
            "required": ["items", "total", "limit", "next_cursor", "has_next"],
            "properties": {
                "items": rows,
                "total": {"type": ["integer", "null"], "minimum": 0, "description": "Null where `total=false`."},
                "limit": {"type": "integer", "minimum": 1},
                "next_cursor": {"type": ["string", "null"], "description": "The `cursor` of the page after this one."},
                "has_next": {"type": "boolean"},
            },
        }
        if "$ref" not in rows["items"]:
            return envelope
        return self._kept(f"{rows['items']['$ref'].rpartition('/')[2]}Page", envelope)

    # -- Shapes --------------------------------------------------------------------------------------------------------

    def _serializer(self, shape: Any) -> BaseSerializer[Any]:
        kind = self.view.get_serializer_class() if shape is OWN else shape
        serializer: BaseSerializer[Any] = force_instance(kind)
        return serializer

    def _taken(self, shape: Any) -> BaseSerializer[Any]:
        """What reads a body; in part where a PUT keeps what is left out. (PATCH is known to the generator.)"""
        serializer = self._serializer(shape)
        serializer.partial = serializer.partial or self._keeps
        return serializer

    def _shape(self, shape: Shape, direction: str) -> Json:
        if shape is not OWN and not isinstance(shape, type):
            found = dict(shape or {})
            return self._kept(found["title"], found) if "title" in found else found
        if direction == REQUEST:
            schema, _ = self._get_request_for_media_type(self._serializer(shape), direction)
        else:
            schema = self.resolve_serializer(self._serializer(shape), direction).ref
        return dict(schema)

    def _kept(self, name: str, schema: Json) -> Json:
        """A reference to a component that is no serializer; the document takes it over when it is put together."""
        registry: Any = self.registry
        registry.__dict__.setdefault("kept", {})[name] = schema
        return reference("schemas", name)

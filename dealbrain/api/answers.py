"""What an endpoint takes and gives, in one line, for the schema to describe."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Any

from rest_framework.serializers import BaseSerializer

from dealbrain.api.parameters import Parameter


class Own(Enum):
    """The serializer that a viewset has anyway."""

    SERIALIZER = "own"


OWN = Own.SERIALIZER
# A serializer, or a JSON Schema, which becomes a component of its `title`; None: no body.
Shape = type[BaseSerializer[Any]] | Mapping[str, Any] | Own | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one method of a view, or one action of a viewset, takes and gives.

    `also` are further successful statuses. `many` is a bare array of `gives`, `page` the envelope of a list. `etag`:
    the answer names its state, and If-None-Match or If-Match are honoured. `errors` are statuses beyond those that
    follow from the request itself: 404 where the body names rows, 409 where a plain view can collide. `path` describes
    variables of the path that are no ids. `name` is an operationId and `summary` a summary
    of its own, in which `{view}` is the view.
    """

    gives: Shape = OWN
    takes: Shape = field(default=None, kw_only=True)
    status: int | None = field(default=None, kw_only=True)
    also: Mapping[int, Shape] = field(default_factory=dict, kw_only=True)
    many: bool = field(default=False, kw_only=True)
    page: bool = field(default=False, kw_only=True)
    etag: bool = field(default=False, kw_only=True)
    media: Collection[str] = field(default=("application/json",), kw_only=True)
    errors: Collection[int] = field(default=(), kw_only=True)
    path: Collection[Parameter] = field(default=(), kw_only=True)
    name: str = field(default="", kw_only=True)
    summary: str = field(default="", kw_only=True)

    def shapes(self) -> dict[int, Shape]:
        """What each successful status gives."""
        usual = HTTPStatus.NO_CONTENT if self.gives is None else HTTPStatus.OK
        return {int(self.status or usual): self.gives, **self.also}


# What the actions of the base do, wherever a viewset does not say otherwise.
USUAL: Mapping[str, Answer] = {
    "list": Answer(page=True),
    "retrieve": Answer(etag=True),
    "create": Answer(takes=OWN, status=HTTPStatus.CREATED, etag=True),
    "update": Answer(takes=OWN, etag=True),
    "partial_update": Answer(takes=OWN, etag=True),
    "destroy": Answer(None, etag=True),
}

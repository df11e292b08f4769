"""JSON, fast, and never an error because of what is stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer
from rest_framework.utils.encoders import JSONEncoder

PLAIN = JSONEncoder().default


class JsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None  # JSON is UTF-8, and its media type has no such parameter

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else json_bytes(data)

    @classmethod
    def declared(cls, media_type: str) -> JsonRenderer:
        """What stands for a file in a negotiation: a view writes the file itself, and errors are JSON all the same."""
        renderer = cls()
        renderer.media_type = media_type
        return renderer


def json_bytes(data: Any, default: Callable[[Any], Any] = PLAIN) -> bytes:
    """`default` makes of what is no JSON something that is, as for `json.dumps`."""
    try:
        return orjson.dumps(data, default=default, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z)
    except TypeError:
        # Half a surrogate pair or a number beyond 64 bits, kept in somebody's JSON: both have a plain notation.
        return json.dumps(data, default=default, ensure_ascii=True, separators=(",", ":")).encode("ascii")

"""The file of a baseline as plain data, its identity, and what is wrong with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from valuation.decoding import MOST_PROBLEMS, Bounds, DocumentError
from valuation.decoding import decode as decode_document
from valuation.engine import Problem

MAX_BYTES = 5_000_000
BOUNDS = Bounds("a baseline", MAX_BYTES)

__all__ = ["MAX_BYTES", "MOST_PROBLEMS", "BaselineError", "canonical_hash", "decode", "refused"]


class BaselineError(DocumentError):
    """Everything that is wrong with a baseline, or with what was asked of one, at once."""


def refused(path: str, message: str, code: str = "baseline", suggestion: str = "") -> BaselineError:
    """An error of one problem."""
    return BaselineError([Problem(path, message, code, suggestion)])


def canonical_hash(content: Any) -> str:
    """sha256 of the JSON with sorted keys and without white space: the identity of a baseline."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def decode(source: bytes | Mapping[str, Any]) -> Any:
    """The JSON of a file or a request. Raises BaselineError for what is none, or could not be kept as it is."""
    try:
        return decode_document(source, BOUNDS)
    except DocumentError as error:
        raise BaselineError(list(error.problems)) from error

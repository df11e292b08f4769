"""A digest of all that a listing holds: whether somebody has changed it since an import made it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from imports.sessions.merging import plain

# Written by the database or the recalculation, and by nobody's hand.
NOT_SAID = ("id",)


def digest_of(row: Mapping[str, Any]) -> str:
    text = json.dumps({name: plain(value) for name, value in row.items() if name not in NOT_SAID}, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]

"""What records came to, kept beside the file from its analysis to its commit: reading titles takes most of the time.

They count only for the fingerprint that they were made under: what was said of the file, and the catalog. Whoever finds
another one reads the records anew. Only our own plain classes are ever unpacked.
"""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import secrets
import zlib
from collections.abc import Iterator
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db.models import Count, Max

from catalog.models import Cpu, CustomField, Gpu
from imports.models import ImportSession
from imports.resolving.outcomes import Outcome

OURS = ("imports.resolving.outcomes",)
CHOICES = ("listings.choices", "catalog.choices")
OTHERS = {("datetime", "date"), ("decimal", "Decimal"), ("builtins", "frozenset"), ("copyreg", "_reconstructor")}
LENGTH = 4  # bytes before each chunk
FORM = 2  # of what is kept: one more with each change of how outcomes are packed


def fingerprint_of(session: ImportSession) -> str:
    """What records come to depends on this and on nothing else. Three queries."""
    catalog = [list(model.objects.aggregate(Count("pk"), Max("updated_at")).values()) for model in (Cpu, Gpu)]
    fields = list(CustomField.objects.order_by("pk").values_list("key", "entity", "data_type", "options", "is_active"))
    said = [session.detection, session.columns, session.study, session.answers, session.set_values]
    text = json.dumps([FORM, session.sha256, said, session.currency, session.source, catalog, fields], default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Unreadable(Exception):
    """What was kept cannot be read: the records have to be."""


class Keeper:
    """Takes chunks of outcomes; `done` puts them where the commit looks for them."""

    def __init__(self, stored_as: str, fingerprint: str) -> None:
        self._path = _path(stored_as)
        self._draft = self._path.with_name(f"{stored_as}.{secrets.token_hex(4)}.draft")
        self._file: BinaryIO = self._draft.open("wb")
        self._file.write(fingerprint.encode("ascii"))

    def add(self, outcomes: list[Outcome]) -> None:
        packed = zlib.compress(pickle.dumps(outcomes, protocol=5), 1)
        self._file.write(len(packed).to_bytes(LENGTH, "big") + packed)

    def done(self) -> None:
        self._file.close()
        self._draft.replace(self._path)

    def drop(self) -> None:
        self._file.close()
        self._draft.unlink(missing_ok=True)


class Kept:
    """Chunks of outcomes that a `Keeper` has put away; false where there are none for this fingerprint."""

    def __init__(self, stored_as: str, fingerprint: str) -> None:
        self._path = _path(stored_as)
        self._start = len(fingerprint)
        self._is_there = False
        with suppress(OSError), self._path.open("rb") as file:
            self._is_there = file.read(self._start) == fingerprint.encode("ascii")

    def __bool__(self) -> bool:
        return self._is_there

    def chunks(self) -> Iterator[list[Outcome]]:
        with self._path.open("rb") as file:
            file.seek(self._start)
            while head := file.read(LENGTH):
                packed = file.read(int.from_bytes(head, "big"))
                try:
                    chunk = _Unpacker(io.BytesIO(zlib.decompress(packed))).load()
                except (pickle.UnpicklingError, zlib.error, EOFError, AttributeError) as error:
                    raise Unreadable(str(error)) from error
                yield chunk


def forget(stored_as: str) -> None:
    with suppress(OSError):
        _path(stored_as).unlink(missing_ok=True)


class _Unpacker(pickle.Unpickler):
    """Makes nothing but outcomes and what they are made of."""

    def find_class(self, module: str, name: str) -> Any:
        if module in OURS or (module, name) in OTHERS:
            return super().find_class(module, name)
        if module in CHOICES:
            found = super().find_class(module, name)
            if isinstance(found, type) and issubclass(found, Enum):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no part of an outcome")


def _path(stored_as: str) -> Path:
    return Path(settings.UPLOAD_ROOT) / f"{stored_as}.outcomes"

"""Reading a baseline: bytes in, a checked document out, with every problem named by its path.

`decoding` makes plain data of bytes; `current` and `legacy` read the two formats, on the base of `reader`. For labels
of the older format, `buckets` says what each means alone (a `readings.Reading`), and `tiers` makes conditions of them,
of which at most one holds.
"""

from __future__ import annotations

from collections.abc import Mapping

from baselines.reading.current import CurrentReader
from baselines.reading.decoding import MAX_BYTES, BaselineError, canonical_hash, decode, refused
from baselines.reading.document import (
    BUCKET_KEYS,
    FIELD_KEYS,
    TOP_KEYS,
    BaselineDocument,
    BaselineField,
    Bucket,
    Unconfigured,
)
from baselines.reading.legacy import LegacyReader
from baselines.reading.reader import EFFECTS, ENTITIES, UNITS, Reader
from valuation.engine import FieldRegistry

__all__ = [
    "BUCKET_KEYS",
    "EFFECTS",
    "ENTITIES",
    "FIELD_KEYS",
    "MAX_BYTES",
    "TOP_KEYS",
    "UNITS",
    "BaselineDocument",
    "BaselineError",
    "BaselineField",
    "Bucket",
    "Unconfigured",
    "canonical_hash",
    "decode",
    "read_document",
    "refused",
]

READERS: dict[str, type[Reader]] = {reader.version: reader for reader in (LegacyReader, CurrentReader)}


def read_document(source: bytes | Mapping[str, object], registry: FieldRegistry) -> BaselineDocument:
    """The checked document of a file, or of JSON that was decoded before. Raises BaselineError with every problem."""
    content = decode(source)
    if not isinstance(content, dict):
        raise refused("", "a baseline is a JSON object", "json")
    version = content.get("schema_version")
    reader = READERS.get(version) if isinstance(version, str) else None
    if reader is None:
        raise refused("schema_version", f"must be one of {', '.join(READERS)}, not {str(version)[:100]!r}")
    return reader(registry).document(content)

"""A package from the bytes of a file, or from JSON that was decoded elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from valuation.packages.content import OLDER_VERSION, SCHEMA_VERSION, Json, Package
from valuation.packages.fields import registry_with
from valuation.packages.legacy import flat
from valuation.packages.reading import Read, check, decode, nested

FORMATS: dict[str, Callable[[Json], Read]] = {SCHEMA_VERSION: nested, OLDER_VERSION: flat}


def read_package(source: bytes | Mapping[str, Any]) -> Package:
    """The checked content of a package. Raises PackageError with every problem of it. One query."""
    content = decode(source)
    read = FORMATS[content["schema_version"]](content)
    return check(read, registry_with(read.fields, read.problems))

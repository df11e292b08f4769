"""Records into outcomes: what each column decides, what each cell says, and what has to be asked. No database here.

How a file goes: `mapped` says what its columns are; a `Study` sees every record once; `decide` settles what a dot, a
date and a bare number mean, and `questions` asks what is left; then a `Resolver` makes an outcome of every record. The
catalog is handed in by its names, and remembers what texts say, so that nothing is read twice.
"""

from __future__ import annotations

from imports.resolving.asking import decide, questions
from imports.resolving.catalog import Catalog, CustomField
from imports.resolving.corrections import MappingError, canonical_columns, corrected, mapped
from imports.resolving.resolver import Resolver
from imports.resolving.said import Decisions, Said
from imports.resolving.study import Study

__all__ = [
    "Catalog",
    "CustomField",
    "Decisions",
    "MappingError",
    "Resolver",
    "Said",
    "Study",
    "canonical_columns",
    "corrected",
    "decide",
    "mapped",
    "questions",
]

"""Thousands of ids as one parameter.

Django prepares and binds each id of an `IN` by itself, which costs more than the query, and SQLite takes 32,766.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import BigAutoField, ForeignKey, Lookup


class Named:
    """Ids as the lookup `one_of` takes them: `filter(pk__one_of=Named(ids))`. Django would walk through a list."""

    def __init__(self, ids: npt.NDArray[np.int64]) -> None:
        self._ids = ids

    def __str__(self) -> str:
        return ",".join(map(str, self._ids.tolist()))


@BigAutoField.register_lookup
@ForeignKey.register_lookup
class OneOf(Lookup):
    """Whether a key is one of these."""

    lookup_name = "one_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left} IN (SELECT value FROM json_each(%s))", [*parameters, f"[{self.rhs}]"]  # noqa: S608  # a column

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s::bigint[])", [*parameters, f"{{{self.rhs}}}"]

"""What every list of the admin has: counts that end, filters that do not read a whole table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib.admin import AllValuesFieldListFilter
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest

if TYPE_CHECKING:  # generic in the stubs only
    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator

MOST_COUNTED = 100_000
MOST_READ = 10_000


class CappedPaginator(_Paginator):
    """Counts up to `MOST_COUNTED`: nobody turns the pages behind that of a table that only grows."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: MOST_COUNTED + 1].count())


class Listed(ChangeList):
    """A list that says how many rows it has found."""

    @property
    def counted(self) -> str:
        """`1 rule`, `2,048 rules`, `more than 100,000 snapshots`."""
        name = self.opts.verbose_name if self.result_count == 1 else self.opts.verbose_name_plural
        if self.result_count > MOST_COUNTED and isinstance(self.paginator, CappedPaginator):
            return f"more than {MOST_COUNTED:,} {name}: search or filter to reach the others"
        return f"{self.result_count:,} {name}"


class NewestValues(AllValuesFieldListFilter):
    """The values of a free text among the newest rows: all of them would be a look at every row for each page."""

    def __init__(
        self, field: Any, request: HttpRequest, params: Any, model: type[Model], model_admin: Any, field_path: str
    ) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        newest = model._default_manager.order_by("-pk").values("pk")[:MOST_READ]
        values = model._default_manager.filter(pk__in=newest).order_by(field_path).values_list(field_path, flat=True)
        self.lookup_choices = values.distinct()
        self.title = f"{self.title} (of the newest {MOST_READ:,})"

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or "(not stated)"}

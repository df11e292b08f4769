"""What the admin of every app shares. Nothing here knows an app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.db import models
from django.forms import Field
from django.http import HttpRequest

from dealbrain.forms import JsonField

if TYPE_CHECKING:  # generic in the stubs only
    _ModelAdmin = admin.ModelAdmin[models.Model]
    _BaseModelAdmin = BaseModelAdmin[models.Model]
else:
    _ModelAdmin = admin.ModelAdmin
    _BaseModelAdmin = BaseModelAdmin

NOTHING = "–"

admin.site.site_header = "Deal Brain"
admin.site.site_title = "Deal Brain"
admin.site.index_title = "Catalog, listings and rules"


class JsonMixin(_BaseModelAdmin):
    """JSON columns are edited as tidy text with errors that say where."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Field | None:
        if isinstance(db_field, models.JSONField):
            kwargs["form_class"] = JsonField
            kwargs["empty"] = None if db_field.null else db_field.get_default()
            kwargs["show_hidden_initial"] = False
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[arg-type]  # None in autocompletes


class ReadOnlyAdmin(_ModelAdmin):
    """Rows that only the product writes: they can be looked at, by those who may view them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def dollars(cents: int | None) -> str:
    """`-$1,234.50`, or a dash where there is no figure."""
    if cents is None:
        return NOTHING
    return f"{'-' if cents < 0 else ''}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def figure(value: float | None, digits: int = 4) -> str:
    """A ratio or score, without trailing noise, or a dash."""
    return NOTHING if value is None else f"{value:,.{digits}f}"

"""What imports leave beside listings: how files were read, and what parts that are sold alone cost."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from dealbrain.admin import ReadOnlyAdmin
from dealbrain.lists import NewestValues
from imports.models import PartPrice, RememberedMap


@admin.register(RememberedMap)
class RememberedMapAdmin(ReadOnlyAdmin):
    """A map that is deleted is forgotten: the next file with these headers is guessed anew."""

    when_empty = "Nothing is remembered yet. How you read a file is kept for the next one with the same headers."

    list_display = ("__str__", "kind", "source", "currency", "updated_at")
    list_filter = ("kind",)
    search_fields = ("source",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("imports.delete_rememberedmap")


@admin.register(PartPrice)
class PartPriceAdmin(ReadOnlyAdmin):
    when_empty = "No price of a part yet. Imports leave those of parts that are sold alone."
    list_display = ("name", "part", "capacity_gb", "medium", "price_original", "currency", "price_usd", "date")
    list_filter = ("part", ("currency", NewestValues), "date")
    search_fields = ("name",)

"""What the admin of every app shares. Nothing here knows an app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin
from django.db import models
from django.db.models import QuerySet
from django.forms import Field
from django.http import HttpRequest

from dealbrain.forms import JsonField
from dealbrain.lists import CappedPaginator, Listed
from dealbrain.models import ApiToken
from dealbrain.searching import MOST_SEARCHED, search
from dealbrain.tokens import create_token, refusal, revoke

if TYPE_CHECKING:  # generic in the stubs only
    _ModelAdmin = admin.ModelAdmin[Any]
    _BaseModelAdmin = BaseModelAdmin[models.Model]
else:
    _ModelAdmin = admin.ModelAdmin
    _BaseModelAdmin = BaseModelAdmin

NOTHING = "–"


class JsonMixin(_BaseModelAdmin):
    """JSON columns are edited as tidy text with errors that say where."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Field | None:
        if isinstance(db_field, models.JSONField):
            kwargs["form_class"] = JsonField
            kwargs["empty"] = None if db_field.null else db_field.get_default()
            kwargs["show_hidden_initial"] = False
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[arg-type]  # None in autocompletes


class SearchMixin(_ModelAdmin):
    """Finds in `search_fields` what pages and the API would find in those columns.

    `when_empty` says on a list without a row what would stand there, and what to do next.
    """

    show_full_result_count = False  # a second count, of rows that nobody has asked for
    when_empty = ""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Listed]:
        return Listed

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if len(search_term) > MOST_SEARCHED:
            messages.warning(request, f"Only the first {MOST_SEARCHED} characters of the search were looked for.")
        return search(queryset, search_term, self.get_search_fields(request)), False


class ReadOnlyAdmin(SearchMixin):
    """Rows that only the product writes: they can be looked at, by those who may view them."""

    paginator = CappedPaginator

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


@admin.register(ApiToken)
class ApiTokenAdmin(SearchMixin):
    """Tokens can be made, listed and revoked. People see their own, superusers everybody's."""

    when_empty = "You have no token. A program that is to call the API needs one."

    list_display = ("token", "name", "user", "scope", "created_at", "expires_at", "last_used_at", "state")
    list_select_related = ("user",)
    list_filter = ("scope", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "prefix", "user__username")
    autocomplete_fields = ("user",)
    actions = ("revoke_selected",)

    def get_queryset(self, request: HttpRequest) -> Any:
        tokens: Any = super().get_queryset(request).select_related("user")
        return tokens if request.user.is_superuser else tokens.filter(user=request.user.pk)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """(Somebody else's token would be somebody else's rights.)"""
        mine = ("name", "scope", "expires_at")
        if obj is None:
            return ("user", *mine) if request.user.is_superuser else mine
        return ("token", "user", *mine, "created_at", "last_used_at", "revoked_at", "state")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj) if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            return  # there is nothing to type
        user = form.cleaned_data.get("user") or request.user
        made, text = create_token(user=user, name=obj.name, expires_at=obj.expires_at, scope=obj.scope)
        obj.__dict__.update(made.__dict__)
        messages.warning(request, f"The token, which is shown this once: {text}")

    @admin.action(description="Revoke the selected tokens", permissions=["change"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset.filter(revoked_at=None):
            self.log_change(request, token, "Revoked.")
        messages.success(request, f"{revoke(queryset)} revoked.")

    @admin.display(description="token", ordering="prefix")
    def token(self, obj: ApiToken) -> str:
        return str(obj)

    @admin.display(description="state")
    def state(self, obj: ApiToken) -> str:
        return refusal(obj) or "counts"

"""What lists of rules leave out unless they are asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

PARAMETER = "of"
EVERYTHING = "all"


class WithoutOldBaselines(admin.SimpleListFilter):
    """Versions of the baseline that do not count leave thousands of rules behind: they are shown when asked for."""

    title = "baselines that are not in force"
    parameter_name = PARAMETER
    path = ""  # to the ruleset

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(EVERYTHING, "Shown")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        left_out, *others = super().choices(changelist)
        yield {**left_out, "display": "Left out"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == EVERYTHING or request.GET.get(self.asked):
            return queryset
        old = Q(**{f"{self.path}is_baseline": True, f"{self.path}is_active": False})
        return queryset.exclude(old)

    @property
    def asked(self) -> str:
        """The filter by one ruleset, which is asked for by name."""
        return f"{self.path.removesuffix('__')}__id__exact"


class ByRuleset(admin.RelatedFieldListFilter):
    """One ruleset; a draft is asked for by the links of its pages, and not offered."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        ordering = self.field_admin_ordering(field, request, model_admin)
        return field.get_choices(include_blank=False, ordering=ordering, limit_choices_to={"draft_of": None})


class WithoutCopies(WithoutOldBaselines):
    """Nor what is in drafts, where all is once more that is in their originals."""

    title = "drafts, and baselines that are not in force"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        shown = super().queryset(request, queryset)
        return shown if shown is queryset else shown.filter(**{f"{self.path}draft_of": None})


class OfRules(WithoutCopies):
    path = "group__ruleset__"


class OfGroups(WithoutCopies):
    path = "ruleset__"


class OfRulesets(WithoutOldBaselines):
    @property
    def asked(self) -> str:
        return "is_baseline__exact"

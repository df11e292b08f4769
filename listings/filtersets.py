"""What listings can be filtered by, each parameter with its range, so that no value reaches the database unread."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import django_filters
from django.db.models import Q

from dealbrain.api.filters import NumberFilter, SearchedBy, choice, naming, text, whole
from dealbrain.api.parameters import MOST_ID
from dealbrain.constraints import MOST_DOLLARS
from listings.choices import Condition, Grade, Marketplace, Status
from listings.figures import FIGURES, Figure, is_implausible, is_of_now, is_plausible
from listings.models import Listing
from listings.querysets import ListingQuerySet
from listings.searching import SEARCHED

MOST_RATIO = 1e15
# What stands in a query for a null of the representation, as a filter that is left empty counts for nothing.
UNSTATED = "null"
CONDITIONS = [*Condition.choices, (UNSTATED, "Not stated")]
NO_CONDITION = {"invalid_choice": f"%(value)s is not one of {', '.join(value for value, _ in CONDITIONS)}."}


class ConditionFilter(django_filters.ChoiceFilter):
    """`condition=new`; `condition=null` asks for the offers that do not say."""

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(**{self.field_name: ""}) if value == UNSTATED else super().filter(qs, value)


class ChoicesFilter(django_filters.BaseInFilter, django_filters.ChoiceFilter):
    """`condition__in=new,null`. What is empty counts as left out, as everywhere: `new,` is `new`, `,` nothing."""

    def filter(self, qs: Any, value: Any) -> Any:
        named = sorted(set(value) - {""}) if value else value
        return super().filter(qs, ["" if item == UNSTATED else item for item in named] if named else named)


class GradesFilter(django_filters.BaseInFilter, django_filters.ChoiceFilter):
    """`grade__in=great,good`; `null` asks for those that have none."""

    def filter(self, qs: Any, value: Any) -> Any:
        named = sorted(set(value) - {""}) if value else value
        if not named:
            return qs
        graded = is_of_now() & Q(market__grade__in=[item for item in named if item != UNSTATED])
        return qs.filter(graded | ~(is_of_now() & ~Q(market__grade="")) if UNSTATED in named else graded)


class FigureFilter(NumberFilter):
    """A bound on a figure, in the unit it is shown in."""

    def __init__(self, figure: Figure, bound: str) -> None:
        limits = (
            {"min_value": -MOST_DOLLARS, "max_value": MOST_DOLLARS, "max_digits": 12, "decimal_places": 2}
            if figure.cents
            else {"min_value": -MOST_RATIO, "max_value": MOST_RATIO}
        )
        super().__init__(field_name=figure.path, lookup_expr=bound, **limits)
        self.figure = figure

    def filter(self, qs: Any, value: Any) -> Any:
        if value is None:
            return qs
        found = super().filter(qs, self.figure.stored(value))
        return found.filter(is_of_now()) if self.figure.is_of_the_market else found


def dollars(field_name: str, bound: str) -> NumberFilter:
    return NumberFilter(
        field_name=field_name, lookup_expr=bound, min_value=0, max_value=MOST_DOLLARS, decimal_places=2, max_digits=12
    )


def choices(field_name: str, values: Any) -> ChoicesFilter:
    return ChoicesFilter(field_name=field_name, choices=values.choices, error_messages=naming(values))


def figure_filters(figures: Iterable[Figure]) -> dict[str, FigureFilter]:
    return {f"{figure.name}__{bound}": FigureFilter(figure, bound) for figure in figures for bound in ("gte", "lte")}


class _ListingFilters(django_filters.FilterSet):
    q = SearchedBy(*SEARCHED, about="Words in the title, a name or the item number")
    condition = ConditionFilter(choices=CONDITIONS, error_messages=NO_CONDITION)
    condition__in = ChoicesFilter(field_name="condition", choices=CONDITIONS, error_messages=NO_CONDITION)
    status = choice(Status)
    status__in = choices("status", Status)
    marketplace = choice(Marketplace)
    marketplace__in = choices("marketplace", Marketplace)
    manufacturer = text("manufacturer")
    form_factor = text("form_factor")
    source = text("source")
    currency = text("currency")
    grade__in = GradesFilter(
        choices=[*Grade.choices, (UNSTATED, "No grade")],
        error_messages={"invalid_choice": f"%(value)s is not one of {', '.join([*Grade.values, UNSTATED])}."},
        label="Grades of the price; `null` for listings without one",
    )
    price_usd__gte = dollars("price_usd", "gte")
    price_usd__lte = dollars("price_usd", "lte")
    ram_gb__gte = whole("ram_gb", "gte")
    ram_gb__lte = whole("ram_gb", "lte")
    cpu = whole("cpu_id", most=MOST_ID)
    gpu = whole("gpu_id", most=MOST_ID)
    cpu__cpu_mark_multi__gte = whole("cpu__cpu_mark_multi", "gte")
    cpu__cpu_mark_multi__lte = whole("cpu__cpu_mark_multi", "lte")
    price_is_implausible = django_filters.ChoiceFilter(
        choices=[("true", "true"), ("false", "false")],
        method="by_implausible",
        label="Whether the price cannot be right for such a machine; `false` for all others",
        error_messages={"invalid_choice": "This must be true or false."},
    )
    stale = django_filters.ChoiceFilter(
        choices=[("true", "true"), ("false", "false")],
        method="by_stale",
        label="Whether the figures wait for a recalculation",
        error_messages={"invalid_choice": "This must be true or false."},
    )

    class Meta:
        model = Listing
        fields: tuple[str, ...] = ()

    def by_implausible(self, queryset: ListingQuerySet, _name: str, value: str) -> ListingQuerySet:
        return queryset.filter(is_implausible() if value == "true" else is_plausible())

    def by_stale(self, queryset: ListingQuerySet, _name: str, value: str) -> ListingQuerySet:
        return queryset.filter(stale=value == "true")


# A filter for both ends of every figure: declared by the table, not by hand.
ListingFilterSet: type[_ListingFilters] = type("ListingFilterSet", (_ListingFilters,), figure_filters(FIGURES))


def add_listing_filter(name: str, found: django_filters.Filter) -> None:
    """One more, of an app above this one, which calls this where its own addresses are made. Twice is once."""
    ListingFilterSet.declared_filters[name] = ListingFilterSet.base_filters[name] = found

"""The figures of a listing as they are shown, filtered and ordered by: one table.

Figures are kept by `valuation`, an app above this one, so they are read by name: through the reverse accessors
`valuation` and `market`, and the state of the rules through the app registry. Nothing here imports upward, and a
listing without a valuation has null figures. What the market says of a listing counts only as long as the listing is
what it was then: its figures are null from an edit until they have been computed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Case, Exists, ExpressionWrapper, F, OuterRef, Q, When
from django.db.models.fields import BooleanField

from listings.querysets import ListingQuerySet


@dataclass(frozen=True, slots=True)
class Figure:
    """`column` of the valuation row; `cents` when it holds integer cents that are shown as dollars.

    `rank` is the column to order by, where that is another one: a ratio of the adjusted price says which machine is
    better only where that price is above zero.
    """

    name: str
    column: str
    cents: bool = False
    rank: str = ""
    relation: str = "valuation"

    @property
    def path(self) -> str:
        return f"{self.relation}__{self.column}"

    @property
    def rank_path(self) -> str:
        return f"{self.relation}__{self.rank or self.column}"

    @property
    def is_of_the_market(self) -> bool:
        return self.relation == MARKET

    def of(self, listing: Any) -> float | None:
        """Dollars with two decimals, ratios and scores with four; None where undefined."""
        row = market_of(listing) if self.is_of_the_market else valuation_of(listing)
        value = getattr(row, self.column, None)
        if value is None:
            return None
        return value / 100 if self.cents else value

    def stored(self, value: Decimal) -> Decimal:
        """A shown value in the unit of the column."""
        return value * 100 if self.cents else value


MARKET = "market"
FIGURES = (
    Figure("adjusted_price_usd", "adjusted_cents", cents=True),
    Figure("total_adjustment", "total_cents", cents=True),
    Figure("score_cpu_multi", "score_cpu_multi"),
    Figure("score_cpu_single", "score_cpu_single"),
    Figure("score_gpu", "score_gpu"),
    Figure("score_composite", "score_composite"),
    Figure("dollar_per_cpu_mark", "dollar_per_cpu_mark", rank="rank_per_cpu_mark"),
    Figure("dollar_per_single_mark", "dollar_per_single_mark", rank="rank_per_single_mark"),
    Figure("dollar_per_cpu_mark_multi", "dollar_per_cpu_mark_multi"),
    # The ratios of the adjusted price have two names each in the contract.
    Figure("dollar_per_cpu_mark_multi_adjusted", "dollar_per_cpu_mark", rank="rank_per_cpu_mark"),
    Figure("dollar_per_cpu_mark_single", "dollar_per_cpu_mark_single"),
    Figure("dollar_per_cpu_mark_single_adjusted", "dollar_per_single_mark", rank="rank_per_single_mark"),
    Figure("perf_per_watt", "perf_per_watt"),
    Figure("fair_value_usd", "fair_cents", cents=True, relation=MARKET),
    Figure("fair_low_usd", "low_cents", cents=True, relation=MARKET),
    Figure("fair_high_usd", "high_cents", cents=True, relation=MARKET),
    Figure("target_price_usd", "target_cents", cents=True, relation=MARKET),
    Figure("discount", "discount", relation=MARKET),
)
# What else the market says, by the name it is shown under: the column.
MARKET_FACTS = {
    "grade": "grade",
    "grade_reason": "grade_reason",
    "comparables_count": "comparables_count",
    "price_is_implausible": "is_implausible",
}
COMPUTED = (*(figure.name for figure in FIGURES), *MARKET_FACTS)
FIGURE_PATHS = {figure.name: figure.path for figure in FIGURES}
RANK_PATHS = {figure.name: figure.rank_path for figure in FIGURES}
# What lists are ordered by: figures of the market are annotated by `with_orders`.
OF_NOW = {figure.name: f"{figure.name}_now" for figure in FIGURES if figure.is_of_the_market}
ORDER_PATHS = RANK_PATHS | OF_NOW


def valuation_of(listing: Any) -> Any:
    """The valuation row that `select_related("valuation")` loaded, or None."""
    try:
        return listing.valuation
    except ObjectDoesNotExist:
        return None


def market_of(listing: Any) -> Any:
    """What the market says, as `with_parts` loaded it; None where there is nothing, or it is of an older state."""
    try:
        row = listing.market
    except ObjectDoesNotExist:
        return None
    return row if row.input_version == listing.input_version else None


def is_of_now() -> Q:
    """Listings that are what they were when the market's figures were computed."""
    return Q(market__input_version=F("input_version"))


def of_now(path: str) -> Case:
    """A column of the market as it is shown: null where it is of an older state of the listing."""
    return Case(When(is_of_now(), then=F(path)))


def with_orders(listings: Any, query: str) -> Any:
    """Annotate what `ORDER_PATHS` names of figures that stand in the query string; what is not shown is last then."""
    return listings.annotate(**{alias: of_now(FIGURE_PATHS[name]) for name, alias in OF_NOW.items() if name in query})


def is_implausible() -> Q:
    """Listings whose price, as it is now, cannot be right for such a machine: an index has them."""
    return Q(market__is_implausible=True) & is_of_now()


def is_plausible(of: str = "") -> Q:
    """The others: their price may be right, as far as the market knows. `of` is the path to the listing.

    The implausible ones are few, so they are looked up; asking it of every listing joins the market to all of them.
    """
    listings = apps.get_model("listings", "Listing")._default_manager.order_by()
    return ~Q(**{f"{of}pk__in": listings.filter(is_implausible()).values("pk")})


def override_of(listing: Any) -> Any:
    """What somebody has decided about a listing's rulesets, as `with_parts` loaded it, or None."""
    try:
        return listing.ruleset_override
    except ObjectDoesNotExist:
        return None


def disabled_of(override: Any) -> list[int]:
    """The ids of the rulesets that a listing takes no part in."""
    return sorted(ruleset.pk for ruleset in override.disabled_rulesets.all()) if override else []


def with_stale(listings: ListingQuerySet) -> ListingQuerySet:
    """Annotate `stale`: no valuation, one of an older version of the listing, or one of older rules.

    Rules up to `covered_revision` have been through a full pass, which leaves unchanged rows unstamped. One
    subquery on a table of one row, and no further query.
    """
    revisions = apps.get_model("valuation", "RulesRevision")._default_manager.order_by()
    older_rules = Exists(
        revisions.filter(covered_revision__lt=F("revision"), revision__gt=OuterRef("valuation__revision"))
    )
    stale = Q(valuation__isnull=True) | ~Q(valuation__input_version=F("input_version")) | Q(older_rules)
    annotated: ListingQuerySet = listings.annotate(stale=ExpressionWrapper(stale, output_field=BooleanField()))
    return annotated

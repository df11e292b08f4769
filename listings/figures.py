"""The figures of a listing as they are shown, filtered and ordered by: one table.

Figures are kept by `valuation`, an app above this one, so they are read by name: through the reverse accessor
`valuation`, and the state of the rules through the app registry. Nothing here imports upward, and a listing without a
valuation has null figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q
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

    @property
    def path(self) -> str:
        return f"valuation__{self.column}"

    @property
    def rank_path(self) -> str:
        return f"valuation__{self.rank or self.column}"

    def of(self, valuation: Any) -> float | None:
        """Dollars with two decimals, ratios and scores with four; None where undefined."""
        value = getattr(valuation, self.column, None)
        if value is None:
            return None
        return value / 100 if self.cents else value

    def stored(self, value: Decimal) -> Decimal:
        """A shown value in the unit of the column."""
        return value * 100 if self.cents else value


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
)
FIGURE_PATHS = {figure.name: figure.path for figure in FIGURES}
RANK_PATHS = {figure.name: figure.rank_path for figure in FIGURES}


def valuation_of(listing: Any) -> Any:
    """The valuation row that `select_related("valuation")` loaded, or None."""
    try:
        return listing.valuation
    except ObjectDoesNotExist:
        return None


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

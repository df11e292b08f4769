"""Each concept has one table, from which all else is derived: what is missing somewhere is named here.

Operators, functions and types of actions have tests of their own (tests/valuation/engine).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from catalog.choices import DdrGeneration, PortType, StorageMedium
from listings.api.wording import WORDS
from listings.choices import Condition, Marketplace, Status
from listings.figures import FIGURES, MARKET, MARKET_FACTS
from listings.models import Listing
from tests.factories import (
    CpuFactory,
    GpuFactory,
    ListingFactory,
    PortFactory,
    RamSpecFactory,
    StorageProfileFactory,
)
from valuation.engine import Column, Kind, NumberColumn, evaluate, score_columns
from valuation.engine.fields import STANDARD_FIELDS, UNKNOWN, Field
from valuation.models import ListingMarket, ListingValuation
from valuation.recalculation import figures
from valuation.recalculation.facts import load_facts
from valuation.recalculation.rulebook import load_rulebook
from valuation.registry import field_registry

RULES = (Path(__file__).resolve().parents[1] / "docs/rules.md").read_text()
COLUMNS = {field.name for field in ListingValuation._meta.get_fields()}
SHOWN = {figure.column for figure in FIGURES}
KINDS = {field.path: field.kind for field in STANDARD_FIELDS}
OPTIONS = {
    "condition": Condition,
    "status": Status,
    "marketplace": Marketplace,
    "ram_type": DdrGeneration,
    "ram_spec.ddr_generation": DdrGeneration,
    "primary_storage_type": StorageMedium,
    "secondary_storage_type": StorageMedium,
    "storage.primary.medium": StorageMedium,
    "storage.secondary.medium": StorageMedium,
}


def named(field: Field) -> bool:
    """Whether the documentation of rules names a fact: by its path, or by its leaf in the row of its prefix."""
    prefix = f"{field.path.removesuffix(field.leaf)}"
    if not prefix:
        return field.leaf in RULES
    rows = [line for line in RULES.splitlines() if line.startswith("|") and f"`{prefix}`" in line]
    return any(field.leaf in row.replace("`", " ").split() for row in rows)


@pytest.mark.django_db
def test_every_fact_has_a_loader_of_its_kind() -> None:
    drive = StorageProfileFactory()
    ListingFactory(
        cpu=CpuFactory(),
        gpu=GpuFactory(),
        ram_spec=RamSpecFactory(),
        primary_storage_profile=drive,
        secondary_storage_profile=drive,
        ports_profile=PortFactory().ports_profile,
    )
    paths = [field.path for field in STANDARD_FIELDS]
    columns = load_facts(Listing.objects.all(), fields=paths, registry=field_registry(), year=2026).batch.columns
    assert [path for path in paths if path != "price_usd" and not is_of_kind(columns.get(path), path)] == []


def is_of_kind(column: Column | None, path: str) -> bool:
    """Whether rules get texts for texts and numbers for numbers. What nothing is known of is a number for both."""
    if isinstance(column, NumberColumn):
        return KINDS[path] is not Kind.STRING or not column.present.any()
    return column is not None and KINDS[path] is Kind.STRING


def test_every_fact_is_described() -> None:
    assert [field.path for field in STANDARD_FIELDS if not field.label or not named(field)] == []
    labels = [field.label for field in STANDARD_FIELDS]
    assert sorted({label for label in labels if labels.count(label) > 1}) == []


def test_options_are_the_choices_of_their_column() -> None:
    stated = {field.path: set(field.options) for field in STANDARD_FIELDS if field.options}
    assert stated == {path: set(choices.values) for path, choices in OPTIONS.items()}
    ports = {field.leaf for field in STANDARD_FIELDS if field.path.startswith("ports.")}
    assert ports - {"usb_total", "has_thunderbolt"} == set(PortType.values)
    assert UNKNOWN in DdrGeneration.values


def test_every_figure_is_kept_computed_explained_and_documented() -> None:
    known = {*figures.FIGURES, *COLUMNS}
    of_rules = [figure for figure in FIGURES if figure.relation != MARKET]
    assert [figure.name for figure in of_rules if figure.column not in known] == []
    assert [figure.name for figure in of_rules if (figure.rank or figure.column) not in COLUMNS] == []
    assert [figure.name for figure in of_rules if figure.name not in WORDS] == []
    assert [figure.name for figure in of_rules if f"`{figure.name}`" not in RULES] == []


def test_every_figure_of_the_market_is_kept_and_documented() -> None:
    columns = {field.name for field in ListingMarket._meta.get_fields()}
    of_market = [figure for figure in FIGURES if figure.relation == MARKET]
    assert [figure.name for figure in of_market if figure.column not in columns] == []
    text = Path("docs/market.md").read_text()
    assert [name for name in (*(f.name for f in of_market), *MARKET_FACTS) if f"`{name}`" not in text] == []


def test_every_column_of_figures_is_shown_somewhere() -> None:
    """What is computed and never shown, or kept and never computed, is a figure half made."""
    internal = {"price_cents", "matched_rules"}
    assert set(figures.FIGURES) - SHOWN == internal
    kept = {name for name in COLUMNS if name.endswith(("_cents", "_watt")) or name.startswith(("score_", "dollar_"))}
    assert kept - set(figures.FIGURES) == set()


@pytest.mark.django_db
def test_scoring_gives_every_score() -> None:
    ListingFactory()
    book = load_rulebook()
    facts = load_facts(Listing.objects.all(), fields=book.program.fields, registry=book.registry, year=2026)
    table = figures.null_figures(len(facts.batch))
    assert table.shape == (1, len(figures.FIGURES))
    scores = score_columns(facts.batch, evaluate(book.program, facts.batch), book.weights, book.scales)
    assert set(scores) == set(figures.SCORES)
    assert all(isinstance(column, np.ndarray) for column in scores.values())

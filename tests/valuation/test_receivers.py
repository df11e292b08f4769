"""Which listings each kind of change makes stale, and that one transaction kicks once."""

from __future__ import annotations

import pytest
from django.db import transaction

from listings.models import Listing
from tests.factories import (
    CpuFactory,
    CustomFieldFactory,
    GpuFactory,
    ListingFactory,
    PortFactory,
    PortsProfileFactory,
    ProfileFactory,
    RuleActionFactory,
    RuleFactory,
    RuleGroupFactory,
    RulesetFactory,
)
from valuation.models import RecalculationRun, RulesetOverride
from valuation.recalculation.hints import read_hints
from valuation.recalculation.looking import look
from valuation.recalculation.marking import revision_row, stale_listings
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db


@pytest.fixture
def market() -> dict[str, Listing]:
    """Two listings with nothing in common, valued."""
    ports = PortsProfileFactory()
    PortFactory(ports_profile=ports, type="hdmi")
    mine = ListingFactory(cpu=CpuFactory(cpu_mark_multi=1_000), gpu=GpuFactory(), ram_gb=16, ports_profile=ports)
    other = ListingFactory(cpu=CpuFactory(cpu_mark_multi=90_000), gpu=None, ram_gb=8, ports_profile=None)
    recalculate(scope=Scope(), trigger="test")
    return {"mine": mine, "other": other}


def stale() -> set[int]:
    return set(stale_listings(revision_row()).values_list("pk", flat=True))


def hinted() -> set[int]:
    """Where a job looks, and finds something."""
    return set(look(revision_row(), read_hints()).ids.tolist())


def resave(instance: object, **changes: object) -> None:
    for name, value in changes.items():
        setattr(instance, name, value)
    instance.save()


ONE = {
    "listing": lambda mine: resave(mine, price_usd=1),
    "cpu": lambda mine: resave(mine.cpu, cpu_mark_multi=1_100),
    "gpu": lambda mine: resave(mine.gpu, notes="quiet"),
    "ram": lambda mine: resave(mine.ram_spec, total_capacity_gb=24),
    "ports": lambda mine: resave(mine.ports_profile, description="all of them"),
    "port": lambda mine: resave(mine.ports_profile.ports.get(), count=3),
    "port deleted": lambda mine: mine.ports_profile.ports.get().delete(),
    "override": lambda mine: RulesetOverride.objects.create(listing=mine),
    "disabled ruleset": lambda mine: RulesetOverride.objects.create(listing=mine).disabled_rulesets.add(
        RulesetFactory()
    ),
}
ALL = {
    "best cpu": lambda mine: resave(mine.cpu, cpu_mark_multi=95_000),
    "ruleset": lambda _: RulesetFactory(),
    "group": lambda _: RuleGroupFactory(),
    "rule": lambda _: RuleFactory(),
    "action": lambda _: RuleActionFactory(),
    "action deleted": lambda _: RuleActionFactory().delete(),
    "profile": lambda _: ProfileFactory(is_default=True),
    "custom field": lambda _: CustomFieldFactory(),
}


@pytest.mark.parametrize("change", ONE.values(), ids=ONE)
def test_only_the_listing_concerned_is_stale(market, change) -> None:
    revision = revision_row().revision
    change(market["mine"])
    if revision_row().revision == revision:
        assert stale() == hinted() == {market["mine"].pk}
    else:  # the change made a ruleset too
        assert stale() == {listing.pk for listing in market.values()}


@pytest.mark.parametrize("change", ALL.values(), ids=ALL)
def test_every_listing_is_stale(market, change) -> None:
    change(market["mine"])
    assert stale() == {listing.pk for listing in market.values()}


def moved_port(mine: Listing) -> object:
    port = mine.ports_profile.ports.get()
    port.ports_profile = PortsProfileFactory()
    return port


def moved_override(mine: Listing) -> object:
    override = RulesetOverride.objects.create(listing=mine)
    recalculate(scope=Scope(), trigger="test")
    override.listing = ListingFactory()
    recalculate(scope=Scope(), trigger="test")
    return override


@pytest.mark.parametrize("moved", [moved_port, moved_override])
@pytest.mark.parametrize("how", ["save", "save of another field", "delete"])
def test_where_a_row_was_is_stale_as_well(market, moved, how) -> None:
    """The instance names where it goes; what stood in the database stood somewhere else."""
    row = moved(market["mine"])
    if how == "delete":
        row.delete()
    elif how == "save":
        row.save()
    else:
        row.save(update_fields=["count"] if hasattr(row, "count") else ["static_ruleset"])
    assert market["mine"].pk in stale() & hinted()
    assert market["other"].pk not in stale()


def test_a_stale_instance_does_not_turn_the_counter_back(market) -> None:
    old = Listing.objects.get(pk=market["mine"].pk)
    resave(market["mine"], price_usd=1)
    recalculate(scope=Scope(), trigger="test")
    resave(old, price_usd=2)
    assert stale() == {old.pk}


def test_a_rollback_leaves_no_mark(market) -> None:
    with transaction.atomic():
        RuleFactory()
        transaction.set_rollback(True)
    assert stale() == set()


def test_many_saves_kick_once(django_capture_on_commit_callbacks, settings) -> None:
    settings.REDIS_URL = ""
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(3):
            RuleActionFactory()
        ListingFactory()
    assert RecalculationRun.objects.get().done == 1
    assert stale() == set()


@pytest.mark.django_db(transaction=True)
def test_a_commit_recalculates_in_process(settings) -> None:
    settings.REDIS_URL = ""
    listing = ListingFactory(price_usd=100)
    assert Listing.objects.get(pk=listing.pk).valuation.adjusted_cents == 10_000

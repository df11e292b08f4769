"""The loop: everything is right in the end, nothing is written twice, no edit is lost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction

from listings.models import Listing
from tests.factories import CpuFactory, ListingFactory, ProfileFactory, RuleActionFactory, RuleFactory
from valuation.models import ListingScoreSnapshot, ListingValuation, RecalculationRun, Rule, RulesRevision
from valuation.recalculation import run as run_module
from valuation.recalculation import valuing
from valuation.recalculation.marking import anything_stale, mark_rules
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db


def ten_dollars_per(metric: str = "ram_gb", conditions: object = None) -> Rule:
    rule = RuleFactory(conditions=conditions)
    RuleActionFactory(rule=rule, action_type="per_unit", metric=metric, value_usd=10)
    return rule


def run(**options: object) -> run_module.RunSummary:
    return recalculate(**{"scope": Scope(), "trigger": "test", **options})


def adjusted(listing: Listing) -> int | None:
    return ListingValuation.objects.get(pk=listing.pk).adjusted_cents


def test_values_every_listing_and_a_second_pass_writes_nothing() -> None:
    ten_dollars_per()
    first = ListingFactory(price_usd=Decimal("100.00"), ram_gb=16)
    second = ListingFactory(price_usd=Decimal("200.00"), ram_gb=8)
    assert run().written == 2
    assert (adjusted(first), adjusted(second)) == (26_000, 28_000)
    again = run(scope=Scope(everything=True))
    assert (again.done, again.written, again.changed) == (2, 0, 0)
    assert not anything_stale()


def test_pages_cover_every_listing() -> None:
    ListingFactory.create_batch(7)
    assert run(batch_size=3).done == 7
    assert ListingValuation.objects.count() == 7


def test_a_rule_edit_looks_at_the_rows_that_it_touches() -> None:
    rule = ten_dollars_per(conditions={"field_name": "ram_gb", "operator": "gte", "value": 32})
    large = ListingFactory(price_usd=100, ram_gb=64)
    ListingFactory.create_batch(5, price_usd=100, ram_gb=8)
    run()
    rule.actions.get().delete()
    outcome = run()
    assert (outcome.done, outcome.written) == (1, 1)
    assert adjusted(large) == 10_000
    assert not anything_stale()


@pytest.mark.parametrize(
    ("price", "expected"), [(None, None), (Decimal("0.00"), 16_000), (Decimal("9999999999.99"), 1_000_000_015_999)]
)
def test_prices_at_the_edge(price: Decimal | None, expected: int | None) -> None:
    ten_dollars_per()
    listing = ListingFactory(price_usd=price, ram_gb=16, cpu=None)
    run()
    assert adjusted(listing) == expected
    assert listing.valuation.dollar_per_cpu_mark is None


def test_an_edit_between_read_and_write_leaves_the_row_stale_until_the_loop_finds_it(monkeypatch) -> None:
    ten_dollars_per()
    listing = ListingFactory(price_usd=100, ram_gb=16)
    evaluate, edits = valuing.evaluate, iter([32, 64])

    def edit_then_evaluate(program, batch):
        result = evaluate(program, batch)
        for ram_gb in edits:
            listing.ram_spec, listing.ram_gb = None, ram_gb
            listing.save()
            break
        return result

    monkeypatch.setattr(valuing, "evaluate", edit_then_evaluate)
    run()
    assert adjusted(listing) == 10_000 + 64 * 1_000
    assert not anything_stale()


def test_figures_of_rules_that_have_moved_on_are_not_stored(monkeypatch) -> None:
    rule = ten_dollars_per()
    listing = ListingFactory(price_usd=100, ram_gb=16)
    evaluate, once = valuing.evaluate, iter([1])

    def change_the_rule(program, batch):
        result = evaluate(program, batch)
        for _ in once:
            action = rule.actions.get()
            action.value_usd = 1
            action.save()
        return result

    monkeypatch.setattr(valuing, "evaluate", change_the_rule)
    summary = run()
    assert adjusted(listing) == 11_600
    assert summary.revision == RulesRevision.objects.get().revision


def test_a_listing_that_vanishes_meanwhile_stops_nothing(monkeypatch) -> None:
    gone, stays = ListingFactory(), ListingFactory()
    evaluate = valuing.evaluate

    def delete_one(program, batch):
        Listing.objects.filter(pk=gone.pk).delete()
        return evaluate(program, batch)

    monkeypatch.setattr(valuing, "evaluate", delete_one)
    run()
    assert list(ListingValuation.objects.values_list("pk", flat=True)) == [stays.pk]


def test_one_listing_that_cannot_be_evaluated_is_named_and_the_rest_are_valued(monkeypatch) -> None:
    ten_dollars_per()
    listings = ListingFactory.create_batch(5, price_usd=100, ram_gb=16)
    bad = listings[3]
    evaluate = valuing.evaluate

    def fail_on_one(program, batch):
        if bad.pk in batch.ids:
            raise ArithmeticError("no such number")
        return evaluate(program, batch)

    monkeypatch.setattr(valuing, "evaluate", fail_on_one)
    summary = run()
    assert summary.failures == [{"listing_id": bad.pk, "reason": "ArithmeticError: no such number"}]
    assert [adjusted(listing) for listing in listings] == [26_000, 26_000, 26_000, None, 26_000]
    assert RecalculationRun.objects.get().failures == summary.failures
    assert not anything_stale()


def test_a_run_that_fails_says_so_and_leaves_the_work_to_the_next(monkeypatch) -> None:
    ListingFactory()
    with monkeypatch.context() as broken:
        broken.setattr(valuing, "write", lambda *_, **__: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"), transaction.atomic():
            run()
    assert anything_stale()
    run()
    assert not anything_stale()


def test_a_dry_run_writes_nothing() -> None:
    ListingFactory.create_batch(3)
    summary = run(dry_run=True)
    assert (summary.done, summary.written, summary.run_id) == (3, 3, None)
    assert not ListingValuation.objects.exists()
    assert not RecalculationRun.objects.exists()


def test_only_these_listings() -> None:
    wanted, other = ListingFactory(), ListingFactory()
    run(scope=Scope(listings=Listing.objects.filter(pk=wanted.pk)))
    assert list(ListingValuation.objects.values_list("pk", flat=True)) == [wanted.pk]
    run()
    assert ListingValuation.objects.filter(pk=other.pk).exists()


def test_rows_of_a_part_run_stay_fresh_when_the_rules_have_moved() -> None:
    ten_dollars_per()
    listing = ListingFactory(price_usd=100, ram_gb=16)
    run()
    mark_rules()
    summary = run(scope=Scope(listings=Listing.objects.filter(pk=listing.pk)))
    assert (summary.written, summary.changed) == (1, 0)
    assert not anything_stale()


def test_a_new_year_makes_machines_older_once(monkeypatch) -> None:
    rule = ten_dollars_per(metric="age_years")
    listing = ListingFactory(price_usd=100, cpu=CpuFactory(release_year=2020))
    assert rule.pk
    for year, cents in ((2025, 15_000), (2026, 16_000)):
        monkeypatch.setattr(run_module.timezone, "localdate", lambda year=year: date(year, 1, 1))
        run()
        assert adjusted(listing) == cents
    assert run().done == 0


def test_a_price_change_keeps_the_first_price_and_the_new_one() -> None:
    rule = ten_dollars_per()
    listing = ListingFactory(price_usd=Decimal("100.00"), ram_gb=16)
    run()
    assert not ListingScoreSnapshot.objects.exists()
    for price in ("90.00", "80.00", "80.00"):
        listing.price_usd = Decimal(price)
        listing.save()
        run()
    snapshots = ListingScoreSnapshot.objects.order_by("taken_at", "pk")
    assert [(s.reason, s.price_cents, s.adjusted_cents) for s in snapshots] == [
        ("first", 10_000, 26_000),
        ("price", 9_000, 25_000),
        ("price", 8_000, 24_000),
    ]
    assert snapshots[0].explanation is None
    assert [(line["rule_id"], line["cents"]) for line in snapshots[2].explanation] == [(rule.pk, 16_000)]


def test_snapshots_on_request() -> None:
    ListingFactory.create_batch(2)
    assert run(scope=Scope(everything=True), snapshot=True).snapshots == 2
    assert set(ListingScoreSnapshot.objects.values_list("reason", flat=True)) == {"requested"}


def test_the_default_profile_sets_the_composite() -> None:
    ProfileFactory(weights={"cpu_mark_multi": 1.0}, is_default=True)
    CpuFactory(cpu_mark_multi=20_000)
    listing = ListingFactory(cpu=CpuFactory(cpu_mark_multi=5_000))
    run()
    assert ListingValuation.objects.get(pk=listing.pk).score_composite == 25.0

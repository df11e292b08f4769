from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Cpu, CustomField
from dealbrain.actor import acting
from listings.models import Listing
from tests.factories import ListingFactory
from tests.valuation.market.inventory import stock, worth
from valuation.choices import CalibrationState
from valuation.jobs import recalculate_stale
from valuation.market import calibration, pools, refreshing, standing, writing
from valuation.market.calibration import (
    ABANDONED_AFTER,
    calibrate_if_due,
    calibrate_market,
    is_due,
    priced_listings,
    start_calibration,
    work_on,
)
from valuation.market.reading import read_offers
from valuation.models import ListingMarket, MarketModel, MarketPool
from valuation.registry import field_registry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    standing.forget()


def figures(listing: Listing) -> ListingMarket:
    return ListingMarket.objects.get(listing=listing)


def current() -> MarketModel:
    return MarketModel.objects.get(is_current=True)


def test_a_calibration_values_every_listing() -> None:
    stock(200, junk=4)
    cpu = Cpu.objects.get(name="Ryzen 5 9000")
    parts: dict[str, Any] = {"cpu": cpu, "ram_gb": 16, "primary_storage_gb": 512, "condition": "used"}
    unpriced = ListingFactory(price_usd=None, **parts)
    sold = ListingFactory(price_usd=Decimal(380), status="archived", **parts)
    with acting("ada"):
        done = calibrate_market(trigger="test")
    assert (done.state, done.valued) == (CalibrationState.DONE, 202)
    model = current()
    assert (model.made_by, model.priced, model.state) == ("ada", 200, CalibrationState.DONE)
    assert model.offers <= 196  # the absurd prices are no part of it
    assert ListingMarket.objects.filter(is_implausible=True).count() == 4
    row = figures(unpriced)
    truth = 100 * worth(16, 512, 9_000, "used")
    assert abs(row.fair_cents - truth) < 0.08 * truth
    assert row.low_cents < row.fair_cents < row.high_cents
    assert (row.grade, row.grade_reason, row.discount) == ("", "It has no price.", None)
    assert row.target_cents < row.fair_cents
    assert row.comparables_count == 12
    asked = figures(sold)
    assert asked.grade in ("great", "good")
    assert asked.discount == round(1 - 38_000 / asked.fair_cents, 4)
    assert MarketPool.objects.get().model == model


def test_too_little_to_go_by_is_said_and_changes_nothing() -> None:
    stock(200)
    calibrate_market(trigger="test")
    before = list(ListingMarket.objects.values())
    Listing.objects.filter(pk__in=list(Listing.objects.values_list("pk", flat=True)[12:])).update(status="archived")
    refused = calibrate_market(trigger="test")
    assert refused.state == CalibrationState.REFUSED
    assert "30 are needed" in refused.error
    model = MarketModel.objects.get(pk=refused.model_id)
    assert (model.state, model.is_current, model.error) == ("refused", False, refused.error)
    assert list(ListingMarket.objects.values()) == before


@pytest.mark.parametrize("prices", [[], [300.0], [0.0] * 40, [250.0] * 60])
def test_an_inventory_that_says_nothing_is_refused(prices: list[float]) -> None:
    for row, price in zip(stock(len(prices)), prices, strict=True):
        Listing.objects.filter(pk=row.pk).update(price_usd=Decimal(price))
    assert calibrate_market(trigger="test").state == CalibrationState.REFUSED


def test_the_same_figures_come_back_whoever_asks() -> None:
    """The model and its offers are read again from the database; neither that nor its company changes a cent."""
    stock(120)
    calibrate_market(trigger="test")
    before = list(ListingMarket.objects.order_by("pk").values())
    ListingMarket.objects.all().delete()
    for pk in Listing.objects.values_list("pk", flat=True):
        standing.forget()
        refreshing.value_listings(listings=Listing.objects.filter(pk=pk))
    assert list(ListingMarket.objects.order_by("pk").values()) == before


def test_what_is_spelled_otherwise_is_valued_as_what_it_is() -> None:
    rows = stock(120)
    Listing.objects.update(manufacturer="Dell")
    Listing.objects.filter(pk__in=[row.pk for row in rows[:50]]).update(manufacturer="HP")
    calibrate_market(trigger="test")
    before = figures(rows[0]).fair_cents
    rows[0].manufacturer = "hp"
    rows[0].save()
    refreshing.refresh_market()
    assert figures(rows[0]).fair_cents == before


def test_an_edit_brings_its_own_figures_and_no_others(django_capture_on_commit_callbacks: Any) -> None:
    rows = stock(120)
    recalculate_stale()
    calibrate_market(trigger="test")
    before = dict(ListingMarket.objects.values_list("pk", "fair_cents"))
    listing = Listing.objects.get(pk=rows[3].pk)
    listing.ram_gb = 32 if listing.ram_gb == 8 else 8
    with django_capture_on_commit_callbacks(execute=True):
        listing.save()
    row = figures(listing)
    listing.refresh_from_db()
    assert row.input_version == listing.input_version
    assert row.fair_cents != before[listing.pk]
    others = {pk: cents for pk, cents in ListingMarket.objects.values_list("pk", "fair_cents") if pk != listing.pk}
    assert others == {pk: cents for pk, cents in before.items() if pk != listing.pk}


def test_a_new_listing_has_figures_at_once(django_capture_on_commit_callbacks: Any) -> None:
    stock(120)
    calibrate_market(trigger="test")
    with django_capture_on_commit_callbacks(execute=True):
        new = ListingFactory(price_usd=Decimal(300), ram_gb=16)
    assert figures(new).model == current()


def test_an_edit_costs_the_same_however_many_there_are() -> None:
    counts = []
    for size in (60, 240):
        stock(size, seed=size)
        calibrate_market(trigger="test")
        first = Listing.objects.filter(pk=Listing.objects.earliest("pk").pk)
        refreshing.value_listings(listings=first)  # which reads the model
        with CaptureQueriesContext(
            connection,
        ) as asked:
            refreshing.value_listings(listings=first)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 20


def test_many_that_move_are_left_to_one_job(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    stock(120)
    calibrate_market(trigger="test")
    monkeypatch.setattr(refreshing, "MOST_NOW", 5)
    with django_capture_on_commit_callbacks(execute=True):
        rows = stock(40, seed=2)
        recalculate_stale()
    assert ListingMarket.objects.filter(listing__in=rows).count() == 40
    assert not refreshing.stale_listings().exists()


def test_what_fails_here_leaves_the_figures_of_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    stock(60)
    calibrate_market(trigger="test")

    def broken(**_: Any) -> int:
        raise RuntimeError

    monkeypatch.setattr(refreshing, "value_listings", broken)
    listing = ListingFactory()
    recalculate_stale()
    listing.refresh_from_db()
    assert listing.valuation.input_version == listing.input_version
    assert not ListingMarket.objects.filter(listing=listing).exists()


def test_figures_of_another_model_are_never_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    stock(120)
    calibrate_market(trigger="test")
    market = standing.standing()
    assert market is not None
    rows = next(refreshing.pages(market, Listing.objects.all(), registry=field_registry()))
    old = current()
    calibrate_market(trigger="test")
    with pytest.raises(writing.ModelMoved):
        writing.write(rows, model_id=old.pk)
    assert set(ListingMarket.objects.values_list("model", flat=True)) == {current().pk}


def test_older_inputs_never_replace_newer_ones() -> None:
    rows = stock(120)
    calibrate_market(trigger="test")
    market = standing.standing()
    assert market is not None
    held = next(refreshing.pages(market, Listing.objects.filter(pk=rows[0].pk), registry=field_registry()))
    rows[0].ram_gb = 32 if rows[0].ram_gb == 8 else 8
    rows[0].save()
    refreshing.refresh_market()
    newer = figures(rows[0])
    writing.write(held, model_id=current().pk)
    assert figures(rows[0]).fair_cents == newer.fair_cents


def test_listings_that_go_while_it_fits_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = stock(120)
    fit = calibration.calibrate

    def slow(offers: Any) -> Any:
        Listing.objects.filter(pk__in=[rows[0].pk, rows[1].pk]).delete()
        rows[2].ram_gb = 8
        rows[2].save()
        return fit(offers)

    monkeypatch.setattr(calibration, "calibrate", slow)
    assert calibrate_market(trigger="test").valued == 118
    assert ListingMarket.objects.count() == 118
    rows[2].refresh_from_db()
    assert figures(rows[2]).input_version == rows[2].input_version


def test_listings_that_go_before_the_end_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = stock(120)
    pack = calibration.pages

    def late(*given: Any, **named: Any) -> Any:
        yield from pack(*given, **named)
        Listing.objects.filter(pk=rows[0].pk).delete()
        Listing.objects.filter(pk=rows[1].pk).update(input_version=9, ram_gb=32)

    monkeypatch.setattr(calibration, "pages", late)
    calibrate_market(trigger="test")
    assert ListingMarket.objects.count() == 119
    assert figures(rows[1]).input_version == 9  # looked at again


def test_the_second_of_two_joins_the_first() -> None:
    stock(60)
    first, is_mine = start_calibration(trigger="one")
    again = calibrate_market(trigger="two")
    assert is_mine
    assert (again.model_id, again.state) == (first.pk, CalibrationState.RUNNING)
    assert work_on(first.pk).state == CalibrationState.DONE
    assert work_on(first.pk).state == CalibrationState.FAILED  # which there is no more work to do on
    assert current() == first


def test_what_was_killed_is_given_up_and_does_not_come_back() -> None:
    stock(60)
    calibrate_market(trigger="test")
    old = current()
    dead, _ = start_calibration(trigger="dead")
    MarketModel.objects.filter(pk=dead.pk).update(active_at=timezone.now() - 2 * ABANDONED_AFTER)
    done = calibrate_market(trigger="next")
    assert done.state == CalibrationState.DONE
    assert old.pk < dead.pk < done.model_id == current().pk
    dead.refresh_from_db()
    assert (dead.state, dead.is_current) == (CalibrationState.FAILED, False)


def test_one_that_was_given_up_while_it_worked_stores_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stock(60)
    calibrate_market(trigger="test")
    old = current()
    fit = calibration.calibrate

    def slow(offers: Any) -> Any:
        MarketModel.objects.filter(state=CalibrationState.RUNNING).update(state=CalibrationState.FAILED)
        return fit(offers)

    monkeypatch.setattr(calibration, "calibrate", slow)
    assert calibrate_market(trigger="slow").state == CalibrationState.FAILED
    assert current() == old
    assert MarketModel.objects.latest("pk").state == CalibrationState.FAILED


def test_a_failure_is_recorded_and_the_old_model_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    stock(60)
    calibrate_market(trigger="test")
    old = current()
    monkeypatch.setattr(calibration, "drop_others", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        calibrate_market(trigger="test")
    assert current() == old
    assert set(ListingMarket.objects.values_list("model", flat=True)) == {old.pk}
    failed = MarketModel.objects.latest("pk")
    assert (failed.state, failed.error) == (CalibrationState.FAILED, "ZeroDivisionError: division by zero")


def test_a_custom_field_of_ten_thousand_values_is_no_trouble() -> None:
    CustomField.objects.create(
        entity="listing", key="shop", label="Shop", data_type="enum", options=[f"Shop {n}" for n in range(1_000)]
    )
    rows = stock(150)
    for number, row in enumerate(rows):
        row.attributes = {"shop": f"Shop {number}"}
    Listing.objects.bulk_update(rows, ["attributes"])
    assert calibrate_market(trigger="test").state == CalibrationState.DONE


def test_machines_without_any_cpu_are_valued_by_the_rest() -> None:
    stock(500)
    Listing.objects.exclude(cpu__cpu_mark_multi__lte=6_000).delete()  # so that the rest says most of it
    Listing.objects.update(cpu=None)
    assert calibrate_market(trigger="test").state == CalibrationState.DONE
    assert not [amount for amount in current().estimate["amounts"] if amount["field"].startswith("cpu")]
    assert ListingMarket.objects.filter(fair_cents__gt=0).count() == Listing.objects.count()


def test_prices_of_a_billion_fit_in() -> None:
    rows = stock(150)
    Listing.objects.filter(pk__in=[row.pk for row in rows[:3]]).update(price_usd=Decimal(9_999_999_999))
    assert calibrate_market(trigger="test").state == CalibrationState.DONE
    assert ListingMarket.objects.filter(is_implausible=True).count() == 3


def test_it_is_due_once_a_day_and_when_a_twentieth_has_changed() -> None:
    assert not is_due()
    rows = stock(100)
    assert is_due()
    assert calibrate_if_due(trigger="test") == current()
    assert not is_due()
    yesterday = timezone.now() - timedelta(days=2)
    MarketModel.objects.update(started_at=yesterday)
    Listing.objects.update(input_changed_at=yesterday - timedelta(days=1), created_at=yesterday - timedelta(days=1))
    assert not is_due()
    for row in rows[:4]:
        Listing.objects.filter(pk=row.pk).update(input_changed_at=timezone.now())
    assert not is_due()
    Listing.objects.filter(pk=rows[5].pk).delete()
    assert is_due()
    MarketModel.objects.update(started_at=timezone.now())
    assert not is_due()
    assert calibrate_if_due(trigger="test") is None


def test_offers_come_back_from_their_bytes() -> None:
    stock(50)
    offers = read_offers(priced_listings(), registry=field_registry(), year=2026)
    again = pools.from_bytes(pools.to_bytes(offers))
    assert again.ids.tolist() == offers.ids.tolist()
    for name, values in offers.numbers.items():
        np.testing.assert_array_equal(again.numbers[name], values)
    assert {name: column.texts().tolist() for name, column in again.labels.items()} == {
        name: column.texts().tolist() for name, column in offers.labels.items()
    }
    for name in pools.TEXTS:
        assert getattr(again, name).texts().tolist() == getattr(offers, name).texts().tolist()

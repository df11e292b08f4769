"""`manage.py recalculate`: what cron sees."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from listings.models import Listing
from tests.factories import ListingFactory, RuleActionFactory, RuleFactory
from valuation.models import ListingScoreSnapshot, ListingValuation, RecalculationRun, Rule, RulesetOverride
from valuation.recalculation import valuing
from valuation.recalculation.marking import mark_rules

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> tuple[int, str, str]:
    """(exit code, standard output, standard error)."""
    out, err = StringIO(), StringIO()
    try:
        call_command("recalculate", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as stopped:
        return int(stopped.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


@pytest.fixture
def market() -> list[Listing]:
    """Two listings that are valued, under one rule of $5."""
    RuleActionFactory(value_usd=5)
    listings = ListingFactory.create_batch(2, price_usd=100)
    run()
    return list(listings)


def test_what_is_stale_is_valued_and_said_in_one_line() -> None:
    RuleActionFactory(value_usd=5)
    ListingFactory.create_batch(3, price_usd=100)
    code, out, err = run()
    assert (code, err) == (0, "")
    assert out.startswith("Wrote 3 of 3 listings, 3 with new figures, 0 failed")
    assert run()[1].startswith("Wrote 0 of 0 listings")
    assert run("--all")[1].startswith("Wrote 0 of 3 listings")
    assert RecalculationRun.objects.count() == 2, "nothing to do makes no run"


def test_check_changes_nothing(market: list[Listing]) -> None:
    assert run("--check")[0] == 0
    mark_rules()
    before = list(ListingValuation.objects.values())
    assert run("--check") == (1, "2 stale listings.\n", "")
    assert json.loads(run("--check", "--json")[1]) == {"stale": 2}
    assert run("--check", "--listing", market[0].pk)[0] == 1
    assert list(ListingValuation.objects.values()) == before


def test_dry_run_says_what_would_be_written(market: list[Listing]) -> None:
    Listing.objects.update(price_usd=200)
    code, out, _ = run("--all", "--dry-run")
    assert (code, out.startswith("Would write 2 of 2 listings, 2 with new figures")) == (0, True)
    assert set(ListingValuation.objects.values_list("adjusted_cents", flat=True)) == {10_500}


def test_only_some_listings(market: list[Listing]) -> None:
    Listing.objects.update(price_usd=200)
    run("--listing", market[0].pk)
    assert [v.adjusted_cents for v in ListingValuation.objects.order_by("pk")] == [20_500, 10_500]


def test_the_listings_of_a_ruleset(market: list[Listing]) -> None:
    ruleset = Rule.objects.get().group.ruleset
    override = RulesetOverride.objects.create(listing=market[0])
    override.disabled_rulesets.add(ruleset)
    run()
    Listing.objects.update(price_usd=200)
    code, out, _ = run("--ruleset", ruleset.pk)
    assert (code, out.startswith("Wrote 1 of 1 listings")) == (0, True)
    assert [v.adjusted_cents for v in ListingValuation.objects.order_by("pk")] == [10_000, 20_500]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--listing", 99), "No such listing: 99"),
        (("--ruleset", 99), "No such ruleset: 99"),
        (("--batch-size", 0), "--batch-size must lie between"),
        (("--all", "--stale"), "not allowed with"),
        (("--queue", "--dry-run"), "--stale and --all only"),
        (("--queue",), "set REDIS_URL"),
    ],
)
def test_what_is_refused(settings: Any, arguments: tuple[Any, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run(*arguments)


def test_json_is_one_document(market: list[Listing]) -> None:
    document = json.loads(run("--all", "--json", "--snapshot", "--batch-size", 1)[1])
    assert {name: document[name] for name in ("done", "written", "snapshots", "failed", "state", "dry_run")} == {
        "done": 2,
        "written": 0,
        "snapshots": 2,
        "failed": 0,
        "state": "done",
        "dry_run": False,
    }
    assert ListingScoreSnapshot.objects.count() == 2


def test_listings_that_cannot_be_valued_are_named(market: list[Listing], monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate, bad = valuing.evaluate, market[1].pk

    def fail_on_one(program: Any, batch: Any) -> Any:
        if bad in batch.ids:
            raise ArithmeticError("no such number")
        return evaluate(program, batch)

    monkeypatch.setattr(valuing, "evaluate", fail_on_one)
    code, out, err = run("--all")
    assert code == 3
    assert "1 failed" in out
    assert f"Listing {bad}: ArithmeticError: no such number" in err


def test_rules_that_cannot_run_are_named(market: list[Listing]) -> None:
    rule = RuleFactory(name="Broken")
    Rule.objects.filter(pk=rule.pk).update(conditions={"field_name": "custom.gone", "operator": "is_null"})
    mark_rules()
    code, _, err = run()
    assert code == 0
    assert "Broken" in err
    assert "custom.gone" in err


def test_what_must_not_run_unsafely_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command skips the checks of pages, not those of the deployment."""

    def unsafe() -> None:
        raise ImproperlyConfigured("dealbrain.E001: DEBUG is on.")

    monkeypatch.setattr("valuation.management.commands.recalculate.refuse_unsafe", unsafe)
    with pytest.raises(CommandError, match=r"dealbrain\.E001"):
        call_command("recalculate")

"""`manage.py demo`: a whole market, once."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

from catalog.models import Cpu, Gpu, Profile
from imports.demo import load_demo
from listings.models import Listing
from valuation.models import ListingValuation, Ruleset
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db


def test_the_demo_is_a_varied_market() -> None:
    outcome = load_demo()
    assert (outcome.cpus >= 40, outcome.gpus >= 15, outcome.profiles, outcome.listings >= 80) == (True, True, 3, True)
    assert Profile.objects.get(is_default=True).name == "Balanced"
    assert set(Listing.objects.values_list("condition", flat=True)) == {"new", "refurb", "used"}
    for marks in Cpu.objects.exclude(cpu_mark_multi=None).values_list("cpu_mark_multi", flat=True):
        assert marks % 50 == 0


def test_running_it_again_changes_nothing_and_keeps_edits(capsys) -> None:
    call_command("demo")
    assert "password" in capsys.readouterr().out
    user = get_user_model().objects.get(username="admin")
    listing = Listing.objects.order_by("pk")[0]
    listing.price_usd = 1
    listing.save()
    before = [list(model.objects.order_by("pk").values()) for model in (Listing, Cpu, Gpu, Ruleset)]
    call_command("demo")
    assert "password" not in capsys.readouterr().out
    assert [list(model.objects.order_by("pk").values()) for model in (Listing, Cpu, Gpu, Ruleset)] == before
    assert get_user_model().objects.get(username="admin").password == user.password


def test_every_listing_of_the_demo_is_valued_and_no_rule_is_broken() -> None:
    call_command("demo")
    summary = recalculate(scope=Scope(), trigger="test")
    assert (summary.problems, summary.failures) == ([], [])
    assert ListingValuation.objects.count() == Listing.objects.count()
    unpriced = ListingValuation.objects.filter(adjusted_cents=None).values_list("listing__price_usd", flat=True)
    assert set(unpriced) == {None}

"""What the rules' app adds to the page of a listing."""

from __future__ import annotations

from typing import Any

import pytest
from django.forms.models import model_to_dict
from django.test import Client

from listings.models import Listing
from tests.factories import ListingFactory, RuleActionFactory, RulesetFactory, StaffFactory
from valuation.models import ListingScoreSnapshot, ListingValuation, RulesetOverride
from valuation.recalculation.marking import anything_stale
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db
LIST = "/admin/listings/listing/"


def cents(listing: Listing) -> int | None:
    return ListingValuation.objects.get(pk=listing.pk).adjusted_cents


def page_of(listing: Listing, **override: Any) -> dict[str, Any]:
    """The page as a browser sends it, with a choice of rulesets."""
    shown = {name: "" if value is None else value for name, value in model_to_dict(listing).items()}
    sent = {**shown, "other_components": "", "other_urls": "", "attributes": ""}
    sent |= {"components-TOTAL_FORMS": 0, "components-INITIAL_FORMS": 0}
    sent |= {"ruleset_override-TOTAL_FORMS": 1, "ruleset_override-INITIAL_FORMS": 0}
    return sent | {f"ruleset_override-0-{name}": value for name, value in override.items()}


def test_rulesets_of_a_listing_alone(client: Client, django_capture_on_commit_callbacks: Any) -> None:
    client.force_login(StaffFactory(is_superuser=True))
    first, second = (RuleActionFactory(value_usd=value).rule.group.ruleset for value in (-10, -3))
    chosen, refused, other = ListingFactory.create_batch(3, price_usd=100)
    with django_capture_on_commit_callbacks(execute=True):
        for listing, override in ((chosen, {"static_ruleset": second.pk}), (refused, {"disabled_rulesets": second.pk})):
            answer = client.post(f"{LIST}{listing.pk}/change/", page_of(listing, **override))
            assert answer.status_code == 302, answer.context["errors"]
    assert [cents(listing) for listing in (chosen, refused, other)] == [9_700, 9_000, 8_700]
    assert RulesetOverride.objects.get(listing=refused).disabled_rulesets.get() == second
    assert first.static_for.count() == 0


def test_an_editor_sees_the_rulesets_and_does_not_choose(client: Client) -> None:
    client.force_login(StaffFactory(group="Editors"))
    listing = ListingFactory()
    sent = page_of(listing, static_ruleset=RulesetFactory().pk)
    assert client.post(f"{LIST}{listing.pk}/change/", sent).status_code == 302
    assert not RulesetOverride.objects.exists()


def test_recalculating_what_was_selected(client: Client, django_capture_on_commit_callbacks: Any) -> None:
    client.force_login(StaffFactory(group="Editors"))
    RuleActionFactory(value_usd=-10)
    broken, left = ListingFactory.create_batch(2, price_usd=100)
    recalculate(scope=Scope(), trigger="test")
    ListingValuation.objects.update(adjusted_cents=1)  # as if the figures were wrong
    with django_capture_on_commit_callbacks(execute=True):
        sent = {"action": "recalculate_selected", "_selected_action": [broken.pk]}
        answer = client.post(LIST, sent, follow=True)
    assert [str(message) for message in answer.context["messages"]] == ["1 listing marked: the figures follow."]
    assert (cents(broken), cents(left)) == (9_000, 1)
    assert not anything_stale()


def test_a_viewer_is_not_offered_to_recalculate(client: Client) -> None:
    client.force_login(StaffFactory(group="Viewers"))
    ListingFactory()
    assert client.get(LIST).context["action_form"] is None


def test_a_listing_goes_with_its_figures(client: Client) -> None:
    """Nobody may delete figures by themselves, and still an editor deletes a listing that has some."""
    client.force_login(StaffFactory(group="Editors"))
    listing = ListingFactory()
    recalculate(scope=Scope(), trigger="test", snapshot=True)
    page = client.get(f"{LIST}{listing.pk}/delete/")
    assert not page.context["perms_lacking"]
    assert client.post(f"{LIST}{listing.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not ListingValuation.objects.exists()
    assert not ListingScoreSnapshot.objects.exists()

"""The page of possible duplicates: who may see it, what is chosen there, and what it costs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from imports.models import KeptApart, Merge
from listings.models import Listing
from tests.factories import StaffFactory
from tests.imports.twins.test_merging import twin

pytestmark = pytest.mark.django_db
PAGE = "/admin/imports/keptapart/"


def login(group: str) -> Client:
    client = Client()
    staff: Any = StaffFactory(group=group)
    client.force_login(staff)
    return client


def pairs(count: int, start: int = 0) -> list[tuple[Any, Any]]:
    made = []
    for number in range(start, start + count):
        first = twin("A", f"a{number}", price_usd=100 * (number + 1))
        made.append((first, twin("B", f"b{number}", cpu=first.cpu, price_usd=100 * (number + 1))))
    return made


def chosen(client: Client, choices: dict[tuple[Any, Any], str]) -> str:
    """The page after these choices, made on the page as it is now."""
    text = client.get(PAGE).content.decode()
    body = dict(re.findall(r'name="(seen-[\d-]+)" value="([^"]+)"', text))
    body |= {f"pair-{first.pk}-{second.pk}": choice for (first, second), choice in choices.items()}
    return str(client.post(PAGE, body, follow=True).content.decode())


def test_several_pairs_are_decided_at_once() -> None:
    one, two, three = pairs(3)
    client = login("Editors")
    text = chosen(client, {one: "first", two: "second", three: "two"})
    assert "2 pairs merged" in text
    assert "1 pair will not be suggested again" in text
    assert set(Merge.objects.values_list("listing_id", "into_id")) == {
        (one[1].pk, one[0].pk),
        (two[0].pk, two[1].pk),
    }
    assert "No pair was found" in text
    text = client.post(PAGE, {"forget": KeptApart.objects.get().pk}, follow=True).content.decode()
    assert f'name="pair-{three[0].pk}-{three[1].pk}"' in text


@pytest.mark.parametrize(
    "body", [{}, {"pair-1-2": "eat"}, {"pair-x-²": "first"}, {"forget": "9" * 30}, {"pair-2-1": "two"}]
)
def test_what_is_no_choice_does_nothing(body: dict[str, str]) -> None:
    pairs(1)
    assert "Nothing was chosen" in login("Editors").post(PAGE, body, follow=True).content.decode()
    assert Listing.objects.active().count() == 2


def test_a_choice_without_what_was_shown_is_refused() -> None:
    (first, second), *_ = pairs(1)
    text = login("Editors").post(PAGE, {f"pair-{first.pk}-{second.pk}": "first"}, follow=True).content.decode()
    assert "somebody has changed it" in text


def test_titles_are_text() -> None:
    first = twin("A", "1", title="<script>x</script> OptiPlex")
    twin("B", "2", cpu=first.cpu, title="<script>x</script> OptiPlex")
    assert "<script>x" not in login("Editors").get(PAGE).content.decode()


@pytest.mark.parametrize(("group", "status"), [("Editors", 200), ("Viewers", 403), ("Analysts", 403)])
def test_only_those_who_may_change_listings(group: str, status: int) -> None:
    client = login(group)
    assert client.get(PAGE).status_code == status
    assert client.post(PAGE, {}, follow=True).status_code == status
    for address in ("/admin/", "/admin/listings/listing/", "/admin/imports/importsession/"):
        assert ("Possible duplicates" in client.get(address).content.decode()) is (status == 200)


def test_queries_do_not_grow_with_pairs() -> None:
    client = login("Editors")
    counts = []
    for start in (0, 2):
        pairs(2, start)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(PAGE).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_merged_listings_are_listed() -> None:
    made = pairs(1)
    client = login("Editors")
    chosen(client, {made[0]: "first"})
    text = client.get("/admin/imports/merge/").content.decode()
    assert Merge.objects.get().merged_by in text
    assert "1 merged listing" in text

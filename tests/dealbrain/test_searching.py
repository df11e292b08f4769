"""The search of pages, API and admin, against looking at every row's text in Python."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dealbrain import searching
from dealbrain.admin import SearchMixin
from dealbrain.folding import fold
from dealbrain.searching import MOST_SEARCHED, search
from listings.models import Listing
from listings.searching import SEARCHED
from tests.factories import CpuFactory, GpuFactory, ListingFactory, RuleFactory, StaffFactory
from valuation.models import AuditEntry, ListingValuation, Rule
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db

TEXTS = [
    ("ThinkCentre M75q 100% ok_ay", "Lenovo", "Ryzen 5 PRO", None),
    ("Straße ΟΔΟΣ grün", "İstanbul", "Core i5-8500T", "GeForce"),
    ("mini mini", "", None, "Radeon Pro"),
    ("C:\\path 'quoted' \"twice\" i5", "Len", "Größe ß", "straSSe"),
    ("E\u0301clair \u6f22\u5b57 \U0001f600", "ovo", "İ5", None),
    ("abcdefghij", "klm", "nop", "qrs"),
]
WORDS = [
    *("lenovo", "LEN", "ovo", "i5", "pro", "strasse", "STRAßE", "οδος", "ΟΔΟΣ", "Grün", "istanbul", "éclair", "mini"),
    *("%", "_", "\\", "100%", "k_ay", "'", '"', "\\p", "--", ";", "漢", "\U0001f600", "e", "s", "jk", "mn", "m75q"),
    *("\0", "i5\0", "\ud800", "\u0301", "\n", "\t \u3000", ""),
]


def make(texts: list[tuple[str, str, str | None, str | None]] = TEXTS) -> None:
    cpus = {name: CpuFactory(name=name) for name in {cpu for _, _, cpu, _ in texts} if name}
    gpus = {name: GpuFactory(name=name) for name in {gpu for _, _, _, gpu in texts} if name}
    for title, maker, cpu, gpu in texts:
        ListingFactory(title=title, manufacturer=maker, cpu=cpus.get(cpu or ""), gpu=gpus.get(gpu or ""))


def naive(words: str) -> set[str]:
    """The titles of listings whose texts, put together, hold every word."""
    found = set()
    for row in Listing.objects.values_list("title", *SEARCHED):
        text = fold("\n".join(part or "" for part in row[1:]))
        if all(fold(word) in text for word in words.split()):
            found.add(row[0])
    return found


def fast(words: str) -> set[str]:
    return set(search(Listing.objects.all(), words, SEARCHED).values_list("title", flat=True))


@pytest.mark.parametrize("most_named", [2_000, 1])
def test_what_is_found_holds_every_word(most_named: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many parts hold a word: those that are too many to be looked up first are asked for in the query."""
    monkeypatch.setattr(searching, "MOST_NAMED", most_named)
    make()
    asked = [*WORDS, *map(" ".join, pairwise(WORDS))]
    assert {words: fast(words) for words in asked} == {words: naive(words) for words in asked}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.sampled_from(WORDS) | st.text(alphabet="aeipkoms5ßς%_\\ ", max_size=4), max_size=6))
def test_any_words(words: list[str]) -> None:
    if not Listing.objects.exists():
        make()
    assert fast(" ".join(words)) == naive(" ".join(words))


def test_what_is_too_much_is_not_looked_at() -> None:
    make()
    for words in ("mini " * 10_000, " ".join(map(str, range(10_000))), "x" * 100_000):
        assert fast(words) == naive(words[:MOST_SEARCHED])


@pytest.mark.parametrize("words", ["i5", "a e i o u pro s 5 m"])
def test_a_query_for_each_relation_however_many_words(words: str) -> None:
    make()
    with CaptureQueriesContext(connection) as queries:
        fast(words)
    assert len(queries) == 3


def test_what_refers_by_two_steps_and_by_none() -> None:
    make()
    recalculate(scope=Scope(), trigger="test")
    valued = search(ListingValuation.objects.all(), "THINKCENTRE", ("listing__title",))
    assert [row.listing.title for row in valued] == [TEXTS[0][0]]
    group = RuleFactory(group__ruleset__name="Home Labs").group
    by_ruleset = search(Rule.objects.all(), "LABS", ("name", "group__name", "group__ruleset__name"))
    assert [rule.group for rule in by_ruleset] == [group]
    entry = AuditEntry.objects.create(target_name="x", target_kind="rule", target_id=1, after={"name": "Été"})
    assert list(search(AuditEntry.objects.all(), "été", ("after__name",))) == [entry]


# -- In the admin ----------------------------------------------------------------------------------------------

admin.autodiscover()
OURS = ("dealbrain", "catalog", "listings", "valuation", "baselines", "imports")
SEARCHING = [
    (model, page)
    for model, page in admin.site._registry.items()
    if model._meta.app_label in OURS and page.search_fields
]


@pytest.mark.parametrize(("model", "page"), SEARCHING, ids=[model.__name__ for model, _ in SEARCHING])
def test_every_list_of_the_admin_searches_so(client: Client, model: Any, page: Any) -> None:
    assert isinstance(page, SearchMixin)
    client.force_login(StaffFactory(is_superuser=True))
    path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    for words in ("i5 İ %", "\0", "x y " * 10_000, "\\", "  "):
        assert client.get(path, {"q": words}).status_code == 200


def test_the_admin_finds_what_the_page_finds(client: Client) -> None:
    make()
    client.force_login(StaffFactory(is_superuser=True))
    for words in ("STRAßE", "i5", "100% lenovo", "%", "mini pro"):
        found = client.get("/admin/listings/listing/", {"q": words}).context["cl"].result_list
        assert {listing.title for listing in found} == naive(words)
    page = client.get("/admin/listings/listing/", {"q": "x " * 150}).content.decode()
    assert f"first {MOST_SEARCHED} characters" in page
    query = {"app_label": "listings", "model_name": "listing", "field_name": "cpu", "term": "x\0"}
    assert client.get("/admin/autocomplete/", query).json()["results"] == []

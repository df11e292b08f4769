"""The home page, the search and a preview: what somebody waits for who looks on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from listings.models import Listing
from tests.benchmarks.clock import Wanted, line, medians
from valuation.engine import ActionSpec
from valuation.trying.preview import Draft, preview_rule

DEEP = 0.75  # of the way to the last page: page 1,500 of 100,000 listings
ROWS = 50
DRAFT = Draft(
    conditions=[{"field_name": "ram_gb", "operator": "gte", "value": 16}],
    actions=(ActionSpec("per_unit", metric="per_gb", value_usd=2.0),),
)


def preview() -> None:
    """A rule that somebody is writing, tried on every active listing. Most of them match."""
    spent, _ = medians(lambda: preview_rule(draft=DRAFT, listings=Listing.objects.active(), sample_size=5))
    line("preview of a rule over all listings", spent, wanted=Wanted(0.25))


def pages() -> None:
    """Each request through the whole stack, and its statements alone, which are what is wanted to be fast."""
    client = Client(headers={"host": "localhost"})
    client.force_login(get_user_model().objects.create_superuser("looks-on"))
    deep = max(1, int(Listing.objects.active().count() * DEEP / ROWS))
    for name, path, most in (
        ("home page", "/", 0.05),
        (f"home page, page {deep:,}", f"/?page={deep}", 0.06),
        ("search in the API, first page with its count", "/v1/listings?q=lenovo+wifi", 0.04),
        ("search on the home page", "/?q=lenovo+wifi", 0.04),
    ):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(path)
        assert answer.status_code == 200, path
        count = len(queries)  # the next request empties the log
        statements = [query["sql"] for query in queries.captured_queries if query["sql"].startswith("SELECT")]
        line(name, medians(partial(client.get, path))[0], note=f"{count} queries")
        alone, _ = medians(partial(_send, statements))
        line("  its statements alone", alone, wanted=Wanted(most))


def _send(statements: Sequence[str]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            cursor.fetchall()

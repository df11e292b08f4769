"""What one action gives to the inventory, and what that means for a listing's place."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import ListingFactory, RuleGroupFactory
from valuation.engine import ActionSpec
from valuation.registry import field_registry
from valuation.trying.acting import NOBODY, Sign, sign_in, try_action

pytestmark = pytest.mark.django_db
PER_GB = ActionSpec("per_unit", metric="per_gb", value_usd=2.5)


def tried(spec: ActionSpec, sign: Sign | None = None, listing: int | None = None) -> dict[str, Any]:
    return try_action(spec, sign or Sign(), field_registry(), listing)


def test_lowest_median_and_highest() -> None:
    rows = [ListingFactory(ram_gb=ram) for ram in (32, 8, 16)]
    ListingFactory(ram_gb=64, status="archived")
    ListingFactory(ram_gb=64, price_usd=None)
    found = tried(PER_GB)
    assert [(part["name"], part["cents"], part["id"]) for part in found["spread"]] == [
        ("lowest", 2_000, rows[1].pk),
        ("median", 4_000, rows[2].pk),
        ("highest", 8_000, rows[0].pk),
    ]
    assert (found["given"], found["tried"], found["words"]) == (3, 3, "$2.50 per GB of RAM")


@pytest.mark.parametrize(
    ("value", "sign", "said", "warned"),
    [
        (15, Sign(), "Raises the adjusted price by $15.00: the machine ranks lower.", False),
        (-15, Sign(), "Lowers the adjusted price by $15.00: the machine ranks higher.", False),
        (15, Sign(deducts=True), "Lowers the adjusted price by $15.00: the machine ranks higher.", False),
        (-15, Sign(deducts=True), "Raises the adjusted price by $15.00: the machine ranks lower.", True),
        (15, Sign(weight=0.5), "Raises the adjusted price by $7.50: the machine ranks lower.", False),
        (0, Sign(deducts=True), "Changes no adjusted price.", False),
    ],
)
def test_what_the_sign_means(value: float, sign: Sign, said: str, warned: bool) -> None:
    ListingFactory()
    found = tried(ActionSpec("fixed_value", value_usd=value), sign)
    assert found["meaning"] == said
    assert bool(found["warning"]) is warned


def test_some_rise_and_some_fall() -> None:
    for ram in (8, 16, 32):
        ListingFactory(ram_gb=ram)
    found = tried(ActionSpec("formula", formula="ram_gb - 16"))
    assert found["meaning"] == (
        "Raises the adjusted price of 1 listing by $16.00, which then rank lower, and lowers that of 1 listing by "
        "$8.00, which then rank higher."
    )


def test_who_gets_nothing_and_why() -> None:
    unknown = ListingFactory(ram_gb=None)
    known = ListingFactory(ram_gb=16)
    formula = ActionSpec("formula", formula="100 / (ram_gb - 16)")
    found = tried(formula, listing=unknown.pk)
    assert (found["given"], found["spread"]) == (0, [])
    assert found["reasons"] == [{"text": "ram_gb is unknown", "count": 1}, {"text": "division by zero", "count": 1}]
    assert found["listing"] == {"id": unknown.pk, "cents": None, "told": "", "reason": "ram_gb is unknown"}
    assert tried(PER_GB, listing=known.pk)["listing"]["cents"] == 4_000
    assert tried(PER_GB, listing=10**9)["listing"] is None


def test_nothing_to_try_it_on() -> None:
    assert tried(PER_GB)["meaning"] == NOBODY


def test_what_is_wrong_moves_nothing() -> None:
    ListingFactory()
    found = tried(ActionSpec("formula", formula="ramm_gb * 2"))
    assert [problem.path for problem in found["problems"]] == ["formula"]
    assert (found["meaning"], found["spread"]) == ("", [])


def test_a_group_decides_the_sign() -> None:
    group = RuleGroupFactory(weight="0.5", ruleset__effect="deduct")
    assert sign_in(group.pk) == Sign(0.5, deducts=True)
    assert sign_in(None) == sign_in(group.pk + 1) == Sign()


def test_a_constant_number_of_queries() -> None:
    counts = []
    registry = field_registry()
    for rows in (1, 20):
        last = ListingFactory.create_batch(rows, ram_gb=8)[-1]
        with CaptureQueriesContext(connection) as queries:
            try_action(PER_GB, Sign(), registry, last.pk)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12

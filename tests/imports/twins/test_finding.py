"""Which listings may be one offer: rules by example, and against a naive comparison of every pair."""

from __future__ import annotations

import time
from hashlib import sha256
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imports.twins import finding
from imports.twins.finding import Group, Machine, find

SHOP, EBAY = ("other", "Shop"), ("ebay", "")
TITLE = "Dell OptiPlex 7060 Micro i5-8500T 16GB 512GB"


def machine(pk: int, source: tuple[str, str] = SHOP, **more: Any) -> Machine:
    known = {"cpu": 1, "ram_gb": 16, "capacities": (512,), **{k: more.pop(k) for k in Group._fields if k in more}}
    base = {"title": TITLE, "seller": "", "prices": {"USD": 10_000}, "media": ("nvme",)}
    return Machine(pk=pk, group=Group(**known), source=source, **{**base, **more})


@pytest.mark.parametrize(
    ("one", "other", "is_pair"),
    [
        ({}, {}, True),
        ({"seller": "Ann"}, {}, True),  # unstated is no contradiction
        ({"seller": "Ann"}, {"seller": "ANN"}, True),
        ({"seller": "Ann"}, {"seller": "Bob"}, False),
        ({}, {"source": SHOP}, False),
        ({}, {"cpu": 2}, False),
        ({}, {"ram_gb": 8}, False),
        ({}, {"capacities": (256,)}, False),
        ({}, {"prices": {"USD": 9_800}}, True),
        ({}, {"prices": {"USD": 9_799}}, False),
        ({"prices": {"EUR": 9_000}}, {"prices": {"EUR": 9_001}}, True),
        ({"prices": {"EUR": 9_000}}, {"prices": {"GBP": 9_000}}, False),
        ({"prices": {"EUR": 9_000, "USD": 10_000}}, {"prices": {"GBP": 8_000, "USD": 10_100}}, True),
        ({"media": ("ssd",)}, {}, True),
        ({"media": ("",)}, {}, True),
        ({"media": ("hdd",)}, {}, False),
        ({"capacities": (512, 512), "media": ("hdd", "nvme")}, {"capacities": (512, 512), "media": ("", "hdd")}, True),
        ({"gpu": 1}, {"gpu": 2}, False),
        ({"gpu": 1}, {}, True),
        ({"generation": "ddr4"}, {"generation": "ddr5"}, False),
        ({}, {"title": "HP EliteDesk 800 G4 Tower business computer"}, False),
    ],
)
def test_what_a_pair_is(one: Any, other: Any, is_pair: bool) -> None:
    first, second = machine(1, **one), machine(2, **{"source": EBAY, **other})
    assert [pair.pks for pair in find([second, first]).pairs] == ([(1, 2)] if is_pair else [])
    assert finding.agree(first, second) is is_pair
    assert find([first, second], apart={(1, 2)}).pairs == []


SOME = st.builds(
    machine,
    st.just(0),
    st.sampled_from([SHOP, EBAY, ("other", "")]),
    cpu=st.sampled_from([1, 2]),
    seller=st.sampled_from(["", "ann", "bob"]),
    prices=st.dictionaries(st.sampled_from(["USD", "EUR"]), st.sampled_from([0, 9_800, 10_000, 10_199]), min_size=1),
    media=st.sampled_from([("ssd",), ("nvme",), ("hdd",), ("",)]),
    title=st.sampled_from([TITLE, "OptiPlex 7060 Micro 16GB", "Lenovo tower"]),
)


def naive(one: Machine, other: Machine) -> bool:
    near = any(
        max(cents, other.prices[name]) * 98 <= min(cents, other.prices[name]) * 100
        for name, cents in one.prices.items()
        if name in other.prices
    )
    media = {one.media[0], other.media[0]} - {""}
    return (
        (one.group == other.group and one.source != other.source and near)
        and len({one.seller, other.seller} - {""}) < 2
        and (len(media) < 2 or media == {"ssd", "nvme"})
        and finding.likeness(one.title, other.title) >= finding.ALIKE
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(SOME, max_size=9))
def test_it_finds_what_comparing_every_pair_finds(some: list[Machine]) -> None:
    machines = [one._replace(pk=number) for number, one in enumerate(some, 1)]
    expected = {(one.pk, other.pk) for one, other in combinations(machines, 2) if naive(one, other)}
    assert {pair.pks for pair in find(machines).pairs} == expected


def test_a_large_group_is_not_compared_with_itself() -> None:
    """One source alone among thousands of another is found, and the work is bounded."""
    many = [machine(pk) for pk in range(1, 10_001)]
    began = time.perf_counter()
    found = find([*many, machine(20_000, EBAY)])
    assert {pair.pks[1] for pair in found.pairs} == {20_000}
    both = find([machine(pk, (SHOP, EBAY)[pk % 2], title=sha256(b"%d" % pk).hexdigest()) for pk in range(1, 10_001)])
    assert (both.compared, both.next) == (finding.MOST_COMPARED, finding.MOST_COMPARED)
    assert time.perf_counter() - began < 20


def test_looking_further_goes_on_where_the_last_look_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "MOST_PAIRS", 2)
    machines = [machine(pk, source, cpu=pk // 2) for pk, source in enumerate([SHOP, EBAY] * 3, 2)]
    first = find(machines)
    assert ([pair.pks for pair in first.pairs], first.next) == ([(2, 3), (4, 5)], 2)
    second = find(machines, start=2)
    assert ([pair.pks for pair in second.pairs], second.next) == ([(6, 7)], None)

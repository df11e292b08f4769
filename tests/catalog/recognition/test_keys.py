"""Keys of part names, and what is found by them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.recognition import How, Index, part_key

SAME = [
    (
        "Intel Core i5-8500T",
        "Intel(R) Core(TM) i5-8500T CPU @ 2.10GHz",
        "core i5 8500T",
        "i5-8500t",
        "8th Gen Intel Core i5-8500T",
    ),
    ("Intel Core2 Duo T7500 @ 2.20GHz", "Core 2 Duo T7500"),
    ("AMD Ryzen 5 PRO 2500U w/ Radeon Vega Mobile Gfx", "Ryzen 5 PRO 2500U", "AMD Ryzen PRO 5 2500U"),
    ("AMD FX-8350 Eight-Core", "AMD FX-8350"),
    ("Intel Xeon E3-1505M v5", "E3-1505Mv5", "Xeon E3 1505M v5"),
    ("Intel Core i5-520M", "Intel(R) Core(TM) i5 CPU M 520 @ 2.40GHz"),
    ("NVIDIA GeForce RTX 3060", "GeForce RTX3060", "RTX 3060", "geforce rtx-3060"),
    ("AMD Radeon RX 580", "Radeon RX580", "RX 580"),
    ("NVIDIA RTX A2000", "RTX A2000", "RTX-A2000"),
]


@pytest.mark.parametrize("names", SAME, ids=lambda names: names[0])
def test_spellings_of_one_part_have_one_key(names: tuple[str, ...]) -> None:
    assert len({part_key(name) for name in names}) == 1


APART = [
    "Intel Core i5-8500",
    "Intel Core i5-8500T",
    "Intel Core i7-8500T",
    "Intel Celeron 1.70GHz",
    "Intel Celeron 1.80GHz",
    "Intel Pentium 4 2.80GHz",
    "Intel Pentium 4 3.00GHz",
    "AMD Ryzen 5 5600G",
    "AMD Ryzen 5 PRO 5600G",
    "Intel Core 5 210H",
    "Intel Core Ultra 5 225H",
    "GeForce GTX 1060 3GB",
    "GeForce GTX 1060 6GB",
    "GeForce RTX 3060",
    "GeForce RTX 3060 Ti",
    "GeForce RTX 3060 Laptop GPU",
    "RTX 2000 Ada",
    "RTX A2000",
    "Radeon R9 290",
    "Radeon R9 290X",
]


def test_parts_that_differ_have_keys_that_differ() -> None:
    assert len({part_key(name) for name in APART}) == len(APART)


@given(st.text(max_size=60))
def test_a_key_is_its_own_key_or_shorter_and_never_fails(name: str) -> None:
    assert len(part_key(name)) <= 2 * len(name) + 2


class TestIndex:
    index = Index(
        [
            "Intel Core i5-8365U",
            "Intel Pentium Silver N5000",
            "AMD PRO A12-9800B",
            "AMD Ryzen 5 5500U",
            "AMD Ryzen 7 5700U",
            "Intel Core i5-5500U",
        ]
    )

    @pytest.mark.parametrize(
        ("text", "how", "name"),
        [
            ("i5 8365u", How.EXACT, "Intel Core i5-8365U"),
            ("8365U", How.ALIAS, "Intel Core i5-8365U"),
            ("Pentium N5000", How.ALIAS, "Intel Pentium Silver N5000"),
            ("A12-9800B", How.ALIAS, "AMD PRO A12-9800B"),
            ("5500U", How.UNKNOWN, None),  # two have this number
            ("i5-8365", How.UNKNOWN, None),
            ("", How.UNKNOWN, None),
        ],
    )
    def test_lookup(self, text: str, how: How, name: str | None) -> None:
        found = self.index.lookup(text)
        assert (found.how, found.name) == (how, name)
        assert bool(found) is (name is not None)

    def test_the_nearest_have_the_number_first(self) -> None:
        assert self.index.lookup("Ryzen 5 5700U").nearest[0] == "AMD Ryzen 7 5700U"
        assert len(self.index.lookup("Ryzen 5 5700U").nearest) <= 3

    def test_a_family_has_no_nearest(self) -> None:
        assert self.index.lookup("Ryzen").nearest == ()

    def test_of_two_names_with_one_key_the_first_wins(self) -> None:
        assert Index(["Core i5-8500", "Intel Core i5-8500"]).find("i5-8500") == "Core i5-8500"

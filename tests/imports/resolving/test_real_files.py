"""The files that people really have: how many records become what, and what is asked. Without a map written by hand."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from imports.mapping import FileKind
from imports.resolving import Said
from imports.resolving.outcomes import Offer
from tests.imports.resolving.conftest import Resolved, resolve_file
from tests.samples import FOLDER, MISSING

IMPORTS = FOLDER / "imports"
pytestmark = pytest.mark.skipif(not IMPORTS.exists(), reason=MISSING)

# file -> (records by outcome, what stops it until it is answered, offers with a processor, with a price)
FILES: dict[str, tuple[dict[str, int], list[str], int, int]] = {
    "all_in_ones_cl.csv": ({"Offer": 126}, [], 126, 126),
    "cpu_list_decimal_comma.csv": ({"PartMarks": 2967}, [], 0, 0),
    "cpu_list_decimal_dot.csv": ({"PartMarks": 891}, [], 0, 0),
    "ebay_au.xlsx": ({"Offer": 499, "LeftOut": 1}, [], 306, 499),
    "ebay_uk_sold_semicolon.csv": ({"Offer": 399, "LeftOut": 1}, [], 288, 399),
    "ebay_us_tracker.json": ({"Offer": 145}, ["currency"], 78, 0),
    "laptops_gr.csv": ({"Offer": 1205}, ["currency"], 1189, 0),
    "laptops_pl.csv": ({"Offer": 1075}, [], 1056, 842),
    "laptops_specs_in_text.xlsx": ({"Offer": 117}, [], 111, 117),
    "notebooks_cl_price_history.csv": ({"Offer": 709}, [], 709, 709),
    "office_auction_pkr.csv": ({"Offer": 40}, [], 0, 40),
    "ssds_cl.csv": ({"PartPrice": 221}, [], 0, 0),
    "template_cpu.csv": ({"PartMarks": 2}, [], 0, 0),
    "template_listing.csv": ({"Offer": 1}, [], 1, 1),
    "trade_in_uk.json": ({"Offer": 150}, ["currency"], 147, 0),
}


@cache
def found_in(name: str) -> Resolved:
    return resolve_file(IMPORTS / name)


@pytest.mark.parametrize("name", FILES)
def test_files(name: str) -> None:
    found = found_in(name)
    outcomes, asked, cpus, prices = FILES[name]
    assert Counter(type(outcome).__name__ for outcome in found.outcomes) == outcomes
    assert found.asked == asked
    assert found.mapping.is_sufficient
    offers = [outcome for outcome in found.outcomes if isinstance(outcome, Offer)]
    assert sum(1 for offer in offers if offer.cpu) == cpus
    assert sum(1 for offer in offers if offer.price) == prices


def test_one_question_a_file_at_the_most() -> None:
    assert all(len(asked) <= 1 for _, asked, *_ in FILES.values())


def test_an_answer_is_all_that_a_file_needs() -> None:
    found = resolve_file(IMPORTS / "laptops_gr.csv", said=Said(answers={"currency": "EUR"}))
    assert found.asked == []
    assert {offer.price.currency for offer in found.outcomes if isinstance(offer, Offer) and offer.price} == {"EUR"}


def test_cards_and_second_drives_are_kept() -> None:
    found = found_in("notebooks_cl_price_history.csv")
    offers = [outcome for outcome in found.outcomes if isinstance(outcome, Offer)]
    assert sum(1 for offer in offers if offer.gpu) == 417
    assert sum(1 for offer in offers if len(offer.drives) == 2) == 42
    assert not any("\n" in offer.cpu.fields.get("igpu_model", "") for offer in offers if offer.cpu)


def test_kinds() -> None:
    kinds = {name: found_in(name).mapping.kind for name in ("ssds_cl.csv", "template_cpu.csv")}
    assert kinds == {"ssds_cl.csv": FileKind.PART_PRICES, "template_cpu.csv": FileKind.CPUS}

"""What is asked and what is not, and what an answer does."""

from __future__ import annotations

import pytest

from catalog.recognition import Index
from imports.resolving import Catalog, Said
from imports.resolving.outcomes import Offer
from imports.resolving.questions import QuestionKind
from tests.imports.resolving.conftest import Resolve, Resolved
from tests.imports.resolving.test_cases import sheet

OPEN = sheet("title|price", "Dell X1|1.299", "HP Y2|2.450")
TWO_SIGNS = sheet("title|price", "Dell X1|€1.299,50", "HP Y2|€1,299.50", "Acer Z3|€100")
TWO_DAYS = sheet("title|price_usd|price_date", "Dell X1|100|3/4/2026", "HP Y2|90|5/6/2026")
CATALOG = Catalog(cpus=Index(["Intel Core i5-8365U", "Intel Core i5-8350U", "Intel Core i7-8650U"]))


def amounts(found: Resolved) -> list[str]:
    return [
        str(outcome.price.amount) if isinstance(outcome, Offer) and outcome.price else type(outcome).__name__
        for outcome in found.outcomes
    ]


@pytest.mark.parametrize(
    ("content", "said", "asked", "expected"),
    [
        (OPEN, Said(currency="EUR"), ["decimal_sign:1"], ["Offer", "Offer"]),
        (OPEN, Said(currency="EUR", answers={"decimal_sign:1": ","}), [], ["1299.00", "2450.00"]),
        (OPEN, Said(currency="EUR", answers={"decimal_sign:1": "."}), [], ["1.30", "2.45"]),
        (OPEN, Said(currency="EUR", remembered_sign=","), [], ["1299.00", "2450.00"]),
        (OPEN, Said(currency="CLP"), [], ["1299.00", "2450.00"]),  # pesos have no cents
        (OPEN, Said(answers={"decimal_sign:1": ","}), ["currency"], ["Offer", "Offer"]),
        (OPEN, Said(answers={"decimal_sign:1": ",", "currency": "GBP"}), [], ["1299.00", "2450.00"]),
        (OPEN, Said(answers={"decimal_sign:1": ",", "currency": "unknown"}), [], ["Offer", "Offer"]),
        (OPEN, Said(remembered_currency="CLP"), [], ["1299.00", "2450.00"]),
        (sheet("title|price", "Dell X1|€ 1.299,-", "HP Y2|€ 950,-"), Said(), [], ["1299.00", "950.00"]),
        (TWO_SIGNS, Said(), ["decimal_sign:1"], ["Offer", "Offer", "Offer"]),
        (TWO_SIGNS, Said(answers={"decimal_sign:1": ","}), [], ["1299.50", "Refused", "100.00"]),
        (TWO_SIGNS, Said(answers={"decimal_sign:1": "leave_out"}), [], ["Offer", "Offer", "Offer"]),
        (sheet("title|price", "Dell X1|$100"), Said(), [], ["100.00"]),  # a bare sign is of dollars
        (sheet("title|price|url", "Dell X1|$100|https://shop.au/1"), Said(), [], ["100.00"]),
        (sheet("Name", "Dell X1"), Said(), [], ["Offer"]),
        (sheet("a|b", "x|y"), Said(), ["header", "columns"], ["Refused"]),
    ],
)
def test_signs_and_currencies(
    content: str, said: Said, asked: list[str], expected: list[str], resolve: Resolve
) -> None:
    found = resolve(content, said=said)
    assert found.asked == asked
    assert amounts(found) == expected


def test_prices_share_their_sign(resolve: Resolve) -> None:
    """What the price of today shows is true of what it was, and of the days before."""
    found = resolve(sheet("title|now|was", "Dell X1|€99,50|€1.299", "HP Y2|€80,25|€2.450"))
    assert found.asked == []
    assert [outcome.history[0].amount for outcome in found.outcomes if isinstance(outcome, Offer)] == [1299, 2450]


@pytest.mark.parametrize(
    ("answers", "asked", "day"),
    [
        ({}, ["day_order:2"], None),
        ({"day_order:2": "day_first"}, [], "2026-04-03"),
        ({"day_order:2": "month_first"}, [], "2026-03-04"),
    ],
)
def test_days(answers: dict[str, str], asked: list[str], day: str | None, resolve: Resolve) -> None:
    found = resolve(TWO_DAYS, said=Said(answers=answers))
    assert found.asked == asked
    first = found.outcomes[0]
    assert isinstance(first, Offer)
    assert first.price is not None
    assert (first.price.day and first.price.day.isoformat()) == day


def test_days_in_headers(resolve: Resolve) -> None:
    content = sheet("title|01/02/26|02/02/26|03/02/26", "Dell X1|£100|£100|£90")
    assert resolve(content).asked == ["day_order:headers"]
    offer = resolve(content, said=Said(answers={"day_order:headers": "day_first"})).offer
    assert offer.price is not None
    assert (offer.price.amount, str(offer.price.day)) == (90, "2026-02-03")
    assert [(price.amount, str(price.day)) for price in offer.history] == [(100, "2026-02-01")]


@pytest.mark.parametrize(
    ("name", "answers", "expected", "suggested"),
    [
        ("i5-8365U", {}, ("Intel Core i5-8365U", True), None),
        ("i7-8550U", {}, ("Intel Core i7-8550U", False), "new"),  # it is known to exist
        ("i5-8500T", {}, ("Intel Core i5-8500T", False), "new"),  # so is this, of small desktops
        ("Ryzen 5 PRO 2400GE", {}, ("AMD Ryzen 5 PRO 2400GE", False), "new"),
        ("i5-8365", {}, None, "Intel Core i5-8365U"),
        ("i5-8365", {"part:cpu:i5 8365": "Intel Core i5-8365U"}, ("Intel Core i5-8365U", True), None),
        ("i5-8365", {"part:cpu:i5 8365": "new"}, ("Intel Core i5-8365", False), None),
        ("i5-8365", {"part:cpu:i5 8365": "unknown"}, None, None),
        ("i5-8365", {"part:cpu:i5 8365": "no name of the catalog"}, None, None),
        ("Ghost CPU 900", {}, None, "unknown"),
        ("Core i5 8th Gen", {}, None, None),
    ],
)
def test_parts(
    name: str, answers: dict[str, str], expected: tuple[str, bool] | None, suggested: str | None, resolve: Resolve
) -> None:
    found = resolve(
        sheet("title|price_usd|cpu_name", f"Dell X1|100|{name}"), said=Said(answers=answers), catalog=CATALOG
    )
    cpu = found.offer.cpu
    assert (cpu and (cpu.name, cpu.is_known)) == expected
    if cpu is None:
        assert name.split("-")[-1] in found.offer.words["cpu"]
    asked = [question for question in found.questions if question.kind is QuestionKind.PART]
    assert [question.suggested for question in asked] == ([suggested] if suggested else [])
    assert found.asked == []  # parts stop nothing
    for question in asked:
        assert {"new", "unknown"} <= {option.value for option in question.options}
        assert question.samples == (name,)


def test_the_nearest_are_offered(resolve: Resolve) -> None:
    found = resolve(sheet("title|price_usd", "Dell X1 i5-8365 16GB|100", "HP Y2 i5-8365|90"), catalog=CATALOG)
    (question,) = found.questions
    assert (question.key, question.lines, question.blocks) == ("part:cpu:i5 8365", 2, False)
    assert [option.value for option in question.options] == [
        *("Intel Core i5-8365U", "Intel Core i5-8350U", "new", "unknown"),
    ]


def test_what_is_to_be_known_of_whole_columns(resolve: Resolve) -> None:
    found = resolve(sheet("title|price_usd|sold date", "Dell X1|1|30-Apr 14:26", "HP Y2|2|06-Jun 15:01"))
    assert [note.split('"')[0] for note in found.study.notes()] == [
        "",
        "No column says the condition: it stays unstated where the title does not say it",
    ]
    assert found.asked == []
    assert all(not outcome.flags for outcome in found.outcomes if isinstance(outcome, Offer))


def test_an_encoding_and_a_header_are_confirmed(resolve: Resolve) -> None:
    found = resolve("title,price\nDell,£199.80\n".encode("cp1252"))
    (question,) = found.questions
    assert (question.key, question.suggested) == ("encoding", "cp1252")

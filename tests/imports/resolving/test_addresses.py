"""Addresses without what follows people, ids as their market writes them."""

from __future__ import annotations

import pytest

from imports.resolving.addresses import address, item_number

LONG = "https://www.ebay.co.uk/itm/HP-ZBook-Studio-G5/184180333682?hash=item1&_trksid=p1"


@pytest.mark.parametrize(
    ("text", "url", "marketplace", "item"),
    [
        (LONG, "https://www.ebay.co.uk/itm/184180333682", "ebay", "184180333682"),
        (
            "https://www.ebay.com.au/itm/176783109542?_skw=laptop",
            "https://www.ebay.com.au/itm/176783109542",
            "ebay",
            "176783109542",
        ),
        (
            "https://ebay.com/itm/176783109542?var=45",
            "https://ebay.com/itm/176783109542?var=45",
            "ebay",
            "176783109542",
        ),
        ("www.ebay.de/itm/176783109542/", "https://www.ebay.de/itm/176783109542", "ebay", "176783109542"),
        (
            "https://www.ebay.com/sch/i.html?_nkw=dell&utm_source=x",
            "https://www.ebay.com/sch/i.html?_nkw=dell",
            "ebay",
            "",
        ),
        (
            "https://www.amazon.de/Dell-XPS/dp/B08N5WRWNW/ref=sr_1_3?keywords=x",
            "https://www.amazon.de/dp/B08N5WRWNW",
            "amazon",
            "B08N5WRWNW",
        ),
        (
            "https://www.amazon.com/gp/product/B08N5WRWNW?th=1",
            "https://www.amazon.com/dp/B08N5WRWNW",
            "amazon",
            "B08N5WRWNW",
        ),
        ("https://shop.pl/a?id=7&utm_source=x&gclid=1#top", "https://shop.pl/a?id=7#top", "", ""),
        ("https://shop.pl/a?id=7&colour=red", "https://shop.pl/a?id=7&colour=red", "", ""),
        ("https://notebay.com/itm/176783109542", "https://notebay.com/itm/176783109542", "", ""),
        ("https://ebay.com.evil.example/itm/176783109542", "https://ebay.com.evil.example/itm/176783109542", "", ""),
    ],
)
def test_addresses(text: str, url: str, marketplace: str, item: str) -> None:
    found = address(text)
    assert (found.url, found.marketplace, found.item) == (url, marketplace, item)


@pytest.mark.parametrize(
    "text",
    [
        "not-a-url",
        "/itm/176783109542",
        "javascript:alert(1)",
        "https://",
        "http://a:b@c.d/",
        f"https://a.b/{'x' * 2000}",
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r"web address|characters"):
        address(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("225566778899", "225566778899"),
        ("225566778899.0", "225566778899"),
        ("0042", "0042"),
        (" B-7 ", "B-7"),
        ("1.5", "1.5"),
    ],
)
def test_ids(text: str, number: str) -> None:
    assert item_number(text) == number


@pytest.mark.parametrize("text", ["2.25567E+11", "2,25567e11", "2E+11", "x" * 129])
def test_ids_that_lost_digits(text: str) -> None:
    with pytest.raises(ValueError, match=r"as text|128"):
        item_number(text)

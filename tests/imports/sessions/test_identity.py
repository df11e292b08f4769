"""Which offer a row is: the cases that went wrong, and their siblings."""

from __future__ import annotations

import pytest

from catalog.models import Cpu, Gpu
from imports.sessions import service
from listings.models import Listing, PriceRecord
from tests.factories import CustomFieldFactory, ListingFactory
from tests.imports.sessions.helpers import committed, counts, messages, opened

pytestmark = pytest.mark.django_db
DELL, HP = "Dell OptiPlex 3060 Micro", "HP EliteDesk 800 Mini"


def titles() -> list[str]:
    return list(Listing.objects.order_by("title").values_list("title", flat=True))


def test_refused_rows_make_no_parts() -> None:
    session = committed(f"title,cpu,listing_url,price_usd\n{DELL},Intel Core i5-8500T,not-a-url,5\n")
    assert counts(session) == {"refused": 1}
    assert "address" in messages(session, "refused")[0]
    assert not Cpu.objects.exists()


def test_a_list_of_cards_makes_no_listings() -> None:
    session = opened("gpu_name\nGeForce RTX 4050\n")
    assert session.kind == "gpus"
    assert not Gpu.objects.exists()


def test_an_id_counts_within_its_source() -> None:
    committed(f"vendor_item_id,title,price_usd\n1,{DELL},5\n", source="one")
    session = committed(f"vendor_item_id,title,price_usd\n1,{HP},5\n", source="two")
    assert counts(session) == {"new": 1}
    assert titles() == [DELL, HP]
    assert counts(opened(f"vendor_item_id,title,price_usd\n1,{HP},5\n", source="two")) == {"unchanged": 1}


CONFLICT = f"vendor_item_id,title,price_usd\n1,{HP},6\n"


@pytest.mark.parametrize(
    ("choice", "came_to", "stored"),
    [
        (None, {"conflict": 1}, [DELL]),
        ("keep", {"conflict": 1}, [DELL]),
        ("replace", {"changed": 1}, [HP]),
        ("both", {"new": 1}, [DELL, HP]),
    ],
)
@pytest.mark.parametrize("line", [2, "*"])
def test_the_number_of_another_machine(
    choice: str | None, came_to: dict[str, int], stored: list[str], line: int
) -> None:
    committed(f"vendor_item_id,title,price_usd,cpu\n1,{DELL},5,Intel Core i5-8500T\n")
    session = opened(CONFLICT, name="shop/two.csv")
    assert counts(session) == {"conflict": 1}
    assert [question.key for question in service.questions(session)] == ["offer:*"]
    session = committed(CONFLICT, name="shop/two.csv", choices={line: choice} if choice else None)
    assert (counts(session), titles()) == (came_to, stored)
    if choice == "both":
        assert Listing.objects.get(title=HP).source == "two"
        assert counts(committed(CONFLICT, name="two.csv", choices={line: choice})) == {"unchanged": 1}
    if choice == "replace":
        assert Listing.objects.get().cpu is None
        service.undo(session, actor="ann")
        assert (titles(), str(Listing.objects.get().cpu)) == ([DELL], "Intel Core i5-8500T")


def test_another_processor_under_one_number_is_another_machine() -> None:
    committed("id,title,price_usd,cpu\n1,ThinkCentre M70q,5,Intel Core i5-10400T\n")
    session = opened("id,title,price_usd,cpu\n1,ThinkCentre M70q,5,Intel Core i7-10700T\n")
    assert counts(session) == {"conflict": 1}
    assert "another processor" in messages(session)[0]


def test_what_a_spreadsheet_does_to_numbers() -> None:
    committed(f"item number,title,price_usd\n225566778899,{DELL},5\n")
    assert counts(opened(f"item number,title,price_usd\n225566778899.0,{DELL},5\n")) == {"unchanged": 1}
    assert counts(opened(f"item number,title,price_usd\n2.25566778899E+11,{DELL},5\n")) == {"refused": 1}


def test_a_price_change_without_a_number() -> None:
    committed(f"title,price_usd\n{DELL},10\n")
    session = committed(f"title,price_usd\n{DELL},9\n")
    assert counts(session) == {"changed": 1}
    assert (Listing.objects.count(), Listing.objects.get().price_usd) == (1, 9)
    assert sorted(PriceRecord.objects.values_list("price_original", flat=True)) == [9, 10]
    assert counts(opened(f"title,price_usd\n{DELL},9\n")) == {"unchanged": 1}
    service.undo(session, actor="ann")
    assert Listing.objects.get().price_usd == 10
    assert counts(opened(f"title,price_usd\n{DELL},10\n")) == {"unchanged": 1}


def test_the_old_price_is_in_the_file_too() -> None:
    """Then these are two offers of one machine."""
    committed(f"title,price_usd\n{DELL},10\n")
    session = committed(f"title,price_usd\n{DELL},9\n{DELL},10\n")
    assert counts(session) == {"new": 1, "unchanged": 1}
    assert counts(opened(f"title,price_usd\n{DELL},9\n{DELL},10\n")) == {"unchanged": 2}


def test_twins_are_counted() -> None:
    file = f"title,price_usd\n{DELL},10\n{DELL},10\n"
    assert counts(committed(file)) == {"new": 2}
    assert counts(committed(file)) == {"unchanged": 2}


def test_another_seller_is_another_offer() -> None:
    committed(f"title,price_usd,seller\n{DELL},10,Ann\n")
    assert counts(opened(f"title,price_usd,seller\n{DELL},9,Bob\n")) == {"new": 1}


LOT = """\
lot number,title,price_usd
7,Dell OptiPlex 3060 Micro i5-8500T 8GB 256GB SSD,100
7,Dell OptiPlex 3060 Micro i5-8500T 16GB 512GB SSD,140
7,Dell OptiPlex 3060 Micro i5-8500T 16GB 512GB SSD,140
"""


def test_a_number_that_two_units_of_a_lot_share() -> None:
    session = committed(LOT, mapping={"lot number": "vendor_item_id"})
    assert counts(session) == {"new": 2, "left_out": 1}
    assert "several of it" in messages(session, "left_out")[0]
    header, first, second, third = LOT.splitlines()
    for order in ((first, second), (second, first), (third, second, first)):
        again = committed("\n".join([header, *order]), mapping={"lot number": "vendor_item_id"})
        assert counts(again)["unchanged"] == 2


def test_several_days_of_one_offer() -> None:
    file = f"id,title,price_usd,price_date\n1,{DELL},9,2026-03-01\n1,{DELL},8,2026-05-01\n1,{DELL},10,2026-01-01\n"
    session = committed(file)
    assert Listing.objects.get().price_usd == 8
    assert str(Listing.objects.get().price_date) == "2026-05-01"
    assert sorted(PriceRecord.objects.values_list("price_original", flat=True)) == [8, 9, 10]
    assert counts(committed(file)).keys() <= {"unchanged", "changed"}
    assert Listing.objects.get().price_usd == 8
    assert session.counts["new"] == 1


def test_another_day_of_an_offer_that_was_refused() -> None:
    CustomFieldFactory(key="grade", is_required=True)
    session = committed(f"id,title,price_usd,price_date\n1,{DELL},9,2026-03-01\n1,{DELL},8,2026-05-01\n")
    assert counts(session) == {"refused": 1, "left_out": 1}
    assert not Listing.objects.exists()


def test_item_numbers_are_read_from_addresses() -> None:
    committed(f"title,price_usd,url\n{DELL},5,https://www.ebay.co.uk/itm/123456789012?_trkparms=x\n")
    listing = Listing.objects.get()
    assert (listing.marketplace, listing.vendor_item_id) == ("ebay", "123456789012")
    assert listing.listing_url == "https://www.ebay.co.uk/itm/123456789012"
    assert counts(opened(f"title,price_usd,url\n{DELL},5,https://www.ebay.com/itm/x/123456789012?hash=1\n")) in (
        {"unchanged": 1},
        {"changed": 1},
    )


def test_an_address_that_every_row_has_tells_no_offers_apart() -> None:
    file = f"title,price_usd,url\n{DELL},5,https://shop.example/\n{HP},6,https://shop.example/\n"
    assert counts(committed(file)) == {"new": 2}
    assert counts(committed(file)) == {"unchanged": 2}


def test_an_offer_made_by_hand_is_found_by_its_address() -> None:
    ListingFactory(title=DELL, listing_url="https://shop.example/a?utm_source=x", price_usd=5, cpu=None)
    session = committed(f"id,title,price_usd,url\n77,{DELL},5,https://shop.example/a\n")
    assert (counts(session), Listing.objects.get().vendor_item_id) == ({"changed": 1}, "77")
    assert Listing.objects.get().listing_url == "https://shop.example/a?utm_source=x"
    assert counts(opened(f"id,title,price_usd,url\n77,{DELL},5,https://shop.example/a\n")) == {"unchanged": 1}

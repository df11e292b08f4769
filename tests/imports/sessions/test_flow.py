"""A file from upload to commit and back, as every door takes it."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Cpu, RamSpec, StorageProfile
from imports.models import ImportSession
from imports.sessions import service
from listings.models import Listing, PriceRecord

pytestmark = pytest.mark.django_db
OFFERS = """\
item number,title,price,cpu,ram,storage,condition
1001,Dell OptiPlex 3060 Micro,$199.00,Intel Core i5-8500T,16 GB DDR4,256GB SSD,Used
1002,HP EliteDesk 800 G4 Mini,$249.00,Intel Core i7-8700T,32 GB DDR4,512GB NVMe,Refurbished
"""


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Any) -> None:
    settings.UPLOAD_ROOT = tmp_path


def opened(text: str | bytes, **given: Any) -> ImportSession:
    raw = text.encode() if isinstance(text, str) else text
    return service.open_session(file=io.BytesIO(raw), name=given.pop("name", "offers.csv"), actor="ann", **given)


def committed(text: str | bytes, **given: Any) -> ImportSession:
    return service.commit(opened(text, **given), actor="ann")


def counts(session: ImportSession) -> dict[str, int]:
    return {name: count for name, count in session.counts.items() if count and name != "records"}


def test_a_plain_file_goes_in_and_comes_back() -> None:
    session = opened(OFFERS)
    assert (session.state, session.kind, counts(session)) == ("ready", "listings", {"new": 2})
    assert not Cpu.objects.exists()
    assert [row.title for row in service.preview(session)] == ["Dell OptiPlex 3060 Micro", "HP EliteDesk 800 G4 Mini"]
    session = service.commit(session, actor="ann")
    assert (session.state, session.committed_by, counts(session)) == ("committed", "ann", {"new": 2})
    listing = Listing.objects.get(vendor_item_id="1001")
    assert listing.price_usd == Decimal("199.00")
    assert str(listing.cpu) == "Intel Core i5-8500T"
    assert (listing.ram_gb, listing.primary_storage_gb) == (16, 256)
    assert hasattr(listing, "valuation")
    assert counts(opened(OFFERS)) == {"unchanged": 2}
    session = service.undo(session, actor="bob")
    assert (session.state, session.undone_by, session.left) == ("undone", "bob", [])
    for model in (Listing, Cpu, RamSpec, StorageProfile, PriceRecord):
        assert not model.objects.exists()

"""A file from upload to commit and back, as every door takes it."""

from __future__ import annotations

import os
import pickle
import zlib
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from catalog.models import Cpu, RamSpec, StorageProfile
from imports import jobs
from imports.models import ImportSession
from imports.sessions import service
from imports.sessions.errors import NotNow, Outdated
from listings.models import Listing, PriceRecord
from tests.factories import CpuFactory
from tests.imports.sessions.helpers import committed, counts, opened

pytestmark = pytest.mark.django_db
OFFERS = """\
item number,title,price,cpu,ram,storage,condition
1001,Dell OptiPlex 3060 Micro,$199.00,Intel Core i5-8500T,16 GB DDR4,256GB SSD,Used
1002,HP EliteDesk 800 G4 Mini,$249.00,Intel Core i7-8700T,32 GB DDR4,512GB NVMe,Refurbished
"""


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
    assert counts(opened(OFFERS)) == {"unchanged": 2}
    session = service.undo(session, actor="bob")
    assert (session.state, session.undone_by, session.left) == ("undone", "bob", [])
    for model in (Listing, Cpu, RamSpec, StorageProfile, PriceRecord):
        assert not model.objects.exists()


def test_columns_and_answers_are_said_and_the_file_is_read_anew() -> None:
    session = opened("Bez,Wert,Nr\nDell OptiPlex 3060 Micro,1.299,7\nHP EliteDesk 800,2.499,8\n")
    assert session.state == "open"
    assert [question.key for question in service.questions(session)] == ["columns"]
    session = service.set_mapping(session, {"Bez": "title", 1: "price"}, session.revision)
    keys = [question.key for question in service.questions(session)]
    assert keys == ["decimal_sign:1", "currency"]
    session = service.answer(session, {"decimal_sign:1": ",", "currency": "USD"}, session.revision)
    assert (session.state, counts(session)) == ("ready", {"new": 2})
    service.commit(session, actor="ann")
    assert list(Listing.objects.order_by("price_usd").values_list("price_usd", flat=True)) == [1299, 2499]


def test_of_two_who_answer_at_once_one_is_told() -> None:
    session = opened(OFFERS)
    seen = session.revision
    service.set_mapping(session, {"condition": "-"}, seen)
    with pytest.raises(Outdated, match="Somebody else"):
        service.set_mapping(ImportSession.objects.get(), {"condition": "condition"}, seen)


def test_what_was_done_is_not_done_twice() -> None:
    session = committed(OFFERS)
    with pytest.raises(NotNow, match="committed already"):
        service.commit(session, actor="bob")
    service.undo(session, actor="bob")
    with pytest.raises(NotNow, match="taken back already"):
        service.undo(session, actor="ann")
    with pytest.raises(NotNow, match="taken back already"):
        service.set_mapping(session, {"condition": "-"})


def test_what_was_kept_of_the_analysis_counts_only_as_it_was_made(tmp_path: Path) -> None:
    """With another catalog, or where somebody else has packed something, the records are read anew."""
    for harm in (None, b"", b"0" * 500, pickle.dumps([os.getcwd])):
        session = opened(OFFERS)
        (kept,) = tmp_path.glob("*.outcomes")
        if harm is None:
            CpuFactory(name="Intel Core i9-9900T")
        else:
            head = kept.read_bytes()[:64]
            kept.write_bytes(head + (len(zlib.compress(harm)).to_bytes(4, "big") + zlib.compress(harm)))
        session = service.commit(session, actor="ann")
        assert (session.state, session.counts["records"]) == ("committed", 2)
        assert list(tmp_path.iterdir()) == []
    assert Listing.objects.count() == 2


def test_a_session_that_its_reader_has_left_is_read_again() -> None:
    session = opened(OFFERS)
    ImportSession.objects.update(state="reading")
    with pytest.raises(NotNow, match="still being read"):
        service.set_mapping(session, {"condition": "-"})
    ImportSession.objects.update(updated_at=timezone.now() - timedelta(minutes=11))
    assert service.set_mapping(session, {"condition": "-"}).state == "ready"


def test_large_files_are_left_to_a_worker(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    queued: list[tuple[Any, int]] = []
    monkeypatch.setattr(service.queue, "enqueue", lambda job, pk: queued.append((job, pk)) is None)
    monkeypatch.setattr(service, "SMALL", 1)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    session = opened(OFFERS)
    assert (session.state, queued) == ("reading", [(jobs.read_session, session.pk)])
    jobs.read_session(session.pk)
    jobs.read_session(session.pk)
    session.refresh_from_db()
    assert service.commit(session, actor="ann").state == "committing"
    jobs.commit_session(session.pk)
    jobs.commit_session(session.pk)
    session.refresh_from_db()
    assert (session.state, Listing.objects.count()) == ("committed", 2)
    assert service.undo(session, actor="ann").state == "undoing"
    jobs.undo_session(session.pk)
    jobs.undo_session(0)
    assert (ImportSession.objects.get().state, Listing.objects.count()) == ("undone", 0)


def test_nothing_goes_in_as_nobody_has_seen_it() -> None:
    """One of two people looks at the import and commits it, while the other has just changed its columns."""
    session = opened(OFFERS)
    seen = ImportSession.objects.get(pk=session.pk)
    session = service.set_mapping(session, {"price": "-"}, session.revision)
    with pytest.raises(Outdated):
        service.commit(seen, actor="bob", revision=seen.revision - 1)
    with pytest.raises(Outdated):
        service.commit(ImportSession.objects.get(pk=session.pk), actor="bob", revision=session.revision - 1)
    assert not Listing.objects.exists()
    session = service.commit(session, actor="ann", revision=session.revision)
    with pytest.raises(Outdated):
        service.undo(session, actor="bob", revision=session.revision - 1)
    assert service.undo(session, actor="bob", revision=session.revision).state == "undone"

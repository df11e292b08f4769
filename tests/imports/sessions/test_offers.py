"""Offers from files: good rows in, bad rows named, a broken file refused as a whole."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Cpu
from imports.models import ImportSession
from imports.sessions import service
from imports.sessions.errors import BadRequest, SessionError
from imports.sessions.storing import path_of, shown_name
from listings.models import Listing, ListingComponent
from tests.factories import CpuFactory, CustomFieldFactory, ListingFactory, StaffFactory
from tests.imports.sessions.helpers import committed, counts, messages, opened
from tests.samples import MISSING, NEWEGG_OFFERS

pytestmark = pytest.mark.django_db
# 4,023 real offers that may not be shipped with the project.
NEWEGG_MAP = {
    "Brand": "manufacturer",
    "CPU Name": "cpu_name",
    "GPU Name": "gpu_name",
    "RAM": "ram_gb",
    "Storage": "storage",
    "OS": "os_license",
    "Price": "price_usd",
    "CPU Mark": "cpu_mark_multi",
    "GPU Mark": "gpu_mark",
}


def test_a_row_becomes_a_listing_with_its_parts() -> None:
    session = committed(
        "title,Price,condition,cpu_name,cpu_mark_multi,gpu_name,gpu_mark,ram_gb,ram_type,storage\n"
        "A small PC,$450.50,Used,Core i5-1240P,16900,Intel Iris Xe,2700,16 GB,DDR4,512GB NVMe + 1TB HDD\n"
    )
    assert counts(session) == {"new": 1}
    listing = Listing.objects.get()
    assert (listing.price_usd, listing.condition, listing.ram_gb) == (Decimal("450.50"), "used", 16)
    assert (listing.primary_storage_gb, listing.primary_storage_type) == (512, "nvme")
    assert (listing.secondary_storage_gb, listing.secondary_storage_type) == (1000, "hdd")
    assert (listing.cpu.name, listing.cpu.cpu_mark_multi, listing.cpu.igpu_mark) == ("Intel Core i5-1240P", 16900, 2700)
    assert listing.gpu is None
    facts = listing.origin.facts
    assert (facts["condition"], facts["cpu"]) == (
        ["column", "used", "condition"],
        ["column", listing.cpu_id, "cpu_name"],
    )
    assert facts["price_usd"] == ["column", "450.50", "Price"]


def test_bad_rows_are_named_and_the_good_ones_go_in() -> None:
    session = committed(
        "title,price_usd,seller,os\nGood one,10,a,\nab,5,b,\nLong,5,{},\nGood two,,,\n".format("x" * 300)
    )
    assert counts(session) == {"new": 3, "refused": 1}
    told = [(row.line, row.messages[0]["column"]) for row in service.rows(session, "refused")]
    assert told == [(3, "title")]
    report = b"".join(service.report_csv(session)).decode()
    assert report.splitlines()[0] == "line,outcome,title,listing_id,column,value,message"
    assert "3,refused" in report


def test_a_title_is_made_of_the_parts() -> None:
    committed("manufacturer,device_model,cpu_name,ram_gb,storage\nLenovo,M70q,Core i5-10400T,16,512GB NVMe\n")
    assert Listing.objects.get().title == "Lenovo M70q, Intel Core i5-10400T, 16GB, NVMe 512GB"


def test_components_come_with_a_new_listing_and_go_with_it() -> None:
    line = {"title": "Dell OptiPlex 3060", "price_usd": 5, "components": [{"component_type": "wifi", "name": "AX200"}]}
    other = {"title": "HP EliteDesk 800", "price_usd": 6}
    session = committed(f"{json.dumps(line)}\n{json.dumps(other)}\n", name="a.jsonl")
    assert list(ListingComponent.objects.values_list("component_type", "name")) == [("wifi", "AX200")]
    service.undo(session, actor="ann")
    assert not Listing.objects.exists()


def test_what_is_remembered_of_files_like_it() -> None:
    text = "Bez;Wert;Nr\nDell OptiPlex 3060 Micro;1.299;7\nHP EliteDesk 800;2.499;8\n"
    session = service.set_mapping(opened(text), {"Bez": "title", "Wert": "price"})
    session = service.answer(session, {"decimal_sign:1": ",", "currency": "EUR"})
    service.commit(session, actor="ann")
    again = opened(text.replace("1.299", "1.399"))
    assert (again.state, service.questions(again)) == ("ready", [])
    assert {guess["column"]: guess["confidence"] for guess in again.columns["columns"]}["title"] == 0.97
    assert opened(text, mapping={"Wert": "-"}).columns["columns"][1]["column"] == "-"


class TestCustomFields:
    def test_rows_that_do_not_fit_are_named(self) -> None:
        CustomFieldFactory(key="colour", data_type="enum", options=["Dark red", "blue"])
        CustomFieldFactory(key="size", data_type="number", validation={"max": 10}, default=1)
        text = "title,price_usd,custom.colour,custom.size\nOne PC,1,dark RED,\nTwo PC,1,green,2\nThree PC,1,,11\n"
        session = committed(text)
        assert counts(session) == {"new": 1, "refused": 2}
        assert Listing.objects.get().attributes == {"colour": "Dark red", "size": 1}
        one, two = messages(session, "refused")
        assert "Dark red, blue" in one
        assert two == "attributes.size: must be 10 or less, not 11."

    def test_a_required_value_that_the_file_does_not_give(self) -> None:
        CustomFieldFactory(key="grade", label="Grade", is_required=True)
        known = ListingFactory.build(title="Known PC", listing_url="https://shop.example/1", cpu=None)
        Listing.objects.bulk_create([known])
        text = "title,listing_url,price_usd\nKnown PC,https://shop.example/1,5\nNew PC,https://shop.example/2,5\n"
        session = committed(text)
        assert counts(session) == {"changed": 1, "refused": 1}
        assert messages(session, "refused") == ["attributes.grade: Grade is required."]

    def test_parts_that_an_import_makes_have_defaults(self) -> None:
        CustomFieldFactory(key="lanes", entity="cpu", data_type="number", default=9)
        CustomFieldFactory(key="grade", entity="cpu", is_required=True)
        Cpu.objects.bulk_create([CpuFactory.build(name="Intel Core i5-8500T")])
        committed("title,cpu_name,price_usd\nOne PC,Intel Core i5-8250U,1\nTwo PC,Intel Core i5-8500T,1\n")
        found = dict(Cpu.objects.values_list("name", "attributes"))
        assert found == {"Intel Core i5-8250U": {"lanes": 9}, "Intel Core i5-8500T": {}}


BROKEN: dict[str, bytes | str] = {
    "nothing": b"",
    "blank lines": b"\n\n\n",
    "a cell of 3 MB": b"title,price\n" + b"x" * 3_000_000 + b",1\n",
    "600 columns": ",".join(f"c{n}" for n in range(600)) + "\n" + ",".join("1" * 600) + "\n",
    "deep JSON": "[" * 100_000,
    "deep object": '{"a":' * 10_000 + "1" + "}" * 10_000,
    "a NUL byte": b"title,price_usd\nDell Opti\x00Plex 3060,5\nHP EliteDesk 800,6\n",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10,
    "half a workbook": b"PK\x03\x04" + b"\x00" * 100,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_the_reason(name: str, tmp_path: Any) -> None:
    problem, session = None, None
    try:
        session = opened(BROKEN[name], name=name)
    except BadRequest as error:
        problem = str(error)
    if session is None:
        assert len(problem or "") > 10
        assert list(tmp_path.iterdir()) == []
    else:  # it is no table either, and asks what it could be
        assert session.state in ("failed", "open")
        assert not Listing.objects.exists()


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr("imports.sessions.storing.MAX_BYTES", 100_000)
    with pytest.raises(BadRequest, match="split it"):
        opened("title\n" + "A machine of some kind\n" * 10_000)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_gone_before_the_commit() -> None:
    session = opened("title,price_usd\nDell OptiPlex 3060,5\n")
    path_of(session.stored_as).unlink()
    with pytest.raises(SessionError, match="no longer there"):
        service.commit(session, actor="ann")
    session.refresh_from_db()
    assert (session.state, Listing.objects.count()) == ("ready", 0)
    with pytest.raises(SessionError, match="no longer there"):
        service.preview(session)
    with pytest.raises(SessionError, match="no longer there"):
        service.set_mapping(session, {"title": "title"})
    session.refresh_from_db()
    assert session.state == "failed"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\a.csv", "a.csv"),
        ("a\x00\u202eb.csv", "ab.csv"),
        ("", "file"),
        ("/", "file"),
    ],
)
def test_a_name_is_shown_and_is_no_path(name: str, shown: str) -> None:
    assert shown_name(name) == shown
    session = opened("title,price_usd\nDell OptiPlex 3060,5\n", name=name, source="../../x/y")
    assert (session.file_name, session.source) == (shown, "../../x/y")
    assert path_of(session.stored_as).name.isalnum()


def test_whose_sessions_somebody_sees() -> None:
    opened("title,price_usd\nDell OptiPlex 3060,5\n")
    ann, bob = StaffFactory(username="ann"), StaffFactory(username="bob")
    editor, viewer = StaffFactory(group="Editors"), StaffFactory(group="Viewers")
    boss = StaffFactory(is_superuser=True)
    seen = [ImportSession.objects.visible_to(user).count() for user in (ann, bob, editor, viewer, boss, None)]
    assert seen == [1, 0, 1, 0, 1, 0]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"currency": "EURO"}, "currency"),
        ({"kind": "phones"}, "kind"),
        ({"hints": {"colour": "red"}}, "hints"),
        ({"set_values": {"colour": "red"}}, "set_values.colour"),
        ({"mapping": {"nope": "title"}}, "mapping.nope"),
        ({"mapping": {"title": "nope"}}, "mapping.title"),
        ({"mapping": {9: "title"}}, "mapping.9"),
    ],
)
def test_what_is_said_wrong_is_named(given: dict[str, Any], path: str) -> None:
    with pytest.raises(BadRequest) as raised:
        opened("title,price_usd\nDell OptiPlex 3060,5\n", **given)
    assert list(raised.value.problems) == [path]
    assert not ImportSession.objects.exists()


def test_answers_that_are_none() -> None:
    session = opened("title,price\nDell OptiPlex 3060,1.299\n")
    with pytest.raises(BadRequest) as raised:
        service.answer(session, {"currency": "shells", "colour": "red"})
    assert set(raised.value.problems) == {"answers.currency", "answers.colour"}
    with pytest.raises(BadRequest):
        service.choose(session, {2: "throw"})


@pytest.mark.skipif(not NEWEGG_OFFERS.exists(), reason=MISSING)
def test_real_offers() -> None:
    def load() -> ImportSession:
        session = service.open_session(
            file=io.BytesIO(NEWEGG_OFFERS.read_bytes()),
            name="newegg.csv",
            actor="ann",
            mapping=NEWEGG_MAP,
            currency="USD",
        )
        return service.commit(session, actor="ann")

    first = load()
    assert first.counts["records"] == 4_023
    assert first.counts["new"] > 4_000
    again = load()
    assert (again.counts["new"], again.counts["changed"]) == (0, 0)
    assert again.counts["unchanged"] == first.counts["new"]

"""What real clients stumbled over: lists that went round in circles, texts that were not found, names taken twice."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Cpu, Gpu, PortsProfile, Profile, RamSpec, StorageProfile
from dealbrain.api import pagination
from listings.models import Listing
from tests.api import Api, problems
from tests.factories import CpuFactory, CustomFieldFactory, ListingFactory, ProfileFactory

pytestmark = pytest.mark.django_db

LISTINGS, CPUS, DRIVES, RAMS, PORTS, PROFILES = (
    "/v1/listings",
    "/v1/catalog/cpus",
    "/v1/catalog/storage-profiles",
    "/v1/catalog/ram-specs",
    "/v1/catalog/ports-profiles",
    "/v1/catalog/profiles",
)
NUMBERS = [2**53 + 1, 2**53 + 3, 2**53 + 5, 2**53 + 7]


@pytest.fixture
def api() -> Api:
    return Api(root=True)


def walked(api: Api, path: str, cursor: str = "", most: int = 20) -> list[int]:
    """The ids of a list, page by page, from a cursor on; never more pages than `most`."""
    found = []
    for _ in range(most):
        page = api.read(f"{path}&cursor={cursor}" if cursor else path)
        found += [item["id"] for item in page["items"]]
        if not page["has_next"]:
            return found
        cursor = page["next_cursor"]
    raise AssertionError(f"{path} does not end: {found}")


def etag_of(api: Api, path: str) -> str:
    tag: str = api.send("GET", path).headers["ETag"]
    return tag


# --- cursors


@pytest.mark.parametrize("direction", ["", "-"])
def test_numbers_beyond_what_a_double_tells_apart(api: Api, direction: str) -> None:
    CustomFieldFactory(key="weight", data_type="number")
    ids = [ListingFactory(attributes={"weight": number}).pk for number in NUMBERS]
    assert sorted(walked(api, f"{LISTINGS}?ordering={direction}custom.weight&limit=1")) == ids
    assert ids[0] in [item["id"] for item in api.read(f"{LISTINGS}?custom.weight={NUMBERS[0]}")["items"]]


@pytest.mark.parametrize("letter", ["a", "я", "漢", "🙂"])
@pytest.mark.parametrize("direction", ["", "-"])
def test_long_texts_in_an_order(api: Api, letter: str, direction: str) -> None:
    CustomFieldFactory(key="story", data_type="text")
    ids = [ListingFactory(title=letter * 250 + end, attributes={"story": letter * 1_200 + end}).pk for end in "cab"]
    wanted = [ids[1], ids[2], ids[0]]
    for order in ("title", "custom.story", "title,custom.story"):
        asked = ",".join(f"{direction}{name}" for name in order.split(","))
        found = walked(api, f"{LISTINGS}?ordering={asked}&limit=1")
        assert found == (wanted[::-1] if direction else wanted)


def test_a_cursor_of_long_texts_fits_into_an_address(api: Api) -> None:
    cursor = pagination.encode_cursor(["🙂" * 100_000, "漢" * 255, "é" * 300, 2**62], "scope")
    assert len(cursor) <= pagination.MOST_CURSOR


@pytest.mark.parametrize("direction", ["", "-"])
def test_a_long_text_whose_row_is_gone(api: Api, direction: str) -> None:
    """Rather a row twice than one left out."""
    ids = [ListingFactory(title="x" * 200 + end).pk for end in "abcd"]
    order = f"{LISTINGS}?ordering={direction}title&limit=1"
    first = api.read(order)
    Listing.objects.filter(pk=first["items"][0]["id"]).delete()
    rest = walked(api, order, first["next_cursor"])
    assert set(rest) == set(ids) - {first["items"][0]["id"]}


def test_a_page_whose_rows_vanish_is_not_the_end(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [ListingFactory().pk for _ in range(5)]
    keys_of = pagination._page_keys

    def and_then_gone(*args: Any) -> Any:
        found = keys_of(*args)
        Listing.objects.filter(pk=found[0][-1]).delete()
        return found

    with monkeypatch.context() as patched:
        patched.setattr(pagination, "_page_keys", and_then_gone)
        page = api.read(f"{LISTINGS}?ordering=id&limit=1")
    assert (page["items"], page["has_next"]) == ([], True)
    assert walked(api, f"{LISTINGS}?ordering=id&limit=1", page["next_cursor"]) == ids[1:]


def test_the_last_page_is_the_last(api: Api) -> None:
    for _ in range(3):
        ListingFactory()
    page = api.read(f"{LISTINGS}?limit=3")
    assert (len(page["items"]), page["has_next"], page["next_cursor"]) == (3, False, None)


def test_a_cursor_begins_in_the_middle_of_an_index(api: Api) -> None:
    for _ in range(3):
        CpuFactory()
    cursor = api.read(f"{CPUS}?ordering=name&limit=1")["next_cursor"]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        api.read(f"{CPUS}?ordering=name&limit=1&cursor={cursor}")
    (ids,) = [query["sql"] for query in queries if "ORDER BY" in query["sql"] and "LIMIT 2" in query["sql"]]
    assert '"name" >= ' in ids


# --- one fold

SPELLINGS = [
    ("GRÜN", "grün"),
    ("ΟΔΟΣ", "οδος"),
    ("İSTANBUL", "istanbul"),
    ("Éclair", "éCLAIR"),
    ("Cafe\u0301", "café"),
    ("Straße", "STRASSE"),
]


@pytest.mark.parametrize(("stored", "asked"), [*SPELLINGS, *((other, one) for one, other in SPELLINGS)])
def test_texts_are_found_in_any_case(api: Api, stored: str, asked: str) -> None:
    CustomFieldFactory(key="colour")
    Cpu.objects.create(name="x", manufacturer=stored)
    row = ListingFactory(manufacturer=stored, attributes={"colour": stored})
    for query in ("custom.colour", "manufacturer", "q"):
        for text in (stored, asked):
            found = api.send("GET", f"{LISTINGS}?{query}={text}")
            assert [item["id"] for item in found.json()["items"]] == [row.pk], (query, text)
    assert api.read(f"{CPUS}?manufacturer={asked}")["total"] == api.read(f"{CPUS}?q={asked}")["total"] == 1


@pytest.mark.parametrize("path", [CPUS, "/v1/catalog/gpus", PROFILES, PORTS])
@pytest.mark.parametrize(
    ("stored", "asked"), [*SPELLINGS, ("a", "A"), ("Core i5", "Core\u00a0i5"), ("Core i5", " core  i5\u200b ")]
)
def test_names_are_unique_without_case(api: Api, path: str, stored: str, asked: str) -> None:
    more = {"weights": {"gpu_score": 1}} if path == PROFILES else {}
    api.made(path, name=stored, **more)
    assert problems(api.send("POST", path, {"name": asked, **more}), 409) == {"name": "unique"}


@pytest.mark.parametrize(("stored", "asked"), SPELLINGS)
def test_a_part_is_found_by_its_name(api: Api, stored: str, asked: str) -> None:
    cpu = api.made(CPUS, name=stored)
    assert api.made(LISTINGS, title="Mini PC", cpu_name=asked)["cpu_id"] == cpu["id"]


@pytest.mark.parametrize("name", ["\u200b", "\u200b\u200d", "\u202e"])
def test_names_that_cannot_be_seen(api: Api, name: str) -> None:
    assert problems(api.send("POST", CPUS, {"name": name})) == {"name": "blank"}
    assert list(problems(api.send("POST", LISTINGS, {"title": name * 3}))) == ["title"]
    assert not Cpu.objects.exists()


def test_a_name_is_cleaned_by_whoever_writes_it() -> None:
    Gpu.objects.bulk_create([Gpu(name=" RTX\n 3050 ")])
    gpu = Gpu.objects.named("rtx 3050").get()
    gpu.name = "Arc  A380"
    gpu.save(update_fields=["name"])
    assert Gpu.objects.named("ARC A380").get().name == "Arc A380"


def test_a_search_is_for_all_its_words(api: Api) -> None:
    words = [f"word{number}" for number in range(14)]
    ListingFactory(title=" ".join(words))
    assert api.read(f"{LISTINGS}?q={'+'.join(words)}")["total"] == 1
    assert api.read(f"{LISTINGS}?q={'+'.join([*words, 'notthere'])}")["total"] == 0


def test_blanks_around_a_custom_value(api: Api) -> None:
    CustomFieldFactory(key="s")
    made = api.made(LISTINGS, title="Mini PC", attributes={"s": "  two  blanks "})
    assert made["attributes"] == {"s": "two  blanks"}
    assert api.read(f"{LISTINGS}?custom.s=two++blanks")["total"] == 1
    changed = api.got("PATCH", f"{LISTINGS}/{made['id']}", {"attributes": {"s": " "}})
    assert changed["attributes"] == {"s": ""}  # a text that is empty is one; null takes it away


# --- what is accepted, and what is declared


@pytest.mark.parametrize(
    ("accept", "query", "kind"),
    [
        ("text/csv", "?format=csv", "text/csv"),
        ("text/csv", "", "text/csv"),
        ("application/jsonl", "?format=jsonl", "application/jsonl"),
        ("application/jsonl", "", "application/jsonl"),
        ("application/json", "", "text/csv"),
        ("*/*", "?format=jsonl", "application/jsonl"),
    ],
)
def test_an_export_is_what_it_is_declared_to_be(api: Api, accept: str, query: str, kind: str) -> None:
    answer = api.send("GET", f"{LISTINGS}/export{query}", Accept=accept)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].partition(";")[0] == kind


def test_what_else_is_acceptable(api: Api) -> None:
    assert api.send("GET", LISTINGS, Accept="application/problem+json").status_code == 200
    assert api.send("GET", LISTINGS, Accept="text/csv").status_code == 406
    wrong = api.send("GET", f"{LISTINGS}/export?format=x", Accept="text/csv")
    assert problems(wrong) == {"format": "invalid"}


def test_marks_and_packing_of_a_body(api: Api) -> None:
    body = json.dumps({"name": "With a mark"}).encode()
    sent = {"data": b"\xef\xbb\xbf" + body, "content_type": "application/json"}
    assert api.client.generic("POST", CPUS, **sent).status_code == 201
    packed = {"data": gzip.compress(body), "content_type": "application/json"}
    assert api.client.generic("POST", CPUS, headers={"Content-Encoding": "gzip"}, **packed).status_code == 415


@pytest.mark.parametrize("path", ["//v1/listings", "/v1", "/v1/nothing", "//api//v1/rulesets"])
def test_nothing_there_is_said_in_json(api: Api, path: str) -> None:
    answer = api.client.get("/", PATH_INFO=path)  # (a client of tests takes `//v1` for a host)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


# --- what a state is


def test_a_part_changed_by_somebody_is_no_edit_of_its_listing(api: Api) -> None:
    cpu, row = CpuFactory(), ListingFactory(price_usd=9)
    Listing.objects.filter(pk=row.pk).update(cpu=cpu)
    path = f"{LISTINGS}/{row.pk}"
    tag = etag_of(api, path)
    api.got("PATCH", f"{CPUS}/{cpu.pk}", {"notes": "typo fixed"})
    api.got("PATCH", path, {})
    assert etag_of(api, path) != tag
    assert api.send("PATCH", path, {"price_usd": 5}, **{"If-Match": tag}).status_code == 200
    assert api.send("PATCH", path, {"price_usd": 6}, **{"If-Match": tag}).status_code == 412
    other = etag_of(api, path)
    api.got("PATCH", path, {"cpu_id": CpuFactory().pk})
    assert api.send("PATCH", path, {"price_usd": 7}, **{"If-Match": other}).status_code == 412


def test_an_empty_patch_ends_no_edit_of_a_part(api: Api) -> None:
    path = f"{CPUS}/{CpuFactory().pk}"
    tag = etag_of(api, path)
    api.got("PATCH", path, {})
    assert api.send("PATCH", path, {"cores": 4}, **{"If-Match": tag}).status_code == 200


def test_components_and_ports_keep_their_ids(api: Api) -> None:
    wifi, card = {"component_type": "wifi", "name": "AX200"}, {"component_type": "other", "name": "card", "quantity": 2}
    row = api.made(LISTINGS, title="Mini PC", components=[wifi, card])
    path = f"{LISTINGS}/{row['id']}"
    ids = {item["name"]: item["id"] for item in row["components"]}
    for method in ("PUT", "PATCH"):
        again = api.got(method, path, api.read(path))
        assert {item["name"]: item["id"] for item in again["components"]} == ids
    changed = [{"component_type": "wifi", "name": "AX210", "id": ids["AX200"]}, card, {**card, "name": "new"}]
    after = {item["name"]: item for item in api.got("PATCH", path, {"components": changed})["components"]}
    assert (after["AX210"]["id"], after["card"]["id"]) == (ids["AX200"], ids["card"])
    assert api.got("PATCH", path, {"components": [{**card, "id": 999}]})["components"] == [after["card"]]
    assert api.got("PUT", path, {"title": "Mini PC"})["components"] == []


def test_ports_keep_their_ids(api: Api) -> None:
    profile = api.made(PORTS, name="Tiny", ports=[{"type": "hdmi", "count": 1}, {"type": "usb_a", "count": 4}])
    path = f"{PORTS}/{profile['id']}"
    for method in ("PUT", "PATCH"):
        assert api.got(method, path, api.read(path))["ports"] == profile["ports"]
    changed = [{"type": "usb_a", "count": 6}]
    (port,) = api.got("PATCH", path, {"ports": changed})["ports"]
    assert (port["id"], port["count"]) == (profile["ports"][1]["id"], 6)


# --- ports of one listing


def test_ports_of_a_listing_go_with_it(api: Api) -> None:
    pk = ListingFactory().pk
    path = f"{LISTINGS}/{pk}"
    ports = {"ports": [{"port_type": "usb_a", "quantity": 2}]}
    for end in (
        lambda: api.got("POST", f"{path}/ports", {"ports": []}),
        lambda: api.got("PATCH", path, {"ports_profile_id": None}),
        lambda: api.got("POST", f"{LISTINGS}/bulk-update", {"listing_ids": [pk], "fields": {"ports_profile_id": None}}),
        lambda: api.got("DELETE", path, status=204),
    ):
        api.got("POST", f"{path}/ports", ports)
        assert PortsProfile.objects.filter(is_private=True).count() == 1
        end()
        assert not PortsProfile.objects.exists()


def test_a_profile_that_somebody_made_stays_as_it_is(api: Api) -> None:
    row = ListingFactory()
    theirs = api.made(PORTS, name=f"Ports of listing {row.pk}", ports=[{"type": "hdmi", "count": 1}])
    api.got("POST", f"{LISTINGS}/{row.pk}/ports", {"ports": [{"port_type": "usb_a", "quantity": 2}]})
    assert api.read(f"{PORTS}/{theirs['id']}")["ports"] == theirs["ports"]
    api.got("DELETE", f"{LISTINGS}/{row.pk}", status=204)
    assert list(PortsProfile.objects.values_list("pk", flat=True)) == [theirs["id"]]


def test_a_profile_that_others_use_or_have_named_stays(api: Api) -> None:
    one, two = ListingFactory(), ListingFactory()
    ports = {"ports": [{"port_type": "usb_a", "quantity": 2}]}
    api.got("POST", f"{LISTINGS}/{one.pk}/ports", ports)
    shared = PortsProfile.objects.get()
    api.got("PATCH", f"{LISTINGS}/{two.pk}", {"ports_profile_id": shared.pk})
    api.got("DELETE", f"{LISTINGS}/{one.pk}", status=204)
    assert PortsProfile.objects.filter(pk=shared.pk).exists()
    api.got("PATCH", f"{PORTS}/{shared.pk}", {"name": "Tiny, front"})
    api.got("DELETE", f"{LISTINGS}/{two.pk}", status=204)
    assert PortsProfile.objects.get().name == "Tiny, front"


# --- drives and memory


def test_texts_cannot_look_like_two_fields(api: Api) -> None:
    one = api.made(DRIVES, medium="nvme", interface="a|b", capacity_gb=512)
    other = api.made(DRIVES, medium="nvme", interface="a", form_factor="b|", capacity_gb=512)
    assert one["id"] != other["id"]
    assert (other["interface"], other["form_factor"]) == ("a", "b|")


def test_blanks_and_case_make_no_other_drive() -> None:
    first, _ = StorageProfile.objects.get_or_make(medium="nvme", interface="PCIe ", capacity_gb=512)
    again, made = StorageProfile.objects.get_or_make(medium="nvme", interface=" pcie", capacity_gb=512)
    assert (again.pk, made) == (first.pk, False)


def test_another_capacity_keeps_the_form_factor(api: Api) -> None:
    drive = {"medium": "nvme", "interface": "PCIe 4.0", "form_factor": "M.2 2280", "capacity_gb": 512}
    row = api.made(LISTINGS, title="Mini PC", primary_storage_profile=drive)
    changed = api.got("PATCH", f"{LISTINGS}/{row['id']}", {"primary_storage_gb": 1000})["primary_storage_profile"]
    assert {name: changed[name] for name in drive} == {**drive, "capacity_gb": 1000}


def test_identities_have_room_for_every_letter(api: Api) -> None:
    long = dict.fromkeys(("interface", "form_factor", "performance_tier"), "İ" * 64)
    made = api.made(DRIVES, medium="hdd")
    changed = api.got("PATCH", f"{DRIVES}/{made['id']}", long)
    assert changed["interface"] == long["interface"]


def test_no_speed_is_no_other_memory(api: Api) -> None:
    one = api.made(RAMS, speed_mhz=None, total_capacity_gb=16)
    assert api.got("POST", RAMS, {"speed_mhz": 0, "total_capacity_gb": 16})["id"] == one["id"]
    kit = api.made(RAMS, module_count=2, capacity_per_module_gb=8)
    changed = api.got("PATCH", f"{RAMS}/{kit['id']}", {"capacity_per_module_gb": 16})
    assert changed["total_capacity_gb"] == 32
    wrong = api.send("PATCH", f"{RAMS}/{kit['id']}", {"capacity_per_module_gb": 8, "total_capacity_gb": 32})
    assert list(problems(wrong)) == ["total_capacity_gb"]
    assert api.made(DRIVES, medium="sata_ssd", interface="SATA", capacity_gb=1)["label"] == "SATA SSD 1GB"
    assert RamSpec.objects.count() == 2


# --- contradictions


def test_a_part_that_is_named_in_passing_is_made(api: Api) -> None:
    CustomFieldFactory(entity="cpu", key="stepping", is_required=True)
    row = api.made(LISTINGS, title="Mini PC", cpu_name="New CPU 1")
    assert api.read(f"{CPUS}/{row['cpu_id']}")["name"] == "New CPU 1"
    assert list(problems(api.send("POST", CPUS, {"name": "New CPU 2"}))) == ["attributes.stepping"]


def test_an_id_and_a_name_that_contradict(api: Api) -> None:
    one, two = CpuFactory(name="One"), CpuFactory(name="Two")
    row = api.made(LISTINGS, title="Mini PC", cpu_id=one.pk)
    path = f"{LISTINGS}/{row['id']}"
    for body in ({"cpu_id": one.pk, "cpu_name": None}, {"cpu_id": None, "cpu_name": "Two"}):
        assert list(problems(api.send("PATCH", path, body))) == ["cpu_name"]
    # What was read may be sent back beside what is changed.
    assert api.got("PATCH", path, {"cpu_id": two.pk, "cpu_name": "One"})["cpu_name"] == "Two"
    assert api.got("PATCH", path, {"cpu_id": None, "cpu_name": "Two"})["cpu_name"] is None
    assert api.got("PATCH", path, {"cpu_id": None, "cpu_name": "One"})["cpu_name"] == "One"


def test_the_default_says_why_it_stays(api: Api) -> None:
    first = ProfileFactory()
    path = f"{PROFILES}/{first.pk}"
    for method in ("PATCH", "PUT"):
        answer = api.got(method, path, {"is_default": False})
        assert answer["is_default"] is True
        assert answer["warnings"][0].startswith("is_default: One profile is the default")
    assert api.got("PUT", path, {"name": "Mine"})["is_default"] is True
    api.made(PROFILES, name="Other", weights={"gpu_score": 1}, is_default=True)
    assert api.read(path)["is_default"] is False
    assert Profile.objects.filter(is_default=True).count() == 1


# --- numbers and dates


@pytest.mark.parametrize("number", [1e300, 1e19, -1e19, 1e-305, 1e-19])
def test_custom_numbers_have_bounds(api: Api, number: float) -> None:
    CustomFieldFactory(key="weight", data_type="number")
    wrong = api.send("POST", LISTINGS, {"title": "Mini PC", "attributes": {"weight": number}})
    assert list(problems(wrong)) == ["attributes.weight"]


def test_what_was_read_can_be_sent_back(api: Api) -> None:
    row = api.made(LISTINGS, title="Mini PC", raw_payload={"large": 1e300, "small": 1e-300})
    again = api.got("PUT", f"{LISTINGS}/{row['id']}", api.read(f"{LISTINGS}/{row['id']}"))
    assert float(again["raw_payload"]["large"]) == 1e300  # PostgreSQL gives a whole number of 301 digits


@pytest.mark.parametrize(
    "body",
    [
        {"price_usd": "12_99"},
        {"price_usd": "１２９９"},
        {"price_usd": "٣"},
        {"ram_gb": "1_6"},
        {"price_date": "２０２６-02-03"},
        {"components": [{"component_type": "wifi", "quantity": "1_0"}]},
    ],
)
def test_spellings_that_only_python_reads(api: Api, body: dict[str, Any]) -> None:
    (path,) = problems(api.send("POST", LISTINGS, {"title": "Mini PC", **body}))
    assert path.partition("[")[0] == next(iter(body))
    ids = api.send("POST", f"{LISTINGS}/bulk-update", {"listing_ids": ["1_0"], "fields": {}})
    assert list(problems(ids)) == ["listing_ids"]


@pytest.mark.parametrize(
    "query", ["price_usd__gte=1_0", "ram_gb__gte=1_6", "cpu=１", "custom.weight__gte=1_0", "limit=1_0"]
)
def test_queries_that_only_python_reads(api: Api, query: str) -> None:
    CustomFieldFactory(key="weight", data_type="number")
    assert list(problems(api.send("GET", f"{LISTINGS}?{query}"))) == [query.partition("=")[0]]


def test_times_and_keys_are_read_to_their_end(api: Api) -> None:
    late = f"2026-11-24T08:30:00.{'0' * 44}garbage"
    assert list(problems(api.send("GET", f"/api/v1/valuation-rules/audit-log?since={late}"))) == ["since"]
    CustomFieldFactory(key="k" * 64)
    assert api.send("GET", f"/v1/fields/listing.{'k' * 64}/values").status_code == 200
    assert api.send("GET", f"/v1/fields/listing.{'k' * 64}zzz/values").status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "http://host:99999/",
        "http://x:abc/",
        "http://a\x01b.de/",
        "http://ho\\st@evil.example/",
        "http://.",
        "http://\u200b/",
        "http://\u202e.de",
        "http://user:pw@host/",
        "http://a\u00adb.de",
        "https:///path",
    ],
)
def test_addresses_that_programs_read_differently(api: Api, url: str) -> None:
    assert list(problems(api.send("POST", LISTINGS, {"title": "Mini PC", "listing_url": url}))) == ["listing_url"]


@pytest.mark.parametrize(
    "url", ["https://example.com:8443/a?b=c@d#e", "http://[::1]:80/", "http://bücher.example/ü", "HTTPS://EXAMPLE.ORG"]
)
def test_addresses(api: Api, url: str) -> None:
    assert api.made(LISTINGS, title="Mini PC", listing_url=url)["listing_url"] == url

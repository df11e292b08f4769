"""Listings that are written over HTTP: whole documents, parts in every way they can be named, and who came first."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from catalog.models import Cpu, Gpu, RamSpec, StorageProfile
from listings.models import Listing, ListingComponent
from tests.api import Api, at_once, problems, race
from tests.factories import (
    CpuFactory,
    CustomFieldFactory,
    ListingComponentFactory,
    ListingFactory,
    PortsProfileFactory,
    RamSpecFactory,
    StorageProfileFactory,
)
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db

LISTINGS = "/v1/listings"


@pytest.fixture
def api() -> Api:
    return Api("Editors")


def at(listing: Any) -> str:
    return f"{LISTINGS}/{listing['id'] if isinstance(listing, dict) else listing.pk}"


# -- Whole documents -------------------------------------------------------------------------------------------

# Every column with a value of its own; references and nested parts are added by the test.
PLAIN: dict[str, Any] = {
    "title": "ThinkCentre M75q",
    "listing_url": "https://example.com/1",
    "other_urls": [{"url": "http://example.com/2", "label": "photos"}, {"url": "https://example.com/3"}],
    "seller": "shop",
    "price_usd": 289.5,
    "price_date": "2026-11-01",
    "condition": "refurb",
    "status": "pending",
    "marketplace": "ebay",
    "vendor_item_id": "123",
    "device_model": "M75q Gen 2",
    "manufacturer": "Lenovo",
    "series": "ThinkCentre",
    "model_number": "11JN",
    "form_factor": "tiny",
    "ram_notes": "one slot free",
    "os_license": "Windows 11 Pro",
    "other_components": ["mouse", "power supply"],
    "notes": "scratched",
    "raw_payload": {"a": [1, {"b": None}]},
}
DEFAULTS: dict[str, Any] = {
    **dict.fromkeys(PLAIN, ""),
    "other_urls": [],
    "price_usd": None,
    "price_date": None,
    "condition": "used",
    "status": "active",
    "marketplace": "other",
    "other_components": [],
    "raw_payload": {},
}
NO_PARTS = {
    **dict.fromkeys(
        (
            *("cpu_id", "gpu_id", "ram_spec_id", "ports_profile_id"),
            *("primary_storage_profile_id", "secondary_storage_profile_id"),
            *("cpu", "gpu", "ram_spec", "ports_profile", "primary_storage_profile", "secondary_storage_profile"),
            *("cpu_name", "gpu_name", "ram_type", "ram_speed_mhz"),
            *("ram_gb", "primary_storage_gb", "secondary_storage_gb"),
        )
    ),
    "primary_storage_type": "",
    "secondary_storage_type": "",
    "components": [],
    "attributes": {},
}
RAM = {
    "ddr_generation": "ddr4",
    "speed_mhz": 3200,
    "module_count": 2,
    "capacity_per_module_gb": 8,
    "total_capacity_gb": 16,
}
DRIVE = {
    "medium": "nvme",
    "interface": "PCIe 4.0",
    "form_factor": "2280",
    "capacity_gb": 512,
    "performance_tier": "",
}
COMPONENT = {
    "component_type": "wifi",
    "name": "AX200",
    "quantity": 2,
    "metadata": {"a": 1},
    "adjustment_value_usd": -5.25,
}


def test_post_of_everything(api: Api) -> None:
    CustomFieldFactory(key="colour")
    CustomFieldFactory(key="weight", data_type="number", default=2)
    cpu, ports = CpuFactory(name="Ryzen 5"), PortsProfileFactory()
    answer = api.send(
        "POST",
        LISTINGS,
        {
            **PLAIN,
            "cpu_name": "ryzen 5",
            "gpu_name": "RTX",
            "ram_spec": RAM,
            "primary_storage_profile": DRIVE,
            "secondary_storage_gb": 1000,
            "secondary_storage_type": "hdd",
            "ports_profile_id": ports.pk,
            "components": [COMPONENT, {"component_type": "misc"}],
            "attributes": {"colour": "red"},
        },
    )
    document = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (201, at(document))
    read = api.send("GET", at(document))
    assert (read.json(), read.headers["ETag"]) == (document, answer.headers["ETag"])
    gpu, ram = Gpu.objects.get(), RamSpec.objects.get()
    drive, disk = StorageProfile.objects.get(medium="nvme"), StorageProfile.objects.get(medium="hdd")
    assert PLAIN.items() <= document.items()
    (misc, wifi) = document["components"]
    assert wifi == {"id": wifi["id"], **COMPONENT}
    assert misc == {
        "id": misc["id"],
        "component_type": "misc",
        "name": "",
        "quantity": 1,
        "metadata": {},
        "adjustment_value_usd": None,
    }
    stamps = ("created_at", "updated_at")
    for part in ("ram_spec", "primary_storage_profile", "secondary_storage_profile"):
        document[part] = {name: value for name, value in document[part].items() if name not in stamps}
    assert document["ram_spec"] == {"id": ram.pk, "label": "DDR4 3200MHz 16GB (2x8GB)", **RAM}
    assert document["primary_storage_profile"] == {"id": drive.pk, "label": "NVMe PCIe 4.0 512GB", **DRIVE}
    assert {name: document[name] for name in NO_PARTS if not isinstance(document[name], dict | list)} == {
        "cpu_id": cpu.pk,
        "cpu_name": "Ryzen 5",
        "gpu_id": gpu.pk,
        "gpu_name": "RTX",
        "ports_profile_id": ports.pk,
        "ram_spec_id": ram.pk,
        "ram_gb": 16,
        "ram_type": "ddr4",
        "ram_speed_mhz": 3200,
        "primary_storage_profile_id": drive.pk,
        "primary_storage_gb": 512,
        "primary_storage_type": "nvme",
        "secondary_storage_profile_id": disk.pk,
        "secondary_storage_gb": 1000,
        "secondary_storage_type": "hdd",
    }
    assert document["attributes"] == {"colour": "red", "weight": 2}
    assert document["stale"] is False
    assert api.got("PUT", at(document), document)["components"][0]["component_type"] == "misc"
    assert ListingComponent.objects.count() == 2
    assert {name: api.read(at(document))[name] for name in PLAIN} == PLAIN, "what was read may be sent back"


def test_post_of_a_title(api: Api) -> None:
    document = api.made(LISTINGS, title="Mini PC")
    assert {**DEFAULTS, **NO_PARTS, "title": "Mini PC"}.items() <= document.items()


@pytest.mark.parametrize(
    ("method", "body", "shown"),
    [
        ("POST", {}, "used"),
        ("POST", {"condition": None}, None),
        ("POST", {"condition": ""}, None),
        ("POST", {"condition": "Refurbished"}, "refurb"),
        ("PUT", {}, None),
        ("PUT", {"condition": None}, None),
        ("PATCH", {}, "new"),
        ("PATCH", {"condition": None}, None),
    ],
)
def test_a_condition_is_filled_in_by_a_post_alone(api: Api, method: str, body: dict[str, Any], shown: str) -> None:
    path = LISTINGS if method == "POST" else at(ListingFactory(condition="new"))
    made = api.got(method, path, {"title": "Mini PC", **body}, 201 if method == "POST" else 200)
    assert made["condition"] == shown
    assert Listing.objects.get(pk=made["id"]).condition == (shown or "")


def test_put_replaces_what_is_left_out_by_its_default(api: Api) -> None:
    CustomFieldFactory(key="colour", default="grey")
    document = api.made(
        LISTINGS,
        **PLAIN,
        cpu_name="i5",
        gpu_name="RTX",
        ram_spec=RAM,
        primary_storage_profile=DRIVE,
        secondary_storage_gb=500,
        components=[COMPONENT],
        attributes={"colour": "red"},
    )
    replaced = api.got("PUT", at(document), {"title": "Other"})
    others = {"title": "Other", "condition": None, "attributes": {"colour": "grey"}}
    assert {**DEFAULTS, **NO_PARTS, **others}.items() <= replaced.items()
    emptied = api.got("PUT", at(document), {"title": "Other", "attributes": {"colour": None}})
    assert emptied["attributes"] == {}
    assert problems(api.send("PUT", at(document), {"seller": "shop"})) == {"title": "required"}


@pytest.mark.parametrize("nested", [False, True])
def test_put_takes_a_part_by_its_name_alone(api: Api, nested: bool) -> None:
    """The id that it leaves out says nothing against the name: neither a new one nor the one there was."""
    document = api.made(LISTINGS, title="Mini PC", cpu_name="i5")
    for name in ("i7", "i7"):
        body = {"title": "Mini PC", "cpu_name": name}
        replaced = api.got("PUT", at(document), {"fields": body} if nested else body)
        assert replaced["cpu_name"] == name


@pytest.mark.parametrize("form", ["plain", "nested"])
def test_patch_changes_what_is_named(api: Api, form: str) -> None:
    CustomFieldFactory(key="colour")
    CustomFieldFactory(key="size", data_type="number")
    document = api.made(LISTINGS, **PLAIN, components=[COMPONENT], attributes={"colour": "red", "size": 1})
    fields, attributes = {"seller": "else", "price_usd": None}, {"colour": None, "size": 2}
    body = {**fields, "attributes": attributes} if form == "plain" else {"fields": fields, "attributes": attributes}
    changed = api.got("PATCH", at(document), body)
    assert {**PLAIN, **fields, "attributes": {"size": 2}}.items() <= changed.items()
    assert changed["components"][0]["id"] == document["components"][0]["id"]
    for alone in ({"attributes": {"size": None}}, {"fields": {"notes": "x"}}, {}):
        changed = api.got("PATCH", at(document), alone)
    assert {**PLAIN, **fields, "notes": "x", "attributes": {}}.items() <= changed.items()


def test_components_are_the_whole_set(api: Api) -> None:
    component = ListingComponentFactory(name="old")
    path = at(component.listing)
    assert [c["name"] for c in api.got("PATCH", path, {"components": [COMPONENT]})["components"]] == ["AX200"]
    assert problems(api.send("PATCH", path, {"components": [{"component_type": "cat"}, {"quantity": 0}]})) == {
        "components[0].component_type": "invalid_choice",
        "components[1].component_type": "required",
        "components[1].quantity": "min_value",
    }
    assert api.got("PATCH", path, {"components": []})["components"] == []


# -- References and numbers ------------------------------------------------------------------------------------

RAM_8, RAM_16 = {"ddr_generation": "ddr5", "total_capacity_gb": 8}, {"ddr_generation": "ddr4", "total_capacity_gb": 16}
HDD, SSD = {"medium": "hdd", "capacity_gb": 2000}, {"medium": "sata_ssd", "capacity_gb": 256}
# (what a listing has, what is sent, what it has then): generation and GB of the RAM; medium and GB of a drive
RAMS: list[tuple[Any, dict[str, Any], tuple[str, int | None] | None]] = [
    (None, {"ram_gb": 16}, ("unknown", 16)),
    (None, {"ram_gb": 0}, None),
    (None, {"ram_gb": None}, None),
    (None, {"ram_spec": RAM_16}, ("ddr4", 16)),
    (None, {"ram_spec": RAM_16, "ram_gb": 16}, ("ddr4", 16)),
    (None, {"ram_spec": RAM_16, "ram_gb": None}, ("ddr4", 16)),
    (None, {"ram_spec_id": ..., "ram_gb": 8}, ("ddr5", 8)),
    (None, {"ram_spec_id": ..., "ram_spec": RAM_8}, ("ddr5", 8)),
    (None, {"ram_spec": {"ddr_generation": "ddr3"}}, ("ddr3", None)),
    (RAM_16, {"ram_gb": 32}, ("ddr4", 32)),
    (RAM_16, {"ram_gb": 16}, ("ddr4", 16)),
    (RAM_16, {"ram_gb": 0}, None),
    (RAM_16, {"ram_gb": None}, None),
    (RAM_16, {"ram_spec_id": ...}, ("ddr5", 8)),
    (RAM_16, {"ram_spec_id": None}, None),
    (RAM_16, {"ram_spec": None}, None),
    (RAM_16, {"ram_spec_id": None, "ram_gb": 4}, ("unknown", 4)),
    (RAM_16, {"seller": "x"}, ("ddr4", 16)),
]
DRIVES: list[tuple[Any, dict[str, Any], tuple[str, int | None] | None]] = [
    (None, {"storage_gb": 256}, ("unknown", 256)),
    (None, {"storage_gb": 256, "storage_type": "sata_ssd"}, ("sata_ssd", 256)),
    (None, {"storage_gb": 0, "storage_type": ""}, None),
    (None, {"storage_gb": None}, None),
    (None, {"storage_profile": SSD}, ("sata_ssd", 256)),
    (None, {"storage_profile": SSD, "storage_gb": 256, "storage_type": "sata_ssd"}, ("sata_ssd", 256)),
    (None, {"storage_profile_id": ..., "storage_type": ""}, ("hdd", 2000)),
    (SSD, {"storage_gb": 512}, ("sata_ssd", 512)),
    (SSD, {"storage_type": "nvme"}, ("nvme", 256)),
    (SSD, {"storage_type": ""}, ("unknown", 256)),
    (SSD, {"storage_gb": 512, "storage_type": ""}, ("unknown", 512)),
    (SSD, {"storage_gb": 0}, None),
    (SSD, {"storage_gb": None}, None),
    (SSD, {"storage_profile_id": ...}, ("hdd", 2000)),
    (SSD, {"storage_profile_id": None}, None),
    (SSD, {"storage_profile": None}, None),
    (SSD, {"storage_profile_id": None, "storage_gb": 64}, ("unknown", 64)),
    (SSD, {"seller": "x"}, ("sata_ssd", 256)),
]


def sent(body: dict[str, Any], part: Any, prefix: str = "") -> dict[str, Any]:
    """`...` as the id of `part`; names of a drive with the place it is in."""
    named = {name if name == "seller" else f"{prefix}{name}": value for name, value in body.items()}
    return {name: part.pk if value is ... else value for name, value in named.items()}


@pytest.mark.parametrize(("has", "body", "then"), RAMS)
def test_ram_and_its_number_agree(api: Api, has: Any, body: dict[str, Any], then: Any) -> None:
    body = sent(body, RamSpec.objects.get_or_make(**RAM_8)[0])
    document = api.made(LISTINGS, title="Mini PC", **({"ram_spec": has} if has else {}))
    changed = [api.got("PATCH", at(document), body)]
    if has is None:
        changed += [api.made(LISTINGS, title="New one", **body), api.got("PUT", at(document), {"title": "abc", **body})]
    for found in changed:
        spec = found["ram_spec"]
        assert (spec and (spec["ddr_generation"], found["ram_gb"])) == then, found
        assert spec is None or (spec["id"], spec["total_capacity_gb"]) == (found["ram_spec_id"], found["ram_gb"])
        assert spec is not None or not found["ram_gb"]


@pytest.mark.parametrize("slot", ["primary", "secondary"])
@pytest.mark.parametrize(("has", "body", "then"), DRIVES)
def test_drives_and_their_numbers_agree(api: Api, slot: str, has: Any, body: dict[str, Any], then: Any) -> None:
    body = sent(body, StorageProfile.objects.get_or_make(**HDD)[0], f"{slot}_")
    document = api.made(LISTINGS, title="Mini PC", **({f"{slot}_storage_profile": has} if has else {}))
    changed = [api.got("PATCH", at(document), body)]
    if has is None:
        changed += [api.made(LISTINGS, title="New one", **body), api.got("PUT", at(document), {"title": "abc", **body})]
    for found in changed:
        drive, capacity, medium = (found[f"{slot}_storage_{name}"] for name in ("profile", "gb", "type"))
        assert (drive and (drive["medium"], capacity)) == then, found
        assert drive is None or (medium, capacity) == (drive["medium"], drive["capacity_gb"])
        assert drive is not None or not capacity


def test_a_larger_memory_keeps_its_kind_and_not_its_modules(api: Api) -> None:
    document = api.made(LISTINGS, title="Mini PC", ram_spec=RAM, primary_storage_profile=DRIVE)
    changed = api.got("PATCH", at(document), {"ram_gb": 64, "primary_storage_gb": 1000})
    assert changed["ram_spec"]["label"] == "DDR4 3200MHz 64GB"
    assert changed["ram_spec"]["module_count"] is None
    assert changed["primary_storage_profile"]["label"] == "NVMe PCIe 4.0 1000GB"
    assert RamSpec.objects.get(module_count=2).total_capacity_gb == 16, "another's memory is as it was"


CONTRADICTIONS = [
    ({"ram_spec": RAM_16, "ram_gb": 32}, "ram_gb"),
    ({"ram_spec": RAM_16, "ram_gb": 0}, "ram_gb"),
    ({"ram_spec": {"ddr_generation": "ddr4"}, "ram_gb": 8}, "ram_gb"),
    ({"ram_spec_id": ..., "ram_spec": {"total_capacity_gb": 3}}, "ram_spec"),
    ({"primary_storage_profile": SSD, "primary_storage_gb": 1}, "primary_storage_gb"),
    ({"primary_storage_profile": SSD, "primary_storage_type": "hdd"}, "primary_storage_type"),
    ({"secondary_storage_profile": SSD, "secondary_storage_gb": 1}, "secondary_storage_gb"),
    ({"cpu_id": ..., "cpu_name": "another"}, "cpu_name"),
]


@pytest.mark.parametrize(("body", "wrong"), CONTRADICTIONS)
def test_what_contradicts_itself_is_refused(api: Api, body: dict[str, Any], wrong: str) -> None:
    part: Any = CpuFactory() if "cpu_id" in body else RamSpecFactory()
    listing = ListingFactory(cpu=None)
    body = sent(body, part)
    for method, path in (("POST", LISTINGS), ("PUT", at(listing)), ("PATCH", at(listing))):
        found = problems(api.send(method, path, body | ({} if method == "PATCH" else {"title": "abc"})))
        assert list(found) == [wrong], method
    assert not Cpu.objects.filter(name="another").exists()


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"ram_spec": {"total_capacity_gb": 2049}}, {"ram_spec.total_capacity_gb": "max_value"}),
        ({"ram_spec": {"colour": "red"}}, {"ram_spec.colour": "unknown"}),
        ({"ram_spec": 5}, {"ram_spec": "invalid"}),
        ({"primary_storage_profile": {"medium": "tape"}}, {"primary_storage_profile.medium": "invalid_choice"}),
        ({"cpu_id": 10**6}, {"cpu_id": "does_not_exist"}),
        ({"cpu_name": "x" * 256}, {"cpu_name": "max_length"}),
        ({"title": "ab"}, {"title": "min_length"}),
        ({"title": "x" * 256}, {"title": "max_length"}),
        ({"price_usd": -0.01}, {"price_usd": "min_value"}),
        ({"price_usd": 1.005}, {"price_usd": "max_decimal_places"}),
        ({"price_date": "yesterday"}, {"price_date": "invalid"}),
        ({"condition": "broken"}, {"condition": "invalid_choice"}),
        ({"status": "sold"}, {"status": "invalid_choice"}),
        ({"marketplace": "etsy"}, {"marketplace": "invalid_choice"}),
        ({"ram_gb": 2049}, {"ram_gb": "max_value"}),
        ({"ram_gb": -1}, {"ram_gb": "min_value"}),
        ({"primary_storage_gb": 100_001}, {"primary_storage_gb": "max_value"}),
        ({"secondary_storage_type": "tape"}, {"secondary_storage_type": "invalid_choice"}),
        *(({"listing_url": url}, {"listing_url": "invalid"}) for url in ("javascript:x", "http://", "/a", "ftp://a.b")),
        ({"other_urls": [{"label": "x"}]}, {"other_urls[0]": "invalid"}),
        ({"other_urls": [{"url": "data:x"}]}, {"other_urls[0].url": "invalid"}),
        ({"other_components": [1]}, {"other_components": "invalid"}),
        ({"attributes": {"colour": 1}}, {"attributes.colour": "invalid"}),
        ({"pirce_usd": 1, "ram_gb": "much"}, {"pirce_usd": "unknown", "ram_gb": "invalid"}),
    ],
)
def test_what_is_refused_on_every_write(api: Api, body: dict[str, Any], wrong: dict[str, str]) -> None:
    listing = ListingFactory(cpu=None)
    for method, path in (("POST", LISTINGS), ("PUT", at(listing)), ("PATCH", at(listing))):
        found = problems(api.send(method, path, {**({} if method == "PATCH" else {"title": "abc"}), **body}))
        assert found == wrong, method
    inside = problems(api.send("PATCH", at(listing), {"fields": body}))
    assert inside.keys() == {name if name.startswith("attributes") else f"fields.{name}" for name in wrong}
    assert (Listing.objects.count(), RamSpec.objects.count(), Cpu.objects.count()) == (1, 0, 0)


# -- Names and numbers of others -------------------------------------------------------------------------------


def test_a_part_is_named_in_any_case_and_made_once(api: Api) -> None:
    cpu = CpuFactory(name="Core i5-8500T")
    document = api.made(LISTINGS, title="Mini PC", cpu_name=" core I5-8500t ", gpu_name="RTX")
    assert (document["cpu_id"], document["cpu_name"]) == (cpu.pk, "Core i5-8500T")
    again = api.made(LISTINGS, title="Mini PC", gpu_name="rtx")
    assert again["gpu_id"] == document["gpu_id"] == Gpu.objects.get().pk
    for nothing in (None, "", " "):
        api.got("PATCH", at(again), {"cpu_id": cpu.pk})
        assert api.got("PATCH", at(again), {"cpu_name": nothing})["cpu"] is None


@pytest.mark.parametrize(
    ("stored", "given"), [("k", "\u212a"), ("\u212a", "k"), ("s", "\u017f"), ("straße", "STRASSE"), ("É", "é")]
)
def test_letters_that_have_a_case_of_their_own(api: Api, stored: str, given: str) -> None:
    """Which of them are the same does not depend on the database."""
    CpuFactory(name=stored)
    document = api.made(LISTINGS, title="Mini PC", cpu_name=given)
    assert document["cpu_name"] == CpuFactory._meta.model.objects.get().name
    assert problems(api.send("POST", "/v1/catalog/cpus", {"name": given}), 409) == {"name": "unique"}


def test_an_item_of_a_marketplace_is_listed_once(api: Api) -> None:
    api.made(LISTINGS, title="one", marketplace="ebay", vendor_item_id="1")
    other = api.made(LISTINGS, title="two", marketplace="amazon", vendor_item_id="1")
    for _ in range(2):
        api.made(LISTINGS, title="three", marketplace="ebay")
    for method, path, body in (
        ("POST", LISTINGS, {"title": "four", "marketplace": "ebay", "vendor_item_id": "1"}),
        ("PUT", at(other), {"title": "two", "marketplace": "ebay", "vendor_item_id": "1"}),
        ("PATCH", at(other), {"marketplace": "ebay"}),
    ):
        answer = api.send(method, path, body)
        assert answer.status_code == 409, answer.content
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert api.got("PATCH", at(other), {"vendor_item_id": "1"})["marketplace"] == "amazon"
    assert Listing.objects.count() == 4


def test_a_listing_goes_with_what_is_its_own(api: Api) -> None:
    listing = ListingComponentFactory(listing__primary_storage_profile=StorageProfileFactory()).listing
    api.got("DELETE", at(listing), status=204)
    assert api.send("GET", at(listing)).status_code == 404
    assert (ListingComponent.objects.count(), StorageProfile.objects.count(), Cpu.objects.count()) == (0, 1, 1)


# -- Who came first --------------------------------------------------------------------------------------------


def test_if_match_and_if_none_match(api: Api) -> None:
    document = api.made(LISTINGS, title="Mini PC")
    path = at(document)
    before = api.send("GET", path).headers["ETag"]
    unchanged = api.send("GET", path, **{"If-None-Match": f'"x", W/{before}'})
    assert (unchanged.status_code, unchanged.content, unchanged.headers["ETag"]) == (304, b"", before)
    now = api.send("PATCH", path, {"title": "Other"}, **{"If-Match": before}).headers["ETag"]
    assert (now != before, now) == (True, api.send("GET", path).headers["ETag"])
    for method in ("PUT", "PATCH", "DELETE"):
        answer = api.send(method, path, {"title": "late"}, **{"If-Match": before})
        assert problems(answer, 412) == {}
    assert api.send("PATCH", path, {"title": "any"}, **{"If-Match": "*"}).status_code == 200
    assert api.send("DELETE", path, **{"If-Match": now}).status_code == 412
    assert api.send("DELETE", path, **{"If-Match": api.send("GET", path).headers["ETag"]}).status_code == 204
    assert api.send("PATCH", path, {}, **{"If-Match": now}).status_code == 404


def test_figures_that_were_computed_meanwhile_refuse_nobody(api: Api) -> None:
    listing = ListingFactory()
    path = at(listing)
    before = api.send("GET", path).headers["ETag"]
    recalculate(scope=Scope(everything=True), trigger="test")
    now = api.send("GET", path, **{"If-None-Match": before})
    assert (now.status_code, now.json()["stale"]) == (200, False)
    changed = api.send("PATCH", path, {"seller": "shop"}, **{"If-Match": before})
    assert changed.status_code == 200
    recalculate(scope=Scope(everything=True), trigger="test")
    assert api.send("DELETE", path, **{"If-Match": before}).status_code == 412
    assert api.send("DELETE", path, **{"If-Match": changed.headers["ETag"]}).status_code == 204


@race
def test_of_two_who_change_the_same_state_one_is_refused() -> None:
    path = at(ListingFactory())
    everybody = [Api(root=True), Api(root=True)]
    state = everybody[0].send("GET", path).headers["ETag"]
    answers = at_once(
        *(
            partial(api.send, "PATCH", path, {"seller": f"shop {number}"}, **{"If-Match": state})
            for number, api in enumerate(everybody)
        )
    )
    codes = [answer.status_code for answer in answers]
    assert sorted(codes) == [200, 412]
    assert Listing.objects.get().seller == f"shop {codes.index(200)}"


@race
def test_a_part_that_two_name_at_once_is_made_once() -> None:
    body = {"title": "Mini PC", "cpu_name": "i5", "ram_gb": 16, "primary_storage_gb": 512}
    answers = at_once(*(partial(Api(root=True).send, "POST", LISTINGS, body) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [201] * 3
    assert (Cpu.objects.count(), RamSpec.objects.count(), StorageProfile.objects.count()) == (1, 1, 1)


@race
def test_a_part_that_goes_while_it_is_taken() -> None:
    """One of the two is told so, whoever comes first; nobody is told of a mistake of ours."""
    cpu = CpuFactory()
    answers = at_once(
        partial(Api(root=True).send, "DELETE", f"/v1/catalog/cpus/{cpu.pk}"),
        *(partial(Api(root=True).send, "POST", LISTINGS, {"title": "Mini PC", "cpu_id": cpu.pk}) for _ in range(3)),
    )
    deleted, *made = (answer.status_code for answer in answers)
    assert deleted in (204, 409)
    assert set(made) == ({201} if deleted == 409 else set(made) & {400, 409})

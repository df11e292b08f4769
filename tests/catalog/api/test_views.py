"""The six kinds of parts over HTTP: documents, duplicates, ranges, filters, and what listings hold on to."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from catalog.models import Cpu, Port, PortsProfile, Profile, RamSpec, StorageProfile
from tests.api import Api, at_once, plain, problems, race
from tests.factories import (
    CpuFactory,
    GpuFactory,
    ListingFactory,
    PortFactory,
    PortsProfileFactory,
    ProfileFactory,
    RamSpecFactory,
    StorageProfileFactory,
)

pytestmark = pytest.mark.django_db

CPUS, GPUS, PROFILES = "/v1/catalog/cpus", "/v1/catalog/gpus", "/v1/catalog/profiles"
RAMS, DRIVES, PORTS = "/v1/catalog/ram-specs", "/v1/catalog/storage-profiles", "/v1/catalog/ports-profiles"
NEEDED: dict[str, dict[str, Any]] = {
    CPUS: {"name": "N"},
    GPUS: {"name": "N"},
    PROFILES: {"name": "N", "weights": {"gpu_score": 1}},
    RAMS: {},
    DRIVES: {},
    PORTS: {"name": "N"},
}


@pytest.fixture
def api() -> Api:
    return Api(root=True)


# -- Documents -------------------------------------------------------------------------------------------------

CPU = {
    "name": "Ryzen 5",
    "manufacturer": "AMD",
    "socket": "AM4",
    "cores": 6,
    "threads": 12,
    "tdp_w": 35,
    "igpu_model": "Vega 7",
    "cpu_mark_multi": 18_000,
    "cpu_mark_single": 3_100,
    "igpu_mark": 2_100,
    "release_year": 2021,
    "notes": "quiet",
    "attributes": {},
}
GPU = {
    "name": "RTX",
    "manufacturer": "NVIDIA",
    "gpu_mark": 9_000,
    "metal_score": 5,
    "notes": "loud",
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
    "performance_tier": "high",
}
NO_CPU = dict.fromkeys(("cores", "threads", "tdp_w", "cpu_mark_multi", "cpu_mark_single", "igpu_mark", "release_year"))
DOCUMENTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (CPUS, CPU, CPU),
    (
        CPUS,
        {"name": " i5 "},
        {"name": "i5", "manufacturer": "", "socket": "", "igpu_model": "", "notes": "", "attributes": {}, **NO_CPU},
    ),
    (GPUS, GPU, GPU),
    (
        GPUS,
        {"name": "A"},
        {"name": "A", "manufacturer": "", "gpu_mark": None, "metal_score": None, "notes": "", "attributes": {}},
    ),
    # The first profile is the default, whatever it says.
    (
        PROFILES,
        {"name": "P", "weights": {"gpu_score": 2, "ram_capacity": 0.5}, "is_default": False},
        {"name": "P", "description": "", "weights": {"gpu_score": 2, "ram_capacity": 0.5}, "is_default": True},
    ),
    (RAMS, RAM, {"label": "DDR4 3200MHz 16GB (2x8GB)", **RAM}),
    (
        RAMS,
        {"module_count": 4, "capacity_per_module_gb": 16},
        {
            "label": "64GB (4x16GB)",
            "ddr_generation": "unknown",
            "speed_mhz": None,
            "module_count": 4,
            "capacity_per_module_gb": 16,
            "total_capacity_gb": 64,
        },
    ),
    (DRIVES, DRIVE, {"label": "NVMe PCIe 4.0 512GB", **DRIVE}),
    (
        DRIVES,
        {"capacity_gb": 1000},
        {
            "label": "1000GB",
            "medium": "unknown",
            "interface": "",
            "form_factor": "",
            "capacity_gb": 1000,
            "performance_tier": "",
        },
    ),
    (PORTS, {"name": "Bare"}, {"name": "Bare", "description": "", "ports": []}),
]


@pytest.mark.parametrize(("path", "sent", "shown"), DOCUMENTS)
def test_from_nothing_to_the_whole_document(api: Api, path: str, sent: Any, shown: dict[str, Any]) -> None:
    answer = api.send("POST", path, sent)
    document = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"{path}/{document['id']}")
    assert plain(document) == {"id": document["id"], **shown}
    read = api.send("GET", answer.headers["Location"])
    assert (read.json(), read.headers["ETag"]) == (document, answer.headers["ETag"])
    assert [plain(item) for item in api.read(path)["items"]] == [plain(document)]
    again = api.got("PUT", answer.headers["Location"], document)
    assert plain(again) == plain(document), "what was read may be sent back"
    api.got("DELETE", answer.headers["Location"], status=204)
    api.got("GET", answer.headers["Location"], status=404)


def test_put_and_patch_keep_what_is_left_out(api: Api) -> None:
    cpu = api.made(CPUS, **CPU)
    path = f"{CPUS}/{cpu['id']}"
    assert plain(api.got("PATCH", path, {"cores": 8})) == {"id": cpu["id"], **CPU, "cores": 8}
    kept = api.got("PUT", path, {"name": "i5", "tdp_w": 65})
    assert plain(kept) == {"id": cpu["id"], **CPU, "cores": 8, "name": "i5", "tdp_w": 65}
    assert api.got("PUT", path, {"tdp_w": 35})["name"] == "i5"


def test_ports_are_written_with_their_profile(api: Api) -> None:
    ports = [{"type": "usb_c", "count": 2, "spec_notes": "10G"}, {"type": "hdmi", "count": 1}]
    document = api.made(PORTS, name="Tiny", ports=ports)
    path = f"{PORTS}/{document['id']}"

    def shown(document: dict[str, Any]) -> list[tuple[str, int, str]]:
        return sorted((port["type"], port["count"], port["spec_notes"]) for port in document["ports"])

    assert shown(document) == [("hdmi", 1, ""), ("usb_c", 2, "10G")]
    assert shown(api.got("PATCH", path, {"description": "x"})) == shown(document)
    assert shown(api.got("PATCH", path, {"ports": [{"type": "audio"}]})) == [("audio", 1, "")]
    assert shown(api.got("PUT", path, {"name": "Tiny"})) == [("audio", 1, "")]
    assert shown(api.got("PUT", path, {"ports": []})) == []
    assert not Port.objects.exists()


# -- Duplicates ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "first", "second"),
    [
        (CPUS, {"name": "Core i5"}, {"name": "CORE I5"}),
        (GPUS, {"name": "RTX"}, {"name": "rtx"}),
        (PROFILES, {"name": "P", "weights": {"gpu_score": 1}}, {"name": "P", "weights": {"gpu_score": 2}}),
        (PORTS, {"name": "Tiny"}, {"name": "Tiny", "description": "another"}),
    ],
)
def test_a_name_is_taken_once(api: Api, path: str, first: Any, second: Any) -> None:
    api.made(path, **first)
    assert problems(api.send("POST", path, second), 409) == {"name": "unique"}
    other = api.made(path, **{**second, "name": "other"})
    for method in ("PUT", "PATCH"):
        assert problems(api.send(method, f"{path}/{other['id']}", second), 409) == {"name": "unique"}
    assert api.got("PATCH", f"{path}/{other['id']}", {"name": "OTHER"})["name"] == "OTHER", "no duplicate of itself"


@pytest.mark.parametrize(
    ("path", "fields", "same"),
    [
        (RAMS, RAM, RAM),
        (RAMS, RAM, {**RAM, "total_capacity_gb": None}),
        (RAMS, {}, {"speed_mhz": None, "ddr_generation": "unknown"}),
        (RAMS, {"total_capacity_gb": 8}, {"total_capacity_gb": 8, "module_count": None}),
        (DRIVES, DRIVE, {**DRIVE, "interface": " pcie 4.0"}),
        (DRIVES, {"medium": "hdd"}, {"medium": "hdd", "capacity_gb": None, "interface": ""}),
    ],
)
def test_value_objects_are_got_or_made(api: Api, path: str, fields: Any, same: Any) -> None:
    made = api.made(path, **fields)
    assert api.got("POST", path, same, status=200) == made
    assert api.read(path)["total"] == 1


@pytest.mark.parametrize(
    ("path", "fields", "change"),
    [
        (RAMS, RAM, {"speed_mhz": 2666}),
        (RAMS, RAM, {"ddr_generation": "ddr5"}),
        (RAMS, RAM, {"module_count": 1, "capacity_per_module_gb": 16}),
        (RAMS, {}, {"total_capacity_gb": 1}),
        *((DRIVES, DRIVE, {name: "x"}) for name in ("interface", "form_factor", "performance_tier")),
        (DRIVES, DRIVE, {"medium": "hdd"}),
        (DRIVES, DRIVE, {"capacity_gb": None}),
    ],
)
def test_every_field_tells_value_objects_apart(api: Api, path: str, fields: Any, change: Any) -> None:
    first, second = api.made(path, **fields), api.made(path, **{**fields, **change})
    assert first["id"] != second["id"]
    collision = api.send("PATCH", f"{path}/{first['id']}", change)
    assert problems(collision, 409) == {}
    assert api.read(f"{path}/{first['id']}") == first


@race
@pytest.mark.parametrize(("path", "model", "fields"), [(RAMS, RamSpec, RAM), (DRIVES, StorageProfile, {})])
def test_creators_of_one_value_get_one_row(path: str, model: Any, fields: Any) -> None:
    everybody = [Api(root=True) for _ in range(4)]
    answers = at_once(*(partial(api.send, "POST", path, fields) for api in everybody))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert {answer.json()["id"] for answer in answers} == {model.objects.get().pk}


@race
def test_of_two_who_take_a_name_at_once_one_is_refused() -> None:
    a, b = Api(root=True), Api(root=True)
    answers = at_once(partial(a.send, "POST", CPUS, {"name": "a"}), partial(b.send, "POST", CPUS, {"name": "A"}))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert Cpu.objects.count() == 1


# -- What is refused -------------------------------------------------------------------------------------------

RANGES = [
    (CPUS, "cores", 1, 256),
    (CPUS, "threads", 1, 512),
    (CPUS, "tdp_w", 1, 1000),
    (CPUS, "cpu_mark_multi", 0, 2**31 - 1),
    (CPUS, "cpu_mark_single", 0, 2**31 - 1),
    (CPUS, "igpu_mark", 0, 2**31 - 1),
    (CPUS, "release_year", 1970, 2100),
    (GPUS, "gpu_mark", 0, 2**31 - 1),
    (GPUS, "metal_score", 0, 2**31 - 1),
    (RAMS, "speed_mhz", 0, 10_000),
    (RAMS, "module_count", 1, 8),
    (RAMS, "capacity_per_module_gb", 1, 256),
    (RAMS, "total_capacity_gb", 1, 2048),
    (DRIVES, "capacity_gb", 1, 100_000),
]


@pytest.mark.parametrize(("path", "name", "low", "high"), RANGES)
def test_ranges_hold_on_every_write(api: Api, path: str, name: str, low: int, high: int) -> None:
    needed = NEEDED[path]
    row = f"{path}/{api.made(path, **needed)['id']}"
    for good in (low, high, None):
        assert api.got("PATCH", row, {name: good})[name] == good
        assert api.got("PUT", row, {**needed, name: good})[name] == good
    for bad, code in ((low - 1, "min_value"), (high + 1, "max_value"), ("x", "invalid"), (1.5, "invalid")):
        for method, target in (("POST", path), ("PUT", row), ("PATCH", row)):
            body = {name: bad} if method == "PATCH" else {**needed, "name": "M", name: bad} if needed else {name: bad}
            assert problems(api.send(method, target, body)) == {name: code}, (method, bad)
    assert api.read(path)["total"] == 1


@pytest.mark.parametrize(
    ("path", "fields", "wrong"),
    [
        (CPUS, {}, {"name": "required"}),
        (CPUS, {"name": " ", "coers": 4}, {"name": "blank", "coers": "unknown"}),
        (CPUS, {"name": "x" * 256, "cores": 0, "attributes": []}, {"name": "max_length", "cores": "min_value"}),
        (CPUS, {"name": "x", "attributes": {"hue": 1}}, {"attributes.hue": "invalid"}),
        (RAMS, {"ddr_generation": "ddr9"}, {"ddr_generation": "invalid_choice"}),
        (RAMS, {**RAM, "total_capacity_gb": 32}, {"total_capacity_gb": "invalid"}),
        (DRIVES, {"medium": "tape"}, {"medium": "invalid_choice"}),
        (PORTS, {"name": "P", "ports": [{"type": "usb_a", "count": 17}]}, {"ports[0].count": "max_value"}),
        (PORTS, {"name": "P", "ports": [{"type": "hdmi"}, {"count": 0}]}, {"ports[1].type": "required"}),
        (PORTS, {"name": "P", "ports": [{"type": "vga"}]}, {"ports[0].type": "invalid_choice"}),
        (PORTS, {"name": "P", "ports": {"type": "hdmi"}}, {"ports": "not_a_list"}),
    ],
)
def test_bodies_that_are_refused(api: Api, path: str, fields: Any, wrong: dict[str, str]) -> None:
    found = problems(api.send("POST", path, fields))
    assert wrong.items() <= found.items()
    assert api.read(path)["total"] == 0


@pytest.mark.parametrize(
    "weights",
    [
        {},
        {"cpu_mark": 1},
        {"gpu_score": -1},
        {"gpu_score": 0, "ram_capacity": 0.0},
        {"gpu_score": "1"},
        {"gpu_score": True},
        {"gpu_score": None},
        {"gpu_score": [1]},
        [],
        "gpu_score",
    ],
)
def test_weights_that_are_refused(api: Api, weights: Any) -> None:
    kept = api.made(PROFILES, name="kept", weights={"gpu_score": 1})
    path = f"{PROFILES}/{kept['id']}"
    for method, target in (("POST", PROFILES), ("PUT", path), ("PATCH", path)):
        body = {"weights": weights} | ({"name": "P"} if method != "PATCH" else {})
        assert set(problems(api.send(method, target, body))) == {"weights"}, method
    assert problems(api.send("POST", PROFILES, {"name": "P"})) != {}, "there is no profile without weights"
    assert [profile.weights for profile in Profile.objects.all()] == [{"gpu_score": 1}]


@pytest.mark.parametrize("weight", [float("inf"), float("nan"), 10**400])
def test_weights_that_no_json_number_is(weight: Any) -> None:
    with pytest.raises(ValidationError, match="must be a number of 0 or more"):
        ProfileFactory(weights={"gpu_score": weight})


METRICS = "cpu_mark_multi, cpu_mark_single, gpu_score, perf_per_watt, ram_capacity"


def test_every_wrong_weight_is_named(api: Api) -> None:
    answer = api.send("POST", PROFILES, {"name": "P", "weights": {"colour": 1, "gpu_score": -1}})
    assert [error["message"] for error in answer.json()["errors"]] == [
        f'"colour" is not a metric; the metrics are {METRICS}.',
        'The weight of "gpu_score" must be a number of 0 or more.',
    ]


# -- One default -----------------------------------------------------------------------------------------------


def test_exactly_one_profile_is_the_default(api: Api) -> None:
    def defaults() -> list[str]:
        return [item["name"] for item in api.read(PROFILES)["items"] if item["is_default"]]

    weights = {"gpu_score": 1}
    a = api.made(PROFILES, name="a", weights=weights)
    b = api.made(PROFILES, name="b", weights=weights)
    assert defaults() == ["a"]
    api.got("PATCH", f"{PROFILES}/{b['id']}", {"is_default": True})
    assert defaults() == ["b"]
    assert api.got("PATCH", f"{PROFILES}/{b['id']}", {"is_default": False})["is_default"] is True
    api.got("PUT", f"{PROFILES}/{b['id']}", {"name": "b", "weights": weights})
    assert defaults() == ["b"]
    c = api.made(PROFILES, name="c", weights=weights, is_default=True)
    assert defaults() == ["c"]
    api.got("DELETE", f"{PROFILES}/{c['id']}", status=204)
    assert defaults() == ["a"], "the oldest that is left"
    for row in (a, b):
        api.got("DELETE", f"{PROFILES}/{row['id']}", status=204)
    assert defaults() == []


@race
def test_of_two_new_defaults_at_once_one_is_left() -> None:
    ProfileFactory(name="old", is_default=True)
    paths = [f"{PROFILES}/{ProfileFactory().pk}" for _ in range(2)]
    answers = at_once(*(partial(Api(root=True).send, "PATCH", path, {"is_default": True}) for path in paths))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert Profile.objects.filter(is_default=True).count() == 1


# -- Parts of listings -----------------------------------------------------------------------------------------

USED = [
    (CPUS, CpuFactory, "cpu"),
    (GPUS, GpuFactory, "gpu"),
    (RAMS, RamSpecFactory, "ram_spec"),
    (DRIVES, StorageProfileFactory, "primary_storage_profile"),
    (DRIVES, StorageProfileFactory, "secondary_storage_profile"),
    (PORTS, PortsProfileFactory, "ports_profile"),
]


@pytest.mark.parametrize(("path", "factory", "field"), USED)
def test_a_part_in_use_is_not_deleted(api: Api, path: str, factory: Any, field: str) -> None:
    part = factory()
    row = f"{path}/{part.pk}"
    listings = [ListingFactory(**{field: part}), ListingFactory(**{field: part}, status="archived")]
    for left in (2, 1):
        answer = api.send("DELETE", row)
        assert problems(answer, 409) == {}
        assert answer.json()["detail"] == ("Used in 2 listings." if left == 2 else "Used in 1 listing.")
        listings.pop().delete()
    api.got("DELETE", row, status=204)


def test_a_drive_in_both_places_is_used_by_one_listing(api: Api) -> None:
    drive = StorageProfileFactory()
    ListingFactory(primary_storage_profile=drive, secondary_storage_profile=drive)
    assert api.send("DELETE", f"{DRIVES}/{drive.pk}").json()["detail"] == "Used in 1 listing."
    assert api.read(f"{DRIVES}/{drive.pk}/listings")["total"] == 1


@pytest.mark.parametrize(("path", "factory", "field"), USED)
def test_the_listings_of_a_part(api: Api, path: str, factory: Any, field: str) -> None:
    part = factory()
    ListingFactory(title="with", **{field: part})
    ListingFactory(title="archived", status="archived", **{field: part})
    ListingFactory(title="without")
    listings = f"{path}/{part.pk}/listings"

    def titles(query: str) -> list[str]:
        return [item["title"] for item in api.read(f"{listings}?ordering=title&{query}")["items"]]

    assert titles("") == ["archived", "with"]
    assert titles("status=active") == ["with"]
    assert problems(api.send("GET", f"{listings}?statsu=active")) == {"statsu": "unknown"}
    assert api.send("GET", f"{path}/0/listings").status_code == 404


def test_the_listings_of_a_profile_are_ranked_by_it(api: Api) -> None:
    profile = ProfileFactory(weights={"ram_capacity": 1})
    for ram_gb in (16, 64, None):
        ListingFactory(title=f"{ram_gb} GB", ram_gb=ram_gb)
    ListingFactory(title="archived", ram_gb=128, status="archived")
    items = api.read(f"{PROFILES}/{profile.pk}/listings")["items"]
    # Against 128 GB: 64 are 50, 16 are 12.5; what has no RAM that is known has no score.
    assert [(item["title"], item["score_composite"]) for item in items] == [("64 GB", 50.0), ("16 GB", 12.5)]
    assert api.send("GET", f"{PROFILES}/0/listings").status_code == 404


# -- ETags -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", NEEDED)
def test_a_write_over_another_is_refused(api: Api, path: str) -> None:
    made = api.send("POST", path, NEEDED[path])
    row, before = made.headers["Location"], made.headers["ETag"]
    assert api.send("GET", row, **{"If-None-Match": before}).status_code == 304
    change = {"description": "new"} if path in (PROFILES, PORTS) else {"notes": "new"} if path != RAMS else {}
    change = {"capacity_gb": 7} if path == DRIVES else {"speed_mhz": 7} if path == RAMS else change
    now = api.send("PATCH", row, change, **{"If-Match": before}).headers["ETag"]
    assert now != before
    assert api.send("GET", row, **{"If-None-Match": before}).status_code == 200
    for method in ("PUT", "PATCH", "DELETE"):
        assert api.send(method, row, NEEDED[path], **{"If-Match": before}).status_code == 412
    assert api.send("DELETE", row, **{"If-Match": f'"x", {now}'}).status_code == 204


def test_ports_are_part_of_the_state(api: Api) -> None:
    port = PortFactory()
    row = f"{PORTS}/{port.ports_profile_id}"
    before = api.send("GET", row).headers["ETag"]
    api.got("PATCH", row, {"ports": [{"type": "hdmi"}]})
    assert api.send("PATCH", row, {"name": "late"}, **{"If-Match": before}).status_code == 412
    assert PortsProfile.objects.get().name != "late"

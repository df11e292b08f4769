"""`/v1/fields-data`: listings, CPUs and GPUs with their custom fields, each checked as everywhere else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api import Api, problems
from tests.factories import CpuFactory, CustomFieldFactory, GpuFactory, ListingFactory

pytestmark = pytest.mark.django_db

DATA = "/v1/fields-data"
# entity -> (what makes a row, where it is otherwise, its required name)
ENTITIES: dict[str, tuple[Any, str, str]] = {
    "listing": (ListingFactory, "/v1/listings", "title"),
    "cpu": (CpuFactory, "/v1/catalog/cpus", "name"),
    "gpu": (GpuFactory, "/v1/catalog/gpus", "name"),
}


@pytest.fixture
def api() -> Api:
    return Api("Editors")


def test_the_entities(api: Api) -> None:
    assert api.read(f"{DATA}/entities")["entities"] == [
        {
            "entity": entity,
            "label": label,
            "primary_key": "id",
            "supports_custom_fields": entity in ENTITIES,
            "records": f"/v1/fields-data/{entity}/records",
            "schema": f"/v1/fields-data/{entity}/schema",
        }
        for entity, label in (
            ("listing", "Listing"),
            ("cpu", "CPU"),
            ("gpu", "GPU"),
            ("ram_spec", "RAM spec"),
            ("storage_profile", "Storage profile"),
            ("ports_profile", "Ports profile"),
            ("profile", "Scoring profile"),
        )
    ]
    for path in ("profiles/records", "listings/records", "rule/schema"):
        assert api.send("GET", f"{DATA}/{path}").status_code == 404


@pytest.mark.parametrize("entity", ENTITIES)
def test_the_fields_of_an_entity(api: Api, entity: str) -> None:
    factory, path, name = ENTITIES[entity]
    CustomFieldFactory(key="mine", entity=entity, data_type="boolean")
    CustomFieldFactory(key="other", entity="cpu" if entity == "gpu" else "gpu")
    document = api.read(f"{DATA}/{entity}/schema")
    assert (document["entity"], document["label"].lower()) == (entity, entity)
    fields = {field["key"]: field for field in document["fields"]}
    assert fields.keys() == {*api.read(f"{path}/{factory().pk}"), "mine"}
    assert [key for key, field in fields.items() if field["required"]] == [name]
    assert (fields["mine"]["origin"], fields["mine"]["data_type"]) == ("custom", "boolean")


def test_ranges_are_told(api: Api) -> None:
    fields = {field["key"]: field["validation"] for field in api.read(f"{DATA}/cpu/schema")["fields"]}
    assert {name: fields[name] for name in ("cores", "threads", "tdp_w", "release_year")} == {
        "cores": {"min": 1, "max": 256},
        "threads": {"min": 1, "max": 512},
        "tdp_w": {"min": 1, "max": 1000},
        "release_year": {"min": 1970, "max": 2100},
    }


@pytest.mark.parametrize("entity", ENTITIES)
def test_records_are_the_rows_by_another_path(api: Api, entity: str) -> None:
    _, path, name = ENTITIES[entity]
    CustomFieldFactory(key="hue", entity=entity, default="grey")
    CustomFieldFactory(key="size", entity=entity, data_type="number")
    records = f"{DATA}/{entity}/records"
    made = api.got("POST", records, {"fields": {name: "abc"}, "attributes": {"size": 1}}, status=201)
    assert made["attributes"] == {"hue": "grey", "size": 1}
    assert api.read(f"{records}/{made['id']}") == made == api.read(f"{path}/{made['id']}")
    assert api.read(f"{records}?q=abc")["items"] == [made]
    changed = api.got(
        "PATCH", f"{records}/{made['id']}", {"fields": {"notes": "x"}, "attributes": {"hue": None, "size": 2}}
    )
    assert (changed["notes"], changed["attributes"]) == ("x", {"size": 2})
    plain = api.got("POST", records, {name: "abcd"}, status=201)
    assert (plain[name], plain["attributes"]) == ("abcd", {"hue": "grey"})
    for method in ("PUT", "DELETE"):
        assert api.send(method, f"{records}/{made['id']}", {}).status_code == 405


@pytest.mark.parametrize("entity", ENTITIES)
def test_custom_fields_are_enforced_by_every_path(api: Api, entity: str) -> None:
    """Both paths, POST, PUT and PATCH, plain and nested, and for listings the bulk update: the same answer."""
    factory, path, name = ENTITIES[entity]
    row = factory()
    CustomFieldFactory(key="size", entity=entity, data_type="number", validation={"max": 9}, is_required=True)
    CustomFieldFactory(key="hue", entity=entity, data_type="enum", options=["red"])
    records = f"{DATA}/{entity}/records"
    writes = [
        *(("POST", place) for place in (path, records)),
        *(("PATCH", f"{place}/{row.pk}") for place in (path, records)),
        ("PUT", f"{path}/{row.pk}"),
    ]
    for attributes, wrong in (
        ({"size": 10}, "attributes.size"),
        ({"size": "5"}, "attributes.size"),
        ({"size": 1, "hue": "blue"}, "attributes.hue"),
        ({"size": 1, "hue": ["red"]}, "attributes.hue"),
        ({"size": 1, "colour": "red"}, "attributes.colour"),
    ):
        for method, place in writes:
            fields = {} if method == "PATCH" else {name: "abc"}
            assert list(problems(api.send(method, place, {**fields, "attributes": attributes}))) == [wrong], place
            nested = {"fields": fields, "attributes": attributes}
            assert list(problems(api.send(method, place, nested))) == [wrong], place
        if entity == "listing":
            bulk = {"listing_ids": [row.pk], "attributes": attributes}
            assert list(problems(api.send("POST", f"{path}/bulk-update", bulk))) == [wrong]
    for place in (path, records):
        assert problems(api.send("POST", place, {name: "abc"})) == {"attributes.size": "invalid"}
    assert api.read(path)["total"] == 1


def test_what_is_wrong_inside_fields_is_told_there(api: Api) -> None:
    listing = ListingFactory()
    body = {"fields": {"ram_gb": -1, "sellr": "x"}, "attributes": {"hue": 1}, "colour": 1}
    assert problems(api.send("PATCH", f"{DATA}/listing/records/{listing.pk}", body)) == {
        "fields.ram_gb": "min_value",
        "fields.sellr": "unknown",
        "colour": "unknown",
    }

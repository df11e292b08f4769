"""Checked writes, counters, constraints that have the last word, and jobs that wait for the commit."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model, ProtectedError

from catalog.models import Cpu, Port, RamSpec, StorageProfile
from dealbrain import queue
from listings.models import Listing, ListingComponent
from tests.factories import (
    CpuFactory,
    GpuFactory,
    ListingComponentFactory,
    ListingFactory,
    PortFactory,
    RamSpecFactory,
    RuleGroupFactory,
    StorageProfileFactory,
)
from valuation.models import RuleGroup

pytestmark = pytest.mark.django_db

# factory, column, values that a save refuses and so does the database
RANGES: list[tuple[Any, str, list[Any]]] = [
    (CpuFactory, "cores", [0, 257]),
    (CpuFactory, "threads", [0, 513]),
    (CpuFactory, "tdp_w", [0, 1001]),
    (CpuFactory, "cpu_mark_multi", [-1]),
    (CpuFactory, "release_year", [1969, 2101]),
    (GpuFactory, "gpu_mark", [-1]),
    (RamSpecFactory, "speed_mhz", [-1, 10_001]),
    (RamSpecFactory, "module_count", [0, 9]),
    (RamSpecFactory, "capacity_per_module_gb", [0, 257]),
    (StorageProfileFactory, "capacity_gb", [0, 100_001]),
    (PortFactory, "count", [0, 17]),
    (PortFactory, "type", ["usb_z"]),
    (ListingFactory, "price_usd", [-1]),
    (ListingFactory, "condition", ["broken"]),
    (ListingFactory, "status", [""]),
    (ListingComponentFactory, "component_type", ["dog"]),
    (RuleGroupFactory, "weight", [-0.5, 1.5]),
    (RuleGroupFactory, "match_policy", ["last"]),
]
CASES = [(factory, column, value) for factory, column, values in RANGES for value in values]


@pytest.mark.parametrize(("factory", "column", "value"), CASES)
def test_ranges_hold_for_a_save_and_for_the_database(factory: Any, column: str, value: Any) -> None:
    row: Model = factory()
    setattr(row, column, value)
    with pytest.raises(ValidationError) as caught:
        row.save()
    assert column in caught.value.message_dict
    with pytest.raises(IntegrityError), transaction.atomic():
        type(row)._default_manager.filter(pk=row.pk).update(**{column: value})


def test_names_are_unique_without_case() -> None:
    CpuFactory(name="Intel N100")
    with pytest.raises(IntegrityError), transaction.atomic():
        Cpu.objects.bulk_create([Cpu(name="INTEL n100")])


def test_parts_in_use_are_not_deleted() -> None:
    listing = ListingFactory()
    assert listing.cpu is not None
    with pytest.raises(ProtectedError):
        listing.cpu.delete()


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (RamSpec, {"ddr_generation": "ddr4", "total_capacity_gb": 16}),
        (StorageProfile, {"medium": "nvme", "capacity_gb": 512}),
    ],
)
def test_value_objects_are_made_once(model: Any, fields: dict[str, Any]) -> None:
    first, made = model.objects.get_or_make(**fields)
    again, made_again = model.objects.get_or_make(**fields)
    assert (first, made, made_again) == (again, True, False)
    assert str(first)
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.bulk_create([model(**fields, identity=first.identity)])


def test_a_stale_instance_does_not_turn_a_counter_back() -> None:
    listing = ListingFactory()
    Listing.objects.filter(pk=listing.pk).update(input_version=41)
    listing.title = "Another title"
    listing.save()
    listing.refresh_from_db()
    assert listing.input_version >= 41


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"ram_gb": 16}, (16, True)),
        ({"ram_gb": 0}, (0, False)),
        ({"ram_gb": None}, (None, False)),
    ],
)
def test_numbers_find_or_make_their_part(fields: dict[str, Any], expected: tuple[Any, bool]) -> None:
    listing = ListingFactory(**fields)
    listing.refresh_from_db()
    assert (listing.ram_gb, listing.ram_spec is not None) == expected


def test_a_reference_wins_over_the_number_beside_it() -> None:
    listing = ListingFactory(ram_spec=RamSpecFactory(module_count=2, capacity_per_module_gb=8), ram_gb=64)
    drive = StorageProfileFactory(medium="hdd", capacity_gb=1000)
    listing.primary_storage_profile, listing.primary_storage_gb = drive, 5
    listing.save()
    listing.refresh_from_db()
    assert (listing.ram_gb, listing.primary_storage_gb, listing.primary_storage_type) == (16, 1000, "hdd")


def test_deleting_takes_what_belongs_to_it() -> None:
    component = ListingComponentFactory()
    component.listing.delete()
    assert not ListingComponent.objects.exists()
    port = PortFactory()
    port.ports_profile.delete()
    assert not Port.objects.exists()
    group = RuleGroupFactory()
    group.ruleset.delete()
    assert not RuleGroup.objects.exists()


calls: list[str] = []


def job() -> None:
    calls.append("ran")


def failing_job() -> None:
    raise RuntimeError("no")


def ask_and_fail() -> None:
    with transaction.atomic():
        queue.run_after_commit(job)
        raise ZeroDivisionError


@pytest.mark.django_db(transaction=True)
def test_a_job_runs_once_after_the_commit(settings: Any) -> None:
    calls.clear()
    with transaction.atomic():
        for _ in range(5):
            queue.run_after_commit(job)
        assert calls == []
    assert calls == ["ran"]
    with pytest.raises(ZeroDivisionError):
        ask_and_fail()
    assert calls == ["ran"]
    with transaction.atomic():
        queue.run_after_commit(job)
        with pytest.raises(ZeroDivisionError):
            ask_and_fail()
    assert calls == ["ran", "ran"]
    queue.run_after_commit(failing_job)  # logged, not raised: what asked for it is committed


@pytest.mark.django_db(transaction=True)
def test_a_redis_that_does_not_answer_is_no_error(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.RQ_QUEUES = {"default": {"URL": "redis://127.0.0.1:1/0?socket_connect_timeout=1"}}
    calls.clear()
    queue.run_after_commit(job)
    assert calls == []
    assert queue.worker_count() == 0
    assert not queue.is_waiting(job)
    assert "job_not_queued" in caplog.text

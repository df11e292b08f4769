"""What parts can be filtered and ordered by, over HTTP."""

from __future__ import annotations

import pytest

from catalog.models import RamSpec, StorageProfile
from tests.api import Api, problems
from tests.factories import CpuFactory, GpuFactory, PortsProfileFactory, ProfileFactory

pytestmark = pytest.mark.django_db

CPUS, GPUS, PROFILES = "/v1/catalog/cpus", "/v1/catalog/gpus", "/v1/catalog/profiles"
RAMS, DRIVES, PORTS = "/v1/catalog/ram-specs", "/v1/catalog/storage-profiles", "/v1/catalog/ports-profiles"


@pytest.fixture
def api() -> Api:
    return Api("Viewers")


@pytest.fixture
def parts() -> None:
    CpuFactory(name="a: Ryzen 5", manufacturer="AMD", socket="AM4", cores=6, tdp_w=35, cpu_mark_multi=18_000)
    CpuFactory(name="b: Core i5", cores=4, tdp_w=65, release_year=2018, cpu_mark_single=3_000, igpu_model="UHD 630")
    CpuFactory(name="c: blank", manufacturer="", cpu_mark_multi=None, cpu_mark_single=None)
    GpuFactory(name="a: RTX", gpu_mark=9_000)
    GpuFactory(name="b: Radeon", manufacturer="AMD", gpu_mark=None, metal_score=5)
    ProfileFactory(name="a: Office", description="quiet work")
    ProfileFactory(name="b: Games")
    PortsProfileFactory(name="a: Tiny", description="two screens")
    PortsProfileFactory(name="b: Tower")
    for generation, speed, modules, size in (
        ("ddr4", 2666, 2, 8),
        ("ddr4", 3200, 2, 8),
        ("ddr4", None, 2, 8),
        ("ddr5", 4800, 2, 16),
        ("ddr3", 1600, 1, 4),
    ):
        RamSpec.objects.get_or_make(
            ddr_generation=generation, speed_mhz=speed, module_count=modules, capacity_per_module_gb=size
        )
    RamSpec.objects.get_or_make()
    for medium, capacity in (("nvme", 256), ("nvme", 1000), ("hdd", 4000), ("unknown", None)):
        StorageProfile.objects.get_or_make(medium=medium, capacity_gb=capacity)


NAMES = [
    (CPUS, "", "abc"),
    (CPUS, "q=ryzen", "a"),
    (CPUS, "q=intel uhd", "b"),
    (CPUS, "q=am4", "a"),
    (CPUS, "q=%25", ""),
    (CPUS, "manufacturer=amd", "a"),
    (CPUS, "cores__gte=5", "a"),
    (CPUS, "tdp_w__lte=35", "a"),
    (CPUS, "cpu_mark_multi__gte=10001", "a"),
    (CPUS, "cpu_mark_single__gte=2501", "b"),
    (CPUS, "release_year__gte=2018", "b"),
    (CPUS, "ordering=-cpu_mark_multi", "abc"),
    (CPUS, "ordering=cpu_mark_multi", "bac"),
    (CPUS, "ordering=-name&limit=2", "cb"),
    (GPUS, "", "ab"),
    (GPUS, "q=radeon", "b"),
    (GPUS, "manufacturer=NVIDIA", "a"),
    (GPUS, "gpu_mark__gte=1", "a"),
    (GPUS, "ordering=gpu_mark", "ab"),
    (GPUS, "ordering=-metal_score", "ba"),
    (PROFILES, "", "ab"),
    (PROFILES, "q=QUIET", "a"),
    (PORTS, "", "ab"),
    (PORTS, "q=screens", "a"),
]
LABELS = [
    (
        RAMS,
        "",
        [
            "DDR5 4800MHz 32GB (2x16GB)",
            "DDR4 3200MHz 16GB (2x8GB)",
            "DDR4 2666MHz 16GB (2x8GB)",
            "DDR4 16GB (2x8GB)",
            "DDR3 1600MHz 4GB (1x4GB)",
            "Unknown RAM",
        ],
    ),
    (RAMS, "search=3200", ["DDR4 3200MHz 16GB (2x8GB)"]),
    (RAMS, "q=ddr5", ["DDR5 4800MHz 32GB (2x16GB)"]),
    (RAMS, "generation=ddr3", ["DDR3 1600MHz 4GB (1x4GB)"]),
    (RAMS, "min_capacity_gb=32", ["DDR5 4800MHz 32GB (2x16GB)"]),
    (RAMS, "max_capacity_gb=4", ["DDR3 1600MHz 4GB (1x4GB)"]),
    (RAMS, "min_capacity_gb=16&max_capacity_gb=16&limit=1", ["DDR4 3200MHz 16GB (2x8GB)"]),
    (RAMS, "generation=ddr4&limit=200&offset=2", ["DDR4 16GB (2x8GB)"]),
    (DRIVES, "", ["HDD 4000GB", "NVMe 1000GB", "NVMe 256GB", "Unknown storage"]),
    (DRIVES, "search=nvme", ["NVMe 1000GB", "NVMe 256GB"]),
    (DRIVES, "q=256", ["NVMe 256GB"]),
    (DRIVES, "medium=hdd", ["HDD 4000GB"]),
    (DRIVES, "min_capacity_gb=1000", ["HDD 4000GB", "NVMe 1000GB"]),
    (DRIVES, "max_capacity_gb=256", ["NVMe 256GB"]),
]


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(("path", "query", "found"), NAMES)
def test_filters_and_orders_of_named_parts(api: Api, path: str, query: str, found: str) -> None:
    assert "".join(item["name"][0] for item in api.read(f"{path}?{query}")["items"]) == found


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(("path", "query", "labels"), LABELS)
def test_filters_and_orders_of_value_objects(api: Api, path: str, query: str, labels: list[str]) -> None:
    assert [item["label"] for item in api.read(f"{path}?{query}")["items"]] == labels


@pytest.mark.parametrize(
    ("path", "query", "wrong"),
    [
        (RAMS, "limit=201", "limit"),
        (DRIVES, "limit=501", "limit"),
        (RAMS, "generation=ddr9", "generation"),
        (DRIVES, "medium=tape", "medium"),
        (CPUS, "manufactuer=AMD", "manufactuer"),
        (CPUS, "cores__gte=many", "cores__gte"),
        (GPUS, "ordering=notes", "ordering"),
        (PROFILES, "weights=1", "weights"),
    ],
)
def test_queries_that_are_refused(api: Api, path: str, query: str, wrong: str) -> None:
    assert list(problems(api.send("GET", f"{path}?{query}"))) == [wrong]

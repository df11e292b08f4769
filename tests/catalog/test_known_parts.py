"""The names of the catalog's parts, kept until it moves."""

from __future__ import annotations

import pytest

from catalog.known_parts import part_indexes
from tests.factories import CpuFactory, GpuFactory

pytestmark = pytest.mark.django_db


def test_the_index_is_kept_until_the_catalog_moves() -> None:
    cpu = CpuFactory(name="Intel Core i5-8500T", cpu_mark_multi=None)
    GpuFactory(name="NVIDIA GeForce RTX 3060")
    cpus, gpus = part_indexes()
    assert (cpus.find("i5 8500t"), gpus.find("rtx3060")) == (cpu.name, "NVIDIA GeForce RTX 3060")
    assert part_indexes() == (cpus, gpus)
    cpu.name = "Intel Core i5-8500"
    cpu.save()
    renamed, same = part_indexes()
    assert (renamed.find("i5-8500T"), renamed.find("i5-8500"), same) == (None, cpu.name, gpus)
    cpu.delete()
    assert len(part_indexes()[0]) == 0


def test_of_two_names_for_one_part_the_one_with_a_mark_is_meant() -> None:
    CpuFactory(name="Core i5-8500T CPU @ 2.10GHz", cpu_mark_multi=None)
    known = CpuFactory(name="Intel Core i5-8500T", cpu_mark_multi=7_500)
    assert part_indexes()[0].find("i5-8500T") == known.name

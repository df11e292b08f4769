"""What parts can be filtered by."""

from __future__ import annotations

import django_filters

from catalog.choices import DdrGeneration, StorageMedium
from catalog.models import Cpu, Gpu, PortsProfile, Profile, RamSpec, StorageProfile
from dealbrain.api.filters import SearchedBy, choice, text, whole


class CpuFilterSet(django_filters.FilterSet):
    q = SearchedBy("name", "manufacturer", "socket", "igpu_model")
    manufacturer = text("manufacturer")
    cores__gte = whole("cores", "gte")
    tdp_w__lte = whole("tdp_w", "lte")
    cpu_mark_multi__gte = whole("cpu_mark_multi", "gte")
    cpu_mark_single__gte = whole("cpu_mark_single", "gte")
    release_year__gte = whole("release_year", "gte")

    class Meta:
        model = Cpu
        fields: tuple[str, ...] = ()


class GpuFilterSet(django_filters.FilterSet):
    q = SearchedBy("name", "manufacturer")
    manufacturer = text("manufacturer")
    gpu_mark__gte = whole("gpu_mark", "gte")

    class Meta:
        model = Gpu
        fields: tuple[str, ...] = ()


class ProfileFilterSet(django_filters.FilterSet):
    q = SearchedBy("name", "description")

    class Meta:
        model = Profile
        fields: tuple[str, ...] = ()


class PortsProfileFilterSet(django_filters.FilterSet):
    q = SearchedBy("name", "description")

    class Meta:
        model = PortsProfile
        fields: tuple[str, ...] = ()


class RamSpecFilterSet(django_filters.FilterSet):
    search = SearchedBy("label")
    q = SearchedBy("label")
    generation = choice(DdrGeneration, field_name="ddr_generation")
    min_capacity_gb = whole("total_capacity_gb", "gte")
    max_capacity_gb = whole("total_capacity_gb", "lte")

    class Meta:
        model = RamSpec
        fields: tuple[str, ...] = ()


class StorageProfileFilterSet(django_filters.FilterSet):
    search = SearchedBy("label")
    q = SearchedBy("label")
    medium = choice(StorageMedium, field_name="medium")
    min_capacity_gb = whole("capacity_gb", "gte")
    max_capacity_gb = whole("capacity_gb", "lte")

    class Meta:
        model = StorageProfile
        fields: tuple[str, ...] = ()

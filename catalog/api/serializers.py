"""Parts as they are shown, alone and nested in a listing."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from catalog.models import Cpu, Gpu, Port, PortsProfile, RamSpec, StorageProfile


class CpuSerializer(serializers.ModelSerializer[Cpu]):
    class Meta:
        model = Cpu
        fields = (
            "id",
            "name",
            "manufacturer",
            "socket",
            "cores",
            "threads",
            "tdp_w",
            "igpu_model",
            "cpu_mark_multi",
            "cpu_mark_single",
            "igpu_mark",
            "release_year",
            "notes",
            "attributes",
            "created_at",
            "updated_at",
        )


class GpuSerializer(serializers.ModelSerializer[Gpu]):
    class Meta:
        model = Gpu
        fields = (
            "id",
            "name",
            "manufacturer",
            "gpu_mark",
            "metal_score",
            "notes",
            "attributes",
            "created_at",
            "updated_at",
        )


class RamSpecSerializer(serializers.ModelSerializer[RamSpec]):
    # `label: Any`: rest_framework's Field has an attribute of that name.
    label: Any = serializers.CharField(read_only=True)

    class Meta:
        model = RamSpec
        fields = (
            "id",
            "label",
            "ddr_generation",
            "speed_mhz",
            "module_count",
            "capacity_per_module_gb",
            "total_capacity_gb",
        )


class StorageProfileSerializer(serializers.ModelSerializer[StorageProfile]):
    label: Any = serializers.CharField(read_only=True)

    class Meta:
        model = StorageProfile
        fields = ("id", "label", "medium", "interface", "form_factor", "capacity_gb", "performance_tier")


class PortSerializer(serializers.ModelSerializer[Port]):
    class Meta:
        model = Port
        fields = ("id", "type", "count", "spec_notes")


class PortsProfileSerializer(serializers.ModelSerializer[PortsProfile]):
    ports = PortSerializer(many=True, read_only=True)

    class Meta:
        model = PortsProfile
        fields = ("id", "name", "description", "ports")

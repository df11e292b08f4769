"""Parts over HTTP. What the endpoints share is in `dealbrain.api`."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from catalog import filtersets
from catalog.api import serializers
from catalog.custom_values import hold_definitions
from catalog.models import Cpu, Gpu, PortsProfile, Profile, RamSpec, StorageProfile
from dealbrain.api.answers import OWN, Answer
from dealbrain.api.views import ApiView
from dealbrain.api.writes import WriteViewSet

BY_NAME = {"id": "pk", "name": "name"}


# Rows with custom fields, whose definitions stay as they are while a row is written. (A docstring would be published.)
class HoldsDefinitions(ApiView):
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE_METHODS:
            hold_definitions()


class PartViewSet(WriteViewSet):
    """PUT keeps what it leaves out: a part is shared by listings, and half of one is seldom meant."""

    put_keeps = True


class CpuViewSet(HoldsDefinitions, PartViewSet):
    queryset = Cpu.objects.all()
    serializer_class = serializers.CpuSerializer
    filterset_class = filtersets.CpuFilterSet
    ordering_fields = {
        **BY_NAME,
        **{name: name for name in ("cores", "tdp_w", "cpu_mark_multi", "cpu_mark_single", "igpu_mark", "release_year")},
    }
    ordering = "name"


class GpuViewSet(HoldsDefinitions, PartViewSet):
    queryset = Gpu.objects.all()
    serializer_class = serializers.GpuSerializer
    filterset_class = filtersets.GpuFilterSet
    ordering_fields = {**BY_NAME, "gpu_mark": "gpu_mark", "metal_score": "metal_score"}
    ordering = "name"


class ProfileViewSet(PartViewSet):
    queryset = Profile.objects.all()
    serializer_class = serializers.ProfileSerializer
    filterset_class = filtersets.ProfileFilterSet
    ordering_fields = BY_NAME
    ordering = "name"


class PortsProfileViewSet(PartViewSet):
    queryset = PortsProfile.objects.prefetch_related("ports")
    serializer_class = serializers.PortsProfileSerializer
    filterset_class = filtersets.PortsProfileFilterSet
    ordering_fields = BY_NAME
    ordering = "name"


class ValueObjectViewSet(PartViewSet):
    """POST gives the row with exactly these fields: 201 when it is new, 200 when it was there."""

    answers = {"create": Answer(takes=OWN, status=201, also={200: OWN}, etag=True)}

    def make(self, serializer: Any) -> tuple[Any, bool]:
        row, made = self.model._default_manager.get_or_make(**serializer.validated_data)  # type: ignore[attr-defined]  # ours
        return row, made


class RamSpecViewSet(ValueObjectViewSet):
    queryset = RamSpec.objects.all()
    serializer_class = serializers.RamSpecSerializer
    filterset_class = filtersets.RamSpecFilterSet
    ordering_fields = {"id": "pk", "total_capacity_gb": "total_capacity_gb", "speed_mhz": "speed_mhz"}
    ordering = "-total_capacity_gb,-speed_mhz"
    most_rows = 200


class StorageProfileViewSet(ValueObjectViewSet):
    queryset = StorageProfile.objects.all()
    serializer_class = serializers.StorageProfileSerializer
    filterset_class = filtersets.StorageProfileFilterSet
    ordering_fields = {"id": "pk", "capacity_gb": "capacity_gb"}
    ordering = "-capacity_gb"

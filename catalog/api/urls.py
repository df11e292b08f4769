from __future__ import annotations

from django.urls import path

from catalog.api import views
from dealbrain.api.writes import COLLECTION, OBJECT

KINDS = {
    "cpus": views.CpuViewSet,
    "gpus": views.GpuViewSet,
    "profiles": views.ProfileViewSet,
    "ram-specs": views.RamSpecViewSet,
    "storage-profiles": views.StorageProfileViewSet,
    "ports-profiles": views.PortsProfileViewSet,
}

urlpatterns = [
    pattern
    for kind, view in KINDS.items()
    for pattern in (
        path(f"v1/catalog/{kind}", view.as_view(COLLECTION, detail=False), name=f"{kind}-list"),
        path(f"v1/catalog/{kind}/<str:pk>", view.as_view(OBJECT, detail=True), name=f"{kind}-detail"),
    )
]

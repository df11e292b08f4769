from __future__ import annotations

from django.urls import path

from dealbrain.api.tokens import TokenViewSet

urlpatterns = [
    path("v1/tokens", TokenViewSet.as_view({"get": "list", "delete": "revoke_all"}, detail=False), name="tokens-list"),
    path(
        "v1/tokens/<str:pk>",
        TokenViewSet.as_view({"get": "retrieve", "delete": "destroy"}, detail=True),
        name="tokens-detail",
    ),
]

from __future__ import annotations

from django.urls import path

from dealbrain.api.writes import COLLECTION, OBJECT
from listings.api import bulk, creating, prices, records, views

urlpatterns = [
    path("v1/listings", views.ListingViewSet.as_view(COLLECTION, detail=False), name="listings-list"),
    path("v1/listings/schema", bulk.SchemaView.as_view(), name="listings-schema"),
    path(
        "v1/listings/export", views.ListingExportViewSet.as_view({"get": "list"}, detail=False), name="listings-export"
    ),
    path("v1/listings/bulk", creating.BulkCreateView.as_view(), name="listings-bulk"),
    path("v1/listings/bulk-update", bulk.BulkUpdateView.as_view(), name="listings-bulk-update"),
    path("v1/listings/<int:pk>", views.ListingViewSet.as_view(OBJECT, detail=True), name="listings-detail"),
    path("v1/listings/<int:pk>/ports", bulk.PortsView.as_view(), name="listings-ports"),
    path(
        "v1/listings/<int:pk>/prices",
        prices.PricesViewSet.as_view({"get": "list"}, detail=False),
        name="listings-prices",
    ),
    path("v1/fields-data/entities", records.EntitiesView.as_view(), name="fields-data-entities"),
    *(
        pattern
        for entity, view in records.ENTITIES.items()
        for pattern in (
            path(
                f"v1/fields-data/{entity}/schema",
                records.EntitySchemaView.as_view(entity=entity),
                name=f"fields-data-{entity}-schema",
            ),
            path(
                f"v1/fields-data/{entity}/records",
                view.as_view(COLLECTION, detail=False),
                name=f"fields-data-{entity}-records",
            ),
            path(
                f"v1/fields-data/{entity}/records/<int:pk>",
                view.as_view({"get": "retrieve", "patch": "partial_update"}, detail=True),
                name=f"fields-data-{entity}-record",
            ),
        )
    ),
    *(
        path(
            f"v1/catalog/{kind}/<int:pk>/listings",
            views.PartListingsViewSet.as_view({"get": "list"}, detail=False, part=part, paths=paths),
            name=f"{kind}-listings",
        )
        for kind, (part, paths) in views.PARTS.items()
    ),
]

from __future__ import annotations

from django.urls import path

from baselines.api import overrides, views

urlpatterns = [
    path("api/v1/baseline/meta", views.MetaView.as_view(), name="baseline-meta"),
    path("api/v1/baseline/metadata", views.MetaView.as_view(), name="baseline-metadata"),
    path("api/v1/baseline/instantiate", views.InstantiateView.as_view(), name="baseline-instantiate"),
    path("api/v1/baseline/diff", views.DiffView.as_view(), name="baseline-diff"),
    path("api/v1/baseline/adopt", views.AdoptView.as_view(), name="baseline-adopt"),
    path("api/v1/baseline/validate", views.ValidateView.as_view(), name="baseline-validate"),
    path("api/v1/baseline/export", views.ExportView.as_view(), name="baseline-export"),
    path("api/v1/baseline/preview", overrides.PreviewView.as_view(), name="baseline-preview"),
    path("api/v1/baseline/overrides", overrides.SetOverrideView.as_view(), name="baseline-overrides"),
    path(
        "api/v1/baseline/overrides/<str:entity_key>",
        overrides.EntityOverridesView.as_view(),
        name="baseline-entity-overrides",
    ),
    path(
        "api/v1/baseline/overrides/<str:entity_key>/<str:field_name>",
        overrides.FieldOverrideView.as_view(),
        name="baseline-field-override",
    ),
    path("api/v1/baseline/metrics", views.MetricsView.as_view(), name="baseline-metrics"),
    path("api/v1/baseline/metrics/layer-influence", views.LayerInfluenceView.as_view(), name="baseline-layers"),
    path("api/v1/baseline/metrics/top-rules", views.TopRulesView.as_view(), name="baseline-top-rules"),
    path("api/v1/baseline/metrics/override-churn", views.ChurnView.as_view(), name="baseline-override-churn"),
    path("api/v1/health/baseline", views.HealthView.as_view(), name="baseline-health"),
]

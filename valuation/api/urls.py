from __future__ import annotations

from django.urls import path

from dealbrain.api.writes import COLLECTION, OBJECT
from valuation.api import drafts, listings, market, packages, preferences, trying
from valuation.api.analytics import AnalyticsView, DaysView
from valuation.api.appraisals import AppraisalView
from valuation.api.audit import AuditLogViewSet, RuleVersionViewSet
from valuation.api.cpus import CpuMarketViewSet, CpuStatisticsView
from valuation.api.custom_fields import (
    AllUsageView,
    CustomFieldViewSet,
    FieldHistoryViewSet,
    OptionsView,
    UsageView,
    ValuesView,
)
from valuation.api.examples import ExampleViewSet, RunExamplesView
from valuation.api.listing_filters import add_filters
from valuation.api.rules import RESTORE, RuleGroupViewSet, RulesetViewSet, RuleViewSet
from valuation.api.tasks import TaskViewSet
from valuation.api.views import BreakdownView, DashboardView, ProfileListingsView, RankingsView

add_filters()

urlpatterns = [
    path("v1/listings/<str:pk>/valuation-breakdown", BreakdownView.as_view(), name="valuation-breakdown"),
    path("v1/listings/<int:pk>/valuation-overrides", listings.OverridesView.as_view(), name="valuation-overrides"),
    path("v1/listings/<int:pk>/recalculate-metrics", listings.RecalculateView.as_view(), name="recalculate-metrics"),
    path(
        "v1/listings/bulk-recalculate-metrics", listings.BulkRecalculateView.as_view(), name="bulk-recalculate-metrics"
    ),
    path(
        "v1/listings/<int:pk>/history",
        listings.HistoryViewSet.as_view({"get": "list"}, detail=False),
        name="listing-history",
    ),
    path("v1/listings/<str:pk>/market", market.ListingMarketView.as_view(), name="listing-market"),
    path("v1/appraisals", AppraisalView.as_view(), name="appraisals"),
    path("v1/market/model", market.MarketModelView.as_view(), name="market-model"),
    path("v1/market/calibrations", market.CalibrationViewSet.as_view(COLLECTION, detail=False), name="calibrations"),
    path(
        "v1/market/calibrations/<str:pk>",
        market.CalibrationViewSet.as_view({"get": "retrieve"}, detail=True),
        name="calibration",
    ),
    path("v1/market/calibrations/<str:pk>/candidate", market.CandidateView.as_view(), name="calibration-candidate"),
    path("v1/cpus", CpuMarketViewSet.as_view({"get": "list"}, detail=False), name="cpu-market"),
    path("v1/cpus/statistics/global", CpuStatisticsView.as_view(), name="cpu-statistics"),
    path("v1/cpus/<int:pk>", CpuMarketViewSet.as_view({"get": "retrieve"}, detail=True), name="cpu-market-detail"),
    path("v1/catalog/profiles/<int:pk>/listings", ProfileListingsView.as_view(), name="profiles-listings"),
    *(
        pattern
        for prefix, name in (("v1/reference/custom-fields", "custom-fields"), ("v1/fields", "fields"))
        for pattern in (
            path(prefix, CustomFieldViewSet.as_view(COLLECTION, detail=False), name=f"{name}-list"),
            path(f"{prefix}/<int:pk>", CustomFieldViewSet.as_view(OBJECT, detail=True), name=f"{name}-detail"),
            path(f"{prefix}/<int:pk>/options", OptionsView.as_view(), name=f"{name}-options"),
        )
    ),
    path(
        "v1/fields/<int:pk>/history",
        FieldHistoryViewSet.as_view({"get": "list"}, detail=False),
        name="fields-history",
    ),
    path("v1/fields/usage", AllUsageView.as_view(), name="fields-all-usage"),
    path("v1/fields/<int:pk>/usage", UsageView.as_view(), name="fields-usage"),
    path("v1/fields/<str:field>/values", ValuesView.as_view(), name="fields-values"),
    path("settings/<str:key>", preferences.SettingView.as_view(), name="setting"),
    path("settings/<str:key>/default", preferences.SettingDefaultView.as_view(), name="setting-default"),
    path("entities/metadata", preferences.MetadataView.as_view(), name="entities-metadata"),
    path("v1/dashboard", DashboardView.as_view(), name="dashboard"),
    path("v1/rankings", RankingsView.as_view(), name="rankings"),
    path("v1/admin/tasks", TaskViewSet.as_view({"get": "list"}, detail=False), name="tasks"),
    path(
        "v1/admin/tasks/<str:pk>", TaskViewSet.as_view({"get": "retrieve", "post": "start"}, detail=True), name="task"
    ),
]

RULE_KINDS = {
    "rulesets": RulesetViewSet,
    "rule-groups": RuleGroupViewSet,
    "valuation-rules": RuleViewSet,
}
urlpatterns += [
    path("api/v1/valuation-rules/preview", trying.PreviewView.as_view(), name="rules-preview"),
    path("api/v1/valuation-rules/evaluate/<int:pk>", trying.EvaluateView.as_view(), name="rules-evaluate"),
    path("api/v1/valuation-rules/validate-formula", trying.FormulaView.as_view(), name="rules-validate-formula"),
    path("api/v1/valuation-rules/apply", listings.ApplyView.as_view(), name="rules-apply"),
    path("api/v1/valuation-rules/analytics", AnalyticsView.as_view(), name="rules-analytics"),
    path("api/v1/valuation-rules/analytics/days", DaysView.as_view(), name="rules-analytics-days"),
    path("api/v1/valuation-rules/audit-log", AuditLogViewSet.as_view({"get": "list"}, detail=False), name="audit-log"),
    path(
        "api/v1/valuation-rules/<str:pk>/versions",
        RuleVersionViewSet.as_view({"get": "list"}, detail=False),
        name="rule-versions",
    ),
    path("api/v1/valuation-rules/<str:pk>/restore", RuleViewSet.as_view(RESTORE, detail=True), name="rule-restore"),
    path("api/v1/rulesets/install", packages.InstallView.as_view(), name="rulesets-install"),
    path("api/v1/rulesets/<int:pk>/package", packages.PackageView.as_view(), name="ruleset-package"),
    path("api/v1/rulesets/<int:pk>/package/preview", packages.PackagePreviewView.as_view(), name="package-preview"),
    path("api/v1/rulesets/<str:pk>/drafts", drafts.DraftsView.as_view(), name="ruleset-drafts"),
    path("api/v1/rulesets/<str:pk>/comparison", drafts.ComparisonView.as_view(), name="draft-comparison"),
    path("api/v1/rulesets/<str:pk>/publish", drafts.PublishView.as_view(), name="draft-publish"),
    path(
        "api/v1/rulesets/<str:pk>/releases",
        drafts.ReleaseViewSet.as_view({"get": "list"}, detail=False),
        name="ruleset-releases",
    ),
    path("api/v1/rulesets/<str:pk>/examples/run", RunExamplesView.as_view(), name="examples-run"),
    path(
        "api/v1/rulesets/<str:ruleset_id>/examples",
        ExampleViewSet.as_view(COLLECTION, detail=False),
        name="examples-list",
    ),
    path(
        "api/v1/rulesets/<str:ruleset_id>/examples/<str:pk>",
        ExampleViewSet.as_view(OBJECT, detail=True),
        name="examples-detail",
    ),
    path("api/v1/rulesets/<str:pk>/restore", RulesetViewSet.as_view(RESTORE, detail=True), name="ruleset-restore"),
]
# At the end: an id may be any text, and would take the place of the words above.
urlpatterns += [
    pattern
    for kind, view in RULE_KINDS.items()
    for pattern in (
        path(f"api/v1/{kind}", view.as_view(COLLECTION, detail=False), name=f"{kind}-list"),
        path(f"api/v1/{kind}/<str:pk>", view.as_view(OBJECT, detail=True), name=f"{kind}-detail"),
    )
]

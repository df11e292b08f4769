from __future__ import annotations

from django.urls import path

from imports.api.tasks import BenchmarksTaskView
from imports.api.views import ImportSessionViewSet, ReportView, RowsViewSet, StepsViewSet

SESSIONS = "v1/imports/sessions"
STEPS = {"mappings": "mappings", "answers": "answer", "conflicts": "conflicts", "commit": "commit", "undo": "undo"}

urlpatterns = [
    path("v1/admin/tasks/import-benchmarks", BenchmarksTaskView.as_view(), name="import-benchmarks"),
    path(SESSIONS, ImportSessionViewSet.as_view({"get": "list", "post": "create"}, detail=False), name="imports-list"),
    path(f"{SESSIONS}/<int:pk>", ImportSessionViewSet.as_view({"get": "retrieve"}, detail=True), name="imports-detail"),
    *(
        path(f"{SESSIONS}/<int:pk>/{step}", StepsViewSet.as_view({"post": action}, detail=True), name=f"imports-{step}")
        for step, action in STEPS.items()
    ),
    path(f"{SESSIONS}/<int:pk>/rows", RowsViewSet.as_view({"get": "list"}, detail=False), name="imports-rows"),
    path(f"{SESSIONS}/<int:pk>/report.csv", ReportView.as_view({"get": "report"}, detail=True), name="imports-report"),
]

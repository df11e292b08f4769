from __future__ import annotations

from django.urls import path

from valuation.api.tasks import TaskViewSet
from valuation.api.views import BreakdownView, DashboardView, RankingsView

urlpatterns = [
    path("v1/listings/<str:pk>/valuation-breakdown", BreakdownView.as_view(), name="valuation-breakdown"),
    path("v1/dashboard", DashboardView.as_view(), name="dashboard"),
    path("v1/rankings", RankingsView.as_view(), name="rankings"),
    path("v1/admin/tasks", TaskViewSet.as_view({"get": "list"}, detail=False), name="tasks"),
    path(
        "v1/admin/tasks/<str:pk>", TaskViewSet.as_view({"get": "retrieve", "post": "start"}, detail=True), name="task"
    ),
]

from __future__ import annotations

from django.urls import path

from valuation.pages import views

urlpatterns = [
    path("", views.home, name="home"),
    path("listings/<int:listing_id>", views.listing_page, name="listing"),
]

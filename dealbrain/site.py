"""The admin as a whole: in which order its apps stand, and what is folded away."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.http import HttpRequest

FOLDED = "Behind the figures"
FOLDED_APPS = ("axes",)  # other people's lists, which say nothing of prices
LAST = 100


class Site(AdminSite):
    """Apps by `admin_order` of their config, lists by that of their page; what `is_internal` in a fold at the end.

    A page may have a `menu_name`, where what its rows are called says less than what the list is for.
    """

    site_header = "Deal Brain"
    site_title = "Deal Brain"
    index_title = "What counts, and what needs you"

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        listed: list[Any] = super().get_app_list(request, app_label)
        for app in listed:
            for model in app["models"]:
                model["name"] = self._said(model, "menu_name", model["name"])
            app["models"].sort(key=lambda model: self._said(model, "admin_order", LAST))
        if app_label is not None:
            return listed
        folded = [model for app in listed for model in app["models"] if self._is_folded(app, model)]
        for app in listed:
            app["models"] = [model for model in app["models"] if not self._is_folded(app, model)]
        shown = sorted((app for app in listed if app["models"]), key=_order)
        fold = {"name": FOLDED, "app_label": "internals", "app_url": "", "is_folded": True, "models": folded}
        return [*shown, fold] if folded else shown

    def _is_folded(self, app: Any, model: Any) -> bool:
        return app["app_label"] in FOLDED_APPS or bool(self._said(model, "is_internal", False))

    def _said(self, model: Any, name: str, otherwise: Any) -> Any:
        """What the page of a list says of it."""
        return getattr(self._registry[model["model"]], name, otherwise)


def _order(app: Any) -> int:
    return int(getattr(apps.get_app_config(app["app_label"]), "admin_order", LAST))

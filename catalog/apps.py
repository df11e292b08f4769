from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"
    admin_order = 5

    def ready(self) -> None:
        """Connect the receivers. They name models, and models exist only from here on."""
        import_module("catalog.receivers")

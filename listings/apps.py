from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class ListingsConfig(AppConfig):
    name = "listings"
    admin_order = 3

    def ready(self) -> None:
        """Connect the receivers. They name models, and models exist only from here on."""
        for module in ("receivers", "indexing"):
            import_module(f"listings.{module}")

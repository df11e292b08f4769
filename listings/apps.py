from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import module_has_submodule


class ListingsConfig(AppConfig):
    name = "listings"

    def ready(self) -> None:
        """Connect the receivers. They name models, and models exist only from here on."""
        if self.module is not None and module_has_submodule(self.module, "receivers"):
            import_module(f"{self.name}.receivers")

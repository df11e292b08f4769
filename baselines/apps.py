from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class BaselinesConfig(AppConfig):
    name = "baselines"
    admin_order = 2

    def ready(self) -> None:
        """Connect the receivers. They name models, and models exist only from here on."""
        import_module("baselines.receivers")

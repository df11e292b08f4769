from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "imports"
    admin_order = 4

    def ready(self) -> None:
        import_module("imports.receivers")

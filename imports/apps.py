from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig

from dealbrain.api.tasks import offer_tasks


class ImportsConfig(AppConfig):
    name = "imports"

    def ready(self) -> None:
        import_module("imports.receivers")
        offer_tasks("import-benchmarks")

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.core.checks import register

from dealbrain.checks import CHECKS, TAG


class DealbrainConfig(AppConfig):
    name = "dealbrain"
    verbose_name = "Deal Brain"

    def ready(self) -> None:
        for check in CHECKS:
            register(check, TAG)
        for module in ("groups", "tokens"):  # connects their receivers; they name models, which exist only from here on
            import_module(f"dealbrain.{module}")

from __future__ import annotations

from django.apps import AppConfig


class DealbrainConfig(AppConfig):
    name = "dealbrain"
    verbose_name = "Deal Brain"

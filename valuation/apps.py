from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig

from dealbrain.api.dialect import beside
from dealbrain.hints import may_hint
from dealbrain.metrics import STORED


class ValuationConfig(AppConfig):
    name = "valuation"
    verbose_name = "Rules"
    admin_order = 1

    def ready(self) -> None:
        """Connect the receivers, the metrics and the dialect. They name models, and models exist only from here on."""
        import_module("valuation.receivers")
        STORED.register(import_module("valuation.metrics").RecalculationCollector())
        import_module("valuation.engine").suggest_while(may_hint)
        beside("listing", import_module("valuation.explaining.breakdown").add_breakdowns)

"""What the pages of rulesets, groups and rules share: help, words beside rows, guards, records, a way back."""

from __future__ import annotations

from typing import Any

from django.forms import Field
from django.http import HttpRequest

from dealbrain.admin import JsonMixin
from valuation.admin.careful import RecordedMixin
from valuation.admin.drafts import DraftNotice
from valuation.admin.fields import ConditionsInput
from valuation.admin.history import HistoryMixin
from valuation.admin.shared import BaselineGuard, SwitchMixin, warn_of_examples
from valuation.engine import FieldRegistry
from valuation.models import Ruleset
from valuation.permissions import ruleset_of
from valuation.registry import field_registry

HELP = {
    "conditions": (
        'JSON: a condition {"field_name": "ram_gb", "operator": "gte", "value": 16}, a list of them (all must hold), '
        'or {"logical_operator": "or", "conditions": [...]}. Empty: every listing.'
    ),
    "modifiers": (
        'JSON, each part as needed: {"condition_multipliers": {"used": 0.6}, "age_curve": {"rate_per_year": 0.1, '
        '"max": 0.5}, "brand_multipliers": {"Apple": 1.2}, "min_usd": 0, "max_usd": 100}.'
    ),
    "formula": "For example: max(0, ram_gb - 16) * 2.5",
}


class HelpfulJson(JsonMixin):
    """What may be written into a text that has a language of its own."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Field | None:
        if db_field.name in HELP:
            kwargs["help_text"] = HELP[db_field.name]
        if db_field.name == "conditions":
            kwargs["widget"] = ConditionsInput({"data-every": "usual"} if db_field.model is Ruleset else None)
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class SummaryAdmin(HelpfulJson):
    """Lists whose rows are shown in words share one field registry."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changes = super().get_changelist_instance(request)  # type: ignore[misc]  # ModelAdmin's
        registry = field_registry()
        for row in changes.result_list:
            row.registry = registry
        return changes

    @staticmethod
    def registry_for(obj: Any) -> FieldRegistry:
        return getattr(obj, "registry", None) or field_registry()


class RulePages(DraftNotice, BaselineGuard, HistoryMixin, RecordedMixin, SwitchMixin):
    """The pages of rulesets, groups and rules: guarded, written down, with a way back, and switched by sets."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """What is saved is held against the examples of its ruleset."""
        super().save_related(request, form, formsets, change)  # type: ignore[misc]  # ModelAdmin's
        warn_of_examples(request, ruleset_of(form.instance))

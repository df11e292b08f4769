"""Inputs of rules that a script makes more of. Without it each is the text that is stored, with the same check."""

from __future__ import annotations

from typing import Any

from django.forms.widgets import Media, Script, Select

from dealbrain.forms import JsonTextarea
from valuation.admin.workshop import addresses


class ConditionsInput(JsonTextarea):
    """A condition tree: rows of field, operator and value. The text goes on being what is sent."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        editor = {"data-editor": "conditions", **addresses()}
        return super().get_context(name, value, {**(attrs or {}), **editor})

    @property
    def media(self) -> Media:
        return media_of("condition-builder")


class ActionTypeInput(Select):
    """The type of an action, beside which a script shows what that type reads, and what it gives."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        editor = {"data-editor": "action", **addresses()}
        return super().get_context(name, value, {**(attrs or {}), **editor})

    @property
    def media(self) -> Media:
        return media_of("action-editor")


def media_of(script: str) -> Media:
    """A module of ours with the style of them all."""
    module: Any = Script(f"admin/{script}.js", type="module")  # the stubs know texts only
    return Media(css={"all": ["admin/workshop.css"]}, js=[module])

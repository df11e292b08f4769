"""OpenAPI from the views themselves: what they read with is what describes them."""

from __future__ import annotations

from dealbrain.api.schema.generator import document
from dealbrain.api.schema.operations import Schema

__all__ = ["Schema", "document"]

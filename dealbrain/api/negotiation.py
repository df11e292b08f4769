"""Which representation a client takes, and which it sends."""

from __future__ import annotations

from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation

PROBLEM = "application/problem+json"


class Negotiation(DefaultContentNegotiation):
    """An empty Accept is none, which takes anything; a body has one type and no pattern of types.

    Whoever asks for problem documents alone can be answered: with one, or with JSON.
    """

    def get_accept_list(self, request: Any) -> list[str]:
        header = request.headers.get("Accept", "").strip() or "*/*"
        return [token.strip().replace(PROBLEM, "application/json") for token in header.split(",")]

    def select_parser(self, request: Any, parsers: Any) -> Any:
        return None if "*" in (request.content_type or "") else super().select_parser(request, parsers)

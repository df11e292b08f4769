"""Who is asking: a program by its token, or a person by the session of their browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed

from dealbrain.tokens import find_token, note_use, refusal

if TYPE_CHECKING:  # rest_framework.views reads the settings that name this module
    from rest_framework.request import Request

SCHEME = "Bearer"
MOST_CHARACTERS = 200


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer <token>`. Being first in the settings, it is what a 401 asks for."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        text = text.strip()
        token = find_token(text) if 0 < len(text) <= MOST_CHARACTERS else None
        if token is None:
            raise AuthenticationFailed("This token is not known.")
        if reason := refusal(token):
            raise AuthenticationFailed(reason)
        note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="Deal Brain"'


class BrowserSession(SessionAuthentication):
    """The visitor's session, with Django's protection against forged requests."""

"""Who is acting: the name that what is written down is signed with.

A request is remembered whole and asked for its user only when a name is wanted: authentication by token happens
inside the view, long after the middleware, and sets `request.user` then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

MOST_NAME = 150  # characters, as of a user's name

_actor: ContextVar[str | HttpRequest] = ContextVar("dealbrain_actor", default="")


@contextmanager
def acting(name: str) -> Iterator[None]:
    """Everything inside is done by `name`: a command, a job, a test. The innermost name counts."""
    token = _actor.set(name[:MOST_NAME])
    try:
        yield
    finally:
        _actor.reset(token)


def actor_name() -> str:
    """The user name of who acts, or what `acting` was told; "" when nobody is known."""
    actor = _actor.get()
    if isinstance(actor, str):
        return actor
    user = getattr(actor, "user", None)
    return user.get_username()[:MOST_NAME] if user is not None and user.is_authenticated else ""


def is_stranger() -> bool:
    """Whether a visitor without a login is being answered; a command or a job is none."""
    actor = _actor.get()
    if isinstance(actor, str):
        return False
    user = getattr(actor, "user", None)
    return user is None or not user.is_authenticated


class ActorMiddleware:
    """The visitor acts, as long as the request lasts. Comes after AuthenticationMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _actor.set(request)
        try:
            return self.get_response(request)
        finally:
            _actor.reset(token)

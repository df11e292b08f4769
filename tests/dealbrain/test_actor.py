"""Who acts, in a request and outside of one."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse

from dealbrain.actor import ActorMiddleware, acting, actor_name


def ask(user: Any = None, later: Any = None) -> str:
    """What a view finds, when the request comes with `user` and the view itself sets `later`."""
    found = []

    def view(request: HttpRequest) -> HttpResponse:
        if later is not None:
            request.user = later
        found.append(actor_name())
        return HttpResponse()

    request = HttpRequest()
    if user is not None:
        request.user = user
    ActorMiddleware(view)(request)
    return found[0]


@pytest.mark.parametrize(
    ("user", "later", "name"),
    [
        (None, None, ""),
        (AnonymousUser(), None, ""),
        (User(username="ada"), None, "ada"),
        (AnonymousUser(), User(username="by-token"), "by-token"),
        (User(username="ada"), AnonymousUser(), ""),
    ],
)
def test_the_visitor_acts(user: Any, later: Any, name: str) -> None:
    assert ask(user, later) == name
    assert actor_name() == ""


def test_nobody_is_left_when_a_view_fails() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        assert actor_name() == "ada"
        raise ValueError

    request = HttpRequest()
    request.user = User(username="ada")
    with pytest.raises(ValueError):  # noqa: PT011 - its own
        ActorMiddleware(view)(request)
    assert actor_name() == ""


def test_the_innermost_name_counts() -> None:
    with acting("nightly"):
        assert ask(User(username="ada")) == "ada"
        with acting("import"):
            assert actor_name() == "import"
        assert actor_name() == "nightly"
    assert actor_name() == ""


def test_a_name_is_cut_to_what_the_log_can_hold() -> None:
    with acting("x" * 151):
        assert actor_name() == "x" * 150

"""A form of the admin that was typed while the session ended is there again after the login.

Nothing is stored for people who are not logged in: what they posted stands in the login page that answers them, is sent
with the password, and lies in their session until the page that it belongs to is opened, once. That page shows it as it
would a form with a mistake; nothing is saved before somebody saves it.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.datastructures import MultiValueDict
from django.utils.http import urlencode

NAME = "kept"  # of the input in the login page, and of the place in the session
MOST = 400_000  # characters of one form: conditions of a rule have 256 kB at the most
PAGES = ("/add/", "/change/")
LOGGED_OUT = (
    "You were logged out while you typed. What you typed is here again, and nothing of it has been saved: look it over "
    "and save."
)


def keep(request: HttpRequest, path: str, typed: str, reason: str = LOGGED_OUT) -> None:
    """Put the form (url-encoded) into the session, for the page at `path`, which shows it with the reason."""
    if len(typed) <= MOST:
        request.session[NAME] = {"path": path, "typed": typed, "reason": reason}


def show_kept(request: HttpRequest) -> str:
    """Make this look at a page one at the form that was kept for it, if there is one. Returns why; "" without."""
    kept = request.session.get(NAME) if request.method == "GET" else None
    if not isinstance(kept, dict) or kept.get("path") != request.path:
        return ""
    del request.session[NAME]
    request.method = "POST"
    request.POST = QueryDict(kept["typed"])
    request._files = MultiValueDict()  # type: ignore[attr-defined]  # else the body is read, and there is none
    return str(kept["reason"])


class KeptFormMiddleware:
    """Answers a form of somebody who is not logged in any more by a login page that holds it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method != "POST" or response.status_code != HTTPStatus.FOUND:
            return response
        try:
            login = reverse("admin:login")
        except NoReverseMatch:  # an installation without the admin
            return response
        if request.path == login and NAME in request.POST and request.user.is_authenticated:
            path, _, typed = request.POST[NAME].partition("?")
            keep(request, path, typed)
        elif response["Location"].startswith(f"{login}?") and is_kept(request):
            return _login_page(request, login)
        return response


def is_kept(request: HttpRequest) -> bool:
    """Whether this is the form of a page with rows, without passwords, and not too long."""
    if request.user.is_authenticated or not request.path.endswith(PAGES) or request.FILES:
        return False
    return not any("password" in name for name in request.POST) and len(request.POST.urlencode()) <= MOST


def _login_page(request: HttpRequest, login: str) -> HttpResponseBase:
    asked: Any = copy(request)
    query = urlencode({"next": request.get_full_path()})
    asked.method, asked.path, asked.path_info = "GET", login, login
    asked.GET, asked.POST = QueryDict(query), QueryDict()
    asked.META = {**request.META, "QUERY_STRING": query}
    typed = request.POST.copy()
    for name in ("csrfmiddlewaretoken", "_preview"):
        typed.pop(name, None)
    page = admin.site.login(asked, {NAME: f"{request.path}?{typed.urlencode()}"})
    return page.render() if isinstance(page, TemplateResponse) else page

"""Guessed passwords: how django-axes is told who asks, and what those are told who are kept out for a while."""

from __future__ import annotations

import math
from ipaddress import ip_address
from typing import Any

import structlog
from axes.backends import AxesStandaloneBackend
from axes.models import AccessAttempt
from axes.signals import user_locked_out
from django.conf import settings
from django.db.models import Max, Q
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from rest_framework.throttling import BaseThrottle

log = structlog.get_logger(__name__)


class LockoutBackend(AxesStandaloneBackend):  # type: ignore[misc]  # axes is not typed
    """Keeps out whoever is locked out, before a password is looked at. Without a request nobody asks from outside."""

    def authenticate(self, request: Any, username: Any = None, password: Any = None, **kwargs: Any) -> None:
        if request is not None:
            super().authenticate(request, username=username, password=password, **kwargs)


def client_address(request: HttpRequest) -> str | None:
    """The address that counts for the throttles as well: behind TRUSTED_PROXIES, of the visitor."""
    found: str | None = BaseThrottle().get_ident(request)  # type: ignore[arg-type]  # it reads the headers alone
    try:
        return str(ip_address((found or "").strip()))
    except ValueError:  # a Unix socket, or something that somebody made up
        return None


def locked_out(
    request: HttpRequest, _response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """429, with the time at which the next attempt counts."""
    name = (credentials or {}).get("username") or request.POST.get("username", "")
    mine = Q(username=name) | Q(ip_address=client_address(request))
    last = AccessAttempt.objects.filter(mine).aggregate(last=Max("attempt_time"))["last"] or timezone.now()
    until = last + settings.AXES_COOLOFF_TIME
    seconds = max(1, math.ceil((until - timezone.now()).total_seconds()))
    context = {"until": until, "minutes": math.ceil(seconds / 60)}
    answer = render(request, "locked_out.html", context, status=429)
    answer.headers["Retry-After"] = str(seconds)
    return answer


@receiver(user_locked_out)
def write_down(request: HttpRequest, username: str = "", ip_address: str = "", **_signal: Any) -> None:
    log.warning("login_locked_out", username=username, address=ip_address)

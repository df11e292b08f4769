"""How often somebody may ask. A Redis that does not answer stops nobody: the limit is a fence, not a door."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:  # rest_framework.views reads the settings that name this module
    from rest_framework.request import Request
    from rest_framework.views import APIView

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 30.0  # without Redis, ask it again after this


class Throttle(BaseThrottle):
    """So many requests in a minute, an hour, ...; a program or person counts by its account, others by address.

    One counter for each of them and each stretch of time: two short commands to Redis, however high the limit.
    """

    silent_until = 0.0  # of this process
    left = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        known = bool(request.user and request.user.is_authenticated)
        rate = settings.THROTTLE_USER if known else settings.THROTTLE_ANONYMOUS
        if rate is None or time.monotonic() < Throttle.silent_until:
            return True
        stretch, self.left = divmod(time.time(), rate.seconds)
        self.left = rate.seconds - self.left
        who = f"user:{request.user.pk}" if known else f"address:{self.get_ident(request)}"
        key = f"throttle:{who}:{rate.seconds}:{stretch:.0f}"
        try:
            cache.add(key, 0, timeout=rate.seconds)
            count: int = cache.incr(key)
        except ValueError:  # it ran out between the two
            return True
        except (RedisError, OSError) as error:
            log.warning("throttle_without_redis", error=str(error))
            Throttle.silent_until = time.monotonic() + PAUSE_SECONDS
            return True
        return count <= rate.requests

    def wait(self) -> float:
        return self.left

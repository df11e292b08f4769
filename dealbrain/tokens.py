"""API tokens: made once and shown once, recognised by their digest, revoked for good."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.utils import timezone

from dealbrain.models import ApiToken, TokenScope

MARK = "dealbrain_"  # lets scanners of leaked secrets recognise one
SHOWN = 12
DEFAULT_DAYS = 365
USE_IS_NOTED_EVERY = timedelta(hours=1)  # a write per request would be too dear


def create_token(
    *, user: Any, name: str = "", expires_at: datetime | None = None, scope: str = TokenScope.ALL
) -> tuple[ApiToken, str]:
    """The stored token, and its text, which nobody can read again."""
    secret = secrets.token_urlsafe(32)
    while secret.startswith("-"):  # commands take its first letters for a name, and these for an option
        secret = secrets.token_urlsafe(32)
    token = ApiToken(user=user, name=name, expires_at=expires_at, scope=scope)
    token.prefix, token.digest = secret[:SHOWN], digest(MARK + secret)
    token.save()
    return token, MARK + secret


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def find_token(text: str) -> ApiToken | None:
    """The token with this text and its user, whatever its state. One query."""
    return ApiToken.objects.select_related("user").filter(digest=digest(text)).first()


def refusal(token: ApiToken) -> str:
    """Why a token does not count any more, or nothing if it does."""
    if token.revoked_at is not None:
        return "This token has been revoked."
    if token.expires_at is not None and token.expires_at <= timezone.now():
        return f"This token expired on {token.expires_at:%Y-%m-%d}: make another."
    return "" if token.user.is_active else "The account of this token is switched off."


def note_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - USE_IS_NOTED_EVERY:
        long_ago = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USE_IS_NOTED_EVERY)
        ApiToken.objects.filter(long_ago, pk=token.pk).update(last_used_at=now)


@receiver(pre_save, sender=settings.AUTH_USER_MODEL)
def end_with_the_password(instance: Any, raw: bool, update_fields: Any = None, **_signal: Any) -> None:
    """A password is changed, or an account switched off, because somebody else may know the one or hold a token."""
    if raw or instance.pk is None or (update_fields is not None and not {"password", "is_active"} & set(update_fields)):
        return
    stored = type(instance)._default_manager.filter(pk=instance.pk).values("password", "is_active").first()
    if stored is None:
        return
    changed = stored["password"] != instance.password and not _only_rehashed(instance, update_fields)
    if changed or (stored["is_active"] and not instance.is_active):
        revoke(instance.api_tokens.all())


def _only_rehashed(user: Any, update_fields: Any) -> bool:
    """Whether this is Django at a login, storing the same password with more rounds."""
    return set(update_fields or ()) == {"password"} and user._password is None and user.has_usable_password()


def revoke(tokens: Any) -> int:
    """Of these tokens, make those that still count worthless. Returns how many those were."""
    count: int = tokens.filter(revoked_at__isnull=True).update(revoked_at=timezone.now())
    return count

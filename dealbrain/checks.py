"""Deployment mistakes, found by `manage.py check`, before every command, and by gunicorn when it starts.

Each has an id (`dealbrain.E001`), so that it can be looked up and, where it is meant, silenced by
SILENCED_SYSTEM_CHECKS. Errors are refused; warnings work, but not as their author expects.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, run_checks
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured

from dealbrain.api.dialect import DIALECTS

TAG = "dealbrain"
SECRET_KEY_MIN_LENGTH = 50
SECRET_KEY_MIN_DISTINCT = 5
ROOTS = ("IMPORT_ROOT", "UPLOAD_ROOT")

DEFAULT_PORTS = {"http": 80, "https": 443}
# A name, everything under one (`.example.org`), an address of IPv6, or any.
HOST = re.compile(r"\*|\.?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?|\[[0-9A-Fa-f:.]+\]")

Check = Callable[..., Iterable[CheckMessage]]


def _deployed() -> bool:
    return settings.ENVIRONMENT in ("staging", "production")


def check_debug(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    if not (settings.DEBUG and _deployed()):
        return []
    return [
        Error(
            f"DEBUG is on with ENVIRONMENT={settings.ENVIRONMENT}: error pages show settings and source code.",
            hint="Unset DEBUG.",
            id="dealbrain.E001",
        )
    ]


def check_secret_key(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    hint = 'python -c "import secrets; print(secrets.token_urlsafe(50))" makes one.'
    key = settings.SECRET_KEY
    weak = len(key) < SECRET_KEY_MIN_LENGTH or len(set(key)) < SECRET_KEY_MIN_DISTINCT
    if _deployed() and (weak or key.startswith("django-insecure")):
        message = f"SECRET_KEY is weak: it needs {SECRET_KEY_MIN_LENGTH} or more random characters."
        return [Error(message, hint=hint, id="dealbrain.E002")]
    if not settings.EMBEDDED and settings.ENVIRONMENT != "test" and not os.environ.get("SECRET_KEY"):
        message = "DATABASE_URL is set and SECRET_KEY is not: machines that share the database make different keys."
        return [CheckWarning(message, hint=hint, id="dealbrain.W003")]
    return []


def check_host_names(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"ALLOWED_HOSTS holds {host!r}, which no request can name: every one would be answered 400.",
            hint="Name hosts alone, without scheme, port or path: ALLOWED_HOSTS=deals.example.org or .example.org.",
            id="dealbrain.E006",
        )
        for host in settings.ALLOWED_HOSTS
        if not HOST.fullmatch(host)
    ]


def check_hosts(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    if not (_deployed() and "*" in settings.ALLOWED_HOSTS):
        return []
    return [
        Error(
            'ALLOWED_HOSTS holds "*": links and password mails can be made to point at a stranger\'s host.',
            hint="Name the hosts, for example ALLOWED_HOSTS=deals.example.org.",
            id="dealbrain.E003",
        )
    ]


def _is_origin(text: str) -> bool:
    """Whether `text` is scheme://host[:port] and nothing more, spelled as a browser's Origin header is."""
    try:
        parts = urlsplit(text)
        port = f":{parts.port}" if parts.port not in (None, DEFAULT_PORTS.get(parts.scheme)) else ""
    except ValueError:
        return False
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return bool(host) and parts.scheme in DEFAULT_PORTS and text.isascii() and text == f"{parts.scheme}://{host}{port}"


def check_cors(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"CORS_ALLOWED_ORIGINS holds {origin!r}, which is no origin as browsers send it.",
            hint="Name each origin in lower case, without a path, a user or the usual port, for example "
            "https://app.example.org; there is no wildcard.",
            id="dealbrain.E004",
        )
        for origin in settings.CORS_ALLOWED_ORIGINS
        if not _is_origin(origin) or "*" in origin
    ]


def _can_be_written(folder: Path) -> bool:
    """Whether files can be put into `folder`, which is made on first use when it is missing."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)


def check_roots(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"{name}={getattr(settings, name)} is not a folder that can be written.",
            hint=f"Point {name} at one, or give this process the right to write there.",
            id="dealbrain.E005",
        )
        for name in ROOTS
        if not _can_be_written(Path(getattr(settings, name)))
    ]


def check_workers(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> Iterator[CheckMessage]:
    """Several web processes: one SQLite file has one writer, and each process counts for itself."""
    if settings.WEB_CONCURRENCY < 2:
        return
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        yield CheckWarning(
            f"WEB_CONCURRENCY={settings.WEB_CONCURRENCY} on SQLite: its writers wait for each other.",
            hint="Set DATABASE_URL to PostgreSQL, or WEB_CONCURRENCY to 1.",
            id="dealbrain.W001",
        )
    if settings.PROMETHEUS_ENABLED and not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        yield CheckWarning(
            "/metrics will show the figures of whichever web process answers.",
            hint="Set PROMETHEUS_MULTIPROC_DIR to an empty folder that all of them can write.",
            id="dealbrain.W004",
        )


def check_dialect(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    if settings.API_DIALECT in DIALECTS:
        return []
    return [
        CheckWarning(
            f"API_DIALECT={settings.API_DIALECT!r} is no dialect: the API speaks the current one.",
            hint=f"Set it to one of {', '.join(DIALECTS)}, or leave it out.",
            id="dealbrain.W005",
        )
    ]


CHECKS: tuple[Check, ...] = (
    check_dialect,
    check_debug,
    check_secret_key,
    check_hosts,
    check_host_names,
    check_cors,
    check_roots,
    check_workers,
)


def refuse_unsafe(*, everything: bool = False) -> None:
    """Raise ImproperlyConfigured with every mistake that is an error and not silenced.

    Of those above; `everything` is what Django and the other apps check as well, which loads all pages.
    """
    found = run_checks(tags=None if everything else [TAG])
    wrong = [mistake for mistake in found if mistake.is_serious() and not mistake.is_silenced()]
    if wrong:
        raise ImproperlyConfigured("\n".join(f"{one.id}: {one.msg} {one.hint or ''}".strip() for one in wrong))

"""What the apps tell the document: by the names of modules, as no app may be imported here."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.conf import settings


def told(module: str, name: str) -> Iterator[tuple[str, Any]]:
    """What each app has under `name` in its `module`, if it has that module: (the module's whole name, value)."""
    for app in settings.OWN_APPS:
        package = ".".join([app, *module.split(".")[:-1]])
        path = f"{app}.{module}"
        if find_spec(package) is not None and find_spec(path) is not None:
            yield path, getattr(import_module(path), name)

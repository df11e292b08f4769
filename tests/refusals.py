"""Asking each address of the contract for what it must refuse, and seeing that nothing was saved."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.conf import settings as configured
from django.test import Client

from dealbrain.api.schema.generator import generate
from tests.factories import StaffFactory
from tests.test_contract import CONTRACT, Line, filled

JSON = "application/json"
DOCUMENT = json.loads(json.dumps(generate()))
SCHEMAS = DOCUMENT["components"]["schemas"]
API = [line for line in CONTRACT if line.path.startswith(("/v1/", "/api/v1/", "/settings/", "/entities/"))]
BODIES = [line for line in API if isinstance(line.body, dict)]  # (a file is no JSON: tests/imports/api)


def told(line: Line) -> tuple[str, dict[str, Any]]:
    """The path of a line as the document has it, and its operation."""
    bare = line.path.partition("?")[0]
    fitting = [
        path
        for path, item in DOCUMENT["paths"].items()
        if line.method.lower() in item and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), bare)
    ]
    path = min(fitting, key=lambda found: found.count("{"))
    return path, DOCUMENT["paths"][path][line.method.lower()]


def named(line: Line) -> str:
    return f"{line.method} {line.path}"


def answers_with(line: Line, status: int) -> bool:
    return str(status) in told(line)[1]["responses"]


def takes(line: Line, parameter: str) -> bool:
    return any(found.get("name") == parameter for found in told(line)[1].get("parameters", ()))


LISTS = [line for line in API if line.method == "GET" and takes(line, "cursor")]


def stored() -> dict[str, list[Any]]:
    """Every row of ours."""
    ours = [config for config in apps.get_app_configs() if config.name in configured.OWN_APPS]
    models = [model for config in ours for model in config.get_models()]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}


class Api:
    """Somebody who may do everything. `before` is what was stored then."""

    def __init__(self, ids: Mapping[str, int]) -> None:
        self.ids = ids
        self.client = Client()
        self.client.force_login(StaffFactory(is_superuser=True))
        self.before = stored()

    def send(self, method: str, path: str, body: Any = None, *, kind: str = JSON, **headers: str) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(filled(body, self.ids)).encode()
        sent = {} if body is None else {"data": data, "content_type": kind}
        return self.client.generic(method, filled(path, self.ids), headers=headers, **sent)

    def refused(self, status: int, method: str, path: str, body: Any = None, **more: str) -> dict[str, str]:
        """The problems of a request that is refused, by path."""
        answer = self.send(method, path, body, **more)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        shown = (method, path, body if len(str(body)) < 500 else "...", content[:500])
        assert answer.status_code == status, shown
        assert answer["Content-Type"] == "application/problem+json", shown
        document = json.loads(content)
        assert (document["status"], bool(document["detail"])) == (status, True)
        unreadable = status == 400 and isinstance(body, bytes)  # as a whole, which its detail says
        assert status != 400 or unreadable or document["errors"]
        return {problem["path"]: problem["message"] for problem in document["errors"]}

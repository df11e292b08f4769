"""What an older web app and its tests send, in order, to a fresh demo: accepted, and answered with what they read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import call_command

from tests.api import Api
from tests.samples import FOLDER, MISSING
from valuation.recalculation.run import Scope, recalculate

EXCHANGES = FOLDER / "legacy_exchanges.jsonl"

pytestmark = pytest.mark.skipif(not EXCHANGES.exists(), reason=MISSING)

KINDS: dict[str, Any] = {"str": str, "num": int | float, "bool": bool, "list": list, "dict": dict, "any": object, "null": type(None)}


def unread(wanted: Any, found: Any, path: str = "") -> list[str]:
    """Where an answer is not what the older client reads from it."""
    if isinstance(wanted, str):
        kinds = wanted.split("|")
        right = any(
            isinstance(found, KINDS[kind]) and (kind in ("bool", "any") or not isinstance(found, bool)) for kind in kinds
        )
        return [] if right else [f"{path}: {found!r:.80} is no {wanted}"]
    if isinstance(wanted, list):
        if not isinstance(found, list):
            return [f"{path}: {found!r:.80} is no list"]
        return [problem for at, item in enumerate(found) for problem in unread(wanted[0], item, f"{path}[{at}]")][:5]
    if not isinstance(found, dict):
        return [f"{path}: {found!r:.80} is no object"]
    problems = []
    for name, kind in wanted.items():
        key = name.removesuffix("?")
        if name.endswith("?") and found.get(key) is None:
            continue
        if key not in found:
            problems.append(f"{path}.{key}: missing")
        else:
            problems += unread(kind, found[key], f"{path}.{key}")
    return problems


@pytest.mark.django_db
def test_each_exchange(settings: Any) -> None:
    settings.API_DIALECT = "legacy"
    call_command("demo")
    recalculate(scope=Scope(), trigger="test")
    api = Api(root=True)
    wrong = []
    for line in EXCHANGES.read_text(encoding="utf-8").splitlines():
        exchange = json.loads(line)
        if exchange["must"] != "accept":
            continue
        answer = api.send(exchange["method"], exchange["path"], exchange["body"])
        name = f"{exchange['method']} {exchange['path']} ({exchange['name']})"
        if answer.status_code >= 400:
            wrong.append(f"{name}: {answer.status_code} {answer.content.decode()[:600]}")
        elif exchange["reads"] is not None:
            wrong += [f"{name}: {problem}" for problem in unread(exchange["reads"], answer.json())]
    assert not wrong, "\n".join(wrong)

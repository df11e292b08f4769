"""What an older web app and its tests send, in order, to a fresh demo: accepted, and answered with what they read."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.api import Api
from tests.samples import FOLDER, MISSING
from valuation.recalculation.run import Scope, recalculate

EXCHANGES = FOLDER / "legacy_exchanges.jsonl"

pytestmark = pytest.mark.skipif(not EXCHANGES.exists(), reason=MISSING)

KINDS: dict[str, Any] = {
    "str": str,
    "num": int | float,
    "bool": bool,
    "list": list,
    "dict": dict,
    "any": object,
    "null": type(None),
}


UNKNOWN_PRICES = ("price_usd",)  # no number is invented for an offer without one


def unread(wanted: Any, found: Any, path: str = "") -> list[str]:
    """Where an answer is not what the older client reads from it."""
    if isinstance(wanted, str):
        kinds = wanted.split("|")
        right = any(
            isinstance(found, KINDS[kind]) and (kind in ("bool", "any") or not isinstance(found, bool))
            for kind in kinds
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
        if key in UNKNOWN_PRICES and found.get(key) is None:
            continue
        if key not in found:
            problems.append(f"{path}.{key}: missing")
        else:
            problems += unread(kind, found[key], f"{path}.{key}")
    return problems


REFUSED = {
    235: (409, "the request before it has made this field: the recording had refused that one"),
    104: (409, "what the request before it makes is the same drive: the recording had refused that one"),
    162: (400, "a value that is no option never matches: an error with the nearest (docs/rules.md)"),
}


class Replay:
    """Sends the exchanges in order. Ids in the file are those of a recording in which much was refused, so an id that
    is not there stands for the last row that was made, and a name that was made for its row."""

    def __init__(self) -> None:
        self.api = Api(root=True)
        self.made: dict[str, list[tuple[int, str]]] = {}  # collection -> rows made: id, name

    def send(self, exchange: dict[str, Any]) -> Any:
        path, body = self.path(exchange), exchange["body"]
        if isinstance(body, dict) and "id" in body:
            body = {**body, "id": int(path.rpartition("/")[2])}
        answer = self.api.send(exchange["method"], path, body)
        collection = path.partition("?")[0].rstrip("/")
        if exchange["method"] == "POST" and answer.status_code == 201 and isinstance(answer.json().get("id"), int):
            row = answer.json()
            self.made.setdefault(collection, []).append((row["id"], row.get("name") or ""))
        return answer

    def path(self, exchange: dict[str, Any]) -> str:
        found = re.fullmatch(
            r"(/(?:api/)?v1/[a-z-]+(?:/(?:cpus|gpus|profiles|[a-z-]+s|custom-fields))?)/([0-9]+)(.*)", exchange["path"]
        )
        if found is None:
            return str(exchange["path"])
        collection, pk, rest = found.groups()
        rows = self.made.get(collection, [])
        name = (exchange["body"] or {}).get("name")
        named = [row for row, known in rows if known and known == name]
        if named:
            pk = str(named[-1])
        elif rows and self.api.send("GET", f"{collection}/{pk}").status_code == 404:
            pk = str(rows[-1][0])
        return f"{collection}/{pk}{rest}"


@pytest.mark.django_db(transaction=True, reset_sequences=True)  # ids are those of a fresh database
def test_each_exchange(settings: Any, tmp_path: Path) -> None:
    settings.API_DIALECT = "legacy"
    settings.IMPORT_ROOT = tmp_path
    for name in ("x.json", "b.json"):
        shutil.copy(settings.BASE_DIR / "baselines" / "data" / "baseline-1.1.json", tmp_path / name)
    call_command("demo")
    recalculate(scope=Scope(), trigger="test")
    replay = Replay()
    wrong = []
    for at, line in enumerate(EXCHANGES.read_text(encoding="utf-8").splitlines()):
        exchange = json.loads(line)
        name = f"{at} {exchange['method']} {exchange['path']} ({exchange['name']})"
        answer = replay.send(exchange)
        if exchange["must"] != "accept":
            assert 400 <= answer.status_code < 500, (name, answer.content)
        elif at in REFUSED:
            assert answer.status_code == REFUSED[at][0], (name, answer.content)
        elif answer.status_code >= 400:
            wrong.append(f"{name}: {answer.status_code} {answer.content.decode()[:600]}")
        elif exchange["reads"] is not None:
            wrong += [f"{name}: {problem}" for problem in unread(exchange["reads"], answer.json())]
    assert not wrong, "\n".join(wrong)

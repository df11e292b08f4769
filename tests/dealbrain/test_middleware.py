"""What every answer goes through, an error too: the id of its request, and the allow-list of origins."""

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from catalog.models import Cpu
from tests.factories import CpuFactory, StaffFactory

pytestmark = pytest.mark.django_db

CPUS = "/v1/catalog/cpus"
HOME = "https://app.example.org"
PREFLIGHT = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "if-match"}


@pytest.fixture(autouse=True)
def installation(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [HOME, "http://localhost:3000"]
    settings.DEALBRAIN_PUBLIC_READ = True


def ask(case: str, **headers: str) -> Any:
    """One answer of each kind."""
    client = Client(raise_request_exception=False)
    if case in ("201", "400", "405", "412", "500"):
        client.force_login(StaffFactory(is_superuser=True))
    row = f"{CPUS}/{CpuFactory().pk}"
    methods = {"201": "POST", "400": "POST", "401": "DELETE", "405": "DELETE", "412": "DELETE", "204": "OPTIONS"}
    paths = {"401": row, "404": f"{CPUS}/0", "nowhere": "/v1/nowhere", "412": row, "page": "/", "500": row}
    body = {"data": '{"name": "i5"}' if case == "201" else "{", "content_type": "application/json"}
    extra: Any = body if case in ("201", "400") else {}
    if case == "412":
        headers["If-Match"] = '"old"'
    mistake = RuntimeError("a mistake of ours")
    with patch("catalog.api.views.CpuViewSet.retrieve", side_effect=mistake) if case == "500" else nullcontext():
        answer = client.generic(methods.get(case, "GET"), paths.get(case, CPUS), headers=headers, **extra)
    assert str(answer.status_code) == {"nowhere": "404", "page": "200"}.get(case, case), answer.content
    return answer


CASES = ["200", "201", "204", "400", "401", "404", "nowhere", "405", "412", "500", "page"]


@pytest.mark.parametrize("case", CASES)
def test_each_answer_has_the_id_of_its_request(case: str) -> None:
    assert ask(case, **{"X-Request-ID": "from-elsewhere"})["X-Request-ID"] == "from-elsewhere"
    Cpu.objects.filter(name="i5").delete()
    made = [ask(case)["X-Request-ID"]]
    Cpu.objects.filter(name="i5").delete()
    made.append(ask(case, **{"X-Request-ID": "<script>"})["X-Request-ID"])
    assert made[0] != made[1]
    assert all(re.fullmatch(r"[0-9a-f]{32}", found) for found in made)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (HOME, True),
        ("http://localhost:3000", True),
        ("", False),
        ("null", False),
        ("https://app.example.org.evil.example", False),
        ("https://APP.example.org", False),
        ("http://app.example.org", False),
        ("http://localhost", False),
        ("*", False),
    ],
)
def test_answers_are_for_the_origins_of_the_list(case: str, origin: str, allowed: bool) -> None:
    """An error too, or the page could not say what went wrong."""
    answer = ask(case, **({"Origin": origin} if origin else {}))
    assert answer.get("Access-Control-Allow-Origin") == (origin if allowed else None)
    assert "Access-Control-Allow-Credentials" not in answer
    assert "Origin" in answer["Vary"], "what is kept for one origin is not for another"
    if allowed:
        exposed = set(answer["Access-Control-Expose-Headers"].split(", "))
        assert exposed == {
            "ETag",
            "Idempotent-Replayed",
            "Link",
            "Location",
            "Retry-After",
            "X-Request-ID",
            "X-Total-Count",
        }


@pytest.mark.parametrize("public", [True, False])
def test_a_preflight_asks_for_no_account(settings: Any, public: bool) -> None:
    settings.DEALBRAIN_PUBLIC_READ = public
    answer = Client().options(CPUS, headers={"Origin": HOME, **PREFLIGHT})
    assert (answer.status_code, answer.content) == (204, b"")
    methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    assert set(answer["Access-Control-Allow-Methods"].split(", ")) == methods
    allowed = set(answer["Access-Control-Allow-Headers"].split(", "))
    assert {"authorization", "content-type", "if-match", "if-none-match", "idempotency-key"} <= allowed
    stranger = Client().options(CPUS, headers={"Origin": "https://evil.example", **PREFLIGHT})
    assert stranger.status_code == (204 if public else 401)
    assert "Access-Control-Allow-Methods" not in stranger


def test_without_a_list_there_is_nothing_to_say(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = []
    answer = Client().options(CPUS, headers={"Origin": HOME, **PREFLIGHT})
    assert not [name for name in answer.headers if name.startswith("Access-Control")]
    assert "Origin" not in answer.get("Vary", "")

"""Health, and what every request goes through."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from redis.exceptions import RedisError

from dealbrain.views import health

pytestmark = pytest.mark.django_db


def test_health(client: Client, settings: Any) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "environment": settings.ENVIRONMENT, "checks": {"database": "ok"}}
    assert client.get("/health/").status_code == 200
    assert client.get("/livez").json() == {"status": "ok"}
    assert client.post("/health").status_code == 405


def test_a_database_that_is_down(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Any:
        raise DatabaseError("secret address")

    monkeypatch.setattr(connection, "cursor", refuse)
    for path in ("/health", "/readyz"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert answer.json()["checks"]["database"] == "unreachable"
        assert b"secret" not in answer.content
    assert client.get("/livez").status_code == 200


def test_readiness(client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"] == {"database": "ok", "migrations": "ok"}

    def refuse(*_: Any, **__: Any) -> Any:
        raise RedisError("down")

    health.look_again()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(health.Redis, "from_url", refuse)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["redis"] == "unreachable"


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abc-123", True), ("a" * 128, True), ("a" * 129, False), ("two words", False), ("", False), ("é", False)],
)
def test_request_ids(client: Client, given: str, kept: bool) -> None:
    found = client.get("/livez", headers={"X-Request-ID": given})["X-Request-ID"]
    assert (found == given) is kept
    assert found


def test_cross_origin_requests(client: Client, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.org"]
    friend, stranger = ({"Origin": origin} for origin in ("https://app.example.org", "https://evil.example"))
    answer = client.get("/livez", headers=friend)
    assert answer["Access-Control-Allow-Origin"] == "https://app.example.org"
    assert "Access-Control-Allow-Credentials" not in answer
    assert "Origin" in answer["Vary"]
    assert "Access-Control-Allow-Origin" not in client.get("/livez", headers=stranger)
    asked = {"Access-Control-Request-Method": "PATCH"}
    preflight = client.options("/v1/listings", headers=friend | asked)
    assert preflight.status_code == 204
    assert "PATCH" in preflight["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Methods" not in client.options("/v1/listings", headers=stranger | asked)

"""Deployment mistakes by their ids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

GOOD = {
    "ENVIRONMENT": "production",
    "EMBEDDED": False,
    "DEBUG": False,
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP",
    "ALLOWED_HOSTS": ["deals.example.org"],
    "CORS_ALLOWED_ORIGINS": ["https://app.example.org"],
    "WEB_CONCURRENCY": 1,
    "PROMETHEUS_ENABLED": False,
}


def ids(settings: Any, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> list[str]:
    monkeypatch.setenv("SECRET_KEY", "set")
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    for name, value in {**GOOD, **changes}.items():
        setattr(settings, name, value)
    return sorted(message.id for message in run_checks(tags=["dealbrain"]) if message.id)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"DEBUG": True}, ["dealbrain.E001"]),
        ({"DEBUG": True, "ENVIRONMENT": "development"}, []),
        ({"SECRET_KEY": "short"}, ["dealbrain.E002"]),
        ({"SECRET_KEY": "a" * 60}, ["dealbrain.E002"]),
        ({"ALLOWED_HOSTS": ["*"]}, ["dealbrain.E003"]),
        *(
            ({"ALLOWED_HOSTS": [host]}, ["dealbrain.E006"])
            for host in ("https://deals.example.org", "deals.example.org:8443", "a.org/x", "a b", "*.example.org")
        ),
        ({"ALLOWED_HOSTS": [".example.org", "localhost", "127.0.0.1", "[::1]", "web_1"]}, []),
        *(
            ({"CORS_ALLOWED_ORIGINS": [f"https://{rest}"]}, ["dealbrain.E004"])
            for rest in (
                "App.Example.org",
                "app.example.org:443",
                "user@app.example.org",
                "app.example.org:x",
                "a.org/",
            )
        ),
        ({"CORS_ALLOWED_ORIGINS": ["http://[::1]:8000", "https://app.example.org:8443", "http://localhost"]}, []),
        ({"CORS_ALLOWED_ORIGINS": ["*"]}, ["dealbrain.E004"]),
        ({"CORS_ALLOWED_ORIGINS": ["https://app.example.org/path"]}, ["dealbrain.E004"]),
        ({"IMPORT_ROOT": Path(__file__) / "below a file"}, ["dealbrain.E005"]),
        ({"UPLOAD_ROOT": Path(__file__) / "below a file"}, ["dealbrain.E005"]),
        ({"WEB_CONCURRENCY": 2, "PROMETHEUS_ENABLED": True}, ["dealbrain.W004"]),
    ],
)
def test_checks(settings: Any, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], expected: list[str]) -> None:
    found = ids(settings, monkeypatch, **changes)
    # SQLite with several workers is a warning of its own, and depends on where the suite runs.
    assert [name for name in found if name != "dealbrain.W001"] == expected


def test_each_check_says_how_to_mend_it(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ids(settings, monkeypatch, DEBUG=True, ALLOWED_HOSTS=["*"], SECRET_KEY="x")
    found = [message for message in run_checks(tags=["dealbrain"]) if message.id]
    assert len(found) == 3
    assert all(message.hint for message in found)


def test_a_shared_database_with_keys_of_its_own(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ids(settings, monkeypatch, ENVIRONMENT="development")
    monkeypatch.delenv("SECRET_KEY")
    assert "dealbrain.W003" in [message.id for message in run_checks(tags=["dealbrain"])]

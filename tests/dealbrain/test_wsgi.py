"""A server with a dangerous setting does not start, as no command does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from dealbrain.checks import refuse_unsafe
from listings.admin import ListingAdmin

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "f3Zq9-vK2mXw8Lr5Tn7Yb4Hs6Jd1Pg0Ce_QaUoIiEeRrTtYy99",
    "ALLOWED_HOSTS": "deals.example.org",
    "DEBUG": "false",
}


def start(module: str, **changed: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "DATABASE_URL") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"import {module}"],
        cwd=ROOT,
        env={**kept, **GOOD, **changed},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_careful_installation_starts() -> None:
    done = start("dealbrain.wsgi")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"DEBUG": "true"}, "dealbrain.E001"),
        ({"SECRET_KEY": "short"}, "dealbrain.E002"),
        ({"ALLOWED_HOSTS": "*"}, "dealbrain.E003"),
    ],
)
def test_a_careless_one_does_not(changed: dict[str, str], said: str) -> None:
    done = start("dealbrain.wsgi", **changed)
    assert done.returncode != 0
    assert said in done.stderr


def run(code: str) -> str:
    """What is printed by a process of its own, in which nothing is loaded yet."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"import sys, django; django.setup(); {code}"],
        cwd=ROOT,
        env={**os.environ, **GOOD, "DJANGO_SETTINGS_MODULE": "dealbrain.settings"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


PAGES = ("dealbrain.urls", "valuation.admin", "baselines.admin", "rest_framework.serializers", "listings.filtersets")


def test_a_command_loads_no_pages() -> None:
    """They are most of what a `recalculate` with nothing to do would cost."""
    code = f"import valuation.management.commands.recalculate; print([m for m in {PAGES} if m in sys.modules])"
    assert run(code).strip() == "[]"


def test_checks_look_at_pages_that_nothing_has_loaded() -> None:
    code = (
        "from django.core.checks import run_checks; run_checks(tags=['admin']); from django.contrib import admin; "
        "print({model._meta.label for model in admin.site._registry} >= {'valuation.Ruleset', 'listings.Listing'})"
    )
    assert run(code).strip() == "True"


def test_a_server_checks_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ListingAdmin, "list_display", ("nothing_of_this_name",))
    refuse_unsafe()
    with pytest.raises(ImproperlyConfigured, match=r"admin\.E108"):
        refuse_unsafe(everything=True)

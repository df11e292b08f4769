"""What operators read and run says the same as the settings: compose, Dockerfile, .env.example, README, settings.py."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dealbrain import gunicorn_conf
from dealbrain.deadlines import REQUEST_SECONDS

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OWN = {name: service for name, service in SERVICES.items() if "build" in service}
GUNICORN = "gunicorn -c python:dealbrain.gunicorn_conf"


def read_by_settings() -> set[str]:
    """The variables that settings.py asks dealbrain.env for."""
    tree = ast.parse((ROOT / "dealbrain/settings.py").read_text(encoding="utf-8"))
    return {
        str(node.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr.startswith("env_")
        and isinstance(node.args[0], ast.Constant)
    }


def in_the_example() -> set[str]:
    return set(re.findall(r"^# ([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))


def in_the_readme() -> set[str]:
    """Names at the start of a row, and those that a row says go with it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text.partition("\n## Settings\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[A-Z].*)$", table, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([A-Z][A-Z_]{3,})`", row)}


# Words in the table's cells that are no setting: levels, and a variable of the Prometheus client.
OTHER_WORDS = {"INFO", "DEBUG", "CRITICAL", "PROMETHEUS_MULTIPROC_DIR"}


def test_every_setting_is_read_somewhere_and_is_in_each_place() -> None:
    settings = read_by_settings()
    assert len(settings) > 20
    assert in_the_example() == settings
    assert in_the_readme() - OTHER_WORDS == settings - OTHER_WORDS


@pytest.mark.parametrize("name", OWN)
def test_compose_passes_every_setting_and_no_other(name: str) -> None:
    passed = OWN[name]["environment"]
    assert set(passed) == read_by_settings()
    for variable, value in passed.items():
        assert re.match(rf"\$\{{{variable}:[-?]", value), f"{variable} of .env does not reach {name}"


def test_compose_runs_each_part() -> None:
    assert set(OWN) == {"web", "worker", "scheduler"}
    assert "manage.py migrate" in OWN["web"]["command"]
    assert "rqworker" in OWN["worker"]["command"]
    assert "while true; do python manage.py recalculate ||" in OWN["scheduler"]["command"]
    assert "sleep 300; done" in OWN["scheduler"]["command"]
    for name in ("worker", "scheduler"):
        assert OWN[name]["depends_on"] == {"web": {"condition": "service_healthy"}}
    for name, service in OWN.items():
        assert "healthcheck" in service, f"{name} would take the image's, which asks a web server"


def test_health_is_asked_of_a_probe() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for text in (" ".join(OWN["web"]["healthcheck"]["test"]), dockerfile):
        assert re.search(r"http://127\.0\.0\.1:8000/(livez|readyz)'", text)


def test_gunicorn_has_its_settings_in_one_place() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    started = re.findall(r"^CMD (\[.*\])$", dockerfile, re.MULTILINE)
    assert " ".join(ast.literal_eval(started[-1])) == f"{GUNICORN} --bind=0.0.0.0:8000 dealbrain.wsgi"
    assert f"{GUNICORN} --bind=0.0.0.0:8000 dealbrain.wsgi" in OWN["web"]["command"]
    assert f"`{GUNICORN} dealbrain.wsgi`" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert gunicorn_conf.timeout == REQUEST_SECONDS


@pytest.mark.parametrize("name", sorted(read_by_settings()))
def test_a_setting_is_used(name: str) -> None:
    """By our code or, where settings.py gives it another name, by Django's or a library's."""
    settings = (ROOT / "dealbrain/settings.py").read_text(encoding="utf-8")
    assigned = re.search(rf'^([A-Z_]+)(?:: [^=]+)? = env\.\w+\(\s*"{name}"', settings, re.MULTILINE)
    assert assigned is not None, f"{name} is no setting of its own"
    code = [settings.replace(assigned[0], "")]
    for app in ("dealbrain", "catalog", "listings", "valuation", "baselines", "imports"):
        code += [
            p.read_text(encoding="utf-8")
            for p in (ROOT / app).rglob("*.py")
            if p.name not in ("settings.py", "checks.py")
        ]
    django = assigned[1].startswith("SECURE_") or assigned[1] in {"SECRET_KEY", "ALLOWED_HOSTS", "DEBUG"}
    assert django or any(re.search(rf"\b{assigned[1]}\b", text) for text in code), f"nothing reads {name}"

"""Settings from the environment: each reader by a table, and the whole in processes of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from dealbrain import env

ROOT = Path(__file__).resolve().parents[2]
SCHEMES = {"schemes": ("redis", "rediss")}


@pytest.mark.parametrize(
    ("read", "options", "text", "expected"),
    [
        (env.env_bool, {"default": True}, None, True),
        (env.env_bool, {"default": True}, "Off", False),
        (env.env_bool, {"default": False}, " YES ", True),
        (env.env_int, {"default": 4}, "", 4),
        (env.env_int, {"default": 4}, "7", 7),
        (env.env_list, {"default": ["a"]}, None, ["a"]),
        (env.env_list, {"default": ["a"]}, "x, ,y ,", ["x", "y"]),
        (env.env_str, {"choices": ("INFO", "DEBUG"), "default": "INFO"}, "DEBUG", "DEBUG"),
        (env.env_url, SCHEMES, None, ""),
        (env.env_url, SCHEMES, "redis://h:6379/0", "redis://h:6379/0"),
        (env.env_path, {"default": Path("/a"), "base": Path("/base")}, "x/y", Path("/base/x/y")),
    ],
)
def test_readers(monkeypatch: pytest.MonkeyPatch, read: Any, options: Any, text: str | None, expected: Any) -> None:
    monkeypatch.delenv("THING", raising=False)
    if text is not None:
        monkeypatch.setenv("THING", text)
    assert read("THING", **options) == expected


@pytest.mark.parametrize(
    ("read", "options", "text", "fix"),
    [
        (env.env_bool, {"default": True}, "maybe", "use true or false"),
        (env.env_int, {"default": 4}, "four", "use a whole number"),
        (env.env_int, {"default": 4, "maximum": 9}, "10", "from 0 to 9"),
        (env.env_int, {"default": 4}, "1_0", "use a whole number"),
        (env.env_int, {"default": 4}, "１２", "use a whole number"),
        (env.env_str, {"choices": ("INFO", "DEBUG")}, "LOUD", "use one of DEBUG, INFO"),
        (env.env_url, SCHEMES, "http://user:hidden@h/", "redis://host:port"),
        (env.env_url, SCHEMES, "redis://h:port/", "redis://host:port"),
    ],
)
def test_what_is_refused_names_the_variable_and_the_fix(
    monkeypatch: pytest.MonkeyPatch, read: Any, options: Any, text: str, fix: str
) -> None:
    monkeypatch.setenv("THING", text)
    with pytest.raises(ImproperlyConfigured, match="THING") as caught:
        read("THING", **options)
    assert fix in str(caught.value)
    assert "hidden" not in str(caught.value), "a password must not reach a log"


def test_an_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("# comment\n\nexport FIRST='a b'\nSECOND=x=y\nTHIRD=kept\n")
    monkeypatch.setenv("THIRD", "already")
    for name in ("FIRST", "SECOND"):
        monkeypatch.delenv(name, raising=False)
    env.load_env_file(file)
    assert [os.environ[name] for name in ("FIRST", "SECOND", "THIRD")] == ["a b", "x=y", "already"]
    file.write_text("OK=1\na secret without a name\n")
    with pytest.raises(ImproperlyConfigured, match="line 2") as caught:
        env.load_env_file(file)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"THING=redis://h:6379/0 # prod", "redis://h:6379/0"),
        (b"THING=INFO\t# x", "INFO"),
        (b"THING= # nothing but a remark", ""),
        (b"THING=#", ""),
        (b"THING=pa#ss", "pa#ss"),
        (b'THING="a" # c', "a"),
        (b"THING='a # b'", "a # b"),
        (b"THING='a # b' # 'c'", "a # b"),
        (b'THING="it\'s"', "it's"),
        (b'THING=say "a"', 'say "a"'),
        (b'THING=""', ""),
        (b"\xef\xbb\xbfTHING=1", "1"),
        (b"export\tTHING=1", "1"),
        (b" export  THING = 1 ", "1"),
        (b"A_FIRST=0\r\nTHING=1\r\n", "1"),
        (b"A_FIRST=0\rTHING=1\r", "1"),
        ("THING=a\u2028b\x0bc\x85d".encode(), "a\u2028b\x0bc\x85d"),
        ("THING=sch\u00f6n".encode(), "sch\u00f6n"),
    ],
)
def test_what_an_env_file_may_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: bytes, expected: str) -> None:
    file = tmp_path / ".env"
    file.write_bytes(line)
    monkeypatch.setattr(os, "environ", {})
    env.load_env_file(file)
    assert os.environ["THING"] == expected


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        (b"hidden", "write e.g. LOG_LEVEL=INFO"),
        (b"=hidden", "write e.g. LOG_LEVEL=INFO"),
        (b"exportTHING hidden=1", "write e.g. LOG_LEVEL=INFO"),
        (b"1THING=hidden", "write e.g. LOG_LEVEL=INFO"),
        (b'THING="hidden', "close the quotes of THING"),
        (b'THING="hidden" more', "close the quotes of THING"),
        (b"THING=hidden\xf6", "not UTF-8"),
        (b"THING=hidden\0", "null character"),
    ],
)
def test_a_line_that_is_refused_is_named_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: bytes, fix: str
) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"# first\n" + line)
    monkeypatch.setattr(os, "environ", {})
    with pytest.raises(ImproperlyConfigured, match=r"\.env line 2") as caught:
        env.load_env_file(file)
    assert fix in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_a_generated_secret_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THING", raising=False)
    file = tmp_path / "new" / "key"
    first = env.env_secret("THING", file)
    assert len(first) >= 50
    assert env.env_secret("THING", file) == first
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(ImproperlyConfigured, match="50 or more random characters"):
        env.env_secret("THING", None)


def settings_say(expression: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a fresh process with just this environment prints."""
    code = f"from django.conf import settings; print({expression})"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "dealbrain.settings", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


KEY = {"SECRET_KEY": "k" * 60}
ON_POSTGRES = {"DATABASE_URL": "postgres://u:p@db:5432/deals", **KEY}


@pytest.mark.parametrize(
    ("expression", "environment", "expected"),
    [
        ("settings.DATABASES['default']['ENGINE']", {}, "django.db.backends.sqlite3"),
        ("settings.DEALBRAIN_PUBLIC_READ, settings.EMBEDDED, settings.REDIS_URL", {}, "True True "),
        ("settings.DATABASES['default']['ENGINE']", ON_POSTGRES, "django_prometheus.db.backends.postgresql"),
        ("settings.DEALBRAIN_PUBLIC_READ, settings.EMBEDDED", ON_POSTGRES, "False False"),
        ("settings.TIME_ZONE, settings.USE_TZ", {}, "UTC True"),
        ("'django_rq' in settings.INSTALLED_APPS", {"REDIS_URL": "redis://r:6379/1"}, "True"),
        (
            "settings.RQ_QUEUES['default']['SERIALIZER']",
            {"REDIS_URL": "redis://r:6379/1"},
            "rq.serializers.JSONSerializer",
        ),
        ("len(settings.SECRET_KEY) >= 50", {}, "True"),
    ],
)
def test_modes(expression: str, environment: dict[str, str], expected: str) -> None:
    done = settings_say(f"*({expression},) if not isinstance(({expression}), tuple) else ({expression})", **environment)
    assert done.stdout.removesuffix("\n") == expected, done.stderr


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"ENVIRONMENT": "production"}, "SECRET_KEY is not set"),
        ({"ENVIRONMENT": "prod"}, "ENVIRONMENT='prod' is not known"),
        ({"DATABASE_URL": "mysql://h/x"}, "DATABASE_URL"),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL"),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL"),
        ({"PROMETHEUS_ENABLED": "2"}, "PROMETHEUS_ENABLED"),
    ],
)
def test_a_mistake_stops_the_start(environment: dict[str, str], said: str) -> None:
    done = settings_say("settings.DEBUG", **environment)
    assert done.returncode != 0
    assert said in done.stderr

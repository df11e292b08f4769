"""Typed settings from the environment and from `.env`.

Every reader names the variable, the bad value and the fix when it refuses one, so that a typing mistake is
found when the process starts and not when the setting is first used.
"""

from __future__ import annotations

import os
import re
import secrets
from codecs import BOM_UTF8
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from dealbrain.numerals import is_whole

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})


LINE = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(.*)", re.DOTALL)
# What is in quotes is taken as it is; behind it there may be a comment. Elsewhere `#` begins one after a blank only:
# passwords and addresses hold it too.
QUOTED = re.compile(r"""(["'])(.*?)\1(?:[ \t]+#.*|[ \t]*)""", re.DOTALL)
COMMENT = re.compile(r"(?:^|[ \t])[ \t]*#.*", re.DOTALL)


def load_env_file(path: Path) -> None:
    """Put the `NAME=value` lines of `path` into the environment; what is already set there wins.

    Blank lines, `#` lines and comments behind values are skipped, `export ` and a pair of quotes are dropped.
    Raises ImproperlyConfigured for any other line, and for a file that is not UTF-8.
    """
    if not path.is_file():
        return
    # Lines end as editors end them. `splitlines` would also cut a value at U+2028 and control characters.
    for number, raw in enumerate(re.split(rb"\r\n|\n|\r", path.read_bytes().removeprefix(BOM_UTF8)), start=1):
        place = f"{path.name} line {number}"
        try:
            line = raw.decode("utf-8").strip(" \t")
        except UnicodeDecodeError as error:
            raise ImproperlyConfigured(f"{place} is not UTF-8: save the file in that encoding.") from error
        if not line or line.startswith("#"):
            continue
        name, value = _assignment(line, place)
        os.environ.setdefault(name, value)


def _assignment(line: str, place: str) -> tuple[str, str]:
    """The name and the value of a line. It may hold a secret, so that a refusal shows its number only."""
    found = LINE.fullmatch(line)
    if found is None:
        raise ImproperlyConfigured(f"{place} is not NAME=value: write e.g. LOG_LEVEL=INFO.")
    name, value = found[1], found[2]
    if "\0" in value:
        raise ImproperlyConfigured(f"{place}: {name} holds a null character: remove it.")
    if value[:1] not in ('"', "'"):
        return name, COMMENT.sub("", value, count=1)
    quoted = QUOTED.fullmatch(value)
    if quoted is None:
        raise ImproperlyConfigured(f"{place}: close the quotes of {name}, or drop them.")
    return name, quoted[2]


def env_str(name: str, default: str = "", *, choices: Iterable[str] | None = None) -> str:
    """The text of a variable, without surrounding blanks. An empty variable counts as not set."""
    value = os.environ.get(name, "").strip() or default
    if choices is not None and value not in (allowed := sorted(choices)):
        raise ImproperlyConfigured(f"{name}={value!r} is not known: use one of {', '.join(allowed)}.")
    return value


def env_bool(name: str, default: bool) -> bool:
    value = env_str(name).lower()
    if not value:
        return default
    if value in TRUE_WORDS:
        return True
    if value in FALSE_WORDS:
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is not a yes or no: use true or false.")


def env_int(name: str, default: int, *, minimum: int = 0, maximum: int = 2**31 - 1) -> int:
    value = env_str(name)
    if not value:
        return default
    fix = f"use a whole number from {minimum} to {maximum}."
    if not is_whole(value):
        raise ImproperlyConfigured(f"{name}={value[:100]!r} is not a whole number: {fix}")
    number = int(value)
    if not minimum <= number <= maximum:
        raise ImproperlyConfigured(f"{name}={value!r} is out of range: {fix}")
    return number


def env_list(name: str, default: Iterable[str] = ()) -> list[str]:
    """A comma-separated list; blanks around entries and empty entries are dropped."""
    return [entry for part in env_str(name).split(",") if (entry := part.strip())] or list(default)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in so many seconds."""

    requests: int
    seconds: int


RATE = re.compile(r"([1-9][0-9]{0,8})/(second|minute|hour|day)")
PERIODS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}


def env_rate(name: str, default: str) -> Rate | None:
    """`600/minute`; None, no limit, for `off`."""
    value = env_str(name, default)
    if value.lower() == "off":
        return None
    found = RATE.fullmatch(value.lower())
    if found is None:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not a rate: write e.g. 600/minute ({', '.join(PERIODS)}) or off."
        )
    return Rate(int(found[1]), PERIODS[found[2]])


HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60})\s*[:=]\s*([\x21-\x7e]{1,60})")


def env_header(name: str) -> tuple[str, str] | None:
    """`X-Forwarded-Proto: https` as WSGI names it and its value; None when not set."""
    value = env_str(name)
    if not value:
        return None
    found = HEADER.fullmatch(value)
    if found is None:
        raise ImproperlyConfigured(f"{name}={value!r} is not a header and its value: write X-Forwarded-Proto: https.")
    return f"HTTP_{found[1].upper().replace('-', '_')}", found[2]


def env_path(name: str, default: Path, *, base: Path) -> Path:
    """A folder or file; a relative path counts from `base`, whatever the working directory is."""
    value = env_str(name)
    return (base / Path(value).expanduser()).resolve() if value else default


def env_url(name: str, *, schemes: Iterable[str]) -> str:
    """A URL with one of `schemes`, or "" when not set.

    The message never shows the value: a URL may carry a password.
    """
    value = env_str(name)
    if not value:
        return ""
    allowed = sorted(schemes)
    try:
        parts = urlsplit(value)
        readable = parts.port is None or parts.port > 0
    except ValueError:
        parts, readable = urlsplit(""), False
    if not readable or parts.scheme not in allowed:
        shown = f"a {parts.scheme} URL that cannot be used" if parts.scheme else "not a URL"
        raise ImproperlyConfigured(f"{name} is {shown}: write {allowed[0]}://host:port/... ({', '.join(allowed)}).")
    return value


def made_folder(path: Path) -> Path:
    """`path`, created when it is missing."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"The folder {path} cannot be made: {error.strerror}.") from error
    return path


def env_secret(name: str, generated: Path | None) -> str:
    """A secret from the environment, else the one kept in the file `generated`, which is made on first use.

    Without `generated` the variable is required: several machines must share one secret.
    """
    value = env_str(name)
    if value:
        return value
    if generated is None:
        raise ImproperlyConfigured(
            f"{name} is not set: outside development it must be, to 50 or more random characters, the same on every "
            'machine; python -c "import secrets; print(secrets.token_urlsafe(50))" makes one.'
        )
    made_folder(generated.parent)
    try:
        # O_EXCL: of two processes starting at once, one makes the file. Linked in only when it is complete, so
        # that the other cannot read an empty key.
        draft = generated.with_name(f"{generated.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(draft, generated)
        finally:
            draft.unlink()
    except FileExistsError:
        pass
    return generated.read_text(encoding="ascii").strip()

"""A process that publishes is killed at any moment: the ruleset is what it was, or what the draft was."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection

from tests.valuation.drafts.worlds import add_rule, draft_of, group, reprice, ruleset_with_rules, told
from valuation.models import Release, Ruleset

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("KILLS", "6"))
MANY = 60  # rules, so that a publication takes a moment
PUBLISH = """
import django; django.setup()
from valuation.drafts.publishing import publish
import sys; sys.stdout.write("go"); sys.stdout.flush()
publish(draft_id={draft}, note="x")
"""

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="its test database is in memory, of one process"),
]


def process(draft: Ruleset) -> subprocess.Popen[bytes]:
    settings = connection.settings_dict
    person = f"{settings['USER']}:{settings['PASSWORD']}"
    url = f"postgres://{person}@{settings['HOST']}:{settings['PORT'] or 5432}/{settings['NAME']}"
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "dealbrain.settings"}
    environment.pop("REDIS_URL", None)
    return subprocess.Popen(
        [sys.executable, "-c", PUBLISH.format(draft=draft.pk)], cwd=ROOT, env=environment, stdout=subprocess.PIPE
    )


def test_all_or_nothing() -> None:
    chance = random.Random(5)
    ruleset = ruleset_with_rules()
    for number in range(MANY):
        add_rule(group(ruleset, "Memory"), f"rule {number}", 8)
    done = 0
    for number in range(KILLS):
        draft = draft_of(ruleset)
        for rule in range(MANY):
            reprice(draft, f"rule {rule}", 100 + number)
        before, after = told(ruleset), told(draft)
        running = process(draft)
        assert running.stdout is not None
        assert running.stdout.read(2) == b"go"
        time.sleep(chance.random() * 1.5)
        running.send_signal(signal.SIGKILL)
        running.wait()
        running.stdout.close()
        published = not Ruleset.objects.filter(pk=draft.pk).exists()
        assert told(ruleset) == (after if published else before)
        assert Release.objects.filter(draft_id=draft.pk).exists() == published
        done += published
        if not published:
            Ruleset.objects.get(pk=draft.pk).delete()
    assert Release.objects.count() == done

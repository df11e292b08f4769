"""An installation that is killed: all of it is in, or nothing is. DEALBRAIN_KILLS=20 kills more often."""

from __future__ import annotations

import os
import signal
import time

import pytest
from django.db import connection, connections

from tests.flow.conftest import wait_until
from tests.valuation.packages.helpers import document, encoded, export, install, without_rules
from valuation.models import AuditEntry, RuleVersion
from valuation.packages.installing import install_packages
from valuation.packages.opening import read_package

KILLS = int(os.environ.get("DEALBRAIN_KILLS", "3"))
RULES = 400

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="a database in memory dies with its process"),
]


def package(amount: float) -> bytes:
    rules = [
        {
            "name": f"Rule {number}",
            "conditions": {"field_name": "custom.score", "operator": "gte", "value": number},
            "actions": [{"action_type": "fixed_value", "value_usd": amount + number}],
        }
        for number in range(RULES)
    ]
    content = document(*rules)
    content["custom_field_definitions"] = [{"key": "score", "label": "Score", "data_type": "number"}]
    content["rulesets"].append({"name": f"Another {amount}", "rule_groups": [{"name": "Group", "rules": rules[:50]}]})
    return encoded(content)


def state() -> tuple[str, int, int]:
    return export("Ours", "Another 2"), AuditEntry.objects.count(), RuleVersion.objects.count()


def fresh() -> tuple[str, int, int]:
    """The package as it was first, and nothing written of it but its rows."""
    without_rules()
    install(package(1))
    AuditEntry.objects.all().delete()
    RuleVersion.objects.all().delete()
    return state()


def killed_after(seconds: float) -> None:
    """A process of its own begins to install, and is killed."""
    content = read_package(package(2))
    connections.close_all()
    pid = os.fork()
    if pid == 0:  # the child
        install_packages([content])
        os._exit(0)
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

    def is_alone() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(others)
            return bool(cursor.fetchone()[0] == 0)

    wait_until(is_alone, "the killed one's transaction to end")


def test_all_or_nothing() -> None:
    before = fresh()
    begun = time.monotonic()
    install(package(2))
    whole = time.monotonic() - begun
    after = state()
    assert after[0] != before[0]
    found = []
    for number in range(KILLS):
        assert fresh()[0] == before[0]
        killed_after(whole * (number + 0.5) / KILLS)
        found.append(state())
    assert [one for one in found if one not in (before, after)] == []
    assert before in found

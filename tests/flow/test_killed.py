"""A publication and an installation that die by kill -9 at a statement chosen beforehand: all of it is in, or nothing.

The statements are numbered in a first process that is let through. The kills lie evenly between the first and the
last of them, all before the commit; one more comes right behind it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections

from catalog.models import CustomField
from tests.flow.conftest import other_sessions, wait_until
from tests.valuation.drafts.worlds import add_rule, draft_of, example, group, reprice, ruleset_with_rules
from tests.valuation.packages.helpers import document, encoded, install
from valuation import jobs
from valuation.drafts.publishing import publish
from valuation.models import AuditEntry, Draft, Example, Release, Ruleset, RulesRevision, RuleVersion
from valuation.packages.installing import install_packages
from valuation.packages.opening import read_package
from valuation.packages.stored import stored_rulesets

KILLS = 20
RULES = 40
BEYOND = 10**9

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="a database in memory dies with its process"),
]

Work = Callable[[], Any]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is killed is the work itself, and not the recalculation behind its commit."""
    monkeypatch.setattr(jobs.queue, "run_after_commit", lambda _: None)


def killed(work: Work, *, after: int | None) -> int:
    """Do it in a process of its own that is killed right after this statement; how many it had made by then.

    One that gets past its last statement is killed instead of committing; with None, right behind the commit. It tells
    of each statement as it is done, with whether that was inside a transaction.
    """
    connections.close_all()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:  # the child: whatever happens in here, it is not pytest that goes on
        try:
            _work_until(work, writing, after)
        finally:
            _die()
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        statements = told.read()
    _, status = os.waitpid(pid, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert set(statements) == {ord("t")}, "a statement outside of the transaction"
    wait_until(lambda: not other_sessions(), "the killed one's transaction to end")
    return len(statements)


def _die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _work_until(work: Work, told: int, after: int | None) -> None:
    done = 0

    def counted(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal done
        result = execute(*arguments)
        os.write(told, b"t" if connection.in_atomic_block else b"-")
        done += 1
        if done == after:
            _die()
        return result

    if after is not None:
        connection.commit = _die  # type: ignore[method-assign]
    with connection.execute_wrapper(counted):
        work()


def state() -> Any:
    """All that is written: rulesets with their ids, groups, rules and examples, and what is told of them."""
    models = (Draft, Release, Example, RulesRevision, RuleVersion, AuditEntry, CustomField)
    return contents(), [list(model.objects.order_by("pk").values_list()) for model in models]


def contents() -> dict[int, str]:
    return {one.pk or 0: one.named("").text for one in stored_rulesets(Ruleset.objects.all())}


def publication() -> tuple[Work, Callable[[], bool]]:
    ruleset = ruleset_with_rules()
    for number in range(RULES):
        add_rule(group(ruleset, "Memory"), f"rule {number}", 8)
    draft = draft_of(ruleset)
    for number in range(RULES):
        reprice(draft, f"rule {number}", 100 + number)
    add_rule(group(draft, "Other"), "new", 8)
    example(draft, 0)
    Ruleset.objects.filter(pk=ruleset.pk).update(is_active=False)  # as the draft is
    wanted = {ruleset.pk: contents()[draft.pk]}
    release = Release.objects.filter(draft_id=draft.pk)
    return (
        lambda: publish(draft_id=draft.pk, note="x", override_reason="y"),
        lambda: contents() == wanted and release.exists(),
    )


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
    content["custom_field_definitions"] = [
        {"key": f"score{suffix}", "label": "Score", "data_type": "number"} for suffix in ("", amount)
    ]
    content["rulesets"].append({"name": f"Another {amount}", "rule_groups": [{"name": "Group", "rules": rules[:5]}]})
    content["examples"] = [
        {"name": "A", "ruleset": "Ours", "facts": {"price_usd": 1}, "expected": {"total_usd": amount}}
    ]
    return encoded(content)


def installation() -> tuple[Work, Callable[[], bool]]:
    install(package(1))
    content = read_package(package(2))
    wanted = {one.named("").text for one in content.rulesets}
    return (
        lambda: install_packages([content]),
        lambda: wanted < set(contents().values()) and CustomField.objects.filter(key="score2").exists(),
    )


@pytest.mark.parametrize("prepared", [publication, installation])
def test_all_or_nothing(prepared: Callable[[], tuple[Work, Callable[[], bool]]]) -> None:
    work, is_whole = prepared()
    before = state()
    last = killed(work, after=BEYOND)
    assert last > KILLS
    for number in range(KILLS):
        after = 1 + number * (last - 1) // (KILLS - 1)
        assert killed(work, after=after) == after
        assert state() == before, f"after {after} of {last} statements"
    assert not is_whole()
    assert killed(work, after=None) == last
    assert is_whole()

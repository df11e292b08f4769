"""`python -m tests.benchmarks analytics`: the one evaluation behind the page of a ruleset's analytics.

Beside it stands the same evaluation that only counts what each rule matches and gives, which is what a recalculation
does too: the ratio says what spreads, pairs and hidden rules cost, and hardly depends on the machine.
"""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.benchmarks.clock import REPEATS, Wanted, heading, line, load, medians, ratio, say
from tests.benchmarks.generator import make_market, make_rules
from tests.benchmarks.worlds import analyse, database
from valuation.analytics import behind, days, looking
from valuation.engine import compile_rulesets, evaluate
from valuation.models import Rule, Ruleset
from valuation.recalculation.run import Scope, recalculate
from valuation.registry import field_registry
from valuation.trying import inventory
from valuation.trying.rehearsal import current_world

MOST_SECONDS, MOST_RATIO = 2.0, 3.0


def main() -> None:
    options = _options()
    with database():
        say(f"{connection.vendor}, Python {sys.version.split()[0]}, {os.cpu_count()} cores")
        load()
        make_market(options.listings)
        make_rules(options.rules)
        analyse()
        say(f"{options.listings:,} listings x {options.rules} rules; medians of {REPEATS}")
        heading()
        _measure()
        load()


def _measure() -> None:
    ruleset = Ruleset.objects.order_by("pk").first()
    assert ruleset is not None
    look = partial(looking.analytics_of, ruleset)
    cold, _ = medians(look, before=_forget_all)
    line("first look of a process, facts read", cold)
    plain, _ = medians(_counts, before=_forget_answers)
    line("reference: an evaluation that counts", plain)
    warm, found = medians(look, before=_forget_answers)
    note = f"{len(found.rules)} rules, {found.apart_count:,} pairs apart"
    line("the page's evaluation", warm, wanted=Wanted(MOST_SECONDS), note=note)
    ratio("  the page's evaluation / reference", warm.wall / plain.wall, wanted=MOST_RATIO)
    line("asked again, nothing changed", medians(look)[0])
    rule = Rule.objects.select_related("group__ruleset").order_by("-pk").first()
    assert rule is not None
    matched = partial(behind.ids_behind, "matched_rule", rule)
    line("listings that one rule matches", medians(matched, before=_forget_answers)[0], note=f"{len(matched()):,}")
    line("the day's rows", medians(days.record_day, before=_forget_answers)[0], note=f"{days.RuleDay.objects.count()}")
    recalculate(scope=Scope(), trigger="bench")
    client = Client(headers={"host": "localhost"})
    client.force_login(get_user_model().objects.create_superuser("looks-on"))
    for name, path in (
        ("the page itself", f"/admin/valuation/ruleset/{ruleset.pk}/analytics/"),
        ("the same over the API", f"/api/v1/valuation-rules/analytics?ruleset_id={ruleset.pk}"),
        ("a list of listings by a rule", f"/v1/listings?matched_rule={rule.pk}"),
    ):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(path)
        assert answer.status_code == 200, path
        count = len(queries)
        line(name, medians(partial(client.get, path))[0], note=f"{count} queries")


def _counts() -> None:
    """Every rule on every listing, what it matches and gives: no more."""
    registry, world = field_registry(), current_world()
    program = compile_rulesets(world.specs, registry)
    sums: dict[int, tuple[int, int]] = {}
    for batch, matcher in looking.pages_for(program, world, registry):
        evaluate(
            program,
            batch,
            matcher=matcher,
            each=lambda column: sums.update({column.rule.id: (int(column.matched.sum()), int(column.cents.sum()))}),
        )


def _forget_answers() -> None:
    """What was answered, and with it the matches of conditions; the facts stay."""
    looking.forget()
    behind.forget()
    kept = inventory._kept.get("facts")
    if kept is not None:
        facts = kept.page.facts
        inventory._kept["facts"] = inventory.replace(kept, page=inventory.Page(facts, inventory.Matcher(facts.batch)))


def _forget_all() -> None:
    _forget_answers()
    inventory.forget()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.benchmarks analytics")
    parser.add_argument("part")
    parser.add_argument("--listings", type=int, default=100_000)
    parser.add_argument("--rules", type=int, default=200)
    return parser.parse_args()

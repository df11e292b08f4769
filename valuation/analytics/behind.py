"""The listings behind a figure of the analytics: lists of listings can be asked for them by name.

Nothing that is stored says which rules matched a listing, so the rules that it takes are run once, and the ids are kept
until a rule or a listing changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dealbrain.deadlines import check_deadline
from dealbrain.text import row_id
from listings.querysets import ListingQuerySet
from valuation.analytics.looking import pages_for, state
from valuation.engine import Batch, Matcher, Program, compile_rulesets, evaluate
from valuation.engine.batch import Mask
from valuation.engine.memo import Memo
from valuation.models import Rule, Ruleset
from valuation.permissions import ruleset_of
from valuation.recalculation.difference import only_changed
from valuation.recalculation.facts import Ids
from valuation.recalculation.naming import Named
from valuation.registry import field_registry
from valuation.trying.standing import hidden_by_others
from valuation.trying.standing_in import world_if_on

MOST_BYTES = 1 << 25  # of ids that are kept: eight for each listing
_answers: Memo[Ids] = Memo(MOST_BYTES, lambda _, ids: ids.nbytes)

Row = Any  # a Rule or a Ruleset


@dataclass(frozen=True, slots=True)
class Question:
    """`help` is for the schema, `title` for a person, with the row's name in it."""

    name: str
    help: str
    title: str
    model: type[Rule] | type[Ruleset]
    narrow: Callable[[Program, int], Program]
    mask: Callable[[Program, Batch, Matcher, int], Mask]


def ids_behind(name: str, row: Row) -> Ids:
    """Sorted ids of the active listings that a question names. At most twenty queries, two where it was asked before.

    A ruleset that does not count is looked at as if it did, as in its analytics.
    """
    question, ruleset = QUESTIONS[name], ruleset_of(row)
    assert ruleset is not None
    key = (name, row.pk, *state()) if ruleset.is_active else None
    found = _answers.get(key)
    if found is None:
        found = _look(question, row.pk, ruleset)
        _answers.put(key, found)
    return found


def listings_behind(listings: ListingQuerySet, name: str, row: Row) -> ListingQuerySet:
    return listings.filter(pk__one_of=Named(ids_behind(name, row)))


class NoSuchRow(ValueError):
    """There is no row with this id, or not any more."""


def row_behind(name: str, text: object) -> Row:
    """The rule or ruleset that a question is about. Raises ValueError with a sentence that says what is wrong."""
    question = QUESTIONS[name]
    kind, pk = question.model._meta.verbose_name, row_id(text)
    if pk is None:
        raise ValueError(f"This must be the id of a {kind}, a whole number.")
    related = ("group__ruleset",) if question.model is Rule else ()
    row = question.model._default_manager.select_related(*related).filter(pk=pk).first()
    if row is None:
        raise NoSuchRow(f"There is no {kind} with the id {pk}.")
    return row


def forget() -> None:
    """Begin anew, as a new process does."""
    _answers.clear()


def _look(question: Question, pk: int, ruleset: Ruleset) -> Ids:
    world, registry = world_if_on(ruleset), field_registry()
    program = question.narrow(compile_rulesets(world.specs, registry), pk)
    found = []
    for batch, matcher in pages_for(program, world, registry):
        check_deadline()
        found.append(batch.ids[question.mask(program, batch, matcher, pk)])
    return np.concatenate(found)


def _matched(program: Program, batch: Batch, matcher: Matcher, rule_id: int) -> Mask:
    masks = [
        column.matched
        for column in evaluate(program, batch, matcher=matcher, keep_rules=True).rules
        if column.rule.id == rule_id
    ]
    return np.logical_or.reduce([np.zeros(len(batch), dtype=np.bool_), *masks])


def _hidden(program: Program, batch: Batch, matcher: Matcher, rule_id: int) -> Mask:
    """Where its conditions hold, no override counts instead, and it does not count: an earlier rule ends the group."""
    result = evaluate(program, batch, matcher=matcher, keep_rules=True)
    for column in result.rules:
        if column.rule.id == rule_id:
            _, held = hidden_by_others(column.rule, column.ruleset.id, result, matcher)
            return held & ~column.matched
    return np.zeros(len(batch), dtype=np.bool_)


def _untouched(program: Program, batch: Batch, matcher: Matcher, ruleset_id: int) -> Mask:
    result = evaluate(program, batch, matcher=matcher)
    nowhere = np.zeros(len(batch), dtype=np.bool_)
    return result.applies.get(ruleset_id, nowhere) & (result.matched_rules == 0)


def _only_rules_of(program: Program, ruleset_id: int) -> Program:
    own = {group.id for ruleset in program.rulesets if ruleset.id == ruleset_id for group in ruleset.groups}
    return program.only(lambda group, _: group.id in own)


def _only_rule(program: Program, rule_id: int) -> Program:
    return only_changed(program, {rule_id})


QUESTIONS = {
    question.name: question
    for question in (
        Question(
            "matched_rule",
            "Active listings that the rule with this id counts for, as it is now.",
            "the rule “{}” counts for",
            Rule,
            _only_rule,
            _matched,
        ),
        Question(
            "hidden_rule",
            "Active listings that meet the conditions of the rule with this id, where an earlier rule of its group "
            "counts instead.",
            "an earlier rule hides “{}” on",
            Rule,
            _only_rule,
            _hidden,
        ),
        Question(
            "untouched_by",
            "Active listings that the ruleset with this id runs on, of which no rule of it matches.",
            "no rule of “{}” touches",
            Ruleset,
            _only_rules_of,
            _untouched,
        ),
    )
}

"""What is looked at: the rules in force, or one ruleset as if it were, over the active listings as they are now.

An answer is kept until a rule or a listing changes, for a page, its reader's next click and the API ask the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from valuation.analytics.surveying import Analytics, survey
from valuation.engine import Batch, FieldRegistry, Matcher, Program, compile_rulesets
from valuation.engine.memo import Memo
from valuation.models import Ruleset
from valuation.recalculation.marking import revision_row
from valuation.registry import field_registry
from valuation.trying.inventory import active_inventory, state_of_listings
from valuation.trying.rehearsal import World
from valuation.trying.standing_in import world_if_on

MOST_ANSWERS = 16
_answers: Memo[Analytics] = Memo(MOST_ANSWERS, lambda *_: 1)


def analytics_of(ruleset: Ruleset | None) -> Analytics:
    """How a ruleset stands to the inventory, None: all that are in force. At most 25 queries; nothing is saved.

    One that does not count is looked at as if it did: a draft in the place of its original.

    Raises DeadlinePassed where a deadline passes meanwhile.
    """
    pk = None if ruleset is None else ruleset.pk
    key = (pk, *state()) if ruleset is None or ruleset.is_active else None
    found = _answers.get(key)
    if found is None:
        world, registry = world_if_on(ruleset), field_registry()
        program = compile_rulesets(world.specs, registry)
        found = survey(program, pages_for(program, world, registry), pk)
        _answers.put(key, found)
    return found


def forget() -> None:
    """Begin anew, as a new process does."""
    _answers.clear()


def state() -> tuple[object, ...]:
    """Moves with everything that an answer about what is in force could follow. Two queries."""
    row = revision_row()
    return row.revision, row.year, *state_of_listings()


def pages_for(program: Program, world: World, registry: FieldRegistry) -> Iterator[tuple[Batch, Matcher]]:
    """The active listings with what the program reads, under the choices of this world."""
    for page in active_inventory(registry).pages(program.fields):
        yield world.choices.on(page.facts.batch), page.matcher

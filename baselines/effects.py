"""Which effect counts for a baseline, and why: a file may state one, and what is not stated is not guessed."""

from __future__ import annotations

from baselines.models import BaselineImport
from valuation.choices import Effect
from valuation.engine import Problem

PATH = "effect"
MEANING = {
    Effect.ADD: "amounts are added to the price",
    Effect.DEDUCT: "values are taken off the price",
}


def effect_of_import(*, stated: str | None, active: BaselineImport | None) -> str:
    """What an import takes: what is stated, by a person or the file, else that of the active baseline."""
    return stated or (active.ruleset.effect if active else Effect.ADD)


def told_of_import(
    *, asked: str | None, stated: str | None, active: BaselineImport | None, known: BaselineImport | None
) -> tuple[Problem, ...]:
    """A warning that says which effect counts where the file does not say it, or says another one."""
    effect = effect_of_import(stated=asked or stated, active=active)
    if asked and stated and asked != stated:
        return _said(effect, f'the file states "{stated}", and "{asked}" was asked for')
    if asked or stated:
        return ()
    if active is not None:
        name = active.ruleset.name
        return _said(effect, f'the file states no effect, so that of the active baseline "{name}" is taken')
    if known is not None:
        return _said(known.ruleset.effect, "the file states no effect, and was imported with this one before")
    return _said(effect, "the file states no effect and there is no active baseline to follow")


def told_of_adoption(*, stated: str | None, active: BaselineImport | None, effect: str | None) -> tuple[Problem, ...]:
    """A warning that says which effect counts after adopting, where the candidate does not state that one."""
    counts = effect or (active.ruleset.effect if active else stated or Effect.ADD)
    if stated == counts:
        return ()
    if stated:
        return _said(counts, f'the candidate states "{stated}": it counts only if the change "effect" is selected')
    if active is None:
        return _said(counts, "the candidate states no effect and there is no active baseline to follow")
    return _said(
        counts, f'the candidate states no effect, so that of the active baseline "{active.ruleset.name}" stays'
    )


def _said(effect: str, why: str) -> tuple[Problem, ...]:
    message = f'"{effect}" counts ({MEANING[Effect(effect)]}): {why}'
    return (Problem(PATH, message, "effect", severity="warning"),)

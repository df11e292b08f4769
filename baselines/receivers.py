"""The baseline in force goes on being readable, whatever happens to the custom fields that it names.

And one that comes in a package counts as any other does: it takes along what people chose for the one before.
"""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from baselines.models import BaselineImport
from baselines.reading import BaselineError, read_document
from baselines.services import activate_baseline
from catalog.models import CustomField
from catalog.signals import definition_changing
from valuation.definitions.guarding import changes_leaned_on, refusal, registries
from valuation.engine import FieldRegistry
from valuation.models import Ruleset
from valuation.signals import baseline_chosen


@receiver(definition_changing, sender=CustomField)
def baseline_checked(field: CustomField, stored: CustomField | None, **_: Any) -> None:
    """Adopting and exporting read its document again. (A rule made of it may have been written anew meanwhile.)"""
    changed = changes_leaned_on(field, stored)
    current = BaselineImport.objects.active() if changed else None
    if current is None:
        return
    before, after = (_unreadable(current, registry) for registry in registries(field, stored))
    if after - before:
        raise refusal(changed[0], baselines=[(current.pk, f"{current} ({', '.join(sorted(after - before))})")])


@receiver(baseline_chosen, sender=Ruleset)
def baseline_counts(ruleset: Ruleset, **_: Any) -> None:
    activate_baseline(ruleset=ruleset)


def _unreadable(current: BaselineImport, registry: FieldRegistry) -> set[str]:
    """The fields, or the places in the document, that cannot be read where these are the facts."""
    try:
        return {item.key for item in read_document(current.document, registry).unconfigured()}
    except BaselineError as error:
        return {problem.path for problem in error.problems}

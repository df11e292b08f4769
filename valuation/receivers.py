"""After a write: mark what is stale, in the same transaction, and kick the job. Nothing is computed here.

Bulk writes (`bulk_create`, `update()`) send no signals: they call `marking`, `kick` and `audit.recording` by name.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import Model, Q
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver

from catalog.models import Cpu, CustomField, Gpu, Port, PortsProfile, Profile, RamSpec, StorageProfile
from catalog.signals import definition_changing
from listings.models import Listing
from listings.signals import figures_wanted, listings_written
from valuation.analytics.days import record_day
from valuation.definitions.guarding import refuse_breaking, told_of_switching_off
from valuation.history.audit import after_delete, after_save, before_delete, before_save
from valuation.jobs import kick, value_now
from valuation.market.refreshing import listings_moved
from valuation.models import RecalculationRun, Rule, RuleAction, RuleGroup, Ruleset, RulesetOverride
from valuation.recalculation.marking import mark_assigned, mark_listings, mark_rules, mark_scales
from valuation.recalculation.signals import everything_valued, inputs_moved

AUDITED_MODELS = (Ruleset, RuleGroup, Rule, RuleAction)
RULE_MODELS = (*AUDITED_MODELS, Profile, CustomField)
# model -> the listings that point at one of its rows
PART_LISTINGS = {
    Cpu: lambda part: Q(cpu=part),
    Gpu: lambda part: Q(gpu=part),
    RamSpec: lambda part: Q(ram_spec=part),
    StorageProfile: lambda part: Q(primary_storage_profile=part) | Q(secondary_storage_profile=part),
    PortsProfile: lambda part: Q(ports_profile=part),
    Port: lambda part: Q(ports_profile=part.ports_profile_id),
}
# model -> the key that says whose listings a row is part of, and those listings
MOVABLE = {
    Port: ("ports_profile_id", lambda profile: Q(ports_profile=profile)),
    RulesetOverride: ("listing_id", lambda listing: Q(pk=listing)),
}


@receiver([post_save, post_delete], sender=None)
def rules_changed(sender: type[Model], instance: Model, raw: bool = False, **_: Any) -> None:
    if raw or sender not in RULE_MODELS:
        return
    mark_rules(cause=_cause(instance))
    kick()


@receiver(definition_changing, sender=CustomField)
def definition_checked(field: CustomField, stored: CustomField | None, **_: Any) -> None:
    refuse_breaking(field, stored)
    field.warning = told_of_switching_off(field, stored)


@receiver(pre_save, sender=None)
def save_announced(sender: type[Model], instance: Model, raw: bool, **_: Any) -> None:
    if sender in AUDITED_MODELS and not raw:
        before_save(instance)


@receiver(post_save, sender=None)
def save_recorded(sender: type[Model], instance: Model, raw: bool, created: bool, **_: Any) -> None:
    if sender in AUDITED_MODELS and not raw:
        after_save(instance, created=created)


@receiver(pre_delete, sender=Ruleset)
def ruleset_leaves(instance: Ruleset, **_: Any) -> None:
    """What is assigned to it will be no more, and nothing will say so. Locks have an order: before those of rules."""
    mark_assigned([instance.pk])


@receiver(pre_delete, sender=None)
def deletion_announced(sender: type[Model], instance: Model, origin: Any, **_: Any) -> None:
    if sender in AUDITED_MODELS:
        before_delete(instance, origin)


@receiver(post_delete, sender=None)
def deletion_recorded(sender: type[Model], instance: Model, origin: Any, **_: Any) -> None:
    if sender in AUDITED_MODELS:
        after_delete(instance, origin)


@receiver(post_save, sender=Listing)
def listing_changed(instance: Listing, raw: bool, **_: Any) -> None:
    if raw:
        return
    mark_listings(Listing.objects.filter(pk=instance.pk), why=_cause(instance))
    kick()


@receiver(listings_written, sender=Listing)
def listings_changed(ids: Collection[int], **_: Any) -> None:
    mark_listings(Listing.objects.filter(pk__in=ids))
    kick()


@receiver(figures_wanted, sender=Listing)
def figures_shown(ids: Collection[int], **_: Any) -> None:
    value_now(ids)


@receiver(inputs_moved, sender=Listing)
def market_moves(ids: Sequence[int], **_: Any) -> None:
    listings_moved(ids)


@receiver(everything_valued, sender=RecalculationRun)
def day_kept(**_: Any) -> None:
    record_day()


@receiver([pre_save, pre_delete], sender=None)
def part_changing(sender: type[Model], instance: Model, raw: bool = False, **_: Any) -> None:
    """Its listings first, then the part: so does whoever writes listings, and then looks whether their parts exist."""
    if not raw and sender in PART_LISTINGS and instance.pk is not None:
        Listing.objects.filter(PART_LISTINGS[sender](instance)).hold()


@receiver([post_save, post_delete], sender=None)
def part_changed(sender: type[Model], instance: Model, raw: bool = False, created: bool = False, **_: Any) -> None:
    if raw or sender not in PART_LISTINGS:
        return
    if not created or sender is Port:  # nothing has a new part yet, but its profile may have listings
        mark_listings(Listing.objects.filter(PART_LISTINGS[sender](instance)), why=_cause(instance))
    if sender in (Cpu, Gpu):
        mark_scales()
    kick()


@receiver([pre_save, pre_delete], sender=None)
def row_leaves(sender: type[Model], instance: Model, raw: bool = False, **_: Any) -> None:
    """What is marked afterwards is where the row went. Where it was, the database alone knows, and only now."""
    if raw or sender not in MOVABLE or instance.pk is None:
        return
    key, listings = MOVABLE[sender]
    was = sender._base_manager.filter(pk=instance.pk).values_list(key, flat=True).first()
    if was is not None and was != getattr(instance, key):
        mark_listings(Listing.objects.filter(listings(was)), why=_cause(instance))
        kick()


@receiver([post_save, post_delete], sender=RulesetOverride)
def override_changed(instance: RulesetOverride, raw: bool = False, **_: Any) -> None:
    if raw:
        return
    mark_listings(Listing.objects.filter(pk=instance.listing_id), why=_cause(instance))
    kick()


@receiver(m2m_changed, sender=RulesetOverride.disabled_rulesets.through)
def disabled_changed(instance: Any, action: str, reverse: bool, pk_set: Collection[int] | None, **_: Any) -> None:
    """From the ruleset's side it may be many listings. If all go, the database alone knows which, and only before."""
    if not reverse:
        chosen = Q(ruleset_override=instance)
    elif pk_set is None:
        chosen = Q(ruleset_override__disabled_rulesets=instance)
    else:
        chosen = Q(ruleset_override__in=pk_set)
    if action == "pre_clear" or (pk_set is not None and action.startswith("post_")):
        mark_listings(Listing.objects.filter(chosen), why=_cause(instance))
        kick()


def _cause(row: Model) -> str:
    """The row that a person knows a change by: an action is a part of its rule."""
    if isinstance(row, RuleAction):
        return f"{Rule._meta.label_lower}:{row.rule_id}"
    return f"{row._meta.label_lower}:{row.pk}"

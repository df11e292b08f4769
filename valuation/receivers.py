"""After a write: mark what is stale, in the same transaction, and kick the job. Nothing is computed here.

Bulk writes (`bulk_create`, `update()`) send no signals: they call `marking` and `kick` by name.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Model, Q
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import receiver

from catalog.models import Cpu, CustomField, Gpu, Port, PortsProfile, Profile, RamSpec, StorageProfile
from listings.models import Listing
from valuation.jobs import kick
from valuation.models import Rule, RuleAction, RuleGroup, Ruleset, RulesetOverride
from valuation.recalculation.marking import mark_listings, mark_rules, mark_scales

RULE_MODELS = (Ruleset, RuleGroup, Rule, RuleAction, Profile, CustomField)
# model -> the listings that point at one of its rows
PART_LISTINGS = {
    Cpu: lambda part: Q(cpu=part),
    Gpu: lambda part: Q(gpu=part),
    RamSpec: lambda part: Q(ram_spec=part),
    StorageProfile: lambda part: Q(primary_storage_profile=part) | Q(secondary_storage_profile=part),
    PortsProfile: lambda part: Q(ports_profile=part),
    Port: lambda part: Q(ports_profile=part.ports_profile_id),
}


@receiver([post_save, post_delete], sender=None)
def rules_changed(sender: type[Model], instance: Model, raw: bool = False, **_: Any) -> None:
    if raw or sender not in RULE_MODELS:
        return
    mark_rules(cause=_cause(instance))
    kick()


@receiver(post_save, sender=Listing)
def listing_changed(instance: Listing, raw: bool, **_: Any) -> None:
    if raw:
        return
    mark_listings(Listing.objects.filter(pk=instance.pk))
    kick()


@receiver([post_save, post_delete], sender=None)
def part_changed(sender: type[Model], instance: Model, raw: bool = False, **_: Any) -> None:
    if raw or sender not in PART_LISTINGS:
        return
    mark_listings(Listing.objects.filter(PART_LISTINGS[sender](instance)))
    if sender in (Cpu, Gpu):
        mark_scales()
    kick()


@receiver([post_save, post_delete], sender=RulesetOverride)
def override_changed(instance: RulesetOverride, raw: bool = False, **_: Any) -> None:
    if raw:
        return
    mark_listings(Listing.objects.filter(pk=instance.listing_id))
    kick()


@receiver(m2m_changed, sender=RulesetOverride.disabled_rulesets.through)
def disabled_changed(instance: Any, action: str, reverse: bool, **_: Any) -> None:
    if not action.startswith("post_"):
        return
    if reverse:  # from the ruleset's side it may be any number of listings
        mark_rules()
    else:
        mark_listings(Listing.objects.filter(ruleset_override=instance))
    kick()


def _cause(row: Model) -> str:
    """The row that a person knows a change by: an action is a part of its rule."""
    if isinstance(row, RuleAction):
        return f"{Rule._meta.label_lower}:{row.rule_id}"
    return f"{row._meta.label_lower}:{row.pk}"

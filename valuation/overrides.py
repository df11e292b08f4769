"""What people decide for one listing: a ruleset of its own, or rulesets it does not take part in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from listings.models import Listing
from listings.querysets import ListingQuerySet
from valuation.models import Ruleset, RulesetOverride


@dataclass(frozen=True, slots=True)
class Override:
    """`ruleset_id` is the one ruleset of a static listing; None: all active ones that match, but the disabled."""

    ruleset_id: int | None = None
    disabled: tuple[int, ...] = ()


class UnknownRuleset(Exception):
    """Rulesets that were named and do not exist."""

    def __init__(self, ids: Collection[int]) -> None:
        self.ids = sorted(ids)
        super().__init__(f"There is no ruleset with the id {', '.join(map(str, self.ids))}.")


def override_of(listing: Listing) -> Override:
    """Two queries at most."""
    row = RulesetOverride.objects.filter(listing=listing).first()
    if row is None:
        return Override()
    disabled = row.disabled_rulesets.order_by("pk").values_list("pk", flat=True)
    return Override(row.static_ruleset_id, tuple(disabled))


def set_override(*, listing: Listing, override: Override) -> Override:
    """Store the decision; one that decides nothing leaves no row.

    Raises UnknownRuleset, and ValidationError under `ruleset_id` for a ruleset that is newly assigned and not active:
    the listing would be valued as if it were not. One that it is assigned to already stays, whatever became of it.
    """
    named = {*override.disabled, *([override.ruleset_id] if override.ruleset_id else [])}
    known = dict(Ruleset.objects.filter(pk__in=named).values_list("pk", "is_active"))
    if missing := named - known.keys():
        raise UnknownRuleset(missing)
    refuse_drafts(named)
    if override.ruleset_id and not known[override.ruleset_id] and override.ruleset_id != _assigned(listing):
        message = f"Ruleset {override.ruleset_id} is not active: switch it on, or choose another."
        raise ValidationError({"ruleset_id": message})
    with transaction.atomic():
        if not named:
            for row in RulesetOverride.objects.filter(listing=listing):
                row.delete()
            return Override()
        row, _ = RulesetOverride.objects.update_or_create(
            listing=listing, defaults={"static_ruleset_id": override.ruleset_id}
        )
        row.disabled_rulesets.set(override.disabled)
    return override_of(listing)


def refuse_drafts(named: Collection[int]) -> None:
    """Raise ValidationError where one of these rulesets is a draft, which counts for no listing."""
    draft = Ruleset.objects.filter(pk__in=named, draft_of__isnull=False).first() if named else None
    if draft is not None:
        message = f'"{draft}" is a draft, which counts for no listing until it is published: choose its original.'
        raise ValidationError({"ruleset_id": message})


def _assigned(listing: Listing) -> int | None:
    assigned = RulesetOverride.objects.filter(listing=listing).values_list("static_ruleset_id", flat=True)
    return assigned.first()


def listings_of_ruleset(ruleset_id: int) -> ListingQuerySet:
    """Listings that are not assigned to another ruleset and have not switched this one off."""
    elsewhere = Listing.objects.filter(ruleset_override__static_ruleset__isnull=False).exclude(
        ruleset_override__static_ruleset=ruleset_id
    )
    switched_off = Listing.objects.filter(ruleset_override__disabled_rulesets=ruleset_id)
    return Listing.objects.exclude(pk__in=elsewhere).exclude(pk__in=switched_off)

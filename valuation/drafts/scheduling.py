"""What cron does of drafts: publish those that are due, each exactly once, and say of the others why not."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from dealbrain.actor import acting
from valuation.drafts.publishing import CannotPublish, publish
from valuation.models import Draft
from valuation.recalculation.marking import lock_rules

PUBLISHERS = ("valuation.change_ruleset", "valuation.change_rule")


@dataclass(frozen=True, slots=True)
class Due:
    """One draft whose moment had come, and what came of it."""

    name: str
    original_name: str
    failure: str = ""

    def __str__(self) -> str:
        if self.failure:
            return f'The draft "{self.name}" was not published: {self.failure}'
        return f'Published the draft "{self.name}" as "{self.original_name}".'


def publish_due() -> list[Due]:
    """Publish what is due. One query where nothing is. A draft that cannot be published is not tried again."""
    due = Draft.objects.filter(publish_at__lte=timezone.now()).order_by("publish_at", "pk")
    found = (_publish(pk) for pk in list(due.values_list("pk", flat=True)))
    return [outcome for outcome in found if outcome is not None]


def _publish(pk: int) -> Due | None:
    """None where somebody else was faster, or has put it off."""
    with transaction.atomic():
        lock_rules()  # of two crons the second waits here, and then finds nothing due
        draft = Draft.objects.select_related("ruleset", "scheduled_by").filter(pk=pk).first()
        if draft is None or draft.publish_at is None or draft.publish_at > timezone.now():
            return None
        name, user = draft.ruleset.name, draft.scheduled_by
        if user is None or not user.is_active or not user.has_perms(PUBLISHERS):
            return _told(draft, "Whoever scheduled it may not publish any more: somebody who may has to do it.")
        try:
            with transaction.atomic(), acting(user.get_username()):
                publish(
                    draft_id=pk,
                    note=draft.note,
                    user=user,
                    choices=draft.choices,
                    override_reason=draft.override_reason,
                )
        except (CannotPublish, PermissionDenied) as error:
            return _told(draft, str(error))
        except ValidationError as error:
            return _told(draft, " ".join(error.messages))
    return Due(name, draft.original_name)


def _told(draft: Draft, failure: str) -> Due:
    Draft.objects.filter(pk=draft.pk).update(publish_at=None, failure=failure)
    return Due(draft.ruleset.name, draft.original_name, failure)

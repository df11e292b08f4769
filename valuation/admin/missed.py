"""A rule that is deleted while somebody edits it: what they typed is there again, as a rule that can be added."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from dealbrain.careful import SAW
from dealbrain.kept import keep
from dealbrain.text import row_id
from valuation.models import AuditEntry, Rule, TargetKind

OF_STORED_ROWS = re.compile(r"^actions-\d+-(id|rule)$")


class MissedRuleMixin:
    """For the page of a rule, before all others."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if request.method == "POST" and object_id is not None and self.has_add_permission(request):  # type: ignore[attr-defined]
            pk = row_id(unquote(object_id))
            if pk is not None and not Rule.objects.filter(pk=pk).exists():
                add = reverse("admin:valuation_rule_add")
                keep(request, add, _as_new(request.POST), _what_happened(pk))
                return HttpResponseRedirect(add)
        page: HttpResponse = super().changeform_view(request, object_id, *args, **kwargs)  # type: ignore[misc]
        return page


def _as_new(typed: QueryDict) -> str:
    """The same form for a rule that is not there yet: its actions are none of those that are stored."""
    sent = typed.copy()
    for name in [name for name in sent if OF_STORED_ROWS.match(name) or name in (SAW, "csrfmiddlewaretoken")]:
        del sent[name]
    if "actions-TOTAL_FORMS" in sent:
        sent["actions-INITIAL_FORMS"] = "0"
    return sent.urlencode()


def _what_happened(pk: int) -> str:
    gone = (
        AuditEntry.objects.filter(target_kind=TargetKind.RULE, target_id=pk, action="deleted").order_by("-pk").first()
    )
    who = f"{gone.actor or 'Somebody'} deleted it at {gone.at:%Y-%m-%d %H:%M:%S} UTC" if gone else "Somebody deleted it"
    return (
        f"This rule is not there any more: {who}. What you typed is here, and nothing of it has been saved: save it as "
        "a new rule, or bring the deleted one back from the history of its ruleset."
    )

"""Pages of rules write down what they change, and do not overwrite what somebody else saved meanwhile."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import lazy

from dealbrain.careful import CarefulForm, CarefulMixin
from valuation.admin.forms import FoldedErrors
from valuation.admin.homes import homes_of
from valuation.admin.shared import warn_of_examples
from valuation.deleting import counts_inside, delete_trees
from valuation.explaining.differences import differences
from valuation.history.audit import recording
from valuation.models import AuditEntry, Rule, RuleGroup, Ruleset, TargetKind
from valuation.permissions import NOT_TO_SWITCH, may_switch, may_write, ruleset_of, why_not
from valuation.registry import field_registry

MOST_TOLD = 3  # of what an edit changed
OWNERS = ("ruleset", "group")
HOMES: dict[Any, tuple[str, ...]] = {Ruleset: (), RuleGroup: ("ruleset",), Rule: ("group__ruleset",)}


def newest_change() -> int:
    """The id of the newest audit entry, 0 before the first."""
    return AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def changes_shown(obj: Any) -> QuerySet[AuditEntry]:
    """The changes, newest first, of what the form of a ruleset, group or rule would overwrite: that row alone.

    What stands in it is edited line by line, and each line looks for itself.
    """
    if isinstance(obj, Rule):
        mine = Q(rule_id=obj.pk)
    elif isinstance(obj, RuleGroup):
        mine = Q(target_kind=TargetKind.GROUP, target_id=obj.pk)
    else:
        mine = Q(target_kind=TargetKind.RULESET, target_id=obj.pk)
    return AuditEntry.objects.filter(mine).order_by("-pk")


_newest_when_shown: Any = lazy(lambda: str(newest_change()), str)


class RecordedForm(CarefulForm, FoldedErrors):
    """Knows the newest change when its page was opened, and asks where the row goes."""

    user: ClassVar[Any]
    saw: forms.Field = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput)

    def clean(self) -> Any:
        self.refuse_places()
        return super().clean()

    def refuse_places(self) -> None:
        """Where the row is has been asked by the page; here it is asked where it goes, and what a switch would do."""
        for name in OWNERS:
            place = self.cleaned_data.get(name)
            if place is not None and not may_write(self.user, place):
                self.add_error(name, ValidationError(why_not(place), code="baseline"))
        on = self.cleaned_data.get("is_active")
        if on is not None and self.instance.pk is not None and not may_switch(self.user, self.instance, on=on):
            self.add_error("is_active", ValidationError(NOT_TO_SWITCH, code="baseline"))


def _in_words(entry: AuditEntry) -> str:
    """What an edit changed: ` (Weight: 1, now 0.5)`."""
    if entry.action != "updated":
        return ""
    homes = homes_of(content for content in (entry.before, entry.after))
    found = differences(entry.before, entry.after, field_registry(), homes)
    told = [f"{difference.label}: {difference.old}, now {difference.new}" for difference in found[:MOST_TOLD]]
    return f" ({'; '.join(told)}{'; and more' if len(found) > MOST_TOLD else ''})" if told else ""


class RecordedMixin(CarefulMixin):
    """For the pages of rulesets, groups and rules, whose changes are written down. Others wait for the save."""

    form: Any = RecordedForm
    careful_form: Any = RecordedForm

    def writing(self) -> AbstractContextManager[Any]:
        return recording()

    def page_state(self, request: HttpRequest, object_id: str | None) -> str:
        # A page that is saved needs it only if it is shown again.
        return _newest_when_shown() if request.method == "POST" else str(newest_change())

    def changed_since(self, obj: Any, saw: Any, now: str) -> str:
        newer = changes_shown(obj).filter(pk__gt=saw).first()
        if newer is None:
            return ""
        return (
            f"{newer.actor or 'Somebody'} {newer.action} the {newer.target_kind} “{newer.target_name}” at "
            f"{newer.at:%Y-%m-%d %H:%M:%S} UTC{_in_words(newer)}"
        )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.user = request.user
        return form

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._delete(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._delete(request, list(queryset.select_related(*HOMES[queryset.model])))

    def _delete(self, request: HttpRequest, rows: list[Any]) -> None:
        rulesets = dict.fromkeys(ruleset_of(row) for row in rows if not isinstance(row, Ruleset))
        delete_trees(rows)
        for ruleset in list(rulesets)[:MOST_TOLD]:
            warn_of_examples(request, ruleset)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What goes along is counted, not listed: there may be thousands. Who may delete a row may delete all of it."""
        rows = list(objs)
        lines = [str(row) for row in rows]
        counts = {str(self.opts.verbose_name_plural): len(rows), **counts_inside(rows)}  # type: ignore[attr-defined]  # ModelAdmin's
        allowed = all(self.has_delete_permission(request, row) for row in rows)  # type: ignore[attr-defined]  # as above
        return lines, counts, set() if allowed else {str(self.opts.verbose_name)}, []  # type: ignore[attr-defined]  # as above

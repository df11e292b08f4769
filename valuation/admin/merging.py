"""Two people on one rule: the second to save sees what both made of it, beside what both began from, and chooses.

What only one of them changed is chosen already. The choice is sent with the form, as `take-NAME`: a field for which
"theirs" is chosen is saved as it is stored, whatever is typed in it. Actions are one choice, since they are one amount.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse, QueryDict

from valuation.admin.careful import changes_shown
from valuation.admin.homes import homes_of
from valuation.explaining.differences import LABELS, words_of
from valuation.history.states import ACTION_FIELDS, RULE_FIELDS, Json, Target, content_of, load_states
from valuation.models import Rule, TargetKind
from valuation.registry import field_registry

TAKE, THEIRS, MINE = "take-", "theirs", "mine"
ACTIONS = "actions"
# What a version says -> the field of the form.
FIELDS = {
    "name": "name",
    "group_id": "group",
    "evaluation_order": "evaluation_order",
    "priority": "priority",
    "is_active": "is_active",
    "description": "description",
    "conditions": "conditions",
    "metadata": "metadata",
}
MOST_ENTRIES = 500


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that differs, in words: what both began from, what is stored now, what is typed. `both` changed it."""

    name: str
    label: str
    base: str
    theirs: str
    mine: str
    take: str
    both: bool


class MergingMixin:
    """For the page of a rule."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if request.method == "POST" and object_id and any(name.startswith(TAKE) for name in request.POST):
            rule = self.get_object(request, object_id)  # type: ignore[attr-defined]  # ModelAdmin's
            if rule is not None and self.has_change_permission(request, rule):  # type: ignore[attr-defined]
                request.POST = self.chosen(request, rule)  # type: ignore[assignment]  # as a browser sends it
        page: HttpResponse = super().changeform_view(request, object_id, *args, **kwargs)  # type: ignore[misc]
        return page

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        form, rule = context["adminform"].form, kwargs.get("obj")
        if rule is not None and form.is_bound and form.has_error(NON_FIELD_ERRORS, "overtaken"):
            formset = context["inline_admin_formsets"][0].formset
            context["choices"] = choices(form, formset, form.cleaned_data.get("saw") or 0)
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]
        return page

    def chosen(self, request: HttpRequest, rule: Rule) -> QueryDict:
        """The form with what is stored, where that was chosen."""
        sent = request.POST.copy()
        made: Any = self.get_form(request, rule, change=True)  # type: ignore[attr-defined]  # ModelAdmin's
        stored = made(instance=rule)
        for field in FIELDS.values():
            if sent.get(TAKE + field) == THEIRS and field in stored.fields:
                _put(sent, field, stored[field].value())
        if TAKE + ACTIONS in sent:
            looked = _Looked(request)
            formsets, _ = self._create_formsets(looked, rule, change=True)  # type: ignore[attr-defined]  # ModelAdmin's
            if sent[TAKE + ACTIONS] == THEIRS:
                _take_actions(sent, formsets[0])
            else:
                _keep_actions(sent, {str(row.instance.pk) for row in formsets[0].initial_forms})
        return sent


class _Looked:
    """The request as one that only looks: its formsets show what is stored."""

    method = "GET"

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def __getattr__(self, name: str) -> Any:
        return getattr(self._request, name)


def choices(form: Any, formset: Any, saw: int) -> list[Choice]:
    """What differs between what is stored and what is typed; what they changed alone is theirs, else mine."""
    target = Target(TargetKind.RULE, form.instance.pk)
    theirs = load_states([target])[target].content
    base = dict(theirs)
    for entry in changes_shown(Rule(pk=form.instance.pk)).filter(pk__gt=saw)[:MOST_ENTRIES]:
        base.update(entry.before or {})
    mine = _typed(form, formset)
    registry, homes = field_registry(), homes_of([theirs, base, mine])
    found = []
    for name in LABELS:
        field = FIELDS.get(name, ACTIONS if name == ACTIONS else "")
        if not field or theirs.get(name) == mine.get(name):
            continue
        by_them, by_me = theirs.get(name) != base.get(name), mine.get(name) != base.get(name)
        was, stored, typed = (words_of(name, side.get(name), registry, homes) for side in (base, theirs, mine))
        take = THEIRS if by_them and not by_me else MINE
        found.append(Choice(field, LABELS[name], was, stored, typed, take, both=by_them and by_me))
    return found


def _typed(form: Any, formset: Any) -> Json:
    """What is typed, as a version would say it."""
    rule, typed = form.instance, form.cleaned_data
    group = typed["group"].pk if typed.get("group") else None
    row = {name: getattr(rule, name) for name in (*RULE_FIELDS, "metadata")} | {"group_id": group}
    shown = [line for line in formset.forms if line not in formset.deleted_forms]
    kept = [line.instance for line in shown if line.instance.pk is not None or line.has_changed()]
    actions = sorted(kept, key=lambda action: action.position)
    told = content_of(row, RULE_FIELDS, "metadata", "group_id")
    return told | {ACTIONS: [content_of(vars(action), ACTION_FIELDS) for action in actions]}


def _put(sent: QueryDict, name: str, value: Any) -> None:
    """As a browser would send it: a box that is not ticked is not sent."""
    if value is None or value is False:
        sent.pop(name, None)
    else:
        sent[name] = "on" if value is True else str(value)


def _take_actions(sent: QueryDict, stored: Any) -> None:
    for name in [name for name in sent if name.startswith("actions-") and name.split("-")[1].isdigit()]:
        del sent[name]
    for row in stored.initial_forms:
        for name in row.fields:
            _put(sent, row.add_prefix(name), row[name].value())
    sent["actions-TOTAL_FORMS"] = sent["actions-INITIAL_FORMS"] = str(len(stored.initial_forms))


def _keep_actions(sent: QueryDict, stored: set[str]) -> None:
    """The typed rows, and no others: rows that are gone are new ones, and those that came meanwhile are taken out."""
    rows: dict[str, dict[str, str]] = {}
    for name in [name for name in sent if name.startswith("actions-") and name.count("-") >= 2]:
        _, number, field = name.split("-", 2)
        if number.isdigit():
            rows.setdefault(number, {})[field] = str(sent[name])
            del sent[name]
    typed = [rows[number] for number in sorted(rows, key=int)]
    known = [row for row in typed if row.get("id") in stored]
    new = [{name: value for name, value in row.items() if name != "id"} for row in typed if row.get("id") not in stored]
    owner = next((row["rule"] for row in typed if "rule" in row), "")
    left = stored - {row["id"] for row in known}
    gone = [{"id": pk, "rule": owner, "DELETE": "on"} for pk in sorted(left, key=int)]
    for place, row in enumerate([*known, *gone, *new]):
        for field, value in row.items():
            sent[f"actions-{place}-{field}"] = value
    sent["actions-TOTAL_FORMS"] = str(len(known) + len(gone) + len(new))
    sent["actions-INITIAL_FORMS"] = str(len(known) + len(gone))

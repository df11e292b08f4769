"""What the pages of rulesets, groups and rules share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from valuation.engine import FieldRegistry, Problem, check_action, check_conditions
from valuation.examples.storing import checked_after
from valuation.explaining.summaries import NO_ACTION, summarise_action, summarise_conditions
from valuation.history.audit import recording
from valuation.jobs import kick
from valuation.models import Rule, Ruleset
from valuation.permissions import may_switch, may_write, ruleset_of
from valuation.recalculation.marking import mark_rules

MOST_TOLD = 5  # examples that do not hold, and rulesets that are asked for them


def rule_problems(rule: Rule, registry: FieldRegistry) -> list[Problem]:
    """Everything that is wrong with a stored rule, warnings too. No query if the actions are prefetched."""
    problems = list(check_conditions(rule.conditions, registry))
    for position, action in enumerate(rule.actions.all()):
        found = check_action(action.spec, registry)
        problems.extend(problem.under(f"actions[{position}]") for problem in found)
    return problems


def show_actions(rule: Rule, registry: FieldRegistry) -> SafeString:
    """What a rule's actions add, one on each line."""
    lines = [(summarise_action(action.spec, registry),) for action in rule.actions.all()]
    return format_html_join(mark_safe("<br>"), "{}", lines) if lines else format_html("<em>{}</em>", NO_ACTION)


def show_conditions(rule: Rule, registry: FieldRegistry) -> SafeString:
    """When a rule applies, and why it cannot run, or does not yet, if so."""
    if reason := rule.needs_configuration:
        return format_html('<strong class="broken">Needs configuration</strong>: {}', reason)
    text = format_html("{}", when(rule, registry))
    errors = [(str(p),) for p in rule_problems(rule, registry) if p.severity == "error"]
    if not errors:
        return text
    return format_html(
        '{}<br><strong class="broken">Cannot run: {}</strong>', text, format_html_join("; ", "{}", errors)
    )


def when(rule: Rule, registry: FieldRegistry) -> str:
    """When a rule applies, in words. An override says so: it takes its listings from what it replaces."""
    own = summarise_conditions(rule.conditions, registry)
    if not rule.overrides:
        return own
    beside = "" if not rule.conditions else f", and {own[0].lower()}{own[1:]}"
    return f"Instead of the baseline's {rule.overrides}, where that applies or a formula says so{beside}"


def warn(request: HttpRequest, name: str, problems: Iterable[Problem]) -> None:
    """What was saved and is probably not meant."""
    for problem in problems:
        if problem.severity == "warning":
            messages.warning(request, f"{name}: {problem}")


def warn_of_examples(request: HttpRequest, ruleset: Ruleset | None) -> None:
    """Of what was saved in a ruleset: which of its examples do not hold any more."""
    if ruleset is not None:
        for outcome in checked_after(ruleset).wrong[:MOST_TOLD]:
            messages.warning(request, str(outcome))


class BaselineGuard:
    """Baselines, and what is in them, are read-only for people without the baseline permission.

    These ask where a row is; where it goes is asked by the form (`RecordedForm.refuse_places`).
    """

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj) and super().has_change_permission(request, obj)  # type: ignore[misc]  # a mixin

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj) and super().has_delete_permission(request, obj)  # type: ignore[misc]  # a mixin

    @staticmethod
    def _may(request: HttpRequest, obj: Any) -> bool:
        return may_write(request.user, obj)


class InlineGuard(BaselineGuard):
    """The same for rows inside the page of such a row."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj) and super().has_add_permission(request, obj)  # type: ignore[misc]  # a mixin


class SwitchMixin:
    """List actions that switch rows on and off. They write by sets, and so record, mark and kick by name.

    They also reach a rule that cannot be saved any more, because a field it names was deleted.
    """

    actions: tuple[str, ...] = ("activate", "deactivate")

    @admin.action(description="Activate the selected %(verbose_name_plural)s", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._switch(request, queryset, on=True)

    @admin.action(description="Deactivate the selected %(verbose_name_plural)s", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._switch(request, queryset, on=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Any], *, on: bool) -> None:
        allowed = [
            obj
            for obj in queryset
            if self.has_change_permission(request, obj) and may_switch(request.user, obj, on=on)  # type: ignore[attr-defined]
        ]
        refused = queryset.count() - len(allowed)
        unready = {obj.pk for obj in queryset if on and _is_unready(obj)}
        rows = queryset.model.objects.filter(pk__in={obj.pk for obj in allowed} - unready).exclude(is_active=on)
        with recording(rows):
            count = rows.update(is_active=on, updated_at=timezone.now())
            mark_rules()
            kick()
        word = "active" if on else "inactive"
        messages.success(request, f"{count} made {word}; figures follow.")
        for ruleset in list(dict.fromkeys(ruleset_of(obj) for obj in allowed))[:MOST_TOLD]:
            warn_of_examples(request, ruleset)
        if refused:
            messages.warning(request, f"{refused} belong to a baseline, which you may not change.")
        if unready:
            messages.warning(request, f"{len(unready)} left as they are: {UNREADY[queryset.model]}")


UNREADY = {
    Ruleset: "a baseline is activated among the baselines, and a draft counts when it is published.",
    Rule: "they have no action or need configuration. Open each and write what it adds and when it applies.",
}


def _is_unready(obj: Any) -> bool:
    """Whether a row may not be switched on from its list."""
    if isinstance(obj, Rule):
        return obj.is_unconfigured or not obj.actions.all()
    return isinstance(obj, Ruleset) and (obj.draft_of_id is not None or (obj.is_baseline and not obj.is_active))

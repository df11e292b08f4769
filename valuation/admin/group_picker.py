"""The group of a rule: each under its ruleset, with whether that counts; one's own before the reviewed baseline."""

from __future__ import annotations

from typing import Any

from django.forms.widgets import Select

from dealbrain.text import row_id
from valuation.models import Rule, RuleGroup, Ruleset
from valuation.permissions import may_write

MOST_OFFERED = 1_000
GROUP_GONE = "This group is not there any more: somebody has deleted it. Choose another; all else is as you typed it."
CHOOSE = ("", "Choose a group")


def state_of(ruleset: Ruleset) -> str:
    """Whether a ruleset counts, in a word or two."""
    if ruleset.is_baseline:
        return "baseline" if ruleset.is_active else "baseline, not in force"
    if ruleset.is_active:
        return "in force"
    return "switched off" if ruleset.draft_of_id is None else "a draft"


class GroupSelect(Select):
    """Offers the groups that somebody may write to. Any other is refused by the form, with the reason."""

    offered: Any = ()

    def offer(self, user: Any, rule: Rule | None) -> None:
        """Called for each page, since groups come and go. Two queries, when the options are asked for."""
        self.offered = _Offered(user, rule)

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> Any:
        """What was chosen and is not offered stays: nobody's choice is lost because a page is shown again."""
        self.choices = self.offered  # the field has put all groups there
        groups = super().optgroups(name, value, attrs)
        known = {str(option["value"]) for _, options, _ in groups for option in options}
        for pk in value:
            if pk and pk not in known:
                option = self.create_option(name, pk, _named(pk), True, 0, attrs=attrs)
                groups.append((None, [option], len(groups)))
        return groups


def _named(pk: str) -> str:
    group = RuleGroup.objects.select_related("ruleset").filter(pk=row_id(pk) or 0).first()
    return f"{group.ruleset}: {group}" if group else "a group that is not there any more"


class _Offered:
    """Options, read when they are iterated."""

    def __init__(self, user: Any, rule: Rule | None) -> None:
        self._user, self._home = user, rule.group_id if rule else None

    def __iter__(self) -> Any:
        yield CHOOSE
        groups = RuleGroup.objects.select_related("ruleset").filter(ruleset__is_baseline=False)
        baseline = RuleGroup.objects.select_related("ruleset").filter(
            ruleset__is_baseline=True, ruleset__is_active=True
        )
        order = ("-ruleset__is_active", "ruleset__name", "ruleset", "display_order", "pk")
        rows = [*groups.order_by(*order)[:MOST_OFFERED], *baseline.order_by(*order)[:MOST_OFFERED]]
        headings: dict[Ruleset, list[tuple[int, str]]] = {}
        for group in rows:
            if group.pk == self._home or may_write(self._user, group):
                off = "" if group.is_active else " (switched off)"
                headings.setdefault(group.ruleset, []).append((group.pk, f"{group}{off}"))
        for ruleset, options in headings.items():
            yield f"{ruleset} ({state_of(ruleset)})", options

"""What rulesets, groups, rules and their history can be filtered by."""

from __future__ import annotations

import django_filters

from dealbrain.api.filters import OnlyFilter, ParameterFilter, SearchedBy, text, whole
from dealbrain.api.parameters import MOST_ID, Moment
from valuation.models import AuditEntry, Rule, RuleGroup, Ruleset


class RulesetFilterSet(django_filters.FilterSet):
    active_only = OnlyFilter("active_only", "Whether to leave out what is not active.", "is_active")
    draft_of = whole("draft_of_id", most=MOST_ID)
    q = SearchedBy("name", "description")

    class Meta:
        model = Ruleset
        fields: tuple[str, ...] = ()


class RuleGroupFilterSet(django_filters.FilterSet):
    ruleset_id = whole("ruleset_id", most=MOST_ID)
    category = text("category")
    q = SearchedBy("name", "description", "category")

    class Meta:
        model = RuleGroup
        fields: tuple[str, ...] = ()


class RuleFilterSet(django_filters.FilterSet):
    group_id = whole("group_id", most=MOST_ID)
    ruleset_id = whole("group__ruleset_id", most=MOST_ID)
    active_only = OnlyFilter("active_only", "Whether to leave out rules that are not active.", "is_active")
    q = SearchedBy("name", "description")

    class Meta:
        model = Rule
        fields: tuple[str, ...] = ()


class AuditFilterSet(django_filters.FilterSet):
    rule_id = whole("rule_id", most=MOST_ID)
    ruleset_id = whole("ruleset_id", most=MOST_ID)
    actor = django_filters.CharFilter(max_length=150, label="The user name of who made the change")
    since = ParameterFilter(Moment("since", "Changes at this time or later."), "at", "gte")

    class Meta:
        model = AuditEntry
        fields: tuple[str, ...] = ()

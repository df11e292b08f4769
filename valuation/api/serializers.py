"""Rulesets, groups and rules as they are shown and written. A rule is written whole, with its actions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from django.db.models import Model
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from dealbrain.api.serializers import DecimalField, JsonField, ReferenceField, StrictSerializer, default_of
from valuation.engine import OPTION, FieldRegistry, Problem, check_action, check_conditions, plain_conditions
from valuation.models import Rule, RuleAction, RuleGroup, Ruleset
from valuation.models.rules import WITHOUT_ACTION
from valuation.permissions import may_switch, refuse_activating, refuse_writing
from valuation.registry import field_registry

STAMPS = ("created_at", "updated_at")
ACTION_FIELDS = ("action_type", "metric", "value_usd", "unit_type", "formula", "modifiers")
MOST_ACTIONS = 50  # of one rule
BY_LOGIN = "Who does something is known by the login, and is not for a client to say."
MADE_BY = dict.fromkeys(("created_by", "actor"), BY_LOGIN)


def shared_registry(field: serializers.Field[Any, Any, Any, Any]) -> FieldRegistry:
    """The fields that rules may name, read once for all parts of one body."""
    context: Any = field.context  # of the whole body
    if "field_registry" not in context:
        context["field_registry"] = field_registry()
    registry: FieldRegistry = context["field_registry"]
    return registry


def errors_of(problems: Iterable[Problem]) -> dict[str, list[ErrorDetail]]:
    """What stops a rule from being saved, by path. Warnings do not."""
    errors: dict[str, list[ErrorDetail]] = {}
    for problem in problems:
        if problem.severity == "error":
            message = ErrorDetail(str(replace(problem, path="")), code=problem.code)
            errors.setdefault(problem.path, []).append(message)
    return errors


class ConditionsField(JsonField):
    """A condition tree; null: every listing."""

    json_schema = {"$ref": "#/components/schemas/Conditions"}

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "allow_null": True, **options})

    def to_internal_value(self, data: Any) -> Any:
        tree = super().to_internal_value(data)
        problems = check_conditions(tree, shared_registry(self))
        stored = getattr(getattr(self.parent, "instance", None), "conditions", None)
        if tree and tree == stored:  # what has lost its option may be sent back
            problems = [problem for problem in problems if problem.code != OPTION]
        errors = errors_of(problems)
        if errors:
            # The path is part of the message: it begins with the field's own name, and is told apart when it is shown.
            raise ValidationError(
                [
                    message if path == "conditions" else ErrorDetail(f"{path}: {message}", code=message.code)
                    for path, messages in errors.items()
                    for message in messages
                ]
            )
        return plain_conditions(tree)


def _order_of(action: Any) -> int | None:
    order = action.get("display_order") if isinstance(action, dict) else None
    return order if isinstance(order, int) and not isinstance(order, bool) else None


class ActionListSerializer(serializers.ListSerializer[Any]):
    """The actions of a rule in the order in which they run: that of the list, or of the older `display_order`."""

    def arranged(self, items: list[Any]) -> list[Any]:
        numbered = [(order, at) for at, item in enumerate(items) if isinstance(order := _order_of(item), int)]
        return [items[at] for _, at in sorted(numbered)] if len(numbered) == len(items) else items

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "max_length": MOST_ACTIONS})


class ActionSerializer(StrictSerializer):
    """How many dollars a matching rule gives. Null counts as left out."""

    idle_names: ClassVar[Mapping[str, str]] = {
        "id": "",
        "display_order": "",
        "description": "An action has no description of its own: write it into that of the rule.",
    }

    class Meta:
        model = RuleAction
        fields = ACTION_FIELDS
        list_serializer_class = ActionListSerializer
        extra_kwargs: ClassVar[dict[str, Any]] = {"action_type": {"required": True}}
        json_schemas: ClassVar[dict[str, Any]] = {"modifiers": {"$ref": "#/components/schemas/Modifiers"}}

    def to_internal_value(self, data: Any) -> Any:
        """Everything that is wrong: what the columns refuse, and what the engine refuses in the rest."""
        if not isinstance(data, dict):
            return super().to_internal_value(data)
        given = {name: value for name, value in data.items() if value is not None or name == "action_type"}
        errors: Any = {}
        try:
            values = super().to_internal_value(given)
        except ValidationError as error:
            errors = error.detail
            readable = [name for name in self.fields if name in given and name not in errors]
            values = {name: self.fields[name].run_validation(given[name]) for name in readable}
        if "action_type" not in given:  # a PATCH of the rule would pass it over
            errors["action_type"] = [ErrorDetail("This field is required.", code="required")]
        found = check_action(RuleAction(**values).spec, shared_registry(self))
        errors |= {path: messages for path, messages in errors_of(found).items() if self._tells(path, errors)}
        if errors:
            raise ValidationError(errors)
        return values

    @staticmethod
    def _tells(path: str, errors: Any) -> bool:
        """Whether a problem at `path` is more than a consequence of what was refused before."""
        field = re.split(r"[.\[]", path, maxsplit=1)[0]
        return field not in errors and ("action_type" not in errors or field == "modifiers")


class InsideSerializer(StrictSerializer):
    """A row inside another, its owner, in which its name is unique."""

    owner: ClassVar[str]  # the name of the foreign key

    def validate(self, attrs: Any) -> Any:
        values = super().validate(attrs)
        owner = values.get(self.owner)
        if owner is not None:
            # (Of a row that is moved, the view has looked at the owner it had.)
            refuse_writing(self.context["request"].user, owner)
        if "name" in values or owner is not None:
            self._refuse_twin(values)
        return values

    def _refuse_twin(self, values: dict[str, Any]) -> None:
        stored = self.instance
        model: type[Model] = self.Meta.model
        owner_id = values[self.owner].pk if self.owner in values else getattr(stored, f"{self.owner}_id")
        name = values.get("name") or getattr(stored, "name", "")
        twins = model._default_manager.filter(**{self.owner: owner_id, "name": name})
        if twins.exclude(pk=getattr(stored, "pk", None)).exists():
            message = f"There is a {model._meta.verbose_name} of this name in this {self.owner} already."
            raise ValidationError({"name": [ErrorDetail(message, code="unique")]})


class RuleSerializer(InsideSerializer):
    """`actions` is the whole list: what is sent replaces what was there, in its order."""

    owner = "group"
    idle_names = {**MADE_BY, "category": "A rule has the category of its group."}
    derived = ("version",)
    example: ClassVar[dict[str, Any]] = {
        "group_id": 1,
        "name": "16 GB and more",
        "conditions": {"field_name": "ram_gb", "operator": "gte", "value": 16},
        "actions": [{"action_type": "per_unit", "metric": "per_gb", "value_usd": 2.5}],
    }
    group_id = ReferenceField(queryset=RuleGroup.objects.select_related("ruleset"), source="group")
    conditions = ConditionsField()
    actions = ActionSerializer(many=True, required=False)

    class Meta:
        model = Rule
        fields = (
            "id",
            "group_id",
            "name",
            "description",
            "priority",
            "evaluation_order",
            "is_active",
            "conditions",
            "actions",
            "metadata",
            "version",
            *STAMPS,
        )
        read_only_fields = ("version", *STAMPS)
        validators: ClassVar[list[Any]] = []  # the name is looked at in `validate`

    def validate(self, attrs: Any) -> Any:
        values = super().validate(attrs)
        stored = self.instance if self.partial else None
        if stored is not None and not {"is_active", "actions"} & values.keys():
            return values
        is_active = values.get("is_active", True if stored is None else stored.is_active)
        actions = values.get("actions") if "actions" in values or stored is None else stored.actions.all()
        if is_active and not actions:
            raise ValidationError({"actions": [ErrorDetail(WITHOUT_ACTION, code="no_action")]})
        return values

    def create(self, validated_data: dict[str, Any]) -> Rule:
        actions = validated_data.pop("actions", [])
        rule: Rule = super().create(validated_data)
        return self._with(rule, actions)

    def update(self, instance: Rule, validated_data: dict[str, Any]) -> Rule:
        actions = validated_data.pop("actions", None if self.partial else [])
        rule: Rule = super().update(instance, validated_data)
        return rule if actions is None else self._with(rule, actions)

    @staticmethod
    def _with(rule: Rule, actions: list[dict[str, Any]]) -> Rule:
        """Positions keep their rows, so that an unchanged list is an unchanged rule."""
        stored = list(rule.actions.all())
        for surplus in stored[len(actions) :]:
            surplus.delete()
        for position, given in enumerate(actions):
            action = stored[position] if position < len(stored) else RuleAction(rule=rule)
            action.position = position
            for name in ACTION_FIELDS:
                setattr(action, name, given.get(name, default_of(RuleAction, name)))
            action.save()
        return rule


class WeightField(DecimalField):
    """0 to 1; null is the weight of a group that has none, 1."""

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        return super().validate_empty_values(1 if data is None else data)


class GroupSerializer(InsideSerializer):
    """A group in a list: without its rules, but with how many there are."""

    owner = "ruleset"
    idle_names = {**MADE_BY, "basic_managed": "Which group holds the adjustments is not for a client to say."}
    derived = ("rules_count", "version")
    example: ClassVar[dict[str, Any]] = {"ruleset_id": 1, "name": "Memory", "category": "ram"}
    ruleset_id = ReferenceField(queryset=Ruleset.objects.all(), source="ruleset")
    weight = WeightField(max_digits=5, decimal_places=4, min_value=0, max_value=1, required=False)
    rules_count = serializers.IntegerField(read_only=True)

    class Meta:
        model = RuleGroup
        fields: tuple[str, ...] = (
            "id",
            "ruleset_id",
            "name",
            "category",
            "description",
            "display_order",
            "weight",
            "match_policy",
            "is_active",
            "metadata",
            "entity_key",
            *STAMPS,
            "rules_count",
        )
        read_only_fields = STAMPS
        validators: ClassVar[list[Any]] = []  # the name is looked at in `validate`


class GroupDetailSerializer(GroupSerializer):
    """A group with its rules, which are written by themselves."""

    rules = RuleSerializer(many=True, read_only=True)

    class Meta(GroupSerializer.Meta):
        fields = (*GroupSerializer.Meta.fields, "rules")


class RulesetSerializer(StrictSerializer):
    """A ruleset in a list: without what is in it, but with how much there is."""

    example: ClassVar[dict[str, Any]] = {"name": "What I care about", "effect": "add", "priority": 10}
    older_names = {"groups": "rule_groups"}
    idle_names = MADE_BY
    derived = ("groups_count", "rules_count", "version", "draft_of")
    conditions = ConditionsField()
    draft_of = serializers.IntegerField(source="draft_of_id", read_only=True, allow_null=True)
    groups_count = serializers.IntegerField(read_only=True)
    rules_count = serializers.IntegerField(read_only=True)

    class Meta:
        model = Ruleset
        fields: tuple[str, ...] = (
            "id",
            "name",
            "description",
            "version",
            "effect",
            "priority",
            "conditions",
            "is_active",
            "is_baseline",
            "draft_of",
            "metadata",
            *STAMPS,
            "groups_count",
            "rules_count",
        )
        read_only_fields = ("is_baseline", *STAMPS)

    def validate(self, attrs: Any) -> Any:
        values = super().validate(attrs)
        if self.instance is not None and "is_active" in values:
            user = self.context["request"].user
            if not may_switch(user, self.instance, on=values["is_active"]):
                refuse_activating(user)
        return values


class RulesetDetailSerializer(RulesetSerializer):
    """A ruleset with its groups and their rules, which are written by themselves."""

    rule_groups = GroupDetailSerializer(source="groups", many=True, read_only=True)

    class Meta(RulesetSerializer.Meta):
        fields = (*RulesetSerializer.Meta.fields, "rule_groups")

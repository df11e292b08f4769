"""What analysts write: rulesets > groups > rules > actions. The rulebook turns rows into engine specs."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from dealbrain.constraints import one_of
from dealbrain.db import CharField, CheckedModel, CounterField, JSONField, TextField
from valuation.choices import ActionType, Effect, MatchPolicy, UnitType
from valuation.engine import OPTION, ActionSpec, plain_conditions
from valuation.validation import action_problems, conditions_problems, raise_problems

COUNTS_NOT = (
    "A draft counts nowhere until it is published, and then as the ruleset that it is a draft of: "
    "leave it inactive, and publish it."
)
NEEDS_CONFIGURATION = "needs_configuration"  # in the metadata of a rule: the reason
WITHOUT_ACTION = "An active rule needs an action, which says what it adds: give it one, or save it as inactive."
UNCONFIGURED = (
    "This rule of a baseline needs configuration: write when it applies before it is activated, or, if it is meant "
    f'for every listing, take "{NEEDS_CONFIGURATION}" out of its metadata.'
)


def validate_object(value: object) -> None:
    if not isinstance(value, dict):
        raise ValidationError("This must be a JSON object: {...}.")


def check_kept_conditions(row: Ruleset | Rule) -> None:
    """Check the conditions of a row, and put them as they are kept. What has no option any more may stay as it was."""
    problems = conditions_problems(row.conditions)
    if any(problem.code == OPTION for problem in problems) and not row._state.adding:
        stored = type(row)._base_manager.filter(pk=row.pk).values_list("conditions", flat=True).first()
        if stored == row.conditions:
            problems = [problem for problem in problems if problem.code != OPTION]
    raise_problems({"conditions": problems})
    row.conditions = plain_conditions(row.conditions)


class Ruleset(CheckedModel):
    """A set of rules that runs as a whole, in the order (priority, id), on listings that its conditions match."""

    name = CharField(max_length=255, unique=True)
    description = TextField(blank=True)
    version = CharField(max_length=32, default="1.0.0", blank=True)
    effect = CharField(max_length=8, choices=Effect, default=Effect.ADD)
    priority = models.IntegerField(default=100, help_text="Lower runs first.")
    conditions = JSONField(null=True, blank=True, help_text="Which listings it is for; empty: all of them.")
    is_active = models.BooleanField("active", default=True)
    is_baseline = models.BooleanField(
        "baseline", default=False, editable=False, help_text="Made by the baseline loader."
    )
    metadata = JSONField(default=dict, blank=True, validators=[validate_object])
    # Versions of one thing run at the same moment among rulesets of equal priority: where the first of them would.
    place = models.BigIntegerField(null=True, blank=True, editable=False)
    # Of what it is a draft. If that is deleted, an inactive ruleset like any other is left; `draft` says what it was.
    draft_of = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="drafts",
        help_text="The ruleset whose content it will become when it is published.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["priority", "pk"]
        constraints = [
            one_of("valuation_ruleset_effect", "effect", Effect.values),
            models.UniqueConstraint(
                fields=["is_baseline"],
                condition=models.Q(is_baseline=True, is_active=True),
                name="valuation_ruleset_one_active_baseline",
                violation_error_message="Another baseline is active: activate this one among the baselines, which "
                "switches the other off.",
            ),
            # So that no place that asks for what is active has to know of drafts.
            models.CheckConstraint(
                name="valuation_ruleset_draft_counts_not",
                condition=models.Q(draft_of__isnull=True) | models.Q(is_active=False, is_baseline=False),
                violation_error_message=COUNTS_NOT,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if self.draft_of_id is not None and self.is_active:
            raise ValidationError({"is_active": COUNTS_NOT})
        check_kept_conditions(self)


class RuleGroup(CheckedModel):
    """Rules about one thing. Order: (display_order, id)."""

    ruleset = models.ForeignKey(Ruleset, models.CASCADE, related_name="groups")
    name = CharField(max_length=255)
    category = CharField(max_length=64, blank=True)
    description = TextField(blank=True)
    display_order = models.IntegerField("order", default=100)
    weight = models.DecimalField(
        max_digits=5,
        decimal_places=4,
        default=1,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="0 to 1; multiplies every amount of the group.",
    )
    match_policy = CharField(max_length=8, choices=MatchPolicy, default=MatchPolicy.COLLECT)
    is_active = models.BooleanField("active", default=True)
    metadata = JSONField(default=dict, blank=True, validators=[validate_object])
    entity_key = CharField(max_length=64, blank=True)
    # Written by `baselines.overriding` alone, as `Rule.overrides` is: a name that people may give makes no home.
    takes_overrides = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["ruleset", "display_order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["ruleset", "name"], name="valuation_rulegroup_name"),
            one_of("valuation_rulegroup_match_policy", "match_policy", MatchPolicy.values),
            models.CheckConstraint(
                name="valuation_rulegroup_weight",
                condition=models.Q(weight__gte=0, weight__lte=1),
                violation_error_message="weight must lie between 0 and 1.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Rule(CheckedModel):
    """When the conditions hold, each action gives dollars. Order: (evaluation_order, priority, id)."""

    group = models.ForeignKey(RuleGroup, models.CASCADE, related_name="rules")
    name = CharField(max_length=255)
    description = TextField(blank=True)
    evaluation_order = models.IntegerField("order", default=100)
    priority = models.IntegerField(default=100, help_text="Lower runs first among rules of the same order.")
    is_active = models.BooleanField("active", default=True)
    conditions = JSONField(null=True, blank=True, help_text="Empty: matches every listing.")
    metadata = JSONField(default=dict, blank=True, validators=[validate_object])
    # Written by `baselines.overriding` alone: what people may write, metadata for one, makes no override.
    overrides = CharField(
        max_length=129, blank=True, editable=False, help_text="The field of the baseline that it counts instead of."
    )
    version = CounterField()  # the number of its newest RuleVersion; moved by `valuation.history.audit` alone
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["group", "evaluation_order", "priority", "pk"]
        constraints = [models.UniqueConstraint(fields=["group", "name"], name="valuation_rule_name")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        check_kept_conditions(self)
        if self.is_active and self.is_unconfigured:
            raise ValidationError({"is_active": UNCONFIGURED})

    @property
    def needs_configuration(self) -> str:
        """Why the loader of baselines could not make this rule count; "" for any other and for one that is active."""
        return "" if self.is_active else str(self.metadata.get(NEEDS_CONFIGURATION, ""))

    @property
    def is_unconfigured(self) -> bool:
        """Whether nobody has said yet when this rule applies. Active, it would apply to every listing."""
        return NEEDS_CONFIGURATION in self.metadata and not self.conditions


class RuleAction(CheckedModel):
    """How many dollars a matching rule gives. A rule's actions run in the order (position, id)."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="actions")
    position = models.PositiveIntegerField(default=0)
    action_type = CharField(max_length=16, choices=ActionType, default=ActionType.FIXED_VALUE)
    metric = CharField(
        max_length=64, blank=True, help_text="What is counted or measured: per_gb, cpu.cpu_mark_multi, ..."
    )
    value_usd = models.DecimalField(
        "value (USD or %)",
        max_digits=14,
        decimal_places=4,
        null=True,
        blank=True,
        help_text="Dollars, or percent for a percent of the running price.",
    )
    unit_type = CharField(max_length=16, choices=UnitType, blank=True)
    formula = CharField(max_length=1000, blank=True)
    modifiers = JSONField(default=dict, blank=True, validators=[validate_object])

    class Meta:
        ordering = ["rule", "position", "pk"]
        verbose_name = "action"
        constraints = [
            one_of("valuation_ruleaction_action_type", "action_type", ActionType.values),
            one_of("valuation_ruleaction_unit_type", "unit_type", ["", *UnitType.values]),
        ]

    def __str__(self) -> str:
        return ActionType(self.action_type).label

    @property
    def spec(self) -> ActionSpec:
        """The engine's view of this action, stored or not."""
        return ActionSpec(
            action_type=self.action_type,
            metric=self.metric,
            value_usd=None if self.value_usd is None else float(self.value_usd),
            unit_type=self.unit_type,
            formula=self.formula,
            modifiers=self.modifiers or {},
        )

    def clean(self) -> None:
        super().clean()
        problems = action_problems(self.spec)
        fields = ("action_type", "metric", "value_usd", "unit_type", "formula", "modifiers")
        raise_problems({name: [p for p in problems if p.path.split(".")[0].split("[")[0] == name] for name in fields})

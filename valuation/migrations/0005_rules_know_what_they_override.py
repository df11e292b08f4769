"""What makes a rule an override becomes a column. Until now the group and the metadata did, which anybody could write.

An override of a value had the conditions of the baseline's rules of that day; it follows them from here on, so those that
are still the same are taken off. What somebody has written otherwise stays, as a condition beside.
"""

from django.db import migrations, models
from django.db.models import Q

BASIC = "Basic · Adjustments"


def name_overrides(apps, schema_editor):
    rule_model = apps.get_model("valuation", "Rule")
    ruleset_model = apps.get_model("valuation", "Ruleset")
    active = ruleset_model.objects.filter(is_baseline=True, is_active=True).first()
    found = rule_model.objects.filter(group__name=BASIC, metadata__has_key="entity").select_related("group")
    for rule in found.prefetch_related("actions"):
        entity, field = rule.metadata.get("entity"), rule.metadata.get("field")
        if not (isinstance(entity, str) and isinstance(field, str)):
            continue
        home = rule.group.ruleset if rule.group.ruleset.is_baseline else active
        is_value = any(action.action_type != "formula" for action in rule.actions.all())
        changes = {"overrides": f"{entity}.{field}"[:129]}
        if is_value and home is not None and rule.conditions == any_of(rule_model, home, entity, field):
            changes["conditions"] = None
        rule_model.objects.filter(pk=rule.pk).update(**changes)
    groups = apps.get_model("valuation", "RuleGroup").objects.filter(name=BASIC)
    with_overrides = rule_model.objects.exclude(overrides="").values("group_id")
    groups.filter(Q(ruleset__is_baseline=True) | Q(pk__in=with_overrides)).update(takes_overrides=True)


def any_of(rule_model, ruleset, entity, field):
    own = rule_model.objects.filter(~Q(group__name=BASIC), group__ruleset=ruleset, is_active=True)
    own = own.filter(metadata__entity=entity, metadata__field=field).order_by("evaluation_order", "pk")
    trees = list(own.values_list("conditions", flat=True))
    if not trees or not all(trees):
        return None
    trees = [{"logical_operator": "and", "conditions": tree} if isinstance(tree, list) else tree for tree in trees]
    return trees[0] if len(trees) == 1 else {"logical_operator": "or", "conditions": trees}


class Migration(migrations.Migration):
    dependencies = [("valuation", "0004_one_active_baseline")]

    operations = [
        migrations.AddField(
            model_name="rule",
            name="overrides",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text="The field of the baseline that it counts instead of.",
                max_length=129,
            ),
        ),
        migrations.AddField(
            model_name="rulegroup",
            name="takes_overrides",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="ruleset",
            name="place",
            field=models.BigIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.RunPython(name_overrides, migrations.RunPython.noop),
    ]

"""Order by what a mark costs: adjusted prices that are not above zero come first, in their own order."""

import django.db.models.expressions
import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('listings', '0005_condition_may_be_unstated'),
        ('valuation', '0008_unknown_is_missing'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='listingvaluation',
            name='valuation_by_cpu_mark',
        ),
        migrations.RemoveIndex(
            model_name='listingvaluation',
            name='valuation_by_single',
        ),
        migrations.AddField(
            model_name='listingvaluation',
            name='rank_per_cpu_mark',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(models.Q(('adjusted_cents__lte', 0), ('dollar_per_cpu_mark__isnull', False)), then=django.db.models.functions.comparison.Cast(django.db.models.expressions.CombinedExpression(models.F('adjusted_cents'), '-', models.Value(1)), models.FloatField())), default=models.F('dollar_per_cpu_mark')), output_field=models.FloatField(null=True)),
        ),
        migrations.AddField(
            model_name='listingvaluation',
            name='rank_per_single_mark',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(models.Q(('adjusted_cents__lte', 0), ('dollar_per_single_mark__isnull', False)), then=django.db.models.functions.comparison.Cast(django.db.models.expressions.CombinedExpression(models.F('adjusted_cents'), '-', models.Value(1)), models.FloatField())), default=models.F('dollar_per_single_mark')), output_field=models.FloatField(null=True)),
        ),
    ]

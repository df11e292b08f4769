"""Indexes of figures without the id behind each, and none for dollars per single-core mark. See decision 0024."""

from __future__ import annotations

from django.db import migrations, models

GONE = ("valuation_by_adjusted", "valuation_by_composite")  # those of the ratios went with their order
MADE = {
    "valuation_by_adjusted": "adjusted_cents",
    "valuation_by_cpu_mark": "rank_per_cpu_mark",
    "valuation_by_composite": "score_composite",
}


class Migration(migrations.Migration):
    dependencies = [("valuation", "0009_order_at_and_below_zero")]
    operations = [
        *(migrations.RemoveIndex("listingvaluation", name) for name in GONE),
        *(
            migrations.AddIndex("listingvaluation", models.Index(fields=[column], name=name))
            for name, column in MADE.items()
        ),
    ]

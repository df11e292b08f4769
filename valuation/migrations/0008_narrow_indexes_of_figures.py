"""Indexes of figures without the id behind each, and none for dollars per single-core mark. See decision 0024."""

from __future__ import annotations

from django.db import migrations, models

GONE = ("valuation_by_adjusted", "valuation_by_cpu_mark", "valuation_by_single", "valuation_by_composite")
MADE = {
    "valuation_by_adjusted": "adjusted_cents",
    "valuation_by_cpu_mark": "dollar_per_cpu_mark",
    "valuation_by_composite": "score_composite",
}


class Migration(migrations.Migration):
    dependencies = [("valuation", "0007_text_in_nfc")]
    operations = [
        *(migrations.RemoveIndex("listingvaluation", name) for name in GONE),
        *(
            migrations.AddIndex("listingvaluation", models.Index(fields=[column], name=name))
            for name, column in MADE.items()
        ),
    ]

"""Forms of the listings' admin."""

from __future__ import annotations

from typing import Any

from catalog.custom_inputs import AttributesForm
from dealbrain.forms import LinesField
from listings.pricing import day_of, price_of, settled
from listings.specs import DECIDES


class ListingForm(AttributesForm):
    other_components = LinesField(required=False, help_text="One on each line.")

    def clean(self) -> dict[str, Any]:
        """A reference wins over the numbers beside it, so a number that someone typed against it is not just lost."""
        data = super().clean() or {}
        for reference, numbers in DECIDES.items():
            part = data.get(reference)
            if part is None:
                continue
            for name, decided_by in numbers:
                decided = getattr(part, decided_by)
                if name in self.changed_data and data.get(name) not in (decided, decided or ""):
                    label = self.fields[reference].label
                    shown = "nothing" if decided is None else decided
                    self.add_error(
                        name, f'The {label} "{part}" says {shown}: choose another, or clear it and give numbers alone.'
                    )
        return self._with_dollars(data)

    def _with_dollars(self, data: dict[str, Any]) -> dict[str, Any]:
        """Dollars of an original price that somebody has typed, where they have typed no dollars."""
        names = ("price_usd", "price_original", "currency")
        if not set(names) <= data.keys() or not set(names) & set(self.changed_data):
            return data
        before = price_of(self.instance)
        now = before._replace(**{name: data[name] for name in names})
        price = settled(before, now, given=self.changed_data, day=day_of(data.get("price_date")))
        self.instance.exchange_rate, self.instance.rate_date = price.exchange_rate, price.rate_date
        return {**data, "price_usd": price.price_usd}

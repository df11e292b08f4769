"""Forms of the listings' admin."""

from __future__ import annotations

from typing import Any

from django import forms

from dealbrain.forms import LinesField

# reference -> the numbers it decides: (field of the listing, field of the part)
DECIDES = {
    "ram_spec": (("ram_gb", "total_capacity_gb"),),
    "primary_storage_profile": (("primary_storage_gb", "capacity_gb"), ("primary_storage_type", "medium")),
    "secondary_storage_profile": (("secondary_storage_gb", "capacity_gb"), ("secondary_storage_type", "medium")),
}


class ListingForm(forms.ModelForm):
    other_components = LinesField(required=False, help_text="One on each line.")

    def clean(self) -> dict[str, Any]:
        """A reference wins over the numbers beside it, so a number that someone typed against it is not just lost."""
        data = super().clean() or {}
        for reference, numbers in DECIDES.items():
            part = data.get(reference)
            if part is None or reference in self.changed_data:
                continue
            for name, decided_by in numbers:
                decided = getattr(part, decided_by)
                if name in self.changed_data and data.get(name) not in (decided, decided or ""):
                    label = self.fields[reference].label
                    shown = "nothing" if decided is None else decided
                    self.add_error(
                        name, f'The {label} "{part}" says {shown}: choose another, or clear it and give numbers alone.'
                    )
        return data

"""Fields that analysts add to listings without a migration; rules see them as `custom.<key>`."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models

from catalog.choices import CustomFieldType
from dealbrain.constraints import one_of
from dealbrain.db import CheckedModel


class CustomField(CheckedModel):
    """The definition of one value in `Listing.attributes`."""

    key = models.CharField(
        max_length=64,
        unique=True,
        validators=[RegexValidator(r"^[a-z][a-z0-9_]*\Z", "Lower-case letters, digits and _, a letter first.")],
    )
    label = models.CharField(max_length=255)
    data_type = models.CharField(max_length=16, choices=CustomFieldType, default=CustomFieldType.STRING)
    description = models.TextField(blank=True)
    options = models.JSONField(default=list, blank=True, help_text="The values of a list field.")

    class Meta:
        ordering = ["key", "pk"]
        constraints = [one_of("catalog_customfield_data_type", "data_type", CustomFieldType.values)]

    def __str__(self) -> str:
        return self.label

"""Where the values of a listing came from."""

from __future__ import annotations

from django.db import models

from dealbrain.db import CheckedModel, JSONField
from listings.models.listing import Listing
from listings.validation import validate_facts


class ListingOrigin(CheckedModel):
    """What an import stored in a listing, and where it had read it: a table of its own, so that listings stay narrow.

    `facts` is {field: [where, value]} or {field: [where, value, header of the column]}; `where` is one of
    `choices.Whence`. A value is kept as it was stored, as JSON (`origins.stored`), so a value that somebody has
    corrected since is one that differs from it: no write of a listing has to tell anybody.
    """

    listing = models.OneToOneField(Listing, models.CASCADE, primary_key=True, related_name="origin")
    facts = JSONField(default=dict, blank=True, validators=[validate_facts])

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"Origin of listing {self.pk}"

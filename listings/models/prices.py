"""What offers cost, and when; what a currency was worth, and when."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models

from dealbrain.db import CharField, CheckedModel
from listings.models.listing import Listing
from listings.validation import MOST_RATE, validate_currency, validate_rate


class ExchangeRate(CheckedModel):
    """What one unit of a currency was worth in US dollars on a day. The operator loads or types it.

    A listing keeps the rate that its price was converted by: a new one, or a corrected one, rewrites no old price.
    """

    currency = CharField(max_length=3, validators=[validate_currency])
    date = models.DateField()
    usd_per_unit = models.DecimalField(
        "USD for one unit",
        max_digits=15,
        decimal_places=12,
        validators=[validate_rate],
        help_text="1.08 for the euro; 0.0067 for the yen.",
    )

    class Meta:
        ordering = ["-date", "currency", "pk"]
        constraints = [
            # Also finds the newest rate on or before a day.
            models.UniqueConstraint(
                fields=["currency", "date"],
                name="listings_exchangerate_day",
                violation_error_message="There is a rate of this currency for this day already.",
            ),
            models.CheckConstraint(
                name="listings_exchangerate_usd_per_unit",
                condition=models.Q(usd_per_unit__gt=0, usd_per_unit__lt=MOST_RATE),
                violation_error_message=f"usd_per_unit must be more than 0 and less than {MOST_RATE:,}.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.currency} on {self.date}"


class PriceRecord(CheckedModel):
    """What an offer cost on a day, as a file said it. `import_session` is the number of the import that told it.

    `price_usd` null means that there was no rate for the day.
    """

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="prices")
    date = models.DateField()
    price_original = models.DecimalField("price", max_digits=14, decimal_places=2, validators=[MinValueValidator(0)])
    currency = CharField(max_length=3, validators=[validate_currency])
    price_usd = models.DecimalField(
        "price (USD)", max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    import_session = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-date", "-pk"]
        indexes = [
            # Taking an import back removes what it told.
            models.Index(fields=["import_session"], name="listings_pricerecord_session"),
        ]
        constraints = [
            # Also serves the history of one listing.
            models.UniqueConstraint(
                fields=["listing", "date", "price_original", "currency"],
                name="listings_pricerecord_told_once",
                violation_error_message="The price of this day is known already.",
            ),
            models.CheckConstraint(
                name="listings_pricerecord_prices",
                condition=models.Q(price_original__gte=0)
                & (models.Q(price_usd__isnull=True) | models.Q(price_usd__gte=0)),
                violation_error_message="A price must be 0 or more.",
            ),
            models.CheckConstraint(
                name="listings_pricerecord_currency",
                condition=~models.Q(currency=""),
                violation_error_message="A price needs its currency.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.price_original} {self.currency} on {self.date}"

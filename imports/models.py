"""Files on their way in, what became of their rows, and what is remembered of them."""

from __future__ import annotations

from typing import Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone

from dealbrain.constraints import one_of
from dealbrain.db import CharField, JSONField, TextField
from imports.choices import RowOutcome, SessionState
from imports.mapping import FileKind
from listings.models import Listing

MOST_NAME = 255
MOST_SOURCE = 100
MAY_IMPORT = "imports.add_importsession"


class ImportSessionQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """Everybody's for those who may import; one's own for others, and nothing without a login."""
        if user is None or isinstance(user, AnonymousUser) or not user.is_authenticated:
            return self.none()
        return self.all() if user.has_perm(MAY_IMPORT) else self.filter(actor=user.get_username())


class ImportSession(models.Model):
    """One file from upload to commit, and back.

    `file_name` is shown and never a path; the bytes are in UPLOAD_ROOT under `stored_as`. `revision` counts every
    change, so that of two people who answer at once one is told. `progress` of `total` records were read.
    """

    file_name = CharField(max_length=MOST_NAME)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    stored_as = models.CharField(max_length=64, blank=True, editable=False)

    asked_kind = models.CharField(max_length=16, blank=True, help_text="What somebody said that the file is about.")
    kind = models.CharField(max_length=16, blank=True, choices=[(kind.value, kind.value) for kind in FileKind])
    source = CharField(max_length=MOST_SOURCE, blank=True, help_text="Whose numbers the file's numbers are.")
    currency = models.CharField(max_length=3, blank=True, help_text="Of prices that do not say theirs.")
    hints = JSONField(default=dict, blank=True, help_text="How to read the file, as somebody said.")
    set_values = JSONField(default=dict, blank=True, help_text="Values for every row, by column.")
    detection = JSONField(default=dict, blank=True)
    columns = JSONField(default=dict, blank=True, help_text="What was guessed of each column, corrected.")
    corrections = JSONField(default=dict, blank=True, help_text="What somebody said of columns, by position.")
    study = JSONField(default=dict, blank=True, help_text="What the columns of the file decide.")
    answers = JSONField(default=dict, blank=True)
    choices = JSONField(default=dict, blank=True, help_text="Conflicts: line -> keep, replace or both.")
    questions = JSONField(default=list, blank=True)
    counts = JSONField(default=dict, blank=True)
    notes = JSONField(default=list, blank=True)
    made = JSONField(default=dict, blank=True, help_text="Parts that the commit made, by kind.")
    left = JSONField(default=list, blank=True, help_text="What could not be taken back, with the reason.")

    state = models.CharField(max_length=16, choices=SessionState, default=SessionState.READING)
    error = TextField(blank=True)
    progress = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    actor = CharField(max_length=150, blank=True)
    committed_by = CharField(max_length=150, blank=True)
    undone_by = CharField(max_length=150, blank=True)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    committed_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = ImportSessionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = "import"
        constraints = [one_of("imports_importsession_state", "state", SessionState.values)]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.get_state_display()})"


class ImportRow(models.Model):
    """What became of one record of a file. Before a commit: of those only that need a look.

    `before` and `after` hold what the commit replaced and what it wrote, field by field, so that it can be taken back.
    `part` names the processor or card that a list of parts wrote: `cpu:12`.
    """

    session = models.ForeignKey(ImportSession, models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField()
    outcome = models.CharField(max_length=16, choices=RowOutcome)
    title = CharField(max_length=255, blank=True)
    messages = JSONField(default=list, blank=True, help_text="[{column, value, message}]")
    listing = models.ForeignKey(Listing, models.SET_NULL, null=True, blank=True, related_name="+")
    part = models.CharField(max_length=32, blank=True)
    before = JSONField(null=True, blank=True)
    after = JSONField(null=True, blank=True)

    class Meta:
        ordering = ["session", "line", "pk"]
        indexes = [
            # The rows of a session by what became of them, in the order of the file.
            models.Index(fields=["session", "outcome", "line"], name="imports_importrow_outcome"),
        ]
        constraints = [one_of("imports_importrow_outcome", "outcome", RowOutcome.values)]

    def __str__(self) -> str:
        return f"{self.line}: {self.title or self.outcome}"


class RememberedMap(models.Model):
    """How a file with these headers was read when it went in: the next one like it is read so, until somebody says
    otherwise. `headers` are normalised, `key` is their digest."""

    key = models.CharField(max_length=64, unique=True)
    headers = JSONField(default=list)
    kind = models.CharField(max_length=16)
    columns = JSONField(default=dict, help_text="Normalised header -> column.")
    encoding = models.CharField(max_length=32, blank=True)
    delimiter = models.CharField(max_length=4, blank=True)
    decimal_sign = models.CharField(max_length=1, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    source = CharField(max_length=MOST_SOURCE, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-updated_at", "-pk"]

    def __str__(self) -> str:
        return ", ".join(self.headers)[:100]


class PartPrice(models.Model):
    """What a part that is sold alone cost on a day: no listing, and no part of the catalog."""

    part = models.CharField(
        max_length=16, help_text="gpu, ram or drive; blank where the file does not say.", blank=True
    )
    name = CharField(max_length=MOST_NAME)
    capacity_gb = models.PositiveIntegerField("capacity (GB)", null=True, blank=True)
    medium = models.CharField(max_length=16, blank=True, help_text="Of a drive; of memory, its generation.")
    price_original = models.DecimalField("price", max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    price_usd = models.DecimalField("price (USD)", max_digits=12, decimal_places=2, null=True, blank=True)
    date = models.DateField()
    session = models.ForeignKey(ImportSession, models.CASCADE, related_name="part_prices")

    class Meta:
        ordering = ["-date", "name", "pk"]
        indexes = [
            # Which of a list's prices are known already.
            models.Index(fields=["name"], name="imports_partprice_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.price_original} {self.currency}"

    @property
    def key(self) -> tuple[Any, ...]:
        """What two records of one price have in common."""
        return self.part, self.name, self.capacity_gb, self.medium, self.price_original, self.currency, self.date


class KeptApart(models.Model):
    """Two listings of which somebody has said that they are two offers: they are not suggested for merging again."""

    first = models.ForeignKey(Listing, models.CASCADE, related_name="+")
    second = models.ForeignKey(Listing, models.CASCADE, related_name="+")
    decided_by = CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-decided_at", "-pk"]
        verbose_name = "possible duplicate"
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="imports_keptapart_pair"),
            # A pair is one row, whichever of the two was named first.
            models.CheckConstraint(name="imports_keptapart_order", condition=models.Q(first__lt=models.F("second"))),
        ]

    def __str__(self) -> str:
        return f"Listings {self.first_id} and {self.second_id} are two"


class Merge(models.Model):
    """A listing that was merged into another one: it is archived, and its later prices count there.

    `into` is never merged itself: when it is, those that it had taken in follow it.
    """

    listing = models.OneToOneField(Listing, models.CASCADE, related_name="+")
    into = models.ForeignKey(Listing, models.CASCADE, related_name="+")
    merged_by = CharField(max_length=150, blank=True)
    merged_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-merged_at", "-pk"]
        verbose_name = "merged listing"
        constraints = [
            models.CheckConstraint(name="imports_merge_two", condition=~models.Q(listing=models.F("into"))),
        ]

    def __str__(self) -> str:
        return f"Listing {self.listing_id} in listing {self.into_id}"

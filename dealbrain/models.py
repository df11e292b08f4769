"""What the API itself remembers: who may call it with a token, and what it has answered already."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from dealbrain.constraints import one_of
from dealbrain.db import CheckedModel


class TokenScope(models.TextChoices):
    """How much of what a person may do their token may do."""

    READ = "read", "reading"
    ALL = "all", "all that the person may"


class ApiToken(CheckedModel):
    """What a program shows instead of a password.

    Only the sha256 of it is kept, so whoever reads this table cannot call the API. (It is long and random: unlike a
    password it needs no slow hash.) `prefix` is its beginning, by which people tell their tokens apart. It ends with
    the password and with the account of its person.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, blank=True, help_text="What it is for.")
    scope = models.CharField(max_length=4, choices=TokenScope, default=TokenScope.ALL)
    prefix = models.CharField(max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: never.")
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = "API token"
        constraints = [one_of("dealbrain_apitoken_scope", "scope", TokenScope.values)]

    def __str__(self) -> str:
        return f"{self.prefix}…"


class IdempotentAnswer(models.Model):
    """The first answer to an `Idempotency-Key`, given again to whoever repeats the request within a day.

    `principal` is whose key it is; `fingerprint` tells a repeated request from another one under the same key. A row
    without a status is a request that is still being answered.
    """

    principal = models.CharField(max_length=64)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    # What is a day old is deleted by this.
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["principal", "key"], name="dealbrain_idempotentanswer_key")]

    def __str__(self) -> str:
        return f"{self.principal} {self.key}"

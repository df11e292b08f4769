"""`Idempotency-Key`: a POST that is repeated, because its answer was lost, is answered again and not done again."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from dealbrain.api.problems import Conflict, FieldProblem, InvalidInput
from dealbrain.deadlines import REQUEST_SECONDS
from dealbrain.models import IdempotentAnswer

HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{1,255}")
KEPT_FOR = timedelta(hours=24)
LONGEST_ANSWER = timedelta(seconds=REQUEST_SECONDS)  # a request without an answer after this has died
KEPT_HEADERS = ("Content-Type", "ETag", "Location")
MOST_KEPT = 65_536  # bytes of an answer
REPLAYED = {"Idempotent-Replayed": "true"}
NOT_KEPT = (
    "This was done before, under the same Idempotency-Key. Its answer was too large to be kept: read what it made."
)


class Replayed(Exception):
    """The request has been answered before: this is that answer."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


def read_key(request: Request) -> str | None:
    """The key of a request, if it has one. Raises InvalidInput for what can be none."""
    key = request.headers.get(HEADER)
    if key is not None and not KEY.fullmatch(key):
        raise InvalidInput([FieldProblem(HEADER, "This must be 1 to 255 visible ASCII characters.", "invalid")])
    return key


def claim(request: Request) -> IdempotentAnswer | None:
    """Reserve the key of a request by somebody known; None without a key.

    Where the caller's transaction holds the reservation, a second request with the key waits for its end, and a
    request that fails gives the key back. Raises Replayed, Conflict or InvalidInput.
    """
    key = read_key(request)
    if key is None or not request.user.is_authenticated:
        return None  # asks a question, and does nothing that could be done twice
    now = timezone.now()
    IdempotentAnswer.objects.filter(created_at__lt=now - KEPT_FOR).delete()
    IdempotentAnswer.objects.filter(status=None, created_at__lt=now - LONGEST_ANSWER).delete()
    mine = {"principal": f"user:{request.user.pk}", "key": key}
    fingerprint = _fingerprint(request)
    try:
        with transaction.atomic():
            return IdempotentAnswer.objects.create(**mine, fingerprint=fingerprint)
    except IntegrityError:
        first = IdempotentAnswer.objects.filter(**mine).first()
    if first is None or first.status is None:
        raise Conflict("A request with this Idempotency-Key is still being answered: ask again.")
    if first.fingerprint != fingerprint:
        raise Conflict("This Idempotency-Key was used for another request: take a new one.")
    headers = {**first.headers, **REPLAYED}
    if first.body:
        raise Replayed(HttpResponse(bytes(first.body), status=first.status, headers=headers))
    headers.pop("Content-Type", None)  # that of the answer that was not kept
    raise Replayed(JsonResponse({"detail": NOT_KEPT}, status=first.status, headers=headers))


def keep(claimed: IdempotentAnswer, response: Response) -> None:
    """Store the answer; an error gives the key back."""
    if response.status_code >= 400:
        claimed.delete()
        return
    response.render()
    claimed.status = response.status_code
    claimed.body = response.content if len(response.content) <= MOST_KEPT else b""
    claimed.headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    claimed.save()


def _fingerprint(request: Request) -> str:
    """What is asked, however it is written: the order of names, white space and a final slash do not matter."""
    django_request: Any = request._request
    query = django_request.META.get("QUERY_STRING", "")
    told = f"{django_request.method} {django_request.path.rstrip('/')}?{query}\n"
    media = str(request.content_type or "").partition(";")[0].strip().lower()
    if media == "multipart/form-data":  # a file is not read twice for this: its length tells it apart
        body = str(django_request.META.get("CONTENT_LENGTH"))
    elif media == "application/json":
        body = json.dumps(request.data, sort_keys=True, default=str)
    else:
        body = django_request.body.hex()
    return hashlib.sha256(f"{told}{body}".encode("utf-8", "surrogatepass")).hexdigest()

"""The API described: the document, and two ways to read it. Nothing that is stored is in it: nobody has to log in."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import condition, require_safe

from dealbrain.api.schema import document as described


@require_safe
@transaction.non_atomic_requests
@condition(etag_func=lambda request: described().etag)
def document(request: HttpRequest) -> HttpResponseBase:
    return HttpResponse(described().body, content_type="application/json")


@require_safe
@transaction.non_atomic_requests
def swagger(request: HttpRequest) -> HttpResponse:
    return render(request, "docs.html")


@require_safe
@transaction.non_atomic_requests
def redoc(request: HttpRequest) -> HttpResponse:
    return render(request, "redoc.html")

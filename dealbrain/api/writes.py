"""Creating, replacing, changing and deleting: the base of every endpoint that writes.

A leaf viewset adds nothing but its queryset, serializer and filters. Each write is one transaction; an ETag guards
against overwriting what somebody else has saved meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from django.db import IntegrityError, connection, transaction
from rest_framework.request import Request
from rest_framework.response import Response

from dealbrain.api.problems import Conflict
from dealbrain.api.views import ReadViewSet, etag

COLLECTION = {"get": "list", "post": "create"}
OBJECT = {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}


class WriteViewSet(ReadViewSet):
    """List, detail, POST, PUT, PATCH and DELETE of one model."""

    put_keeps = False  # whether PUT leaves what is left out as it is, as clients of the older contract mean it

    def create(self, request: Request) -> Response:
        self.read_query(request)
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        with self.collisions():
            row, made = self.make(serializer)
        self.written(row)
        document = self.get_serializer(self.get_or_404(str(row.pk))).data
        headers = {"ETag": etag(document, self.computed), "Location": f"{request.path.rstrip('/')}/{row.pk}"}
        return Response(document, status=HTTPStatus.CREATED if made else HTTPStatus.OK, headers=headers)

    def make(self, serializer: Any) -> tuple[Any, bool]:
        """The row of a valid POST, and whether it is new."""
        return serializer.save(), True

    def written(self, row: Any) -> None:
        """What is to be done between a write and its answer, in the same transaction."""

    def update(self, request: Request, pk: str, *, partial: bool = False) -> Response:
        self.read_query(request)
        row = self.guarded(request, pk)
        serializer = self.get_serializer(row, data=request.data, partial=partial or self.put_keeps)
        serializer.is_valid(raise_exception=True)
        with self.collisions():
            serializer.save()
        self.written(row)
        return self.tagged(request, self.get_serializer(self.get_or_404(pk)).data)

    def partial_update(self, request: Request, pk: str) -> Response:
        return self.update(request, pk, partial=True)

    def destroy(self, request: Request, pk: str) -> Response:
        self.read_query(request)
        self.guarded(request, pk).delete()
        return Response(status=HTTPStatus.NO_CONTENT)

    @contextmanager
    def collisions(self) -> Iterator[None]:
        """What the database refuses as a duplicate is a 409. All else was checked before."""
        try:
            with transaction.atomic():
                yield
        except IntegrityError as error:
            raise Conflict(f"There is a {self.model._meta.verbose_name} like this already.") from error

    def guarded(self, request: Request, pk: str) -> Any:
        """The row, held until the transaction ends. Raises PreconditionFailed where another state is asked for."""
        row = self.get_or_404(pk)
        if connection.features.has_select_for_update:
            self.model._default_manager.select_for_update(no_key=True).filter(pk=row.pk).first()
            row = self.get_or_404(pk)
        if "If-Match" in request.headers or "If-None-Match" in request.headers:
            self.refuse_overwriting(request, self.get_serializer(row).data)
        return row

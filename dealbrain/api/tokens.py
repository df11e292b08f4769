"""`/v1/tokens`: the tokens of whoever asks. They are made where a person is: in the admin, or by a command."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dealbrain.api.answers import Answer
from dealbrain.api.permissions import OwnRows
from dealbrain.api.serializers import StrictSerializer
from dealbrain.api.views import ReadViewSet
from dealbrain.models import ApiToken
from dealbrain.tokens import refusal, revoke


class TokenSerializer(StrictSerializer):
    """`prefix` is the beginning of its text, which nobody can read again. `ended` says why it opens nothing."""

    ended = serializers.SerializerMethodField()

    class Meta:
        model = ApiToken
        fields = (
            "id",
            "name",
            "prefix",
            "scope",
            "created_at",
            "expires_at",
            "last_used_at",
            "revoked_at",
            "ended",
        )

    def get_ended(self, token: ApiToken) -> str | None:
        return refusal(token) or None


class TokenViewSet(ReadViewSet):
    """Your own tokens, newest first, with when each was last used (to the hour)."""

    queryset = ApiToken.objects.select_related("user")
    serializer_class = TokenSerializer
    permission_classes = (OwnRows,)
    internal = True
    ordering_fields = {"id": "pk", "created_at": "created_at", "name": "name"}
    ordering = "-id"
    answers = {"revoke_all": Answer(None), "destroy": Answer(None)}

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().filter(user=self.request.user.pk)

    def destroy(self, request: Request, pk: str) -> Response:
        """Revoke a token: it opens nothing any more, and stays in the list."""
        self.read_query(request)
        revoke(ApiToken.objects.filter(pk=self.get_or_404(pk).pk))
        return Response(status=HTTPStatus.NO_CONTENT)

    def revoke_all(self, request: Request) -> Response:
        """Revoke every token of yours, the one that asks among them."""
        self.read_query(request)
        revoke(self.get_queryset())
        return Response(status=HTTPStatus.NO_CONTENT)

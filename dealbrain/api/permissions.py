"""Who may do what: reads are open where the installation says so, everything else by Django's model permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, DjangoModelPermissions

from dealbrain.models import TokenScope

if TYPE_CHECKING:  # rest_framework.views reads the settings that name this module
    from rest_framework.request import Request
    from rest_framework.views import APIView


class ReadOrModelPermissions(DjangoModelPermissions):
    """Reads: anyone if DEALBRAIN_PUBLIC_READ, else people with the view permission. Writes: model permissions.

    A view that is `internal` is never public. A POST of a view that `only_reads` is a read with a body. `requires`
    maps methods to the permission that counts instead of the model's own.
    """

    perms_map = {
        **DjangoModelPermissions.perms_map,
        "GET": ["%(app_label)s.view_%(model_name)s"],
        "HEAD": ["%(app_label)s.view_%(model_name)s"],
    }

    def has_permission(self, request: Request, view: APIView) -> bool:
        public = settings.DEALBRAIN_PUBLIC_READ and not getattr(view, "internal", False)
        reads = only_reads(request, view)
        refuse_beyond_scope(request, reads=reads)
        if reads and public:
            return True
        if reads and request.method == "POST":
            app, model = self._queryset(view).model._meta.app_label, self._queryset(view).model._meta.model_name
            return bool(request.user.has_perm(f"{app}.view_{model}"))
        if wanted := getattr(view, "requires", {}).get(request.method):
            return bool(request.user.has_perm(wanted))
        return super().has_permission(request, view)


class OwnRows(ReadOrModelPermissions):
    """For what belongs to whoever asks: a login is enough."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        refuse_beyond_scope(request, reads=only_reads(request, view))
        return bool(request.user and request.user.is_authenticated)


def only_reads(request: Request, view: APIView) -> bool:
    return request.method in SAFE_METHODS or bool(getattr(view, "only_reads", False))


def refuse_beyond_scope(request: Request, *, reads: bool) -> None:
    """Raise PermissionDenied for a write with a token that is for reading."""
    if not reads and getattr(request.auth, "scope", TokenScope.ALL) != TokenScope.ALL:
        raise PermissionDenied("This token is for reading: make one with the scope `all` to write.")

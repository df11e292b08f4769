"""Who may do what: reads are open where the installation says so, everything else by Django's model permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import SAFE_METHODS, DjangoModelPermissions

if TYPE_CHECKING:  # rest_framework.views reads the settings that name this module
    from rest_framework.request import Request
    from rest_framework.views import APIView


class BrowserSession(SessionAuthentication):
    """The visitor's session. Names a scheme, so that "nobody is logged in" answers 401 and not 403."""

    def authenticate_header(self, request: Request) -> str:
        return 'Session realm="Deal Brain"'


class ReadOrModelPermissions(DjangoModelPermissions):
    """Reads: anyone if DEALBRAIN_PUBLIC_READ, else people with the view permission. Writes: model permissions.

    A view that is `internal` is never public.
    """

    perms_map = {
        **DjangoModelPermissions.perms_map,
        "GET": ["%(app_label)s.view_%(model_name)s"],
        "HEAD": ["%(app_label)s.view_%(model_name)s"],
    }

    def has_permission(self, request: Request, view: APIView) -> bool:
        public = settings.DEALBRAIN_PUBLIC_READ and not getattr(view, "internal", False)
        if request.method in SAFE_METHODS and public:
            return True
        return super().has_permission(request, view)

"""Every URL of the product.

An app's pages are in `<app>/urls.py` and its API in `<app>/api/urls.py`, each with full paths; both are found by
their names, so that adding one changes nothing here. A trailing slash is optional everywhere (see
`OptionalSlashMiddleware`): write each path in one form only.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from dealbrain.views import health, openapi
from dealbrain.views.metrics import metrics


def app_urls() -> Iterator[str]:
    """The dotted names of the URL modules that exist: a higher app's first, which may take an address that a lower
    app would take for the id of something."""
    for app in reversed(settings.OWN_APPS):
        for name in ("urls", "api.urls"):
            module = f"{app}.{name}"
            if module != __name__ and (settings.BASE_DIR / f"{module.replace('.', '/')}.py").is_file():
                yield module


admin.autodiscover()
urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health.health, name="health"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("openapi.json", openapi.document, name="openapi"),
    path("docs", openapi.swagger, name="docs"),
    path("redoc", openapi.redoc, name="redoc"),
    path("admin/", admin.site.urls),
    path("_nested_admin/", include("nested_admin.urls")),
]
if settings.PROMETHEUS_ENABLED:
    urlpatterns.append(path("metrics", metrics, name="metrics"))
urlpatterns += [path("", include(module)) for module in app_urls()]

handler400 = "dealbrain.api.handlers.bad_request"
handler403 = "dealbrain.api.handlers.permission_denied"
handler404 = "dealbrain.api.handlers.not_found"
handler500 = "dealbrain.api.handlers.server_error"

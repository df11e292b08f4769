from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.contrib.admin import autodiscover
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core.checks import Tags, register

from dealbrain.checks import CHECKS, TAG


class AdminConfig(SimpleAdminConfig):
    """Django's admin, whose pages are loaded with the URLs, and to be checked: most commands show and check none."""

    default_site = "dealbrain.site.Site"

    def ready(self) -> None:
        register(check_dependencies, Tags.admin)
        register(check_pages, Tags.admin)


def check_pages(app_configs: Any, **options: Any) -> list[Any]:
    """Django's checks of the admin, of pages that are there by then."""
    autodiscover()
    found: list[Any] = check_admin_app(app_configs, **options)
    return found


class DealbrainConfig(AppConfig):
    default = True
    name = "dealbrain"
    verbose_name = "Deal Brain"

    def ready(self) -> None:
        for check in CHECKS:
            register(check, TAG)
        for module in ("groups", "tokens"):  # connects their receivers; they name models, which exist only from here on
            import_module(f"dealbrain.{module}")

"""Three groups of people, made and completed after every `migrate`.

Apps are named by label, as permissions are, so that this leaf imports none of them. Only what is missing is added: a
permission that an administrator gave a group stays, and one of those below comes back with the next `migrate`.
"""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.models import Group, Permission
from django.db import router
from django.db.models import Q
from django.db.models.signals import post_migrate
from django.dispatch import receiver

APPS = ("catalog", "listings", "valuation", "baselines", "imports")
EVERY_APP = tuple(f"{app}.view_*" for app in APPS)

# group -> `app.codename`; `*` at the end stands for anything.
GROUPS: dict[str, tuple[str, ...]] = {
    "Viewers": EVERY_APP,
    "Editors": (
        *EVERY_APP,
        *(f"catalog.*_{part}" for part in ("cpu", "gpu", "ramspec", "storageprofile", "portsprofile", "port")),
        "catalog.*_customfield",
        "listings.*",
        "imports.*",
    ),
    "Analysts": (
        *EVERY_APP,
        "catalog.*_profile",
        *(
            f"valuation.*_{model}"
            for model in ("ruleset", "rulegroup", "rule", "ruleaction", "rulesetoverride", "example")
        ),
        "valuation.change_setting",
        "valuation.add_recalculationrun",
        "valuation.add_marketmodel",
        "baselines.*",
    ),
}


@receiver(post_migrate)
def complete_groups(app_config: AppConfig, using: str, **_signal: Any) -> None:
    """Give each group its permissions of this app. (They exist: `django.contrib.auth` has just made them.)"""
    if app_config.label not in APPS or not router.allow_migrate_model(using, Group):
        return
    for name, patterns in GROUPS.items():
        group, _ = Group.objects.using(using).get_or_create(name=name)
        wanted = Permission.objects.using(using).filter(_matches(app_config.label, patterns))
        group.permissions.add(*wanted)


def _matches(app: str, patterns: tuple[str, ...]) -> Q:
    """The permissions of `app` that any pattern names."""
    found = Q(pk__in=[])
    for pattern in patterns:
        label, _, codename = pattern.partition(".")
        if label == app:
            head, star, tail = codename.partition("*")
            exact = Q(codename__startswith=head, codename__endswith=tail) if star else Q(codename=head)
            found |= exact & Q(content_type__app_label=app)
    return found

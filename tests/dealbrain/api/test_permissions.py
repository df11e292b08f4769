"""Who may do what: each method has a permission of its own, and reads are open where the installation says so."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from tests.factories import CpuFactory, CustomFieldFactory, ListingFactory, StaffFactory
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db

CPUS = "/v1/catalog/cpus"
# method -> (the one permission that it needs, status)
METHODS = {
    "GET": ("view_cpu", 200),
    "HEAD": ("view_cpu", 200),
    "POST": ("add_cpu", 201),
    "PUT": ("change_cpu", 200),
    "PATCH": ("change_cpu", 200),
    "DELETE": ("delete_cpu", 204),
}


def holding(*permissions: str) -> Client:
    user = StaffFactory()
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def ask(client: Client, method: str) -> int:
    path = CPUS if method == "POST" else f"{CPUS}/{CpuFactory().pk}"
    extra = {} if method in ("GET", "HEAD") else {"data": '{"name": "i5"}', "content_type": "application/json"}
    return int(client.generic(method, path, **extra).status_code)


@pytest.mark.parametrize("public", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_each_method_has_a_permission_of_its_own(settings: Any, method: str, public: bool) -> None:
    settings.DEALBRAIN_PUBLIC_READ = public
    needed, status = METHODS[method]
    read = method in ("GET", "HEAD") and public
    others = {permission for permission, _ in METHODS.values()} - {needed}
    assert ask(holding(*others), method) == (status if read else 403)
    assert ask(Client(), method) == (status if read else 401)
    assert ask(holding(needed), method) == status


def test_options_say_what_there_is(settings: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = True
    row = f"{CPUS}/{CpuFactory().pk}"
    for path, methods in ((CPUS, {"GET", "HEAD", "POST", "OPTIONS"}), (row, {*METHODS, "OPTIONS"} - {"POST"})):
        answer = Client().options(path)
        assert (answer.status_code, answer.content) == (204, b"")
        assert set(answer["Allow"].split(", ")) == methods
        refused = holding(*(permission for permission, _ in METHODS.values())).generic(
            "DELETE" if path == CPUS else "POST", path
        )
        assert (refused.status_code, set(refused["Allow"].split(", "))) == (405, methods)
    settings.DEALBRAIN_PUBLIC_READ = False
    assert Client().options(CPUS).status_code == 401


@pytest.mark.parametrize("path", ["/v1/admin/tasks", "/v1/fields/{field}/history", "/api/v1/valuation-rules/audit-log"])
def test_what_is_internal_is_never_public(settings: Any, path: str) -> None:
    settings.DEALBRAIN_PUBLIC_READ = True
    recalculate(scope=Scope(everything=True), trigger="test")
    path = path.format(field=CustomFieldFactory().pk)
    assert Client().get(path).status_code == 401
    assert holding("view_listing").get(path).status_code == 403


def test_a_question_with_a_body_is_a_read(settings: Any) -> None:
    path, body = (
        "/api/v1/valuation-rules/validate-formula",
        {"data": {"formula": "1"}, "content_type": "application/json"},
    )
    settings.DEALBRAIN_PUBLIC_READ = True
    assert Client().post(path, **body).status_code == 200
    settings.DEALBRAIN_PUBLIC_READ = False
    assert Client().post(path, **body).status_code == 401
    assert holding("view_listing").post(path, **body).status_code == 403
    assert holding("view_ruleset").post(path, **body).status_code == 200


@pytest.mark.parametrize("rest", ["ports", "recalculate-metrics"])
def test_what_changes_a_listing_needs_the_permission_to(rest: str) -> None:
    path, body = (
        f"/v1/listings/{ListingFactory().pk}/{rest}",
        {"data": {"ports": []}, "content_type": "application/json"},
    )
    assert holding("add_listing", "view_listing", "delete_listing").post(path, **body).status_code == 403
    assert holding("change_listing").post(path, **body).status_code == 200

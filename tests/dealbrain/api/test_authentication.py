"""Who is asking: programs by their tokens, people by their sessions, which pages elsewhere cannot use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dealbrain.models import ApiToken
from dealbrain.tokens import create_token, revoke
from tests.api import problems
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db

CPUS = "/v1/catalog/cpus"
CHALLENGE = 'Bearer realm="Deal Brain"'


def post(client: Client, name: str, **headers: str) -> Any:
    return client.post(CPUS, {"name": name}, content_type="application/json", headers=headers)


@pytest.mark.parametrize("public", [True, False])
@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("unknown", "This token is not known."),
        ("expired", "This token expired on 2026-01-02: make another."),
        ("revoked", "This token has been revoked."),
        ("inactive", "The account of this token is switched off."),
    ],
)
def test_a_token_that_does_not_count(settings: Any, public: bool, state: str, said: str) -> None:
    """Even where everybody may read: who shows a token wants to know that it is worth nothing."""
    settings.DEALBRAIN_PUBLIC_READ = public
    user = StaffFactory(group="Editors", is_active=state != "inactive")
    token, text = create_token(user=user)
    if state == "expired":
        ApiToken.objects.update(expires_at=datetime(2026, 1, 2, tzinfo=UTC))
    if state == "revoked":
        revoke(ApiToken.objects.filter(pk=token.pk))
    shown = {"Authorization": f"Bearer {text if state != 'unknown' else text[:-1]}"}
    for answer in (Client().get(CPUS, headers=shown), post(Client(), "i5", **shown)):
        assert problems(answer, 401) == {}
        assert (answer["WWW-Authenticate"], answer.json()["detail"]) == (CHALLENGE, said)


def test_a_token_writes_what_its_user_may() -> None:
    _, text = create_token(user=StaffFactory(group="Editors"), expires_at=timezone.now() + timedelta(days=1))
    token = {"Authorization": f"Bearer {text}"}
    assert post(Client(enforce_csrf_checks=True), "i5", **token).status_code == 201
    profile = {"name": "P", "weights": {"gpu_score": 1}}
    refused = Client().post("/v1/catalog/profiles", profile, content_type="application/json", headers=token)
    assert problems(refused, 403) == {}


def test_a_session_writes_with_proof_that_the_page_is_ours() -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(StaffFactory(group="Editors"))
    assert problems(post(browser, "i5"), 403) == {}
    assert browser.get(CPUS).json()["total"] == 0
    proof = browser.get("/admin/catalog/cpu/add/").context["csrf_token"]
    assert post(browser, "i5", **{"X-CSRFToken": str(proof)}).status_code == 201


def test_a_token_counts_before_a_session() -> None:
    browser = Client()
    browser.force_login(StaffFactory(group="Editors"))
    _, text = create_token(user=StaffFactory(group="Viewers"))
    assert post(browser, "i5", Authorization=f"Bearer {text}").status_code == 403
    assert post(browser, "i5").status_code == 201


@pytest.mark.parametrize("header", ["", "Bearer", "Basic YTpi", "Token abc", "Bearer\tabc", "bearer", "Bearer a b"])
def test_other_headers(settings: Any, header: str) -> None:
    settings.DEALBRAIN_PUBLIC_READ = False
    answer = Client().get(CPUS, headers={"Authorization": header})
    assert problems(answer, 401) == {}
    assert answer["WWW-Authenticate"] == CHALLENGE


def test_somebody_who_was_switched_off_is_nobody(settings: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = False
    user = StaffFactory(group="Editors")
    browser = Client()
    browser.force_login(user)
    assert browser.get(CPUS).status_code == 200
    user.is_active = False
    user.save()
    assert browser.get(CPUS).status_code == 401

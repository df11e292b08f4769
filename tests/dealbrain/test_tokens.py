"""Tokens: shown once, kept as a digest, recognised while they count."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from dealbrain.models import ApiToken
from dealbrain.tokens import create_token, note_use, revoke
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db

URL = "/v1/listings"


@pytest.fixture(autouse=True)
def closed(settings: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = False


def ask(client: Client, text: str) -> Any:
    return client.get(URL, headers={"Authorization": text})


def test_a_token_stands_for_its_user(client: Client) -> None:
    token, text = create_token(user=StaffFactory(group="Viewers"))
    assert ask(client, f"Bearer {text}").status_code == 200
    assert ask(client, f"bearer  {text}").status_code == 200
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert text not in json.dumps([str(value) for value in ApiToken.objects.values_list().get()])


def test_a_token_of_somebody_without_rights(client: Client) -> None:
    _, text = create_token(user=StaffFactory())
    assert ask(client, f"Bearer {text}").status_code == 403


@pytest.mark.parametrize("state", ["expired", "revoked", "inactive", "unknown", "empty", "long", "odd"])
def test_tokens_that_do_not_count(client: Client, state: str) -> None:
    user = StaffFactory(group="Viewers")
    now = timezone.now()
    token, text = create_token(user=user, expires_at=now - timedelta(seconds=1) if state == "expired" else None)
    if state == "revoked":
        assert revoke(ApiToken.objects.all()) == 1
        assert revoke(ApiToken.objects.all()) == 0
    if state == "inactive":
        user.is_active = False
        user.save()
    text = {"unknown": "x" + text, "empty": "", "long": "x" * 5000, "odd": "\udcff é"}.get(state, text)
    answer = ask(client, f"Bearer {text}")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="Deal Brain"')
    token.refresh_from_db()
    assert token.last_used_at is None


def test_the_command(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    user = StaffFactory(group="Viewers")
    call_command("create_token", user.username, "--name", "nightly", "--days", "7")
    shown = capsys.readouterr()
    assert ask(client, f"Bearer {shown.out.strip()}").status_code == 200
    token = ApiToken.objects.get()
    assert (token.user, token.name) == (user, "nightly")
    assert token.expires_at is not None
    assert timedelta(days=6) < token.expires_at - timezone.now() <= timedelta(days=7)
    assert f"until {token.expires_at:%Y-%m-%d}" in shown.err
    call_command("create_token", user.username, "--days", "0", "--json")
    assert json.loads(capsys.readouterr().out)["expires_at"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["nobody"], 'no user "nobody"'), (["staff", "--days", "-1"], "between 0"), (["away"], "switched off")],
)
def test_the_command_refuses(arguments: list[str], message: str) -> None:
    StaffFactory(username="staff")
    StaffFactory(username="away", is_active=False)
    with pytest.raises(CommandError, match=message):
        call_command("create_token", *arguments)
    assert not ApiToken.objects.exists()


def test_of_two_uses_at_once_one_is_noted() -> None:
    """Both have read the token before either has written."""
    token, _ = create_token(user=StaffFactory())
    first, second = (ApiToken.objects.get(pk=token.pk) for _ in range(2))
    note_use(first)
    noted = ApiToken.objects.get(pk=token.pk).last_used_at
    note_use(second)
    assert ApiToken.objects.get(pk=token.pk).last_used_at == noted

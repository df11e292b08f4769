"""Tokens: shown once, kept as a digest, recognised while they count."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import global_settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from dealbrain.api.schema import document
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


# -- Scopes ------------------------------------------------------------------------------------------------------------


def send(text: str, method: str, path: str, body: Any = None) -> Any:
    sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    return Client().generic(method, path, headers={"Authorization": f"Bearer {text}"}, **sent)


def test_a_token_for_reading_writes_nothing() -> None:
    boss = StaffFactory(is_superuser=True)
    token, reads = create_token(user=boss, scope="read")
    _, writes = create_token(user=boss)
    cpu = {"name": "i5-8500T"}
    refused = send(reads, "POST", "/v1/catalog/cpus", cpu)
    assert (refused.status_code, "for reading" in refused.json()["detail"]) == (403, True)
    assert send(reads, "DELETE", f"/v1/tokens/{token.pk}").status_code == 403
    assert send(reads, "GET", "/v1/catalog/cpus").status_code == 200
    assert send(reads, "POST", "/api/v1/valuation-rules/validate-formula", {"formula": "1"}).status_code == 200
    made = send(writes, "POST", "/v1/catalog/cpus", cpu)
    assert made.status_code == 201
    for method in ("PUT", "PATCH", "DELETE"):
        assert send(reads, method, f"/v1/catalog/cpus/{made.json()['id']}", cpu).status_code == 403


def test_no_endpoint_that_writes_takes_a_token_for_reading(settings: Any) -> None:
    """Whatever its permissions are: every operation of the document that is no question."""
    settings.DEALBRAIN_PUBLIC_READ = True
    _, reads = create_token(user=StaffFactory(is_superuser=True), scope="read")
    tried = 0
    for path, operations in json.loads(document().body)["paths"].items():
        for method, operation in operations.items():
            if method not in ("post", "put", "patch", "delete") or {} in operation.get("security", []):
                continue
            answer = send(reads, method.upper(), re.sub(r"\{[^}]+\}", "1", path), {})
            assert answer.status_code == 403, (method, path, answer.content)
            tried += 1
    assert tried > 40


# -- How they end --------------------------------------------------------------------------------------------------


def change_password(user: Any) -> None:
    user.set_password("another one")
    user.save()


def switch_off_and_on(user: Any) -> None:
    for is_active in (False, True):
        user.is_active = is_active
        user.save()


def lose_the_password(user: Any) -> None:
    user.set_unusable_password()
    user.save()


@pytest.mark.parametrize("end", [change_password, switch_off_and_on, lose_the_password])
def test_a_token_ends_with_the_password_and_the_account(client: Client, end: Any) -> None:
    user = StaffFactory(group="Viewers")
    _, text = create_token(user=user)
    _, others = create_token(user=StaffFactory(group="Viewers"))
    end(user)
    assert ask(client, f"Bearer {text}").status_code == 401
    assert ask(client, f"Bearer {others}").status_code == 200


def test_a_login_does_not_end_it(client: Client, settings: Any) -> None:
    """Nor another name, nor the same password with another hash."""
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    user = StaffFactory(group="Viewers")
    user.set_password("secret one")
    user.save()
    _, text = create_token(user=user)
    user.first_name = "Ann"
    user.save()
    user.password = make_password("secret one", hasher="pbkdf2_sha1")
    type(user).objects.filter(pk=user.pk).update(password=user.password)
    assert client.login(username=user.username, password="secret one")
    user.refresh_from_db()
    assert user.password.startswith("pbkdf2_sha256$")
    assert ask(Client(), f"Bearer {text}").status_code == 200


def test_people_list_and_revoke_their_own() -> None:
    ann = StaffFactory()
    token, text = create_token(user=ann, name="nightly")
    other, theirs = create_token(user=StaffFactory())
    listed = send(text, "GET", "/v1/tokens").json()["items"]
    assert [(row["id"], row["name"], row["scope"], row["ended"]) for row in listed] == [
        (token.pk, "nightly", "all", None)
    ]
    assert listed[0]["last_used_at"] is not None
    assert text[len("dealbrain_") :].startswith(listed[0]["prefix"])
    assert "digest" not in listed[0]
    assert send(text, "GET", f"/v1/tokens/{other.pk}").status_code == 404
    assert send(text, "DELETE", f"/v1/tokens/{other.pk}").status_code == 404
    spare, _ = create_token(user=ann)
    assert send(text, "DELETE", f"/v1/tokens/{spare.pk}").status_code == 204
    spare.refresh_from_db()
    assert spare.revoked_at is not None
    assert send(text, "DELETE", "/v1/tokens").status_code == 204
    assert send(text, "GET", "/v1/tokens").status_code == 401
    assert send(theirs, "GET", "/v1/tokens").status_code == 200


@pytest.mark.parametrize("public", [True, False])
def test_tokens_are_nobody_elses_business(settings: Any, client: Client, public: bool) -> None:
    settings.DEALBRAIN_PUBLIC_READ = public
    assert client.get("/v1/tokens").status_code == 401
    assert client.delete("/v1/tokens").status_code == 401


def test_the_admin_makes_and_revokes_them(client: Client) -> None:
    boss = StaffFactory(is_superuser=True)
    client.force_login(boss)
    path = "/admin/dealbrain/apitoken/"
    shown = client.post(f"{path}add/", {"user": boss.pk, "name": "ci", "scope": "read"}, follow=True)
    token = ApiToken.objects.get()
    text = re.search(r"dealbrain_[\w-]{20,}", shown.content.decode())
    assert text
    assert ask(Client(), f"Bearer {text[0]}").status_code == 200
    assert (token.user, token.scope) == (boss, "read")
    assert text[0] not in client.get(f"{path}{token.pk}/change/").content.decode()
    client.post(path, {"action": "revoke_selected", "_selected_action": [token.pk]})
    assert ask(Client(), f"Bearer {text[0]}").status_code == 401
    assert "has been revoked" in client.get(path).content.decode()


def test_nobody_makes_a_token_of_somebody_with_more_rights(client: Client) -> None:
    boss, ann = StaffFactory(is_superuser=True), StaffFactory()
    ann.user_permissions.set(Permission.objects.filter(content_type__app_label="dealbrain"))
    theirs, _ = create_token(user=boss)
    client.force_login(ann)
    path = "/admin/dealbrain/apitoken/"
    assert client.post(f"{path}add/", {"user": boss.pk, "name": "x", "scope": "all"}).status_code == 302
    assert ApiToken.objects.get(name="x").user == ann
    assert client.get(f"{path}{theirs.pk}/change/").status_code == 302
    client.post(path, {"action": "revoke_selected", "_selected_action": [theirs.pk]})
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_no_prefix_looks_like_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    made = iter(("-v1-iwhmNQgJ", "--help", "v1-iwhmNQgJ"))
    monkeypatch.setattr("secrets.token_urlsafe", lambda _: next(made))
    assert create_token(user=StaffFactory())[0].prefix.startswith("v1-iw")


def test_the_command_that_ends_them(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    ann = StaffFactory(username="ann", group="Viewers")
    made = [create_token(user=ann) for _ in range(4)]
    kept, _ = create_token(user=StaffFactory())
    for (token, text), name in zip(made[:3], ["text", "prefix", "id"], strict=True):
        call_command("revoke_token", {"text": text, "prefix": f"{token.prefix}…", "id": str(token.pk)}[name])
        assert ask(client, f"Bearer {text}").status_code == 401
    capsys.readouterr()
    call_command("revoke_token", "--user", "ann", "--json")
    assert json.loads(capsys.readouterr().out) == {"ids": [token.pk for token, _ in made], "revoked": 1}
    kept.refresh_from_db()
    assert kept.revoked_at is None


@pytest.mark.parametrize("arguments", [[], ["1", "--user", "ann"], ["--user", "nobody"], ["x"], ["9" * 30]])
def test_it_names_one(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("revoke_token", *arguments)

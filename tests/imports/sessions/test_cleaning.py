"""Files that nobody has imported, and files of nobody."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from imports.models import ImportSession
from imports.sessions import cleaning, service
from imports.sessions.cleaning import Cleaned, clean_files
from imports.sessions.errors import NotNow
from listings.models import Listing
from tests.imports.sessions.helpers import opened

pytestmark = pytest.mark.django_db
OFFERS = "item number,title,price\n1001,Dell OptiPlex 3060 Micro,$199.00\n"


def age(session: ImportSession, days: float) -> None:
    ImportSession.objects.filter(pk=session.pk).update(updated_at=timezone.now() - timedelta(days=days))


def left(folder: Path, name: str, days: float) -> Path:
    path = folder / name
    path.write_bytes(b"x")
    moment = (timezone.now() - timedelta(days=days)).timestamp()
    os.utime(path, (moment, moment))
    return path


@pytest.mark.parametrize(("days", "kept_for", "goes"), [(6.9, 7, False), (7.1, 7, True), (7.1, 8, False)])
@pytest.mark.parametrize("state", ["reading", "open", "ready", "failed"])
def test_a_file_that_nobody_imports_goes(
    settings: Any, tmp_path: Path, state: str, days: float, kept_for: int, goes: bool
) -> None:
    settings.IMPORT_FILE_DAYS = kept_for
    session = opened(OFFERS)
    ImportSession.objects.filter(pk=session.pk).update(state=state)
    age(session, days)
    assert clean_files() == Cleaned(int(goes), 0)
    assert (list(tmp_path.iterdir()) == []) == goes
    session.refresh_from_db()
    assert (session.state, session.file_name) == ("failed" if goes else state, "offers.csv")


def test_it_stays_as_a_record_that_says_so() -> None:
    session = opened(OFFERS)
    age(session, 8)
    clean_files()
    session.refresh_from_db()
    assert session.error == "The file was removed: it was not imported for 7 days."
    for step in (lambda: service.commit(session, actor="ann"), lambda: service.set_mapping(session, {"price": "-"})):
        with pytest.raises(NotNow, match="its file was removed"):
            step()
    assert not Listing.objects.exists()
    assert clean_files() == Cleaned(0, 0)


@pytest.mark.parametrize("state", ["committing", "undoing", "committed", "undone"])
def test_what_is_in_or_on_its_way_is_left_alone(state: str) -> None:
    session = opened(OFFERS)
    ImportSession.objects.filter(pk=session.pk).update(state=state)
    age(session, 30)
    assert clean_files().sessions == 0
    session.refresh_from_db()
    assert (session.state, session.error) == (state, "")


def test_files_of_no_import_go_and_others_stay(tmp_path: Path) -> None:
    session = opened(OFFERS)
    os.utime(tmp_path / session.stored_as, (0, 0))
    ours = "0123456789abcdef" * 2
    strays = [left(tmp_path, f"{ours}{end}", 2) for end in ("", ".outcomes", ".progress", ".ab12.draft")]
    others = [left(tmp_path, name, 400) for name in ("README", f"{ours}.txt", f"{ours}0", ".keep")]
    young = left(tmp_path, "f" * 32, 0.5)  # its row may be yet to come
    assert clean_files() == Cleaned(0, len(strays))
    assert not any(path.exists() for path in strays)
    assert all(path.exists() for path in (*others, young, tmp_path / session.stored_as))


def test_killed_between_the_row_and_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    session = opened(OFFERS)
    name = session.stored_as
    age(session, 8)

    def die(_name: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(cleaning, "discard", die)
        with pytest.raises(KeyboardInterrupt):
            clean_files()
    for path in tmp_path.iterdir():
        os.utime(path, (0, 0))
    assert (tmp_path / name).exists()
    clean_files()
    assert list(tmp_path.iterdir()) == []


def test_a_new_upload_cleans_and_so_does_the_command(tmp_path: Path, capsys: Any) -> None:
    first = opened(OFFERS)
    age(first, 8)
    second = opened(OFFERS)
    assert not (tmp_path / first.stored_as).exists()
    age(second, 8)
    call_command("clean_imports")
    assert "Files of 1 imports" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []

"""What a person says about columns wins, and is refused with the nearest names where it names nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from imports.mapping import FileKind
from imports.reading import Detection, detect
from imports.resolving import MappingError, Said, canonical_columns, mapped


@pytest.fixture
def detection(tmp_path: Path) -> Detection:
    path = tmp_path / "a.csv"
    path.write_text("Title,What it costs,Notes,Notes,custom.colour\nDell X1,$100,a,b,red\nHP Y2,$90,c,d,blue\n")
    return detect(path)


def columns(detection: Detection, **given: object) -> list[str]:
    return [item.column for item in mapped(detection, Said(), custom=("colour",), **given).guesses]  # type: ignore[arg-type]


def test_corrections_win(detection: Detection) -> None:
    assert columns(detection) == ["title", "price", "notes", "", "custom.colour"]
    wanted: dict[str | int, str] = {"what it costs": "price_was", 3: "notes", "Title": "", 4: "seller"}
    assert columns(detection, corrections=wanted) == ["-", "price_was", "", "notes", "seller"]


@pytest.mark.parametrize(
    ("corrections", "message"),
    [
        ({"Titel": "title"}, r'no column "Titel": did you mean Title\?'),
        ({9: "title"}, "no column 9"),
        ({"Notes": "seller"}, "2 columns are called"),
        ({"Title": "prise"}, r'"prise" is nothing that a column can be: did you mean .*price'),
        ({"Title": "custom.color"}, r"did you mean custom\.colour"),
        ({"Title": "zzzzzzzz"}, "there are title, specs"),
        ({0: "seller", 1: "seller"}, "two columns would be seller"),
    ],
)
def test_what_names_nothing(corrections: dict[str | int, str], message: str, detection: Detection) -> None:
    with pytest.raises(MappingError, match=message):
        columns(detection, corrections=corrections)


def test_corrections_say_what_a_file_is_about(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\nOne thing,100\nAnother thing,90\n")
    detection = detect(path)
    assert mapped(detection, Said()).kind is FileKind.UNKNOWN
    assert mapped(detection, Said(), {"a": "title", "b": "price"}).kind is FileKind.LISTINGS
    assert mapped(detection, Said(), {"a": "cpu_name", "b": "cpu_mark_multi"}).kind is FileKind.CPUS
    assert mapped(detection, Said(), kind=FileKind.GPUS).kind is FileKind.GPUS


def test_names() -> None:
    names = canonical_columns(["colour"])
    assert names[0] == "title"
    assert names[-1] == "custom.colour"
    assert "-" not in names

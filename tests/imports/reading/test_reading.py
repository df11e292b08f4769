"""Files of every form that people have, and those that want to break the reader."""

from __future__ import annotations

import json
import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from imports.reading import Counts, Detection, FileError, Format, Hints, detect, limits, records, text_of, workbooks
from listings.formulas import guarded, unguarded

NOON = datetime(2026, 5, 4, 12, 30)  # noqa: DTZ001  # a workbook knows no zones
ROWS = "title{0}price\nDell A{0}100\nHP B{0}200\n"


def write(folder: Path, content: str | bytes, name: str = "offers") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def table(path: Path, hints: Hints | None = None) -> tuple[Detection, list[tuple[str, ...]], Counts]:
    found, counts = detect(path, hints), Counts()
    rows = [tuple(map(text_of, record.cells)) for record in records(path, found, counts) if not record.problem]
    return found, rows, counts


PLAIN = [("Dell A", "100"), ("HP B", "200")]
FORMS = {
    "comma": ROWS.format(","),
    "semicolon": ROWS.format(";"),
    "tab": ROWS.format("\t"),
    "pipe": ROWS.format("|"),
    "bom": b"\xef\xbb\xbf" + ROWS.format(",").encode(),
    "utf-16": ROWS.format("\t").encode("utf-16"),
    "utf-16 without a mark": ROWS.format("\t").encode("utf-16-le"),
    "windows lines": ROWS.format(",").replace("\n", "\r\n"),
    "old mac lines": ROWS.format(",").replace("\n", "\r"),
    "sep": "sep=;\n" + ROWS.format(";"),
    "two titles above": "Our offers\nof May 2026\n" + ROWS.format(","),
    "a title with delimiters left by a spreadsheet": "Our offers,\n,\n" + ROWS.format(","),
    "one more delimiter": ROWS.format(",").replace("\n", ",\n"),
    "one more delimiter below the header": "title,price\nDell A,100,\nHP B,200,\n",
    "json array": json.dumps([{"title": "Dell A", "price": 100}, {"title": "HP B", "price": 200}]),
    "json in an object": json.dumps(
        {
            "ok": True,
            "filters": [{"x": 1}],
            "data": {"items": [{"title": "Dell A", "price": 100}, {"title": "HP B", "price": 200}]},
        }
    ),
    "json lines": '{"title": "Dell A", "price": 100}\n\n{"title": "HP B", "price": 200}\n',
}


@pytest.mark.parametrize("form", FORMS)
def test_forms(form: str, tmp_path: Path) -> None:
    found, rows, _ = table(write(tmp_path, FORMS[form]))
    assert found.headers[:2] == ("title", "price")
    assert [row[:2] for row in rows] == PLAIN
    assert found.header_is_certain


def test_windows_text_is_read_and_asked_about(tmp_path: Path) -> None:
    found, rows, _ = table(write(tmp_path, "title,price\nDell,£199.80\n".encode("cp1252")))
    assert (found.encoding, found.encoding_is_certain, found.is_certain) == ("cp1252", False, False)
    assert found.encoding_choices[0].sample == "Dell,£199.80"
    assert rows == [("Dell", "£199.80")]
    assert table(write(tmp_path, "title\nžluťoučký\n".encode("cp1250")), Hints(encoding="cp1250"))[1] == [
        ("žluťoučký",)
    ]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "название;цена\nНоутбук Леново бывший в употреблении, хорошее состояние;100\n"),
        ("cp1252", "Titel;Preis\nLüfter für Büro-PC, geprüft und gereinigt;100\n"),
    ],
)
def test_encodings_are_guessed(encoding: str, text: str, tmp_path: Path) -> None:
    found, rows, _ = table(write(tmp_path, (text * 3).encode(encoding)))
    assert rows[0][0] == text.splitlines()[1].split(";")[0]
    assert not found.encoding_is_certain


def test_quotes(tmp_path: Path) -> None:
    text = 'title,price\n"HP 15.6"" laptop\nwith dock",100\nDell 14" screen,200\n"ASUS" Zenbook,300\n"Acer 17",400\n'
    assert table(write(tmp_path, text))[1] == [
        ('HP 15.6" laptop\nwith dock', "100"),
        ('Dell 14" screen', "200"),
        ("ASUS Zenbook", "300"),
        ("Acer 17", "400"),
    ]


def test_a_quote_that_does_not_close_leaves_its_lines_out_by_name(tmp_path: Path) -> None:
    _, rows, counts = table(write(tmp_path, 'title,price\nA,1\n"B,2\nC,3\n'))
    assert rows == [("A", "1")]
    assert counts.damaged == 1
    assert "line 3" in counts.problems[3]


def test_short_and_long_records(tmp_path: Path) -> None:
    _, rows, counts = table(write(tmp_path, "title,price,ram\nA,1,8\nB,2\n,,\nC, 16GB,3,8\nD\n"))
    assert rows == [("A", "1", "8"), ("B", "2", ""), ("D", "", "")]
    assert (counts.records, counts.short, counts.long, counts.blank) == (4, 2, 1, 1)
    assert "4 cells" in counts.problems[5]
    assert counts.as_notes()[0] == "1 blank records"


def test_without_a_header_is_asked_about(tmp_path: Path) -> None:
    path = write(tmp_path, "Dell Latitude 7490,199.00\nHP EliteBook 840,249.00\n")
    found, rows, _ = table(path)
    assert (found.header_row, found.is_certain, found.headers) == (None, False, ("Column 1", "Column 2"))
    assert len(rows) == 2
    assert table(path, Hints(header_row=1))[0].headers == ("Dell Latitude 7490", "199.00")
    assert table(path, Hints(header_row=0))[0].is_certain


def test_one_column(tmp_path: Path) -> None:
    found, rows, _ = table(write(tmp_path, "title\nDell, i5, 8 GB\nHP, i7\n"))
    assert found.headers == ("title",)
    assert rows == [("Dell, i5, 8 GB",), ("HP, i7",)]


def test_columns_say_what_they_hold(tmp_path: Path) -> None:
    column = detect(write(tmp_path, "title,price\nA,1\nB,\nC,1\nD,2\n")).columns[1]
    assert (column.position, column.header, column.samples, column.share_empty) == (1, "price", ("1", "2"), 0.25)


def test_json_keys_and_values(tmp_path: Path) -> None:
    items = [
        {"a": {"b": 1.50}, "tags": ["x", "y"]},
        {"late": None, "deep": [{"q": 1}], "yes": True, "id": 225566778899},
    ]
    found, rows, _ = table(write(tmp_path, json.dumps(items)))
    assert found.headers == ("a.b", "tags", "late", "deep", "yes", "id")
    assert rows == [("1.5", "x, y", "", "", "", ""), ("", "", "", '[{"q": 1}]', "true", "225566778899")]
    assert next(records(tmp_path / "offers", found)).cells[0] == Decimal("1.5")


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    book = xlsxwriter.Workbook(str(path))
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                if hasattr(value, "isoformat"):
                    sheet.write_datetime(number, place, value, day)
                elif value is not None:
                    sheet.write(number, place, value)
        if name == "Merged":
            sheet.merge_range(1, 1, 2, 1, "Dell")
            sheet.write_formula(1, 2, "=100+50", value=150)
    book.close()
    return path


def test_workbooks(tmp_path: Path) -> None:
    rows = [
        ["id", "title", "price", "price date", "sold"],
        [225566778899, "Dell A", 199.79999999999998, NOON.replace(hour=0, minute=0), True],
        ["007", "HP B", "AU $539.00", NOON, False],
        [1e20, "Acer C", 300, None, None],
    ]
    path = workbook(
        tmp_path / "a.xlsx", Notes=[["see the next sheet"]], Offers=rows, Other=[["title", "price"], ["X", 1]]
    )
    found, read, _ = table(path)
    assert (found.format, found.sheet, found.sheet_names) == (Format.WORKBOOK, "Offers", ("Notes", "Offers", "Other"))
    assert read[0] == ("225566778899", "Dell A", "199.8", "2026-05-04", "true")
    assert read[1] == ("007", "HP B", "AU $539.00", "2026-05-04T12:30:00", "false")
    assert "E+20" in read[2][0]  # its digits are lost: no item number
    assert found.place(3) == 'row 3 of "Offers"'
    assert table(path, Hints(sheet="Other"))[1] == [("X", "1")]
    with pytest.raises(FileError, match=r'no sheet "Sold".*"Notes", "Offers"'):
        detect(path, Hints(sheet="Sold"))


def test_merged_cells_formulas_and_what_stands_above(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", Merged=[["title", "brand", "price"], ["A", None, None], ["B", None, 7]])
    assert table(path)[1] == [("A", "Dell", "150"), ("B", "Dell", "7")]
    path = workbook(tmp_path / "b.xlsx", Data=[["Stock list"], [], [None, "title", "price"], [None, "A", 1]])
    found, rows, _ = table(path)
    assert found.header_row == 3
    assert [row[-2:] for row in rows] == [("A", "1")]


def test_open_document(tmp_path: Path) -> None:
    row = "<table:table-row>{}</table:table-row>"
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    body = row.format(cell.format("title") + cell.format("price")) + row.format(
        cell.format("A")
        + '<table:table-cell office:value-type="float" office:value="1.5"><text:p>1,5</text:p></table:table-cell>'
    )
    path = tmp_path / "a.ods"
    _ods(path, body)
    assert table(path)[1] == [("A", "1.5")]
    repeated = '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="16384"/>'
    _ods(path, f'<table:table-row table:number-rows-repeated="1048576">{repeated}</table:table-row>')
    with pytest.raises(FileError, match=r"memory or time|Cell limit"):
        detect(path)


def _ods(path: Path, body: str) -> None:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            '<manifest:file-entry manifest:full-path="/" '
            'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
            "</manifest:manifest>",
        )
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content {spaces}><office:body><office:spreadsheet>'
            f'<table:table table:name="A">{body}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )


HOSTILE = {
    "empty": (b"", "empty"),
    "blank": (b" \n\n\xef\xbb\xbf", "empty"),
    "nul": (b"title,price\nA,1\nB\x00,2\n", "line 3 holds a NUL byte"),
    "columns": (b"a," * 3_000_000, "line 1 has more than 2,000,000 characters"),
    "some more columns": (b"a," * 501 + b"b\n", "line 1 has 502 columns; at most 500"),
    "cell": (b"title,price\n" + b"x" * 1_000_000 + b",1\n", "line 2: a cell has more than 100,000"),
    "long line": (b"title,price\n" + b"x" * 5_000_000, "line 2 has more than 2,000,000"),
    "never closed": (b'title,price\n"' + b"x,1\n" * 100_000, "line 2: a cell has more than|line 2"),
    "deep json": (b'[{"a":' * 10_000, "nested more than"),
    "deep item": (b'[{"t": 1}, {"a":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001 + b"]", "nested|deep"),
    "wide item": (json.dumps([{str(key): 1 for key in range(501)}]).encode(), "item 1 has 501 keys"),
    "cut json": (b'[{"title": "A"}, {"title": ', "item 2 is no JSON, or the file is cut off"),
    "texts": (b'["a", "b"]', "no array of objects"),
    "pdf": (b"%PDF-1.7 ...", "PDF"),
    "gzip": (b"\x1f\x8b\x08...", "unpack it first"),
    "html": (b"<html><table>", "web page"),
    "broken zip": (b"PK\x03\x04 and no more", "damaged or cut off"),
    "broken xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "damaged|memory"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_words(name: str, tmp_path: Path) -> None:
    content, message = HOSTILE[name]
    path = write(tmp_path, content)
    with pytest.raises(FileError, match=message):
        list(records(path, detect(path)))


def test_numbers_without_end_are_texts(tmp_path: Path) -> None:
    _, rows, _ = table(write(tmp_path, '[{"title": "A", "price": 1e999999999, "x": NaN, "id": ' + "9" * 5000 + "}]"))
    assert rows == [("A", "1e999999999", "", "9" * 5000)]


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.reading.sniffing.MAX_BYTES", 10)
    with pytest.raises(FileError, match="the file has 32 bytes, at most 10"):
        detect(write(tmp_path, ROWS.format(",")))
    monkeypatch.undo()
    monkeypatch.setattr("imports.reading.streaming.MAX_ROWS", 1)
    with pytest.raises(FileError, match="line 3: the file has more than 1 records"):
        table(write(tmp_path, ROWS.format(",")))
    assert (limits.MAX_BYTES, limits.MAX_ROWS, limits.MAX_COLUMNS) == (100_000_000, 200_000, 500)


def test_zip_bombs_and_archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 50_000_000)
    with pytest.raises(FileError, match="unpacks to 50,000,000 bytes"):
        detect(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("offers.csv", "title")
    with pytest.raises(FileError, match="zip archive and no workbook"):
        detect(path)
    monkeypatch.setattr(workbooks, "MAX_SHEETS", 2)
    with pytest.raises(FileError, match="3 sheets; at most 2"):
        detect(workbook(tmp_path / "c.xlsx", A=[], B=[], C=[]))


def test_a_sheet_that_is_wide_or_asks_for_terabytes(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="16,384 columns"):
        detect(workbook(tmp_path / "a.xlsx", A=[["title", *[None] * 16_382, "x"], ["y"]]))
    book = xlsxwriter.Workbook(str(tmp_path / "b.xlsx"))
    sheet = book.add_worksheet()
    sheet.write(0, 0, "title")
    sheet.write(1_048_575, 16_383, "x")
    book.close()
    with pytest.raises(FileError, match=r"more memory or time|rows"):
        detect(tmp_path / "b.xlsx")


def test_a_workbook_of_five_hundred_sheets(tmp_path: Path) -> None:
    sheets = {f"S{number}": [] for number in range(499)}
    found, rows, _ = table(workbook(tmp_path / "a.xlsx", Offers=[["title", "price"], ["A", 1]], **sheets))
    assert (found.sheet, len(found.sheet_names), rows) == ("Offers", 500, [("A", "1")])


@pytest.mark.parametrize("text", ["=1+1", "+44", "-", "@x", "'=x", "''=x", "'tis", "plain", "'", "\tx"])
def test_guards_of_formulas_come_off_as_they_went_on(text: str, tmp_path: Path) -> None:
    assert unguarded(guarded(text)) == text
    cell = f'"{guarded(text)}"'
    assert table(write(tmp_path, f"title,notes\nA,{cell}\n"))[1] == [("A", text)]

"""Files of exchange rates: the bank's table, one rate a line, and what people have made of them."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from listings.models import ExchangeRate
from listings.rate_files import MOST_ERRORS, RateFileError, import_rates
from tests.factories import ExchangeRateFactory

pytestmark = pytest.mark.django_db

BANK = """Date,USD,JPY,CYP,GBP,IDR,
2026-11-20,1.0864,160.00,N/A,0.8,17500.00,
2026-11-19,1.0800,N/A,N/A,0.8,17400.00,
"""
LINES = "currency,date,usd_per_unit\nEUR,2026-11-20,1.0864\n"


def stored() -> dict[tuple[str, str], str]:
    rows = ExchangeRate.objects.values_list("currency", "date", "usd_per_unit")
    return {(currency, str(day)): f"{value.normalize():f}" for currency, day, value in rows}


def zipped(*texts: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, text in enumerate(texts):
            archive.writestr(f"eurofxref-{number}.csv", text)
    return file.getvalue()


@pytest.mark.parametrize(
    "content", [BANK.encode(), zipped(BANK), b"\xef\xbb\xbf" + BANK.replace("\n", "\r\n").encode()]
)
def test_the_banks_table(content: bytes) -> None:
    report = import_rates(content)
    assert stored() == {
        ("EUR", "2026-11-20"): "1.0864",
        ("JPY", "2026-11-20"): "0.00679",
        ("GBP", "2026-11-20"): "1.358",
        ("IDR", "2026-11-20"): "0.00006208",
        ("EUR", "2026-11-19"): "1.08",
        ("GBP", "2026-11-19"): "1.35",
        ("IDR", "2026-11-19"): "0.000062068966",
    }
    assert (report.rates, report.created, report.rejected, report.ignored) == (7, 7, 0, ["CYP"])
    assert (report.first, report.last) == (date(2026, 11, 19), date(2026, 11, 20))
    assert report.currencies == ["EUR", "GBP", "IDR", "JPY"]


def test_the_banks_file_of_one_day() -> None:
    import_rates(b"Date, USD, JPY, \n20 November 2026, 1.0864, 160.00, \n")
    assert stored() == {("EUR", "2026-11-20"): "1.0864", ("JPY", "2026-11-20"): "0.00679"}


@pytest.mark.parametrize(
    "text",
    [
        LINES,
        "Usd_per_unit, Currency ,DATE,remark\n1.0864,eur,2026-11-20,of the bank\n",
        "currency,date,usd_per_unit\n\n,,\nEUR,2026-11-20,1.0864\nEUR,2026-11-20,1.08640\n",
    ],
)
def test_one_rate_a_line(text: str) -> None:
    import_rates(text.encode())
    assert stored() == {("EUR", "2026-11-20"): "1.0864"}


def test_again_changes_nothing_and_a_correction_changes_one() -> None:
    import_rates(BANK.encode())
    again = import_rates(BANK.encode())
    assert (again.created, again.updated, again.unchanged) == (0, 0, 7)
    corrected = import_rates(b"currency,date,usd_per_unit\nEUR,2026-11-20,1.09\nPLN,2026-11-20,0.25\n")
    assert (corrected.created, corrected.updated, corrected.unchanged) == (1, 1, 0)
    assert stored()["EUR", "2026-11-20"] == "1.09"


@pytest.mark.parametrize(
    ("line", "column", "value", "words"),
    [
        ("XXX,2026-11-20,1", "currency", "XXX", "give its ISO 4217 code"),
        ("USD,2026-11-20,1", "currency", "USD", "always 1"),
        ("EUR,20.11.2026,1", "date", "20.11.2026", "write it like 2026-11-24"),
        ("EUR,2026-02-30,1", "date", "2026-02-30", "write it like"),
        ("EUR,2926-11-20,1", "date", "2926-11-20", "not come yet"),
        ('EUR,2026-11-20,"1,08"', "usd_per_unit", "1,08", "with a dot"),
        ("EUR,2026-11-20,1_08", "usd_per_unit", "1_08", "no number"),
        ("EUR,2026-11-20,\u0661", "usd_per_unit", "\u0661", "no number"),
        ("EUR,2026-11-20,nan", "usd_per_unit", "nan", "no number"),
        ("EUR,2026-11-20,", "usd_per_unit", "", "no number"),
        ("EUR,2026-11-20", "usd_per_unit", "", "no number"),
        ("EUR,2026-11-20,0", "usd_per_unit", "0", "more than 0"),
        ("EUR,2026-11-20,-1", "usd_per_unit", "-1", "more than 0"),
        ("IDR,2026-11-20,17500", "usd_per_unit", "17500", "wrong way round"),
        ("IDR,2026-11-20,1e-13", "usd_per_unit", "1E-13", "wrong way round"),
        ("IDR,2026-11-20,1e999999999", "usd_per_unit", "1e999999999", "no rate of any currency"),
        ("GBP,2026-11-20,2", "GBP", "2", "line 2 says 1.3"),
    ],
)
def test_bad_lines_are_named_and_the_others_go_in(line: str, column: str, value: str, words: str) -> None:
    report = import_rates(f"currency,date,usd_per_unit\nGBP,2026-11-20,1.3\n{line}\n".encode())
    assert stored() == {("GBP", "2026-11-20"): "1.3"}
    assert [(error.line, error.column, error.value) for error in report.errors] == [(3, column, value)]
    assert words in report.errors[0].message


def test_bad_cells_of_the_bank() -> None:
    report = import_rates(b"Date,USD,JPY,IDR\n2026-11-20,1.08,?,0.0001\n2026-11-19,N/A,160,17500\nsoon,1,1,1\n")
    assert stored() == {("EUR", "2026-11-20"): "1.08"}
    assert [(error.line, error.column, error.value) for error in report.errors] == [
        (2, "JPY", "?"),
        (2, "IDR", "0.0001"),
        (3, "USD", "N/A"),
        (4, "date", "soon"),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no header of rates"),
        (b"title,price\nx,1\n", "no header of rates"),
        (b"Date,JPY\n2026-11-20,160\n", "no header of rates"),
        (b"currency,date,usd_per_unit\n", "no rate in it"),
        (b"currency,date,usd_per_unit\nEUR,x,1\n", 'Line 2, date: "x"'),
        (b"Date,CYP,USD\n\n", "no rate in it"),
        (b"\xff\xfeD\x00a\x00", "UTF-8"),
        (b"PK\x03\x04 and no more", "zip"),
        (zipped(BANK, BANK), "2 CSV files"),
        (zipped(), "0 CSV files"),
        (zipped("Date,USD\n" + " " * 50_000_001), "50,000,000"),
        (b"Date,USD\n" + b"x" * 200_000, "no CSV"),
    ],
)
def test_files_without_rates(content: bytes, words: str) -> None:
    with pytest.raises(RateFileError, match=words.replace("(", r"\(")):
        import_rates(content)


def test_many_bad_lines_are_counted_and_some_are_kept() -> None:
    report = import_rates((LINES + "EUR,x,1\n" * (MOST_ERRORS + 5)).encode())
    assert (report.rejected, len(report.errors)) == (MOST_ERRORS + 5, MOST_ERRORS)


def test_a_year_is_a_constant_number_of_queries(django_assert_max_num_queries) -> None:
    days = [date.fromordinal(date(2026, 1, 1).toordinal() + n) for n in range(300)]
    text = "Date,USD\n" + "".join(f"{day},1.08\n" for day in days)
    with django_assert_max_num_queries(6):
        assert import_rates(text.encode()).created == 300


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rates.csv"
    file.write_text(BANK)
    call_command("import_rates", str(file), dry_run=True)
    assert not ExchangeRate.objects.exists()
    assert "Would import 7 rates of 4 currencies, 2026-11-19 to 2026-11-20: 7 created" in capsys.readouterr().out

    file.write_text(LINES + "EUR,x,1\n")
    with pytest.raises(SystemExit) as ended:
        call_command("import_rates", str(file), json=True)
    assert ended.value.code == 3
    told = json.loads(capsys.readouterr().out)
    assert (told["created"], told["rejected"], told["first"], told["dry_run"]) == (1, 1, "2026-11-20", False)
    assert told["errors"][0] == {
        "line": 3,
        "column": "date",
        "value": "x",
        "message": "this is no day: write it like 2026-11-24",
    }

    file.write_text("nothing")
    for name, words in ((str(file), "Nothing was imported from"), (str(tmp_path / "gone"), "cannot be read")):
        with pytest.raises(CommandError, match=words):
            call_command("import_rates", name)


def test_a_rate_that_is_typed_again_in_another_way_is_the_same() -> None:
    ExchangeRateFactory(currency="EUR", date=date(2026, 11, 20), usd_per_unit=Decimal("1.0864"))
    assert import_rates(LINES.encode()).unchanged == 1

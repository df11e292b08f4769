"""`manage.py calibrate`: the report, the file, and that a baseline made of it gives what the estimate says."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from django.core.management import CommandError, call_command

from baselines.adopting import adopt
from baselines.reading import read_document
from baselines.reading.decoding import BaselineError
from baselines.services import import_baseline
from listings.models import Listing
from tests.factories import CpuFactory, CustomFieldFactory, GpuFactory, ListingFactory
from tests.valuation.market.estimate.made import made
from valuation.market.calibration import calibrate_market
from valuation.market.candidate import candidate_text
from valuation.market.estimate.calibrating import calibrate, with_marks
from valuation.market.reading import read_offers
from valuation.market.showing import document
from valuation.market.standing import estimate_of, standing
from valuation.models import ListingValuation, MarketModel, Ruleset
from valuation.recalculation.run import Scope, recalculate
from valuation.registry import field_registry

pytestmark = pytest.mark.django_db

SCHEMA = json.loads(Path("baselines/data/baseline-1.1.schema.json").read_text())
FAMILIES = ("Intel Core i5-8500T", "Intel Core i7-8700", "AMD Ryzen 5 3600", "Unheard of 1")


def run(*arguments: object) -> tuple[int, str, str]:
    """(exit code, standard output, standard error)."""
    out, err = StringIO(), StringIO()
    try:
        call_command("calibrate", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as stopped:
        return int(stopped.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


@pytest.fixture
def inventory() -> list[Listing]:
    """Machines of a made market as listings: marks known and not, cards, custom facts, words in both cases."""
    CustomFieldFactory(key="touch", data_type="boolean")
    CustomFieldFactory(key="screen", data_type="enum", options=["14", "16"])
    offers = made(400, 0).offers
    card = GpuFactory(name="GeForce RTX 3050", gpu_mark=12_500)
    cpus: dict[tuple[str, float], Any] = {}
    listings = []
    for row in range(len(offers)):
        mark = float(offers.numbers["cpu_mark"][row] // 4000 * 4000)
        name = FAMILIES[row % len(FAMILIES)]
        key = (name, mark)
        if key not in cpus:
            stated = None if mark == 8_000.0 else mark
            cpus[key] = CpuFactory(name=f"{name} {len(cpus)}", cpu_mark_multi=stated, release_year=2016 + row % 8)
        maker = str(offers.labels["manufacturer"].texts()[row])
        listings.append(
            ListingFactory.build(
                title=f"Machine {row}",
                price_usd=f"{offers.price[row]:.2f}",
                cpu=cpus[key],
                gpu=card if row % 5 == 0 else None,
                ram_gb=None if row % 17 == 0 else int(offers.numbers["ram_gb"][row]),
                primary_storage_gb=int(offers.numbers["storage_gb"][row]),
                primary_storage_type="ssd" if row % 3 else "hdd",
                manufacturer=maker.upper() if row % 2 else maker,
                condition="" if row % 11 == 0 else str(offers.labels["condition"].texts()[row]),
                attributes={"touch": row % 2 == 0, "screen": "14" if row % 3 else "16"} if row % 7 else {},
            )
        )
    Listing.objects.bulk_create(listings)
    return listings


def test_the_report_names_parts_errors_and_coverage(inventory: list[Listing]) -> None:
    code, out, err = run()
    assert (code, err) == (0, "")
    for words in ("Memory", "16 to less than 32 GB", "CPU mark", "rules and comparables", "new models", "80 %"):
        assert words in out


def test_as_json(inventory: list[Listing]) -> None:
    code, out, _ = run("--json")
    document = json.loads(out)
    assert code == 0
    assert {"base", "amounts", "parts", "errors", "covered", "warnings", "left_out", "offers"} <= document.keys()
    assert document["offers"] + sum(document["left_out"].values()) == len(inventory)


def test_the_candidate_is_a_baseline_and_the_same_bytes_each_time(inventory: list[Listing], tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    assert run("--candidate", one)[0] == 0
    import_baseline(content=one.read_bytes())
    recalculate(scope=Scope(), trigger="test")
    assert run("--candidate", two)[0] == 0
    assert one.read_bytes() == two.read_bytes()
    assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(json.loads(one.read_text()))) == []


def test_as_a_baseline_it_takes_off_what_the_estimate_gives_to_the_cent(
    inventory: list[Listing], tmp_path: Path
) -> None:
    file = tmp_path / "candidate.json"
    run("--candidate", file)
    import_baseline(content=file.read_bytes())
    recalculate(scope=Scope(), trigger="test")
    adjusted = dict(ListingValuation.objects.values_list("listing_id", "adjusted_cents"))
    offers = read_offers(Listing.objects.active(), registry=field_registry(), year=2026)
    market = calibrate(offers)
    parts = market.fit.field_amounts(with_marks(offers, {}))
    given = sum(parts.values(), np.zeros(len(offers)))
    taken = offers.price - np.array([adjusted[key] for key in offers.ids.tolist()]) / 100
    assert len(parts) >= 8
    stated = ~np.isnan(offers.numbers["cpu_mark"])
    assert taken[stated] == pytest.approx(given[stated], abs=0.001)


def test_what_is_adopted_takes_off_what_the_documents_of_the_market_say(inventory: list[Listing]) -> None:
    """Of 300 listings, to the cent; and estimated anew from the same listings it is the same file."""
    import_baseline(content=Path("baselines/data/baseline-1.1.json").read_bytes())
    recalculate(scope=Scope(), trigger="test")
    year = ListingValuation.objects.get(listing=inventory[0]).valued_at.year
    calibrate_market(trigger="test")
    first = candidate_of_current()
    adopt(candidate=read_document(first, field_registry()))
    recalculate(scope=Scope(), trigger="test")
    calibrate_market(trigger="test")
    assert candidate_of_current() == first
    market, wrong = standing(), []
    assert market is not None
    offers = read_offers(Listing.objects.all(), registry=field_registry(), year=year)
    offers = offers.take(np.arange(300))
    adjusted = dict(ListingValuation.objects.values_list("listing_id", "adjusted_cents"))
    stated = ~np.isnan(offers.numbers["cpu_mark"])  # a rule sees no mark that nobody has stated
    for row in np.flatnonzero(stated):
        said = document(market, offers.take(np.array([row])))
        _, *parts, _ = [round(100 * part["amount_usd"]) for part in said["parts"]]
        pk = int(offers.ids[row])
        if adjusted[pk] + sum(parts) != round(100 * offers.price[row]):
            wrong.append(pk)
    assert (wrong, int(stated.sum()) > 200) == ([], True)


def candidate_of_current() -> bytes:
    """The file of the current model, of one day."""
    estimate = estimate_of(MarketModel.objects.get(is_current=True))
    assert estimate is not None
    return candidate_text(estimate, day="2026-11-26", registry=field_registry()).encode()


# What is written, what somebody makes of it, and where the importer says that it is.
NONSENSE = [
    ('"ram_gb"', '"ram_bg"', "entities.RamSpec[0].valuation_buckets[0].condition"),
    ("clamp(", "clam(", "formula"),
    ('"value_usd": ', '"value_usd": "much", "x": ', "value_usd"),
    ('"effect": "deduct"', '"effect": "minus"', "effect"),
    ('"schema_version": "1.1"', '"schema_version": "9"', "schema_version"),
    ('"gte"', '"at least"', "operator"),
    ("]", "", ""),
]


def test_a_file_that_was_edited_into_nonsense_is_refused_by_name(inventory: list[Listing], tmp_path: Path) -> None:
    file = tmp_path / "candidate.json"
    run("--candidate", file)
    text = file.read_text()
    for written, instead, path in NONSENSE:
        assert written in text
        with pytest.raises(BaselineError) as refused:
            import_baseline(content=text.replace(written, instead).encode())
        assert [problem for problem in refused.value.problems if path in problem.path], written
    assert not Ruleset.objects.exists()


def test_too_little_to_go_by_is_code_3() -> None:
    ListingFactory.create_batch(3)
    code, out, err = run()
    assert (code, out) == (3, "")
    assert "3 offers can be used, and 30 are needed" in err
    code, out, _ = run("--json")
    assert code == 3
    assert "offers can be used" in json.loads(out)["refused"]


@pytest.mark.parametrize("number", ["1", "-3", "many"])
def test_a_number_that_is_none_is_named(number: str) -> None:
    with pytest.raises(CommandError, match=r"is no number of offers|expected one argument"):
        call_command("calibrate", "--min-offers", number)


def test_shares_of_a_price_are_refused_and_dollars_are_what_there_is(inventory: list[Listing]) -> None:
    with pytest.raises(CommandError, match="gained less than a point"):
        run("--percent", "auto")
    assert run("--percent", "never", "--json") == run("--json")


def test_a_file_that_cannot_be_written_is_named(inventory: list[Listing], tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="could not be written"):
        run("--candidate", tmp_path / "nowhere" / "file.json")

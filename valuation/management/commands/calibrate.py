"""`manage.py calibrate`: what the inventory says its parts are worth, and how far that can be relied on."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Max
from django.utils import timezone

from listings.models import Listing
from valuation.engine import FieldRegistry
from valuation.market.candidate import Part, Tier, candidate_text, formula_of, parts_of
from valuation.market.estimate.calibrating import FEWEST, Market, TooThin, calibrate
from valuation.market.estimate.stored import to_json
from valuation.market.reading import read_offers
from valuation.market.wording import METHODS
from valuation.recalculation.marking import revision_row
from valuation.registry import field_registry

REFUSED = 3
AUTO, NEVER = "auto", "never"
NO_PERCENT = (
    "Amounts are dollars, and no shares of a price are estimated beside them: they gained less than a point of the "
    "error wherever they were tried (docs/market.md, Dollars and no percent). Leave --percent out, or say never."
)


def _at_least_two(text: str) -> int:
    if not text.isdigit() or int(text) < 2:
        raise ArgumentTypeError(f'"{text}" is no number of offers: give 2 or more')
    return int(text)


class Command(BaseCommand):
    help = (
        "Estimate from all active listings with a price what parts are worth, and print it with its uncertainty and "
        "its error for offers it had not seen. Changes nothing. Exit codes: 0 done, 1 error, 3 too little to go by."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.add_argument("--candidate", metavar="FILE", help="write the rules as a baseline file of format 1.1")
        parser.add_argument(
            "--percent", choices=(AUTO, NEVER), default=NEVER, help="amounts are dollars, never shares: auto is refused"
        )
        parser.add_argument("--min-offers", type=_at_least_two, default=FEWEST, metavar="N", help="refuse with fewer")

    def handle(self, *_: Any, **options: Any) -> None:
        if options["percent"] == AUTO:
            raise CommandError(NO_PERCENT)
        registry = field_registry()
        listings = Listing.objects.active()
        year = revision_row().year or timezone.localdate().year  # 0 until something has been valued
        offers = read_offers(listings, registry=registry, year=year)
        try:
            market = calibrate(offers, fewest=options["min_offers"])
        except TooThin as refusal:
            self._refuse(refusal, as_json=options["json"])
            sys.exit(REFUSED)
        if options["candidate"]:
            self._write(market, registry, Path(options["candidate"]))
        if options["json"]:
            parts = [_part_document(part) for part in parts_of(market.fit, registry)]
            self.stdout.write(json.dumps({**to_json(market), "parts": parts}, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(_report(market, registry)))
            if options["candidate"]:
                self.stdout.write(f"Wrote {options['candidate']}: compare it with `manage.py diff_baseline`.")

    def _refuse(self, refusal: TooThin, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"refused": str(refusal), "left_out": refusal.reasons}, ensure_ascii=False))
        else:
            self.stderr.write(str(refusal))

    def _write(self, market: Market, registry: FieldRegistry, path: Path) -> None:
        """The day of the file is that of the newest change to a listing: the same listings give the same bytes."""
        newest = Listing.objects.active().aggregate(newest=Max("input_changed_at"))["newest"]
        try:
            path.write_text(candidate_text(market, day=f"{newest:%Y-%m-%d}", registry=registry), encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{path} could not be written: {error.strerror}.") from error


def _part_document(part: Part) -> dict[str, Any]:
    found: dict[str, Any] = {"key": part.key, "name": part.place.name}
    if part.pieces:
        return {**found, "formula": formula_of(part.field, part.pieces)}
    return {**found, "tiers": [asdict(tier) for tier in part.tiers]}


def _report(market: Market, registry: FieldRegistry) -> Iterator[str]:
    yield f"{market.offers:,} offers; a machine with nothing of this: {_usd(market.fit.base)}"
    for reason, count in market.left_out.items():
        yield f"  left out: {count:,} {reason}"
    yield ""
    yield f"{'':44}{'worth':>9}{'80 % of resamples':>22}{'offers':>9}"
    for part in parts_of(market.fit, registry):
        yield part.place.name
        for piece in part.pieces:
            label = f"from {piece.term.at:,.0f} to {piece.term.to:,.0f} {part.place.unit}"
            yield _line(Tier(label, {}, piece.usd, piece.low, piece.high, piece.offers))
        yield from map(_line, part.tiers)
    yield ""
    yield "Error for offers that were left out, in the middle:"
    for method, words in METHODS.items():
        yield f"  {words:24}{market.errors['new'][method]:>7.1%} new models{market.errors['known'][method]:>8.1%} known"
    yield from _covered(market.covered)
    yield from (f"Warning: {warning}" for warning in market.warnings)


def _covered(covered: Mapping[str, float]) -> Iterator[str]:
    yield "Share of those in their 80 % interval:"
    yield from (f"  {name:42}{share:>6.1%}" for name, share in covered.items())


def _line(tier: Tier) -> str:
    interval = f"{_usd(tier.low)} to {_usd(tier.high)}"
    return f"  {tier.label[:40]:42}{_usd(tier.usd):>9}{interval:>22}{tier.offers:>9,}"


def _usd(value: float) -> str:
    rounded = round(value)
    return f"-${-rounded:,}" if rounded < 0 else f"${rounded:,}"

"""How much of real titles is understood, how much of it rightly, and how fast.

Seventy-five titles labelled by hand, which are not part of the project. A fact counts as found where the label has one;
it is right where it is the label's. What the label says is not said must not be said: that is what precision measures.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from time import process_time
from typing import Any

from catalog.recognition import recognise
from tests.benchmarks.clock import say
from tests.samples import EBAY_TITLES, GOLD_TITLES, MISSING

FIELDS = ("cpu", "gpu", "ram_gb", "ram_type", "storage", "screen_in", "os", "brand", "model", "lot", "not_a_machine")
REPEATS = 3


@dataclass(slots=True)
class Tally:
    """Per field: right, wrong (said and not so, or said where nothing is), missed (labelled and not said)."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)

    def precision(self, name: str) -> float:
        said = self.right[name] + self.wrong[name]
        return self.right[name] / said if said else 1.0

    def recall(self, name: str) -> float:
        """Of what the labels say, a wrong answer in its place counts as missed."""
        labelled = self.right[name] + self.missed[name]
        return self.right[name] / labelled if labelled else 1.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks titles", description=__doc__)
    parser.add_argument("titles", choices=["titles"])
    parser.add_argument("--wrong", action="store_true", help="show every title with a wrong or missed fact")
    options = parser.parse_args()
    if not GOLD_TITLES.exists():
        raise SystemExit(f"{GOLD_TITLES} is missing: {MISSING}.")
    gold = [json.loads(line) for line in GOLD_TITLES.read_text().splitlines()]
    tally = measure(gold)
    say(f"{len(gold)} titles labelled by hand\n{'':>14} precision  recall  said")
    for name in FIELDS:
        said = tally.right[name] + tally.wrong[name]
        say(f"{name:>14} {tally.precision(name):9.3f} {tally.recall(name):7.3f} {said:5}")
    if options.wrong:
        say("\n".join(tally.remarks))
    if EBAY_TITLES.exists():
        with EBAY_TITLES.open(newline="") as file:
            _speed([row[0] for row in csv.reader(file)])


def measure(gold: Iterable[dict[str, Any]]) -> Tally:
    """Compare what is recognised with the labels."""
    tally = Tally()
    for label in gold:
        said, meant = _said(label["title"]), _meant(label)
        for name in FIELDS:
            if said[name] == meant[name]:
                tally.right[name] += said[name] is not None
                continue
            tally.wrong[name] += said[name] is not None
            tally.missed[name] += meant[name] is not None
            tally.remarks.append(f"{label['title']}\n    {name}: said {said[name]}, is {meant[name]}")
    return tally


def _said(title: str) -> dict[str, Any]:
    found = recognise(title)
    facts: dict[str, Any] = found.as_dict()
    drives = sorted((gb, "ssd" if medium == "sata_ssd" else medium) for gb, medium in facts["storage"])
    return {
        **facts,
        "storage": drives or None,
        "brand": _plain(facts["brand"]),
        "model": _plain(facts["model"]),
        "lot": found.lot.count if found.lot else None,
        "not_a_machine": True if found.not_a_machine else None,
    }


def _meant(label: dict[str, Any]) -> dict[str, Any]:
    drives = sorted((gb, "ssd" if medium == "sata_ssd" else medium) for gb, medium in label["storage"] or [])
    return {
        **label,
        "storage": drives or None,
        "brand": _plain(label["brand"]),
        "model": _plain(label["model"]),
        "not_a_machine": True if label["kind"] in ("part", "other") else None,
    }


def _plain(text: str | None) -> str | None:
    return text.lower() if text else None


def _speed(titles: list[str]) -> None:
    """The best of a few runs over whole pages of real offers, in time of this process."""
    seconds = []
    for _ in range(REPEATS):
        started = process_time()
        for title in titles:
            recognise(title)
        seconds.append(process_time() - started)
    say(f"{len(titles):,} titles of one market place: {len(titles) / min(seconds):,.0f} a second")

"""Files in, outcomes out: the whole way of the resolver, as a fixture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from imports.mapping import Mapping as Columns
from imports.reading import detect, records
from imports.resolving import Catalog, Decisions, Resolver, Said, Study, decide, mapped, questions
from imports.resolving.outcomes import Offer, Outcome
from imports.resolving.questions import Question


@dataclass(frozen=True)
class Resolved:
    """What became of a file."""

    mapping: Columns
    study: Study
    decisions: Decisions
    questions: list[Question]
    outcomes: list[Outcome]

    @property
    def one(self) -> Any:
        """The outcome of the only record."""
        (outcome,) = self.outcomes
        return outcome

    @property
    def offer(self) -> Offer:
        assert isinstance(self.one, Offer)
        return self.one

    @property
    def asked(self) -> list[str]:
        """Keys of the questions that stop the file."""
        return [question.key for question in self.questions if question.blocks]


def resolve_file(
    path: Path,
    *,
    said: Said | None = None,
    catalog: Catalog | None = None,
    corrections: Mapping[str | int, str] | None = None,
) -> Resolved:
    said, catalog = said or Said(), catalog or Catalog()
    detection = detect(path)
    mapping = mapped(detection, said, corrections, custom=catalog.custom)
    study = Study(mapping, detection, catalog, said)
    read = list(records(path, detection))
    for record in read:
        study.see(record)
    decisions = decide(study, mapping, said)
    resolver = Resolver(mapping, detection, decisions, said, catalog)
    asked = questions(study, mapping, detection, said, catalog)
    return Resolved(mapping, study, decisions, asked, [resolver.resolve(record) for record in read])


Resolve = Callable[..., Resolved]


@pytest.fixture
def resolve(tmp_path: Path) -> Resolve:
    """`resolve(text, said=..., catalog=..., corrections=...)`; a list is rows, whose cells are parted by `|`."""

    def run(content: str | bytes | Iterable[str], *, name: str = "offers.csv", **given: Any) -> Resolved:
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else "".join(f"{row}\n" for row in content))
        return resolve_file(path, **given)

    return run

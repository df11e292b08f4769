"""Parts that an import made, and what it filled in of others: taken back where nobody has any use for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from catalog.models import RamSpec, StorageProfile
from dealbrain.db import update_rows
from imports.choices import RowOutcome
from imports.models import ImportRow, ImportSession
from imports.sessions.parts import NAMED
from listings.models import Listing
from valuation.recalculation.marking import mark_listings

MODELS: dict[str, Any] = {**NAMED, "ramspec": RamSpec, "storageprofile": StorageProfile}
USES = {
    "cpu": Q(listings=None),
    "gpu": Q(listings=None),
    "ramspec": Q(listings=None),
    "storageprofile": Q(listings_primary=None, listings_secondary=None),
}
CHUNK = 500


def unmake(session: ImportSession) -> list[dict[str, Any]]:
    """Delete the parts that the commit made, that no listing has and that nobody has edited. What is left is named."""
    return _unmake(session, session.made)


def _unmake(session: ImportSession, made: Mapping[str, Any]) -> list[dict[str, Any]]:
    left: list[dict[str, Any]] = []
    for kind, model in MODELS.items():
        pks = made.get(kind, [])
        for first in range(0, len(pks), CHUNK):
            some = model.objects.filter(pk__in=pks[first : first + CHUNK])
            untouched = some.filter(updated_at__lte=session.committed_at)
            untouched.filter(USES[kind]).delete()
            left += [_left(kind, part, "somebody has edited it since") for part in some.exclude(pk__in=untouched)]
    return left


def unmark(session: ImportSession) -> list[dict[str, Any]]:
    """Take a list of marks back: its parts go, and those that it changed get their old marks."""
    rows = ImportRow.objects.filter(session=session, after__isnull=False).exclude(part="").order_by("-pk")
    made: dict[str, list[int]] = {}
    filled: dict[str, Any] = {}
    for row in rows.iterator(chunk_size=CHUNK):
        kind, _, pk = row.part.partition(":")
        if row.outcome == RowOutcome.NEW:
            made.setdefault(kind, []).append(int(pk))
        else:
            before, after = filled.setdefault(row.part, [{}, {}])
            before.update(row.before)
            filled[row.part][1] = {**row.after, **after}
    return _unfill(filled) + _unmake(session, made)


def unfill(session: ImportSession) -> list[dict[str, Any]]:
    """Give parts back what was unknown of them, where they still hold what the commit wrote."""
    return _unfill(session.made.get("filled", {}))


def _unfill(filled: Mapping[str, Any]) -> list[dict[str, Any]]:
    left: list[dict[str, Any]] = []
    for kind, model in NAMED.items():
        pks = [int(key.partition(":")[2]) for key in filled if key.startswith(f"{kind}:")]
        if not pks:
            continue
        mark_listings(Listing.objects.filter(**{f"{kind}__in": pks}))
        parts = list(model.objects.filter(pk__in=pks))
        names: set[str] = set()
        for part in parts:
            before, after = filled[f"{kind}:{part.pk}"]
            for name, old in before.items():
                if getattr(part, name) == after[name]:
                    setattr(part, name, old)
                    names.add(name)
                else:
                    left.append(_left(kind, part, f"somebody has changed {name} since"))
        if names:
            update_rows(model, parts, sorted(names))
    return left


def _left(kind: str, part: Any, why: str) -> dict[str, Any]:
    return {"line": 0, "part": f"{kind}:{part.pk}", "title": str(part), "why": why}

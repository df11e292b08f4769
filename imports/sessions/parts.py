"""The catalog's parts as records need them: thought of while planning, made only for rows that go in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from catalog.custom_values import default_attributes
from catalog.known_parts import MARKS, index_of
from catalog.models import Cpu, Gpu, RamSpec, StorageProfile
from catalog.recognition import Index
from dealbrain.db import update_rows
from dealbrain.folding import name_key
from imports.resolving.outcomes import PartName
from imports.sessions.plans import Message, message
from listings.models import Listing
from valuation.recalculation.marking import mark_listings

NAMED: dict[str, Any] = {"cpu": Cpu, "gpu": Gpu}
SPECS: dict[str, Any] = {
    "ram_spec": RamSpec,
    "primary_storage_profile": StorageProfile,
    "secondary_storage_profile": StorageProfile,
}
SLOTS = ("primary_storage_profile", "secondary_storage_profile")
# spec -> the listing's own numbers, and the fields that they follow
NUMBERS: dict[str, dict[str, str]] = {
    "ram_spec": {"ram_gb": "total_capacity_gb"},
    **{
        f"{slot}_storage_profile": {f"{slot}_storage_gb": "capacity_gb", f"{slot}_storage_type": "medium"}
        for slot in ("primary", "secondary")
    },
}
MOST_REMEMBERED = 50_000


class Parts:
    """Every processor and card by the key of its name, specs by what they say. Only `store_...` writes."""

    def __init__(self) -> None:
        self.named: dict[str, dict[str, Any]] = {
            kind: {part.name_key: part for part in model.objects.all()} for kind, model in NAMED.items()
        }
        self.made: dict[str, list[int]] = {}
        self.filled: dict[tuple[str, int], dict[str, Any]] = {}  # (kind, id) -> what was there before
        self._filled_parts: dict[tuple[str, int], Any] = {}
        self._specs: dict[tuple[Any, frozenset[Any]], Any] = {}
        self._identities: dict[tuple[Any, int], str] = {}

    def index(self, kind: str) -> Index:
        """The names of the catalog, for the recogniser; the best known first."""
        parts = sorted(self.named[kind].values(), key=lambda part: part.pk)
        return index_of((part.name, getattr(part, MARKS[NAMED[kind]])) for part in parts)

    def pk_of(self, kind: str, name: str) -> int:
        """The id of a stored processor or card."""
        return int(self.named[kind][name_key(name)].pk)

    def problems_of(self, kind: str, part: PartName) -> list[Message]:
        """What is wrong with what a record says of a part; nothing where it can go in."""
        if part.is_known and not part.fields:
            return []
        given = NAMED[kind](name=part.name, **part.fields)
        try:
            given.clean_fields()
        except ValidationError as error:
            return _told(error, given, part.header)
        return []

    def spec(self, model: Any, fields: Mapping[str, Any]) -> Any:
        """A spec of these fields, checked and not stored. Raises ValidationError."""
        key = (model, frozenset(fields.items()))
        found = self._specs.get(key)
        if found is None:
            found = model(**fields)
            found.clean_fields(exclude=["identity", "label"])
            found.clean()
            if len(self._specs) < MOST_REMEMBERED:
                self._specs[key] = found
        return found

    def label(self, slot: str, fields: Mapping[str, Any]) -> str:
        return str(self.spec(SPECS[slot], fields))

    def store_named(self, wanted: Iterable[tuple[str, PartName]]) -> None:
        """Make the processors and cards that are not there, and fill in what is unknown of the others.

        What is known of a part is never overwritten by a file of offers: a person, or a list of marks, corrects it.
        """
        new: dict[str, dict[str, Any]] = {kind: {} for kind in NAMED}
        for kind, said in wanted:
            key = name_key(said.name)
            part = self.named[kind].get(key) or new[kind].get(key)
            if part is None:
                new[kind][key] = NAMED[kind](name=said.name, **said.fields, attributes=default_attributes(kind))
            else:
                self._fill(kind, part, said.fields)
        for kind, parts in new.items():
            if parts:
                self._make(kind, parts)

    def _fill(self, kind: str, part: Any, fields: Mapping[str, Any]) -> None:
        empty = {name: value for name, value in fields.items() if getattr(part, name) in (None, "")}
        for name, value in empty.items():
            if part.pk is not None:
                self.filled.setdefault((kind, part.pk), {}).setdefault(name, getattr(part, name))
                self._filled_parts[kind, part.pk] = part
            setattr(part, name, value)

    def _make(self, kind: str, parts: dict[str, Any]) -> None:
        """Somebody else may make the same ones meanwhile: theirs are taken then."""
        model = NAMED[kind]
        model.objects.bulk_create(parts.values(), ignore_conflicts=True, batch_size=500)
        for part in model.objects.filter(name_key__in=[name_key(part.name) for part in parts.values()]):
            self.named[kind][part.name_key] = part
            self.made.setdefault(kind, []).append(part.pk)

    def made_as_json(self) -> dict[str, Any]:
        """What was made, and what was filled in of parts that were there: what taking an import back needs."""
        filled = {
            f"{kind}:{pk}": [before, {name: getattr(self._by_pk(kind, pk), name) for name in before}]
            for (kind, pk), before in self.filled.items()
        }
        return {**{kind: sorted(set(pks)) for kind, pks in self.made.items()}, **({"filled": filled} if filled else {})}

    def write_filled(self) -> None:
        """Store what was filled in, and have the listings of these parts valued anew."""
        for kind, model in NAMED.items():
            pks = [pk for of, pk in self.filled if of == kind]
            if not pks:
                continue
            mark_listings(Listing.objects.filter(**{f"{kind}__in": pks}))
            names = sorted({name for pk in pks for name in self.filled[kind, pk]})
            parts = [self._by_pk(kind, pk) for pk in pks]
            update_rows(model, parts, names)

    def _by_pk(self, kind: str, pk: int) -> Any:
        return self._filled_parts[kind, pk]

    def identity_of(self, model: Any, pk: int) -> str:
        """The identity that a spec had when it was stored or found."""
        return self._identities.get((model, pk), "")

    def store_specs(self, wanted: Iterable[Any]) -> dict[str, Any]:
        """Stored specs by identity: found, or made. Two or three queries for each model, however many there are."""
        found: dict[str, Any] = {}
        by_model: dict[Any, dict[str, Any]] = {}
        for spec in wanted:
            if spec.pk is None:
                by_model.setdefault(type(spec), {})[spec.identity] = spec
            else:
                found[spec.identity] = spec
        for model, specs in by_model.items():
            stored = {spec.identity: spec for spec in model.objects.filter(identity__in=specs)}
            missing = [spec for identity, spec in specs.items() if identity not in stored]
            if missing:
                model.objects.bulk_create(missing, ignore_conflicts=True, batch_size=500)
                fresh = model.objects.filter(identity__in=[spec.identity for spec in missing])
                stored |= {spec.identity: spec for spec in fresh}
                kind = model._meta.model_name
                self.made.setdefault(kind, []).extend(stored[spec.identity].pk for spec in missing)
            self._identities |= {(model, spec.pk): identity for identity, spec in stored.items()}
            for identity, spec in stored.items():
                specs[identity].pk = spec.pk  # the one that is remembered: it is not looked up again
                found[identity] = spec
        return found


def problems_of_spec(error: ValidationError, header: str) -> list[Message]:
    return [message(" ".join(texts), header or name) for name, texts in error.message_dict.items()]


def _told(error: ValidationError, part: Any, header: str) -> list[Message]:
    return [
        message(" ".join(texts), header or name, str(getattr(part, name, "")))
        for name, texts in error.message_dict.items()
    ]

"""The dialect of older clients, `API_DIALECT=legacy`, in one place: the edge. Nothing inside knows of it.

What older clients *send* is understood in every dialect (`leniency`). What they *read* differs: bare arrays instead of
pages, and other names, which here are put beside ours. The tables say which: `ROUTES` the kind of document that an
address answers, `KINDS` what such a document has besides, and `DEFAULTS` what an address takes for asked where nothing
is said. In the current dialect every function here gives back what it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import QueryDict

from dealbrain.api.dialect import older
from dealbrain.api.dialect.older import Answered

CURRENT, LEGACY = "current", "legacy"
DIALECTS = (CURRENT, LEGACY)
MOST_ROWS = 10_000

Json = dict[str, Any]
Made = Callable[[Json, Answered], Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """What an older client reads of one kind of document.

    `names` are older names of ours, or how a value is made; `inside` says of which kind is what stands under a name;
    `whole` makes something else of the document, when all else is done.
    """

    names: Mapping[str, str | Made] = field(default_factory=dict)
    inside: Mapping[str, str] = field(default_factory=dict)
    whole: Made | None = None


PART = {"attributes_json": older.attributes}
KINDS: dict[str, Kind] = {
    "listing": Kind(
        {"attributes": older.listing_attributes},
        {
            **dict.fromkeys(("cpu", "gpu", "ram_spec", "primary_storage_profile", "secondary_storage_profile"), "part"),
            "ports_profile": "ports_profile",
        },
    ),
    "part": Kind(PART),
    "ports_profile": Kind(PART, {"ports": "port"}),
    "port": Kind({"port_type": "type", "quantity": "count"}),
    "profile": Kind({"weights_json": "weights"}),
    "dashboard": Kind({}, dict.fromkeys(("best_value", "best_perf_per_watt", "best_under_budget"), "listing")),
    "bulk_updated": Kind({}, {"updated": "listing"}),
    "bulk_created": Kind({}, {"listings": "listing"}),
    "breakdown": Kind(
        {"legacy_lines": older.nothing, "total_deductions": older.deductions}, {"adjustments": "adjustment"}
    ),
    "adjustment": Kind({}, {"actions": "action_line"}),
    "action_line": Kind({"details": older.details}),
    "ruleset": Kind({"conditions": older.grouped}, {"rule_groups": "group"}),
    "group": Kind({"rules": older.rules}, {"rules": "rule"}),
    "rule": Kind({"conditions": older.flat}),
    "rule_preview": Kind({}, {"sample_non_matched_listings": "not_matched"}),
    "not_matched": Kind({"price_usd": "original_price"}),
    "audit": Kind({"created_at": "at", "changes": older.changes}),
    "cpu_market": Kind({**PART, **older.CPU_FIGURES}),
    "cpu_detail": Kind(
        {**PART, **older.CPU_FIGURES, "associated_listings": older.associated, "market_data": older.market_data},
        {"cheapest_listings": "listing"},
    ),
    "cpu_statistics": Kind(older.RANGES),
    "metadata": Kind({}, {"entities": "facts"}),
    "facts": Kind({}, {"fields": "fact"}),
    "fact": Kind({"is_custom": older.is_custom}),
    "field": Kind({"default_value": "default", "is_locked": older.no, "visibility": older.public}),
    "field_change": Kind({"created_at": "at", "payload": older.changes}),
    "fields": Kind({"fields": "items"}, {"items": "field"}),
    "field_history": Kind({"events": "items"}, {"items": "field_change"}),
    "field_values": Kind(whole=older.values),
    "field_deleted": Kind({"field_id": older.pk, "total": "archived"}),
    "records": Kind({**older.ENTITY, "records": "items", "pagination": older.pagination}, {"items": "record"}),
    "record": Kind({"fields": older.columns, "attributes": older.attributes}),
    "task": Kind({"task_id": older.task_id, "state": "status"}),
    "baseline": Kind({}, {"entities": "baseline_entity"}),
    "baseline_entity": Kind({}, {"fields": "baseline_field"}),
    "baseline_field": Kind({}, {"valuation_buckets": "bucket"}),
    "bucket": Kind({"Formula": "formula", "min_usd": older.lower, "max_usd": older.upper}),
    "validated": Kind({"errors": older.sentences("errors"), "warnings": older.sentences("warnings")}),
    "adopted": Kind({"recalculation_job_id": older.job_id}),
    "overrides": Kind(whole=older.overrides),
    "impact": Kind({"statistics": older.statistics}),
}

# name of a route -> the kind of what it answers, or of the rows of a list
ROUTES: dict[str, str] = {
    **dict.fromkeys(("listings-list", "listings-detail", "recalculate-metrics", "rankings"), "listing"),
    **{f"{parts}-listings": "listing" for parts in ("cpus", "gpus", "profiles", "ram-specs", "storage-profiles")},
    "ports-profiles-listings": "listing",
    "listings-bulk-update": "bulk_updated",
    "listings-bulk": "bulk_created",
    "dashboard": "dashboard",
    **{
        f"{parts}-{one}": "part"
        for parts in ("cpus", "gpus", "ram-specs", "storage-profiles")
        for one in ("list", "detail")
    },
    **dict.fromkeys(("ports-profiles-list", "ports-profiles-detail"), "ports_profile"),
    **dict.fromkeys(("profiles-list", "profiles-detail"), "profile"),
    **dict.fromkeys(("valuation-breakdown", "rules-evaluate"), "breakdown"),
    **dict.fromkeys(("rulesets-list", "rulesets-detail"), "ruleset"),
    **dict.fromkeys(("rule-groups-list", "rule-groups-detail"), "group"),
    **dict.fromkeys(("valuation-rules-list", "valuation-rules-detail"), "rule"),
    "rules-preview": "rule_preview",
    "audit-log": "audit",
    "cpu-market": "cpu_market",
    "cpu-market-detail": "cpu_detail",
    "cpu-statistics": "cpu_statistics",
    "entities-metadata": "metadata",
    **{f"{name}-{one}": "field" for name in ("fields", "custom-fields") for one in ("list", "detail", "options")},
    "fields-history": "field_history",
    "fields-values": "field_values",
    **{f"fields-data-{entity}-records": "records" for entity in older.ENTITIES},
    **{f"fields-data-{entity}-record": "record" for entity in older.ENTITIES},
    **dict.fromkeys(("task", "tasks", "import-benchmarks", "bulk-recalculate-metrics", "rules-apply"), "task"),
    **dict.fromkeys(("baseline-meta", "baseline-metadata", "baseline-export"), "baseline"),
    "baseline-validate": "validated",
    "baseline-adopt": "adopted",
    "baseline-entity-overrides": "overrides",
    "baseline-preview": "impact",
}
# What one method of a route answers instead.
BY_METHOD: dict[tuple[str, str], str] = {
    **{(f"{name}-list", "GET"): "fields" for name in ("fields", "custom-fields")},
    **{(f"{name}-detail", "DELETE"): "field_deleted" for name in ("fields", "custom-fields")},
    **{(f"fields-data-{entity}-records", "POST"): "record" for entity in older.ENTITIES},
}
ENVELOPED = ("fields", "field_history", "field_values", "records")  # lists that never were bare arrays
# name of a route -> parameters that count as given; "" is every route.
DEFAULTS: dict[str, dict[str, str]] = {
    "": {"format": "array", "nested": "true"},
    "listings-export": {"format": "csv"},
    "listings-bulk-update": {"rows": "true"},
    "baseline-export": {"format": "described"},
    **{
        f"{parts}-list": {"limit": str(MOST_ROWS)}
        for parts in ("cpus", "gpus", "profiles", "ram-specs", "storage-profiles", "ports-profiles")
    },
    "cpu-market": {"limit": str(MOST_ROWS)},
}
# What is passed over, with a warning, where the current dialect refuses it.
FORGIVEN = frozenset({"attributes of a CPU", "attributes of a GPU", "adopting nothing"})

# kind -> what an app adds to all the documents of that kind in one answer, at once
_beside: dict[str, Callable[[list[Json]], None]] = {}


def is_legacy() -> bool:
    return bool(settings.API_DIALECT == LEGACY)


def beside(kind: str, add: Callable[[list[Json]], None]) -> None:
    """Have `add` put into documents of a kind what only an app can say; called when apps are ready."""
    _beside[kind] = add


def most_rows(most: int) -> int:
    """How many rows a page may hold."""
    return max(most, MOST_ROWS) if is_legacy() else most


def forgives(what: str) -> bool:
    return is_legacy() and what in FORGIVEN


def with_defaults(route: str, given: QueryDict, known: Collection[str]) -> QueryDict:
    """A query with what counts as given for an older client."""
    if not is_legacy():
        return given
    defaults = {**DEFAULTS[""], **DEFAULTS.get(route, {})}
    if ROUTES.get(route) in ENVELOPED or BY_METHOD.get((route, "GET")) in ENVELOPED:
        defaults = {"nested": "true"}
    full = given.copy()
    for name, value in defaults.items():
        if name in known and not full.get(name):
            full[name] = value
    return full


def spoken(document: Any, answered: Answered) -> Any:
    """An answer as an older client reads it."""
    if not is_legacy():
        return document
    kind = BY_METHOD.get((answered.route, answered.method)) or ROUTES.get(answered.route)
    if kind is None or document is None:
        return document
    found: dict[str, list[Json]] = {}
    told = _told(document, kind, answered, found)
    for of_kind, add in _beside.items():
        if of_kind in found:
            add(found[of_kind])
    return told


def _told(document: Any, kind: str, answered: Answered, found: dict[str, list[Json]]) -> Any:
    if isinstance(document, list):
        return [_told(item, kind, answered, found) for item in document]
    if not isinstance(document, dict):
        return document
    if "items" in document and "next_cursor" in document and kind not in ENVELOPED:
        return {**document, "items": _told(document["items"], kind, answered, found)}
    about = KINDS[kind]
    told = dict(document)
    for name, inner in about.inside.items():
        if name in told:
            told[name] = _told(told[name], inner, answered, found)
    told |= dict(_named(told, about, answered))
    found.setdefault(kind, []).append(told)
    return about.whole(told, answered) if about.whole else told


def _named(document: Json, about: Kind, answered: Answered) -> Iterator[tuple[str, Any]]:
    for name, made in about.names.items():
        if callable(made):
            yield name, made(document, answered)
        elif made in document:
            yield name, document[made]

"""What older clients read where it is more than another name: the values of `dialect`'s tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
ENTITIES = ("listing", "cpu", "gpu", "ram_spec", "storage_profile", "ports_profile", "profile")
PUBLIC = "public"
TYPES: tuple[tuple[type, str], ...] = ((bool, "boolean"), (int, "number"), (float, "number"))


@dataclass(frozen=True, slots=True)
class Answered:
    """Which request an answer is for: the name of its route, its method, variables of its path, its query."""

    route: str
    method: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""


def nothing(_document: Json, _answered: Answered) -> list[Any]:
    return []


def no(_document: Json, _answered: Answered) -> bool:
    return False


def public(_document: Json, _answered: Answered) -> str:
    return PUBLIC


def pk(_document: Json, answered: Answered) -> int | None:
    found = str(answered.variables.get("pk", ""))
    return int(found) if found.isdigit() else None


# -- Listings and parts ------------------------------------------------------------------------------------------------


def attributes(document: Json, _answered: Answered) -> Json:
    return document.get("attributes") or {}


def listing_attributes(document: Json, _answered: Answered) -> Json:
    """With the rulesets that are switched off, which older forms look for here."""
    disabled = document.get("disabled_rulesets")
    return {**attributes(document, _answered), **({"valuation_disabled_rulesets": disabled} if disabled else {})}


def _from(*path: str) -> Callable[[Json, Answered], Any]:
    def found(document: Json, _answered: Answered) -> Any:
        value: Any = document
        for name in path:
            value = (value or {}).get(name)
        return value

    return found


CPU_FIGURES = {
    **{f"price_target_{name}": _from("price_targets", name) for name in ("good", "great", "fair", "sample_size")},
    "price_target_confidence": _from("price_targets", "confidence"),
    "dollar_per_mark_multi": _from("performance_value", "dollar_per_cpu_mark"),
    "performance_value_percentile": _from("performance_value", "percentile"),
    "performance_value_rating": _from("performance_value", "rating"),
}


def associated(document: Json, _answered: Answered) -> list[Json]:
    return [
        {
            **{name: listing.get(name) for name in ("id", "title", "adjusted_price_usd", "marketplace", "condition")},
            "base_price_usd": listing.get("price_usd"),
            "url": listing.get("listing_url"),
            "status": listing.get("status"),
        }
        for listing in document.get("cheapest_listings") or ()
    ]


def market_data(document: Json, _answered: Answered) -> Json:
    return {"price_distribution": document.get("price_distribution") or []}


def _range(name: str) -> Callable[[Json, Answered], list[Any]]:
    def found(document: Json, _answered: Answered) -> list[Any]:
        bounds = document.get(name) or {}
        return [bounds.get("min"), bounds.get("max")]

    return found


RANGES = {
    older: _range(ours)
    for older, ours in (
        ("core_range", "cores_range"),
        ("tdp_range", "tdp_w_range"),
        ("year_range", "release_year_range"),
    )
}


# -- Rules -------------------------------------------------------------------------------------------------------------


def deductions(document: Json, _answered: Answered) -> float:
    """What is taken off, as a sum above zero."""
    amounts = (line.get("adjustment_amount") or 0 for line in document.get("adjustments") or ())
    return round(-sum(amount for amount in amounts if amount < 0), 2) + 0.0


def details(document: Json, _answered: Answered) -> Json:
    found = document.get("details")
    return found if isinstance(found, dict) else {"text": found}


def rules(document: Json, _answered: Answered) -> list[Any]:
    return document.get("rules") or []


def grouped(document: Json, _answered: Answered) -> Json | None:
    """Conditions of a ruleset as one object."""
    tree = document.get("conditions")
    if isinstance(tree, list):
        return {"logical_operator": "and", "conditions": tree} if tree else None
    return tree or None


def flat(document: Json, _answered: Answered) -> list[Json]:
    """Conditions of a rule as a list, whose leaves say how they are joined; a group in it has the shape of a leaf."""
    tree = document.get("conditions") or []
    join, nodes = "and", tree if isinstance(tree, list) else [tree]
    while len(nodes) == 1 and not _is_leaf(nodes[0]) and _logic(nodes[0]) in ("and", "or"):
        join, nodes = _logic(nodes[0]), nodes[0].get("conditions") or []
    if join == "or" and not all(_is_leaf(node) for node in nodes):
        return [_group({"logical_operator": "or", "conditions": nodes}, 0)]
    return [_leaf(node, join.upper(), at) if _is_leaf(node) else _group(node, at) for at, node in enumerate(nodes)]


def _logic(node: Json) -> str:
    return str(node.get("logical_operator")).lower()


def _group(node: Json, at: int) -> Json:
    shape = {"field_name": "", "field_type": "group", "operator": _logic(node), "value": None}
    return {**shape, **node, "group_order": at}


def _is_leaf(node: Any) -> bool:
    return isinstance(node, dict) and node.get("field_name") is not None


def _leaf(node: Json, join: str, at: int) -> Json:
    value = node.get("value")
    sample = value[0] if isinstance(value, list) and value else value
    kind = next((name for known, name in TYPES if isinstance(sample, known)), "string")
    return {"field_type": kind, "value": None, **node, "logical_operator": join, "group_order": at}


def changes(document: Json, _answered: Answered) -> Json:
    return {"before": document.get("before"), "after": document.get("after")}


# -- Fields ------------------------------------------------------------------------------------------------------------


def is_custom(document: Json, _answered: Answered) -> bool:
    return str(document.get("key", "")).startswith("custom.")


def values(document: Json, answered: Answered) -> Json:
    found = [str(item["value"]) for item in document.get("items") or ()]
    return {**document, "field_name": answered.variables.get("field"), "values": found, "count": len(found)}


def entity(_document: Json, answered: Answered) -> str:
    return next((name for name in ENTITIES if answered.route == f"fields-data-{name}-records"), "")


def label(_document: Json, answered: Answered) -> str:
    return answered.label


ENTITY = {"entity": entity, "label": label}


def pagination(document: Json, answered: Answered) -> Json:
    offset = str(answered.query.get("offset") or "0")
    return {"limit": document.get("limit"), "offset": int(offset), "total": document.get("total")}


def columns(document: Json, _answered: Answered) -> Json:
    """A row's columns once more, apart from its id and its custom fields."""
    return {name: value for name, value in document.items() if name not in ("id", "attributes", "warnings")}


# -- Baselines and tasks -----------------------------------------------------------------------------------------------


def task_id(document: Json, _answered: Answered) -> str | None:
    return str(document["id"]) if "id" in document else None


def job_id(document: Json, _answered: Answered) -> str | None:
    found = document.get("recalculation_task_id")
    return None if found is None else str(found)


def lower(document: Json, _answered: Answered) -> float:
    return _bound(document, "min_usd")


def upper(document: Json, _answered: Answered) -> float:
    return _bound(document, "max_usd")


def _bound(document: Json, name: str) -> float:
    found = document.get(name)
    return float((document.get("value_usd") or 0.0) if found is None else found)


def sentences(name: str) -> Callable[[Json, Answered], list[str]]:
    def found(document: Json, _answered: Answered) -> list[str]:
        items = document.get(name) or ()
        return [f"{item['path']}: {item['message']}" if isinstance(item, dict) else str(item) for item in items]

    return found


def overrides(document: Json, _answered: Answered) -> Any:
    return document.get("overrides", document)


def statistics(document: Json, _answered: Answered) -> Json:
    """Sums over nothing are 0 here."""
    found = document.get("statistics") or {}
    return {name: 0.0 if value is None else value for name, value in found.items()}

"""Packages for tests: small documents, exports, and a database that is empty again."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from catalog.models import CustomField
from valuation.deleting import delete_trees
from valuation.models import ListingValuation, Ruleset
from valuation.packages.content import PackageError
from valuation.packages.installing import Installed, install_packages
from valuation.packages.opening import read_package
from valuation.packages.writing import export_rulesets
from valuation.recalculation.run import Scope, recalculate

OLDER = Path(__file__).with_name("older.json")
RULE: dict[str, Any] = {
    "name": "Memory",
    "conditions": {"field_name": "ram_gb", "operator": "gte", "value": 16},
    "actions": [{"action_type": "per_unit", "metric": "per_gb", "value_usd": 2.5}],
}


def document(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A package of one ruleset with one group of these rules."""
    ruleset = {"name": "Ours", "rule_groups": [{"name": "Group", "rules": list(rules or (RULE,))}]}
    return deepcopy({"schema_version": "1.1", "metadata": {"name": "Pack"}, "rulesets": [ruleset], **more})


def encoded(content: Any) -> bytes:
    return json.dumps(content).encode()


def install(content: Any, **options: Any) -> Installed:
    source = content if isinstance(content, bytes) else encoded(content)
    return install_packages([read_package(source)], **options)


def problems(content: Any) -> dict[str, str]:
    """What is wrong with a package, by place; the test fails where nothing is."""
    try:
        read_package(content if isinstance(content, bytes) else encoded(content))
    except PackageError as error:
        return {problem.path: problem.message for problem in error.problems}
    raise AssertionError("nothing was refused")


def export(*names: str) -> str:
    rulesets = Ruleset.objects.filter(name__in=names) if names else Ruleset.objects.all()
    return export_rulesets(list(rulesets.values_list("pk", flat=True))).text


def without_rules() -> None:
    """As in a database in which nobody has written a rule."""
    delete_trees(Ruleset.objects.all())
    CustomField.objects.all().delete()


def valued() -> dict[int, tuple[int | None, int]]:
    """Each listing's adjustment in cents, and by how many rules, valued anew."""
    recalculate(scope=Scope(), trigger="test")
    rows = ListingValuation.objects.values_list("listing_id", "total_cents", "matched_rules")
    return {listing: (cents, rules) for listing, cents, rules in rows}

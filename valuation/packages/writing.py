"""The text of a package: sorted keys, a line for each value, nothing that another export would write otherwise."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from dealbrain.version import release_of
from valuation.models import Ruleset
from valuation.packages.content import (
    BOUNDS,
    MOST_RULES,
    MOST_RULESETS,
    SCHEMA_VERSION,
    About,
    GroupContent,
    Json,
    Package,
    RuleContent,
    RulesetContent,
    refused,
)
from valuation.packages.fields import CUSTOM, definitions_of, paths_needed
from valuation.packages.stored import stored_rulesets
from valuation.registry import field_registry

# Said only where there is something to say: of baselines and of what counts instead of them.
RARE = frozenset({"is_baseline", "takes_overrides", "overrides"})


@dataclass(frozen=True, slots=True)
class Exported:
    """A package, and the text of its file."""

    package: Package
    text: str

    @property
    def groups(self) -> int:
        return sum(len(ruleset.groups) for ruleset in self.package.rulesets)

    @property
    def rules(self) -> int:
        return sum(len(ruleset.rules) for ruleset in self.package.rulesets)

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return len(self.text.encode())


def export_rulesets(
    ids: Collection[int],
    *,
    about: About | None = None,
    required: Iterable[str] = (),
    with_examples: bool = True,
) -> Exported:
    """These rulesets as one package. `about` and `required` say more than the rules do: of itself, and which fields.

    Raises PackageError for more than a package may hold, and for a required field that is not there.
    """
    found = stored_rulesets(Ruleset.objects.filter(pk__in=ids))
    return export_content(found if with_examples else [replace(one, examples=()) for one in found], about, required)


def export_content(
    rulesets: Collection[RulesetContent], about: About | None = None, required: Iterable[str] = ()
) -> Exported:
    """As `export_rulesets`, of content that was read before. Two queries."""
    rules = sum(len(ruleset.rules) for ruleset in rulesets)
    if len(rulesets) > MOST_RULESETS or rules > MOST_RULES:
        raise refused(
            "rulesets",
            f"a package holds at most {MOST_RULESETS} rulesets with {MOST_RULES:,} rules together, and these are "
            f"{len(rulesets):,} with {rules:,}: export them in parts",
            "too_many",
        )
    registry = field_registry()
    wanted = {path if path.startswith(CUSTOM) else f"{CUSTOM}{path}" for path in required}
    paths = sorted({*paths_needed(rulesets, registry), *wanted})
    fields = definitions_of(paths)
    if missing := wanted - {f"{CUSTOM}{field['key']}" for field in fields}:
        raise refused("required_custom_fields", f"there is no custom field {', '.join(sorted(missing))}", "unknown")
    told = replace(about or about_of(rulesets), required_fields=tuple(paths))
    package = Package(told, tuple(rulesets), tuple(fields), registry=registry)
    text = text_of_package(package)
    if len(text.encode()) > BOUNDS.most_bytes:
        raise refused("", f"the file would have more than {BOUNDS.most_bytes:,} bytes: export in parts", "size")
    return Exported(package, text)


def about_of(rulesets: Collection[RulesetContent]) -> About:
    """What a package says of itself where nobody says more: what its first ruleset does."""
    if not rulesets:
        return About()
    first = next(iter(rulesets))
    more = f" and {len(rulesets) - 1} more" if len(rulesets) > 1 else ""
    version = str(first.values["version"])
    return About(
        name=f"{first.name}{more}",
        version=version if release_of(version) else "1.0.0",
        description=str(first.values["description"]) if not more else "",
    )


def readme_of(exported: Exported) -> str:
    """What is in a package, as Markdown for people."""
    about, package = exported.package.about, exported.package
    needs = [f"custom field `{path}`" for path in about.required_fields]
    needs += [f"Deal Brain {about.min_app_version} or newer"] if about.min_app_version else []
    lines = [
        f"# {about.name} {about.version}",
        *([about.description] if about.description else []),
        *([f"By {about.author}."] if about.author else []),
        "## Rulesets",
        *(
            f"- {ruleset.name}: {len(ruleset.groups)} groups, {len(ruleset.rules)} rules"
            for ruleset in package.rulesets
        ),
        "## Needs",
        *(f"- {need}" for need in needs or ["nothing"]),
        "Install it with `manage.py install_ruleset FILE`, or in the admin.",
    ]
    return "\n\n".join(lines) + "\n"


def text_of_package(package: Package) -> str:
    return json.dumps(document_of(package), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def document_of(package: Package) -> Json:
    about = package.about
    return {
        "schema_version": SCHEMA_VERSION,
        "metadata": {
            "name": about.name,
            "version": about.version,
            "author": about.author,
            "description": about.description,
            "created_at": about.created_at,
            "tags": list(about.tags),
            "compatibility": {
                "min_app_version": about.min_app_version,
                "required_custom_fields": list(about.required_fields),
            },
        },
        "rulesets": [_ruleset(ruleset) for ruleset in package.rulesets],
        "custom_field_definitions": list(package.fields),
        "examples": [
            {**example, "ruleset": ruleset.name} for ruleset in package.rulesets for example in ruleset.examples
        ],
    }


def _ruleset(ruleset: RulesetContent) -> Json:
    return {**_said(ruleset.values), "rule_groups": [_group(group) for group in ruleset.groups]}


def _group(group: GroupContent) -> Json:
    return {**_said(group.values), "rules": [_rule(rule) for rule in group.rules]}


def _rule(rule: RuleContent) -> Json:
    return {**_said(rule.values), "actions": list(rule.actions)}


def _said(values: Json) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value or name not in RARE}

"""Reading a package: bytes in, checked content out, or every problem of the file with its place.

Two formats come in. Ours nests what belongs together; that of the earlier system lists rows (`legacy` nests them). From
there on they are one: a tree of rows, each with the place in its file, is read by the columns and checked against the
fields that rules could name if the package's own were there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dealbrain.text import nfc
from dealbrain.version import VERSION, release_of
from valuation.decoding import DocumentError
from valuation.decoding import decode as decode_document
from valuation.engine import ActionSpec, FieldRegistry, Problem, check_action, check_conditions, plain_conditions
from valuation.examples.storing import MOST_EXAMPLES
from valuation.models.rules import NEEDS_CONFIGURATION, UNCONFIGURED, WITHOUT_ACTION
from valuation.packages import columns
from valuation.packages.content import (
    BOUNDS,
    MOST_ACTIONS,
    MOST_EXAMPLES_TOGETHER,
    MOST_FIELDS,
    MOST_GROUPS,
    MOST_RULES,
    MOST_RULESETS,
    MOST_TAGS,
    OLDER_VERSION,
    SCHEMA_VERSION,
    About,
    GroupContent,
    Json,
    Package,
    PackageError,
    RuleContent,
    RulesetContent,
    in_order,
    plain,
    refused,
)
from valuation.packages.examples import read_example

TOP_KEYS = ("schema_version", "metadata", "rulesets", "custom_field_definitions", "examples")
ABOUT_KEYS = ("name", "version", "author", "description", "created_at", "compatibility", "tags")
COMPATIBILITY_KEYS = ("min_app_version", "required_custom_fields")
MOST_TEXT = 10_000  # characters of what a package says of itself
# What a file of each format may ask for. Those of the earlier system count that system's versions, all of which wrote
# what is read here; the next one would be another program.
NEWEST = {SCHEMA_VERSION: VERSION, OLDER_VERSION: "1.999"}


@dataclass(slots=True)
class Row:
    """A row as a file has it, with those inside it, and where it stands.

    `said` puts a problem where the file has it.
    """

    path: str
    given: Any
    inside: list[Row] = field(default_factory=list)
    said: Callable[[Problem], Problem] = field(default=lambda problem: problem)


def decode(source: bytes | Mapping[str, Any]) -> Json:
    """The JSON of a package. Raises PackageError for what is none, is packed, or is of a format that is not read."""
    if isinstance(source, bytes) and (kind := _other_kind(source)):
        raise refused("", f"this is {kind}, and no package: a package is a text file, as it was exported", "json")
    try:
        content = decode_document(source, BOUNDS)
    except DocumentError as error:
        raise PackageError(list(error.problems)) from error
    if not isinstance(content, dict):
        raise refused("", "a package is a JSON object", "json")
    version = content.get("schema_version")
    if not isinstance(version, str) or version not in NEWEST:
        known = ", ".join(sorted(NEWEST))
        raise refused("schema_version", f"this version reads {known}, not {str(version)[:100]!r}", "schema_version")
    return content


def _other_kind(source: bytes) -> str:
    """What a file is that begins as no text does."""
    for start, kind in (
        (b"\x1f\x8b", "a gzip file"),
        (b"PK\x03\x04", "a zip file"),
        (b"\x89PNG", "an image"),
        (b"\xff\xd8\xff", "an image"),
        (b"GIF8", "an image"),
        (b"%PDF", "a PDF"),
    ):
        if source.startswith(start):
            return kind
    return ""


@dataclass(slots=True)
class Read:
    """One file on its way: what it says of itself and of fields, and its rows, not yet looked at."""

    version: str
    about: About
    fields: list[Json]
    rulesets: list[Row]
    examples: list[tuple[str, Any]]
    problems: columns.Problems


def check(read: Read, registry: FieldRegistry) -> Package:
    """The content, checked against these fields. Raises PackageError with everything that is wrong with the file."""
    problems = read.problems
    rulesets = _Checker(registry, problems).rulesets(read.rulesets)
    rulesets = _with_examples(rulesets, read.examples, problems)
    for path in read.about.required_fields:
        if registry.get(path) is None:
            place = "metadata.compatibility.required_custom_fields"
            problems.add(place, f'"{path}" is needed, and neither here nor defined in the package', "unknown_field")
    problems.refuse()
    return Package(read.about, in_order(rulesets), tuple(read.fields), tuple(problems.warnings), registry)


class _Checker:
    """Rows into content: by their columns, then by what rules mean."""

    def __init__(self, registry: FieldRegistry, problems: columns.Problems) -> None:
        self.registry = registry
        self.problems = problems

    def rulesets(self, rows: list[Row]) -> list[RulesetContent]:
        return [self.ruleset(row) for row in self.distinct(rows)]

    def ruleset(self, row: Row) -> RulesetContent:
        values = columns.read_row(row.given, columns.RULESETS, row.path, self.problems, inside=("rule_groups",))
        self.conditions(values, row)
        groups = sorted((self.group(inner) for inner in self.distinct(row.inside)), key=lambda group: group.order)
        return RulesetContent(values, tuple(groups), path=row.path)

    def group(self, row: Row) -> GroupContent:
        values = columns.read_row(row.given, columns.GROUPS, row.path, self.problems, inside=("rules",))
        rules = sorted((self.rule(inner) for inner in self.distinct(row.inside)), key=lambda rule: rule.order)
        return GroupContent(values, tuple(rules), row.path)

    def rule(self, row: Row) -> RuleContent:
        values = columns.read_row(row.given, columns.RULES, row.path, self.problems, inside=("actions",))
        self.conditions(values, row)
        actions = tuple(self.action(inner) for inner in row.inside)
        if values["is_active"] and NEEDS_CONFIGURATION in values["metadata"] and not values["conditions"]:
            self.problems.add(f"{row.path}.is_active", UNCONFIGURED, "unconfigured")
        if values["is_active"] and not actions:
            self.problems.take([Problem(f"{row.path}.actions", WITHOUT_ACTION, "no_action", severity="warning")])
        return RuleContent(values, actions, row.path)

    def action(self, row: Row) -> Json:
        before = len(self.problems.found)
        values = columns.read_row(row.given, columns.ACTIONS, row.path, self.problems)
        if len(self.problems.found) == before:
            found = check_action(ActionSpec(**values), self.registry)
            self.problems.take(row.said(problem.under(row.path)) for problem in found)
        return values

    def conditions(self, values: Json, row: Row) -> None:
        """(Trees are read as they are given: their problems stand where the file has them.)"""
        tree = values["conditions"]
        found = check_conditions(tree, self.registry)
        self.problems.take(row.said(problem.under(row.path)) for problem in found)
        values["conditions"] = plain(plain_conditions(tree))

    def distinct(self, rows: list[Row]) -> list[Row]:
        """The same rows, whose names are to differ among them."""
        first: dict[str, str] = {}
        for row in rows:
            name = row.given.get("name") if isinstance(row.given, dict) else None
            if isinstance(name, str) and (other := first.setdefault(nfc(name), row.path)) != row.path:
                self.problems.add(f"{row.path}.name", f'{other} has the name "{name[:100]}" already', "duplicate")
        return rows


def nested(content: Json) -> Read:
    """A file of our format as rows."""
    problems = columns.Problems()
    columns.refuse_unknown(content, TOP_KEYS, "", problems)
    counts = [0]
    rulesets = [
        Row(path, given, _inside(path, given, problems, counts))
        for path, given in listed(content, "rulesets", "", MOST_RULESETS, problems)
    ]
    refuse_empty(content, problems)
    return Read(
        SCHEMA_VERSION,
        read_about(content, SCHEMA_VERSION, problems),
        [
            columns.read_row(given, columns.FIELDS, path, problems)
            for path, given in listed(content, "custom_field_definitions", "", MOST_FIELDS, problems)
        ],
        rulesets,
        listed(content, "examples", "", MOST_EXAMPLES_TOGETHER, problems),
        problems,
    )


def refuse_empty(content: Json, problems: columns.Problems) -> None:
    if content.get("rulesets") in (None, []):
        problems.add("rulesets", "a package holds at least one ruleset", "required")


def _inside(path: str, ruleset: Any, problems: columns.Problems, counts: list[int]) -> list[Row]:
    groups = []
    for group_path, group in listed(ruleset, "rule_groups", path, MOST_GROUPS, problems):
        rules = []
        for rule_path, rule in listed(group, "rules", group_path, MOST_RULES - counts[0], problems):
            actions = listed(rule, "actions", rule_path, MOST_ACTIONS, problems)
            rules.append(Row(rule_path, rule, [Row(place, action) for place, action in actions]))
        counts[0] += len(rules)
        groups.append(Row(group_path, group, rules))
    return groups


def listed(holder: Any, key: str, path: str, most: int, problems: columns.Problems) -> list[tuple[str, Any]]:
    """The items of a list with their places; null and nothing are no items."""
    given = holder.get(key) if isinstance(holder, dict) else None
    place = f"{path}.{key}" if path else key
    if given is None:
        return []
    if not isinstance(given, list):
        problems.add(place, "this must be a list: [...]")
        return []
    if len(given) > most:
        problems.add(place, f"there are {len(given):,}, and at most {most:,} are read", "too_many")
        problems.refuse()
    return [(f"{place}[{index}]", item) for index, item in enumerate(given)]


def read_about(content: Json, version: str, problems: columns.Problems) -> About:
    given = content.get("metadata")
    if given is None:
        given = {}
    if not isinstance(given, dict):
        problems.add("metadata", "this must be an object: {...}")
        return About()
    columns.refuse_unknown(given, ABOUT_KEYS, "metadata", problems)
    wants = given.get("compatibility")
    wants = {} if wants is None else wants
    if not isinstance(wants, dict):
        problems.add("metadata.compatibility", "this must be an object: {...}")
        wants = {}
    columns.refuse_unknown(wants, COMPATIBILITY_KEYS, "metadata.compatibility", problems)
    required = _texts(wants, "required_custom_fields", "metadata.compatibility", MOST_FIELDS, problems)
    texts = {name: _said(given, name, "metadata", problems) for name in ("name", "version", "author", "description")}
    if texts["version"] and release_of(texts["version"]) is None:
        problems.add("metadata.version", "this is no version, such as 1.2.0", "version")
    return About(
        **texts,
        created_at=_said(given, "created_at", "metadata", problems) or None,
        tags=_texts(given, "tags", "metadata", MOST_TAGS, problems),
        min_app_version=_min_version(wants, version, problems),
        required_fields=tuple(path if path.startswith("custom.") else f"custom.{path}" for path in required),
    )


def _min_version(wants: Json, version: str, problems: columns.Problems) -> str | None:
    path, asked = "metadata.compatibility.min_app_version", wants.get("min_app_version")
    text = _said(wants, "min_app_version", "metadata.compatibility", problems)
    if not asked or not text:
        return None
    wanted, ours = release_of(text), release_of(NEWEST[version])
    assert ours is not None
    if wanted is None:
        problems.add(path, "this is no version, such as 1.2.0", "version")
    elif wanted > ours:
        problems.add(path, f"the package needs version {text}, and this is {NEWEST[version]}", "version")
    return text


def _said(given: Json, name: str, path: str, problems: columns.Problems) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MOST_TEXT:
        problems.add(f"{path}.{name}", f"this must be a text of at most {MOST_TEXT:,} characters")
        return ""
    return nfc(value)


def _texts(given: Json, name: str, path: str, most: int, problems: columns.Problems) -> tuple[str, ...]:
    found = []
    for place, item in listed(given, name, path, most, problems):
        if isinstance(item, str) and len(item) <= MOST_TEXT:
            found.append(nfc(item))
        else:
            problems.add(place, "this must be a text")
    return tuple(found)


def _with_examples(
    rulesets: list[RulesetContent], examples: Iterable[tuple[str, Any]], problems: columns.Problems
) -> list[RulesetContent]:
    """Examples under the rulesets they name; where there is one ruleset alone, it need not be named."""
    names = [ruleset.name for ruleset in rulesets]
    of: dict[str, list[Json]] = {name: [] for name in names}
    for path, given in examples:
        name, example = read_example(given, path, names, problems)
        if example is not None:
            of[name].append(example)
    for name, found in of.items():
        if len(found) > MOST_EXAMPLES:
            problems.add("examples", f'"{name}" has {len(found):,}, and at most {MOST_EXAMPLES} are read', "too_many")
    return [replace(ruleset, examples=tuple(of.get(ruleset.name, ()))) for ruleset in rulesets]

"""Imports go one way, files stay small, and every command has a test."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Collection, Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
APPS = ("dealbrain", "catalog", "listings", "valuation", "baselines", "imports")
# app -> what it may import of ours; `dealbrain` is the leaf, and names apps in its urls as text only
MAY_IMPORT = {
    "dealbrain": {"dealbrain"},
    "catalog": {"dealbrain", "catalog"},
    "listings": {"dealbrain", "catalog", "listings"},
    "valuation": {"dealbrain", "catalog", "listings", "valuation"},
    "baselines": {"dealbrain", "catalog", "listings", "valuation", "baselines"},
    "imports": {"dealbrain", "catalog", "listings", "valuation", "imports"},
}
ENGINE_MAY_IMPORT = {"numpy", "re2"}
# The floors inside valuation, the lowest first: a module imports of its own floor's room and of lower floors only.
FLOORS = (
    ("engine", "choices", "signals"),
    ("registry", "decoding"),
    ("validation",),
    ("querysets",),
    ("models",),
    ("permissions", "preferences", "overrides", "filtersets"),
    ("recalculation",),
    ("explaining", "history", "market", "definitions", "jobs", "metrics"),
    ("deleting", "arranging", "trying"),
    ("analytics", "examples"),
    ("drafts", "packages"),
    ("pages", "admin", "api", "management", "receivers", "apps"),
    ("urls",),
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
MOST_LINES, MOST_TEST_LINES = 400, 700

MODULES = [
    path
    for app in APPS
    for path in sorted((ROOT / app).rglob("*.py"))
    if "migrations" not in path.relative_to(ROOT).parts
]
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def imported(path: Path) -> tuple[tuple[str, int], ...]:
    """(dotted module, line) of every import; relative ones are those of the same package."""
    found: list[tuple[str, int]] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.append((node.module or "", node.lineno))
    return tuple(found)


def packages_of(path: Path) -> set[str]:
    return {module.partition(".")[0] for module, _ in imported(path)}


def room_of(parts: tuple[str, ...]) -> str:
    """The room in valuation that a module lies in: `valuation.api.rules` is of `api`."""
    return parts[1] if len(parts) > 1 and parts[1] != "__init__" else "engine"


def wrong(paths: Iterable[Path], look: Callable[[Path], Collection[object]]) -> dict[str, Collection[object]]:
    """{file: what `look` finds wrong with it}; the files are there."""
    looked = {name_of(path): look(path) for path in paths}
    assert looked
    return {name: found for name, found in looked.items() if found}


def test_imports_go_one_way() -> None:
    def astray(path: Path) -> list[tuple[str, int]]:
        may = MAY_IMPORT[path.relative_to(ROOT).parts[0]]
        others = {*APPS, "tests"} - may
        return [(module, line) for module, line in imported(path) if module.partition(".")[0] in others]

    assert wrong(MODULES, astray) == {}


def test_nothing_in_valuation_reaches_up() -> None:
    """Rooms of one floor do not know each other; so a room is read with those below it, and no other."""

    def above(path: Path) -> set[str]:
        room = room_of(path.relative_to(ROOT).with_suffix("").parts)
        reached = {room_of(tuple(module.split("."))) for module, _ in imported(path) if module.startswith("valuation.")}
        return {other for other in reached - {room} if FLOOR_OF[other] >= FLOOR_OF[room]}

    assert wrong([path for path in MODULES if "valuation" in path.relative_to(ROOT).parts[:1]], above) == {}


def test_the_engine_knows_nothing_of_the_rest() -> None:
    may = ENGINE_MAY_IMPORT | sys.stdlib_module_names
    assert wrong((ROOT / "valuation/engine").glob("*.py"), lambda path: packages_of(path) - may) == {}


def test_the_estimate_knows_only_numbers() -> None:
    def known(path: Path) -> set[str]:
        ours = {module for module, _ in imported(path) if module.startswith("valuation.")}
        others = packages_of(path) - {"valuation", "numpy"} - sys.stdlib_module_names
        return others | {module for module in ours if not module.startswith("valuation.market.estimate")}

    assert wrong((ROOT / "valuation/market/estimate").glob("*.py"), known) == {}


def test_recognition_knows_nothing_of_the_rest() -> None:
    files = (ROOT / "catalog/recognition").glob("*.py")
    assert wrong(files, lambda path: packages_of(path) - sys.stdlib_module_names) == {}


def test_no_import_hides_in_a_function() -> None:
    def hidden(path: Path) -> list[int]:
        nodes = ast.walk(ast.parse(path.read_text()))
        functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        return [n.lineno for f in functions for n in ast.walk(f) if isinstance(n, ast.Import | ast.ImportFrom)]

    assert wrong(MODULES, hidden) == {}


def test_files_stay_small() -> None:
    def surplus(path: Path) -> list[str]:
        lines, most = len(path.read_text().splitlines()), MOST_TEST_LINES if path in TESTS else MOST_LINES
        return [f"{lines} lines of at most {most}"] if lines > most else []

    assert wrong([*MODULES, *TESTS], surplus) == {}


def test_every_command_has_a_test() -> None:
    commands = [path.stem for path in MODULES if "commands" in path.parts and path.stem != "__init__"]
    tested = "\n".join(path.read_text() for path in TESTS)
    assert commands
    assert [name for name in commands if f'"{name}"' not in tested] == []

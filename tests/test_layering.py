"""Imports go one way, files stay small, and every command has a test."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

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


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """(dotted module, line) of every import; relative ones are those of the same package."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or "", node.lineno


def room_of(parts: tuple[str, ...]) -> str:
    """The room in valuation that a module lies in: `valuation.api.rules` is of `api`."""
    return parts[1] if len(parts) > 1 and parts[1] != "__init__" else "engine"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_one_way(path: Path) -> None:
    app = path.relative_to(ROOT).parts[0]
    ours = [(module, line) for module, line in imported(path) if module.partition(".")[0] in APPS]
    assert [found for found in ours if found[0].partition(".")[0] not in MAY_IMPORT[app]] == []
    assert not any(module.startswith("tests") for module, _ in imported(path))


@pytest.mark.parametrize("path", [path for path in MODULES if "valuation" in path.parts], ids=name_of)
def test_nothing_in_valuation_reaches_up(path: Path) -> None:
    """Rooms of one floor do not know each other; so a room is read with those below it, and no other."""
    room = room_of(path.relative_to(ROOT).with_suffix("").parts)
    reached = {room_of(tuple(module.split("."))) for module, _ in imported(path) if module.startswith("valuation.")}
    assert {other for other in reached - {room} if FLOOR_OF[other] >= FLOOR_OF[room]} == set()


@pytest.mark.parametrize("path", sorted((ROOT / "valuation/engine").glob("*.py")), ids=name_of)
def test_the_engine_knows_nothing_of_the_rest(path: Path) -> None:
    import_names = {module.partition(".")[0] for module, _ in imported(path)}
    assert import_names <= ENGINE_MAY_IMPORT | sys.stdlib_module_names


@pytest.mark.parametrize("path", sorted((ROOT / "valuation/market/estimate").glob("*.py")), ids=name_of)
def test_the_estimate_knows_only_numbers(path: Path) -> None:
    ours = {module for module, _ in imported(path) if module.startswith("valuation.")}
    assert {module for module in ours if not module.startswith("valuation.market.estimate")} == set()
    others = {module.partition(".")[0] for module, _ in imported(path)} - {"valuation"}
    assert others <= {"numpy"} | sys.stdlib_module_names


@pytest.mark.parametrize("path", sorted((ROOT / "catalog/recognition").glob("*.py")), ids=name_of)
def test_recognition_knows_nothing_of_the_rest(path: Path) -> None:
    assert {module.partition(".")[0] for module, _ in imported(path)} <= sys.stdlib_module_names


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_import_hides_in_a_function(path: Path) -> None:
    functions = [
        n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    hidden = [n.lineno for f in functions for n in ast.walk(f) if isinstance(n, ast.Import | ast.ImportFrom)]
    assert hidden == []


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=name_of)
def test_files_stay_small(path: Path) -> None:
    most = MOST_TEST_LINES if path in TESTS else MOST_LINES
    assert len(path.read_text().splitlines()) <= most


def test_every_command_has_a_test() -> None:
    commands = [path.stem for path in MODULES if "commands" in path.parts and path.stem != "__init__"]
    tested = "\n".join(path.read_text() for path in TESTS)
    assert commands
    assert [name for name in commands if f'"{name}"' not in tested] == []

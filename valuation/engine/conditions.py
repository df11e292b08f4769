"""Condition trees: JSON in, checked `Condition` out, and a mask of the rows it holds for.

Every leaf is answered for a whole column. A missing value makes every operator but is_null and is_not_null false, and
`not` negates that truth value like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from .batch import CategoryColumn, Mask, NumberColumn, Source, fold
from .errors import MOST_PROBLEMS, Problem
from .fields import FieldRegistry, Kind, UnknownField, nearest
from .flat import Flattened
from .operators import OPERATORS, OPTION, Operator, Pattern, Shape, check_kind, find_operator, read_value
from .spec import Condition, Json

__all__ = ["OPERATORS", "Matcher", "Operator", "check_conditions", "leaves", "make_leaf", "match", "parse_conditions"]

MAX_DEPTH = 10
MAX_LEAVES = 200
LOGIC = {"and": "all of these", "or": "one of these", "not": "this does not hold"}  # what has to hold of a group
_LEAF_KEYS = ("field_name", "operator", "value", "field_type")
_GROUP_KEYS = ("logical_operator", "conditions")
_ROOT = "conditions"


def parse_conditions(tree: Json, registry: FieldRegistry) -> tuple[Condition | None, list[Problem]]:
    """The checked tree (None matches everything) and every problem of it, warnings too.

    Paths point into the stored JSON and begin with `conditions`, whether that is a list, a group or a single leaf. A
    tree with an error has no condition: it is None as well, so look at the problems first.
    """
    if tree is None or tree in ({}, []):
        return None, []
    flattened = Flattened()
    tree = flattened.tree(tree, _ROOT)
    parser = _Parser(registry, flattened)
    condition = parser.node(tree, _ROOT, 1)
    failed = any(problem.severity == "error" for problem in parser.problems)
    return (None if failed else condition), parser.problems


def check_conditions(tree: Json, registry: FieldRegistry) -> list[Problem]:
    """Every problem of a condition tree that somebody writes now.

    A value that is no option is an error here, for it never matches. In a rule that is stored it is only a warning: an
    option that was taken away later must not stop a `not_in` that names it.
    """
    problems = parse_conditions(tree, registry)[1]
    return [replace(found, severity="error") if found.code == OPTION else found for found in problems]


def leaves(condition: Condition | None) -> Iterator[Condition]:
    """The leaves of a tree, in reading order."""
    if condition is None:
        return
    if not condition.logic:
        yield condition
    for child in condition.children:
        yield from leaves(child)


def written_leaves(tree: Json, path: str = _ROOT, depth: int = 1) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """The leaves of a tree as it is written, right or wrong, each with its path; no more than are ever looked at."""
    if depth > MAX_DEPTH:
        return
    if isinstance(tree, list | tuple):
        for index, child in enumerate(tree):
            yield from written_leaves(child, f"{path}[{index}]", depth + 1)
    elif isinstance(tree, Mapping) and tree.get("field_name") is not None:
        yield path, tree
    elif isinstance(tree, Mapping) and isinstance(tree.get("conditions"), list | tuple):
        inside = path if path == _ROOT else f"{path}.conditions"
        for index, child in enumerate(tree["conditions"]):
            yield from written_leaves(child, f"{inside}[{index}]", depth + 1)


class _Parser:
    """One pass over one tree: collects the problems, counts the leaves."""

    def __init__(self, registry: FieldRegistry, flattened: Flattened) -> None:
        self.registry = registry
        self.problems: list[Problem] = list(flattened.problems)
        self.places = flattened.places
        self.leaf_count = 0

    def node(self, tree: Json, path: str, depth: int) -> Condition | None:
        path = self.places.get(id(tree), path)
        if depth > MAX_DEPTH:
            self._problem(path, f"conditions may be nested at most {MAX_DEPTH} deep", "depth", "split the rule")
            return None
        if isinstance(tree, list | tuple):
            return self._group("and", tree, path, path, depth)
        if not isinstance(tree, Mapping):
            hint = 'write {"field_name": "ram_gb", "operator": "gte", "value": 16}'
            self._problem(path, "a condition is a leaf, a group or a list", "shape", hint)
            return None
        is_leaf = tree.get("field_name") is not None
        if not is_leaf and (tree.get("logical_operator") is not None or tree.get("conditions") is not None):
            return self._explicit_group(tree, path, depth)
        return self._leaf(tree, path)

    def _explicit_group(self, tree: Mapping[str, Json], path: str, depth: int) -> Condition | None:
        self._check_keys(tree, _GROUP_KEYS, _LEAF_KEYS, path)
        logic = tree.get("logical_operator")
        word = logic.strip().lower() if isinstance(logic, str) else ""
        if word not in LOGIC:
            self._problem(f"{path}.logical_operator", "logical_operator is one of and, or, not", "logical_operator")
        children = tree.get("conditions")
        if not isinstance(children, list | tuple):
            self._problem(f"{path}.conditions", "a group needs a list of conditions", "shape")
            return None
        # The root group's own list is what the stored JSON calls `conditions`: no need to say it twice.
        inside = path if path == _ROOT else f"{path}.conditions"
        return self._group(word, children, path, inside, depth)

    def _group(self, logic: str, children: Json, path: str, inside: str, depth: int) -> Condition | None:
        if not children:
            self._problem(path, "empty group", "empty_group", "add a condition or remove the group")
            return None
        if logic == "not" and len(children) != 1:
            self._problem(
                path, f"not takes exactly one condition, not {len(children)}", "arity", "put them in an `and`"
            )
        parsed = []
        for index, child in enumerate(children):
            if self.leaf_count > MAX_LEAVES or len(self.problems) >= MOST_PROBLEMS:
                break  # said once, and enough: what follows may be a million leaves long
            parsed.append(self.node(child, f"{inside}[{index}]", depth + 1))
        return Condition(path, logic=logic, children=tuple(child for child in parsed if child is not None))

    def _leaf(self, tree: Mapping[str, Json], path: str) -> Condition | None:
        self.leaf_count += 1
        if self.leaf_count > MAX_LEAVES:
            self._problem(path, f"a rule may have at most {MAX_LEAVES} conditions", "leaves", "split the rule")
            return None
        self._check_keys(tree, _LEAF_KEYS, _GROUP_KEYS, path)
        operator = find_operator(tree.get("operator"), f"{path}.operator", self.problems)
        return make_leaf(tree.get("field_name"), operator, tree.get("value"), path, self.registry, self.problems)

    def _check_keys(self, tree: Mapping[str, Json], known: tuple[str, ...], empty: tuple[str, ...], path: str) -> None:
        """`known` keys may be there; `empty` ones, which belong to the other kind of node, only with null."""
        for key, value in tree.items():
            if len(self.problems) >= MOST_PROBLEMS:
                break
            if key in known or (key in empty and value is None):
                continue
            near = nearest(str(key), known, 1)
            hint = f'did you mean "{near[0]}"?' if near else f"the keys are {', '.join(known)}"
            self._problem(f"{path}.{key}", f'unknown key "{key}"', "unknown_key", hint)

    def _problem(self, path: str, message: str, code: str, suggestion: str = "") -> None:
        self.problems.append(Problem(path, message, code, suggestion))


def make_leaf(
    name: Json, operator: Operator | None, value: Json, path: str, registry: FieldRegistry, problems: list[Problem]
) -> Condition | None:
    """A checked leaf, or None with its problems (at `path`.field_name, .operator and .value) added."""
    place = f"{path}." if path else ""
    if not isinstance(name, str) or not name.strip():
        problems.append(Problem(f"{place}field_name", "a field is needed", "required"))
        return None
    try:
        fact = registry.resolve(name)
    except UnknownField as error:
        problems.append(Problem(f"{place}field_name", str(error), "unknown_field", ", ".join(error.suggestions)))
        return None
    if operator is None:
        return None
    wrong_kind = check_kind(operator, fact, f"{place}operator")
    problems.extend(wrong_kind)
    if wrong_kind:
        return None
    read = read_value(operator, fact, value, f"{place}value", problems)
    if read is None and operator.shape is not Shape.NONE:
        return None
    return Condition(path, field=fact.path, operator=operator.name, value=_Value(read, fact.kind), expected=value)


class _Value(tuple[Any, Kind]):
    """What a leaf compares with, and the kind of its field. Hashable: it is a key of the memo."""

    __slots__ = ()

    def __new__(cls, read: Any, kind: Kind) -> _Value:
        return super().__new__(cls, (read, kind))


class Matcher:
    """Answers conditions for one source of rows, each distinct leaf (field, operator, value) once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._answers: dict[tuple[str, str, _Value], Mask] = {}
        self._folded: dict[str, list[str]] = {}

    @property
    def answered(self) -> int:
        """How many answers it keeps, each a mask over all rows."""
        return len(self._answers)

    def on(self, source: Source) -> Matcher:
        """The same answers for the same rows, of which more is known now."""
        other = Matcher(source)
        other._answers, other._folded = self._answers.copy(), self._folded
        return other

    def match(self, condition: Condition | None) -> Mask:
        """The rows the condition holds for. The mask may be shared: do not write to it."""
        if condition is None:
            return np.ones(len(self._source), dtype=np.bool_)
        if not condition.logic:
            return self._leaf(condition)
        masks = [self.match(child) for child in condition.children]
        if condition.logic == "not":
            return ~masks[0]
        combine = np.logical_and if condition.logic == "and" else np.logical_or
        result = masks[0]
        for mask in masks[1:]:
            result = combine(result, mask)
        return result

    def _leaf(self, leaf: Condition) -> Mask:
        key = (leaf.field, leaf.operator, leaf.value)
        if key not in self._answers:
            self._answers[key] = self._answer(leaf)
        return self._answers[key]

    def _answer(self, leaf: Condition) -> Mask:
        operator = OPERATORS[leaf.operator]
        value, kind = leaf.value
        if kind is not Kind.STRING:
            return _answer_numbers(operator, self._source.number(leaf.field), value)
        column = self._source.category(leaf.field)
        if operator.shape is Shape.NONE:
            missing: Mask = column.codes < 0
            return missing if operator.name == "is_null" else ~missing
        assert operator.text is not None
        # One more slot, false, at the end: code -1 (missing) finds it.
        answers = np.zeros(len(column.categories) + 1, dtype=np.bool_)
        if isinstance(value, Pattern):
            answers[:-1] = value.found_in(column.categories)
        else:
            test = operator.text
            answers[:-1] = [test(text, value) for text in self._fold(leaf.field, column)]
        return answers[column.codes]

    def _fold(self, path: str, column: CategoryColumn) -> list[str]:
        if path not in self._folded:
            self._folded[path] = [fold(text) for text in column.categories]
        return self._folded[path]


def _answer_numbers(operator: Operator, column: NumberColumn, value: Any) -> Mask:
    if operator.shape is Shape.NONE:
        return ~column.present if operator.name == "is_null" else column.present
    assert operator.number is not None
    answers: Mask = operator.number(column.values, value) & column.present
    return answers


def match(condition: Condition | None, source: Source) -> Mask:
    """The rows of a batch (or of some of its rows) that the condition holds for."""
    return Matcher(source).match(condition).copy()

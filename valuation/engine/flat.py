"""Conditions as older clients write them, as the tree that they mean.

Those clients send a flat list whose leaves say how they are joined, name the node that a condition belongs under by
its id, and send along what their tables hold. What they mean is kept, what says nothing about it is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .errors import Problem
from .spec import Json

OLDER_KEYS = frozenset({"id", "options", "group_order", "parent_condition_id", "rule_id", "created_at"})
GROUP = "group"  # the field_type of a group in the shape of a leaf
JOINS = ("and", "or")
MOST_NODES = 1_000  # more than a rule may have: they are left to be refused
MOST_DEPTH = 12  # deeper than a tree may be: what is deeper is left to be refused


class Flattened:
    """One tree on its way: what is wrong with it, and where nodes stood that have moved."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.places: dict[int, str] = {}  # id() of a node of the new tree -> its path in the old one

    def tree(self, node: Json, path: str, depth: int = 1) -> Json:
        if depth > MOST_DEPTH:
            return node
        if isinstance(node, list | tuple):
            return self._list(node, path, path, "", depth)
        if not isinstance(node, Mapping):
            return node
        kept = {key: value for key, value in node.items() if key not in OLDER_KEYS}
        if kept.get("field_type") == GROUP and not kept.get("field_name"):
            kept = {key: value for key, value in kept.items() if key in ("logical_operator", "conditions")}
        if kept.get("field_name") is not None:
            self._word(node, path)
            kept.pop("logical_operator", None)
        elif isinstance(kept.get("conditions"), list | tuple):
            inside = path if path == "conditions" else f"{path}.conditions"
            kept["conditions"] = self._list(
                kept["conditions"], path, inside, _lower(node.get("logical_operator")), depth
            )
        return kept

    def _list(self, nodes: Sequence[Json], path: str, inside: str, logic: str, depth: int) -> Json:
        """The nodes of a list, under their parents; as an `or` where the leaves say so. `logic` joins them already."""
        if len(nodes) > MOST_NODES:
            return list(nodes)
        made = [self.tree(node, f"{inside}[{at}]", depth + 1) for at, node in enumerate(nodes)]
        words = [self._word(node, f"{inside}[{at}]", say=False) for at, node in enumerate(nodes)]
        top = list(range(len(made)))
        if any(isinstance(node, Mapping) and node.get("parent_condition_id") is not None for node in nodes):
            top = self._under_parents(nodes, made, words, inside)
        found = [made[at] for at in top]
        asked = self._join([words[at] for at in top if _is_leaf(nodes[at])], path, logic)
        return {"logical_operator": "or", "conditions": found} if asked == "or" and not logic else found

    def _join(self, words: Sequence[str], path: str, logic: str) -> str:
        """How the leaves of one list are joined. (One alone is joined with nothing, whatever it says.)"""
        said = set(words)
        if len(words) < 2 or said <= {""}:
            return ""
        if logic and said - {"", logic}:
            message = f"these conditions stand in a group that says {logic}, and say {_listed(said)} themselves"
            self._problem(path, message, "leave logical_operator out of them")
        elif not logic and said - {""} == {"or"} and "" not in said:
            return "or"
        elif not logic and "or" in said:
            message = "some of these conditions say or and some say and: which belong together?"
            self._problem(path, message, 'put them in groups {"logical_operator": "or", "conditions": [...]}')
        return ""

    def _under_parents(self, nodes: Sequence[Json], made: list[Any], words: list[str], inside: str) -> list[int]:
        """Put nodes under the groups they name as their parents; the positions of those that name none."""
        by_id: dict[str, list[int]] = {}
        for at, node in enumerate(nodes):
            if isinstance(node, Mapping) and node.get("id") is not None:
                by_id.setdefault(str(node["id"]), []).append(at)
        parents = {position: self._parent(nodes, position, by_id, inside) for position in range(len(nodes))}
        children: dict[int, list[int]] = {}
        for position, parent in parents.items():
            self.places[id(made[position])] = f"{inside}[{position}]"
            if parent is not None:
                children.setdefault(parent, []).append(position)
        for parent, below in children.items():
            group = made[parent]
            own = list(group.get("conditions") or [])
            group["conditions"] = [*own, *(made[position] for position in below)]
            leaves = [words[position] for position in below if _is_leaf(nodes[position])]
            self._join(leaves, f"{inside}[{parent}]", _lower(group.get("logical_operator")))
        return [position for position, parent in parents.items() if parent is None]

    def _parent(
        self, nodes: Sequence[Json], position: int, by_id: Mapping[str, Sequence[int]], inside: str
    ) -> int | None:
        """Where the parent of a node stands; None, perhaps with a problem, where it has none."""
        chain = [position]
        wrong = ""
        while not wrong and (name := _parent_id(nodes[chain[-1]])) is not None:
            named = by_id.get(name, ())
            if len(named) != 1:
                wrong = f'{"two conditions have" if named else "no condition of this list has"} the id "{name[:100]}"'
            elif named[0] in chain:
                wrong = "these conditions are each other's parents"
            elif _is_leaf(nodes[named[0]]):
                wrong = "its parent is a condition itself, and not a group that could hold it"
            elif len(chain) > MOST_DEPTH:
                wrong = "these conditions are nested too deeply"
            else:
                chain.append(named[0])
        if wrong:
            self._problem(f"{inside}[{position}].parent_condition_id", wrong, "nest it in a group instead")
            return None
        return chain[1] if len(chain) > 1 else None

    def _word(self, node: Json, path: str, *, say: bool = True) -> str:
        """How a leaf says that it is joined: and, or, or "" """
        if not _is_leaf(node) or node.get("logical_operator") in (None, ""):
            return ""
        word = _lower(node["logical_operator"])
        if word in JOINS:
            return word
        if say:
            self._problem(f"{path}.logical_operator", "a condition is joined by and, or by or", "leave it out")
        return ""

    def _problem(self, path: str, message: str, hint: str) -> None:
        self.problems.append(Problem(path, message, "logical_operator", hint))


def plain_conditions(tree: Json) -> Json:
    """A condition tree as it is kept. What cannot be understood is given back as it is."""
    flattened = Flattened()
    found = flattened.tree(tree, "conditions")
    return tree if flattened.problems else found


def _is_leaf(node: Json) -> bool:
    return isinstance(node, Mapping) and node.get("field_name") is not None


def _parent_id(node: Json) -> str | None:
    given = node.get("parent_condition_id") if isinstance(node, Mapping) else None
    return None if given is None else str(given)


def _lower(word: Json) -> str:
    return word.strip().lower() if isinstance(word, str) else ""


def _listed(words: set[str]) -> str:
    return " and ".join(sorted(words - {""}))

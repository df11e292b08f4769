"""Formulas: text, parsed to a tree and checked node by node, into a column function. Nothing is ever `eval`ed."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .batch import Source, fold
from .errors import Problem, RuleError
from .fields import Field, FieldRegistry, Kind, UnknownField, nearest
from .money import LIMIT, Floats
from .terms import BINARY, COMPARE, FUNCTIONS, UNARY, Term, apply, choose, coalesce, number_term

MAX_LENGTH = 1000
MAX_DEPTH = 20
# Text in quotes, kept; comments and line breaks, skipped.
_QUOTED_OR_SKIPPED = re.compile(r"""('(?:\\.|[^'\\\r\n])*'|"(?:\\.|[^"\\\r\n])*")|#[^\r\n]*|[\r\n]""")

# What word processors and phones make of the signs of a formula.
TYPOGRAPHIC = {
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("‘’‚", "'"),
    **dict.fromkeys("−–—", "-"),
    "×": "*",
    "·": "*",
    "÷": "/",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "\u00a0": " ",
}
_PLAIN_SIGNS = str.maketrans(TYPOGRAPHIC)
_DECIMAL_COMMA = re.compile(r"(?<![\w.])(\d+),(\d+)(?![\w.])")

Run = Callable[[Source], Term]


@dataclass(frozen=True, slots=True)
class Node:
    """A checked part of a formula. `constant` is its value where no field is in it."""

    run: Run
    constant: float | None = None


@dataclass(frozen=True, slots=True)
class Formula:
    """A checked formula. `fields` are the canonical paths it reads."""

    text: str
    fields: frozenset[str]
    run: Run

    def evaluate(self, source: Source) -> Term:
        """The formula for every row, in dollars; a result beyond +/- 1e9 is missing."""
        term = self.run(source)
        beyond = term.present & (np.abs(term.values) > LIMIT)
        if not beyond.any():
            return term
        return Term(term.values, term.present & ~beyond, (*term.reasons, (TOO_LARGE, beyond)))


TOO_LARGE = "the result is beyond 1,000,000,000"


def constant_node(value: float) -> Node:
    def run(source: Source) -> Term:
        count = len(source)
        return Term(np.full(count, value), np.ones(count, dtype=np.bool_))

    return Node(run, value)


# Stands in for what is wrong: without a value of its own, so that it causes no further problems.
WRONG = Node(lambda source: number_term(source, ""))


def check_formula(text: str, registry: FieldRegistry) -> list[Problem]:
    """Every problem of a formula, with its position."""
    try:
        compile_formula(text, registry)
    except RuleError as error:
        return list(error.problems)
    return []


def compile_formula(text: str, registry: FieldRegistry) -> Formula:
    """The checked formula; RuleError with every Problem found. Constant parts are computed here."""
    plain = _plain(text)
    compiler = _Compiler(plain, registry)
    tree = _parse(plain)
    node = compiler.node(tree, 1)
    if node.constant is not None and abs(node.constant) > LIMIT and not compiler.problems:
        compiler.problems.append(Problem("", TOO_LARGE, "too_large", position=0))
    if compiler.problems:
        raise RuleError(compiler.problems)
    return Formula(text, frozenset(compiler.fields), node.run)


def _plain(text: object) -> str:
    """The formula on one line and without comments: spaces in their place, so that every position stays."""
    if isinstance(text, str) and len(text) > MAX_LENGTH:
        message = f"a formula may have at most {MAX_LENGTH:,} characters, this has {len(text):,}"
        raise RuleError([Problem("", message, "length", position=MAX_LENGTH)])
    plain = _QUOTED_OR_SKIPPED.sub(lambda found: found[1] or " " * len(found[0]), text) if isinstance(text, str) else ""
    if not plain.strip():
        raise RuleError([Problem("", "a formula is needed", "required", 'write one such as "ram_gb * 2.5"')])
    return plain


def _parse(text: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of `"\\d"`, which is a text like any other here
            return ast.parse(text.lstrip(), mode="eval").body
    except SyntaxError as error:
        shift = len(text) - len(text.lstrip())
        position = min(shift + max((error.offset or 1) - 1, 0), max(len(text) - 1, 0))
        raise RuleError([_syntax_problem(text, position, error.msg)]) from error
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        message = "the formula cannot be read" if isinstance(error, ValueError) else "the formula is nested too deeply"
        raise RuleError([Problem("", message, "syntax", position=0)]) from error


def _syntax_problem(text: str, position: int, message: str) -> Problem:
    whole = text
    text = _QUOTED_OR_SKIPPED.sub(lambda found: " " * len(found[0]), text)
    sign = next((place for place, character in enumerate(text) if character in TYPOGRAPHIC), None)
    if sign is not None:
        message = f"{text[sign]} is typographic, and no sign of a formula"
        return Problem("", message, "typography", f"write {whole.translate(_PLAIN_SIGNS)}", sign)
    opened = []
    for place, character in enumerate(text):
        if character == "(":
            opened.append(place)
        elif character == ")" and not opened:
            return Problem("", "a ) has no (", "syntax", "missing parenthesis: add ( or remove )", place)
        elif character == ")":
            opened.pop()
    if opened:
        return Problem("", "a ( is never closed", "syntax", "missing parenthesis: add )", opened[-1])
    stripped = text.rstrip()
    if stripped and stripped[-1] in "+-*/%<>=,":
        hint = f'trailing operator: "{stripped[-1]}" needs something after it'
        return Problem("", "the formula ends too early", "syntax", hint, len(stripped) - 1)
    bare = text.replace("==", "  ").replace("<=", "  ").replace(">=", "  ").replace("!=", "  ")
    if "=" in bare:
        return Problem("", "= is no comparison", "syntax", "write == to compare", bare.index("="))
    return Problem("", f"the formula cannot be read: {message}", "syntax", position=position)


class _Compiler:
    """Turns the tree into nodes, collecting every problem; what is wrong becomes a harmless constant."""

    def __init__(self, text: str, registry: FieldRegistry) -> None:
        self.text, self.registry = text.lstrip(), registry
        self.shift = len(text) - len(self.text)
        self.problems: list[Problem] = []
        self.fields: set[str] = set()

    def node(self, tree: ast.expr, depth: int) -> Node:
        if depth > MAX_DEPTH:
            return self._wrong(
                tree, f"the formula is nested deeper than {MAX_DEPTH}", "depth", "split it into two actions"
            )
        match tree:
            case ast.Constant():
                return self._constant(tree)
            case ast.Name() | ast.Attribute():
                return self._field(tree)
            case ast.UnaryOp(op=op) if type(op) in UNARY:
                return self._operation(tree, UNARY[type(op)], [self.node(tree.operand, depth + 1)])
            case ast.BinOp(op=op) if type(op) in BINARY:
                sides = [self.node(tree.left, depth + 1), self.node(tree.right, depth + 1)]
                divides = isinstance(op, ast.Div | ast.FloorDiv | ast.Mod)
                return self._operation(tree, BINARY[type(op)], sides, divides=divides)
            case ast.BinOp(op=ast.BitXor()):
                return self._wrong(tree, "^ is no operator here", "operator", "write ** for a power")
            case ast.BoolOp():
                return self._logic(tree, depth)
            case ast.Compare():
                return self._compare(tree, depth)
            case ast.IfExp():
                parts = [self.node(part, depth + 1) for part in (tree.test, tree.body, tree.orelse)]
                return self._combine(parts, lambda terms: choose(terms[0], terms[1], terms[2]), tree)
            case ast.Call():
                return self._call(tree, depth)
            case ast.Tuple() if (comma := _DECIMAL_COMMA.search(self.text)) is not None:
                fixed = _DECIMAL_COMMA.sub(r"\1.\2", self.text)
                message = "a comma is no decimal mark"
                self.problems.append(
                    Problem("", message, "typography", f"write {fixed}", self.shift + comma.start() + len(comma[1]))
                )
                return WRONG
        name = type(tree).__name__
        return self._wrong(tree, f"{name} is not allowed in a formula", "syntax", "use numbers, fields and functions")

    def _constant(self, tree: ast.Constant) -> Node:
        value = tree.value
        if isinstance(value, str):
            return self._wrong(tree, "text stands only in comparisons with a text field", "type", 'condition == "used"')
        if not isinstance(value, bool | int | float):
            return self._wrong(tree, f"{value!r} is no number", "type")
        try:
            number = float(value)
        except OverflowError:
            number = float("inf")
        if not np.isfinite(number):
            return self._wrong(tree, "the number is too large", "too_large")
        return constant_node(number)

    def _field(self, tree: ast.expr) -> Node:
        fact = self._resolve(tree)
        if fact is None:
            return WRONG
        if fact.kind is Kind.STRING:
            return self._wrong(tree, f"{fact.path} is text", "type", f'compare it: {fact.path} == "..."')
        path = fact.path
        return Node(lambda source: number_term(source, path))

    def _resolve(self, tree: ast.expr) -> Field | None:
        name = _dotted(tree)
        if name is None:
            self._wrong(tree, "attributes are not allowed, only field names", "syntax")
            return None
        try:
            fact = self.registry.resolve_in_formula(name)
        except UnknownField as error:
            if name in FUNCTIONS:
                self._wrong(tree, f"{name} is a function", "syntax", f"write {FUNCTIONS[name].signature}")
            else:
                self._wrong(tree, str(error), "unknown_field", ", ".join(error.suggestions))
            return None
        self.fields.add(fact.path)
        return fact

    def _operation(
        self, tree: ast.expr, column: Callable[..., Floats], nodes: Sequence[Node], *, divides: bool = False
    ) -> Node:
        return self._combine(nodes, lambda terms: apply(column, terms, divides=divides), tree)

    def _combine(self, nodes: Sequence[Node], join: Callable[[list[Term]], Term], tree: ast.expr) -> Node:
        """A node of nodes; computed now when all are constant, and refused when that is undefined."""

        def run(source: Source) -> Term:
            return join([node.run(source) for node in nodes])

        if any(node.constant is None for node in nodes):
            return Node(run)
        one = np.ones(1, dtype=np.bool_)
        term = join([Term(np.array([node.constant], dtype=np.float64), one) for node in nodes])
        if not term.present[0]:
            return self._wrong(tree, f"this is never defined: {term.reason(0)}", "undefined")
        return constant_node(float(term.values[0]))

    def _logic(self, tree: ast.BoolOp, depth: int) -> Node:
        stops = isinstance(tree.op, ast.Or)  # `or` is decided by the first true operand, `and` by the first false one

        def decide(first: Floats, *rest: Floats) -> Floats:
            for other in rest:
                first = np.where((first != 0) == stops, first, other)
            return first

        return self._operation(tree, decide, [self.node(value, depth + 1) for value in tree.values])

    def _compare(self, tree: ast.Compare, depth: int) -> Node:
        sides = [tree.left, *tree.comparators]
        unknown = [op for op in tree.ops if type(op) not in COMPARE]
        if unknown:
            return self._wrong(tree, f"{type(unknown[0]).__name__} is no comparison", "operator", "use == != < <= > >=")
        if any(isinstance(side, ast.Constant) and isinstance(side.value, str) for side in sides):
            return self._compare_text(tree, sides)
        steps = [COMPARE[type(op)] for op in tree.ops]

        def chain(*values: Floats) -> Floats:
            holds = [step(left, right) for step, left, right in zip(steps, values, values[1:], strict=False)]
            return np.asarray(np.logical_and.reduce(holds), dtype=np.float64)

        return self._operation(tree, chain, [self.node(side, depth + 1) for side in sides])

    def _compare_text(self, tree: ast.Compare, sides: Sequence[ast.expr]) -> Node:
        literals = [side.value for side in sides if isinstance(side, ast.Constant) and isinstance(side.value, str)]
        names = [side for side in sides if isinstance(side, ast.Name | ast.Attribute)]
        if len(sides) != 2 or len(literals) != 1 or len(names) != 1 or not isinstance(tree.ops[0], ast.Eq | ast.NotEq):
            return self._wrong(tree, "text is compared with one text field by == or !=", "type", 'condition == "used"')
        fact = self._resolve(names[0])
        if fact is None:
            return WRONG
        if fact.kind is not Kind.STRING:
            return self._wrong(
                names[0], f"{fact.path} is a {fact.kind} field, not text", "type", "compare it with a number"
            )
        path, wanted, equal = fact.path, fold(literals[0]), isinstance(tree.ops[0], ast.Eq)

        def run(source: Source) -> Term:
            column = source.category(path)
            answers = np.zeros(len(column.categories) + 1)
            answers[:-1] = [(fold(text) == wanted) == equal for text in column.categories]
            missing = column.codes < 0
            return Term(answers[column.codes], ~missing, ((f"{path} is unknown", missing),))

        return Node(run)

    def _call(self, tree: ast.Call, depth: int) -> Node:
        name = _dotted(tree.func)
        function = FUNCTIONS.get(name.lower()) if name else None
        if function is None:
            near = nearest(name or "", FUNCTIONS, 1)
            hint = f'did you mean "{near[0]}"?' if near else f"the functions are {', '.join(FUNCTIONS)}"
            return self._wrong(
                tree, f'unknown function "{name}"' if name else "only functions can be called", "function", hint
            )
        if tree.keywords or any(isinstance(argument, ast.Starred) for argument in tree.args):
            return self._wrong(tree, "arguments are given by position", "arguments", f"write {function.signature}")
        count = len(tree.args)
        if count < function.least or (function.most is not None and count > function.most):
            return self._wrong(
                tree, f"{name} does not take {count} arguments", "arguments", f"write {function.signature}"
            )
        nodes = [self.node(argument, depth + 1) for argument in tree.args]
        if function.name == "coalesce":
            return self._combine(nodes, coalesce, tree)
        digits = nodes[1] if function.name == "round" and count == 2 else None
        if digits is not None and digits is not WRONG and digits.constant not in range(-6, 7):
            return self._wrong(
                tree, "digits must be a whole number from -6 to 6", "arguments", f"write {function.signature}"
            )
        return self._operation(tree, function.column, nodes)

    def _wrong(self, tree: ast.expr, message: str, code: str, suggestion: str = "") -> Node:
        before = self.text.encode()[: tree.col_offset].decode()
        self.problems.append(Problem("", message, code, suggestion, self.shift + len(before)))
        return WRONG


def _dotted(tree: ast.expr) -> str | None:
    """`a.b.c` of a chain of names, else None."""
    parts: list[str] = []
    while isinstance(tree, ast.Attribute):
        parts.append(tree.attr)
        tree = tree.value
    if not isinstance(tree, ast.Name):
        return None
    return ".".join([tree.id, *reversed(parts)])

"""Formulas: every operator and function by hand, what is missing and why, and everything that is refused."""

from __future__ import annotations

from typing import Any

import pytest

from valuation.engine import FUNCTIONS, Batch, FieldRegistry, RuleError, check_formula, compile_formula

REGISTRY = FieldRegistry()
FACTS = {
    "ram_gb": 16,
    "cpu.cores": 6,
    "cpu.cpu_mark_multi": 12_400,
    "condition": "used",
    "primary_storage_gb": 0,
    "ports.has_thunderbolt": True,
}


def value(text: str, **facts: Any) -> tuple[float | None, str]:
    """(result, reason why there is none)."""
    term = compile_formula(text, REGISTRY).evaluate(Batch.from_rows([{**FACTS, **facts}], REGISTRY))
    return (float(term.values[0]) if term.present[0] else None), term.reason(0)


RESULTS: dict[str, float] = {
    "1 + 2 * 3": 7,
    "(1 + 2) * 3": 9,
    "2 ** 3 ** 2": 512,
    "-2 ** 2": -4,
    "7 // 2": 3,
    "-7 // 2": -4,
    "-7 % 3": 2,
    "7 / 2": 3.5,
    "+ram_gb - -1": 17,
    "ram_gb": 16,
    "RAM_GB": 16,
    "cpu.cores": 6,
    "cpu_cores": 6,
    "cores": 6,
    "cpu_mark_multi": 12_400,
    "ram_gb > 8": 1,
    "8 < ram_gb <= 16 < 17": 1,
    "8 < ram_gb < 16": 0,
    "ram_gb == 16 and cores == 6": 1,
    "ram_gb == 8 or 5": 5,
    "not ram_gb": 0,
    "not 0": 1,
    "True + True": 2,
    "ram_gb  # in GB": 16,
    "(ram_gb > 8) * 10": 10,
    "3 if condition == 'USED' else 4": 3,
    "3 if condition != 'used' else 4": 4,
    "1 if ram_gb > 8 else 1 / primary_storage_gb": 1,
    "abs(-3)": 3,
    "min(3, ram_gb, 2)": 2,
    "max(3, ram_gb)": 16,
    "round(2.5)": 3,
    "round(-2.5)": -3,
    "round(2.675, 2)": 2.68,
    "round(1250, -2)": 1300,
    "int(2.9)": 2,
    "int(-2.9)": -2,
    "float(3)": 3,
    "sqrt(ram_gb)": 4,
    "pow(2, 10)": 1024,
    "floor(-2.1)": -3,
    "ceil(-2.9)": -2,
    "clamp(ram_gb, 0, 10)": 10,
    "clamp(-1, 0, 10)": 0,
    "coalesce(gpu_mark, secondary_storage_gb, 7)": 7,
    "coalesce(ram_gb, 7)": 16,
    "coalesce(1 / primary_storage_gb, 7)": 7,
    # Precedence, as in Python
    "2 + 3 * 4 - 10 / 5": 12,
    "2 * 3 ** 2": 18,
    "-7 // 2 * 2": -8,
    "10 - 4 - 3": 3,
    "100 / 10 / 5": 2,
    "2 ** -1": 0.5,
    "not 1 == 2": 1,
    "1 or 0 and 0": 1,
    "(1 or 0) and 0": 0,
    "1 + (2 if 0 else 3)": 4,
    "1 + 2 if 0 else 3": 3,
    "1 if 0 else 2 if 0 else 3": 3,
    "7 % -3": -2,
    "-7.5 % 2": 0.5,
    # Truth is 1 or 0, `and` and `or` give an operand as Python does
    "0 and 5": 0,
    "3 and 5": 5,
    "3 or 5": 3,
    "0 or 0": 0,
    "True": 1,
    "False": 0,
    "(ram_gb == 16) + (cores == 6) + (cores == 7)": 2,
    "1 < 2 < 3 < 4": 1,
    "1 != 1": 0,
    "2 >= 2": 1,
    # Names and text
    "listing.ram_gb": 16,
    "CPU.Cores + cpu_cores + Cores": 18,
    "Max(1, 2)": 2,
    "(condition == 'used') + ('USED' == condition)": 2,
    "condition == 'used '": 0,
    "5 if (condition == 'used') == (ram_gb > 8) else 6": 5,
    "has_thunderbolt * 10": 10,
    # One function in another, and what they do at their edges
    "round(sqrt(ram_gb) / 3, 2)": 1.33,
    "round(0.125, 2)": 0.13,
    "round(-0.125, 2)": -0.13,
    "round(7, 0)": 7,
    "int(-0.5)": 0,
    "floor(3)": 3,
    "ceil(3.01)": 4,
    "min(4)": 4,
    "min(1, 2, -3, 0)": -3,
    "clamp(5, 5, 5)": 5,
    "clamp(11, 0, 10)": 10,
    "pow(4, 0.5)": 2,
    "coalesce(1)": 1,
    "coalesce(gpu_mark, coalesce(secondary_storage_gb, 4)) * 2": 8,
    "coalesce(gpu_mark * 2, 3)": 3,
    # Notation, comments and lines
    "1_000": 1000,
    "1e3 + .5": 1000.5,
    " \n ram_gb\n  * 2\n": 32,
    "ram_gb\r\n* 2": 32,
    "ram_gb  # GB\n* 2  # twice\n+ 1": 33,
    "1 if condition == '# no comment' else 2": 2,
    "1e9": 1_000_000_000,
    "-1e9": -1_000_000_000,
    "(" * 50 + "1" + ")" * 50: 1,
    "1" + " + 1" * 19: 20,
}


@pytest.mark.parametrize(("text", "expected"), RESULTS.items())
def test_results(text: str, expected: float) -> None:
    assert value(text) == (pytest.approx(expected, abs=1e-12), "")


def test_every_function_is_in_the_table() -> None:
    assert [name for name in FUNCTIONS if not any(f"{name}(" in text for text in RESULTS)] == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("gpu_mark * 2", "gpu.gpu_mark is unknown"),
        ("gpu_mark ** 0", "gpu.gpu_mark is unknown"),
        ("gpu_mark * 0", "gpu.gpu_mark is unknown"),
        ("not gpu_mark", "gpu.gpu_mark is unknown"),
        ("gpu_mark == 0", "gpu.gpu_mark is unknown"),
        ("gpu_mark + secondary_storage_gb", "gpu.gpu_mark is unknown"),
        ("gpu_mark if ram_gb else 1", "gpu.gpu_mark is unknown"),
        ("1 if gpu_mark else 2", "gpu.gpu_mark is unknown"),
        ("1 if gpu_mark > 0 else 1", "gpu.gpu_mark is unknown"),
        ("ram_gb > 8 or gpu_mark", "gpu.gpu_mark is unknown"),
        ("0 and gpu_mark", "gpu.gpu_mark is unknown"),
        ("max(1, gpu_mark)", "gpu.gpu_mark is unknown"),
        ("clamp(1, 0, gpu_mark)", "gpu.gpu_mark is unknown"),
        ("1 if seller == 'x' else 2", "seller is unknown"),
        ("seller != 'x'", "seller is unknown"),
        ("1 / primary_storage_gb", "division by zero"),
        ("primary_storage_gb / primary_storage_gb", "division by zero"),
        ("ram_gb // primary_storage_gb", "division by zero"),
        ("ram_gb % primary_storage_gb", "division by zero"),
        ("1 / primary_storage_gb if ram_gb else 1", "division by zero"),
        ("1 if 1 / primary_storage_gb else gpu_mark", "division by zero"),
        # What `coalesce` or an `if` went round is no reason for what comes after it.
        ("coalesce(gpu_mark, 7) / primary_storage_gb", "division by zero"),
        ("(7 if ram_gb else gpu_mark) / primary_storage_gb", "division by zero"),
        ("(gpu_mark if cores > 8 else 7) / primary_storage_gb", "division by zero"),
        ("sqrt(-ram_gb)", "no real number"),
        ("(-ram_gb) ** 0.5", "no real number"),
        ("pow(-ram_gb, 0.5)", "no real number"),
        ("ram_gb ** 999", "too large a number"),
        ("ram_gb * 1e308 * 10", "too large a number"),
        ("1e308 / (ram_gb / 1e10)", "too large a number"),
        ("ram_gb * 1e9", "the result is beyond 1,000,000,000"),
        ("-ram_gb * 1e9", "the result is beyond 1,000,000,000"),
        ("coalesce(gpu_mark, secondary_storage_gb)", "gpu.gpu_mark is unknown"),
    ],
)
def test_a_result_that_is_missing_says_why(text: str, reason: str) -> None:
    assert value(text) == (None, reason)


def test_only_the_result_is_held_to_a_billion() -> None:
    assert value("ram_gb * 1e12 / 1e12") == (16, "")


def test_each_listing_of_a_batch_has_its_own_branch_and_reason() -> None:
    rows = [{"ram_gb": 0}, {"ram_gb": 4}, {"ram_gb": None}, {"ram_gb": 4, "gpu.gpu_mark": 8}]
    term = compile_formula("gpu_mark / ram_gb if ram_gb > 2 else 6 / ram_gb", REGISTRY).evaluate(
        Batch.from_rows(rows, REGISTRY)
    )
    assert term.present.tolist() == [False, False, False, True]
    assert term.values[3] == 2
    assert [term.reason(row) for row in range(4)] == [
        "division by zero",
        "gpu.gpu_mark is unknown",
        "ram_gb is unknown",
        "",
    ]


# text -> the position of every problem in it, and what is said about the first
REFUSED: dict[str, tuple[list[int | None], str]] = {
    "": ([None], "a formula is needed"),
    " \n ": ([None], "a formula is needed"),
    "# only a comment": ([None], "a formula is needed"),
    "ram_gb +": ([7], 'trailing operator: "+" needs something after it'),
    "5%": ([1], 'trailing operator: "%" needs something after it'),
    "(ram_gb": ([0], "missing parenthesis: add )"),
    "max(1, 2": ([3], "missing parenthesis: add )"),
    "(ram_gb * max(1, 2) + 3": ([0], "missing parenthesis: add )"),
    "ram_gb)": ([6], "missing parenthesis: add ( or remove )"),
    ")ram_gb(": ([0], "missing parenthesis: add ( or remove )"),
    "(1 if condition == ')' else 2": ([0], "missing parenthesis: add )"),
    "ram_gb = 16": ([7], "write == to compare"),
    "ram_gb cores": ([7], "cannot be read"),
    "16 GB": ([3], "cannot be read"),
    "ram_gb ? 1 : 2": ([7], "cannot be read"),
    "ram_gb ^ 2": ([0], "write ** for a power"),
    "1 if ram_gb": ([0], "'else'"),
    "rom_gb * 2": ([0], 'did you mean "ram_gb"?'),
    "1 + nope": ([4], 'unknown field "nope"'),
    "  nope": ([2], 'unknown field "nope"'),
    "1 +\n  nope": ([6], 'unknown field "nope"'),
    "1 +\r\n  nope": ([7], 'unknown field "nope"'),
    "1 + # é\n  nope": ([10], 'unknown field "nope"'),
    "capacity_gb": ([0], 'ambiguous field "capacity_gb": did you mean "storage.primary.capacity_gb" or'),
    "nope + sqrtt(1) + clamp(1)": ([0, 7, 18], 'unknown field "nope"'),
    "sqrtt(ram_gb)": ([0], 'did you mean "sqrt"?'),
    "xyzzy(1)": ([0], "the functions are abs, min, max, "),
    "sqrt": ([0], "write sqrt(x)"),
    # Nothing of Python but what is named in the documentation
    "ram_gb.__class__": ([0], 'unknown field "ram_gb.__class__"'),
    "().__class__": ([0], "attributes are not allowed"),
    "(1).real": ([0], "attributes are not allowed"),
    "ram_gb.bit_length()": ([0], 'unknown function "ram_gb.bit_length"'),
    "(lambda: 1)()": ([0], "only functions can be called"),
    "max(1)(2)": ([0], "only functions can be called"),
    "__import__('os').system('true')": ([0], "only functions can be called"),
    "__import__('os')": ([0], 'unknown function "__import__"'),
    "eval('1')": ([0], 'unknown function "eval"'),
    "open('/etc/passwd')": ([0], 'unknown function "open"'),
    "lambda: 1": ([0], "Lambda is not allowed"),
    "[1, 2]": ([0], "List is not allowed"),
    "(1, 2)": ([0], "Tuple is not allowed"),
    "ram_gb,": ([0], "Tuple is not allowed"),
    "{1: 2}": ([0], "Dict is not allowed"),
    "{1}": ([0], "Set is not allowed"),
    "[x for x in (1,)]": ([0], "ListComp is not allowed"),
    "max(x for x in (1,))": ([3], "GeneratorExp is not allowed"),
    "ram_gb[0]": ([0], "Subscript is not allowed"),
    "f'{ram_gb}'": ([0], "JoinedStr is not allowed"),
    "(x := 1)": ([1], "NamedExpr is not allowed"),
    "await ram_gb": ([0], "Await is not allowed"),
    "ram_gb @ 2": ([0], "BinOp is not allowed"),
    "ram_gb & 1": ([0], "BinOp is not allowed"),
    "ram_gb << 2": ([0], "BinOp is not allowed"),
    "~1": ([0], "UnaryOp is not allowed"),
    "1; 2": ([1], "cannot be read"),
    "x = 1": ([2], "= is no comparison"),
    "import os": ([0], "cannot be read"),
    "yield 1": ([0], "cannot be read"),
    # Arguments
    "max(ram_gb, key=1)": ([0], "write max(a, b, ...)"),
    "max(*ram_gb)": ([0], "arguments are given by position"),
    "max(**ram_gb)": ([0], "arguments are given by position"),
    "clamp(1, 2)": ([0], "write clamp(value, low, high)"),
    "clamp(1, 2, 3, 4)": ([0], "clamp does not take 4 arguments"),
    "abs()": ([0], "write abs(x)"),
    "abs(1, 2)": ([0], "abs does not take 2 arguments"),
    "min()": ([0], "min does not take 0 arguments"),
    "coalesce()": ([0], "write coalesce(a, b, ...)"),
    "pow(2)": ([0], "write pow(x, y)"),
    "round(ram_gb, 1, 2)": ([0], "write round(x) or round(x, digits)"),
    "round(ram_gb, 0.5)": ([0], "a whole number from -6 to 6"),
    "round(ram_gb, 7)": ([0], "a whole number from -6 to 6"),
    "round(ram_gb, cores)": ([0], "a whole number from -6 to 6"),
    "round(ram_gb, nope)": ([14], 'unknown field "nope"'),
    # Types
    "'text'": ([0], "text stands only in comparisons"),
    "condition": ([0], 'compare it: condition == "..."'),
    "condition + 1": ([0], "condition is text"),
    "max(1, condition)": ([7], "condition is text"),
    "condition == seller": ([0, 13], "condition is text"),
    "condition < 'used'": ([0], "by == or !="),
    "'a' == 'b'": ([0], "with one text field"),
    "condition == 'a' == 'b'": ([0], "with one text field"),
    "ram_gb == 'much'": ([0], "ram_gb is a number field, not text"),
    "ram_gb is None": ([0], "use == != < <= > >="),
    "ram_gb in (1, 2)": ([0], "use == != < <= > >="),
    "None": ([0], "None is no number"),
    "...": ([0], "Ellipsis is no number"),
    "b'1'": ([0], "is no number"),
    "1j": ([0], "1j is no number"),
    # What is constant is computed now
    "9**9**9": ([0], "too large a number"),
    "ram_gb + 9**9**9": ([9], "too large a number"),
    "1/0": ([0], "division by zero"),
    "1//0": ([0], "division by zero"),
    "1%0": ([0], "division by zero"),
    "1 if ram_gb else 1/0": ([17], "division by zero"),
    "sqrt(0 - 1)": ([0], "no real number"),
    "(-1) ** 0.5": ([0], "no real number"),
    "1e999": ([0], "the number is too large"),
    "9" * 400: ([0], "the number is too large"),
    "1e9 + 1": ([0], "beyond 1,000,000,000"),
    "-1000000001": ([0], "beyond 1,000,000,000"),
    # Size
    "1" + "+1" * 500: ([1000], "at most 1,000 characters, this has 1,001"),
    "1+" * 50_000 + "1": ([1000], "this has 100,001"),
    "-" * 20 + "1": ([20], "deeper than 20"),
    "1" + " + 1" * 20: ([0, 4], "deeper than 20"),
    "(" * 400 + "1" + ")" * 400: ([200], "too many nested parentheses"),
    "1 +\x00 2": ([0], "cannot be read"),
    "\ud800": ([0], "cannot be read"),
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.items(), ids=range(len(REFUSED)))
def test_what_is_refused(text: str, expected: tuple[list[int | None], str]) -> None:
    positions, said = expected
    problems = check_formula(text, REGISTRY)
    assert [problem.position for problem in problems] == positions
    assert said in f"{problems[0].message} {problems[0].suggestion}"


@pytest.mark.parametrize("text", [None, 5, ["1"]])
def test_what_is_no_text_is_refused(text: Any) -> None:
    with pytest.raises(RuleError, match="a formula is needed"):
        compile_formula(text, REGISTRY)


def test_the_longest_and_the_deepest_that_are_taken() -> None:
    assert check_formula("ram_gb" + " " * 994, REGISTRY) == []
    assert check_formula("-" * 19 + "1", REGISTRY) == []


def test_positions_count_characters_not_bytes() -> None:
    (problem,) = check_formula("(1 if condition == 'gebräuchlich' else 2) + nope", REGISTRY)
    assert problem.position == 44


def test_fields_are_named_by_their_paths() -> None:
    assert compile_formula("cores + coalesce(gpu_mark, 1)", REGISTRY).fields == {"cpu.cores", "gpu.gpu_mark"}


@pytest.mark.parametrize(
    ("formula", "position", "fixed"),
    [
        ("5 if condition == “used” else 0", 18, '5 if condition == "used" else 0'),
        ("5 if condition == ‘used’ else 0", 18, "5 if condition == 'used' else 0"),
        ("ram_gb × 2", 7, "ram_gb * 2"),
        ("ram_gb − 2", 7, "ram_gb - 2"),
        ("5 if ram_gb ≥ 16 else 0", 12, "5 if ram_gb >= 16 else 0"),
        ("ram_gb\u00a0* 2", 6, "ram_gb * 2"),
        ("ram_gb * 2,5", 10, "ram_gb * 2.5"),
        (" 1,5 + ram_gb * 2,25", 2, "1.5 + ram_gb * 2.25"),
    ],
)
def test_what_word_processors_make_of_a_formula_is_mended(formula: str, position: int, fixed: str) -> None:
    (problem,) = check_formula(formula, FieldRegistry())
    assert (problem.code, problem.position) == ("typography", position)
    assert problem.suggestion == f"write {fixed}"
    assert check_formula(fixed, FieldRegistry()) == []

"""Formulas: every operator and function by hand, what is missing and why, and everything that is refused."""

from __future__ import annotations

from typing import Any

import pytest

from valuation.engine import FUNCTIONS, Batch, FieldRegistry, RuleError, check_formula, compile_formula

REGISTRY = FieldRegistry()
FACTS = {"ram_gb": 16, "cpu.cores": 6, "cpu.cpu_mark_multi": 12_400, "condition": "used", "primary_storage_gb": 0}


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
}


@pytest.mark.parametrize(("text", "expected"), RESULTS.items())
def test_results(text: str, expected: float) -> None:
    assert value(text) == (pytest.approx(expected, abs=1e-12), "")


def test_every_function_is_in_the_table() -> None:
    assert [name for name in FUNCTIONS if not any(f"{name}(" in text for text in RESULTS)] == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("gpu_mark * 2", "gpu.gpu_mark"),
        ("gpu_mark if ram_gb else 1", "gpu.gpu_mark"),
        ("1 if gpu_mark else 2", "gpu.gpu_mark"),
        ("ram_gb > 8 or gpu_mark", "gpu.gpu_mark"),
        ("max(1, gpu_mark)", "gpu.gpu_mark"),
        ("1 if seller == 'x' else 2", "seller"),
        ("1 / primary_storage_gb", "zero"),
        ("ram_gb // primary_storage_gb", "zero"),
        ("ram_gb % primary_storage_gb", "zero"),
        ("sqrt(-ram_gb)", ""),
        ("(-ram_gb) ** 0.5", ""),
        ("ram_gb ** 999", ""),
        ("ram_gb * 1000000000", "1,000,000,000"),
        ("coalesce(gpu_mark, secondary_storage_gb)", ""),
    ],
)
def test_a_result_that_is_missing_says_why(text: str, reason: str) -> None:
    result, said = value(text)
    assert result is None
    assert said
    assert reason in said


# text -> (position of the first problem, None where it is the whole; what is said)
REFUSED: dict[str, tuple[int | None, str]] = {
    "": (None, ""),
    "   ": (None, ""),
    "ram_gb +": (None, ""),
    "(ram_gb": (None, ""),
    "ram_gb)": (None, ""),
    "max(1, 2": (None, ""),
    "rom_gb * 2": (0, "ram_gb"),
    "1 + nope": (4, "nope"),
    "sqrtt(ram_gb)": (0, "sqrt"),
    "ram_gb.__class__": (0, ""),
    "().__class__": (0, ""),
    "__import__('os')": (0, "__import__"),
    "max(ram_gb, key=1)": (0, "position"),
    "max(*ram_gb)": (0, "position"),
    "clamp(1, 2)": (0, "clamp(value, low, high)"),
    "abs()": (0, "abs(x)"),
    "round(ram_gb, 0.5)": (0, "whole number"),
    "round(ram_gb, 99)": (0, "whole number"),
    "lambda: 1": (0, ""),
    "[1, 2]": (0, ""),
    "{1: 2}": (0, ""),
    "[x for x in (1,)]": (0, ""),
    "ram_gb[0]": (0, ""),
    "f'{ram_gb}'": (0, ""),
    "(x := 1)": (1, ""),
    "ram_gb is None": (0, "comparison"),
    "ram_gb in (1, 2)": (0, "comparison"),
    "ram_gb & 1": (0, ""),
    "~1": (0, ""),
    "'text'": (0, ""),
    "condition": (0, ""),
    "condition + 1": (0, ""),
    "condition < 'used'": (0, ""),
    "ram_gb == 'much'": (0, ""),
    "9**9**9": (0, ""),
    "1/0": (0, "zero"),
    "sqrt(0 - 1)": (0, ""),
    "1e999": (0, ""),
    "None": (0, ""),
    "1j": (0, ""),
    "sqrt": (0, "function"),
    "1; 2": (None, ""),
    "x = 1": (None, ""),
    "import os": (None, ""),
    "+".join(["1"] * 501): (None, "1,000"),
    "1+" * 50_000 + "1": (None, "1,000"),
    "-" * 30 + "1": (None, ""),
    "\x00": (None, ""),
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.items(), ids=range(len(REFUSED)))
def test_what_is_refused(text: str, expected: tuple[int | None, str]) -> None:
    position, said = expected
    problems = check_formula(text, REGISTRY)
    assert problems, text
    first = problems[0]
    assert said in f"{first.message} {first.suggestion}"
    if position is not None:
        assert first.position == position
    with pytest.raises(RuleError):
        compile_formula(text, REGISTRY)


def test_every_problem_is_named_at_once() -> None:
    problems = check_formula("nope + sqrtt(1) + clamp(1)", REGISTRY)
    assert [problem.position for problem in problems] == [0, 7, 18]


def test_positions_count_characters_not_bytes() -> None:
    (problem,) = check_formula("(1 if condition == 'gebräuchlich' else 2) + nope", REGISTRY)
    assert problem.position == 44


def test_fields_are_named_by_their_paths() -> None:
    assert compile_formula("cores + coalesce(gpu_mark, 1)", REGISTRY).fields == {"cpu.cores", "gpu.gpu_mark"}

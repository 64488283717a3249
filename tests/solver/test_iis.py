"""Conflicts of programs: those of fractions and of whole numbers, found by HiGHS or by halving, and what time does."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.program.arrays import Arrays
from optimizer.solver import iis
from optimizer.solver.feasibility import has_solution
from optimizer.solver.iis import Conflict, clashing_rows, find_iis, part_of, with_iis
from optimizer.solver.quickxplain import find_iis_by_quickxplain
from optimizer.solver.solution import Solution, SolutionStatus, Stop
from tests.solver.programs import INF, program

# x + y <= 4 and x + y >= 5 clash; the third and fourth row do not matter.
CLASH = program([1, 1], [[1, 1], [1, 1], [0, 1], [1, 0]], [-INF, 5, -INF, 0], [4, INF, 9, INF])
# 2 x + 2 y = 3 has no whole solution; x + z >= 1 and z <= 5 do not matter.
ODD = program([1, 1, 1], [[2, 2, 0], [1, 0, 1]], [3, 1], [3, INF], upper=[9, 9, 5], whole=True)


def test_rows_that_prove_it_are_picked_out() -> None:
    """Tests that only the rows with a dual value are asked about, and that a program with a solution has none."""
    rows = clashing_rows(CLASH, 9.0)
    assert rows is not None
    assert rows.tolist() == [0, 1]
    assert clashing_rows(ODD, 9.0) is None


def test_a_conflict_says_what_kind_it_is() -> None:
    """Tests that fractions and whole numbers are told apart, and that a program with a solution has no conflict."""
    found = find_iis(CLASH, 9.0)
    assert found is not None
    assert (sorted(found.rows), found.integral, found.irreducible) == ([0, 1], False, True)
    odd = find_iis(ODD, 9.0)
    assert odd is not None
    assert (odd.rows, odd.columns, odd.integral, odd.irreducible) == ((0,), (), True, True)
    assert find_iis(program([1], [[1]], [0], [1], whole=True), 9.0) is None


def test_halving_finds_the_same() -> None:
    """Tests that halving leaves what HiGHS leaves, bounds included."""
    assert find_iis_by_quickxplain(ODD, time.perf_counter() + 9) == ((0,), (), True)
    # x + y >= 1.5 with x <= 1 and y <= 0.5, that is 0.
    tight = program([1, 1], [[1, 1], [1, -1]], [1.5, -INF], [INF, 7], upper=[1, 0.5], whole=True)
    assert find_iis_by_quickxplain(tight, time.perf_counter() + 9) == ((0,), (0, 1), True)


def test_halving_out_of_time_claims_nothing() -> None:
    """Tests that without time there is no conflict, and none is called irreducible."""
    assert find_iis_by_quickxplain(ODD, time.perf_counter() - 1) == ((), (), False)


def test_a_part_keeps_its_columns() -> None:
    """Tests that some rows come with the columns in them and their numbers."""
    part, columns = part_of(CLASH, np.array([2]))
    assert columns.tolist() == [1]
    assert (part.values.tolist(), part.row_upper.tolist(), part.size["rows"]) == ([1.0], [9.0], 1)


def test_a_verdict_is_yes_no_or_not_known() -> None:
    """Tests programs with a solution, with none in fractions, none in whole numbers, and no time."""
    assert has_solution(program([1], [[1]], [0], [1], whole=True), 9.0) is True
    assert has_solution(CLASH, 9.0) is False
    assert has_solution(ODD, 9.0) is False
    chance = np.random.default_rng(3)
    rows = chance.random((60, 60))
    assert has_solution(program(np.ones(60), rows, np.ones(60), np.full(60, INF)), 0.0) is not False


# ---------------------------------------------------------------------- what HiGHS and time leave
def test_time_and_what_is_found_decide_what_a_result_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that an infeasible result is returned as it is without time, after Ctrl-C, and without a conflict."""
    solution, asked = Solution(Stop.INFEASIBLE, SolutionStatus.NOTHING, nodes=3), list[float]()

    def find(_: Arrays, seconds: float) -> Conflict | None:
        asked.append(seconds)
        return answers.pop(0)

    monkeypatch.setattr(iis, "find_iis", find)
    answers: list[Conflict | None] = [Conflict((0, 2), (1,)), None, Conflict((3,), ())]
    assert with_iis(solution, CLASH, 7.0) == replace(solution, conflict=(0, 2), conflict_columns=(1,))
    assert with_iis(solution, CLASH, 0.5) is solution
    assert with_iis(solution, CLASH, 900.0).conflict == (3,)
    assert asked == [7.0, 0.5, 30.0]
    for seconds in (0.0, -1.0):
        assert with_iis(solution, CLASH, seconds) is solution
    assert len(asked) == 3

    def press(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(iis, "find_iis", press)
    assert with_iis(solution, CLASH, 7.0) is solution


IIS = {"valid": True, "status": 3, "rows": [1], "columns": [0, 1, 2], "upper": [True, False, False]}


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (IIS, Conflict((1,), (0, 2))),  # of the second the lower bound is zero
        (None, None),
        (IIS | {"valid": False}, None),
        (IIS | {"status": 2}, None),
        (IIS | {"status": 4}, None),
        (IIS | {"rows": []}, None),
    ],
)
def test_an_answer_of_highs_counts_only_if_it_is_marked(
    monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any] | None, wanted: Conflict | None
) -> None:
    """Tests marks, and that lower bounds of zero are left out."""
    arrays = program([1, 1, 1], np.ones((2, 3)), [0, 0], [9, 9])
    arrays.lower[2] = -2.0
    monkeypatch.setattr(iis, "iis_in_process", lambda *_: answer)
    assert iis._query_iis(arrays, 3.0) == wanted


@pytest.mark.parametrize(("many", "calls"), [(2, 1), (1, 0)])
def test_halving_follows_where_highs_has_no_answer(monkeypatch: pytest.MonkeyPatch, many: int, calls: int) -> None:
    """Tests numbers of rows and columns in the program, whether HiGHS is used on a large part, and what is proven."""
    # The clash of rows 1 and 3 is that of y and z: columns 1 and 2.
    arrays = program([1, 1, 1], [[1, 0, 0], [0, 1, 1], [1, 0, 0], [0, 1, 0]], [0, 5, 0, -INF], [9, INF, 9, 3], upper=9)
    arrays.upper[2] = 1.0
    asked: list[float] = []

    def query(part: Arrays, seconds: float) -> None:
        asked.append(seconds)

    found: list[Any] = [((0, 1), (1,), False)]

    def halve(part: Arrays, until: float) -> Any:
        assert part.row_upper.tolist() == [INF, 3]
        return found[0]

    monkeypatch.setattr(iis, "_MANY", many)
    monkeypatch.setattr(iis, "_query_iis", query)
    monkeypatch.setattr(iis, "find_iis_by_quickxplain", halve)
    until = time.perf_counter() + 9
    rows = np.array([1, 3])
    assert iis.narrowed(arrays, rows, until) == Conflict((1, 3), (2,), irreducible=False)
    assert len(asked) == calls
    assert all(8 < seconds <= 9 for seconds in asked)
    for only, wanted in ((((1,), (), True), Conflict((3,), ())), (((), (0,), True), Conflict((), (1,)))):
        found[0] = only
        assert iis.narrowed(arrays, rows, until) == wanted
    found[0] = ((), (), False)
    assert iis.narrowed(arrays, rows, until) is None


def test_fewer_rows_prove_it_by_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that rows are reduced until they stay the same, and in four rounds at most."""
    arrays = program([1], np.ones((9, 1)), np.zeros(9), np.full(9, INF))
    proofs: list[list[int] | None] = []
    monkeypatch.setattr(iis, "clashing_rows", lambda *_: None if (one := proofs.pop(0)) is None else np.array(one))
    every = np.arange(9)
    for given, left, unused in (
        ([[1, 3, 8], [0, 2], [0, 1], [0]], [1, 8], 1),  # of 1, 3, 8 the first and third; the same again
        ([[1, 3, 8], None], [1, 3, 8], 0),
        ([list(range(8)), list(range(7)), list(range(6)), list(range(5)), [0]], [0, 1, 2, 3, 4], 1),
    ):
        proofs[:] = given
        assert iis._fewer(arrays, every, time.perf_counter() + 9).tolist() == left
        assert len(proofs) == unused


def test_a_violation_is_measured_by_the_largest_coefficient() -> None:
    """Tests the columns by which rows may be missed: up for lower sides, down for upper ones, by the row's size."""
    arrays = program([3, 4], [[2, -8], [0, 0], [1, 0.5]], [1, 2, -INF], [6, INF, 9], whole=True)
    loose = iis._missable(arrays)
    assert loose.cost.tolist() == [0, 0, 1, 1, 1, 1]
    assert loose.upper.tolist() == [INF] * 6
    assert not loose.integer.any()
    dense = np.zeros((3, 6))
    dense[loose.indices, loose.term_columns] = loose.values
    assert dense[:, 2:].tolist() == [[8, 0, -8, 0], [0, 1, 0, 0], [0, 0, 0, -1]]


@pytest.mark.parametrize(
    ("status", "objective", "rows"),
    [("kOptimal", 1e-6, [1, 2]), ("kOptimal", 0.9e-7, None), ("kTimeLimit", 5.0, None)],
)
def test_rows_with_a_dual_are_the_proof(
    monkeypatch: pytest.MonkeyPatch, status: str, objective: float, rows: list[int] | None
) -> None:
    """Tests duals of either sign above noise, and that without a violation there is no proof."""
    answer = {"status": status, "objective": objective, "row_duals": np.array([0.9e-9, 2e-9, -0.5, -0.9e-9])}
    monkeypatch.setattr(iis, "run_in_process", lambda *_: answer)
    found = clashing_rows(CLASH, 3.0)
    assert (None if found is None else found.tolist()) == rows

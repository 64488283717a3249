"""Conflicts of programs: those of fractions and of whole numbers, found by HiGHS or by halving, and what time does."""

from __future__ import annotations

import time

import numpy as np

from optimizer.solver.feasibility import has_solution
from optimizer.solver.iis import clashing_rows, find_iis, part_of
from optimizer.solver.quickxplain import find_iis_by_quickxplain
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

"""SCIP as an engine: its answers, why it stopped, what HiGHS completes and confirms, and what is refused."""

from __future__ import annotations

import signal
import sys
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import optimizer
from optimizer.errors import SolverError
from optimizer.generator import random_instance
from optimizer.program.arrays import Arrays
from optimizer.program.compile import compile_program
from optimizer.solver import highs, scip
from optimizer.solver.solution import Options, Solution, SolutionStatus, Stop
from tests.program.rich import rich_frames
from tests.solver.programs import INF, knapsacks, program

ONE_ROW: dict[str, Any] = {"cost": [2, 3], "rows": [[2, 2]], "low": [5], "high": [INF]}
BRIEF = Options(gap=0, time_limit=1)


def _objective(arrays: Arrays, solution: Solution) -> float:
    assert solution.values is not None
    return float(arrays.cost @ solution.values) + arrays.offset


# ---------------------------------------------------------------------- answers
def test_a_linear_program() -> None:
    """Tests optimum, bound and duals of a linear program, with an offset."""
    # 2 x + 2 y >= 5 at costs of 2 and 3: x = 2.5 at 5, and one more on the right-hand side costs 1.
    solution = scip.solve(replace(program(**ONE_ROW), offset=7.0), Options(), duals=True)
    assert (solution.stop, solution.status) == (Stop.GAP_REACHED, SolutionStatus.OPTIMAL)
    assert solution.values is not None
    assert solution.values.tolist() == pytest.approx([2.5, 0])
    assert solution.bound == pytest.approx(12)
    assert solution.row_duals is not None
    assert solution.row_duals.tolist() == pytest.approx([1])


def test_a_whole_program() -> None:
    """Tests that whole columns are whole to the last digit, and that the bound is proven."""
    # x whole: 3 at a cost of 6.
    solution = scip.solve(program(**ONE_ROW, whole=True), Options(gap=0))
    assert (solution.stop, solution.status) == (Stop.GAP_REACHED, SolutionStatus.OPTIMAL)
    assert solution.values is not None
    assert solution.values.tolist() == [3, 0]
    assert solution.bound == pytest.approx(6)


def test_a_program_without_rows() -> None:
    """Tests that a program whose bounds say everything is solved."""
    solution = scip.solve(program([1, -1], np.zeros((0, 2)), [], [], upper=[4, 3]), Options())
    assert solution.values is not None
    assert solution.values.tolist() == [0, 3]


def test_both_engines_agree_on_a_rich_program() -> None:
    """Tests that optimum and duals of own rules are those of HiGHS, with negative bounds, ranges and equations."""
    arrays = compile_program(optimizer.build(optimizer.read(rich_frames())))
    one, other = (engine.solve(arrays, Options(gap=0, threads=1), duals=True) for engine in (scip, highs))
    assert _objective(arrays, one) == pytest.approx(_objective(arrays, other), rel=1e-6)
    assert one.bound == pytest.approx(other.bound, rel=1e-6)
    assert one.values is not None
    assert arrays.worst_violation(one.values) <= 1e-9
    assert np.all(one.values[arrays.integer] == np.round(one.values[arrays.integer]))
    assert one.row_duals is not None
    assert one.column_duals is not None


def test_integrality_is_kept_where_presolve_would_lose_it() -> None:
    """Tests a program on which SCIP 10.0.2, with all of its presolve, returns a broken run as optimal, at 327.25."""
    arrays = compile_program(optimizer.build(random_instance(26, "tiny", without=("clauses", "interruptions"))))
    one, other = (engine.solve(arrays, Options(gap=1e-6, threads=1)) for engine in (scip, highs))
    assert _objective(arrays, other) == pytest.approx(336.67623, rel=1e-6)
    assert _objective(arrays, one) == pytest.approx(_objective(arrays, other), rel=2e-6)
    assert one.bound <= _objective(arrays, other) * (1 + 1e-6)


def test_what_is_no_solution_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a broken whole number, or a row that does not hold, is an error and no plan."""
    arrays = program(**ONE_ROW, whole=True)
    for wrong in ([2.5, 0.0], [2.0, 0.0]):
        monkeypatch.setattr(scip.Model, "_values", lambda search, wrong=wrong: np.array(wrong))
        with pytest.raises(SolverError, match="the solution of SCIP violates the program; solve it with HiGHS"):
            scip.solve(arrays, Options(gap=0))


# ---------------------------------------------------------------------- why it stopped
def test_a_gap_is_proven_no_further_than_asked() -> None:
    """Tests that a search stops as soon as the asked gap is proven."""
    arrays = knapsacks()
    solution = scip.solve(arrays, Options(gap=0.2, time_limit=60))
    assert (solution.stop, solution.status) == (Stop.GAP_REACHED, SolutionStatus.OPTIMAL)
    assert 0 < _objective(arrays, solution) - solution.bound <= 0.2 * abs(_objective(arrays, solution))


def test_a_time_limit_returns_the_incumbent() -> None:
    """Tests that a search out of time holds a plan with a gap, and does not call it optimal."""
    arrays = knapsacks()
    solution = scip.solve(arrays, BRIEF)
    assert (solution.stop, solution.status) == (Stop.TIME_LIMIT, SolutionStatus.FEASIBLE)
    assert solution.values is not None
    assert arrays.worst_violation(solution.values) <= 1e-9
    assert solution.bound < _objective(arrays, solution)


def test_no_time_holds_nothing() -> None:
    """Tests that without time nothing is held."""
    chance = np.random.default_rng(3)
    rows = chance.random((60, 60))
    solution = scip.solve(program(np.ones(60), rows, np.ones(60), np.full(60, INF)), Options(time_limit=0))
    assert (solution.stop, solution.status, solution.values) == (Stop.TIME_LIMIT, SolutionStatus.NOTHING, None)
    assert solution.bound == -INF


def test_ctrl_c_returns_the_incumbent_and_progress_is_told() -> None:
    """Tests that an interrupted search holds its best plan, and that its progress names SCIP."""
    told: list[tuple[float | None, float | None, int, str]] = []

    def press(incumbent: float | None, bound: float | None, nodes: int, source: str = "", *more: object) -> None:
        if incumbent is not None and not any(one[0] is not None for one in told):
            signal.raise_signal(signal.SIGINT)
        told.append((incumbent, bound, nodes, source))

    arrays = knapsacks()
    solution = scip.solve(arrays, Options(gap=0, time_limit=60), press)
    assert (solution.stop, solution.status) == (Stop.INTERRUPTED, SolutionStatus.FEASIBLE)
    assert solution.values is not None
    assert arrays.worst_violation(solution.values) <= 1e-9
    assert {one[3] for one in told} <= {"SCIP"}


def test_an_infeasible_verdict_comes_with_the_conflict() -> None:
    """Tests that of three rows the two that clash are told, whole or not."""
    # x + y <= 4 and x + y >= 5 clash; y <= 9 does not matter.
    for whole in (False, True):
        arrays = program([1, 1], [[1, 1], [1, 1], [0, 1]], [-INF, 5, -INF], [4, INF, 9], whole=whole)
        solution = scip.solve(arrays, Options())
        assert (solution.stop, solution.status) == (Stop.INFEASIBLE, SolutionStatus.NOTHING)
        assert (sorted(solution.conflict), solution.conflict_columns) == ([0, 1], ())


def test_an_infeasible_verdict_counts_only_if_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a verdict that HiGHS does not confirm is not believed, and noted."""
    never = Solution(stop=Stop.INFEASIBLE, status=SolutionStatus.NOTHING)
    monkeypatch.setattr(scip.Model, "solve", lambda search, options, report=None: never)
    solution = scip.solve(program(**ONE_ROW), Options())
    assert (solution.stop, solution.status) == (Stop.GAP_REACHED, SolutionStatus.OPTIMAL)
    assert solution.notes == ("SCIP called the program infeasible, which HiGHS did not confirm",)


def test_an_unbounded_program_is_an_error() -> None:
    """Tests that a status that means neither a plan nor none is told."""
    with pytest.raises(SolverError, match="SCIP ended with status 'unbounded'"):
        scip.solve(program([-1], [[1]], [0], [INF]), Options())


def test_an_error_in_a_callback_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that an error in what SCIP calls is not lost, and ends the search."""

    def fail(search: scip.Model) -> None:
        raise ZeroDivisionError("as planned")

    monkeypatch.setattr(scip.Model, "found", fail)
    search = scip.Model(knapsacks())
    before = set(threading.enumerate())  # other tests may have left some of their own
    with pytest.raises(ZeroDivisionError, match="as planned"):
        search.solve(Options(gap=0, time_limit=60))
    assert set(threading.enumerate()) <= before


def test_a_search_that_does_not_stop_leaves_its_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a search that runs past its time limit returns its best plan with its bound."""
    arrays, over, costs, found = knapsacks(), threading.Event(), list[float](), scip.Model.found

    def block(search: scip.Model) -> None:
        found(search)
        if not costs:
            costs.append(float(arrays.cost @ search._values()))
            over.wait(30)

    monkeypatch.setattr(scip.Model, "found", block)
    try:
        solution = scip.Model(arrays).solve(BRIEF)
    finally:
        over.set()
    assert (solution.stop, solution.status) == (Stop.TIME_LIMIT, SolutionStatus.FEASIBLE)
    assert solution.values is not None
    assert arrays.cost @ solution.values == pytest.approx(costs[0])
    assert solution.bound <= costs[0]


# ---------------------------------------------------------------------- what it runs with
def test_settings_reach_scip() -> None:
    """Tests that gap, limit and seed are SCIP's, and that it leaves Ctrl-C alone."""
    search = scip.Model(program(**ONE_ROW, whole=True))
    search.solve(Options(gap=0.25, time_limit=9, seed=11))
    wanted = {"limits/gap": 0.25, "limits/time": 9, "randomization/randomseedshift": 11, "misc/catchctrlc": False}
    assert {name: search._model.getParam(name) for name in wanted} == wanted


def test_without_pyscipopt_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that the message names the remedy."""
    monkeypatch.setitem(sys.modules, "pyscipopt", None)
    with pytest.raises(SolverError, match=r"needs PySCIPOpt .*; install it with pip install 'capopt\[scip\]'"):
        scip.solve(program(**ONE_ROW), Options())

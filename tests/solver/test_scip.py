"""SCIP as an engine: its answers, why it stopped, what HiGHS completes and confirms, and what is refused."""

from __future__ import annotations

import signal
import sys
import threading
import time
from dataclasses import replace
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyscipopt
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


# ---------------------------------------------------------------------- how its figures are read
def searched(monkeypatch: pytest.MonkeyPatch, arrays: Arrays, values: Any, **state: Any) -> scip.Model:
    """A search whose SCIP is in a given state, with values as its best solution."""
    search = scip.Model(arrays)
    given = {"Status": "gaplimit", "NTotalNodes": 7, "NLPIterations": 8, "Dualbound": 4.0, "Primalbound": 6.0}
    given |= {"NSols": 1, **state}
    fake = SimpleNamespace(**{f"get{name}": lambda value=value: value for name, value in given.items()})
    fake.infinity, fake.stops = lambda: 1e20, []
    fake.interruptSolve = lambda: fake.stops.append(1)
    monkeypatch.setattr(search, "_model", fake)
    monkeypatch.setattr(search, "_values", lambda: np.array(values))
    return search


NOTHING, FEASIBLE, OPTIMAL = SolutionStatus.NOTHING, SolutionStatus.FEASIBLE, SolutionStatus.OPTIMAL


@pytest.mark.parametrize(
    ("state", "gap", "stop", "status", "bound"),
    [
        ({}, 0.0, Stop.GAP_REACHED, OPTIMAL, 4.0),
        ({"Status": "optimal", "Dualbound": 6.0}, 0.0, Stop.GAP_REACHED, OPTIMAL, 6.0),
        # The cost of 3 at 2 with an offset of 4 is 10: a bound of 4 leaves 60 %, one of 8 leaves 20 %.
        ({"Status": "timelimit"}, 0.59, Stop.TIME_LIMIT, FEASIBLE, 4.0),
        ({"Status": "timelimit"}, 0.6, Stop.TIME_LIMIT, OPTIMAL, 4.0),
        ({"Status": "userinterrupt", "Dualbound": 8.0}, 0.19, Stop.INTERRUPTED, FEASIBLE, 8.0),
        ({"Status": "userinterrupt", "Dualbound": 8.0}, 0.21, Stop.INTERRUPTED, OPTIMAL, 8.0),
        ({"Status": "timelimit", "Dualbound": -1e20}, 9.0, Stop.TIME_LIMIT, FEASIBLE, -INF),
        ({"Status": "timelimit", "NSols": 0}, 9.0, Stop.TIME_LIMIT, NOTHING, 4.0),
        ({"Status": "timelimit", "NSols": 0, "Dualbound": 1e20}, 9.0, Stop.TIME_LIMIT, NOTHING, -INF),
        ({"Status": "infeasible"}, 9.0, Stop.INFEASIBLE, NOTHING, 4.0),
        ({"Status": "inforunbd", "NSols": 0}, 9.0, Stop.INFEASIBLE, NOTHING, 4.0),
    ],
)
def test_a_status_of_scip_is_read(
    monkeypatch: pytest.MonkeyPatch, state: dict[str, Any], gap: float, stop: Stop, status: SolutionStatus, bound: float
) -> None:
    """Tests why it stopped, what it has, its bound, and its nodes and iterations, by SCIP's state."""
    arrays = replace(program(**ONE_ROW, whole=True), offset=4.0)
    found = searched(monkeypatch, arrays, [3.0, 0.0], **state)._solution(Options(gap=gap))
    assert (found.stop, found.status, found.bound) == (stop, status, bound)
    assert (found.nodes, found.iterations) == (7, 8)
    assert (None if found.values is None else found.values.tolist()) == (None if status is NOTHING else [3, 0])


@pytest.mark.parametrize(
    ("primal", "dual", "noted"), [(6.0, 4.0, (6.0, 4.0)), (1e20, -1e20, (None, None)), (-6.0, -7.5, (-6.0, -7.5))]
)
def test_progress_is_noted_and_a_stop_passed_on(
    monkeypatch: pytest.MonkeyPatch, primal: float, dual: float, noted: tuple[float | None, float | None]
) -> None:
    """Tests incumbent, bound and nodes, infinite ones as unknown, and that SCIP is interrupted only where requested."""
    search = searched(monkeypatch, program(**ONE_ROW), [2.5, 0.0], Primalbound=primal, Dualbound=dual)
    assert (search.incumbent, search.bound, search.nodes, search.incumbents()) == (None, None, 0, [])
    search.note()
    assert (search.incumbent, search.bound, search.nodes) == (*noted, 7)
    assert search._model.stops == []
    search.stop.set()
    search.found()
    assert search._model.stops == [1]
    assert [values.tolist() for values in search.incumbents()] == [[2.5, 0.0]]


@pytest.mark.parametrize(("left", "stop"), [(60.0, Stop.INTERRUPTED), (-1.0, Stop.TIME_LIMIT)])
def test_an_abandoned_search_has_what_it_noted(monkeypatch: pytest.MonkeyPatch, left: float, stop: Stop) -> None:
    """Tests its reason by the clock, that without progress it has nothing, and what it has with some."""
    search = searched(monkeypatch, program(**ONE_ROW), [2.5, 0.0])
    until = time.perf_counter() + left
    found = search._abandoned_solution(until)
    assert (found.stop, found.status, found.values, found.bound, found.nodes) == (stop, NOTHING, None, -INF, 0)
    search.found()
    found = search._abandoned_solution(until)
    assert (found.stop, found.status, found.bound, found.nodes) == (stop, FEASIBLE, 4.0, 7)
    assert found.values is not None
    assert found.values.tolist() == [2.5, 0.0]
    search._best = np.array([1.0, 0.0])
    with pytest.raises(SolverError, match="violates the program"):
        search._abandoned_solution(until)


@pytest.mark.parametrize(
    ("values", "accepted"),
    [
        ([3.0, 0.0], True),
        ([3 - 0.9e-5, 0.0], True),
        ([3 + 0.9e-5, 0.0], True),
        ([3 - 1.1e-5, 0.0], False),
        ([3 + 1.1e-5, 0.0], False),
        ([3.0, 0.4], True),  # the second is continuous
        ([2.0, 0.5 - 2e-5], True),  # 4.99996 of 5, of 6 with one more: 0.7e-5
        ([2.0, 0.5 - 4e-5], False),
    ],
)
def test_solutions_are_accepted_within_a_tolerance(
    monkeypatch: pytest.MonkeyPatch, values: list[float], accepted: bool
) -> None:
    """Tests integers within 1e-5, and rows within 1e-5 of their terms, from both sides."""
    arrays = replace(program(**ONE_ROW), integer=np.array([True, False]))
    search = searched(monkeypatch, arrays, values)
    if accepted:
        assert search._solution(Options()).values is not None
    else:
        with pytest.raises(SolverError, match="violates the program"):
            search._solution(Options())


def test_a_program_reaches_scip_number_by_number() -> None:
    """Tests bounds, kinds, costs, offset, sides and coefficients, infinite ones included."""
    arrays = program([2, 3, -1], [[2, 0.25, 0], [0, -4, 7]], [-INF, 5], [6, INF], upper=[9, INF, 4])
    arrays.lower[:] = [-INF, 1, 2]
    model, columns = scip.built(replace(arrays, integer=np.array([False, True, False]), offset=11.0))
    infinity = model.infinity()
    assert [one.getLbOriginal() for one in columns] == [-infinity, 1, 2]
    assert [one.getUbOriginal() for one in columns] == [9, infinity, 4]
    assert [one.getObj() for one in columns] == [2, 3, -1]
    assert [one.vtype() for one in columns] == ["CONTINUOUS", "INTEGER", "CONTINUOUS"]
    assert model.getObjoffset() == 11
    rows = model.getConss()
    assert [(model.getLhs(row), model.getRhs(row)) for row in rows] == [(-infinity, 6), (5, infinity)]
    names = [one.name for one in columns]
    assert [model.getValsLinear(row) for row in rows] == [{names[0]: 2, names[1]: 0.25}, {names[1]: -4, names[2]: 7}]


def test_time_and_duals_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that building the program is part of the time, and that HiGHS confirms or completes in what is left."""
    clock, calls = iter([5.0, 0.5]), list[Any]()
    deadline = SimpleNamespace(left=lambda: next(clock), to_finish=lambda: 0.25)
    found = Solution(stop=Stop.TIME_LIMIT, status=NOTHING)

    def noting(answer: Any, first: int = 0) -> Any:
        def note(*args: Any, **more: Any) -> Any:
            calls.append((*args[first:], *more.items()))
            return answer()

        return note

    monkeypatch.setattr(scip, "Deadline", SimpleNamespace(after=noting(lambda: deadline)))
    monkeypatch.setattr(scip.Model, "solve", noting(lambda: found, 1))
    monkeypatch.setattr(highs, "completed", noting(lambda: found, 2))
    monkeypatch.setattr(highs, "solve", noting(lambda: found, 1))
    options = Options(time_limit=9.0, gap=0.25, seed=3)
    arrays, report = program(**ONE_ROW), print
    assert scip.solve(arrays, options, report, duals=True) is found
    completed = (options, ("duals", True), ("seconds", 0.25))
    assert calls == [(9.0,), (replace(options, time_limit=5.0), report), completed]
    calls.clear()
    clock = iter([5.0, 0.5])
    found = replace(found, stop=Stop.INFEASIBLE)
    assert scip.solve(arrays, options, report) is found
    assert calls[2:] == [(replace(options, time_limit=0.5), report)]


def test_a_verdict_that_is_not_confirmed_keeps_the_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that what HiGHS notes comes first."""
    other = Solution(stop=Stop.TIME_LIMIT, status=NOTHING, notes=("slow",))
    monkeypatch.setattr(highs, "solve", lambda *_: other)
    found = scip.confirmed(program(**ONE_ROW), Options(), None, 1.0)
    assert found.notes == ("slow", "SCIP called the program infeasible, which HiGHS did not confirm")


# ---------------------------------------------------------------------- what it runs with
@pytest.mark.parametrize(("limit", "seconds"), [(9.0, 9.0), (0.0, 0.0), (INF, 1e20)])
def test_settings_reach_scip(limit: float, seconds: float) -> None:
    """Tests that gap, limit and seed are SCIP's, what it may not do, and that it leaves Ctrl-C alone."""
    search = scip.Model(program(**ONE_ROW, whole=True))
    search.solve(Options(gap=0.25, time_limit=limit, seed=11))
    wanted = {"limits/gap": 0.25, "limits/time": seconds, "randomization/randomseedshift": 11, "limits/absgap": 1e-9}
    wanted |= {"misc/catchctrlc": False, "constraints/setppc/maxprerounds": 0, "propagating/probing/maxprerounds": 0}
    assert {name: search._model.getParam(name) for name in wanted} == wanted


def test_versions_are_those_that_are_installed() -> None:
    """Tests the versions of both, that of SCIP in three parts."""
    model = pyscipopt.Model()
    major, minor, patch = model.getMajorVersion(), model.getMinorVersion(), model.getTechVersion()
    assert scip.versions() == {"pyscipopt": version("pyscipopt"), "scip": f"{major}.{minor}.{patch}"}


def test_without_pyscipopt_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that the message names the remedy."""
    monkeypatch.setitem(sys.modules, "pyscipopt", None)
    with pytest.raises(SolverError, match=r"needs PySCIPOpt .*; install it with pip install 'capopt\[scip\]'"):
        scip.solve(program(**ONE_ROW), Options())

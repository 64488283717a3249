"""The race of HiGHS and SCIP: answers, stops, solutions passed both ways, and that nothing is left running."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import optimizer
from optimizer.errors import SolverError
from optimizer.program.arrays import Arrays
from optimizer.program.compile import compile_program
from optimizer.solver import concurrent_solvers, highs
from optimizer.solver.concurrent_solvers import _Race
from optimizer.solver.highs import Model
from optimizer.solver.scip_process import ScipProcess, start_scip
from optimizer.solver.solution import Options, Solution, SolutionStatus, Stop
from tests.program.rich import rich_frames
from tests.solver.programs import INF, good_knapsacks, knapsacks, program

ONE_ROW: dict[str, Any] = {"cost": [2, 3], "rows": [[2, 2]], "low": [5], "high": [INF]}
LONG = Options(gap=0, time_limit=60)


@pytest.fixture(autouse=True)
def _nothing_is_left_running() -> Iterator[None]:
    """Sees that the process beside and all threads have ended when a race is over."""
    before = set(threading.enumerate())  # other tests may have left some of their own
    yield
    assert multiprocessing.active_children() == []
    assert set(threading.enumerate()) <= before


class Beside(ScipProcess):
    """SCIP as a test wants it: no process, only what it is said to have told."""

    def __init__(self, **told: Any) -> None:
        ours, self.theirs = multiprocessing.Pipe()
        super().__init__(None, ours)
        self._ready = True
        self.new = "values" in told
        self.__dict__.update(told)

    def listen(self) -> bool:
        """What was told is new once."""
        new, self.new = self.new, False
        return new


def _cost(arrays: Arrays, solution: Solution) -> float:
    assert solution.values is not None
    return float(arrays.cost @ solution.values) + arrays.offset


# ---------------------------------------------------------------------- answers
def test_a_whole_program() -> None:
    """Tests optimum and bound: x whole with 2 x >= 5 at a cost of 2 each is 3 at 6."""
    solution = concurrent_solvers.solve(program(**ONE_ROW, whole=True), Options(gap=0))
    assert (solution.stop, solution.status) == (Stop.GAP_REACHED, SolutionStatus.OPTIMAL)
    assert solution.values is not None
    assert solution.values.tolist() == [3, 0]
    assert solution.bound == pytest.approx(6)


def test_a_linear_program_is_left_to_highs() -> None:
    """Tests that a program without whole numbers has HiGHS's answer, with duals: one more of the row costs 1."""
    solution = concurrent_solvers.solve(program(**ONE_ROW), Options(), duals=True)
    assert solution.bound == pytest.approx(5)
    assert solution.row_duals is not None
    assert solution.row_duals.tolist() == pytest.approx([1])


def test_it_agrees_with_highs_on_a_rich_program() -> None:
    """Tests that optimum and bound are those of HiGHS alone, and that duals come if wanted."""
    arrays = compile_program(optimizer.build(optimizer.read(rich_frames())))
    both = concurrent_solvers.solve(arrays, Options(gap=0), duals=True)
    alone = highs.solve(arrays, Options(gap=0, threads=1))
    assert (both.stop, both.status) == (Stop.GAP_REACHED, SolutionStatus.OPTIMAL)
    assert _cost(arrays, both) == pytest.approx(_cost(arrays, alone), rel=1e-6)
    assert both.bound == pytest.approx(alone.bound, rel=1e-6)
    assert both.row_duals is not None


def test_no_plan_is_told_with_the_conflict() -> None:
    """Tests that of three rows the two that clash are told: x + y <= 4 and x + y >= 5."""
    arrays = program([1, 1], [[1, 1], [1, 1], [0, 1]], [-INF, 5, -INF], [4, INF, 9], whole=True)
    solution = concurrent_solvers.solve(arrays, Options())
    assert (solution.stop, solution.status) == (Stop.INFEASIBLE, SolutionStatus.NOTHING)
    assert sorted(solution.conflict) == [0, 1]


# ---------------------------------------------------------------------- why it stopped
def test_a_time_limit_returns_the_best_of_both() -> None:
    """Tests that a race out of time holds a plan with a gap, and that progress names where it comes from."""
    arrays, sources = knapsacks(), set[str]()
    solution = concurrent_solvers.solve(arrays, Options(gap=0, time_limit=6), lambda *told: sources.add(str(told[3])))
    assert (solution.stop, solution.status) == (Stop.TIME_LIMIT, SolutionStatus.FEASIBLE)
    assert solution.values is not None
    assert arrays.worst_violation(solution.values) <= 1e-9
    assert solution.bound < _cost(arrays, solution)
    assert sources
    assert sources <= {"HiGHS", "SCIP"}
    assert solution.notes == ()


def test_ctrl_c_returns_the_incumbent() -> None:
    """Tests that an interrupted race holds its best plan."""
    pressed: list[bool] = []

    def press(incumbent: float | None, bound: float | None, nodes: int, source: str = "", /) -> None:
        if incumbent is not None and not pressed:
            pressed.append(True)
            signal.raise_signal(signal.SIGINT)

    arrays = knapsacks()
    solution = concurrent_solvers.solve(arrays, LONG, press)
    assert (solution.stop, solution.status) == (Stop.INTERRUPTED, SolutionStatus.FEASIBLE)
    assert solution.values is not None
    assert arrays.worst_violation(solution.values) <= 1e-9


def test_an_error_ends_the_process_beside() -> None:
    """Tests that whatever goes wrong here leaves no process behind."""

    def fail(*told: Any) -> None:
        raise ZeroDivisionError("as planned")

    before = set(threading.enumerate())
    with pytest.raises(ZeroDivisionError, match="as planned"):
        concurrent_solvers.solve(knapsacks(), Options(gap=0, time_limit=2), fail)
    for thread in threading.enumerate():  # HiGHS, which nobody waits for
        if thread not in before:
            thread.join(30)
    assert set(threading.enumerate()) <= before


def test_a_process_that_dies_leaves_highs_alone() -> None:
    """Tests that HiGHS goes on when the process beside is gone, and that a note tells so."""

    def kill(*told: Any) -> None:
        for process in multiprocessing.active_children():
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)

    solution = concurrent_solvers.solve(knapsacks(), Options(gap=0, time_limit=2), kill)
    assert solution.status is SolutionStatus.FEASIBLE
    assert solution.notes == ("SCIP left the race: its process ended with -9",)


def test_the_two_together_prove_the_gap() -> None:
    """Tests that a race is over when SCIP's solution and bound, or those of either, leave no more than the gap."""
    arrays = knapsacks()
    good = good_knapsacks()
    cost = float(arrays.cost @ good)
    beside = Beside(objective=cost, values=good, bound=cost * 1.001, nodes=7)
    run = _Race(Model(arrays), beside, Options(gap=0.002), None)
    own = run.model.solve(replace(LONG, threads=1), run.look)
    found = run.result(own, duals=False, seconds=9.0)
    assert run.over
    assert (found.stop, found.status) == (Stop.GAP_REACHED, SolutionStatus.OPTIMAL)
    assert _cost(arrays, found) <= cost + 1e-6
    assert found.bound >= cost * 1.001
    assert found.nodes >= 7


def test_nothing_found_and_nothing_proven_is_not_the_end() -> None:
    """Tests that a race goes on while there is neither a solution nor a bound."""
    run = _Race(Model(knapsacks()), Beside(), Options(gap=0.5), None)
    run.look(None, None, 0)
    assert not run.over
    run.look(None, -5.0, 0)
    assert not run.over


# ---------------------------------------------------------------------- what goes from one to the other
def test_solutions_go_both_ways() -> None:
    """Tests that HiGHS takes over a better solution of SCIP, and SCIP is sent what HiGHS finds."""
    arrays = knapsacks()
    good = good_knapsacks()
    beside = Beside()
    run = _Race(Model(arrays), beside, Options(gap=0), None)

    def look(incumbent: float | None, bound: float | None, nodes: int) -> None:
        run.look(incumbent, bound, nodes)
        if beside.theirs.poll() and beside.values is None:  # HiGHS has found something, and sent it
            beside.objective, beside.values, beside.new = float(arrays.cost @ good), good, True

    own = run.model.solve(Options(gap=0, threads=1, time_limit=2), look)
    sent = beside.theirs.recv()
    assert arrays.worst_violation(sent) <= 1e-6
    assert arrays.cost @ sent > arrays.cost @ good
    assert _cost(arrays, own) <= arrays.cost @ good + 1e-6


def test_scip_takes_part_in_its_process() -> None:
    """Tests that the process beside solves, tells solutions and bound, and takes what it is sent."""
    arrays = compile_program(optimizer.build(optimizer.read(rich_frames())))
    alone = highs.solve(arrays, Options(gap=0, threads=1))
    with start_scip(arrays, Options(gap=0, threads=1)) as beside:
        while not beside.ended:
            beside.listen()
            if alone.values is not None:
                beside.offer(alone.values)
    assert beside.failure == ""
    assert beside.stop is Stop.GAP_REACHED
    assert beside.bound == pytest.approx(alone.bound, rel=1e-6)


def test_a_bound_that_a_solution_contradicts_does_not_count() -> None:
    """Tests that SCIP is out of the race when it claims to have proven what HiGHS's solution refutes."""
    arrays = knapsacks()
    beside = Beside(bound=-1.0)  # HiGHS holds far more than 1
    run = _Race(Model(arrays), beside, Options(gap=0.001), None)
    own = run.model.solve(Options(gap=0, threads=1, time_limit=1), run.look)
    found = run.result(own, duals=False, seconds=9.0)
    assert not run.over
    assert found.bound == own.bound
    assert found.notes == ("SCIP left the race: its dual bound contradicts a solution of HiGHS",)


def test_without_pyscipopt_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that the message names the remedy before anything is started."""
    monkeypatch.setitem(__import__("sys").modules, "pyscipopt", None)
    with pytest.raises(SolverError, match=r"install it with pip install 'capopt\[scip\]'"):
        concurrent_solvers.solve(program(**ONE_ROW), Options())


def test_a_process_that_cannot_load_scip_says_so() -> None:
    """Tests that a failure in the process beside is told in its own words."""
    broken = replace(program(**ONE_ROW, whole=True), indices=np.array([7, 0]))  # there is no row 7
    with start_scip(broken, Options()) as beside:
        while not beside.ended:
            beside.listen()
    assert beside.failure.startswith("IndexError")

"""Decomposition and extensive form: the same optima, bounds that never contradict, the same for any workers."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from optimizer.interruption import StopFlag
from optimizer.solver import highs
from optimizer.solver.solution import Options, Stop
from optimizer.uncertainty.bundles import groups_of, make_bundles
from optimizer.uncertainty.extensive_form import extensive_form
from optimizer.uncertainty.incumbent import Incumbent, StochasticSolution
from optimizer.uncertainty.solve_stochastic import DECOMPOSITION, EXTENSIVE, choose_method, solve_stochastic
from optimizer.uncertainty.stochastic_program import OWN, RiskMeasure, StochasticProgram
from optimizer.uncertainty.subproblems import LAGRANGIAN, Answer, Subproblem
from optimizer.workers.workers import LocalWorkers
from tests.solver.programs import INF, knapsacks, program
from tests.uncertainty.programs import best_alone, four_stages, named, newsvendor, random_program, scip_optimum

NOTHING = RiskMeasure()
EXACT = Options(gap=0.0, threads=1, time_limit=60)


def _assert_one_plan(program: StochasticProgram, found: StochasticSolution) -> None:
    """Every shared decision has one value, and every scenario's rows are met."""
    assert found.values is not None
    values: dict[int, float] = {}
    for arrays, of_columns, x in zip(program.scenarios, program.decisions, found.values, strict=True):
        assert arrays.worst_violation(x) <= 1e-6
        assert (x[arrays.integer] == np.round(x[arrays.integer])).all()
        for column in np.flatnonzero(of_columns != OWN).tolist():
            assert values.setdefault(int(of_columns[column]), float(x[column])) == pytest.approx(float(x[column]))


@pytest.mark.parametrize("method", [EXTENSIVE, DECOMPOSITION])
@pytest.mark.parametrize(
    ("program", "risk", "expected"),
    [
        # The optima are derived in test_extensive_form.py.
        (newsvendor(), NOTHING, -4.0),
        (newsvendor(whole=True), RiskMeasure("cvar", level=2 / 3, weight=0.25), -3.2),
        (newsvendor(whole=True), RiskMeasure("regret"), 2.8),
        (four_stages(), NOTHING, 3.375),
    ],
)
def test_programs_solved_by_hand(
    workers: LocalWorkers, program: StochasticProgram, risk: RiskMeasure, expected: float, method: str
) -> None:
    """Tests plan and bound of both methods, and that regret is measured from the scenarios alone by default."""
    found = solve_stochastic(program, risk, EXACT, workers, method=method)
    assert found.objective == pytest.approx(expected)
    assert found.bound == pytest.approx(expected)
    assert found.stop is Stop.GAP_REACHED
    _assert_one_plan(program, found)


@pytest.mark.parametrize("risk", [NOTHING, RiskMeasure("cvar", 0.6, 0.5), RiskMeasure("regret", weight=0.7)])
@pytest.mark.parametrize("seed", range(2))
def test_decomposition_against_scip(workers: LocalWorkers, seed: int, risk: RiskMeasure) -> None:
    """Tests random mixed-integer programs of three stages: plan, bound, and the bounds of the scenarios alone."""
    program = random_program(seed, whole=True)
    found = solve_stochastic(program, risk, EXACT, workers, method=DECOMPOSITION)
    best = tuple(found.alone_bounds) if risk.measure == "regret" else ()
    expected = scip_optimum(program, replace(risk, best=best))
    assert found.objective == pytest.approx(expected, rel=1e-6)
    assert found.bound <= expected + 1e-6 * abs(expected)
    if risk is not NOTHING:
        assert found.alone_costs == pytest.approx(found.alone_bounds, rel=1e-6)
        assert found.alone_costs == pytest.approx(best_alone(program), rel=1e-6)
    _assert_one_plan(program, found)


def test_a_bound_of_few_rounds_does_not_contradict(workers: LocalWorkers) -> None:
    """Tests that with a coarse gap the optimum lies between bound and plan."""
    for seed in range(3, 6):
        program = random_program(seed, whole=True)
        expected = scip_optimum(program, NOTHING)
        found = solve_stochastic(program, NOTHING, Options(gap=0.05), workers, method=DECOMPOSITION)
        assert found.bound <= expected + 1e-6 * abs(expected)
        assert found.objective >= expected - 1e-6 * abs(expected)
        assert found.objective - found.bound <= 0.05 * abs(found.objective) + 1e-9


def test_the_answer_does_not_depend_on_the_number_of_workers() -> None:
    """Tests that 1, 2 and 4 workers find the same plan with the same bound in as many rounds."""
    program, found = random_program(7, whole=True), []
    for count in (1, 2, 4):
        one = LocalWorkers(count)
        found.append(solve_stochastic(program, NOTHING, Options(gap=0.02), one, method=DECOMPOSITION))
        one.close()
    first = found[0]
    assert first.values is not None
    for other in found[1:]:
        assert other.values is not None
        assert (other.objective, other.bound, other.rounds) == (first.objective, first.bound, first.rounds)
        assert all((a == b).all() for a, b in zip(first.values, other.values, strict=True))


def test_progress_of_the_extensive_form_goes_on_from_the_rounds() -> None:
    """Tests that a plan of -4 and a bound of -5 stay reported until the extensive form has better ones."""
    seen: list[tuple[object, ...]] = []
    incumbent = Incumbent(newsvendor(), NOTHING, EXACT, lambda *one: seen.append(one))
    note = partial(incumbent.note, lambda values: [values])
    note(None, None, 1, "HiGHS")
    incumbent.objective, incumbent.bound = -4.0, -5.0
    note(None, None, 2, "HiGHS")
    note(-3.0, -6.0, 3, "HiGHS")
    note(-4.5, -4.75, 4, "HiGHS")
    expected = [(None, None, 1), (-4.0, -5.0, 2), (-4.0, -5.0, 3)]
    assert seen == [*((*one, "decomposition", None) for one in expected), (-4.5, -4.75, 4, "HiGHS", None)]


@pytest.mark.parametrize("method", [EXTENSIVE, DECOMPOSITION])
@pytest.mark.parametrize(
    ("ordered", "is_first"),
    [
        (2.0, True),  # two papers are sold in every scenario: 2 - 4.8 = -2.8
        (11.0, False),  # at most 10 can be ordered: the search begins without a plan
    ],
)
def test_a_search_begins_with_decisions(method: str, ordered: float, is_first: bool) -> None:
    """Tests the first incumbent, and that the search goes on to four papers: 4 - 2.4 x (2 + 4 + 4) / 3 = -4."""
    seen: list[float] = []

    def report(incumbent: float | None, *_: object) -> None:
        seen.extend([] if incumbent is None else [incumbent])

    workers, start = LocalWorkers(1), [np.array([ordered, 2.0])] * 3
    found = solve_stochastic(newsvendor(), NOTHING, EXACT, workers, report, start=start, method=method)
    workers.close()
    assert found.objective == pytest.approx(-4.0)
    assert (abs(seen[0] + 2.8) < 1e-9) == is_first
    assert min(seen) > -4.0 - 1e-6


def test_bundles_are_the_same_program() -> None:
    """Tests that the extensive form of bundles has the optimum of that of their scenarios."""
    program = random_program(1, whole=False)
    expected = highs.solve(extensive_form(program).arrays, EXACT).bound
    groups = groups_of(program, 2)
    bundles = make_bundles(program, groups)
    decisions = []
    for arrays, (numbers, columns) in zip(bundles.arrays, bundles.shared, strict=True):
        one = np.full(len(arrays.cost), OWN)
        one[columns] = numbers
        decisions.append(one)
    form = extensive_form(StochasticProgram(bundles.arrays, bundles.probabilities, tuple(decisions)))
    found = highs.solve(form.arrays, EXACT)
    assert found.bound == pytest.approx(expected)
    assert found.values is not None
    plan = bundles.by_scenario(form.values_by_scenario(found.values))
    assert program.probabilities @ program.costs(plan) == pytest.approx(expected)


def test_scenarios_of_a_node_are_bundled() -> None:
    """Tests that those of the lower and of the upper half of the demand are together."""
    assert groups_of(four_stages(), 2) == [[0, 1], [2, 3]]


def test_a_scenario_without_a_plan_is_named(workers: LocalWorkers) -> None:
    """Tests an infeasible scenario: 9 units are needed of at most 2."""
    one = newsvendor(whole=True)
    short = program([1, 1], [[1, 1]], [9], [INF], upper=[1, 1], whole=True)
    found = solve_stochastic(replace(one, scenarios=(*one.scenarios[:2], short)), NOTHING, EXACT, workers)
    assert (found.stop, found.infeasible, found.values) == (Stop.INFEASIBLE, 2, None)


def test_scenarios_that_contradict_each_other_are_infeasible(workers: LocalWorkers) -> None:
    """Tests two scenarios that have plans alone, but none with the same decision: x <= 1 and x >= 2."""
    low, high = (named(program([1], [[1]], [least], [most], upper=9, whole=True)) for least, most in ((0, 1), (2, 9)))
    both = StochasticProgram((low, high), np.full(2, 0.5), (np.array([0]), np.array([0])))
    found = solve_stochastic(both, NOTHING, EXACT, workers, method=DECOMPOSITION)
    assert (found.stop, found.infeasible, found.values) == (Stop.INFEASIBLE, None, None)


def _long() -> StochasticProgram:
    """Two scenarios of knapsacks that no search proves in a minute; they share ten items."""
    arrays = named(knapsacks(40, 4))
    columns = np.where(np.arange(len(arrays.cost)) < 10, np.arange(len(arrays.cost)), OWN)
    other = replace(arrays, cost=arrays.cost[::-1].copy())
    return StochasticProgram((arrays, other), np.full(2, 0.5), (columns, columns))


def test_the_time_limit_keeps_the_best_plan(workers: LocalWorkers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests a search whose time is over, on a clock that leaps, as soon as there is a plan."""
    clock = SimpleNamespace(leap=0.0)
    clock.time = lambda: time.time() + clock.leap
    monkeypatch.setattr("optimizer.uncertainty.incumbent.time", clock)

    def report(incumbent: float | None, bound: float | None, nodes: int, *more: object) -> None:
        clock.leap = 100.0 if incumbent is not None else 0.0

    options = Options(gap=0, time_limit=90, threads=1)
    found = solve_stochastic(_long(), NOTHING, options, workers, report, method=DECOMPOSITION)
    assert found.stop is Stop.TIME_LIMIT
    _assert_one_plan(_long(), found)
    assert -INF < found.bound < found.objective


class Unlucky(LocalWorkers):
    """Workers whose searches of priced bundles find no solution, and which may use up the time."""

    def __init__(self, clock: SimpleNamespace | None = None) -> None:
        super().__init__(1)
        self.clock = clock

    def map(self, work: Any, tasks: Any, on_result: Any) -> None:
        """Leave out what the searches of priced bundles find."""

        def unlucky(task: Subproblem, stop: StopFlag) -> Answer:
            answer: Answer = work(task, stop)
            if task.kind == LAGRANGIAN and self.clock is not None:
                self.clock.leap = 100.0
            return replace(answer, values=None) if task.kind == LAGRANGIAN else answer

        super().map(unlucky, tasks, on_result)


def test_bundles_without_a_solution_are_merged() -> None:
    """Tests priced bundles that have a bound and no solution: the last bundle, the extensive form, has the plan."""
    workers = Unlucky()
    found = solve_stochastic(newsvendor(), NOTHING, EXACT, workers, method=DECOMPOSITION)
    workers.close()
    assert found.objective == pytest.approx(-4.0)
    assert found.stop is Stop.GAP_REACHED


def test_time_may_be_over_before_all_bundles_have_a_solution(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests a time limit that ends the first round: neither plan nor bound, and no error."""
    clock = SimpleNamespace(leap=0.0)
    clock.time = lambda: time.time() + clock.leap
    monkeypatch.setattr("optimizer.uncertainty.incumbent.time", clock)
    workers = Unlucky(clock)
    found = solve_stochastic(newsvendor(whole=True), NOTHING, EXACT, workers, method=DECOMPOSITION)
    workers.close()
    assert (found.values, found.stop) == (None, Stop.TIME_LIMIT)


def test_ctrl_c_keeps_the_best_plan(workers: LocalWorkers) -> None:
    """Tests Ctrl-C as soon as there is a plan."""
    pressed = threading.Event()

    def report(incumbent: float | None, bound: float | None, nodes: int, *more: object) -> None:
        if incumbent is not None and not pressed.is_set():
            pressed.set()
            os.kill(os.getpid(), signal.SIGINT)

    options = Options(gap=0, time_limit=90, threads=1)
    found = solve_stochastic(_long(), NOTHING, options, workers, report, method=DECOMPOSITION)
    assert found.stop is Stop.INTERRUPTED
    _assert_one_plan(_long(), found)


def test_small_programs_are_solved_as_they_are() -> None:
    """Tests the choice of the method by the number of integer columns."""
    assert choose_method(random_program(0, whole=True)) == EXTENSIVE
    part = _long()  # two scenarios of 40 integers each
    for times, method in ((37, EXTENSIVE), (38, DECOMPOSITION)):  # 2,960 and 3,040 integers
        chances = np.full(2 * times, 1 / (2 * times))
        many = StochasticProgram(part.scenarios * times, chances, part.decisions * times)
        assert choose_method(many) == method

"""Trials of candidates: near the relaxation of each bundle, then by searches from there."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from optimizer.program.arrays import Floats
from optimizer.solver import highs
from optimizer.solver.solution import Stop
from optimizer.uncertainty import decomposition
from optimizer.uncertainty.bundles import groups_of, make_bundles
from optimizer.uncertainty.solve_stochastic import DECOMPOSITION, solve_stochastic
from optimizer.uncertainty.subproblems import ENFORCED, FIXED, SCREENED, Answer, Subproblem, solve_subproblem
from optimizer.uncertainty.trials import Trial
from tests.solver.programs import INF, program
from tests.uncertainty.programs import newsvendor, random_program
from tests.uncertainty.test_rounds import EXACT, NOTHING, Recorder


def test_a_trial_keeps_the_best_solution_of_each_bundle() -> None:
    """Tests four papers ordered at 1 each, and sold at 2.4 to a demand of 2, 4 or 6."""
    # They cost 4 - 2.4 * 2 = -0.8, 4 - 2.4 * 4 = -5.6 and again -5.6: -4 on average.
    paper = newsvendor()
    trial = Trial(7, np.array([4.0]), make_bundles(paper, groups_of(paper, 1)))
    assert [(one.lower[0], one.upper[0]) for one in trial.programs] == [(4.0, 4.0)] * 3
    assert not trial.note(0, Answer(np.array([4.0, 0.0]), -1.0))
    assert not trial.note(2, Answer(np.array([4.0, 4.0]), -5.6))
    assert (trial.cost, trial.bound) == (INF, -INF)
    assert trial.unproven(1.3) == [1]  # the first is within 5, 1.25 times its cost of 4; the second has no solution
    assert trial.note(1, Answer(np.array([4.0, 4.0]), -6.0))
    assert trial.cost == pytest.approx((4 - 5.6 - 5.6) / 3)
    assert trial.bound == pytest.approx((-1 - 6 - 5.6) / 3)
    assert trial.changed == {0, 1, 2}
    trial.changed.clear()
    assert trial.note(0, Answer(np.array([4.0, 2.0]), -2.0))  # a bound that is lower than before proves nothing
    assert not trial.note(0, Answer(np.array([4.0, 1.0]), -0.9))
    assert trial.cost == pytest.approx(-4)
    assert trial.bound == pytest.approx((-0.9 - 6 - 5.6) / 3)
    assert [x.tolist() for x in trial.plan] == [[4, 2], [4, 4], [4, 4]]
    assert trial.changed == {0}
    # 0.1 of 0.8, 0.4 of 5.6 and nothing are not proven: 12.5 %, 7.1 % and 0 %.
    assert [trial.unproven(gap) for gap in (0.13, 0.12, 0.07, 0.0)] == [[], [0], [0, 1], [0, 1]]
    assert not trial.note(1, Answer(infeasible=True))
    assert trial.bound == INF


def _solved(costs: list[float], upper: float) -> Answer:
    """Return the answer of two integers of 2 and 3 each, which must make 7."""
    arrays = program(costs, [[2, 3]], [7], [INF], upper=[upper, upper], whole=True)
    return solve_subproblem(Subproblem(ENFORCED, 0, arrays, 0.0, time.time() + 60), threading.Event())


@pytest.mark.parametrize(
    ("costs", "values", "bound"),
    [
        # The relaxation takes 7/3 of the second for 7, and 0 of the first, which stays at 0: three of the second are
        # needed, for 9. Two and one would make 7 for 7.2.
        ([2.1, 3.0], [0, 3], 7.0),
        # The first costs 0.75 for each of the 7, the second 1: 3.5 of the first for 5.25, rounded up for 6.
        ([1.5, 3.0], [4, 0], 5.25),
    ],
)
def test_integers_that_are_integral_in_the_relaxation_stay(
    costs: list[float], values: list[float], bound: float
) -> None:
    """Tests an integer that the relaxation leaves at 0, and the bound, which is that of the relaxation."""
    found = _solved(costs, 9)
    assert found.values is not None
    assert found.values.tolist() == values
    assert found.bound == pytest.approx(bound)
    assert not found.infeasible


def test_what_has_no_relaxation_is_infeasible() -> None:
    """Tests two integers of at most 1, which make 5 of the 7."""
    assert _solved([1, 1], 1) == Answer(infeasible=True)


def test_what_is_infeasible_near_the_relaxation_is_only_bounded() -> None:
    """Tests a second integer that is 2 in the relaxation and that must be 1 where the first one is integral."""
    # 2 x + 3 y = 7 with y at most 2: at 1 and 5 each y is worth taking, 2 of them, and x is 1/2. With y = 2 there is
    # no integer x; x = 2 and y = 1 would be one.
    arrays = program([5, 1], [[2, 3]], [7], [7], upper=[9, 2], whole=True)
    found = solve_subproblem(Subproblem(ENFORCED, 0, arrays, 0.0, time.time() + 60), threading.Event())
    assert found.values is None
    assert not found.infeasible
    assert found.bound == pytest.approx(4.5)


def _known(task: Subproblem) -> tuple[Floats | None, float, float]:
    """Return the solution of a bundle near its relaxation, its cost, and the optimum of the relaxation."""
    found = solve_subproblem(task, threading.Event())
    cost = INF if found.values is None else float(task.arrays.cost @ found.values) + task.arrays.offset
    relaxed = highs.solve(task.arrays.relaxed(), EXACT)
    bound = INF if relaxed.stop is Stop.INFEASIBLE else relaxed.bound
    assert found.bound == pytest.approx(bound) or found.infeasible
    return found.values, cost, bound


def test_searches_begin_with_solutions_near_relaxations_where_these_are_not_optimal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Tests which bundles of which candidates are searched, each once, the cheapest plan first, and from where."""
    monkeypatch.setattr(decomposition, "_QUICK_SEARCH", 0)
    searched = 0
    for seed in range(8):
        stochastic, workers = random_program(seed, whole=True), Recorder()
        solve_stochastic(stochastic, NOTHING, EXACT, workers, workers.report, method=DECOMPOSITION)
        workers.close()
        chances = make_bundles(stochastic, groups_of(stochastic, 1)).probabilities
        for (_, before), (plan, call) in zip(workers.calls, workers.calls[1:], strict=False):
            tried: dict[int, list[tuple[Floats | None, float, float]]] = {}
            for task in before:
                if task.kind == ENFORCED:
                    tried.setdefault(task.candidate, []).append(_known(task))
            if any(len(found) != len(chances) for found in tried.values()):
                break  # bundles were merged
            costs = {one: float(chances @ [cost for _, cost, _ in found]) for one, found in tried.items()}
            bounds = {one: float(chances @ [bound for *_, bound in found]) for one, found in tried.items()}
            middle = {one: (bounds[one] + (costs[one] if costs[one] < INF else bounds[one])) / 2 for one in tried}
            expected = [
                (candidate, number)
                for candidate in sorted(tried, key=lambda one: (costs[one], bounds[one]))
                if middle[candidate] < plan - 1e-9
                for number, (_, cost, bound) in enumerate(tried[candidate])
                if cost - bound > 1e-9
            ]
            made = [task for task in call if task.kind == FIXED]
            if tried:
                assert [(task.candidate, task.number) for task in made] == expected
            for task in made if tried else ():
                start = tried[task.candidate][task.number][0]
                assert (task.start is None) == (start is None)
                assert start is None or (task.start is not None and task.start.tolist() == start.tolist())
            searched += len(made)
    assert searched > 4


@pytest.mark.parametrize(
    ("limits", "kinds"),
    [
        # Bundles of seven columns; 28 in all.
        ({}, {SCREENED, FIXED}),
        ({"_QUICK_SEARCH": 7}, {SCREENED, FIXED}),
        ({"_QUICK_SEARCH": 6}, {SCREENED, ENFORCED, FIXED}),
        ({"_LARGE_PROGRAM": 28}, {SCREENED, FIXED}),
        ({"_LARGE_PROGRAM": 27}, {FIXED}),
    ],
)
def test_how_candidates_are_tried_depends_on_sizes(
    limits: dict[str, int], kinds: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests that small bundles are searched at once, and that candidates of large programs are not compared."""
    for name, columns in limits.items():
        monkeypatch.setattr(decomposition, name, columns)
    workers = Recorder()
    options = replace(EXACT, gap=0.003)
    solve_stochastic(random_program(2, whole=True), NOTHING, options, workers, workers.report, method=DECOMPOSITION)
    workers.close()
    tasks = [task for _, call in workers.calls for task in call if len(task.arrays.cost) == 7]  # before bundles merge
    assert {task.kind for task in tasks} & {SCREENED, ENFORCED, FIXED} == kinds

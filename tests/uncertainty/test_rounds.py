"""Rounds of the decomposition: starts, candidates and multipliers of the subproblems that workers are given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optimizer.solver import highs
from optimizer.solver.solution import Options, Stop
from optimizer.uncertainty.bundles import groups_of, make_bundles
from optimizer.uncertainty.extensive_form import extensive_form
from optimizer.uncertainty.solve_stochastic import DECOMPOSITION, solve_stochastic
from optimizer.uncertainty.stochastic_program import RiskMeasure, StochasticProgram
from optimizer.uncertainty.subproblems import (
    FIXED,
    LAGRANGIAN,
    RELAXED,
    SCREENED,
    Subproblem,
)
from optimizer.workers.workers import LocalWorkers
from tests.solver.programs import INF
from tests.uncertainty.programs import random_program

NOTHING = RiskMeasure()
EXACT = Options(gap=0.0, threads=1, time_limit=60)


class Recorder(LocalWorkers):
    """Workers that keep the tasks of each call, with the cost of the plan at that time."""

    def __init__(self) -> None:
        super().__init__(1)
        self.plan = INF
        self.calls: list[tuple[float, list[Subproblem]]] = []

    def report(self, incumbent: float | None, bound: float | None, nodes: int, *more: object) -> None:
        """Keep the cost of the plan."""
        self.plan = INF if incumbent is None else incumbent

    def map(self, work: Any, tasks: Any, on_result: Any) -> None:
        """Keep the tasks, and run them."""
        self.calls.append((self.plan, list(tasks)))
        super().map(work, tasks, on_result)


@pytest.mark.parametrize(
    "risk", [NOTHING, RiskMeasure("cvar", level=0.6, weight=0.5), RiskMeasure("regret", weight=0.5)]
)
def test_priced_bundles_begin_with_a_solution_that_costs_no_more_than_the_plan(risk: RiskMeasure) -> None:
    """Tests the starts of a search with rounds: feasible, and together not above the incumbent at any multipliers."""
    # Multipliers of a decision add up to 0 over its scenarios: a plan has the same expected cost at all of them.
    program, workers, compared = random_program(7, whole=True), Recorder(), 0
    solve_stochastic(program, risk, EXACT, workers, workers.report, method=DECOMPOSITION)
    workers.close()
    chances = make_bundles(program, groups_of(program, 1)).probabilities
    for plan, call in workers.calls:
        started = [(task.number, task.arrays, task.start) for task in call if task.kind == LAGRANGIAN]
        costs = np.zeros(len(program.scenarios))
        for number, arrays, start in started:
            if start is not None:
                assert arrays.worst_violation(start) <= 1e-6
                costs[number] = arrays.cost @ start + arrays.offset
        if len(started) == len(program.scenarios) and all(start is not None for *_, start in started):
            assert chances @ costs <= plan + 1e-6
            compared += 1
    assert compared


def _by_candidate(tasks: list[Subproblem], kind: str) -> dict[bytes, list[Subproblem]]:
    """Return the subproblems of each candidate, by the bounds of its columns."""
    found: dict[int, list[Subproblem]] = {}
    for task in tasks:
        if task.kind == kind:
            found.setdefault(task.candidate, []).append(task)
    return {b"".join(task.arrays.lower.tobytes() for task in one): one for one in found.values()}


@pytest.mark.parametrize("seed", [2, 7])
def test_candidates_whose_relaxations_cost_least_are_tried_first(seed: int) -> None:
    """Tests each round of a program above its relaxation: two candidates, whose relaxations cost less than the plan."""
    program, workers = random_program(seed, whole=True), Recorder()
    solve_stochastic(program, NOTHING, EXACT, workers, workers.report, method=DECOMPOSITION)
    workers.close()
    chances = make_bundles(program, groups_of(program, 1)).probabilities
    waiting: dict[bytes, float] = {}
    rounds: list[tuple[list[bytes], list[bytes]]] = []  # those that cost least, those that were tried
    for plan, call in workers.calls:
        screened = _by_candidate(call, SCREENED)
        if screened:
            for mark, tasks in screened.items():
                found = [highs.solve(task.arrays, EXACT) for task in tasks]
                bounds = [INF if one.stop is Stop.INFEASIBLE else one.bound for one in found]
                waiting[mark] = float(chances @ bounds)
            waiting = {mark: cost for mark, cost in waiting.items() if cost < plan}
            chosen = sorted(waiting, key=waiting.__getitem__)[:2]
            waiting = {mark: cost for mark, cost in waiting.items() if mark not in chosen}
            rounds.append((chosen, []))
        elif rounds:
            rounds[-1][1].extend(_by_candidate(call, FIXED))
    assert len(rounds) > 1
    for expected, tried in rounds[:-1]:
        assert tried == expected


def _twice(program: StochasticProgram) -> StochasticProgram:
    """Return a program each of whose scenarios is there twice, with half its probability."""
    chances = np.concatenate([program.probabilities, program.probabilities]) / 2
    return StochasticProgram(program.scenarios * 2, chances, program.decisions * 2)


def test_multipliers_are_those_of_the_largest_group_where_relaxations_are_not_tight() -> None:
    """Tests eight scenarios, relaxed in two groups, then together: priced bundles then add up to that relaxation."""
    # By duality, the relaxations of scenarios priced with its multipliers have its optimum together.
    program, workers = _twice(random_program(7, whole=True)), Recorder()
    solve_stochastic(program, NOTHING, EXACT, workers, workers.report, method=DECOMPOSITION)
    workers.close()
    calls = [call for _, call in workers.calls]
    relaxed = [[len(task.arrays.row_lower) for task in call if task.kind == RELAXED] for call in calls]
    assert relaxed[0] == [20, 20]  # a scenario has five rows
    after = calls[relaxed.index([40]) + 1 :]
    priced = next(call for call in after if [task.kind for task in call].count(LAGRANGIAN) == len(program.scenarios))
    bounds = [highs.solve(task.arrays.relaxed(), EXACT).bound for task in priced if task.kind == LAGRANGIAN]
    together = highs.solve(extensive_form(program).arrays.relaxed(), EXACT).bound
    chances = make_bundles(program, groups_of(program, 1)).probabilities
    assert float(chances @ bounds) == pytest.approx(together)

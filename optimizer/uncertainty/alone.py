"""Wait and see: the best plan of each scenario, as if it were known to come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.program.arrays import Floats
from optimizer.uncertainty.incumbent import Incumbent
from optimizer.uncertainty.stochastic_program import OWN, StochasticProgram
from optimizer.uncertainty.subproblems import ALONE, Answer, Subproblem, solve_subproblem
from optimizer.workers.workers import Workers

SHARE_OF_GAP = 0.5
"""Gap of a subproblem, as a share of the target."""


@dataclass
class Alone:
    """Best plans of the scenarios alone.

    Attributes
    ----------
    costs, bounds : ndarray
        Cost of the best known plan of each scenario, and its proven bound; NaN and -inf where unknown.
    points : ndarray
        Value of each decision (column) in each scenario's plan (row); NaN where it is not in it.
    values : list of ndarray or None
        Values of all columns in each scenario's plan.
    infeasible : int or None
        A scenario without any plan.
    """

    costs: Floats
    bounds: Floats
    points: Floats
    values: list[Floats | None]
    infeasible: int | None = None


def nothing_alone(program: StochasticProgram) -> Alone:
    """Return that nothing is known of the scenarios alone."""
    count = len(program.scenarios)
    points = np.full((count, program.decision_count), np.nan)
    return Alone(np.full(count, np.nan), np.full(count, -np.inf), points, [None] * count)


def solve_alone(incumbent: Incumbent, workers: Workers) -> Alone:
    """Solve each scenario alone."""
    program, options = incumbent.program, incumbent.options
    found, gap = nothing_alone(program), options.gap * SHARE_OF_GAP
    tasks = [
        Subproblem(ALONE, number, arrays, gap, incumbent.until, options.seed)
        for number, arrays in enumerate(program.scenarios)
    ]
    workers.map(solve_subproblem, tasks, lambda task, answer: _note(found, program, task, answer))
    return found


def _note(found: Alone, program: StochasticProgram, task: Subproblem, answer: Answer) -> None:
    """Note the result of a scenario."""
    number = task.number
    found.bounds[number] = answer.bound
    if answer.infeasible:
        found.infeasible = number
    if answer.values is not None:
        found.values[number] = answer.values
        found.costs[number] = float(task.arrays.cost @ answer.values) + task.arrays.offset
        shared = program.decisions[number] != OWN
        found.points[number, program.decisions[number][shared]] = answer.values[shared]

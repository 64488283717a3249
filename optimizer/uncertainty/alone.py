"""Wait and see: the best plan of each scenario, as if it were known to come; and the relaxation of all together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.program.arrays import Floats
from optimizer.uncertainty.extensive_form import extensive_form
from optimizer.uncertainty.incumbent import Incumbent
from optimizer.uncertainty.stochastic_program import OWN, StochasticProgram
from optimizer.uncertainty.subproblems import ALONE, RELAXED, Answer, Subproblem, solve_subproblem
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


def relaxed_multipliers(incumbent: Incumbent, workers: Workers) -> Floats | None:
    """Return multipliers (scenario, decision) from the relaxation of the extensive form; None if it is not solved."""
    form, found = extensive_form(incumbent.program), []
    task = Subproblem(RELAXED, -1, form.arrays.relaxed(), 0.0, incumbent.until)
    workers.map(solve_subproblem, [task], lambda _, answer: found.append(answer.duals))
    return None if found[0] is None else multipliers_of(incumbent.program, found[0], form.first_rows)


def multipliers_of(program: StochasticProgram, duals: Floats, first_rows: tuple[int, ...]) -> Floats:
    """Return multipliers (scenario, decision) from the duals of the extensive form's relaxation.

    With them, the reduced cost of a decision is divided between its scenarios by their probability, so that their
    relaxations together have the optimum of that of the extensive form.
    """
    shape = (len(program.scenarios), program.decision_count)
    reduced, weights = np.zeros(shape), np.zeros(shape)
    for number, (arrays, of_columns) in enumerate(zip(program.scenarios, program.decisions, strict=True)):
        chance, row_duals = program.probabilities[number], duals[first_rows[number] : first_rows[number + 1]]
        terms = arrays.values * row_duals[arrays.indices]
        given = np.bincount(arrays.term_columns, weights=terms, minlength=len(arrays.cost))
        used = of_columns != OWN
        reduced[number, of_columns[used]] = (chance * arrays.cost - given)[used]
        weights[number, of_columns[used]] = chance
    totals = np.where(weights.any(axis=0), weights.sum(axis=0), 1.0)
    found: Floats = weights / totals * reduced.sum(axis=0) - reduced
    return found

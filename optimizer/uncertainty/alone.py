"""The scenarios alone: the best plan of each, as if it were known to come, and the relaxation of all together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.program.arrays import Floats
from optimizer.uncertainty.extensive_form import extensive_form
from optimizer.uncertainty.incumbent import Incumbent
from optimizer.uncertainty.stochastic_program import OWN, StochasticProgram
from optimizer.uncertainty.subproblems import ALONE, RELAXED, Answer, Subproblem, solve_subproblem
from optimizer.workers.workers import Workers

SHARE_OF_GAP = 0.25
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
    multipliers : ndarray or None
        Multipliers (scenario, decision) of the relaxation of all scenarios together.
    infeasible : int or None
        A scenario without any plan.
    """

    costs: Floats
    bounds: Floats
    points: Floats
    multipliers: Floats | None = None
    infeasible: int | None = None


def solve_alone(incumbent: Incumbent, workers: Workers, relax: bool) -> Alone:
    """Solve each scenario alone; with ``relax`` also the relaxation of the extensive form."""
    program, options = incumbent.program, incumbent.options
    count = len(program.scenarios)
    found = Alone(np.full(count, np.nan), np.full(count, -np.inf), np.full((count, program.decision_count), np.nan))
    form = extensive_form(program) if relax else None
    tasks = [] if form is None else [Subproblem(RELAXED, -1, form.arrays.relaxed(), 0.0, incumbent.until)]
    for number, arrays in enumerate(program.scenarios):
        gap = options.gap * SHARE_OF_GAP
        tasks.append(Subproblem(ALONE, number, arrays, gap, incumbent.until, options.seed))

    def note(task: Subproblem, answer: Answer) -> None:
        if form is not None and task.kind == RELAXED and answer.duals is not None:
            found.multipliers = multipliers_of(program, answer.duals, form.first_rows)
        elif task.kind == ALONE:
            _note(found, program, task, answer)

    workers.map(solve_subproblem, tasks, note)
    return found


def _note(found: Alone, program: StochasticProgram, task: Subproblem, answer: Answer) -> None:
    """Note the result of a scenario."""
    number = task.number
    found.bounds[number] = answer.bound
    if answer.infeasible:
        found.infeasible = number
    if answer.values is not None:
        found.costs[number] = float(task.arrays.cost @ answer.values) + task.arrays.offset
        shared = program.decisions[number] != OWN
        found.points[number, program.decisions[number][shared]] = answer.values[shared]


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

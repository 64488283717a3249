"""Wait and see: the best plan of each scenario, as if it were known to come; and the relaxation of all together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.program.arrays import Floats
from optimizer.uncertainty.bundles import decisions_in, groups_of, part_of
from optimizer.uncertainty.extensive_form import extensive_form
from optimizer.uncertainty.incumbent import Incumbent
from optimizer.uncertainty.stochastic_program import OWN, StochasticProgram
from optimizer.uncertainty.subproblems import ALONE, RELAXED, Answer, Subproblem, solve_subproblem
from optimizer.workers.workers import Workers

_TOGETHER, _COLUMNS = 5, 30_000  # scenarios of a relaxation, and columns from which on it has two (performance.md)
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


def relaxed_multipliers(incumbent: Incumbent, workers: Workers, most: int | None = None) -> Floats | None:
    """Return multipliers (scenario, decision) from relaxations; None if one of these is not solved.

    The relaxations are those of the extensive forms of groups of scenarios: workers solve them side by side, their time
    grows faster than their size, and the groups' mean prices differ little.

    Parameters
    ----------
    incumbent : Incumbent
        What is improved.
    workers : Workers
        They solve the relaxations.
    most : int, optional
        Scenarios of a group.
    """
    program, duals = incumbent.program, []
    groups = groups_of(program, most or _scenarios_of_group(program))
    parts = [part_of(program, group) for group in groups]
    forms = [extensive_form(part) for part in parts]
    tasks = [
        Subproblem(RELAXED, number, form.arrays.relaxed(), 0.0, incumbent.until) for number, form in enumerate(forms)
    ]
    workers.map(solve_subproblem, tasks, lambda _, answer: duals.append(answer.duals))
    found = np.zeros((len(program.scenarios), program.decision_count))
    for group, part, form, one in zip(groups, parts, forms, duals, strict=True):
        if one is None:
            return None
        used = decisions_in(program, group)
        chance = program.probabilities[group].sum()
        found[np.ix_(np.array(group), used)] = chance * multipliers_of(part, one, form.first_rows)
    return found


def _scenarios_of_group(program: StochasticProgram) -> int:
    """Return how many scenarios are relaxed together: groups of equal size, of two scenarios if these are large."""
    count = len(program.scenarios)
    columns = max(len(arrays.cost) for arrays in program.scenarios)
    most = max(2, min(_TOGETHER, _COLUMNS // columns))
    return -(-count // -(-count // most))


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

"""Multipliers from relaxations of groups of scenarios."""

from __future__ import annotations

import numpy as np

from optimizer.program.arrays import Floats
from optimizer.uncertainty.bundles import decisions_in, groups_of, part_of
from optimizer.uncertainty.extensive_form import extensive_form
from optimizer.uncertainty.stochastic_program import OWN, StochasticProgram
from optimizer.uncertainty.subproblems import RELAXED, Answer, Subproblem

SMALL, LARGE = (5, 30_000), (20, 100_000)
"""Scenarios of a group at most, and columns from which on it has two (docs/performance.md)."""


class Relaxations:
    """Relaxations of the extensive forms of groups of scenarios.

    Workers solve them side by side. The larger the groups, the better are the multipliers, and their time grows faster
    than their size.

    Parameters
    ----------
    program : StochasticProgram
        Scenarios and the decisions that they share.
    limits : tuple of int
        Scenarios of a group at most, and columns from which on it has two: :data:`SMALL` or :data:`LARGE`.
    until : float
        When their solution must end, on the clock of ``time.time()``.
    """

    def __init__(self, program: StochasticProgram, limits: tuple[int, int], until: float) -> None:
        self.program = program
        self.groups = groups_of(program, group_size(program, limits))
        self.parts = [part_of(program, group) for group in self.groups]
        self.forms = [extensive_form(part) for part in self.parts]
        self.tasks = [
            Subproblem(RELAXED, number, form.arrays.relaxed(), 0.0, until) for number, form in enumerate(self.forms)
        ]
        self._duals: dict[int, Floats] = {}

    def note(self, task: Subproblem, answer: Answer) -> None:
        """Note an answer."""
        if answer.duals is not None:
            self._duals[task.number] = answer.duals

    @property
    def multipliers(self) -> Floats | None:
        """Multipliers (scenario, decision); None if a relaxation is not solved."""
        if len(self._duals) < len(self.groups):
            return None
        found = np.zeros((len(self.program.scenarios), self.program.decision_count))
        for number, (group, part, form) in enumerate(zip(self.groups, self.parts, self.forms, strict=True)):
            used = decisions_in(self.program, group)
            chance = self.program.probabilities[group].sum()
            priced = multipliers_of(part, self._duals[number], form.first_rows)
            found[np.ix_(np.array(group), used)] = chance * priced
        return found


def group_size(program: StochasticProgram, limits: tuple[int, int]) -> int:
    """Return how many scenarios are relaxed together: groups of equal size, of two scenarios if these are large."""
    scenarios, (count, columns) = len(program.scenarios), limits
    most = max(2, min(count, columns // max(len(arrays.cost) for arrays in program.scenarios)))
    return -(-scenarios // -(-scenarios // most))


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

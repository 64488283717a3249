"""Multipliers from relaxations of groups of scenarios: what they add up to, and how large the groups are."""

from __future__ import annotations

import time

import numpy as np
import pytest

from optimizer.solver import highs
from optimizer.solver.solution import Options
from optimizer.uncertainty.bundles import groups_of, make_bundles
from optimizer.uncertainty.extensive_form import extensive_form
from optimizer.uncertainty.relaxations import LARGE, SMALL, Relaxations, multipliers_of
from optimizer.uncertainty.stochastic_program import OWN, RiskMeasure, StochasticProgram
from optimizer.uncertainty.subproblems import priced, solve_subproblem
from optimizer.workers.workers import LocalWorkers
from tests.solver.programs import INF, program
from tests.uncertainty.programs import named, random_program

NOTHING = RiskMeasure()
EXACT = Options(gap=0.0, threads=1, time_limit=60)


def test_the_multipliers_of_the_relaxation_give_its_optimum() -> None:
    """Tests that scenarios priced with its duals have relaxations that add up to the relaxation's optimum."""
    program = random_program(2, whole=True)
    form = extensive_form(program)
    relaxed = highs.solve(form.arrays.relaxed(), EXACT, duals=True)
    assert relaxed.row_duals is not None
    prices = multipliers_of(program, relaxed.row_duals, form.first_rows)
    assert prices.sum(axis=0) == pytest.approx(np.zeros(program.decision_count), abs=1e-9)
    total = 0.0
    for number, (arrays, of_columns) in enumerate(zip(program.scenarios, program.decisions, strict=True)):
        chance, columns = program.probabilities[number], np.flatnonzero(of_columns != OWN)
        one = priced(arrays.relaxed(), columns, prices[number, of_columns[columns]] / chance)
        total += chance * highs.solve(one, EXACT).bound
    assert total == pytest.approx(relaxed.bound)


@pytest.mark.parametrize("most", [4, 2])
def test_multipliers_of_groups_give_their_relaxations(workers: LocalWorkers, most: int) -> None:
    """Tests that scenarios priced by the relaxations of groups have relaxations that add up to those of the groups."""
    program = random_program(2, whole=True)
    relaxations = Relaxations(program, (most, 1000), time.time() + 60)
    workers.map(solve_subproblem, relaxations.tasks, relaxations.note)
    prices = relaxations.multipliers
    assert prices is not None
    assert prices.sum(axis=0) == pytest.approx(np.zeros(program.decision_count), abs=1e-6)
    total = 0.0
    for number, (arrays, of_columns) in enumerate(zip(program.scenarios, program.decisions, strict=True)):
        chance, columns = program.probabilities[number], np.flatnonzero(of_columns != OWN)
        one = priced(arrays.relaxed(), columns, prices[number, of_columns[columns]] / chance)
        total += chance * highs.solve(one, EXACT).bound
    groups = make_bundles(program, groups_of(program, most))
    relaxed = [highs.solve(arrays.relaxed(), EXACT).bound for arrays in groups.arrays]
    assert total == pytest.approx(float(groups.probabilities @ relaxed), rel=1e-6)


@pytest.mark.parametrize(
    ("limits", "scenarios", "columns", "groups"),
    [
        (SMALL, 5, 100, [5]),
        (SMALL, 12, 100, [4, 4, 4]),
        (SMALL, 6, 10_000, [3, 3]),
        (SMALL, 3, 40_000, [2, 1]),
        (LARGE, 20, 5_000, [20]),
        (LARGE, 21, 100, [11, 10]),
        (LARGE, 6, 30_000, [3, 3]),
    ],
)
def test_large_scenarios_are_relaxed_in_small_groups(
    limits: tuple[int, int], scenarios: int, columns: int, groups: list[int]
) -> None:
    """Tests groups of five or twenty, equal ones of no more, of 30,000 or 100,000 columns, and of two at least."""
    one = named(program(np.ones(columns), [np.ones(columns)], [1], [INF]))
    shared = np.where(np.arange(columns) == 0, 0, OWN)
    many = StochasticProgram((one,) * scenarios, np.full(scenarios, 1 / scenarios), (shared,) * scenarios)
    tasks = Relaxations(many, limits, 0.0).tasks
    assert [len(task.arrays.row_lower) for task in tasks] == groups  # a scenario has one row

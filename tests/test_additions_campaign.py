"""A slice of the campaign of constraints added to random programs."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
import pytest

import optimizer
from benchmarks.additions import problems
from optimizer.program.compile import compile_program
from optimizer.solver.large_neighbourhood_search import places
from tests.program.rich import rich_frames


@pytest.mark.parametrize("seed", [0, 4, 6, 15])
def test_random_additions_cost_what_scip_says(seed: int) -> None:
    """Tests that SCIP finds the same optimum of the Pyomo model, and the saved plan passes and is found again."""
    assert problems(seed) == []


def test_an_integer_of_a_planners_own_has_a_place_in_the_search() -> None:
    """Tests that the search for better plans, which goes by items and months, knows an added variable as an item."""
    program = optimizer.build(optimizer.read(rich_frames()))
    model = program.to_pyomo()
    model.mine = pyo.Var(domain=pyo.Binary)
    model.linked = pyo.Constraint(expr=model.mine <= model.started[next(iter(model.started))])
    item, month = places(compile_program(program))
    assert item[-1] == item.max()
    assert np.count_nonzero(item == item[-1]) == 1
    assert month[-1] == 0

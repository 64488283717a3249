"""A model that is changed in place and solved again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import optimizer
from optimizer.program.arrays import Arrays
from optimizer.program.compile import compile_program
from optimizer.solver import highs
from optimizer.solver.highs import Model
from optimizer.solver.solution import Options, SolutionStatus, Stop
from tests.program.rich import rich_frames
from tests.solver.programs import good_knapsacks, knapsacks

EXACT = Options(gap=0, threads=1)


@pytest.fixture(scope="module", params=[True, False], ids=["linear", "whole"])
def rich(request: pytest.FixtureRequest) -> Arrays:
    return compile_program(optimizer.build(optimizer.read(rich_frames())), relax=request.param)


def _changed(arrays: Arrays, what: str) -> Arrays:
    """The program with a little more of something."""
    loose = np.isinf(arrays.row_lower) & (arrays.row_upper > 0)
    more: dict[str, dict[str, Any]] = {
        "costs": {"cost": arrays.cost * 1.1},
        "offset": {"offset": arrays.offset + 7},
        "columns": {"upper": np.where(arrays.integer, arrays.upper, arrays.upper * 1.1)},
        "rows": {"row_upper": np.where(loose, arrays.row_upper * 1.1, arrays.row_upper)},
        "values": {"values": np.where(arrays.values > 1.5, arrays.values * 1.01, arrays.values)},
    }
    return replace(arrays, **more[what])


@pytest.mark.parametrize("what", ["costs", "offset", "columns", "rows", "values"])
def test_a_changed_model_is_the_changed_program(rich: Arrays, what: str) -> None:
    """Tests that a model changed in place has the changed optimum, and changed back the first one."""
    model, changed = Model(rich), _changed(rich, what)
    first = model.solve(EXACT)
    assert model.change(changed) > 0 or what == "offset"
    again = model.solve(EXACT)
    fresh = highs.solve(changed, EXACT)
    for solution in (again, fresh):
        assert (solution.stop, solution.status) == (Stop.GAP_REACHED, SolutionStatus.OPTIMAL)
    assert first.bound != pytest.approx(fresh.bound, rel=1e-7)
    assert again.bound == pytest.approx(fresh.bound, rel=1e-7)
    model.change(rich)
    assert model.solve(EXACT).bound == pytest.approx(first.bound, rel=1e-7)


def test_nothing_changed_is_nothing(rich: Arrays) -> None:
    """Tests that the same program is no change."""
    assert Model(rich).change(rich) == 0


def test_a_start_is_an_incumbent() -> None:
    """Tests that a search that starts from a plan holds at least that plan, however little time it has."""
    arrays = knapsacks()
    good = good_knapsacks()
    model = Model(arrays)
    model.start(np.arange(len(arrays.cost)), good)
    solution = model.solve(Options(gap=0, threads=1, time_limit=0.3))
    assert solution.values is not None
    assert arrays.cost @ solution.values <= arrays.cost @ good + 1e-6


def test_a_start_is_completed_after_long_searches() -> None:
    """Tests that a start that has to be completed is as good after searches that took longer than it may take."""
    arrays = knapsacks()
    some = np.arange(len(arrays.cost) - 5)
    arrays = replace(arrays, integer=np.arange(len(arrays.cost)) < len(some))  # the rest is a linear program
    told: list[list[float]] = []
    for before in (0.0, 1.0):
        model = Model(arrays)
        if before:
            model.solve(Options(gap=0, threads=1, time_limit=before))
        found: list[float] = []
        told.append(found)
        model.on_incumbent = lambda objective, _, found=found: found.append(objective)
        model.start(some, np.zeros(len(some)))
        model.solve(Options(gap=0, threads=1, time_limit=0.5))
    assert told[0][0] == told[1][0]

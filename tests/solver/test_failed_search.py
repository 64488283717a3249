"""An unexpected error in a search, or in the completion of its result, does not lose the incumbent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optimizer.errors import SolverError
from optimizer.solver import concurrent_mip, highs, scip
from optimizer.solver.failed_search import SearchFailed, incumbent_kept
from optimizer.solver.large_neighbourhood_search import LargeNeighbourhoodSearch
from optimizer.solver.solution import Options
from tests.solver.programs import knapsacks, program

# 2 x + 2 y >= 5 in whole numbers at costs of 2 and 3: x = 3 at a cost of 6.
WHOLE: dict[str, Any] = {"cost": [2, 3], "rows": [[2, 2]], "low": [5], "high": [np.inf], "whole": True}


def broken(*_: Any, **__: Any) -> None:
    raise KeyError("colossus")


@pytest.mark.parametrize("engine", [highs, concurrent_mip, scip])
def test_an_error_while_a_result_is_completed(monkeypatch: pytest.MonkeyPatch, engine: Any) -> None:
    """Tests that the error of rounding has the solution that was to be rounded, and its own cause."""
    monkeypatch.setattr(highs, "with_integers_rounded", broken)
    with pytest.raises(SearchFailed, match="the search failed: 'colossus'") as caught:
        engine.solve(program(**WHOLE), Options(gap=0, threads=1))
    assert caught.value.values.tolist() == pytest.approx([3, 0])
    assert isinstance(caught.value.why, KeyError)
    assert caught.value.__cause__ is caught.value.why


def test_an_error_of_the_heuristics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that the solution that they found before is kept."""
    real, steps = LargeNeighbourhoodSearch.step, [0]

    def step(self: LargeNeighbourhoodSearch) -> bool:
        steps[0] += 1
        if self.values is not None:
            broken()
        return real(self)

    monkeypatch.setattr(LargeNeighbourhoodSearch, "step", step)
    arrays = knapsacks()
    with pytest.raises(SearchFailed) as caught:
        concurrent_mip.solve(arrays, Options(gap=0, threads=1, time_limit=30))
    assert steps[0] > 1
    assert arrays.worst_violation(caught.value.values) <= 1e-6


def test_the_best_is_kept() -> None:
    """Tests that of several solutions the cheapest is kept, by its cost in the program."""
    # At costs of 2 and 3: 6 for (3, 0), 8 for (1, 2).
    with (
        pytest.raises(SearchFailed) as caught,
        incumbent_kept(lambda: [np.array([1, 2]), np.array([3, 0])], program(**WHOLE)),
    ):
        broken()
    assert caught.value.values.tolist() == [3, 0]


def test_an_error_without_a_solution_stays_what_it_is() -> None:
    """Tests that nothing is attached where nothing was found, and nothing twice."""
    arrays = program(**WHOLE)
    with pytest.raises(KeyError), incumbent_kept(list, arrays):
        broken()
    first = SearchFailed(np.array([3, 0]), SolverError("HiGHS failed"))
    with pytest.raises(SearchFailed) as caught, incumbent_kept(lambda: [np.array([1, 2])], arrays):
        raise first
    assert caught.value is first

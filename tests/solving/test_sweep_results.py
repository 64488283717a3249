"""What solved values of a sweep prove of another value, on programs of two columns, by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from optimizer.program.arrays import Arrays
from optimizer.solving.solve import Cost
from optimizer.solving.sweep import SweepResults
from tests.solver.programs import INF, program

near: Any = pytest.approx


def arrays(cost: list[float], rows: Any = ((1, 1), (1, 0)), offset: float = 0.0, **changed: Any) -> Arrays:
    """Minimise a cost, with four of both columns together at least and eight of the first at most."""
    found = replace(program(cost, rows, [4, -INF], [INF, 8], upper=9), offset=offset, rows=(("need", 0), ("most", 0)))
    return replace(found, **changed)


def money(unit: float = 10.0) -> Any:
    """What is read of a program: its unit of money."""
    return SimpleNamespace(units=SimpleNamespace(money=unit))


def after(*solved: tuple[float, Arrays, list[float], float | None], unit: float = 10.0) -> SweepResults:
    """Values that are solved, each with its program, solution and bound in money."""
    found = SweepResults()
    for value, its, solution, bound in solved:
        found.add(value, money(unit), its, np.array(solution, dtype=float), bound)
    return found


def cost(objective: float, bound: float | None) -> Cost:
    gap = None if bound is None else (objective - bound) / objective
    return Cost(near(objective), near(bound), near(gap, abs=1e-8))


LOW = (1.0, arrays([1, 5]), [4.0, 0.0], 40.0)
HIGH = (3.0, arrays([3, 5]), [4.0, 0.0], 120.0)
ANY = arrays([2, 5])


def test_nothing_is_known_of_the_first_value() -> None:
    """Tests that there is no cost without a value that is solved."""
    assert SweepResults().known(1.0, money(), ANY) is None


@pytest.mark.parametrize(
    ("value", "its", "expected"),
    [
        # Between the values the bounds' line: 3/4 of 40 and 1/4 of 120 at 1.5.
        (1.5, arrays([1.5, 5]), cost(60, 60)),
        (2.0, arrays([2, 5]), cost(80, 80)),
        (2.5, arrays([2.5, 5]), cost(100, 100)),
        # Off the line only what is proven where plans cost less: 40.
        (2.0, arrays([2.2, 5]), cost(88, 40)),
        (2.0, arrays([2, 5.1]), cost(80, 40)),
        (2.0, arrays([2, 5], offset=0.5), cost(85, 40)),
        # Above both: the larger bound; below both nothing is proven.
        (4.0, arrays([4, 5]), cost(160, 120)),
        (0.5, arrays([0.5, 5]), cost(20, None)),
        # A column that may be negative, that costs more, can make plans cheaper.
        (4.0, arrays([4, 5], lower=np.array([-1.0, 0.0])), cost(160, None)),
        # Another right-hand side proves nothing; the solution costs what it costs while it is feasible.
        (2.0, arrays([2, 5], row_lower=np.array([3.0, -INF])), cost(80, None)),
        (2.0, arrays([2, 5], row_upper=np.array([INF, 4.0])), cost(80, None)),
        (2.0, arrays([2, 5], row_lower=np.array([4.1, -INF])), None),
        (2.0, arrays([2, 5], row_upper=np.array([INF, 3.9])), None),
        (2.0, arrays([2, 5], upper=np.array([3.9, 9.0])), None),
        # A row that only limits from above counts more: no plan is better. One that counts less proves nothing.
        (4.0, arrays([4, 5], ((1, 1), (2, 0))), cost(160, 120)),
        (4.0, arrays([4, 5], ((1, 1), (0.5, 0))), cost(160, None)),
        (4.0, arrays([4, 5], ((2, 1), (1, 0))), cost(160, None)),  # of a row that demands, more is easier
        # Another offset is dearer or cheaper for all plans.
        (4.0, arrays([4, 5], offset=1.0), cost(170, 120)),
        (4.0, arrays([4, 5], offset=-1.0), cost(150, None)),
    ],
)
def test_between_and_beside_two_values(value: float, its: Arrays, expected: Cost | None) -> None:
    """Tests what is known after 1 and 3, whose best plans are four of the first column for 40 and 120."""
    assert after(LOW, HIGH).known(value, money(), its) == expected


def test_the_nearest_values_make_the_line() -> None:
    """Tests that between 1 and 3 values further away do not matter, in whatever order they were solved."""
    far = [(0.0, arrays([0, 5]), [4.0, 0.0], 0.0), (9.0, arrays([9, 5]), [4.0, 0.0], 200.0)]
    for order in ([LOW, *far, HIGH], [far[1], HIGH, LOW, far[0]]):
        assert after(*order).known(2.0, money(), ANY) == cost(80, 80)


def test_the_cheapest_feasible_solution_counts() -> None:
    """Tests a second solution, four of the second column: 200 at 5 each, whatever the first costs."""
    other = (8.0, arrays([8, 5]), [0.0, 4.0], 200.0)
    assert after(LOW, other).known(7.0, money(), arrays([7, 5])) == cost(200, 40 / 7 + 200 * 6 / 7)


def test_without_bounds_no_line() -> None:
    """Tests values of which nothing is proven, on either side."""
    for low, high, bound in ((None, 120.0, None), (40.0, None, 40.0)):
        found = after((*LOW[:3], low), (*HIGH[:3], high)).known(2.0, money(), ANY)
        assert found == cost(80, bound)


def test_units_of_money_are_counted() -> None:
    """Tests that with a unit of 20 the same cost is that of half the numbers, and bounds of others are not compared."""
    assert after(LOW, HIGH).known(2.0, money(20.0), arrays([1, 2.5])) == cost(80, 80)
    assert after(LOW, HIGH).known(4.0, money(20.0), arrays([4, 5])) == cost(320, None)


def test_another_structure_proves_nothing() -> None:
    """Tests a program with another number of terms."""
    assert after(LOW, HIGH).known(2.0, money(), arrays([2, 5], ((1, 1), (1, 1)))) is None

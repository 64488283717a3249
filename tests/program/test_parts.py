"""Step series, rows and units: what the program is made of."""

from __future__ import annotations

import gc
import math
from typing import Any

import numpy as np
import pytest

import optimizer
from optimizer.program.gc_control import collector_paused
from optimizer.program.row import ONE, Row
from optimizer.program.steps import Steps
from optimizer.program.units import Units
from tests.program.tiny import tiny


def test_a_step_holds_until_the_next() -> None:
    """Tests values before, at, between and after the points, told in any order, and whole stretches of months."""
    steps = Steps([(3, 30.0), (-2, 20.0)], before=10.0)
    assert [steps.at(month) for month in (-9, -3, -2, 0, 2, 3, 99)] == [10, 10, 20, 20, 20, 30, 30]
    assert steps.over(-4, 5).tolist() == [10, 10, 20, 20, 20, 20, 20, 30, 30]
    assert steps.over(2, 2).tolist() == []
    assert Steps([], before=1.0).over(0, 3).tolist() == [1, 1, 1]


def test_a_row_is_written_term_by_term() -> None:
    """Tests that columns go to the left and numbers to the right, that terms times zero are left out, and scaling.

    10 x (x3 + 2 x7 - 15) against 6 x4 - x5 + 50: 10 x3 + 20 x7 - 6 x4 + x5 against 200.
    """

    def left() -> Row:
        return Row(3).add(2, 7).add(0, 8).add(-3.0, 5.0).times(10)

    right = Row(50.0).add(6, 4).less(5)
    equal = left().equals(right)
    assert (equal.coefficients, equal.columns) == ([10, 20, -6, 1], [3, 7, 4, 5])
    assert (equal.low, equal.high) == (200, 200)
    assert (left().at_most(right).low, left().at_most(right).high) == (-math.inf, 200)
    assert (left().at_least(right).low, left().at_least(right).high) == (200, math.inf)
    assert (left().at_most(7).columns, left().at_most(50.0).high) == ([3, 7, 7], 200)


@pytest.mark.parametrize("term", [np.int64(7), "x", None])
def test_what_is_neither_column_nor_constant_is_refused(term: Any) -> None:
    """Tests that a term is the number of a column or a float: what is neither would count for nothing."""
    with pytest.raises(TypeError, match=r"expected the number of a column \(int\) or a constant \(float\), found"):
        Row().add(1.0, term)


def test_a_row_without_columns_is_a_row_on_the_constant() -> None:
    """Tests that a row in which nothing is left still reaches the solver: 0 <= -4 as one <= -3."""
    row = Row(4.0).at_most(0.0)
    assert (row.coefficients, row.columns, row.low, row.high) == ([1], [ONE], -math.inf, -3)


@pytest.mark.parametrize(
    ("accelerators", "price", "units"),
    [
        (8, 12, Units(accelerators=1, mw=1, money=1)),
        (100_000, 3e8, Units(accelerators=1e4, mw=1e4, money=1e7)),
        (8_000_000, 1e12, Units(accelerators=1e6, mw=1e6, money=1e11)),
    ],
)
def test_units_make_typical_quantities_about_ten(accelerators: float, price: float, units: Units) -> None:
    """Tests that units are powers of ten that suit the size of the instance."""
    instance = tiny(
        1,
        {"jobs": [accelerators]},
        fleet=[{"count": accelerators}],
        power=[{"mw": accelerators}],
        contracts=[{"price": price, "term_months": 1, "accelerators_per_block": accelerators}],
        workloads=[{"workload": "jobs", "penalty": price / units.accelerators}],
    )
    assert optimizer.build(instance).units == units


def test_the_collector_runs_again_after_a_failure() -> None:
    """Tests that the garbage collector is paused, and switched on again whatever happens."""
    running = []

    def fail() -> None:
        with collector_paused():
            running.append(gc.isenabled())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (running, gc.isenabled()) == ([False], True)

"""Irreducible subsystems by halving: bounds, rows that define a quantity, groups and doubts, worked out by hand."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.program.arrays import Arrays
from optimizer.solver import quickxplain
from optimizer.solver.feasibility import has_solution
from optimizer.solver.quickxplain import find_iis_by_quickxplain
from tests.solver.programs import INF, program


def found(arrays: Arrays, seconds: float = 30.0) -> tuple[tuple[int, ...], tuple[int, ...], bool]:
    """The subsystem of a program."""
    return find_iis_by_quickxplain(arrays, time.perf_counter() + seconds)


def test_lower_bounds_that_are_not_zero_are_part_of_it() -> None:
    """Tests x >= 2 without an upper bound against x + y <= 1, beside a bound and a row that do not matter."""
    arrays = program([1, 1, 1], [[0, 0, 1], [1, 1, 0]], [0, -INF], [9, 1], upper=[INF, INF, 5])
    arrays.lower[0] = 2.0
    assert found(arrays) == ((1,), (0,), True)
    assert found(replace(arrays, lower=np.array([0.0, 0.0, 0.0]))) == ((), (), False)  # feasible
    # x <= -1 needs no other row: zero is no bound to be named, as it always holds.
    assert found(program([1, 1], [[0, 1], [1, 0]], [0, -INF], [9, -1])) == ((1,), (), True)


def monthly(count: int = 4) -> Arrays:
    """Stocks that grow by orders in each month: x_t = x_(t-1) + y_t, with y <= 1, at least 9 in the last month."""
    rows, low, high, names = [], list[float](), list[float](), list[Any]()
    for t in range(count):
        row = np.zeros(2 * count)
        row[t], row[count + t] = 1, -1
        if t:
            row[t - 1] = -1
        rows.append(row)
        names.append(("build_stock", ("wing", t)))
        low.append(0)
        high.append(0)
    for t in range(count):
        row = np.zeros(2 * count)
        row[t] = 1
        rows.append(row)
        names.append(("own_rule", ("mine", t)))
        low.append(9 if t == count - 1 else 0)
        high.append(99)
    made = program(np.zeros(2 * count), rows, low, high, upper=[INF] * count + [1] * count)
    columns = tuple((family, ("wing", t)) for family in ("built", "ordered") for t in range(count))
    return replace(made, rows=tuple(names), columns=columns)


def test_rows_that_define_a_quantity_are_kept_and_not_named() -> None:
    """Tests that the last month's rule clashes with the bounds of all orders: 4 at the most, and 9 required."""
    assert found(monthly()) == ((7,), (4, 5, 6, 7), True)


@pytest.mark.parametrize(("doubtful", "sure"), [(False, True), (True, False)])
def test_what_is_not_decided_in_time_is_kept(monkeypatch: pytest.MonkeyPatch, doubtful: bool, sure: bool) -> None:
    """Tests that a check without an answer leaves its part in, and the subsystem unproven."""
    asked: list[float] = []

    def check(arrays: Arrays, seconds: float) -> bool | None:
        asked.append(seconds)
        answer = has_solution(arrays, 30.0)
        return None if doubtful and answer else answer

    monkeypatch.setattr(quickxplain, "has_solution", check)
    assert found(monthly(), 60.0) == ((7,), (4, 5, 6, 7), sure)
    assert set(asked) == {5.0}  # seconds of one check at the most
    asked.clear()
    assert found(monthly(), 3.0)[:2] == ((7,), (4, 5, 6, 7))
    assert all(0 < seconds <= 3 for seconds in asked)
    assert max(asked) > 2


def test_bounds_clash_by_rows_that_only_define() -> None:
    """Tests a stock of at least 5 in the second month after orders of one each, where no other row is there."""
    made = monthly(2)
    arrays = replace(made.part(np.array([0, 1]), np.arange(4)), lower=np.array([0.0, 5.0, 0.0, 0.0]))
    assert found(arrays) == ((), (1, 2, 3), True)

"""Repairs in time: which months can be shifted, how far, and the least shift that is enough."""

from __future__ import annotations

import time
from typing import Any

import pytest

from optimizer.analysis import month_shifts
from optimizer.analysis.month_shifts import Shift, least_shift, shifts_of
from optimizer.instance.edit import Edit
from optimizer.instance.instance import Instance
from optimizer.program.build import build
from tests.program.tiny import tiny

LEASE: dict[str, Any] = {"price": 100, "committed_blocks": 1, "earliest": -1, "term_months": 12}
HOURLY = [{"price": 3, "max_accelerators": 50}]


def found(instance: Instance, *cell: str) -> list[tuple[str, int, int, int, int]]:
    """Column, month, step, most and window of each shift of a cell."""
    shifts = shifts_of(build(instance), (cell[0], cell[1], cell[2]))
    return [(one.column, one.month, one.step, one.most, one.window) for one in shifts]


@pytest.mark.parametrize(
    ("window", "shifts"),
    [
        ({}, [("from", 0, 1, 5, 6), ("to", 5, -1, 5, 6)]),  # all six months
        ({"from": 2, "to": 3}, [("from", 2, 1, 1, 2), ("to", 3, -1, 1, 2)]),
        ({"from": -3, "to": 20}, [("from", 0, 1, 5, 6), ("to", 5, -1, 5, 6)]),
        ({"from": 3, "to": 3}, []),  # nothing would be left
    ],
)
def test_windows_can_begin_later_and_end_earlier(
    window: dict[str, int], shifts: list[tuple[str, int, int, int, int]]
) -> None:
    """Tests windows of a budget inside the plan and beyond it."""
    instance = tiny(6, {"jobs": [10]}, on_demand=HOURLY, budgets=[{"amount": 5, **window}])
    assert found(instance, "budgets", "cap", "amount") == shifts
    assert found(instance, "budgets", "other", "amount") == []


@pytest.mark.parametrize(
    ("terms", "shifts"),
    [
        ({"deadline": 2}, [("deadline", 2, 1, 3, 3)]),
        ({"release": 1, "deadline": 2}, [("deadline", 2, 1, 3, 2)]),
        ({"release": 2, "deadline": 2}, [("deadline", 2, 1, 3, 1)]),
        ({"deadline": 4}, [("deadline", 4, 1, 1, 5)]),
        ({"deadline": 5}, []),  # the plan's last month
        ({}, []),
    ],
)
def test_deadlines_can_be_later(terms: dict[str, int], shifts: list[tuple[str, int, int, int, int]]) -> None:
    """Tests deadlines of a required run up to the end of the plan."""
    run = {"work": 5, "sizes": "10", "required": True, "penalty": 700, **terms}
    instance = tiny(6, {"jobs": [10]}, on_demand=HOURLY, fleet=[{"count": 10}], training_runs=[run])
    assert found(instance, "training_runs", "big", "required") == shifts


def test_a_commitment_can_start_later() -> None:
    """Tests the latest month of a spend commitment, from its earliest on."""
    deal = {"annual_amount": 100, "required": True, "earliest": 1, "latest": 3}
    instance = tiny(12, {"jobs": [10]}, on_demand=HOURLY, commitments=[deal])
    assert found(instance, "commitments", "deal", "required") == [("latest", 3, 1, 8, 3)]
    assert found(instance, "on_demand", "hourly", "price") == []


@pytest.mark.parametrize(
    ("until", "least"),
    [
        (30.0, (3, True)),
        (-1.0, None),  # out of time
    ],
)
def test_the_least_shift_is_proven(until: float, least: tuple[int, bool] | None) -> None:
    """Tests that a budget of nothing can begin when a lease has ended after three months, and no earlier."""
    lease = {**LEASE, "term_months": 4}
    program = build(tiny(8, {"jobs": [0]}, contracts=[lease], budgets=[{"amount": 0}]))
    later, _ = shifts_of(program, ("budgets", "cap", "amount"))
    assert least_shift(program, later, (), time.perf_counter() + until) == least


def test_a_shift_is_an_edit_of_its_month() -> None:
    """Tests later and earlier months."""
    program = build(tiny(8, {"jobs": [0]}, contracts=[LEASE], budgets=[{"amount": 0}]))
    later, earlier = shifts_of(program, ("budgets", "cap", "amount"))
    assert [str(one.edit(program, 2)) for one in (later, earlier)] == [
        "budgets.cap.from=2030-03",
        "budgets.cap.to=2030-06",
    ]
    assert isinstance(later, Shift)


def test_an_edit_that_makes_the_instance_invalid_is_no_repair() -> None:
    """Tests a rule whose window would have no month, and one for which there is a plan."""
    program = build(tiny(8, {"jobs": [0]}, contracts=[LEASE], budgets=[{"amount": 0}]))
    wrong = Edit("budgets", "cap", "from", "=", "soon")
    assert month_shifts._possible(program, wrong, (), 30.0, False) is False
    enough = Edit("budgets", "cap", "amount", "=", "800")
    assert month_shifts._possible(program, enough, (), 30.0, False) is True
    short = Edit("budgets", "cap", "amount", "=", "799")
    assert month_shifts._possible(program, short, (), 30.0, False) is False
    assert month_shifts._possible(program, short, [("budgets", "cap", "amount")], 30.0, False) is True

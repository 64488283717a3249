"""One more unit of everything in all months, against the program of the instance in which there is one more."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import optimizer
from optimizer.program.arrays import Arrays
from optimizer.program.compile import compile_program
from optimizer.program.unit_changes import UnitChanges
from tests.program.tiny import tiny

Tables = dict[str, Any]


def _tables(fleet: float = 10, more: float = 6, mw: float = 0.05, hourly: float = 30, jobs: float = 20) -> Tables:
    """Two sites, of which one can grow, an offer and a lease; policies and own rules that count them."""
    count = {"quantity": "capacity", "coefficient": 2}
    return {
        "demand": [{"workload": "jobs", "month": 0, "amount": jobs}],
        "workloads": [{"workload": "jobs", "critical": 0.5, "min_service": 0.25}],
        "accelerators": [{"reference": 3}],
        "sites": [{}, {"site": "barn"}],
        "power": [{"mw": mw}, {"site": "barn", "mw": 0.04}],
        "fleet": [{"count": fleet}, {"site": "barn", "count": more}],
        "purchases": [{"site": "barn", "unit_price": 9, "lot_size": 4}],
        "contracts": [{"price": 100, "term_months": 2, "max_blocks": 2}],
        "on_demand": [{"price": 9, "max_accelerators": hourly, "provider": "neo"}],
        "providers": [{}, {"provider": "neo"}],
        "policies": [
            {"rule": "survive", "subject": "provider", "limit": 0.5},
            {"policy": "site", "rule": "survive", "subject": "site", "limit": 0.8, "from": 1},
            {"policy": "part", "rule": "max_share", "subject": "site", "limit": 0.9},
        ],
        "rules": [
            {"sense": "<=", "rhs": 90, "from": 1},
            {"rule": "all", "sense": "<=", "rhs": 300, "each": "total"},
        ],
        "rule_terms": [{**count, "item": "in_house"}, {**count, "rule": "all", "item": "hall"}],
        "budgets": [{"amount": 5000}],
    }


def _compiled(**changed: float) -> tuple[Any, Arrays]:
    program = optimizer.build(tiny(2, **_tables(**changed)))
    return program, compile_program(program)


PROGRAM, BASE = _compiled()


def _moved(before: Any, after: Any) -> Any:
    """Changes of bounds, 0 where both are infinite."""
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(after - before)


@pytest.mark.parametrize(
    ("kind", "item", "edit"),
    [
        ("accelerator", "hall/gpu", {"fleet": 11}),
        ("accelerator", "barn/gpu", {"more": 7}),
        ("accelerator", "hourly", {"hourly": 31}),
        ("mw", "hall", {"mw": 1.05}),
        ("demand", "jobs", {"jobs": 21}),
    ],
)
def test_one_more_in_every_month(kind: str, item: str, edit: dict[str, float]) -> None:
    """Tests that sides and upper bounds move as they do in the program of the other instance."""
    program, other = _compiled(**edit)
    assert (program.units, other.rows, other.columns) == (PROGRAM.units, BASE.rows, BASE.columns)
    rows, uppers = np.zeros(len(BASE.rows)), np.zeros(len(BASE.columns))
    found = [one for one in UnitChanges(PROGRAM, BASE).all() if one.key[:2] == (kind, item)]
    assert [one.key[2] for one in found] == [0, 1]
    for one in found:
        rows[one.rows] += one.row_changes
        uppers[one.columns] += one.upper_changes
    low, high = (_moved(getattr(BASE, side), getattr(other, side)) for side in ("row_lower", "row_upper"))
    assert rows == pytest.approx(np.where(np.isfinite(BASE.row_upper), high, low))
    assert uppers == pytest.approx(_moved(BASE.upper, other.upper))
    assert rows.any() or uppers.any()


def test_one_more_of_money_and_of_a_rule() -> None:
    """Tests the budget, in the last month of its window, and a little of each own rule, in natural units."""
    changes = UnitChanges(PROGRAM, BASE)
    (budget,) = changes.budgets()
    assert (budget.key, budget.step) == (("budget", "cap", 1), 1.0)
    assert [BASE.rows[row] for row in budget.rows] == [("budget_limit", "cap")]
    assert budget.row_changes.tolist() == [1 / PROGRAM.units.money]
    for one in changes.rules():
        rule, t = one.key[1:]
        assert [BASE.rows[row] for row in one.rows] == [("own_rule", (rule, t))]
        assert one.row_changes.tolist() == [1e-5]
        assert one.step == pytest.approx(1e-5 * PROGRAM.parts.rule_scale[rule, t])
    assert [one.key[1:] for one in changes.rules()] == [("mine", 1), ("all", 1)]

"""The headline figures of a plan, against tables made by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from optimizer.instance.instance import Instance
from optimizer.plan.headline import headline
from optimizer.plan.tables import COLUMNS, make_table
from tests.program.tiny import month, solved, tiny

Rows = Iterable[tuple[Any, ...]]

# The lease has two months of notice, the hourly offer none.
LEASE = {"price": 100, "min_term_months": 1, "notice_months": 2}

CASH: Rows = [
    (month(0), "purchase", "buy", "in_house", 500.0, 500.0),
    (month(1), "contract", "lease", "cloud", 300.0, 290.0),
    (month(1), "termination", "let", "lab", 20.0, 19.0),
    (month(2), "shortfall", "deal", "cloud", 40.0, 38.0),
    (month(1), "lease_out", "let", "lab", -100.0, -95.0),
    (month(2), "lease_out", "let", "lab", -60.0, -55.0),
    (month(2), "unserved", "jobs", "", 70.0, 65.0),
    (month(2), "lateness", "big", "", 7.0, 6.0),
    (month(2), "not_run", "huge", "", 8.0, 7.0),
    (month(2), "violation", "mine", "", 9.0, 8.0),
    (month(3), "residual", "buy", "in_house", -200.0, -180.0),
]
CAPACITY: Rows = [
    (month(0), "hall/gpu", "in_house", "in_house", "hall", "gpu", 50.0, 0.0, 0.0, 0.0, 5.0),
    (month(0), "barn/gpu", "in_house", "in_house", "barn", "gpu", 30.0, 0.0, 0.0, 0.0, 3.0),
    (month(0), "hourly", "on_demand", "cloud", "here", "gpu", 9.0, 0.0, 0.0, 0.0, 0.0),
    (month(1), "hall/gpu", "in_house", "in_house", "hall", "gpu", 60.0, 0.0, 0.0, 0.0, 6.0),
    (month(1), "lease", "contract", "cloud", "here", "gpu", 40.0, 0.0, 0.0, 0.0, 4.0),
]
SERVICE: Rows = [(month(0), "jobs", 60.0, 60.0, 0.0), (month(1), "jobs", 140.0, 90.0, 50.0)]
DECISIONS: Rows = [
    (month(0), "sign", "lease", "cloud", 4.0, 40.0, 0.0, month(1), "", 100.0),
    (month(2), "start_run", "big", "in_house", 1.0, 5.0, 0.0, month(2), month(2), 0.0),
    (month(2), "expire", "old", "cloud", 1.0, 10.0, 0.0, "", month(1), 0.0),
    (month(3), "order_build", "wing", "in_house", 1.0, 0.0, 1.0, month(4), "", 0.0),
    (month(2), "hand_back", "lease", "cloud", 3.0, 30.0, 0.0, "", month(3), 0.0),
    (month(3), "hand_back", "lease", "cloud", 1.0, 10.0, 0.0, "", month(4), 0.0),
]


def figures(bound: float | None = 500.0, **tables: Rows) -> dict[str, Any]:
    """Headline of an instance whose lease has two months of notice, with the tables given."""
    instance: Instance = tiny(6, {"jobs": [1]}, contracts=[LEASE])
    return headline({name: make_table(name, tables.get(name, ())) for name in COLUMNS}, instance, bound)


def test_cost_bound_and_gap_in_money() -> None:
    """Tests that the cost is the sum of the present values, and the gap what it is above the bound."""
    # 500 + 290 + 19 + 38 - 95 - 55 + 65 + 6 + 7 + 8 - 180
    found = figures(cash=CASH)
    assert (found["net_present_cost"], found["bound"], found["gap_money"]) == (603.0, 500.0, 103.0)


def test_nothing_proven_has_no_gap() -> None:
    """Tests that bound and gap are null together."""
    found = figures(None, cash=CASH)
    assert found["bound"] is None
    assert found["gap_money"] is None


def test_cash_out_counts_neither_penalties_nor_residual_values_nor_revenue() -> None:
    """Tests what is paid, what is earned and what is only a penalty, in nominal money."""
    found = figures(cash=CASH)
    # 500 + 300 + 20 + 40; 100 + 60.
    assert (found["cash_out"], found["lease_out_revenue"], found["unserved_penalty"]) == (860.0, 160.0, 70.0)


def test_unserved_work_is_a_share_of_what_is_wanted() -> None:
    """Tests that 50 of 200 is a quarter, and that there is no share of nothing."""
    assert figures(service=SERVICE)["unserved_share"] == 0.25
    assert figures()["unserved_share"] is None


def test_peaks_in_all_and_by_source() -> None:
    """Tests that each peak is that of the sum over pools in its own month."""
    found = figures(capacity=CAPACITY)
    # Month 0: 80 own and 9 by the hour; month 1: 60 own and 40 leased, 100 in all.
    assert found["peak_accelerators"] == {"total": 100.0, "in_house": 80.0, "contract": 40.0, "on_demand": 9.0}
    assert found["peak_mw"] == {"total": 10.0, "in_house": 8.0, "contract": 4.0, "on_demand": 0.0}


def test_decisions_are_due_when_notice_is() -> None:
    """Tests that what expires is no decision, and that a hand-back is decided with its notice."""
    found = figures(decisions=DECISIONS)
    # Made in months 0, 2, 3, and the notices in 2 and 3; the expiry does not count.
    assert (found["decisions"], found["decisions_due_soon"]) == (5, 3)


def test_a_plan_without_a_row_has_a_headline() -> None:
    """Tests that an empty plan has figures, all of them zero or null, that JSON can hold."""
    found = figures(0.0)
    nothing = {"total": 0.0, "in_house": 0.0, "contract": 0.0, "on_demand": 0.0}
    assert found["peak_accelerators"] == found["peak_mw"] == nothing
    assert found["net_present_cost"] == found["gap_money"] == found["lease_out_revenue"] == 0.0
    assert "-0.0" not in json.dumps(found, allow_nan=False)


def test_a_solved_plan_carries_its_headline() -> None:
    """Tests that plan.json tells the figures of the plan it heads."""
    # 10 wanted in each of 3 months at 100 a block of 10; 5 more wanted in month 1, at a penalty of 1 each.
    jobs = [{"workload": "jobs", "penalty": 1}, {"workload": "vital", "penalty": 1e6}]
    demand = [
        {"workload": "vital", "month": 0, "amount": 10},
        {"workload": "jobs", "month": 1, "amount": 5},
        {"workload": "jobs", "month": 2, "amount": 0},
    ]
    contracts = [{"price": 100, "term_months": 3, "max_blocks": 9}]
    plan = solved(tiny(3, demand, contracts=contracts, workloads=jobs))
    found = plan.head["headline"]
    assert found["net_present_cost"] == plan.objective == pytest.approx(305.0)
    assert found["bound"] == plan.bound
    assert found["cash_out"] == pytest.approx(300.0)
    assert found["unserved_penalty"] == pytest.approx(5.0)
    assert found["unserved_share"] == pytest.approx(5 / 35)
    assert found["peak_accelerators"]["contract"] == 10
    assert (found["decisions"], found["decisions_due_soon"]) == (1, 1)


def test_what_is_owed_at_the_start_at_most_and_after_the_plan() -> None:
    """Tests the sum of the first month, the first month with the highest sum, and the last month's part after it."""
    # 30 + 20 in the first month, 60 in the third and fourth; in the last (the sixth) 5 + 1 of 10 + 1 fall due after it.
    rows: Rows = [
        *((month(0), "lease", "cloud", 30.0, 9.0), (month(0), "wing", "in_house", 20.0, 0.0)),
        *((month(2), "lease", "cloud", 60.0, 9.0), (month(3), "lease", "cloud", 60.0, 9.0)),
        *((month(5), "lease", "cloud", 10.0, 5.0), (month(5), "wing", "in_house", 1.0, 1.0)),
    ]
    found = figures(obligations=rows)
    keys = ("owed_at_start", "owed_peak", "owed_peak_month", "owed_after_horizon")
    assert [found[key] for key in keys] == [50.0, 60.0, month(2), 6.0]
    assert [figures()[key] for key in keys] == [0.0, 0.0, None, 0.0]

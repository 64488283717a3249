"""What one more is worth: marginal with decisions held, of the relaxation, and the true change by a step."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import optimizer
from optimizer.analysis.marginal_values import values_table
from optimizer.analysis.steps import steps_table, usual_steps
from optimizer.plan.plan import Plan
from tests.program.tiny import solved, tiny

# Ten own accelerators, five by the hour at 1 x 100 hours = 100, and a penalty of 1000: of 30 wanted, 15 stay unserved.
SHORT = {"fleet": [{"count": 10}], "on_demand": [{"price": 1, "max_accelerators": 5}]}


def best(months: int, demand: dict[str, list[float]], **given: Any) -> Plan:
    """The optimal plan of a tiny instance."""
    return solved(tiny(months, demand, **given))


def worth(table: pd.DataFrame, kind: str, item: str, column: str = "held") -> float:
    """Value of an item in the first month, 0 where it has no row."""
    rows = table[(table["kind"] == kind) & (table["item"] == item) & (table["month"] == "2030-01")]
    return float(rows[column].sum())


def test_one_more_accelerator_saves_the_penalty() -> None:
    """Tests that an own accelerator is worth the penalty, one by the hour the penalty less its price."""
    table = values_table(best(1, {"jobs": [30]}, **SHORT))
    assert worth(table, "accelerator", "hall/gpu") == pytest.approx(1000)
    assert worth(table, "accelerator", "hourly") == pytest.approx(900)
    assert worth(table, "demand", "jobs") == pytest.approx(1000)
    assert worth(table, "mw", "hall") == 0


def test_one_more_mw_runs_a_thousand_accelerators() -> None:
    """Tests that where power binds, a MW runs a thousand accelerators of 1 kW, and an accelerator is worth nothing."""
    table = values_table(best(1, {"jobs": [3000]}, fleet=[{"count": 2500}], power=[{"mw": 1.2}]))
    assert worth(table, "mw", "hall") == pytest.approx(1_000_000)
    assert worth(table, "mw", "hall", "held_fewer") == pytest.approx(1_000_000)
    assert worth(table, "accelerator", "hall/gpu") == 0


def test_a_mw_beyond_what_is_there_to_run_is_worth_no_more() -> None:
    """Tests that one more MW is worth what it runs, not the value of its first accelerator times a thousand."""
    # 5 of 10 accelerators have power. One MW more runs the other 5: 5 x 1000. There is no MW that could be taken away.
    table = values_table(best(1, {"jobs": [30]}, fleet=[{"count": 10}], power=[{"mw": 0.005}]))
    assert worth(table, "mw", "hall") == pytest.approx(5000)
    assert table["held_fewer"][table["kind"] == "mw"].isna().all()


def test_the_two_sides_of_a_degenerate_optimum() -> None:
    """Tests that where just enough is there, one more saves nothing and one fewer costs the penalty."""
    # Ten wanted, ten own: any dual from 0 to 1000 is optimal. One more wanted costs 1000, one fewer saves nothing.
    table = values_table(best(1, {"jobs": [10]}, fleet=[{"count": 10}]))
    assert worth(table, "accelerator", "hall/gpu") == 0
    assert worth(table, "accelerator", "hall/gpu", "held_fewer") == pytest.approx(1000)
    assert worth(table, "demand", "jobs") == pytest.approx(1000)
    assert worth(table, "demand", "jobs", "held_fewer") == 0


def test_an_offer_that_is_not_signed_is_worth_what_it_replaces() -> None:
    """Tests a lease of which nothing is in force: one more accelerator saves the dearest work, and none can go."""
    # A block of ten at 9000 for 5 wanted at 1000 is not signed; one accelerator for nothing saves one penalty. The row
    # of the lease is 0 <= 0, so that any dual from 1000 on is optimal.
    table = values_table(best(1, {"jobs": [5]}, contracts=[{"price": 9000, "term_months": 1}]))
    assert worth(table, "accelerator", "lease") == pytest.approx(1000)
    assert table["held_fewer"][table["kind"] == "accelerator"].isna().all()


def test_divisible_decisions_are_fixed_too() -> None:
    """Tests that blocks that can be divided are a decision all the same: they do not follow one more unit of demand."""
    # Divisible blocks of 10 at 3000: 300 an accelerator, 1.5 blocks for 15. At these one more wanted costs the penalty.
    lease = {"price": 3000, "term_months": 1, "integer": False, "max_blocks": 5}
    table = values_table(best(1, {"jobs": [15]}, contracts=[lease]))
    assert worth(table, "demand", "jobs") == pytest.approx(1000)
    assert worth(table, "demand", "jobs", "relaxed") == pytest.approx(300)


def test_one_more_counts_in_every_rule() -> None:
    """Tests that an own accelerator more counts for what is left after a loss, and one more wanted for what must be."""
    # 10 own for 10 wanted, all critical, of which 10 must survive the loss of the cloud: one more wanted has no plan.
    care = {"rule": "survive", "subject": "provider", "member": "cloud", "limit": 1}
    works = [{"workload": "jobs", "critical": 1}]
    plan = best(1, {"jobs": [10]}, fleet=[{"count": 10}], policies=[care], workloads=works)
    table = values_table(plan)
    assert table[table["kind"] == "demand"]["held"].isna().all()
    assert table[table["kind"] == "accelerator"]["held_fewer"].isna().all()


def test_one_more_unit_of_budget_buys_what_saves_the_penalty() -> None:
    """Tests that a budget of 300 buys three of five accelerators by the hour: a unit more saves (1000 - 100) / 100."""
    table = values_table(best(1, {"jobs": [30]}, **SHORT, budgets=[{"amount": 300, "covers": "opex"}]))
    assert worth(table, "budget", "cap") == pytest.approx(9)


@pytest.mark.parametrize("size", [1, 1e3, 1e7])
def test_money_of_any_size_is_worth_the_same(size: float) -> None:
    """Tests that a unit of a budget in billions, which rounding would lose, has the worth of one in hundreds."""
    hourly = [{"price": size, "max_accelerators": 5}]  # 100 times that a month; three of the five are paid for
    workloads = [{"workload": "jobs", "penalty": 1000 * size}]
    budgets = [{"amount": 300 * size, "covers": "opex"}]
    table = values_table(
        best(1, {"jobs": [30]}, fleet=[{"count": 10}], on_demand=hourly, workloads=workloads, budgets=budgets)
    )
    assert worth(table, "budget", "cap") == pytest.approx(9)
    assert worth(table, "budget", "cap", "held_fewer") == pytest.approx(9)
    assert worth(table, "budget", "cap", "relaxed") == pytest.approx(9)


def test_held_and_relaxed_are_two_figures() -> None:
    """Tests that idle capacity of a whole block is worth nothing, where the relaxation pays for each accelerator."""
    # A block of 10 at 3000 for 4 wanted at 1000 each: the block is taken and 6 stand idle; relaxed, 0.4 blocks cost
    # 300 for each accelerator, which is what one unit of demand more would cost.
    table = values_table(best(1, {"jobs": [4]}, contracts=[{"price": 3000, "term_months": 1}]))
    assert worth(table, "demand", "jobs") == 0
    assert worth(table, "demand", "jobs", "relaxed") == pytest.approx(300)


def test_min_service_loosens_with_demand() -> None:
    """Tests that of one unit more demand a share may stay unserved where the least service binds."""
    # Penalty 10, hourly 100: as little is served as may be, a half. One unit more costs 0.5 x 100 + 0.5 x 10.
    short = {"on_demand": [{"price": 1, "max_accelerators": 50}]}
    plan = best(1, {"jobs": [10]}, **short, workloads=[{"workload": "jobs", "penalty": 10, "min_service": 0.5}])
    assert worth(values_table(plan), "demand", "jobs") == pytest.approx(55)


def test_steps_are_solved_again() -> None:
    """Tests that a step tells the true change, proven from both sides."""
    plan = best(1, {"jobs": [30]}, **SHORT)
    ask = optimizer.WhatIf(plan, gap=1e-9)
    # Power is ample: a MW saves nothing. A tenth more demand is 3 more unserved. Ten own ones more save ten penalties.
    table = steps_table(ask, plan, [*usual_steps(plan), "fleet.hall.count+=10"])
    assert table["saves"].tolist() == pytest.approx([0, -3000, 10_000])
    assert table["at_least"].tolist() == pytest.approx([0, -3000, 10_000], abs=0.1)
    assert table["at_most"].tolist() == pytest.approx([0, -3000, 10_000], abs=0.1)


def test_a_step_without_a_plan_has_no_figures() -> None:
    """Tests that a step to more than can be served is told without figures."""
    made = tiny(1, {"jobs": [10]}, fleet=[{"count": 10}], workloads=[{"workload": "jobs", "min_service": 1}])
    plan = optimizer.solve(made)
    table = steps_table(optimizer.WhatIf(plan), plan, ["demand.jobs.amount*=2"])
    assert table["saves"].isna().all()

"""Builds and the power of sites: hand-worked optima.

A site with idle accelerators of 1 kW each; MW are what is missing.
"""

from __future__ import annotations

from typing import Any

import pytest

import optimizer
from tests.program.tiny import by_month, decided, month, paid, solved, tiny

FLEET = [{"count": 10_000}]
DARK = [{"mw": 0}]
DEAR = [{"workload": "jobs", "penalty": 1}]  # per accelerator and month: 1000 for a MW and month


@pytest.mark.parametrize(
    ("payment", "payments"),
    [("spread", {0: 40, 1: 40, 2: 40}), ("order", {0: 120}), ("delivery", {3: 120})],
)
def test_a_build_is_paid_by_its_plan(payment: str, payments: dict[int, float]) -> None:
    """Tests that a build gives power a lead after its order, and is paid at order, at delivery or in between."""
    # 1000 accelerators at a PUE of 1.2 need 1.2 MW from month 3 on: ordered in month 0 for 1.2 x 100 = 120.
    wing = {"mw_per_block": 1.2, "lead_months": 3, "capex_per_mw": 100, "payment": payment}
    plan = solved(tiny(5, {"jobs": [0, 0, 0, 1000]}, fleet=FLEET, power=DARK, builds=[wing], sites=[{"pue": 1.2}]))
    assert paid(plan, "build") == payments
    assert plan.objective == pytest.approx(120)
    assert decided(plan) == [(0, "order_build", "wing", 1)]
    assert by_month(plan, "power", "mw_available") == {3: 1.2, 4: 1.2}


def test_capex_is_discounted_from_when_it_is_paid() -> None:
    """Tests that a later payment weighs less."""
    # A rate of 100 % halves money every 12 months. Lead of 24 months, wanted from month 24 on: at delivery 25, at
    # order 100, spread over 24 months: 100/24 x sum of 2^(-t/12) = 100/24 x (1 - 1/4) / (1 - 2^(-1/12)).
    spread = 100 / 24 * 0.75 / (1 - 2 ** (-1 / 12))
    for payment, cost in (("delivery", 25), ("order", 100), ("spread", spread)):
        wing = {"lead_months": 24, "capex_per_mw": 100, "payment": payment}
        plan = solved(
            tiny(25, {"jobs": [0] * 24 + [1000]}, fleet=FLEET, power=DARK, builds=[wing], head={"discount_rate": 1})
        )
        assert plan.objective == pytest.approx(cost)


@pytest.mark.parametrize(("life", "kept", "value"), [(12, 1, 90), (12, 0.5, 45), (3, 1, 0), (2, 1, 0)])
def test_the_residual_value_of_a_build(life: int, kept: float, value: float) -> None:
    """Tests that the residual value falls in a straight line from delivery and never below zero."""
    # Ordered in month 0, energised in month 1, 3 months old at the end of 4: 120 x kept x (1 - 3 / life).
    wing = {"mw_per_block": 1, "lead_months": 1, "capex_per_mw": 120, "life_months": life, "residual_fraction": kept}
    plan = solved(tiny(4, {"jobs": [0, 1000]}, fleet=FLEET, power=DARK, builds=[wing]))
    assert paid(plan, "residual") == ({4: -value} if value else {})
    assert plan.objective == pytest.approx(120 - value)


def test_the_residual_value_is_discounted_from_the_end() -> None:
    """Tests that the residual value is discounted by the month after the last."""
    # Ordered in month 0 for 100, 12 of 24 months old after 12 months at a rate of 100 %: 100 - 50 / 2.
    wing = {"capex_per_mw": 100, "life_months": 24, "residual_fraction": 1}
    plan = solved(tiny(12, {"jobs": [1000]}, fleet=FLEET, power=DARK, builds=[wing], head={"discount_rate": 1}))
    assert plan.objective == pytest.approx(75)


def test_the_residual_value_counts_what_was_paid() -> None:
    """Tests that a build still under way at the end keeps a share of its instalments, none of its age."""
    # Forced: ordered in month 2 of 4, 6 instalments of 20, of which two fall into the plan; half of 40 is kept.
    wing = {"lead_months": 6, "capex_per_mw": 120, "residual_fraction": 0.5}
    program = optimizer.build(tiny(4, {"jobs": [0]}, fleet=FLEET, power=DARK, builds=[wing]))
    program.model.ordered["wing", 2].fix(1)
    plan = optimizer.solve(program, gap=0)
    assert (paid(plan, "build"), paid(plan, "residual")) == ({2: 20, 3: 20}, {4: -20})
    assert plan.objective == pytest.approx(20)


@pytest.mark.parametrize(
    ("payment", "rule", "months"),
    [("delivery", None, [0, 1]), ("order", None, [0, 1, 2, 3]), ("delivery", "wing", [0, 1, 2, 3])],
)
def test_orders_that_do_nothing_are_left_out(payment: str, rule: str | None, months: list[int]) -> None:
    """Tests that a build that comes after the plan and is paid then cannot be ordered, unless a rule counts it."""
    wing = {"lead_months": 2, "capex_per_mw": 100, "payment": payment}
    counts = {"rules": [{"sense": "<=", "rhs": 5}], "rule_terms": [{"quantity": "started", "item": rule}]}
    given = counts if rule else {}
    program = optimizer.build(tiny(4, {"jobs": [0]}, fleet=FLEET, power=DARK, builds=[wing], **given))
    assert [key[1] for key in program.model.ordered] == months


@pytest.mark.parametrize(("after", "cost", "orders"), [(None, 30, {"east": 3}), ("west", 120, {"west": 1, "east": 2})])
def test_a_build_stays_behind_the_one_it_follows(after: str | None, cost: float, orders: dict[str, float]) -> None:
    """Tests that the share ordered of a build is never more than that of the one it comes after."""
    # 3 MW are wanted. East alone: 3 x 10. Behind west, of 2 blocks at 100: one of them (half) allows two of east's
    # four: 120; the other two of west's make 210.
    west = {"build": "west", "max_blocks": 2, "capex_per_mw": 100}
    east = {"build": "east", "max_blocks": 4, "capex_per_mw": 10, "after": after}
    plan = solved(tiny(2, {"jobs": [3000]}, fleet=FLEET, power=DARK, builds=[west, east]))
    assert plan.objective == pytest.approx(cost)
    assert dict(zip(plan.decisions["item"], plan.decisions["blocks"], strict=True)) == orders


def test_a_build_waits_until_the_one_it_follows_is_ordered() -> None:
    """Tests that `after` holds by the end of every month, not only at the end."""
    # 2 MW more than there are would be wanted. West can be ordered from month 2 on, and so can east: 2 x 2000 unserved,
    # then 100 + 10.
    west = {"build": "west", "capex_per_mw": 100, "earliest": 2}
    east = {"build": "east", "capex_per_mw": 10, "after": "west"}
    plan = solved(tiny(4, {"jobs": [3000]}, fleet=FLEET, power=[{"mw": 1}], builds=[west, east], workloads=DEAR))
    assert plan.objective == pytest.approx(2 * 2000 + 110)
    assert [row[0] for row in decided(plan)] == [2, 2]


def test_fixed_cost_runs_from_energising() -> None:
    """Tests that the fixed cost of a build is due per MW in each month with power."""
    # Two MW from month 1 on, at 10 a MW and month: 3 x 20; the capex is 2 x 5.
    wing = {"mw_per_block": 2, "lead_months": 1, "capex_per_mw": 5, "fixed_cost_per_mw_month": 10}
    plan = solved(tiny(4, {"jobs": [0, 2000]}, fleet=FLEET, power=DARK, builds=[wing]))
    assert paid(plan, "fixed") == {1: 20, 2: 20, 3: 20}
    assert plan.objective == pytest.approx(70)


@pytest.mark.parametrize(("whole", "most", "cost"), [(True, 3, 200), (False, 3, 150), (False, 1.2, 120 + 300)])
def test_blocks_of_a_build_are_whole_or_not_and_limited(whole: bool, most: float, cost: float) -> None:
    """Tests that a build comes in whole blocks unless they can be broken, up to `max_blocks` over the horizon."""
    # 1.5 MW are wanted, a block of 1 MW costs 100: 2 blocks, or 1.5, or 1.2 with 300 accelerators unserved at 1.
    wing = {"capex_per_mw": 100, "max_blocks": most, "integer": whole}
    plan = solved(tiny(1, {"jobs": [1500]}, fleet=FLEET, power=DARK, builds=[wing], workloads=DEAR))
    assert plan.objective == pytest.approx(cost)


@pytest.mark.parametrize(("earliest", "latest", "ordered"), [(0, 5, 2), (3, 5, 3), (0, 1, 1)])
def test_builds_are_ordered_within_their_window(earliest: int, latest: int, ordered: int) -> None:
    """Tests that nothing is ordered before `earliest` or after `latest`."""
    # Wanted from month 3 on, a lead of one month: the fixed cost of 1 a month makes month 2 the best to order.
    wing = {"lead_months": 1, "capex_per_mw": 100, "fixed_cost_per_mw_month": 1}
    wing |= {"earliest": earliest, "latest": latest}
    plan = solved(tiny(6, {"jobs": [0, 0, 0, 1000]}, fleet=FLEET, power=DARK, builds=[wing]))
    assert decided(plan) == [(ordered, "order_build", "wing", 1)]
    assert plan.decisions["starts"].tolist() == [month(ordered + 1)]


def test_idle_accelerators_draw_nothing() -> None:
    """Tests that power limits what runs, and that only what runs draws power and pays for energy."""
    # 1000 accelerators of 1 kW at a PUE of 1.25 would draw 1.25 MW; there is 1 MW: 800 run, 200 idle.
    # Energy: 1 MW x 100 hours x 2; unserved: 200 x 1.
    plan = solved(
        tiny(
            1,
            {"jobs": [1000]},
            fleet=[{"count": 1000}],
            sites=[{"pue": 1.25}],
            power=[{"mw": 1, "price_per_mwh": 2}],
            workloads=DEAR,
        )
    )
    assert (paid(plan, "energy"), paid(plan, "unserved")) == ({0: 200}, {0: 200})
    assert (by_month(plan, "capacity", "used"), by_month(plan, "capacity", "idle")) == ({0: 800}, {0: 200})
    assert by_month(plan, "power", "mw_used") == {0: 1}


def test_scarce_power_goes_to_what_does_most_with_it() -> None:
    """Tests that kinds at a site compete for its power."""
    # 1 MW. Old ones do 1 at 1 kW, new ones 3 at 2 kW: 500 new ones do 1500 of the 2000 wanted.
    kinds: list[dict[str, Any]] = [{"accelerator": "old", "kw": 1}, {"accelerator": "new", "kw": 2}]
    plan = solved(
        tiny(
            1,
            {"jobs": [2000]},
            accelerators=kinds,
            throughput=[{"accelerator": "old", "factor": 1}, {"accelerator": "new", "factor": 3}],
            fleet=[{"accelerator": "old", "count": 1000}, {"accelerator": "new", "count": 1000}],
            power=[{"mw": 1}],
            workloads=DEAR,
        )
    )
    assert by_month(plan, "allocation", "accelerators", pool="hall/new") == {0: 500}
    assert plan.objective == pytest.approx(500)


def test_power_and_fleet_change_over_time() -> None:
    """Tests that power holds from its row on, also from before the plan, and that fleet is gone from `until` on."""
    # MW: 1 since before the plan, 2 from month 1 on. Fleet: 1500, of which 900 leave in month 2.
    # Served of 1500: 1000, 1500, 600.
    plan = solved(
        tiny(
            3,
            {"jobs": [1500]},
            fleet=[{"count": 900, "until": 2}, {"count": 600}],
            power=[{"month": -7, "mw": 1}, {"month": 1, "mw": 2}],
        )
    )
    assert by_month(plan, "service", "served") == {0: 1000, 1: 1500, 2: 600}

"""Decisions made before the plan: hand-worked optima, and plans that are rolled forward."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import optimizer
from tests.program.tiny import by_month, decided, frames, paid, solved, tiny
from tests.rolls import remaining


def test_a_build_under_way_is_paid_on_and_delivers() -> None:
    """Tests instalments still due, power, fixed cost, residual value and the limit of a build ordered before."""
    # Three instalments of 100, the first in month -1; energised in month 2; of a life of 10 it is 4 months old at the
    # end of 6, so that 300 x 6/10 = 180 are left: what was paid before the plan counts. Its agreed price is 300 a MW.
    # Twenty of forty accelerators have power until then: 2 x 20 x 1000 are not served. It is the only block.
    wing = {"lead_months": 3, "capex_per_mw": 999, "life_months": 10, "residual_fraction": 1, "max_blocks": 1}
    ordered = {"month": -1, "decision": "order_build", "item": "wing", "price": 300}
    plan = solved(
        tiny(
            6,
            {"jobs": [40]},
            power=[{"mw": 0.02}],
            fleet=[{"count": 40}],
            builds=[wing | {"fixed_cost_per_mw_month": 7}],
            decided=[ordered],
        )
    )
    assert plan.objective == pytest.approx(200 + 4 * 7 - 180 + 40_000)
    assert paid(plan, "build") == {0: 100, 1: 100}
    assert paid(plan, "fixed") == dict.fromkeys(range(2, 6), 7)
    assert paid(plan, "residual") == {6: -180}
    assert by_month(plan, "obligations", "owed") == {0: 200, 1: 100}
    assert by_month(plan, "power", "mw_available") == {0: 0.02, 1: 0.02, **dict.fromkeys(range(2, 6), 1.02)}
    assert decided(plan) == []


def test_lots_on_order_arrive_and_wear_out() -> None:
    """Tests deposit and rest, life, maintenance, residual value and limits of lots bought before the plan."""
    # Ordered at 80 in month -1 when the table says 100: the deposit of 0.25 is sunk, 3 x 800 x 0.75 = 1800 are due in
    # month 1. They run in months 1 to 4; in month 5 another lot at 100 takes over: it may be ordered in month 3 at the
    # latest, 250 then and 750 in month 5. It is 1 of 4 months old at the end: 1000 x 3/4 = 750 are left. One lot is
    # all that max_total leaves, so 20 are missing in month 5, and all 30 in month 0.
    buy = {"unit_price": 100, "lot_size": 10, "lead_months": 2, "deposit_fraction": 0.25, "life_months": 4}
    plan = solved(
        tiny(
            6,
            {"jobs": [30]},
            purchases=[buy | {"maintenance_per_month": 1, "residual_fraction": 1, "max_total": 40}],
            decided=[{"month": -1, "decision": "buy", "item": "buy", "blocks": 3, "price": 80}],
        )
    )
    assert paid(plan, "purchase") == {1: 1800, 3: 250, 5: 750}
    assert paid(plan, "maintenance") == {1: 30, 2: 30, 3: 30, 4: 30, 5: 10}
    assert by_month(plan, "obligations", "owed") == {0: 1800, 1: 1800, 3: 1000, 4: 750, 5: 750}
    assert paid(plan, "residual") == {6: -750}
    assert plan.objective == pytest.approx(2800 + 130 - 750 + 50_000)
    assert decided(plan) == [(3, "buy", "buy", 1)]


def test_a_price_of_its_month_and_a_lot_that_was_paid() -> None:
    """Tests that without an agreed price that of the month counts, and that what was paid keeps its residual value."""
    # Two lots of 10 at 50, the price until month -2, bought and paid in month -3: 1000. At the end of 3 months they are
    # 6 of 60 months old: 900 are left.
    plan = solved(
        tiny(
            3,
            {"jobs": [20]},
            purchases=[{"unit_price": 100, "lot_size": 10, "residual_fraction": 1}],
            prices=[{"item": "buy", "month": -9, "price": 50}, {"item": "buy", "month": -2, "price": 70}],
            decided=[{"month": -3, "decision": "buy", "item": "buy", "blocks": 2}],
        )
    )
    assert plan.objective == pytest.approx(-900)
    assert paid(plan, "purchase") == {}


def test_a_build_follows_one_that_was_ordered_before() -> None:
    """Tests that the share ordered before counts in `after`."""
    # One of two halls was ordered before, so one of two annexes, half of them, may follow: 10 more accelerators run.
    halls = [
        {"build": "hall-2", "mw_per_block": 0.01, "max_blocks": 2, "capex_per_mw": 1e9},
        {"build": "annex", "mw_per_block": 0.01, "max_blocks": 2, "capex_per_mw": 100, "after": "hall-2"},
    ]
    plan = solved(
        tiny(
            1,
            {"jobs": [40]},
            power=[{"mw": 0}],
            fleet=[{"count": 40}],
            builds=halls,
            decided=[{"month": -1, "decision": "order_build", "item": "hall-2"}],
        )
    )
    assert decided(plan) == [(0, "order_build", "annex", 1)]
    assert plan.objective == pytest.approx(1 + 20 * 1000)


def _site(seed: int, integer: bool) -> dict[str, Any]:
    """Frames of a site with builds and purchases, drawn at random."""
    rng = np.random.default_rng(seed)
    builds = [
        {
            "build": name,
            "mw_per_block": 0.01,
            "max_blocks": 4,
            "lead_months": int(rng.integers(0, 4)),
            "capex_per_mw": float(rng.integers(1, 9) * 1e4),
            "payment": ("order", "delivery", "spread")[int(rng.integers(3))],
            "fixed_cost_per_mw_month": float(rng.integers(0, 300)),
            "life_months": int(rng.integers(3, 30)),
            "residual_fraction": float(rng.random()),
            "after": "first" if name == "second" else "",
            "integer": integer,
        }
        for name in ("first", "second")
    ]
    buy = {
        "unit_price": float(rng.integers(20, 90)),
        "lot_size": int(rng.integers(3, 9)),
        "lead_months": int(rng.integers(0, 4)),
        "deposit_fraction": float(rng.random()),
        "life_months": int(rng.integers(2, 9)),
        "residual_fraction": float(rng.random()),
        "maintenance_per_month": 3,
        "integer": integer,
        "max_total": int(rng.integers(40, 90)),
    }
    wanted = [int(amount) for amount in rng.integers(10, 70, 9)]
    return frames(
        9,
        {"jobs": wanted},
        head={"discount_rate": 0.2},
        power=[{"mw": 0.02, "price_per_mwh": 9}],
        fleet=[{"count": 15}],
        builds=builds,
        purchases=[buy],
        prices=[{"item": "buy", "month": 3, "price": float(rng.integers(20, 90))}],
        workloads=[{"workload": "jobs", "penalty": 120}],
    )


@pytest.mark.parametrize("integer", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_rolling_forward_gains_and_loses_nothing(seed: int, integer: bool) -> None:
    """Tests that what is left of a plan is the optimum of the instance months later, its decisions being made."""
    given = _site(seed, integer)
    plan = solved(optimizer.read(given))
    for months in (1, 4, 7):
        later = solved(optimizer.roll(plan, months).instance)
        assert later.objective == pytest.approx(remaining(plan, months), rel=1e-6, abs=1e-6)

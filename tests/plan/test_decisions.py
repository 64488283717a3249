"""The decisions table: every kind of decision, column by column."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.plan.plan import Plan
from tests.program.tiny import month, solved, tiny

NOTHING = {"jobs": [0]}
COLUMNS = ["month", "decision", "item", "party", "blocks", "accelerators", "mw", "starts", "ends", "committed_cost"]


def _rows(plan: Plan) -> list[tuple[Any, ...]]:
    assert plan.decisions.columns.tolist() == COLUMNS
    return list(plan.decisions.itertuples(index=False, name=None))


def test_an_order_of_a_build() -> None:
    """Tests that an order tells its MW, when they are energised, and its capex."""
    # Two blocks of 1.5 MW at 100 a MW, energised 2 months after the order.
    wing = {"mw_per_block": 1.5, "max_blocks": 2, "lead_months": 2, "capex_per_mw": 100, "payment": "delivery"}
    plan = solved(tiny(4, {"jobs": [0, 0, 3000]}, fleet=[{"count": 3000}], power=[{"mw": 0}], builds=[wing]))
    assert _rows(plan) == [(month(0), "order_build", "wing", "in_house", 2, 0, 3, month(2), "", 300)]


def test_a_purchase() -> None:
    """Tests that a purchase tells its accelerators, first and last month, and its price, at the order's."""
    # Two lots of 10 at 60, the price from month 1 on, lead of a month, life of 6: months 2 to 7.
    buy = {
        "unit_price": 100,
        "lot_size": 10,
        "lead_months": 1,
        "life_months": 6,
        "earliest": 1,
        "deposit_fraction": 0.5,
    }
    plan = solved(tiny(3, {"jobs": [0, 0, 20]}, purchases=[buy], prices=[{"item": "buy", "month": 1, "price": 60}]))
    assert _rows(plan) == [(month(1), "buy", "buy", "in_house", 2, 20, 0, month(2), month(7), 1200)]


def test_a_fixed_term() -> None:
    """Tests that a signature binds to upfront and price over the term, its ramp applied, also past the plan."""
    # Two blocks from month 1 on for 6 months at 100, of which the first two cost half; upfront 30; lead of a month.
    lease = {"price": 100, "term_months": 6, "max_blocks": 2, "lead_months": 1, "upfront_per_block": 30}
    ramp = [
        {"month_of_term": age, "capacity_fraction": 1, "price_fraction": share} for age, share in ((0, 0.5), (2, 1))
    ]
    plan = solved(tiny(3, {"jobs": [0, 20]}, contracts=[lease | {"mw_per_block": 0.2}], ramps=ramp))
    bound = 2 * (30 + 2 * 50 + 4 * 100)
    assert _rows(plan) == [(month(0), "sign", "lease", "cloud", 2, 20, 0.4, month(1), month(6), bound)]


def test_a_terminable_lease_and_its_end() -> None:
    """Tests that a terminable one binds to its minimum term at each month's price, and its end to the fee."""
    # From month 0, minimum of 3 months at 100, 100 and 80; out in month 4, decided a month before, for 1.5 x 80.
    lease = {"price": 100, "min_term_months": 3, "termination_fee_months": 1.5}
    prices = [{"item": "lease", "month": 2, "price": 80}]
    plan = solved(tiny(9, {"jobs": [10, 10, 10, 10, 0]}, contracts=[lease], prices=prices))
    assert _rows(plan) == [
        (month(0), "sign", "lease", "cloud", 1, 10, 0, month(0), "", 280),
        (month(3), "hand_back", "lease", "cloud", 1, 10, 0, "", month(3), 120),
    ]


def test_ends_without_a_decision() -> None:
    """Tests that what runs out is told, whether its start was a decision or agreed, and not if it runs on."""
    fixed = {"contract": "fixed", "committed_blocks": 2, "earliest": -1, "term_months": 3, "price": 1}
    by_date = {
        "contract": "dated",
        "committed_blocks": 3,
        "earliest": 0,
        "min_term_months": 3,
        "price": 1,
        "ends_by": 2,
    }
    over = {"contract": "over", "committed_blocks": 1, "earliest": -3, "term_months": 3, "price": 1}
    on = {"contract": "on", "committed_blocks": 1, "earliest": 0, "term_months": 4, "price": 1}
    plan = solved(tiny(4, {"jobs": [30]}, contracts=[fixed, by_date, over, on]))
    assert _rows(plan) == [
        (month(0), "expire", "over", "cloud", 1, 10, 0, "", month(-1), 0),
        (month(2), "expire", "fixed", "cloud", 2, 20, 0, "", month(1), 0),
        (month(3), "expire", "dated", "cloud", 3, 30, 0, "", month(2), 0),
    ]


def test_outlets() -> None:
    """Tests that leasing out binds the tenant (negative), and taking back costs its fee."""
    # Let from month 0, minimum of 2 months at 100, upfront 10; wanted by own work in month 3: taken back for 50.
    let = {"accelerators_per_block": 10, "price": 100, "min_term_months": 2, "termination_fee_months": 0.5}
    plan = solved(
        tiny(4, {"jobs": [0, 0, 0, 10]}, fleet=[{"count": 10}], outlets=[let | {"upfront_per_block": 10}]),
    )
    assert _rows(plan) == [
        (month(0), "lease_out", "let", "lab", 1, 10, 0, month(0), "", -210),
        (month(2), "take_back", "let", "lab", 1, 10, 0, "", month(2), 50),
    ]


def test_powered_space() -> None:
    """Tests that an outlet of MW tells its MW."""
    space = {"outlet": "space", "sells": "mw", "site": "hall", "accelerator": "", "mw_per_block": 1.5, "price": 10}
    plan = solved(tiny(2, NOTHING, power=[{"mw": 4}], outlets=[space | {"term_months": 2, "max_blocks": 9}]))
    assert _rows(plan) == [(month(0), "lease_out", "space", "lab", 2, 0, 3, month(0), month(1), -40)]


def test_a_spend_commitment() -> None:
    """Tests that a commitment tells the whole amount and its end beyond the plan."""
    # Two years at 120 from month 1 on.
    deal = {"annual_amount": 120, "years": 2, "earliest": 1, "latest": 1, "required": True}
    plan = solved(tiny(3, NOTHING, commitments=[deal], on_demand=[{"price": 1, "max_accelerators": 1}]))
    assert _rows(plan) == [(month(1), "commit_spend", "deal", "cloud", 1, 0, 0, month(1), month(24), 240)]


@pytest.mark.parametrize("own", [True, False])
def test_a_training_run(own: bool) -> None:
    """Tests that a run tells its size, what it draws at an own site, its months and the party of its pool."""
    # 50 months of work at size 20 and factor 0.5: 5 months from month 1 on. 20 x 1.5 kW x 1.2 / 1000 = 0.036 MW.
    supply: dict[str, Any] = {"fleet": [{"count": 20}], "sites": [{"pue": 1.2}]}
    if not own:
        supply = {"contracts": [{"price": 0, "committed_blocks": 2, "earliest": 0, "term_months": 7}]}
    run = {"work": 50, "sizes": "20", "release": 1, "deadline": 5, "penalty": 100}
    kinds = {"accelerators": [{"kw": 1.5}], "throughput": [{"factor": 0.5}]}
    plan = solved(tiny(7, NOTHING, training_runs=[run], **kinds, **supply))
    (row,) = _rows(plan)
    party, mw = ("in_house", pytest.approx(0.036)) if own else ("cloud", 0)
    assert row == (month(1), "start_run", "big", party, 1, 20, mw, month(1), month(5), 0)


def test_decisions_are_in_order_of_month() -> None:
    """Tests that rows of different items are sorted by month."""
    first = {"contract": "first", "price": 100, "term_months": 1, "earliest": 1}
    plan = solved(tiny(3, {"jobs": [10]}, contracts=[first, {"contract": "dear", "price": 200, "term_months": 1}]))
    assert plan.decisions["month"].is_monotonic_increasing
    assert plan.decisions["item"].tolist() == ["dear", "first", "dear", "first", "first"]

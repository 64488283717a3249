"""What falls due after the plan's last month, by item, worked out by hand; prices are for a block and month."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.plan.obligations import owed_after
from tests.program.tiny import decided, solved, tiny

WORK = {"jobs": [10]}


def _owed(months: int, demand: Any = WORK, **given: Any) -> dict[str, float]:
    plan = solved(tiny(months, demand, **given))
    return owed_after(plan.instance, plan.decisions)


def test_a_fixed_term_is_owed_at_the_price_of_its_start() -> None:
    """Tests a term of 10 months signed in the third and last month: 1 is in the plan, 9 at 300 are owed.

    The price of 500 from the plan's end on does not count, as the price of a fixed term is that of its start.
    """
    owed = _owed(
        3,
        {"jobs": [0, 0, 10]},
        contracts=[{"price": 300, "term_months": 10, "earliest": 2}],
        prices=[{"item": "lease", "month": 3, "price": 500}],
    )
    assert owed == {"lease": pytest.approx(9 * 300)}


def test_a_ramp_that_loads_the_end_is_owed() -> None:
    """Tests three free months and 21 at 1.2 x 600, of which none lies in a plan of three months, for two blocks."""
    ramp = [{"month_of_term": age, "capacity_fraction": 1, "price_fraction": f} for age, f in ((0, 0), (3, 1.2))]
    contracts = [{"price": 600, "term_months": 24, "max_blocks": 2, "latest": 0}]
    owed = _owed(3, {"jobs": [20]}, contracts=contracts, ramps=ramp)
    assert owed == {"lease": pytest.approx(2 * 21 * 1.2 * 600)}


def test_a_minimum_term_is_owed_at_the_price_of_the_last_month() -> None:
    """Tests a minimum term of 6 months from the first month: 2 are in the plan, 4 at the last month's 250 are owed."""
    owed = _owed(
        2,
        contracts=[{"price": 300, "min_term_months": 6, "latest": 0}],
        prices=[{"item": "lease", "month": 1, "price": 250}, {"item": "lease", "month": 2, "price": 900}],
    )
    assert owed == {"lease": pytest.approx(4 * 250)}


def test_what_was_agreed_before_is_owed_and_what_is_over_is_not() -> None:
    """Tests 3 blocks of 12 months from 4 months before a plan of 3: 7 are gone, 5 are owed; and one that ends in it."""
    made = {"price": 100, "term_months": 12, "committed_blocks": 3, "earliest": -4}
    over = {"contract": "over", "price": 100, "term_months": 2, "committed_blocks": 1, "earliest": 0}
    assert _owed(3, contracts=[made, over]) == {"lease": pytest.approx(3 * 5 * 100)}


def test_years_of_a_spend_commitment_are_owed() -> None:
    """Tests 2 years of 1200 from the third month of 12: 10 months are in the plan, 14 x 100 are owed."""
    deal = {"annual_amount": 1200, "years": 2, "required": True, "earliest": 2, "latest": 2}
    owed = _owed(12, commitments=[deal], on_demand=[{"price": 0.5, "max_accelerators": 10}])
    assert owed == {"deal": pytest.approx(14 * 100)}


def test_orders_that_are_paid_later_are_owed() -> None:
    """Tests what a rule orders in the last month: half of 10 instalments of 100, and 0.75 of 4 accelerators at 40.

    The build is ordered in month 3 of 4 for 1000 over 10 months: one is paid. The lot of 4 pays a quarter at order.
    """
    rules = {
        "rules": [{"rule": name, "sense": ">=", "rhs": 1, "from": 3, "to": 3} for name in ("one", "two")],
        "rule_terms": [
            {"rule": "one", "quantity": "started", "item": "wing"},
            {"rule": "two", "quantity": "started", "item": "buy"},
        ],
    }
    owed = _owed(
        4,
        builds=[{"capex_per_mw": 1000, "lead_months": 10, "earliest": 3}],
        purchases=[{"unit_price": 40, "lot_size": 4, "lead_months": 2, "deposit_fraction": 0.25, "max_total": 4}],
        **rules,
    )
    assert owed == {"wing": pytest.approx(900), "buy": pytest.approx(0.75 * 4 * 40)}


def test_the_plan_says_what_is_owed() -> None:
    """Tests that the head says what falls due after the plan, and nothing where nothing does."""
    plan = solved(tiny(3, {"jobs": [0, 0, 10]}, contracts=[{"price": 300, "term_months": 10}]))
    assert decided(plan) == [(2, "sign", "lease", 1)]
    assert plan.head["warnings"][-1] == (
        "2,700 USD fall due after the plan's last month, 2030-03, for what is signed and ordered by then: lease 2,700. "
        "The cost counts none of it; plan more months (months) to count it."
    )
    ended = solved(tiny(3, WORK, contracts=[{"price": 300, "term_months": 3}]))
    assert not [text for text in ended.head["warnings"] if "fall due" in text]


def test_a_long_list_is_cut() -> None:
    """Tests that the three largest of five are named, the largest first: 11 months of 5, 4 and 3 of 11 x 15 in all."""
    made = {"term_months": 12, "committed_blocks": 1, "earliest": 0}
    contracts = [{"contract": f"lease-{price}", "price": price, **made} for price in range(1, 6)]
    plan = solved(tiny(1, WORK, contracts=contracts))
    assert "165 USD fall due" in plan.head["warnings"][-1]
    assert "by then: lease-5 55, lease-4 44, lease-3 33 and 2 more." in plan.head["warnings"][-1]

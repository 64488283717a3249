"""What falls due after the plan's last month, by item, worked out by hand; prices are for a block and month."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.auditing import audit
from optimizer.plan.obligations import owed_after
from tests.program.tiny import decided, month, solved, tiny

WORK = {"jobs": [10]}


def _owed(months: int, demand: Any = WORK, **given: Any) -> dict[str, float]:
    plan = solved(tiny(months, demand, **given))
    return owed_after(plan.instance, plan.obligations)


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
        "The cost counts none of it; plan more months or set tail_fraction to count it."
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


# ---------------------------------------------------------------- the table, month by month
def _table(months: int, demand: Any = WORK, **given: Any) -> dict[str, list[tuple[float, float]]]:
    """Pairs of owed and owed after the plan by item and month; the audit agrees with all of them."""
    plan = solved(tiny(months, demand, **given))
    assert audit(plan).passed
    columns = [plan.obligations[name].to_list() for name in ("item", "month", "owed", "owed_after_horizon")]
    rows = {(item, when): (owed, after) for item, when, owed, after in zip(*columns, strict=True)}
    items = dict.fromkeys(plan.obligations["item"])
    return {item: [rows.get((item, month(t)), (0.0, 0.0)) for t in range(months)] for item in items}


def test_a_fixed_term_is_owed_from_its_signature() -> None:
    """Tests lead, upfront, ramp and escalation: all is owed in the month of signature, before the upfront is paid."""
    # Signed in month 0 for 14 months from month 1, in a plan of 3: 40 upfront, 0.5 x 100, 11 x 100, 2 x 110 after a
    # year: 40 + 50 + 1100 + 220 = 1410. Month 1 pays 50, month 2 pays 100; 1260 - 100 = 1220 are due after the plan.
    ramp = [{"month_of_term": 0, "capacity_fraction": 1, "price_fraction": 0.5},
            {"month_of_term": 1, "capacity_fraction": 1}]  # fmt: skip
    lease = {"price": 100, "term_months": 14, "lead_months": 1, "upfront_per_block": 40, "escalation": 0.1}
    owed = _table(3, {"jobs": [0, 10]}, contracts=[{**lease, "latest": 1}], ramps=ramp)
    assert owed == {"lease": [pytest.approx(pair) for pair in ((1410, 1220), (1370, 1220), (1320, 1220))]}


def test_a_terminable_contract_is_owed_until_term_and_notice_with_its_fee() -> None:
    """Tests that the later of minimum term and notice counts, that the fee is that of the month, and prices stay."""
    # A minimum term of 3 from month 0, a notice of 2, a fee of half a month; 100, from month 3 on 200. Five months.
    # Month 0: 3 x 100 and a fee of 100. Month 1: 2 x 100 + 100. Month 2 (out in month 4): 100 + 200 + 100. Month 3 (out
    # in month 5, after the plan): 2 x 200, and 100 after it. Month 4 (out in month 6): 200, and 200 + 100 after it.
    lease = {"price": 100, "min_term_months": 3, "notice_months": 2, "termination_fee_months": 0.5, "latest": 0}
    owed = _table(5, {"jobs": [10]}, contracts=[lease], prices=[{"item": "lease", "month": 3, "price": 200}])
    assert owed == {"lease": [(400, 0), (300, 0), (400, 0), (500, 100), (500, 300)]}


def test_a_hand_back_of_the_plan_ends_what_is_owed() -> None:
    """Tests that a block handed back is owed until then, and one that runs out at ``ends_by`` has no fee."""
    # Two blocks at 100 from month 0, with a notice and a fee of one month; one is handed back in month 2, both could.
    # Month 0 and 1: out in the next month, 2 x (100 + 100). Month 2: the fee of one, 100 + 100 of the other. Month 3:
    # it runs out at the end of it: 100. Nothing in month 4.
    lease = {"price": 100, "min_term_months": 0, "termination_fee_months": 1, "max_blocks": 2, "ends_by": 3}
    owed = _table(5, {"jobs": [20, 20, 10, 10]}, contracts=[{**lease, "latest": 0}])
    assert owed == {"lease": [(400, 0), (400, 0), (300, 0), (100, 0), (0, 0)]}


def test_the_oldest_blocks_are_handed_back_first() -> None:
    """Tests two blocks of a minimum term of 2 that start a month apart, of which the first is handed back."""
    # Month 0: 2 x 100. Month 1: 100 + 2 x 100. Month 2: 100 of the second, the first is gone. Month 3: none.
    lease = {"price": 100, "min_term_months": 2, "max_blocks": 2}
    owed = _table(4, {"jobs": [10, 20, 10, 0]}, contracts=[lease])
    assert owed == {"lease": [(200, 0), (300, 0), (100, 0), (0, 0)]}


def test_what_is_agreed_is_owed_from_the_first_month() -> None:
    """Tests a contract agreed for later, after the plan too, and one whose upfront is past."""
    # Agreed for month 2 of 2, signed a month before the plan or in month 1: 3 x 100, and 7 that is due in month 1.
    later = {"price": 100, "term_months": 3, "committed_blocks": 1, "upfront_per_block": 7}
    contracts = [{**later, "contract": "known", "earliest": 2, "lead_months": 1}]
    contracts += [{**later, "contract": "past", "earliest": 0, "lead_months": 1}]
    owed = _table(2, {"jobs": [0]}, contracts=contracts)
    assert owed == {"known": [(307, 300), (307, 300)], "past": [(300, 100), (200, 100)]}


def test_orders_are_owed_until_they_are_paid() -> None:
    """Tests instalments of a build, and deposit and rest of a purchase at the price of the order's month."""
    # The build of 120 over 3 months: 120, 80, 40. The lot of 5 at 8: 10 at order, 30 two months later.
    owed = _table(
        4,
        {"jobs": [0, 0, 5, 10]},
        power=[{"mw": 0.005}],
        fleet=[{"count": 5}],
        builds=[{"capex_per_mw": 120, "lead_months": 3, "latest": 0}],
        purchases=[{"unit_price": 9, "lot_size": 5, "lead_months": 2, "deposit_fraction": 0.25, "max_total": 5}],
        prices=[{"item": "buy", "month": 1, "price": 8}],
    )
    assert owed == {"wing": [(120, 0), (80, 0), (40, 0), (0, 0)], "buy": [(0, 0), (40, 0), (30, 0), (30, 0)]}


def test_a_spend_commitment_is_owed_less_what_is_paid_and_bound() -> None:
    """Tests that spending so far and invoices due to the provider count towards the year they fall into."""
    # 1200 a year for 2 years from month 1 of 4: 300 in the plan, 900 + 1200 after it. 30 are spent on demand in each
    # month with work for it; the lease costs 50 in months 1 and 2.
    # Month 1: 300 - 100 of the lease. Month 2: less 30 on demand in month 1 and 50 paid: 300 - 80 - 50. Month 3: 300 -
    # 160, paid as shortfall.
    deal = {"annual_amount": 1200, "years": 2, "required": True, "earliest": 1, "latest": 1}
    lease = {"price": 50, "term_months": 2, "committed_blocks": 1, "earliest": 1}
    hourly = [{"price": 0.03, "max_accelerators": 10}]
    owed = _table(4, {"jobs": [0, 20, 20, 0]}, contracts=[lease], commitments=[deal], on_demand=hourly)
    assert owed["lease"] == [(100, 0), (100, 0), (50, 0), (0, 0)]
    assert owed["deal"] == [(0, 0), *(pytest.approx(pair) for pair in ((2300, 2100), (2270, 2100), (2240, 2100)))]


def test_outlets_and_running_costs_are_not_owed() -> None:
    """Tests that what tenants pay, on-demand use and the fixed cost of a build are in no obligation."""
    owed = _table(
        2,
        {"jobs": [10, 10]},
        on_demand=[{"price": 0.1, "max_accelerators": 10}],
        fleet=[{"count": 10}],
        builds=[{"capex_per_mw": 0, "fixed_cost_per_mw_month": 5}],
        outlets=[{"accelerator": "gpu", "accelerators_per_block": 5, "price": 5, "min_term_months": 2}],
    )
    assert owed == {}


def test_prepaid_and_interrupted_months_are_owed_at_what_is_left_of_them() -> None:
    """Tests a minimum term of 4 at 100, half of it prepaid, of which month 1 costs a tenth and month 5 nothing."""
    # Prices of the term: 100, 10, 100, 100; half of their sum, 155, is paid at signature, then 50, 5, 50 and 50.
    # Month 0: 155 + 155. Then 105, 100, 50 are left. Month 4, past the term: 100, and no more by notice of that month.
    contracts = [{"price": 100, "min_term_months": 4, "prepaid_fraction": 0.5, "latest": 0}]
    breaks = [
        {"item": "lease", "from": 1, "to": 1, "capacity_fraction": 1, "price_fraction": 0.1},
        {"interruption": "later", "item": "lease", "from": 5, "capacity_fraction": 1, "price_fraction": 0},
    ]
    owed = _table(5, {"jobs": [10]}, contracts=contracts, interruptions=breaks)
    assert owed == {"lease": [pytest.approx(pair) for pair in ((310, 0), (105, 0), (100, 0), (50, 0), (100, 0))]}


def test_what_is_due_after_the_plan_for_orders_from_before_it() -> None:
    """Tests orders of month -1: half of 2 lots x 10 x 90 is due on delivery in month 4, 3 of 6 instalments after 2.

    The block costs 600 in 6 instalments from month -1 on: 3 lie before the end of a plan of 2 months.
    """
    buy = {"unit_price": 100, "lot_size": 10, "lead_months": 5, "deposit_fraction": 0.5}
    owed = _owed(
        2,
        {"jobs": [0]},
        builds=[{"capex_per_mw": 600, "lead_months": 6}],
        purchases=[buy],
        decided=[
            {"month": -1, "decision": "order_build", "item": "wing"},
            {"month": -1, "decision": "buy", "item": "buy", "blocks": 2, "price": 90},
        ],
    )
    assert owed == {"buy": pytest.approx(900), "wing": pytest.approx(300)}

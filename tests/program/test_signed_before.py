"""Contracts and outlets signed, and handed back, before the plan: hand-worked optima.

One block holds 10 accelerators; an accelerator-month of work that is not done costs 1000.
"""

from __future__ import annotations

from typing import Any

import pytest

import optimizer
from tests.oracle.compare import assert_agree, told
from tests.oracle.compare import planned as compared
from tests.program.markets import market, market_with_past
from tests.program.tiny import by_month, decided, paid, solved, tiny
from tests.rolls import remaining

SIGNED = {"decision": "sign", "item": "lease"}
BACK = {"decision": "hand_back", "item": "lease"}


def test_a_lease_of_which_a_part_is_handed_back_already() -> None:
    """Tests blocks in force, notice, fees and obligations of a terminable contract signed before."""
    # Three blocks at 100 run; the notice for one, of 3 months, was given a month before the plan: it leaves in month 2,
    # for half a month's fee. Nobody needs the others: notice in month 0 lets them leave in month 3.
    # 300 + 300 + 200, and 50 in month 2 and 100 in month 3.
    lease = {"price": 100, "min_term_months": 2, "notice_months": 3, "termination_fee_months": 0.5, "max_blocks": 3}
    rows = [{**SIGNED, "month": -2, "blocks": 3, "starts": -2}, {**BACK, "month": -1, "ends": 1}]
    plan = solved(tiny(6, {"jobs": [0]}, contracts=[lease], decided=rows))
    assert plan.objective == pytest.approx(950)
    assert paid(plan, "contract") == {0: 300, 1: 300, 2: 200}
    assert paid(plan, "termination") == {2: 50, 3: 100}
    assert decided(plan) == [(0, "hand_back", "lease", 2)]
    assert by_month(plan, "capacity", "accelerators") == {0: 30, 1: 30, 2: 20}
    assert by_month(plan, "obligations", "owed") == {0: 950, 1: 650, 2: 350, 3: 100}


def test_a_notice_is_followed_from_its_month_if_no_end_is_given() -> None:
    """Tests that starts and ends follow from the month, lead time and notice where they are blank."""
    # Signed in month -4 with a lead time of 1: runs from month -3. Notice of 2 in month -1: 1 block from month 1 on.
    # Four months at 100 a block; 10 of 20 wanted are not served from month 1 on, since no more are on offer.
    lease = {"price": 100, "min_term_months": 1, "notice_months": 2, "lead_months": 1, "max_blocks": 2, "latest": -1}
    rows = [{**SIGNED, "month": -4, "blocks": 2}, {**BACK, "month": -1}]
    plan = solved(tiny(4, {"jobs": [20]}, contracts=[lease], decided=rows))
    assert plan.objective == pytest.approx(200 + 3 * 100 + 3 * 10_000)


def test_a_fixed_term_keeps_its_agreed_price() -> None:
    """Tests the agreed price with escalation by age, prepayment, a sunk upfront, and the tail."""
    # Since month -11 at 80, when the table says 999: half as much again after 12 months, a quarter is prepaid.
    # 60 in month 0, at age 11, then 90; ten more months at 90 after the plan count in full.
    lease = {"price": 999, "term_months": 24, "escalation": 0.5, "prepaid_fraction": 0.25, "upfront_per_block": 1000}
    row = {**SIGNED, "month": -12, "starts": -11, "price": 80}
    plan = solved(tiny(3, {"jobs": [10]}, head={"tail_fraction": 1}, contracts=[lease], decided=[row]))
    assert paid(plan, "contract") == {0: 60, 1: 90, 2: 90}
    assert paid(plan, "tail") == {3: 900}
    assert plan.objective == pytest.approx(240 + 900)
    assert by_month(plan, "obligations", "owed") == {0: 1140, 1: 1080, 2: 990}
    assert by_month(plan, "obligations", "owed_after_horizon") == {0: 900, 1: 900, 2: 900}


def test_without_an_agreed_price_that_of_the_first_month_counts() -> None:
    """Tests the price of a fixed term that has begun, and of one that starts later in the plan."""
    # One block runs since month -2, at month 0's price of 50, for months 0 and 1; another starts in month 2, later than
    # its lead time requires, at that month's 70: two months. What was due at their signatures is sunk.
    lease = {"price": 999, "term_months": 4, "upfront_per_block": 500, "lead_months": 1, "latest": -1}
    prices = [{"item": "lease", "month": t, "price": price} for t, price in ((-3, 40), (-1, 50), (2, 70))]
    rows = [{**SIGNED, "month": -3}, {**SIGNED, "month": -1, "starts": 2}]
    plan = solved(tiny(4, {"jobs": [0]}, contracts=[lease], prices=prices, decided=rows))
    assert paid(plan, "contract") == {0: 50, 1: 50, 2: 70, 3: 70}
    assert plan.objective == pytest.approx(240)
    assert decided(plan) == [(2, "expire", "lease", 1)]


def test_blocks_ramp_from_their_own_start() -> None:
    """Tests that a ramp that began before the plan goes on in it, in capacity and price."""
    # Ages 0 to 2 deliver 2, 5, 10 and cost 20, 60, 100; started in month -1: 5 and 10 of them in months 0 and 1.
    ramps = [
        {"month_of_term": age, "capacity_fraction": share, "price_fraction": price}
        for age, share, price in ((0, 0.2, 0.2), (1, 0.5, 0.6), (2, 1, 1))
    ]
    lease = {"price": 100, "min_term_months": 5}
    row = {**SIGNED, "month": -1}
    plan = solved(tiny(2, {"jobs": [10]}, contracts=[lease], ramps=ramps, decided=[row]))
    assert by_month(plan, "capacity", "accelerators") == {0: 5, 1: 10}
    assert plan.objective == pytest.approx(60 + 100 + 5000)


def test_a_hand_back_decided_before_opens_a_renewal() -> None:
    """Tests that as many blocks are renewed as leave in that month, and `max_blocks` of what is signed already."""
    # One of two blocks at 100 leaves in month 1; notice of 6 months keeps the other. One can be renewed at 60.
    now = {"contract": "now", "price": 100, "min_term_months": 1, "notice_months": 6, "max_blocks": 2}
    better = {"contract": "better", "price": 60, "renews": "now", "term_months": 3, "max_blocks": 2}
    rows = [
        {"month": -7, "decision": "sign", "item": "now", "blocks": 2},
        {"month": -5, "decision": "hand_back", "item": "now", "ends": 0},
    ]
    plan = solved(tiny(4, {"jobs": [20]}, contracts=[now, better], decided=rows))
    assert decided(plan) == [(1, "sign", "better", 1)]
    assert plan.objective == pytest.approx(200 + 3 * 160)


def test_signed_blocks_leave_less_to_sign() -> None:
    """Tests that `max_blocks` counts blocks signed before."""
    # Three wanted, two at once at most, one is there: one more for 2 months, 10 are not served.
    lease = {"price": 100, "term_months": 12, "max_blocks": 2}
    plan = solved(tiny(2, {"jobs": [30]}, contracts=[lease], decided=[{**SIGNED, "month": -3}]))
    assert decided(plan) == [(0, "sign", "lease", 1)]
    assert plan.objective == pytest.approx(2 * 200 + 2 * 10_000)


def test_committed_blocks_can_be_handed_back_before_the_plan() -> None:
    """Tests a hand-back of blocks of a committed agreement."""
    # Two committed blocks at 100, one of which leaves in month 2: 200 + 200 + 100.
    lease = {"price": 100, "committed_blocks": 2, "earliest": -6, "min_term_months": 1, "notice_months": 3}
    plan = solved(tiny(3, {"jobs": [0]}, contracts=[lease], decided=[{**BACK, "month": -1}]))
    assert plan.objective == pytest.approx(500)


def test_an_outlet_leased_out_before_is_taken_back() -> None:
    """Tests revenue, a sunk upfront and the fee of an outlet of which a part is taken back."""
    # Two blocks let at 50, one until month 0, for a fee of a month: 100 + 50 + 50 - 50. The offer is over.
    let = {
        "accelerators_per_block": 10,
        "price": 50,
        "min_term_months": 1,
        "termination_fee_months": 1,
        "upfront_per_block": 7,
        "max_blocks": 2,
    }
    rows = [
        {"month": -3, "decision": "lease_out", "item": "let", "blocks": 2},
        {"month": -1, "decision": "take_back", "item": "let", "ends": 0},
    ]
    plan = solved(tiny(3, {"jobs": [0]}, outlets=[{**let, "latest": -1}], fleet=[{"count": 20}], decided=rows))
    assert paid(plan, "lease_out") == {0: -100, 1: -50, 2: -50}
    assert paid(plan, "termination") == {1: 50}
    assert plan.objective == pytest.approx(-150)


def test_an_option_signed_before_needs_what_it_requires() -> None:
    """Tests that a contract that a signed one requires is signed, and its MW add to a site."""
    # The option runs in months 0 and 1 and requires a block of the base at 300; 5 of its 10 accelerators have power
    # from space signed before, for 40 a month.
    base = {"contract": "base", "price": 300, "term_months": 2}
    option = {"contract": "option", "price": 10, "term_months": 3, "requires": "base"}
    space = {"supplies": "mw", "site": "hall", "mw_per_block": 0.005, "region": None, "accelerator": None}
    space |= {"contract": "space", "price": 40, "term_months": 9, "accelerators_per_block": None}
    rows = [{"month": -1, "decision": "sign", "item": name} for name in ("option", "space")]
    given: dict[str, Any] = {"contracts": [base, option, space], "fleet": [{"count": 10}], "power": [{"mw": 0}]}
    plan = solved(tiny(2, {"jobs": [30]}, **given, decided=rows))
    assert decided(plan) == [(0, "sign", "base", 1)]
    assert plan.objective == pytest.approx(2 * (300 + 10 + 40) + 2 * 5000)


@pytest.mark.parametrize(("seed", "integer"), [(11, True), (5, False)])
def test_rolling_forward_gains_and_loses_nothing(seed: int, integer: bool) -> None:
    """Tests that what is left of a plan is the optimum of the instance months later, its decisions being made."""
    case = market(seed, integer)
    plan = solved(optimizer.read(case))
    assert (plan.decisions["decision"] == "hand_back").any()
    for months in (1, 4):
        later = solved(optimizer.roll(plan, months).instance)
        assert later.objective == pytest.approx(remaining(plan, months), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("seed", "integer"), [(1, False), (4, True)])
def test_another_formulation_agrees(seed: int, integer: bool) -> None:
    """Tests random markets in which blocks were signed and handed back before the plan against the oracle."""
    case = market_with_past(seed, integer)
    assert len(case["decided"])
    assert_agree(compared(case), told(case))

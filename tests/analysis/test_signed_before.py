"""Explanations of plans in which contracts were signed before: exits, deadlines, offers and conflicts, by hand."""

from __future__ import annotations

import pytest

import optimizer
from optimizer.analysis.deadlines import deadlines_table
from optimizer.analysis.offer_list import offers, taken
from optimizer.analysis.termination_timing import exits_table, terminations
from tests.analysis.tiny_offers import EXACT, verdict
from tests.program.tiny import solved, tiny

# Three blocks of ten run since month -3 at 3000 a month; one leaves in month 1, since its notice is given.
LEASE = {"price": 3000, "min_term_months": 1, "notice_months": 1, "max_blocks": 3, "latest": -1}
ROWS = [
    {"month": -3, "decision": "sign", "item": "lease", "blocks": 3},
    {"month": -1, "decision": "hand_back", "item": "lease", "ends": 0},
]


def test_leaving_counts_the_blocks_that_are_there() -> None:
    """Tests exits and deadlines of a lease of which two blocks are left, both handed back by the plan."""
    # They serve twenty until month 4; a month earlier twenty penalties of 1000 replace the rent of 6000, a month later
    # the rent is paid for nothing.
    plan = solved(tiny(8, {"jobs": [20] * 5 + [0] * 3}, contracts=[LEASE], decided=ROWS))
    ask = optimizer.WhatIf(plan, gap=0, threads=1)
    table = exits_table(ask, plan, terminations(plan))
    found = {row["shift"]: row["costs"] for row in table.to_dict("records")}
    assert (found[0], found[-1], found[1]) == (0.0, pytest.approx(14_000), pytest.approx(6000))
    (row,) = deadlines_table(plan, ask).to_dict("records")
    assert (row["month"], row["blocks"], row["takes_effect"]) == ("2030-05", 2, "2030-06")
    assert row["delay_costs"] == pytest.approx(6000)


def test_what_was_handed_back_is_not_terminated() -> None:
    """Tests that a lease whose last block leaves by an earlier decision has no exits."""
    rows = [ROWS[0], {**ROWS[1], "blocks": 3}]
    assert terminations(solved(tiny(4, {"jobs": [0]}, contracts=[LEASE], decided=rows))) == []


@pytest.mark.parametrize("agreed", [None, 50.0])
def test_the_break_even_price_of_further_blocks(agreed: float | None) -> None:
    """Tests that the price of signed blocks does not move with the offer's if it is agreed, and is named if it does."""
    # Another block serves ten more for two months: worth 20 x 1000 less 2 x 3000, and taken up to 10,000.
    lease = {"price": 3000, "term_months": 9, "max_blocks": 2}
    row = {"month": -1, "decision": "sign", "item": "lease", "price": agreed}
    plan = solved(tiny(2, {"jobs": [20]}, contracts=[lease], decided=[row]), gap=EXACT)
    found = verdict(plan, "lease")
    assert found["worth"] == pytest.approx(14_000)
    if agreed is None:
        assert (found["price_to_win"], found["proven"]) == (None, False)
        assert "decided on before the plan" in found["reason"]
    else:
        assert found["price_to_win"] == pytest.approx(10_000, rel=1e-3)  # as closely as it is searched
        assert found["proven"]


def test_only_new_blocks_are_taken() -> None:
    """Tests that blocks signed before the plan, and their end, are no part of what a plan takes of an offer."""
    # Two blocks run until month 1, by their term or by notice given; ten are wanted again from month 4 on.
    lease = {"price": 300, "term_months": 4, "max_blocks": 3}
    made = {"month": -2, "decision": "sign", "item": "lease", "blocks": 2}
    plan = solved(tiny(8, {"jobs": [20, 20, 0, 0, 10]}, contracts=[lease], decided=[made]))
    (offer,) = offers(plan)
    assert taken(plan, offer) == 1
    ended = {"price": 300, "min_term_months": 1, "max_blocks": 3, "earliest": 4}
    back = {"month": -1, "decision": "hand_back", "item": "lease", "ends": 1, "blocks": 2}
    plan = solved(tiny(8, {"jobs": [20, 20, 0, 0, 10]}, contracts=[ended], decided=[made, back]))
    (offer,) = offers(plan)
    assert taken(plan, offer) == 1


def test_a_renewal_signed_before_that_nothing_makes_room_for() -> None:
    """Tests that the conflict names the renewal, and that the repair signs it as a contract of its own."""
    # It starts in month 1, when the renewed contract, whose term goes on, cannot end.
    old = {"contract": "old", "price": 10, "term_months": 12, "latest": -1}
    new = {"contract": "new", "price": 8, "term_months": 12, "renews": "old", "lead_months": 2}
    rows = [{"month": -2, "decision": "sign", "item": "old"}, {"month": -1, "decision": "sign", "item": "new"}]
    instance = tiny(3, {"jobs": [5]}, contracts=[old, new], decided=rows)
    with pytest.raises(optimizer.NoFeasiblePlan):
        optimizer.solve(instance)
    found = optimizer.diagnose(instance)
    assert "new" in str(found)
    assert found.given_up[0].table == "contracts"
    assert found.given_up[0].column == "renews"

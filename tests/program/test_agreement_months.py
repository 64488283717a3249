"""Months of an agreement: blocks of before the plan that run, those that are handed back, and those that can start."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from optimizer.program.agreement import Agreement, escalated
from optimizer.program.decided import Start
from optimizer.program.steps import Steps

ROW = {
    "term_months": None,
    "min_term_months": 3,
    "notice_months": 2,
    "ends_by": None,
    "committed_blocks": None,
    "earliest": 0,
    "latest": 11,
    "lead_months": 0,
    "max_blocks": 8.0,
    "min_blocks": 0.0,
    "integer": True,
    "upfront_per_block": 7.0,
    "supplies": "accelerators",
    "minimum_take": 1.0,
    "prepaid_fraction": 0.0,
    "escalation": 0.0,
}


def agreement(row: dict[str, Any], **other: Any) -> Agreement:
    """A contract of 12 months of plan at 10 a block and month, 20 from month 4 on, without ramps."""
    steady = Steps([], 1.0)
    given: dict[str, Any] = {"capacity": steady, "price": steady, "available": steady, "charged": steady}
    given = {"block_price": Steps([(4, 20.0)], 10.0), **given, **other}
    return Agreement("lease", False, "lessor", SimpleNamespace(**ROW | row), 12, **given)


SIGNED = (Start(-6, 4.0), Start(-2, 3.0), Start(2, 1.0))
BACK = {-3: 1.0, -1: 2.0, 1: 1.0}


@pytest.mark.parametrize(
    ("row", "active"),
    [
        # Months -7 to 3: signed 4 from -6, 3 from -2, 1 from 2; back 1 from -3, 2 from -1, 1 from 1.
        ({}, [0, 4, 4, 4, 3, 6, 4, 4, 3, 4, 4]),
        # The same up to its last month, -1 or 1.
        ({"ends_by": -1}, [0, 4, 4, 4, 3, 6, 4, 0, 0, 0, 0]),
        ({"ends_by": 1}, [0, 4, 4, 4, 3, 6, 4, 4, 3, 0, 0]),
    ],
)
def test_blocks_of_before_the_plan(row: dict[str, Any], active: list[float]) -> None:
    """Tests blocks that run of a terminable contract, month by month."""
    lease = agreement(row, decided=SIGNED, returned=BACK)
    assert [lease.active_before(t) for t in range(-7, 4)] == active


def test_blocks_of_fixed_terms_run_for_their_term() -> None:
    """Tests that each start runs for four months, within the last month of the contract."""
    lease = agreement({"term_months": 4}, decided=SIGNED)
    assert [lease.active_before(t) for t in range(-7, 7)] == [0, 4, 4, 4, 4, 3, 3, 3, 3, 1, 1, 1, 1, 0]
    lease = agreement({"term_months": 4, "ends_by": 3}, decided=SIGNED)
    assert [lease.active_before(t) for t in range(-1, 6)] == [3, 3, 3, 1, 1, 0, 0]


def test_delivery_before_the_plan_follows_ages() -> None:
    """Tests a ramp of a quarter, half from age 1 and all from age 4: blocks at ages 5 and 1, less those back."""
    lease = agreement({}, decided=SIGNED, returned=BACK, capacity=Steps([(0, 0.25), (1, 0.5), (4, 1.0)], 0.0))
    assert lease.delivered_before == 4 * 1.0 + 3 * 0.5 - 3
    assert lease.capacity_steps == ((0, 0.25), (1, 0.25), (4, 0.5))
    assert (lease.ramped, lease.ramp_end, lease.full_capacity) == (True, 5, 1.0)
    fixed = agreement({"term_months": 4}, capacity=Steps([(0, 0.25), (1, 0.5), (4, 1.0)], 0.0))
    assert fixed.capacity_steps == ((0, 0.25), (1, 0.25))  # it ends before age 4
    assert (fixed.ramped, fixed.ramp_end, fixed.full_capacity) == (True, 4, 0.5)
    assert not agreement({"term_months": 4}, capacity=Steps([(4, 0.5)], 1.0)).ramped


@pytest.mark.parametrize(
    ("row", "starts", "months", "hand_backs"),
    [
        ({}, (0, 11), (0, 11), (3, 11)),  # after the minimum term
        ({"earliest": 2, "latest": 5}, (2, 5), (2, 11), (5, 11)),
        ({"lead_months": 3, "latest": 4}, (3, 4), (3, 11), (6, 11)),
        ({"earliest": -4, "latest": 40}, (0, 11), (0, 11), (3, 11)),
        ({"min_term_months": 1, "notice_months": 4}, (0, 11), (0, 11), (4, 11)),  # after the notice
        ({"ends_by": 8}, (0, 6), (0, 8), (3, 8)),  # three months from 6 end in 8
        ({"ends_by": 8, "min_term_months": 0}, (0, 8), (0, 8), (2, 8)),
        ({"ends_by": 40}, (0, 11), (0, 11), (3, 11)),
        ({"term_months": 4, "latest": 5}, (0, 5), (0, 8), None),
        ({"term_months": 4, "latest": 5, "earliest": 3}, (3, 5), (3, 8), None),
        ({"term_months": 4, "ends_by": 6}, (0, 3), (0, 6), None),
        ({"max_blocks": 0.0}, None, None, None),
        ({"max_blocks": 0.9}, None, None, None),  # no entire block
        ({"committed_blocks": 2.0, "earliest": 3}, (3, 3), (3, 11), (6, 11)),
        ({"committed_blocks": 2.0, "earliest": 3, "term_months": 2}, (3, 3), (3, 4), None),
        ({"committed_blocks": 2.0, "earliest": -3, "term_months": 5}, None, (0, 1), None),
        ({"committed_blocks": 2.0, "earliest": -5, "term_months": 5}, None, None, None),  # over
        ({"committed_blocks": 2.0, "earliest": 12}, None, None, None),  # after the plan
        ({"committed_blocks": 0.0, "earliest": 3}, None, None, None),
    ],
)
def test_months(row: dict[str, Any], starts: Any, months: Any, hand_backs: Any) -> None:
    """Tests first and last month of starts, of active blocks and of ends after notice; None where there is none."""
    lease = agreement(row)
    found = [(one[0], one[-1]) if len(one) else None for one in (lease.starts, lease.months, lease.hand_backs)]
    assert found == [starts, months, hand_backs]


@pytest.mark.parametrize(
    ("row", "least", "most"),
    [
        ({"min_blocks": 2.0, "max_blocks": 5.0}, 2, 5),
        ({"min_blocks": 1.2, "max_blocks": 5.7}, 2, 5),
        ({"min_blocks": 0.3}, 0, 8),  # any entire block is enough
        ({"min_blocks": 1.2, "max_blocks": 5.7, "integer": False}, 1.2, 5.7),
        ({"min_blocks": 2.0 + 1e-12, "max_blocks": 5.0 - 1e-12}, 2, 5),  # noise
        ({"min_blocks": 2.0, "committed_blocks": 3.5}, 0, 3.5),
    ],
)
def test_blocks(row: dict[str, Any], least: float, most: float) -> None:
    """Tests least and most blocks, of offers in entire blocks or not, and of what is committed."""
    assert (agreement(row).least_blocks, agreement(row).most_blocks) == (least, most)


def test_prices_of_a_term() -> None:
    """Tests prices from month 2 on: 10 a month, 20 from month 4, half of it charged from month 3 on, and upfront 7."""
    half = Steps([(3, 0.5)], 1.0)
    lease = agreement({}, charged=half)
    assert lease.term_prices(2).tolist() == [10, 5, 10]
    assert lease.bound_cost(2) == 25 + 7
    assert lease.term_prices(10).tolist() == [10, 10, 10]  # after the plan as in its last month
    fixed = agreement({"term_months": 3}, charged=half)
    assert fixed.term_prices(2).tolist() == [10, 5, 5]  # the price of the start
    assert fixed.term_prices(2, 30.0).tolist() == [30, 15, 15]
    assert (fixed.bound_cost(2), fixed.bound_cost(2, 30.0)) == (20 + 7, 60 + 7)
    assert [fixed.start_price(start) for start in (-5, 3, 4)] == [10, 10, 20]


def test_prices_of_metered_power() -> None:
    """Tests that 80 % are billed at least, of what the ramp delivers and interruptions leave."""
    row = {"supplies": "mw", "minimum_take": 0.8, "prepaid_fraction": 0.25}
    lease = agreement(row, capacity=Steps([(0, 0.5), (1, 1.0)], 0.0), available=Steps([(4, 0.5)], 1.0))
    assert (lease.is_metered, lease.take, lease.prepaid) == (True, 0.8, 0.25)
    # Months 2, 3 and 4 at ages 0, 1 and 2: 10 x 0.8 x 0.5, 10 x 0.8, 20 x 0.8 x 0.5.
    assert lease.term_prices(2) == pytest.approx([4, 8, 8])
    assert lease.bound_cost(2) == pytest.approx(20 + 7)
    assert agreement({"minimum_take": 0.8}).take == 1.0  # of power only


def test_prices_rise_every_twelve_months() -> None:
    """Tests 10 % a year on a ramp that begins at half the price, for a term of 25 months."""
    rise = escalated(Steps([(6, 1.0)], 0.5), SimpleNamespace(term_months=25, escalation=0.1))
    expected = [0.5] * 6 + [1.0] * 6 + [1.1] * 12 + [1.21]
    assert rise.over(0, 25) == pytest.approx(expected)

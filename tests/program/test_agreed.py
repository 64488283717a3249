"""Ramps, renewals and what was agreed before the plan: hand-worked optima.

One block holds 10 accelerators unless told otherwise.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.program.tiny import by_month, decided, paid, solved, tiny

Rows = list[dict[str, Any]]


def _ramp(*steps: tuple[int, float, float]) -> Rows:
    """Rows of a ramp: age, share of the capacity, share of the price."""
    return [{"month_of_term": age, "capacity_fraction": share, "price_fraction": price} for age, share, price in steps]


def test_capacity_and_price_ramp_apart() -> None:
    """Tests that delivery and price of a block ramp by its age, each in its own way."""
    # A block of 100 at 1000. Ages 0, 1, 2, ...: delivered 50, 50, 100, ...; paid 250, 1000, 1000, ...
    # From month 0: 250 + 3 x 1000, and 2 x 50 unserved at 20: 5250. From month 1: 250 + 2 x 1000 + 200 x 20 = 6250.
    # From month 2: 1250 + 300 x 20 = 7250. Never: 8000.
    plan = solved(
        tiny(
            4,
            {"jobs": [100]},
            contracts=[{"accelerators_per_block": 100, "price": 1000, "min_term_months": 3}],
            ramps=_ramp((0, 0.5, 0.25), (1, 0.5, 1), (2, 1, 1)),
            workloads=[{"workload": "jobs", "penalty": 20}],
        )
    )
    assert plan.objective == pytest.approx(5250)
    assert paid(plan, "contract") == {0: 250, 1: 1000, 2: 1000, 3: 1000}
    assert by_month(plan, "capacity", "accelerators") == {0: 50, 1: 50, 2: 100, 3: 100}


def test_blocks_ramp_one_by_one() -> None:
    """Tests that a block handed back takes a full block along while a younger one is still ramping."""
    # Ages 0, 1 deliver half. One block from month 0: 5, 5, 10, 10; a second from month 2: 5, 5, 10. That makes
    # 5, 5, 15, 15 and, the older handed back in month 4, 10, as wanted; then nothing is: 7 block-months at 100.
    plan = solved(
        tiny(
            6,
            {"jobs": [5, 5, 15, 15, 10, 0]},
            contracts=[{"price": 100, "min_term_months": 3, "max_blocks": 2}],
            ramps=_ramp((0, 0.5, 1), (2, 1, 1)),
        )
    )
    assert plan.objective == pytest.approx(700)
    assert by_month(plan, "capacity", "accelerators") == {0: 5, 1: 5, 2: 15, 3: 15, 4: 10}


def test_a_fixed_term_can_ramp_down() -> None:
    """Tests that a fixed term delivers and costs less at its end, and nothing after it."""
    # 3 months of 10, 10, 4 for 100, 100, 50; 6 unserved at 30 in month 2: 250 + 180. Never: 900.
    plan = solved(
        tiny(
            5,
            {"jobs": [10, 10, 10, 0]},
            contracts=[{"price": 100, "term_months": 3}],
            ramps=_ramp((0, 1, 1), (2, 0.4, 0.5)),
            workloads=[{"workload": "jobs", "penalty": 30}],
        )
    )
    assert plan.objective == pytest.approx(430)
    assert by_month(plan, "capacity", "accelerators") == {0: 10, 1: 10, 2: 4}
    assert decided(plan) == [(0, "sign", "lease", 1), (3, "expire", "lease", 1)]


def test_a_renewal_starts_when_and_as_far_as_what_it_renews_ends() -> None:
    """Tests that no more blocks are renewed than run out, and only in that month."""
    # Two blocks at 100 run out after month 1. Then three would be wanted at 80, but two can be renewed; ten
    # accelerators are left to the hour, at 200: 2 x (200 + 2000) + 3 x (160 + 2000).
    first = {"contract": "first", "price": 100, "committed_blocks": 2, "earliest": -10, "term_months": 12}
    again = {"contract": "again", "price": 80, "renews": "first", "term_months": 3, "max_blocks": 3}
    plan = solved(tiny(5, {"jobs": [30]}, contracts=[first, again], on_demand=[{"price": 2, "max_accelerators": 100}]))
    assert plan.objective == pytest.approx(10880)
    assert decided(plan) == [(2, "expire", "first", 2), (2, "sign", "again", 2)]


@pytest.mark.parametrize(("fee", "cost"), [(0, 560), (1, 760), (1.5, 800)])
def test_a_renewal_takes_the_place_of_what_is_handed_back(fee: float, cost: float) -> None:
    """Tests that blocks of a terminable contract are handed back, for their fee, to be renewed."""
    # Two blocks at 100 over 4 months: 800. Handed back in month 1 and renewed at 60: 200 + 3 x 120 = 560, and the fee.
    now = {"contract": "now", "price": 100, "committed_blocks": 2, "earliest": -1, "min_term_months": 1}
    now["termination_fee_months"] = fee
    better = {"contract": "better", "price": 60, "renews": "now", "term_months": 4, "max_blocks": 2, "earliest": 1}
    plan = solved(tiny(4, {"jobs": [20]}, contracts=[now, better]))
    assert plan.objective == pytest.approx(cost)
    assert ((1, "sign", "better", 2) in decided(plan)) == (fee < 1.5)


@pytest.mark.parametrize(("notice", "out"), [(0, 2), (3, 3), (4, None)])
def test_what_is_agreed_ends_by_its_minimum_term_and_notice(notice: int, out: int | None) -> None:
    """Tests that a terminable agreement from before the plan runs its minimum term and its notice, wanted or not."""
    # Started a month before the plan, for 3 months at least: it can end in month 2, and by its notice not before
    # month `notice`. Two blocks at 100 a month till then, or for all 4 months; `max_blocks` of 1 says nothing here.
    lease = {"price": 100, "committed_blocks": 2, "earliest": -1, "min_term_months": 3, "notice_months": notice}
    plan = solved(tiny(4, {"jobs": [0]}, contracts=[lease]))
    assert plan.objective == pytest.approx(200 * (4 if out is None else out))
    assert decided(plan) == ([] if out is None else [(out - max(1, notice), "hand_back", "lease", 2)])


_OVER = {
    "fixed": {"earliest": -8, "term_months": 6},
    "terminable": {"earliest": -8, "min_term_months": 2, "ends_by": -3},
}


@pytest.mark.parametrize("ramps", [[], _ramp((0, 0.5, 1), (1, 1, 1))], ids=["flat", "ramped"])
@pytest.mark.parametrize("kind", _OVER)
def test_a_contract_that_was_over_before_the_plan_gives_and_costs_nothing(kind: str, ramps: Rows) -> None:
    """Tests that blocks that ended two months before the plan are in no month of it, be it that they would do."""
    # Four months of 10 accelerators by the hour, at 2 x 100 hours: 4 x 2000.
    lease = {"price": 1, "committed_blocks": 2, **_OVER[kind]}
    hourly = [{"price": 2, "max_accelerators": 100}]
    plan = solved(tiny(4, {"jobs": [10]}, contracts=[lease], on_demand=hourly, ramps=ramps))
    assert plan.objective == pytest.approx(8000)
    assert decided(plan) == []
    assert set(plan.capacity["pool"]) == {"hourly"}


@pytest.mark.parametrize("kind", _OVER)
def test_an_outlet_that_was_over_before_the_plan_earns_nothing(kind: str) -> None:
    """Tests that accelerators of the fleet are free again, and used, once what they were leased out to is over."""
    # 10 accelerators stand idle or are used; energy is free. Leased out they would earn 500 a month.
    outlet = {"sells": "accelerators", "accelerators_per_block": 10, "price": 500, "committed_blocks": 1, **_OVER[kind]}
    plan = solved(tiny(4, {"jobs": [10]}, fleet=[{"count": 10}], outlets=[outlet]))
    assert plan.objective == pytest.approx(0)
    assert by_month(plan, "capacity", "used") == dict.fromkeys(range(4), 10)
    assert plan.leases.empty


def test_a_fixed_term_from_before_the_plan_keeps_the_price_of_the_first_month() -> None:
    """Tests that what runs already is paid at the price of month 0 and runs out in its time, its upfront long paid."""
    # 5 months from month -2 on: months 0, 1, 2 at 70, the price of month 0; those of before and after do not matter.
    lease = {"price": 100, "committed_blocks": 1, "earliest": -2, "term_months": 5, "upfront_per_block": 1000}
    prices = [{"item": "lease", "month": -1, "price": 70}, {"item": "lease", "month": 1, "price": 10}]
    plan = solved(tiny(5, {"jobs": [0]}, contracts=[lease], prices=prices))
    assert plan.cash["term"].unique().tolist() == ["contract"]
    assert paid(plan, "contract") == {0: 70, 1: 70, 2: 70}
    assert decided(plan) == [(3, "expire", "lease", 1)]


@pytest.mark.parametrize(("lead", "upfront"), [(0, {1: 90}), (1, {0: 90}), (2, {})])
def test_what_is_agreed_can_start_within_the_plan(lead: int, upfront: dict[int, float]) -> None:
    """Tests that agreed blocks start in their month, their upfront paid at the signature if that is in the plan."""
    # Three blocks for months 1 and 2 at 100, an upfront of 30 each.
    lease = {"price": 100, "committed_blocks": 3, "earliest": 1, "term_months": 2, "lead_months": lead}
    plan = solved(tiny(4, {"jobs": [0]}, contracts=[{**lease, "upfront_per_block": 30}]))
    assert (paid(plan, "upfront"), paid(plan, "contract")) == (upfront, {1: 300, 2: 300})
    assert by_month(plan, "capacity", "idle") == {1: 30, 2: 30}


def test_what_is_agreed_for_after_the_plan_is_paid_for_when_signed() -> None:
    """Tests that the upfront of an agreement that starts after the plan is paid if its signature is in it."""
    # Three blocks from month 5 of 4 on, signed 3 months before: 90 in month 2, and nothing else.
    lease = {"price": 100, "committed_blocks": 3, "earliest": 5, "term_months": 2, "lead_months": 3}
    plan = solved(tiny(4, {"jobs": [10]}, contracts=[{**lease, "upfront_per_block": 30}]))
    assert (paid(plan, "upfront"), paid(plan, "contract")) == ({2: 90}, {})
    assert plan.capacity.empty


def test_a_ramp_goes_on_from_before_the_plan() -> None:
    """Tests that a block that started before the plan is at its age in month 0."""
    # In month 0 the block is a month old: 6 accelerators for 50, then 10 for 100. The 4 missing cost 100 each. Handed
    # back in month 2 it would save 100 and cost 1000.
    plan = solved(
        tiny(
            3,
            {"jobs": [10]},
            contracts=[{"price": 100, "committed_blocks": 1, "earliest": -1, "min_term_months": 3}],
            ramps=_ramp((0, 0.2, 0.1), (1, 0.6, 0.5), (2, 1, 1)),
            workloads=[{"workload": "jobs", "penalty": 100}],
        )
    )
    assert by_month(plan, "capacity", "accelerators") == {0: 6, 1: 10, 2: 10}
    assert paid(plan, "contract") == {0: 50, 1: 100, 2: 100}
    assert plan.objective == pytest.approx(650)

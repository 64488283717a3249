"""Contracts: hand-worked optima of terms, notice, fees, windows, signatures and prices.

One block holds 10 accelerators unless told otherwise.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.program.tiny import by_month, decided, month, paid, solved, tiny


def _lease(**columns: Any) -> list[dict[str, Any]]:
    return [{"price": 100, **columns}]


@pytest.mark.parametrize(("notice", "out", "cost"), [(0, 3, 450), (3, 3, 450), (4, 4, 550), (5, None, 600)])
def test_a_lease_is_handed_back_after_its_notice_for_its_fee(notice: int, out: int | None, cost: float) -> None:
    """Tests that a lease ends when it pays to end it, not before its notice, and that the fee is paid then."""
    # Wanted in months 0 to 2 of 6. Out in month e costs 100 e + 1.5 x 100; staying to the end costs 600.
    # e = 3: 450. e = 4: 550. e = 5: 650, so with a notice of 5 months it stays.
    lease = _lease(min_term_months=2, notice_months=notice, termination_fee_months=1.5)
    plan = solved(tiny(6, {"jobs": [10, 10, 10, 0]}, contracts=lease))
    assert plan.objective == pytest.approx(cost)
    ended = [] if out is None else [(out - max(1, notice), "hand_back", "lease", 1)]
    assert decided(plan) == [(0, "sign", "lease", 1), *ended]
    assert paid(plan, "termination") == ({} if out is None else {out: 150})


def test_the_fee_is_at_the_price_of_its_month() -> None:
    """Tests that the fee counts months of the full price of the month of handing back, whatever the ramp charges."""
    # The price is 100, 40 from month 3 on, of which the ramp charges half. Out in month 3: 3 x 50 + 2 x 40 = 230.
    # Staying: 3 x 50 + 3 x 20 = 210. With a fee of one month: 190. At the price of the start it would be 250.
    for fee, cost in ((2, 210), (1, 190)):
        plan = solved(
            tiny(
                6,
                {"jobs": [10, 10, 10, 0]},
                contracts=_lease(min_term_months=1, termination_fee_months=fee),
                ramps=[{"month_of_term": 0, "capacity_fraction": 1, "price_fraction": 0.5}],
                prices=[{"item": "lease", "month": 3, "price": 40}],
            )
        )
        assert plan.objective == pytest.approx(cost)


@pytest.mark.parametrize(("term", "active"), [(2, [1, 2, 1, 1]), (3, [1, 2, 2, 1])])
def test_the_minimum_term_counts_for_every_block(term: int, active: list[float]) -> None:
    """Tests that each block runs its minimum term, and that the older block can go first."""
    # Wanted: 1, 2, 1, 1, 0 blocks. The block of month 0 can go in month 2 (minimum term 2) or 3 (minimum term 3), the
    # one of month 1 goes in month 4: 5 or 6 block-months. Both from month 0 would be 6 or 7.
    demand = {"jobs": [10, 20, 10, 10, 0]}
    plan = solved(tiny(5, demand, contracts=_lease(min_term_months=term, max_blocks=2)))
    assert by_month(plan, "capacity", "accelerators") == {t: 10 * blocks for t, blocks in enumerate(active)}
    assert plan.objective == pytest.approx(100 * sum(active))


def test_a_fixed_term_reaches_past_the_horizon() -> None:
    """Tests that of a term that runs on after the plan only the plan's months are paid, and all of it is told."""
    # Wanted in months 4 and 5 of 6: a year from month 4 on costs 2 x 100 within the plan and binds to 12 x 100.
    plan = solved(tiny(6, {"jobs": [0, 0, 0, 0, 10]}, contracts=_lease(term_months=12)))
    assert plan.objective == pytest.approx(200)
    (signed,) = plan.decisions.itertuples(index=False)
    assert (signed.month, signed.starts, signed.ends, signed.committed_cost) == (month(4), month(4), month(15), 1200)


def test_a_fixed_term_keeps_the_price_of_its_start() -> None:
    """Tests that a fixed term is paid at the price of its first month, a terminable one at each month's own."""
    # 100 in month 0, then 60. Unserved, a month costs 150.
    # Fixed from month 0: 400; from month 1: 150 + 3 x 60 = 330. Terminable from month 0: 100 + 3 x 60 = 280.
    for term, cost in (({"term_months": 4}, 330), ({"min_term_months": 4}, 280)):
        plan = solved(
            tiny(
                4,
                {"jobs": [10]},
                contracts=_lease(**term),
                prices=[{"item": "lease", "month": 1, "price": 60}],
                workloads=[{"workload": "jobs", "penalty": 15}],
            )
        )
        assert plan.objective == pytest.approx(cost)


@pytest.mark.parametrize(("penalty", "cost", "blocks"), [(12, 240, []), (16, 300, [3.0])])
def test_a_signature_has_its_least_number_of_blocks(penalty: float, cost: float, blocks: list[float]) -> None:
    """Tests that a signature has `min_blocks` or none: 2.5 whole blocks are 3."""
    # 20 wanted, 2 blocks would do. 3 blocks cost 300; not to serve costs 20 x penalty: 240 or 320.
    plan = solved(
        tiny(
            1,
            {"jobs": [20]},
            contracts=_lease(term_months=1, min_blocks=2.5, max_blocks=5),
            workloads=[{"workload": "jobs", "penalty": penalty}],
        )
    )
    assert plan.objective == pytest.approx(cost)
    assert plan.decisions["blocks"].tolist() == blocks


@pytest.mark.parametrize(("wanted", "penalty", "cost"), [(3, 10, 30), (3, 20, 50), (7, 20, 70)])
def test_broken_blocks_have_their_least_number_too(wanted: float, penalty: float, cost: float) -> None:
    """Tests that where blocks can be broken a signature is zero, or at least `min_blocks`, to the fraction needed."""
    # Half a block at least, 50. 3 wanted: 30 unserved at 10, but 60 at 20. 7 wanted: 0.7 blocks.
    plan = solved(
        tiny(
            1,
            {"jobs": [wanted]},
            contracts=_lease(term_months=1, integer=False, min_blocks=0.5, max_blocks=2),
            workloads=[{"workload": "jobs", "penalty": penalty}],
        )
    )
    assert plan.objective == pytest.approx(cost)


@pytest.mark.parametrize(("most", "whole", "served"), [(2, True, 20), (2.5, True, 20), (2.5, False, 25)])
def test_no_more_blocks_are_active_than_the_maximum(most: float, whole: bool, served: float) -> None:
    """Tests that `max_blocks` limits what is active at once, in whole blocks where they must be whole."""
    # 30 wanted in each of 4 months, terms of 2 months: they follow one another, never more than `max_blocks`.
    plan = solved(tiny(4, {"jobs": [30]}, contracts=_lease(term_months=2, max_blocks=most, integer=whole)))
    assert by_month(plan, "service", "served") == dict.fromkeys(range(4), served)


def test_leads_and_ends_bound_a_terminable_lease() -> None:
    """Tests that a lease starts `lead_months` after its signature, and runs out at `ends_by` without a fee."""
    # Lead of 2: months 2 and 3 are served, 2 x 100, whatever the fee; months 0, 1 and 4 cost 500 each.
    lease = _lease(min_term_months=1, lead_months=2, earliest=1, ends_by=3, termination_fee_months=5)
    plan = solved(tiny(5, {"jobs": [10]}, contracts=lease, workloads=[{"workload": "jobs", "penalty": 50}]))
    assert plan.objective == pytest.approx(1700)
    assert decided(plan) == [(0, "sign", "lease", 1), (4, "expire", "lease", 1)]
    assert plan.decisions["starts"].tolist() == [month(2), ""]


def test_a_fixed_term_ends_by_its_last_month() -> None:
    """Tests that a fixed term starts early enough to end by `ends_by`."""
    # Wanted in months 3 and 4; 3 months that end by month 3 start in month 1 at the latest: 300, and month 4 is missed.
    plan = solved(
        tiny(
            5,
            {"jobs": [0, 0, 0, 10]},
            contracts=_lease(term_months=3, ends_by=3),
            workloads=[{"workload": "jobs", "penalty": 50}],
        )
    )
    assert plan.objective == pytest.approx(300 + 500)
    assert decided(plan) == [(1, "sign", "lease", 1), (4, "expire", "lease", 1)]


@pytest.mark.parametrize(("earliest", "latest", "start"), [(0, 4, 0), (1, 4, 1), (3, 3, 3)])
def test_blocks_start_within_their_window(earliest: int, latest: int, start: int) -> None:
    """Tests that nothing starts before `earliest` or after `latest`."""
    # Wanted in all 5 months: the sooner the better, 1000 a month unserved and 100 a month leased.
    lease = _lease(min_term_months=1, earliest=earliest, latest=latest)
    plan = solved(tiny(5, {"jobs": [10]}, contracts=lease, workloads=[{"workload": "jobs", "penalty": 100}]))
    assert decided(plan) == [(start, "sign", "lease", 1)]
    assert plan.objective == pytest.approx(1000 * start + 100 * (5 - start))


def test_the_upfront_is_paid_at_signature() -> None:
    """Tests that the upfront is due at the signature, a lead before the start, and discounted from there."""
    # A rate of 100 % halves money every 12 months: upfront 100 in month 12, price 100 in month 24: 50 + 25.
    plan = solved(
        tiny(
            25,
            {"jobs": [0] * 24 + [10]},
            head={"discount_rate": 1},
            contracts=_lease(term_months=1, lead_months=12, upfront_per_block=100),
        )
    )
    assert (paid(plan, "upfront"), paid(plan, "contract")) == ({12: 100}, {24: 100})
    assert plan.objective == pytest.approx(75)
    assert plan.decisions["committed_cost"].tolist() == [200]


@pytest.mark.parametrize(
    ("per", "price"), [("block_month", 500), ("mw_month", 250), ("accelerator_month", 50), ("accelerator_hour", 0.5)]
)
def test_prices_are_per_block_mw_accelerator_or_hour(per: str, price: float) -> None:
    """Tests the four units of prices, and that a later price is in the same unit."""
    # A block of 10 accelerators and 2 MW, 100 hours a month: 500 a month by each, then twice that.
    lease = [{"per": per, "price": price, "mw_per_block": 2, "min_term_months": 1}]
    later = [{"item": "lease", "month": 1, "price": 2 * price}]
    plan = solved(tiny(2, {"jobs": [10]}, contracts=lease, prices=later))
    assert paid(plan, "contract") == {0: 500, 1: 1000}


def test_availability_and_throughput_multiply() -> None:
    """Tests that work delivered is accelerators x availability x factor."""
    # 10 accelerators x 0.8 x 2 = 16 of the 17 wanted.
    plan = solved(
        tiny(1, {"jobs": [17]}, throughput=[{"factor": 2}], contracts=_lease(term_months=1, availability=0.8))
    )
    assert by_month(plan, "service", "unserved") == {0: 1}
    assert by_month(plan, "allocation", "work") == {0: 16}
    assert by_month(plan, "allocation", "accelerators") == {0: 10}

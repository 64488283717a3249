"""Corners of plans that pass their audit: what counts, and what is over before the plan."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.plan.plan import Plan
from tests.auditing.tampering import change, judged_by, named, pick, with_head
from tests.program.tiny import by_month, decided, month, paid, solved, tiny

LEASE: dict[str, Any] = {"price": 100, "term_months": 12, "max_blocks": 1}
HOURLY = {"price": 3, "max_accelerators": 10}
PROVIDERS = [{}, {"provider": "lab", "kind": "tenant"}, {"provider": "other"}]


@pytest.mark.parametrize("of", ["cloud", "other"])
def test_capacity_by_the_hour_counts_in_no_share(of: str) -> None:
    """Tests that a lease of ten and ten own are half each, whoever offers ten by the hour."""
    # 30 wanted: ten own, ten leased for 100 and ten by the hour for 3 x 100 hours each. Counted by the hour, cloud had
    # two thirds; and with 0.34 of 30 the lease would be refused.
    given = {"fleet": [{"count": 10}], "contracts": [LEASE], "on_demand": [{**HOURLY, "provider": of}]}
    policy = {"rule": "max_share", "subject": "provider", "member": "cloud"}
    fits = solved(tiny(1, {"jobs": [30]}, providers=PROVIDERS, **given, policies=[{**policy, "limit": 0.5}]))
    assert fits.objective == pytest.approx(100 + 10 * 300)
    tight = solved(tiny(1, {"jobs": [30]}, providers=PROVIDERS, **given, policies=[{**policy, "limit": 0.49}]))
    assert tight.objective == pytest.approx(10 * 300 + 10 * 1000)  # no lease: by the hour, and unserved


@pytest.mark.parametrize(
    ("start", "term", "decisions", "payments"),
    [
        (-3, 2, [], {}),  # in force two months and one month before the plan: its end was then
        (-3, 3, [(0, "expire", "lease", 1)], {}),  # the plan's first month is the first without it
        (-3, 4, [(1, "expire", "lease", 1)], {0: 100}),
        (-1, 3, [(2, "expire", "lease", 1)], {0: 100, 1: 100}),
        (-1, 4, [], {0: 100, 1: 100, 2: 100}),  # it ends with the plan
        (1, 1, [(2, "expire", "lease", 1)], {1: 100}),
    ],
)
def test_agreed_terms_expire_in_the_month_after_their_last(
    start: int, term: int, decisions: list[tuple[int, str, str, float]], payments: dict[int, float]
) -> None:
    """Tests ends before the plan, in each of its months, and after it."""
    agreed = {"price": 100, "term_months": term, "earliest": start, "committed_blocks": 1}
    plan = solved(tiny(3, {"jobs": [0]}, contracts=[agreed], on_demand=[HOURLY]))
    assert decided(plan) == decisions
    assert paid(plan, "contract") == payments


def test_a_rate_without_its_commitment_is_not_there() -> None:
    """Tests that a part of an accelerator of a rate whose commitment does not run is too much."""
    # The year of the commitment begins in month 1.
    deal = {"annual_amount": 0, "earliest": 1, "latest": 1, "required": True}
    rate = {"offer": "rate", "price": 1, "max_accelerators": 10, "commitment": "deal"}
    plan = solved(tiny(2, {"jobs": [5]}, on_demand=[HOURLY, rate], commitments=[deal]))
    assert named(plan) == set()
    row = pick(plan, "allocation", pool="hourly", month=month(0))
    assert ("pool_limit", "rate", month(0)) in named(change(plan, "allocation", row, pool="rate", accelerators=0.5))
    later = pick(plan, "allocation", pool="rate", month=month(1))
    assert ("pool_limit", "rate", month(1)) not in named(change(plan, "allocation", later, accelerators=9.9))


@pytest.mark.parametrize(
    ("table", "given"),
    [
        ("runs", {"training_runs": [{"work": 10, "sizes": "10", "penalty": 1}]}),
        ("rules", {"rules": [{"sense": "<=", "rhs": 99}], "rule_terms": [{"quantity": "used", "item": "jobs"}]}),
        ("outages", {"policies": [{"rule": "survive", "subject": "provider", "limit": 0}]}),
    ],
)
def test_a_table_that_the_instance_does_not_need_can_be_left_out(table: str, given: dict[str, Any]) -> None:
    """Tests plans without a table, of an instance that has nothing for it and of one that has."""
    for more, found in (({}, set()), (given, {("tables", table, "")})):
        plan = solved(tiny(1, {"jobs": [5]}, on_demand=[HOURLY], **more))
        assert named(plan) == set()
        rest = {name: frame for name, frame in plan.tables.items() if name != table}
        assert named(Plan(plan.head, rest, plan.instance)) == found


@pytest.mark.parametrize(("work", "placed"), [(10, 0), (20, 0), (21, 1)])
def test_a_run_that_is_over_before_the_plan_has_no_row(work: float, placed: int) -> None:
    """Tests runs at ten from two months before the plan on, which end in the first of them, in the second, or later."""
    made = [{"month": -2, "decision": "start_run", "item": "big", "pool": "hall/gpu"}]
    run = [{"work": work, "sizes": "10", "required": True}]
    plan = solved(tiny(2, {"jobs": [0]}, fleet=[{"count": 10}], training_runs=run, decided=made))
    assert len(plan.runs) == placed
    assert named(plan) == set()


def test_a_price_by_the_hour_is_one_of_all_accelerators() -> None:
    """Tests a lease of ten accelerators at 0.5 an hour, of which there are 100 a month: 500."""
    lease = {"price": 0.5, "per": "accelerator_hour", "term_months": 2}
    plan = solved(tiny(2, {"jobs": [10]}, contracts=[lease]))
    assert paid(plan, "contract") == {0: 500, 1: 500}
    assert named(plan) == set()


def test_the_last_month_of_a_term_is_counted_from_its_start() -> None:
    """Tests a lease signed in month 1 that starts in month 2 and runs for three months, to month 4."""
    lease = {"price": 1, "term_months": 3, "lead_months": 1, "earliest": 2, "latest": 2}
    given = {"jobs": [0, 0, 10, 10, 10]}
    plan = solved(tiny(5, given, contracts=[{**lease, "ends_by": 4}]))
    assert decided(plan)[0] == (1, "sign", "lease", 1)
    found = named(judged_by(plan, tiny(5, given, contracts=[{**lease, "ends_by": 3}])))
    assert found == {("ends_by", "lease", month(1))}


GRID: dict[str, Any] = {
    "contract": "grid",
    "supplies": "mw",
    "site": "hall",
    "mw_per_block": 0.5,
    "price": 20,
    "minimum_take": 0.6,
    "min_term_months": 3,
    "notice_months": 3,
    "termination_fee_months": 0.5,
    "committed_blocks": 1,
    "earliest": 1,
    "region": None,
    "accelerator": None,
    "accelerators_per_block": float("nan"),
}


def _grid(**given: Any) -> Plan:
    """MW from month 1 on, half of them at first, at 20 a month and 30 from month 2 on, when half is there at 0.9."""
    stop = {"item": "grid", "from": 2, "to": 2, "capacity_fraction": 0.5, "price_fraction": 0.9}
    ramp = {"contract": "grid", "price_fraction": 1}
    ramps = [
        {**ramp, "month_of_term": 0, "capacity_fraction": 0.5},
        {**ramp, "month_of_term": 1, "capacity_fraction": 1},
    ]
    prices = [{"item": "grid", "month": 2, "price": 30}]
    site: dict[str, Any] = {"sites": [{}], "power": [{"mw": 0}], "ramps": ramps, "interruptions": [stop]}
    return solved(tiny(3, {"jobs": [0]}, contracts=[GRID], prices=prices, **site, **given))


@pytest.mark.parametrize("price", [20.0, 0.2])
def test_no_invoice_is_below_the_minimum_take(price: float) -> None:
    """Tests a block at 20 and at 0.2 a month, of which 0.3 are due."""
    grid = {**GRID, "price": price, "minimum_take": 0.3}
    plan = solved(tiny(2, {"jobs": [0]}, contracts=[grid], sites=[{}], power=[{"mw": 0}]))
    assert paid(plan, "contract") == pytest.approx({1: 0.3 * price})
    assert named(plan) == set()
    row, less = pick(plan, "cash", term="contract"), 0.29 * price
    assert ("cash", "grid", month(1)) in named(change(plan, "cash", row, amount=less, present_value=less))


def test_a_minimum_take_is_owed_until_it_can_be_left() -> None:
    """Tests the minimum invoices of the term, of the notice and after the plan, and the fee."""
    # Billed at least: 0.6 x 20 x 0.5 = 6, 0.6 x 30 x 0.5 x 0.9 = 8.1, then 0.6 x 30 = 18 each month. It can leave in
    # month 4, by notice of month 2 in month 5, for a fee of 0.5 x 30.
    plan = _grid()
    assert paid(plan, "contract") == pytest.approx({1: 6, 2: 8.1})
    owed = by_month(plan, "obligations", "owed")
    assert owed == pytest.approx({0: 6 + 8.1 + 18 + 15, 1: 6 + 8.1 + 18 + 15, 2: 8.1 + 18 + 18 + 15})
    assert by_month(plan, "obligations", "owed_after_horizon") == pytest.approx({0: 33, 1: 33, 2: 51})
    assert named(plan) == set()


def test_what_may_be_billed_above_the_minimum_take() -> None:
    """Tests that a larger invoice passes only where something can require it: a commitment, a rule, a constraint."""
    rule = {
        "rules": [{"sense": ">=", "rhs": 0, "each": "total"}],
        "rule_terms": [{"quantity": "spend", "item": "cloud"}],
    }
    deal = {"commitments": [{"annual_amount": 0}]}
    for given, passes in (({}, False), (rule, True), (deal, True)):
        plan = _grid(**given)
        row = pick(plan, "cash", term="contract", month=month(1))
        more = change(plan, "cash", row, amount=9.0, present_value=9.0)  # 15 is the price of all that is delivered
        assert (("cash", "grid", month(1)) not in named(more)) is passes
        less = change(plan, "cash", row, amount=5.9, present_value=5.9)
        assert ("cash", "grid", month(1)) in named(less)
    constraint = {"name": "x", "terms": [{"variable": "billed", "index": ["grid", month(1)], "coefficient": 1}]}
    plan = _grid()
    added = {"constraints": [{**constraint, "at_least": 0.0, "at_most": None, "value": 0.4}], "variables": []}
    row = pick(plan, "cash", term="contract", month=month(1))
    more = change(with_head(plan, added=added), "cash", row, amount=9.0, present_value=9.0)
    assert ("cash", "grid", month(1)) not in named(more)


def test_a_commitment_of_many_years_is_owed_in_full() -> None:
    """Tests thirteen years of 1200, of which two months lie in the plan: 200 and, after it, 1000 and 12 x 1200."""
    deal = {"annual_amount": 1200, "years": 13, "latest": 0, "required": True}
    plan = solved(tiny(2, {"jobs": [0]}, on_demand=[HOURLY], commitments=[deal]))
    assert by_month(plan, "obligations", "owed") == {0: 15_600, 1: 15_600}
    assert by_month(plan, "obligations", "owed_after_horizon") == {0: 15_400, 1: 15_400}
    assert named(plan) == set()


def test_what_starts_after_the_plan_costs_nothing_in_it() -> None:
    """Tests blocks agreed from the month after the plan on, with an upfront at their start."""
    agreed = {"price": 100, "term_months": 2, "earliest": 2, "committed_blocks": 1, "upfront_per_block": 9}
    plan = solved(tiny(2, {"jobs": [0]}, contracts=[agreed], on_demand=[HOURLY]))
    assert plan.cash.empty
    assert named(plan) == set()

"""Contracts of MW: hand-worked optima at a site, outages, own rules, break-even price and the audit.

An accelerator draws 1 kW; a month of one that does no work costs 1000.
"""

from __future__ import annotations

from typing import Any

import pytest

import optimizer
from optimizer.analysis.losses import losses
from optimizer.analysis.offers import offers_table
from optimizer.errors import NoFeasiblePlan
from tests.auditing.tampering import change, judged_by, named, pick
from tests.oracle import ask
from tests.program.tiny import by_month, decided, frames, month, paid, solved

BLANK = {"region": None, "accelerator": None, "accelerators_per_block": None}
HALL = {
    "contract": "hall-lease", "supplies": "mw", "site": "hall", "mw_per_block": 0.005, "price": 100, "term_months": 3,
    "max_blocks": 2, **BLANK,
}  # fmt: skip


def _case(*contracts: dict[str, Any], months: int = 3, demand: float = 20, **more: Any) -> dict[str, Any]:
    """A site with 20 accelerators and power for 5 of them."""
    tables = {"fleet": [{"count": 20}], "power": [{"mw": 0.005}], **more}
    return frames(months, {"jobs": [demand]}, contracts=contracts, **tables)


def _costs(case: dict[str, Any], cost: float) -> Any:
    plan = solved(optimizer.read(case))
    assert plan.objective == pytest.approx(cost)
    assert ask(case).objective == pytest.approx(cost)
    return plan


def test_leased_space_powers_own_accelerators() -> None:
    """Tests that blocks add their MW to the site's power, at their price, and make no pool."""
    # Two blocks of 5 kW for 3 months: 600; 15 of 20 run, 5 do not: 3 x 5000.
    plan = _costs(_case(HALL), 15_600)
    assert by_month(plan, "power", "mw_available") == {0: 0.015, 1: 0.015, 2: 0.015}
    assert set(plan.capacity["pool"]) == {"hall/gpu"}
    assert decided(plan) == [(0, "sign", "hall-lease", 2)]
    assert plan.decisions["mw"].tolist() == [0.01]
    assert paid(plan, "contract") == {0: 200, 1: 200, 2: 200}


@pytest.mark.parametrize(("price", "signed"), [(999, True), (1001, False)])
def test_the_price_can_be_per_mw(price: float, signed: bool) -> None:
    """Tests `mw_month`, where a MW is worth 1000 accelerators: a kW for less than 1000 a month is taken."""
    case = _case({**HALL, "price": price * 1000, "per": "mw_month"})
    # Taken: 5 accelerators stand idle, 10 kW at the price. Not taken: 15 stand idle, for 3 months.
    plan = _costs(case, min(15_000 + 10 * 3 * price, 45_000))
    assert bool(decided(plan)) == signed


def test_ramp_interruption_and_the_sites_interruption_apply() -> None:
    """Tests delivery by age, times what interruptions of the contract and of its site leave."""
    # 2 blocks agreed: 5 + 10 x (0.5, 1 x 0.6, 1) kW, half of it in month 2: 10, 11, 7.5 run.
    agreed = {**HALL, "committed_blocks": 2, "earliest": 0}
    ramps = [
        {"contract": "hall-lease", "month_of_term": age, "capacity_fraction": share}
        for age, share in ((0, 0.5), (1, 1))
    ]
    breaks = [
        {"interruption": "a", "item": "hall-lease", "from": 1, "to": 1, "capacity_fraction": 0.6},
        {"interruption": "b", "item": "hall", "from": 2, "capacity_fraction": 0.5},
    ]
    plan = _costs(_case(agreed, ramps=ramps, interruptions=breaks), 600 + 1000 * (10 + 9 + 12.5))
    assert by_month(plan, "power", "mw_used") == pytest.approx({0: 0.010, 1: 0.011, 2: 0.0075})


def test_what_is_lost_takes_its_mw_along() -> None:
    """Tests that critical work which survives the loss of a lessor has the power that is left."""
    # 10 of 20 accelerators run with the lease, 5 without: a quarter of 20 survives, no more.
    agreed = {**HALL, "committed_blocks": 1, "earliest": 0}
    for limit, survives in ((0.25, True), (0.26, False)):
        policy = {"rule": "survive", "subject": "provider", "member": "cloud", "limit": limit}
        jobs = [{"workload": "jobs", "penalty": 1000, "critical": 1}]
        case = _case(agreed, workloads=jobs, policies=[policy])
        if survives:
            _costs(case, 300 + 30_000)
        else:
            assert ask(case).status == "infeasible"
            with pytest.raises(NoFeasiblePlan):
                optimizer.solve(optimizer.read(case))


def test_the_mw_of_other_lessors_survive() -> None:
    """Tests that of two halls of two lessors either one is left when the other is lost."""
    # 15 of 20 accelerators run with both, 10 with either one alone: half of 20 survives.
    halls = [
        {**HALL, "contract": f"of-{name}", "provider": name, "committed_blocks": 1, "earliest": 0} for name in "ab"
    ]
    parties = [{"provider": name} for name in "ab"]
    policy = {"rule": "survive", "subject": "provider", "member": "", "limit": 0.5}
    jobs = [{"workload": "jobs", "penalty": 1000, "critical": 1}]
    _costs(_case(*halls, providers=parties, workloads=jobs, policies=[policy]), 2 * 300 + 15_000)


@pytest.mark.parametrize(("subject", "member", "least"), [("provider", "cloud", 1), ("site", "hall", 0)])
def test_space_that_is_sold_stays_supplied(subject: str, member: str, least: int) -> None:
    """Tests that space sold out of leased MW needs other power if the lessor is lost, not if the site is."""
    # Sold: 8 kW for nothing, agreed. Own power 5 kW: the lease is needed. Without the lessor 3 kW are missing, so that
    # there is no plan; a site that is lost itself supplies nobody.
    space = {"sells": "mw", "site": "hall", "accelerator": "", "mw_per_block": 0.008, "price": 0, "term_months": 9}
    policy = {"rule": "survive", "subject": subject, "member": member, "limit": 1}
    sold = [{**space, "committed_blocks": 1, "earliest": 0}]
    case = _case({**HALL, "committed_blocks": 1, "earliest": 0}, demand=0, outlets=sold, policies=[policy])
    if least:
        assert ask(case).status == "infeasible"
        with pytest.raises(NoFeasiblePlan):
            optimizer.solve(optimizer.read(case))
    else:
        _costs(case, 300)


def test_shares_do_not_count_mw() -> None:
    """Tests that the lessor has no share of capacity, however much it powers."""
    policy = {"rule": "max_share", "subject": "provider", "member": "cloud", "limit": 0}
    _costs(_case(HALL, policies=[policy]), 15_600)


def test_own_rules_count_its_mw() -> None:
    """Tests the quantity mw of a contract and of its provider; that of accelerators is refused."""
    rules = [{"sense": "<=", "rhs": 0.012}]
    for item, coefficient in (("hall-lease", 1), ("cloud", 1), ("hall-lease", 2)):
        terms = [{"quantity": "mw", "item": item, "coefficient": coefficient}]
        blocks = 2 if coefficient == 1 else 1
        plan = _costs(_case(HALL, rules=rules, rule_terms=terms), 3 * (100 * blocks + 1000 * (15 - 5 * blocks)))
        assert by_month(plan, "rules", "value") == pytest.approx(dict.fromkeys(range(3), 0.005 * blocks * coefficient))
    with pytest.raises(
        optimizer.InstanceError, match="capacity is not available for 'hall-lease', a contract that supplies mw"
    ):
        optimizer.read(_case(HALL, rules=rules, rule_terms=[{"quantity": "capacity", "item": "hall-lease"}]))


def test_a_lease_of_mw_has_a_break_even_price() -> None:
    """Tests that explain finds the price at which a rejected hall is taken: what its accelerators save."""
    # 5 kW power 5 accelerators: 5 x 1000 a month.
    plan = solved(optimizer.read(_case({**HALL, "price": 8000, "max_blocks": 1})))
    table = offers_table(optimizer.WhatIf(plan, threads=1), plan, ["hall-lease"])
    assert table["verdict"].tolist() == ["rejected"]
    assert table["price_to_win"].tolist() == pytest.approx([5000], rel=1e-3)


def test_losses_count_its_mw() -> None:
    """Tests that the table of losses knows that critical work is short without the lessor."""
    jobs = [{"workload": "jobs", "penalty": 1000, "critical": 0.5}]
    plan = solved(optimizer.read(_case({**HALL, "max_blocks": 1}, workloads=jobs)))
    row = losses(plan).query("subject == 'provider' and member == 'cloud'").iloc[0]
    assert (row["months"], row["short"]) == (3, pytest.approx(5))


def test_the_audit_knows_its_power() -> None:
    """Tests that power that is not contracted is a violation, and so is the loss of what holds it up."""
    plan = solved(optimizer.read(_case(HALL)))
    row = pick(plan, "power", month=month(1))
    assert ("power", "hall", month(1)) in named(change(plan, "power", row, mw_available=0.02))
    less = optimizer.read(_case({**HALL, "mw_per_block": 0.004}))
    assert ("power_limit", "hall", month(0)) in named(judged_by(plan, less))


def test_it_is_extended_by_a_what_if_in_place() -> None:
    """Tests that an edited size of a block needs no new model."""
    query = optimizer.WhatIf(solved(optimizer.read(_case(HALL))), threads=1)
    # 5 + 2 x 6 of 20 run.
    assert query("contracts.hall-lease.mw_per_block=0.006").objective == pytest.approx(600 + 9000)
    assert query.live.rebuilt == 0


# ---------------------------------------------------------------- minimum take
METERED = {**HALL, "committed_blocks": 2, "earliest": 0, "minimum_take": 0.6}


@pytest.mark.parametrize(
    ("demand", "billed"),
    [
        (3, 6),  # own power is enough: the minimum take, 0.6 of 10 kW
        (9, 6),  # 4 kW are drawn, 6 are billed
        (13, 8),  # 8 kW are drawn and billed
        (20, 10),  # all of it
    ],
)
def test_what_is_drawn_above_the_minimum_take_is_billed(demand: float, billed: float) -> None:
    """Tests the invoices of two blocks of 5 kW, at 100 a block, that is 20 a kW."""
    case = _case(METERED, demand=demand)
    plan = _costs(case, 3 * (20 * billed + 1000 * max(0, demand - 15)))
    assert paid(plan, "contract") == pytest.approx(dict.fromkeys(range(3), 20 * billed))
    assert by_month(plan, "power", "mw_available") == {0: 0.015, 1: 0.015, 2: 0.015}


def test_the_price_is_that_of_each_month_and_interrupted() -> None:
    """Tests that also a fixed term pays each month's price, and what an interruption leaves of MW and price."""
    # 13 kW wanted, 5 own: 8 kW at 20, at 40 from month 1 on. In month 2 half of the 10 kW is left, at half the price:
    # 5 kW at 20, and 3 accelerators do no work.
    prices = [{"item": "hall-lease", "month": 1, "price": 200}]
    recall = [{"interruption": "a", "item": "hall-lease", "from": 2, "capacity_fraction": 0.5, "price_fraction": 0.5}]
    plan = _costs(_case(METERED, demand=13, prices=prices, interruptions=recall), 160 + 320 + 100 + 3000)
    assert paid(plan, "contract") == pytest.approx({0: 160, 1: 320, 2: 100})


def test_the_cheaper_contract_is_drawn_first() -> None:
    """Tests two metered contracts of one site: their minimum takes, and above them the cheaper MW."""
    # 5 own, 6 + 3 kW billed anyway: 14 of 18 kW wanted. 4 more: 2 of the second at 10 a kW, 2 of the first at 20.
    other = {**METERED, "contract": "grid", "committed_blocks": 1, "price": 50}
    plan = _costs(_case(METERED, other, demand=18), 3 * (20 * 8 + 10 * 5))
    assert paid(plan, "contract", "hall-lease") == pytest.approx(dict.fromkeys(range(3), 160))


def test_what_it_binds_to_is_the_minimum_take() -> None:
    """Tests committed cost and tail: the minimum take, after the plan at the price of its last month."""
    # One month at 200 for two blocks of a lease that goes on for two: 0.6 x 200 = 120 each, and half of 240 as a tail.
    offer = {**HALL, "minimum_take": 0.6, "latest": 0}
    case = _case(offer, months=1, head={"tail_fraction": 0.5})
    plan = _costs(case, 200 + 5000 + 120)
    assert plan.decisions["committed_cost"].tolist() == pytest.approx([3 * 120])
    assert paid(plan, "tail") == pytest.approx({1: 120})


def test_commitments_count_the_invoice() -> None:
    """Tests that what is billed counts towards a spend commitment to the lessor."""
    # A year of 1200, three months of it 300; 3 x 120 are billed, or what a commitment of 6000 demands: 1500 in all.
    for amount, short in ((1200, 0), (6000, 1500 - 360)):
        deal = {"annual_amount": amount, "required": True, "latest": 0}
        _costs(_case(METERED, demand=3, commitments=[deal]), 360 + short)


def test_a_minimum_take_of_1_is_none() -> None:
    """Tests that a share of 1 is a plain contract, and that one just below it costs nearly the same."""
    for take in (1, 1 - 1e-9):
        _costs(_case({**METERED, "minimum_take": take}, demand=3), 600)


def test_the_audit_prices_what_is_billed() -> None:
    """Tests that less and more than what must be billed are violations, at the minimum take and above it."""
    for demand in (3, 13):
        plan = solved(optimizer.read(_case(METERED, demand=demand)))
        row = pick(plan, "cash", term="contract", month=month(1))
        for factor in (0.99999, 1.00001):
            wrong = change(plan, "cash", row, amount=lambda amount, by=factor: amount * by)
            assert ("cash", "hall-lease", month(1)) in named(wrong)

"""Interruptions: hand-worked figures of contracts, offers and sites, neutral values, what-ifs and the audit.

One block has 10 accelerators; a month not served costs 1000 an accelerator.
"""

from __future__ import annotations

from typing import Any

import pytest

import optimizer
from optimizer.errors import NoFeasiblePlan
from optimizer.plan.obligations import owed_after
from optimizer.plan.plan import Plan
from tests.auditing.tampering import change, judged_by, named, pick
from tests.oracle import ask
from tests.program.rich import rich_frames
from tests.program.tiny import by_month, decided, frames, month, paid, solved, tiny

LEASE = {"price": 100, "term_months": 4, "committed_blocks": 1, "earliest": 0}


def _recall(**columns: Any) -> dict[str, Any]:
    return {"interruption": "recall", "item": "lease", "from": 1, "to": 2, "capacity_fraction": 0.5, **columns}


def _case(*more: dict[str, Any], **columns: Any) -> dict[str, Any]:
    """A lease for the four months of the plan; half of it is gone in months 1 and 2, at 0.4 of the price."""
    breaks = [_recall(price_fraction=0.4), *more]
    return frames(4, {"jobs": [10]}, contracts=[{**LEASE, **columns}], interruptions=breaks)


def _plan(*more: dict[str, Any], **columns: Any) -> Plan:
    return solved(optimizer.read(_case(*more, **columns)))


def test_a_contract_delivers_less_and_charges_less() -> None:
    """Tests capacity, payments and cost of a lease of which half is recalled for two months."""
    # 100 + 40 + 40 + 100, and 5 accelerators not served in two months: 280 + 10,000.
    plan = _plan()
    assert by_month(plan, "capacity", "accelerators") == {0: 10, 1: 5, 2: 5, 3: 10}
    assert paid(plan, "contract") == {0: 100, 1: 40, 2: 40, 3: 100}
    assert plan.objective == pytest.approx(10_280)
    assert ask(_case()).objective == pytest.approx(10_280)


def test_interruptions_of_one_item_multiply() -> None:
    """Tests two interruptions that overlap in month 2; a blank end lasts to the end of the plan."""
    # From month 2 on another half is gone, at half of the price: 2.5 left at 20 in month 2, 5 at 50 in month 3.
    plan = _plan({**_recall(price_fraction=0.5), "interruption": "more", "from": 2, "to": None})
    assert by_month(plan, "capacity", "accelerators") == {0: 10, 1: 5, 2: 2.5, 3: 5}
    assert paid(plan, "contract") == {0: 100, 1: 40, 2: 20, 3: 50}


def test_the_price_is_that_of_ramp_escalation_and_interruption() -> None:
    """Tests that the three fractions of a price multiply, of a term that began before the plan, as did the recall."""
    # Ages 11 to 14: half the price up to age 12, a tenth more from age 12 on, 0.4 of it in months -5 to 2.
    plan = solved(
        tiny(
            4,
            {"jobs": [0]},
            contracts=[{**LEASE, "term_months": 20, "earliest": -11, "escalation": 0.1}],
            ramps=[
                {"month_of_term": 0, "capacity_fraction": 1, "price_fraction": 0.5},
                {"month_of_term": 13, "capacity_fraction": 1},
            ],
            interruptions=[_recall(price_fraction=0.4, **{"from": -5})],
        )
    )
    assert paid(plan, "contract") == pytest.approx({0: 20, 1: 22, 2: 44, 3: 110})


def test_notice_and_fee_are_those_of_the_full_price() -> None:
    """Tests that a terminable lease whose price is waived is handed back for the fee of a full month."""
    # Wanted in month 0 only. Out in month 1: 100 + fee 50. Kept while the price is waived, in months 1 and 2: out in
    # month 3 the same, to the end 200.
    lease = {"price": 100, "min_term_months": 1, "termination_fee_months": 0.5, "notice_months": 1}
    recall = _recall(price_fraction=0)
    plan = solved(tiny(4, {"jobs": [10, 0]}, contracts=[lease], interruptions=[recall]))
    assert plan.objective == pytest.approx(150)
    assert sum(paid(plan, "termination").values()) == 50


def test_what_is_signed_binds_to_the_price_that_is_left() -> None:
    """Tests committed cost and what is owed after the plan, where the interruption goes on."""
    # Six months from month 0, 4 of them in the plan: 100 in month 0, and 40 in each month from 1 on.
    lease = {"price": 100, "term_months": 6, "latest": 0}
    recall = _recall(price_fraction=0.4, to=None)
    plan = solved(tiny(4, {"jobs": [10]}, contracts=[lease], interruptions=[recall]))
    (signed,) = plan.decisions.itertuples(index=False)
    assert signed.committed_cost == pytest.approx(300)
    assert owed_after(plan.instance, plan.obligations) == pytest.approx({"lease": 80})


@pytest.mark.parametrize("tied", [False, True])
def test_less_can_be_taken_on_demand(tied: bool) -> None:
    """Tests that an offer's most is interrupted, with and without a spend commitment that it belongs to."""
    # 10 accelerators at 1 x 100 hours; 2 of them left in month 1: 10, 2, 10 are taken, 8 are not served: 2200 + 8000.
    offer = {"price": 1, "max_accelerators": 10, "commitment": "deal" if tied else None}
    deals = [{"annual_amount": 0, "required": True, "latest": 0}]
    recall = _recall(item="hourly", capacity_fraction=0.2, to=1)
    case = frames(3, {"jobs": [10]}, on_demand=[offer], commitments=deals, interruptions=[recall])
    plan = solved(optimizer.read(case))
    assert by_month(plan, "capacity", "accelerators") == {0: 10, 1: 2, 2: 10}
    assert plan.objective == pytest.approx(10_200) == ask(case).objective


def _hall(**more: Any) -> dict[str, Any]:
    """20 accelerators of 1 kW at a site with 0.01 MW, and 0.01 MW of a build; a quarter of it left in month 1."""
    return frames(
        3,
        {"jobs": [20]},
        fleet=[{"count": 20}],
        power=[{"mw": 0.01}],
        builds=[{"mw_per_block": 0.01, "capex_per_mw": 0}],
        interruptions=[_recall(item="hall", capacity_fraction=0.25, to=1)],
        **more,
    )


def test_a_site_has_less_power_of_every_kind() -> None:
    """Tests that supply and builds of a site are interrupted, while its accelerators stay installed."""
    plan = solved(optimizer.read(_hall()))
    assert by_month(plan, "power", "mw_available") == {0: 0.02, 1: 0.005, 2: 0.02}
    assert by_month(plan, "capacity", "accelerators") == {0: 20, 1: 20, 2: 20}
    assert plan.objective == pytest.approx(15_000) == ask(_hall()).objective


def test_powered_space_stays_leased_out_of_what_is_left() -> None:
    """Tests that the MW of an outlet come out of the interrupted power."""
    # The outlet takes 0.004 of the 0.005 MW that are left in month 1: one accelerator runs there, 16 elsewhere.
    space = {"sells": "mw", "site": "hall", "accelerator": "", "mw_per_block": 0.004, "price": 0, "term_months": 9}
    plan = solved(optimizer.read(_hall(outlets=[{**space, "committed_blocks": 1, "earliest": 0}])))
    assert by_month(plan, "service", "unserved") == {0: 4, 1: 19, 2: 4}


@pytest.mark.parametrize(("left", "survives"), [(0.5, True), (0.49, False)])
@pytest.mark.parametrize("item", ["lease", "hourly", "hall"])
def test_what_survives_a_loss_is_interrupted(item: str, left: float, survives: bool) -> None:
    """Tests that what is left when a provider is lost is counted as interruptions leave it."""
    # Half of 10 is critical. Each of the three supplies alone has 10, so half of it must be left in month 1.
    supply: dict[str, dict[str, Any]] = {
        "lease": {"contracts": [LEASE]},
        "hourly": {"on_demand": [{"price": 1, "max_accelerators": 10}]},
        "hall": {"fleet": [{"count": 10}], "power": [{"mw": 0.01}]},
    }
    case = frames(
        3,
        {"jobs": [10]},
        providers=[{}, {"provider": "neo"}],
        workloads=[{"workload": "jobs", "penalty": 10, "critical": 1}],
        policies=[{"rule": "survive", "subject": "provider", "member": "neo", "limit": 0.5}],
        interruptions=[_recall(item=item, capacity_fraction=left, to=1)],
        **supply[item],
    )
    if survives:
        assert solved(optimizer.read(case)).objective == pytest.approx(ask(case).objective)
    else:
        assert ask(case).status == "infeasible"
        with pytest.raises(NoFeasiblePlan):
            optimizer.solve(optimizer.read(case))


def test_shares_count_what_is_left() -> None:
    """Tests that a contract has the share of its interrupted capacity."""
    # The lease has 10 of 20, half of it in month 1: 5 of 15. A limit of 0.4 from month 1 on holds there alone.
    case: dict[str, Any] = {
        "fleet": [{"count": 10}], "contracts": [LEASE], "interruptions": [_recall(to=1)],
        "policies": [{"rule": "max_share", "subject": "provider", "member": "cloud", "limit": 0.4, "from": 1, "to": 1}],
    }  # fmt: skip
    assert solved(tiny(3, {"jobs": [0]}, **case)).objective == pytest.approx(300)
    case["policies"][0]["to"] = 2
    with pytest.raises(NoFeasiblePlan):
        optimizer.solve(tiny(3, {"jobs": [0]}, **case))


def test_a_run_needs_all_its_months() -> None:
    """Tests that a run of two months waits until the interruption of its pool is over."""
    run = {"work": 20, "sizes": "10", "penalty": 9, "target": 1, "lateness_penalty": 1}
    plan = solved(tiny(4, training_runs=[run], contracts=[LEASE], interruptions=[_recall(to=1, capacity_fraction=0.9)]))
    assert decided(plan) == [(2, "start_run", "big", 1)]


def test_own_rules_count_what_is_left() -> None:
    """Tests accelerators and MW of a contract, and accelerators of an offer, in the planner's own rules."""
    # Of 2 MW 1 is left, of 10 accelerators 5, of 8 on demand 2: -1 - 5 - 2 at most -8 in month 1, 1000 for each missed.
    rules = [{"sense": "<=", "rhs": -20, "from": 1, "to": 1, "penalty": 1000}]
    terms = [
        {"quantity": "mw", "item": "lease", "coefficient": -1},
        {"quantity": "capacity", "item": "lease", "coefficient": -1},
        {"quantity": "capacity", "item": "hourly", "coefficient": -1},
    ]
    case = frames(
        3,
        {"jobs": [0]},
        contracts=[{**LEASE, "mw_per_block": 2}],
        on_demand=[{"price": 1, "max_accelerators": 8}],
        rules=rules,
        rule_terms=terms,
        interruptions=[_recall(), _recall(interruption="short", item="hourly", capacity_fraction=0.25)],
    )
    plan = solved(optimizer.read(case))
    assert by_month(plan, "rules", "value") == {1: -8}
    assert plan.objective == pytest.approx(12_300) == ask(case).objective


@pytest.mark.parametrize("item", ["lease", "old", "hourly", "rate", "hall"])
def test_an_interruption_that_leaves_everything_changes_nothing(item: str) -> None:
    """Tests that fractions of 1 give the optimum without the interruption."""
    best = optimizer.solve(optimizer.read(rich_frames()), relax=True, threads=1).objective
    case = rich_frames(interruptions=[_recall(item=item, capacity_fraction=1, to=None)])
    assert optimizer.solve(optimizer.read(case), relax=True, threads=1).objective == pytest.approx(best, rel=1e-9)


def test_the_audit_counts_it() -> None:
    """Tests that capacity, power and payments without their interruptions are violations."""
    plan, whole = _plan(), frames(4, {"jobs": [10]}, contracts=[LEASE])
    row = pick(plan, "capacity", month=month(1))
    assert ("capacity", "lease", month(1)) in named(change(plan, "capacity", row, accelerators=10.0))
    wrong = named(judged_by(plan, optimizer.read(whole)))
    assert wrong >= {(rule, "lease", month(t)) for rule in ("capacity", "cash") for t in (1, 2)}
    plan = solved(optimizer.read(_hall()))
    row = pick(plan, "power", month=month(1))
    assert ("power", "hall", month(1)) in named(change(plan, "power", row, mw_available=0.02))


def test_a_what_if_changes_it_in_place() -> None:
    """Tests that edited fractions need no new model, and that one of 0 says why it does."""
    query = optimizer.WhatIf(_plan(), threads=1)
    # 100 + 30 + 30 + 100 and 8 accelerators missing in two months
    edits = ["interruptions.recall.capacity_fraction=0.2", "interruptions.recall.price_fraction=0.3"]
    assert query(edits).objective == pytest.approx(16_260)
    assert query.live.rebuilt == 0
    assert query("interruptions.recall.capacity_fraction=0").objective == pytest.approx(20_280)
    assert query.live.rebuilt == 1
    assert query.live.reason


@pytest.mark.parametrize(("left", "served"), [(0.0, 0), (0.5, 5)])
def test_a_site_without_power_serves_nothing(left: float, served: float) -> None:
    """Tests a month in which nothing is left of a site's power, and half of it, for ten accelerators of 1 kW."""
    stop = {"item": "hall", "from": 1, "to": 1, "capacity_fraction": left, "price_fraction": 1}
    plan = solved(tiny(3, {"jobs": [10]}, fleet=[{"count": 10}], power=[{"mw": 0.01}], interruptions=[stop]))
    assert by_month(plan, "service", "served") == {0: 10, 1: served, 2: 10}

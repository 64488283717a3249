"""Outlets, capacity leased out: hand-worked optima. Money in is negative: the more is earned, the lower the optimum."""

from __future__ import annotations

from typing import Any

import pytest

from tests.program.tiny import by_month, decided, paid, solved, tiny

NOTHING = {"jobs": [0]}  # no work of our own
LET = {"accelerators_per_block": 10}


@pytest.mark.parametrize(("term", "cost", "count"), [(3, -150, 1), (4, 0, 0)])
def test_an_outlet_cannot_outlive_its_head_lease(term: int, cost: float, count: int) -> None:
    """Tests that capacity is leased out only as long as it is there."""
    # A head lease of months 0 to 2 at 100, let at 150: 3 x (100 - 150). For four months nobody can let it.
    head = {"price": 100, "term_months": 3, "latest": 0, "sublease": True}
    plan = solved(tiny(6, NOTHING, contracts=[head], outlets=[{**LET, "price": 150, "term_months": term}]))
    assert plan.objective == pytest.approx(cost)
    assert (plan.decisions["decision"] == "lease_out").sum() == count


def test_an_outlet_lives_on_a_renewed_head_lease() -> None:
    """Tests that a head lease and its renewal together cover one outlet without a break."""
    # Months 0 to 2 at 100, 3 to 5 at 120, let for six months at 150: 300 + 360 - 900.
    head = {"price": 100, "term_months": 3, "latest": 0, "sublease": True}
    again = {**head, "contract": "again", "price": 120, "renews": "lease", "latest": 5}
    plan = solved(tiny(6, NOTHING, contracts=[head, again], outlets=[{**LET, "price": 150, "term_months": 6}]))
    assert plan.objective == pytest.approx(-240)
    assert by_month(plan, "leases", "accelerators", pool="again") == {3: 10, 4: 10, 5: 10}


@pytest.mark.parametrize(("fee", "cost"), [(1, -100), (2, 0)])
def test_an_outlet_is_taken_back_for_a_fee(fee: float, cost: float) -> None:
    """Tests that the planner pays the tenant for taking back, at the price of the month."""
    # The head lease ends after month 2: 300 - 3 x 200 + fee x 200. With a fee of two months it is not worth it.
    head = {"price": 100, "term_months": 3, "latest": 0, "sublease": True}
    let = {**LET, "price": 200, "min_term_months": 2, "termination_fee_months": fee}
    plan = solved(tiny(6, NOTHING, contracts=[head], outlets=[let]))
    assert plan.objective == pytest.approx(cost)
    if cost:
        assert decided(plan)[-2:] == [(2, "take_back", "let", 1), (3, "expire", "lease", 1)]
        assert paid(plan, "termination", "let") == {3: 200}


def test_only_surplus_is_leased_out() -> None:
    """Tests that own accelerators are let for the months in which they are not needed."""
    # 30 there, 10 needed in months 0 and 1, 30 then: two blocks let for two months at 100.
    let = {**LET, "price": 100, "term_months": 2, "max_blocks": 5}
    plan = solved(tiny(4, {"jobs": [10, 10, 30]}, fleet=[{"count": 30}], outlets=[let]))
    assert plan.objective == pytest.approx(-400)
    assert by_month(plan, "capacity", "leased_out") == {0: 20, 1: 20, 2: 0, 3: 0}
    assert plan.decisions["committed_cost"].tolist()[0] == -400


OWN = {"fleet": [{"count": 10}]}
HEAD = {"price": 50, "term_months": 1, "sublease": True}
COVER: list[tuple[str, dict[str, Any], dict[str, Any], float]] = [
    ("own", OWN, {}, -150),
    ("own, at the site asked for", OWN, {"site": "hall"}, -150),
    ("own, at another site", OWN | {"sites": [{}, {"site": "barn"}]}, {"site": "barn"}, 0),
    ("a head lease", {"contracts": [HEAD]}, {}, -100),
    ("a contract that forbids it", {"contracts": [HEAD | {"sublease": False}]}, {}, 0),
    ("the tenant's own", {"contracts": [HEAD | {"provider": "lab"}]}, {}, 0),
    ("a head lease, but a site is asked for", {"contracts": [HEAD], "sites": [{}]}, {"site": "hall"}, 0),
    ("by the hour", {"on_demand": [{"price": 0.01, "max_accelerators": 10}]}, {}, 0),
    ("another kind", OWN | {"accelerators": [{}, {"accelerator": "tpu", "kw": 1}]}, {"accelerator": "tpu"}, 0),
]


@pytest.mark.parametrize(("supply", "outlet", "cost"), [case[1:] for case in COVER], ids=[case[0] for case in COVER])
def test_what_can_be_leased_out(supply: dict[str, Any], outlet: dict[str, Any], cost: float) -> None:
    """Tests that own accelerators (of its site) and head leases of others than the tenant cover an outlet."""
    # Ten accelerators let for a month at 150; the head lease costs 50.
    plan = solved(tiny(1, NOTHING, **supply, outlets=[{**LET, "price": 150, "term_months": 1, **outlet}]))
    assert plan.objective == pytest.approx(cost)


def test_leased_accelerators_draw_power() -> None:
    """Tests that accelerators let at an own site need power, whose energy the planner pays."""
    # 2000 of 1 kW, but 1.5 MW: 3 blocks of 500 at 1000, less 1.5 MW x 100 hours x 2.
    let = {"accelerators_per_block": 500, "price": 1000, "term_months": 1, "max_blocks": 4}
    site = {"fleet": [{"count": 2000}], "power": [{"mw": 1.5, "price_per_mwh": 2}]}
    plan = solved(tiny(1, NOTHING, **site, outlets=[let]))
    assert plan.objective == pytest.approx(-2700)
    assert by_month(plan, "power", "mw_used") == {0: 1.5}


@pytest.mark.parametrize(("penalty", "cost", "let"), [(1, 100, 2), (0.01, -140, 3)])
def test_powered_space_competes_with_own_work(penalty: float, cost: float, let: float) -> None:
    """Tests that an outlet of MW takes them from the site's power, and that its tenant pays the energy."""
    # 3 MW; own work could use 1 MW, at 1 MW x 100 hours x 2 = 200. Let at 50 per MW: two, -100 + 200. If a missed
    # accelerator costs 0.01 only, all three: -150 + 10.
    space = {"sells": "mw", "site": "hall", "accelerator": "", "mw_per_block": 1, "per": "mw_month", "price": 50}
    plan = solved(
        tiny(
            1,
            {"jobs": [1000]},
            fleet=[{"count": 1000}],
            power=[{"mw": 3, "price_per_mwh": 2}],
            outlets=[{**space, "term_months": 1, "max_blocks": 5}],
            workloads=[{"workload": "jobs", "penalty": penalty}],
        )
    )
    assert plan.objective == pytest.approx(cost)
    assert by_month(plan, "power", "mw_leased_out") == {0: let}


def test_an_outlet_agreed_before_the_plan_is_covered_first() -> None:
    """Tests that what is let already comes before own work until it can be taken back for its fee."""
    # Ten accelerators, wanted by own work at 30 each a month (300), let since a month before the plan at 100. Taken
    # back in month 1 for 1.5 x 100: 300 - 100 + 150 = 350. Never: 3 x 200 = 600.
    let = {**LET, "price": 100, "committed_blocks": 1, "earliest": -1, "min_term_months": 1}
    plan = solved(
        tiny(
            3,
            {"jobs": [10]},
            fleet=[{"count": 10}],
            outlets=[{**let, "termination_fee_months": 1.5}],
            workloads=[{"workload": "jobs", "penalty": 30}],
        )
    )
    assert plan.objective == pytest.approx(350)
    assert decided(plan) == [(0, "take_back", "let", 1)]


def test_an_upfront_is_received_at_signature() -> None:
    """Tests that a tenant's upfront comes in a lead before the start, as lease-out revenue."""
    let = {**LET, "price": 100, "term_months": 1, "lead_months": 1, "upfront_per_block": 40}
    plan = solved(tiny(2, NOTHING, fleet=[{"count": 10}], outlets=[let]))
    assert paid(plan, "lease_out") == {0: -40, 1: -100}


@pytest.mark.parametrize(("there", "cost"), [(29, 0), (30, -300)])
def test_a_tenant_takes_a_least_number_of_blocks(there: float, cost: float) -> None:
    """Tests that `min_blocks` holds for outlets."""
    # Three blocks of 10 or none.
    let = {**LET, "price": 100, "term_months": 1, "min_blocks": 3, "max_blocks": 3}
    assert solved(tiny(1, NOTHING, fleet=[{"count": there}], outlets=[let])).objective == pytest.approx(cost)

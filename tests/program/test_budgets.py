"""Budgets and discounting: hand-worked optima."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.errors import NoFeasiblePlan
from tests.program.tiny import by_month, paid, solved, tiny

MONTHLY = {"price": 100, "term_months": 1}  # a lease of 10 accelerators, month by month
CHEAP = [{"workload": "jobs", "penalty": 20}]
LOT = {"unit_price": 100, "lot_size": 10}


def test_money_is_discounted_by_the_month() -> None:
    """Tests that a yearly rate discounts each month by its share of a year."""
    # 21 % a year is 10 % in six months: 100 in month 6 and in month 12 are worth 100 / 1.1 + 100 / 1.21.
    plan = solved(
        tiny(13, {"jobs": [0] * 6 + [10] + [0] * 5 + [10]}, contracts=[MONTHLY], head={"discount_rate": 0.21})
    )
    assert plan.objective == pytest.approx(100 / 1.1 + 100 / 1.21)
    assert plan.cash["present_value"].tolist() == pytest.approx([100 / 1.1, 100 / 1.21])


def test_discounting_delays_what_can_wait() -> None:
    """Tests that the same payment later is preferred."""
    # A lot at 1000 with an upkeep of nothing, wanted in month 12 only: ordered then, for 1000 / 2 at 100 %.
    plan = solved(tiny(13, {"jobs": [0] * 12 + [10]}, purchases=[LOT], head={"discount_rate": 1}))
    assert paid(plan, "purchase") == {12: 1000}
    assert plan.objective == pytest.approx(500)


BUDGETS: list[tuple[str, dict[str, Any], float]] = [
    ("enough", {"amount": 300}, 300),
    ("for two of three months", {"amount": 250}, 200 + 8 * 20),
    ("for one", {"amount": 199}, 100 + 9 * 20 + 8 * 20),
    ("capex only", {"amount": 0, "covers": "capex"}, 300),
    ("opex only", {"amount": 250, "covers": "opex"}, 200 + 8 * 20),
    ("in its window only", {"amount": 0, "from": 0, "to": 0}, 200 + 10 * 20),
    ("from before the plan on", {"amount": 150, "from": -9, "to": 1}, 200 + 9 * 20),
    ("past the plan", {"amount": 0, "from": 2, "to": 99}, 200 + 8 * 20),
]


@pytest.mark.parametrize(("budget", "cost"), [case[1:] for case in BUDGETS], ids=[case[0] for case in BUDGETS])
def test_a_budget_limits_money_out_in_its_window(budget: dict[str, Any], cost: float) -> None:
    """Tests that money out in the window stays within the budget, and that penalties are no money out."""
    # 10, 9 and 8 wanted, a lease of 100 a month for each; unserved 20 an accelerator. What cannot be paid is missed
    # where it costs least.
    plan = solved(tiny(3, {"jobs": [10, 9, 8]}, contracts=[MONTHLY], budgets=[budget], workloads=CHEAP))
    assert plan.objective == pytest.approx(cost)


@pytest.mark.parametrize(("covers", "cost"), [("opex", 2000), ("capex", 1000 + 10 * 110), ("all", 1000 + 10 * 110)])
def test_a_budget_covers_capex_opex_or_both(covers: str, cost: float) -> None:
    """Tests that purchases are capex."""
    # Two lots are wanted, 1500 may be spent; a missed accelerator costs 110.
    plan = solved(
        tiny(
            1,
            {"jobs": [20]},
            purchases=[LOT],
            budgets=[{"amount": 1500, "covers": covers}],
            workloads=[{"workload": "jobs", "penalty": 110}],
        )
    )
    assert plan.objective == pytest.approx(cost)


def test_a_budget_is_nominal_and_does_not_count_residual_values() -> None:
    """Tests that a budget counts money as it is paid: undiscounted, before residual values."""
    # A lot at 1000 in month 12 at a rate of 100 %: worth 500 at most, but it needs a budget of 1000.
    for amount, bought in ((999, []), (1000, [1.0])):
        plan = solved(
            tiny(
                13,
                {"jobs": [0] * 12 + [10]},
                purchases=[{**LOT, "residual_fraction": 1}],
                budgets=[{"amount": amount}],
                head={"discount_rate": 1},
            )
        )
        assert plan.decisions["blocks"].tolist() == bought


@pytest.mark.parametrize(
    ("net", "amount", "served"), [(True, 50, 10), (True, 49, 0), (False, 199, 0), (False, 200, 10)]
)
def test_a_net_budget_counts_revenue(net: bool, amount: float, served: float) -> None:
    """Tests that lease-out revenue makes room in a budget that is net of it, and only there."""
    # Ten accelerators at the hall are let at 150; the work runs there, on a lease at 200: net 50.
    plan = solved(
        tiny(
            1,
            {"jobs": [10]},
            fleet=[{"count": 10}],
            contracts=[{"price": 200, "term_months": 1, "region": "there"}],
            outlets=[{"accelerators_per_block": 10, "price": 100, "upfront_per_block": 50, "term_months": 1}],
            workloads=[{"workload": "jobs", "regions": "there"}],
            budgets=[{"amount": amount, "net": net}],
        )
    )
    assert by_month(plan, "service", "served") == {0: served}


AGREED = {"committed_blocks": 1, "earliest": 0}
OPEX: list[tuple[str, dict[str, Any]]] = [
    ("contract", {"contracts": [{"price": 60, "term_months": 1, **AGREED}]}),
    ("upfront", {"contracts": [{"price": 0, "term_months": 1, "upfront_per_block": 60, **AGREED}]}),
    # 30 for month 0, handed back in month 1 for 30, rather than another 40.
    (
        "termination",
        {
            "contracts": [{"price": 30, "min_term_months": 1, "termination_fee_months": 0.75, **AGREED}],
            "prices": [{"item": "lease", "month": 1, "price": 40}],
        },
    ),
    ("on_demand", {"on_demand": [{"price": 0.06, "max_accelerators": 10}]}),
    ("shortfall", {"commitments": [{"annual_amount": 360, "latest": 0, "required": True}]}),
]


@pytest.mark.parametrize(("term", "tables"), OPEX, ids=[case[0] for case in OPEX])
def test_all_that_is_paid_to_others_is_opex(term: str, tables: dict[str, Any]) -> None:
    """Tests that each term paid to providers counts in a budget of opex, and in none of capex."""
    # 60 in all; ten wanted in month 0, of which those by the hour must be served.
    must = [{"workload": "jobs", "min_service": 1 if term == "on_demand" else 0, "penalty": 0}]
    given = {"sites": [{}], **tables, "workloads": must}
    for covers, amount in (("opex", 60), ("capex", 0), ("all", 60)):
        plan = solved(tiny(2, {"jobs": [10, 0]}, **given, budgets=[{"amount": amount, "covers": covers}]))
        assert plan.objective == pytest.approx(60)
        assert sum(paid(plan, term).values()) == pytest.approx(30 if term == "termination" else 60)
    with pytest.raises(NoFeasiblePlan, match="budget cap"):
        solved(tiny(2, {"jobs": [10, 0]}, **given, budgets=[{"amount": 59, "covers": "opex"}]))


LIMITS = [("capex", 0, 2, 120), ("capex", 0, 1, 80), ("capex", 3, 3, 100), ("opex", 0, 3, 160), ("all", 0, 3, 380)]


@pytest.mark.parametrize(("covers", "first", "last", "need"), LIMITS)
def test_a_budget_counts_every_cost_in_its_month(covers: str, first: int, last: int, need: float) -> None:
    """Tests that instalments count where they are paid, and fixed cost, energy and upkeep as opex."""
    # A build of 1 MW at 120, spread over months 0 to 2. In month 3: a lot of 1000 accelerators at 0.1, 100, with an
    # upkeep of 50; 10 fixed cost; 1 MW x 100 hours x 1 of energy. Everything must be served.
    tables: dict[str, Any] = {
        "power": [{"mw": 0, "price_per_mwh": 1}],
        "builds": [{"lead_months": 3, "capex_per_mw": 120, "fixed_cost_per_mw_month": 10}],
        "purchases": [{"unit_price": 0.1, "lot_size": 1000, "maintenance_per_month": 0.05, "earliest": 3}],
        "workloads": [{"workload": "jobs", "min_service": 1}],
    }
    budget = {"covers": covers, "from": first, "to": last, "amount": need}
    assert solved(tiny(4, {"jobs": [0, 0, 0, 1000]}, **tables, budgets=[budget])).objective == pytest.approx(380)
    with pytest.raises(NoFeasiblePlan, match="budget cap"):
        solved(tiny(4, {"jobs": [0, 0, 0, 1000]}, **tables, budgets=[budget | {"amount": need - 1}]))

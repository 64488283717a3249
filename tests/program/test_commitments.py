"""Spend commitments: hand-worked optima. 100 hours a month; ten accelerators by the hour at 1 cost 1000 a month."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.errors import NoFeasiblePlan
from tests.program.tiny import by_month, decided, month, paid, solved, tiny

NOTHING = {"jobs": [0]}
TEN = {"jobs": [10]}
PARTIES = [{}, {"provider": "neo"}]
OFFERS = [  # what is paid to neo does not count towards a commitment with cloud
    {"provider": "neo", "price": 2, "max_accelerators": 99},
    {"offer": "rate", "price": 1, "max_accelerators": 99, "commitment": "deal"},
]
MUST = {"earliest": 0, "latest": 0, "required": True}


@pytest.mark.parametrize(("amount", "cost", "short"), [(9e3, 12e3, 0), (15e3, 15e3, 3e3), (23e3, 23e3, 11e3)])
def test_a_year_in_full(amount: float, cost: float, short: float) -> None:
    """Tests that a commitment opens its rate, and that what is short of a full year is paid in its last month."""
    # A year at 2: 24,000. At the committed rate of 1: 12,000, and what is missing to the amount.
    plan = solved(tiny(12, TEN, providers=PARTIES, on_demand=OFFERS, commitments=[{"annual_amount": amount}]))
    assert plan.objective == pytest.approx(cost)
    assert paid(plan, "shortfall", "deal") == ({11: short} if short else {})
    assert decided(plan) == [(0, "commit_spend", "deal", 1)]


def test_a_commitment_that_costs_more_than_it_saves_is_not_made() -> None:
    """Tests that the higher rate is paid where the amount is too high."""
    plan = solved(tiny(12, TEN, providers=PARTIES, on_demand=OFFERS, commitments=[{"annual_amount": 25e3}]))
    assert plan.objective == pytest.approx(24e3)
    assert decided(plan) == []


def test_a_year_cut_by_the_end_of_the_plan_counts_pro_rata() -> None:
    """Tests that the months of the last year inside the plan count, and that its shortfall is paid at the end."""
    # 18 months of two years at 24,000: 24,000 - 12,000 in month 11, 12,000 - 6,000 in month 17. At 3: 54,000.
    offers = [OFFERS[0] | {"price": 3}, OFFERS[1]]
    deal = {"annual_amount": 24e3, "years": 2, "latest": 0}
    plan = solved(tiny(18, TEN, providers=PARTIES, on_demand=offers, commitments=[deal]))
    assert paid(plan, "shortfall") == {11: 12e3, 17: 6e3}
    assert plan.objective == pytest.approx(36e3)
    (row,) = plan.decisions.itertuples()
    assert (row.starts, row.ends, row.committed_cost) == (month(0), month(23), 48e3)


def test_years_after_the_plan_do_not_count() -> None:
    """Tests that a year that begins after the last month costs nothing."""
    plan = solved(
        tiny(12, TEN, providers=PARTIES, on_demand=OFFERS, commitments=[{"annual_amount": 15e3, "years": 5, **MUST}])
    )
    assert paid(plan, "shortfall") == {11: 3e3}


def test_each_year_stands_by_itself() -> None:
    """Tests that what is too much in one year does not help the next."""
    # 20 in the first year, at 24,000, 5 in the second, at 6,000: short of 15,000 by 9,000 then.
    demand = {"jobs": [20] * 12 + [5]}
    deal = {"annual_amount": 15e3, "years": 2, **MUST}
    plan = solved(tiny(24, demand, providers=PARTIES, on_demand=OFFERS, commitments=[deal]))
    assert paid(plan, "shortfall") == {23: 9e3}


def test_it_starts_when_it_pays_best() -> None:
    """Tests that the start month is chosen."""
    # Ten wanted from month 3 on. From month 3: 9 months of 15,000 pro rata are 11,250, more than the 9,000 used.
    # From month 4: 10,000, and month 3 at 2: 12,000. From month 0: 15,000. Never: 18,000.
    plan = solved(
        tiny(12, {"jobs": [0, 0, 0, 10]}, providers=PARTIES, on_demand=OFFERS, commitments=[{"annual_amount": 15e3}])
    )
    assert plan.objective == pytest.approx(11_250)
    assert decided(plan) == [(3, "commit_spend", "deal", 1)]


def test_the_rate_holds_while_it_runs() -> None:
    """Tests that a rate is there in the months of its commitment only."""
    # From month 1 on for a year, of 14 months.
    deal = {"annual_amount": 0, "earliest": 1, "latest": 1}
    plan = solved(tiny(14, TEN, providers=PARTIES, on_demand=OFFERS, commitments=[deal]))
    assert paid(plan, "on_demand", "hourly") == {0: 2000, 13: 2000}
    assert paid(plan, "on_demand", "rate") == dict.fromkeys(range(1, 13), 1000)


def test_a_commitment_is_made_once() -> None:
    """Tests that it does not start again after it is over."""
    # 25 months at an amount of nothing: the rate holds for 12 months, the other 13 are paid at 2.
    plan = solved(tiny(25, TEN, providers=PARTIES, on_demand=OFFERS, commitments=[{"annual_amount": 0}]))
    assert plan.objective == pytest.approx(12 * 1000 + 13 * 2000)


CONTRACT = {"price": 100, "term_months": 4, "latest": 0, "upfront_per_block": 40}


def test_contracts_count_with_their_upfronts() -> None:
    """Tests that upfront and monthly price of the provider's contracts count."""
    # 40 + 4 x 100 = 440 of 1000: together 1000, whatever is paid to the contract.
    plan = solved(
        tiny(12, {"jobs": [10, 10, 10, 10, 0]}, contracts=[CONTRACT], commitments=[{"annual_amount": 1000, **MUST}])
    )
    assert paid(plan, "shortfall") == {11: 560}
    assert plan.objective == pytest.approx(1000)


def test_fees_for_handing_back_count() -> None:
    """Tests that a termination fee counts towards the commitment."""
    # Agreed before the plan, 100 a month, 200 to leave. It all counts: 1000 in any case. If the fee did not, the least
    # would be 1200.
    held = {"price": 100, "committed_blocks": 1, "earliest": -1, "min_term_months": 1, "termination_fee_months": 2}
    plan = solved(tiny(12, NOTHING, contracts=[held], commitments=[{"annual_amount": 1000, **MUST}]))
    assert plan.objective == pytest.approx(1000)


def test_agreements_from_before_the_plan_count() -> None:
    """Tests that what is agreed already counts as it is paid."""
    held = {"price": 100, "committed_blocks": 2, "earliest": -2, "term_months": 6}
    plan = solved(tiny(12, NOTHING, contracts=[held], commitments=[{"annual_amount": 1000, **MUST}]))
    assert paid(plan, "shortfall") == {11: 200}


def test_only_money_paid_to_the_provider_as_a_supplier_counts() -> None:
    """Tests that other providers, and what the provider pays as a tenant, do not count."""
    # 400 paid to neo; 100 a month received from cloud, which also takes back for a fee of 50 in month 6, when the
    # fleet is gone. Short by the whole 1000.
    neo = {"provider": "neo", "price": 100, "committed_blocks": 1, "earliest": 0, "term_months": 4}
    let = {"tenant": "cloud", "accelerators_per_block": 10, "price": 100, "committed_blocks": 1, "earliest": 0}
    plan = solved(
        tiny(
            12,
            NOTHING,
            providers=PARTIES,
            contracts=[neo],
            fleet=[{"count": 10, "until": 6}],
            outlets=[let | {"min_term_months": 6, "termination_fee_months": 0.5}],
            commitments=[{"annual_amount": 1000, **MUST}],
        )
    )
    assert paid(plan, "termination", "let") == {6: 50}
    assert paid(plan, "shortfall") == {11: 1000}
    (party,) = plan.cash[plan.cash["term"] == "shortfall"]["party"].tolist()
    assert party == "cloud"


@pytest.mark.parametrize(("first", "last", "start"), [(0, 11, 0), (2, 11, 2), (-5, 4, 0)])
def test_it_starts_within_its_window(first: int, last: int, start: int) -> None:
    """Tests that nothing starts before `earliest`, after `latest`, or before the plan."""
    deal = {"annual_amount": 0, "earliest": first, "latest": last}
    plan = solved(tiny(12, TEN, providers=PARTIES, on_demand=OFFERS, commitments=[deal]))
    assert decided(plan) == [(start, "commit_spend", "deal", 1)]


def test_a_required_commitment_that_can_never_start() -> None:
    """Tests that there is no plan where a commitment must be made and has no month for it."""
    deal = {"annual_amount": 0, "earliest": 20, "latest": 30, "required": True}
    with pytest.raises(NoFeasiblePlan, match="spend commitment deal starts once, between its earliest and its latest"):
        solved(tiny(12, TEN, providers=PARTIES, on_demand=OFFERS, commitments=[deal]))
    plan = solved(tiny(12, TEN, providers=PARTIES, on_demand=OFFERS, commitments=[deal | {"required": False}]))
    assert plan.objective == pytest.approx(24e3)


def test_shortfalls_are_opex() -> None:
    """Tests that a shortfall counts in an opex budget of its month."""
    # The shortfall of 3000 in month 11, with 1000 of the month itself: a budget of 3999 there rules the deal out.
    deal = {"annual_amount": 15e3}
    for amount, cost in ((4000, 15e3), (3999, 24e3)):
        budget = {"covers": "opex", "amount": amount, "from": 11, "to": 11}
        plan = solved(
            tiny(12, TEN, providers=PARTIES, on_demand=OFFERS, commitments=[deal | {"latest": 0}], budgets=[budget])
        )
        assert plan.objective == pytest.approx(cost)


def test_two_commitments_of_one_provider() -> None:
    """Tests that each opens its own rate, and that all that is paid counts for both."""
    # Rates of 1 for at most 6 accelerators each; 7,200 by each, 12,000 in all counts for both: nothing is short.
    offers: list[dict[str, Any]] = [OFFERS[0]]
    offers += [
        {"offer": f"rate-{name}", "price": 1, "max_accelerators": 6, "commitment": name} for name in ("one", "two")
    ]
    deals = [{"commitment": name, "annual_amount": 12e3} for name in ("one", "two")]
    plan = solved(tiny(12, TEN, providers=PARTIES, on_demand=offers, commitments=deals))
    assert plan.objective == pytest.approx(12e3)
    assert paid(plan, "shortfall") == {}


def test_relaxing_breaks_commitments_too() -> None:
    """Tests that the linear relaxation may make half a commitment: half the rate for half the amount."""
    # At most 20 at the rate: ten of them with half a commitment, whose amount of 30,000 is then 15,000.
    offers = [OFFERS[0], OFFERS[1] | {"max_accelerators": 20}]
    instance = tiny(12, TEN, providers=PARTIES, on_demand=offers, commitments=[{"annual_amount": 30e3, "latest": 0}])
    assert solved(instance).objective == pytest.approx(24e3)
    relaxed = solved(instance, relax=True)
    assert relaxed.objective == pytest.approx(15e3)
    assert by_month(relaxed, "allocation", "accelerators", pool="rate") == dict.fromkeys(range(12), 10)
    assert decided(relaxed) == [(0, "commit_spend", "deal", 0.5)]


def test_more_than_the_shortfall_is_paid_only_where_a_rule_asks() -> None:
    """Tests that a rule on spend of at least 50 is met by paying 50 in place of the shortfall of 2 x 12 / 12 = 2."""
    deal = {"commitments": [{"annual_amount": 12, "latest": 0, "required": True}], "fleet": [{"count": 1}]}
    assert paid(solved(tiny(2, {"jobs": [0]}, **deal)), "shortfall") == {1: 2}
    rule = {
        "rules": [{"sense": ">=", "rhs": 50, "each": "total"}],
        "rule_terms": [{"quantity": "spend", "item": "cloud"}],
    }
    assert paid(solved(tiny(2, {"jobs": [0]}, **deal, **rule)), "shortfall") == {1: 50}

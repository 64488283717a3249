"""Verdicts on offers: worth and break-even price, derived by hand and compared with independent searches."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyomo.environ as pyo
import pytest

import optimizer
from optimizer.analysis.offer_list import offers, taken
from optimizer.analysis.offers import offers_table
from optimizer.analysis.price_dependence import is_constrained
from optimizer.generator import random_frames
from optimizer.plan.plan import Plan
from tests.analysis.tiny_offers import EXACT, best, verdict
from tests.program.tiny import solved, tiny


def test_a_lease_is_worth_the_penalties_it_saves() -> None:
    """Tests that a block of ten at 3000 against ten penalties of 1000 is worth 7000 and is taken up to 10000."""
    row = verdict(best(1, {"jobs": [10]}, contracts=[{"price": 3000, "term_months": 1}]), "lease")
    assert (row["verdict"], row["taken"], row["possible"]) == ("taken", 1, 1)
    assert row["worth"] == pytest.approx(7000)
    assert row["price_to_win"] == pytest.approx(10_000)
    assert row["proven"]


def test_a_lease_too_dear_tells_by_how_much() -> None:
    """Tests that at 12000 the same block is rejected: too expensive by a sixth, which is proven."""
    row = verdict(best(1, {"jobs": [10]}, contracts=[{"price": 12_000, "term_months": 1}]), "lease")
    assert (row["verdict"], row["taken"]) == ("rejected", 0)
    assert row["price_to_win"] == pytest.approx(10_000)
    assert row["reason"] == "too expensive by 16.7 %"


def test_the_price_to_win_counts_the_next_best() -> None:
    """Tests that hours at 5 x 100 = 500 each are the alternative: ten of them cost 5000, and so may the block."""
    offer = {"contracts": [{"price": 6000, "term_months": 1}], "on_demand": [{"price": 5, "max_accelerators": 20}]}
    plan = best(1, {"jobs": [10]}, **offer)
    assert verdict(plan, "lease")["price_to_win"] == pytest.approx(5000)
    hours = verdict(plan, "hourly")
    # Ten hours cost 5000 and the block 6000: hours are worth 1000 and are taken up to 6 an hour.
    assert (hours["verdict"], hours["worth"]) == ("partly", pytest.approx(1000))
    assert hours["price_to_win"] == pytest.approx(6)


def test_a_series_of_prices_moves_with_the_price() -> None:
    """Tests that an offer whose price is a series breaks even where all its months are scaled."""
    # The block costs 6000 by its series; ten hours at 500 are the alternative: it wins below 5000, five sixths of it.
    leases = {
        "contracts": [{"price": 6000, "term_months": 1}],
        "prices": [{"item": "lease", "month": 0, "price": 6000}],
    }
    row = verdict(best(1, {"jobs": [10]}, **leases, on_demand=[{"price": 5, "max_accelerators": 20}]), "lease")
    assert (row["verdict"], row["price_to_win"]) == ("rejected", pytest.approx(5000))
    assert row["proven"]
    # Where the series differs from the table, the price to win is told for the table's price: five sixths of 1200.
    leases["contracts"] = [{"price": 1200, "term_months": 1}]
    row = verdict(best(1, {"jobs": [10]}, **leases, on_demand=[{"price": 5, "max_accelerators": 20}]), "lease")
    assert (row["verdict"], row["price_to_win"]) == ("rejected", pytest.approx(1000))


def test_an_outlet_wins_above_its_cost() -> None:
    """Tests that idle accelerators are leased out above the energy they use: 10 kW x 100 hours at 1000 a MWh."""
    let = {"fleet": [{"count": 10}], "power": [{"mw": 1, "price_per_mwh": 1000}]}
    outlet = {"accelerators_per_block": 10, "price": 500, "term_months": 1}
    row = verdict(best(1, {"jobs": [0]}, **let, outlets=[outlet]), "let")
    assert row["verdict"] == "rejected"
    assert row["price_to_win"] == pytest.approx(1000)
    assert row["reason"] == "too cheap by 100.0 %"


def test_what_is_needed_has_no_worth() -> None:
    """Tests that an offer without which there is no plan is told so, and has no price-to-win."""
    must = [{"workload": "jobs", "min_service": 1}]
    plan = best(1, {"jobs": [10]}, contracts=[{"price": 3000, "term_months": 1}], workloads=must)
    row = verdict(plan, "lease")
    assert row["reason"] == "needed: without it no plan meets all rules"
    assert pd.isna(row["worth"])
    assert pd.isna(row["price_to_win"])


def test_what_nobody_can_use_is_not_taken_at_any_price() -> None:
    """Tests that an offer for which there is no work has no price-to-win."""
    plan = best(1, {"jobs": [0]}, contracts=[{"price": 3000, "term_months": 1}])
    row = verdict(plan, "lease")
    assert pd.isna(row["price_to_win"])
    assert row["reason"].startswith("not taken at any price")


def test_a_budget_that_runs_out_sets_the_price() -> None:
    """Tests that a lease that saves penalties of 10000 wins up to 6000, all that the budget has."""
    offer = {"contracts": [{"price": 7000, "term_months": 1}], "budgets": [{"amount": 6000}]}
    row = verdict(best(1, {"jobs": [10]}, **offer), "lease")
    assert row["price_to_win"] == pytest.approx(6000, rel=1e-3)
    assert row["proven"]
    assert row["at_least"] <= 6000 <= row["at_most"]


def test_a_budget_sets_the_price_of_a_series_too() -> None:
    """Tests that prices that are tried are tried in every month of a series: it wins up to 6000, not at any price."""
    series = {"prices": [{"item": "lease", "month": 0, "price": 7000}], "budgets": [{"amount": 6000}]}
    row = verdict(best(1, {"jobs": [10]}, contracts=[{"price": 7000, "term_months": 1}], **series), "lease")
    assert row["price_to_win"] == pytest.approx(6000, rel=1e-3)
    assert row["at_least"] <= 6000 <= row["at_most"]


def test_a_budget_with_room_changes_no_price() -> None:
    """Tests that below a budget of 20000 the lease wins up to the penalties of 10000."""
    offer = {"contracts": [{"price": 12_000, "term_months": 1}], "budgets": [{"amount": 20_000}]}
    row = verdict(best(1, {"jobs": [10]}, **offer), "lease")
    assert row["price_to_win"] == pytest.approx(10_000, rel=1e-3)
    assert row["proven"]


def test_what_limits_an_offer_is_not_called_its_price() -> None:
    """Tests that a second block worth more than its price, that a budget or added constraint forbids, is not too dear.

    A block serves ten and saves 10,000 of penalties at a price of 3000; the budget of 4000 leaves one of two.
    """
    offer = {"contracts": [{"price": 3000, "term_months": 1, "max_blocks": 2}]}
    row = verdict(best(1, {"jobs": [20]}, **offer, budgets=[{"amount": 4000}]), "lease")
    assert (row["verdict"], row["taken"]) == ("partly", 1)
    assert row["reason"].startswith("more of it is not worth its price, or a policy, rule or budget stands against it")
    program = optimizer.build(tiny(1, {"jobs": [20]}, **offer))
    program.model.one_block = pyo.Constraint(expr=program.model.started["lease", 0] <= 1)
    row = verdict(optimizer.solve(program), "lease")
    assert (row["verdict"], row["taken"]) == ("partly", 1)
    assert "or a constraint added to the program stands against it" in row["reason"]


def test_money_promised_anyway_buys_hours_at_any_price() -> None:
    """Tests that of 1000 promised for the month nothing comes back: it buys two at 500, fewer if dearer, never none.

    All ten are worth their 500 each beside penalties of 1000.
    """
    offer = {
        "on_demand": [{"price": 5, "max_accelerators": 20}],
        "commitments": [{"annual_amount": 12_000, "required": True}],
    }
    row = verdict(best(1, {"jobs": [10]}, **offer), "hourly")
    # Ten served cost 5000, the promise within; without hours, 10000 of penalties and the 1000 promised.
    assert row["worth"] == pytest.approx(6000)
    assert pd.isna(row["price_to_win"])
    assert row["proven"]
    assert row["reason"] == "more of it is not worth its price; some of it is at any price"


def test_a_purchase_within_a_budget_of_months_it_is_not_paid_in() -> None:
    """Tests that two lots of five win up to the penalties of two months, whatever the operating budget."""
    lots = [{"unit_price": 3000, "lot_size": 5, "max_total": 10}]
    row = verdict(best(2, {"jobs": [10]}, purchases=lots, budgets=[{"amount": 1, "covers": "opex"}]), "buy")
    assert (row["verdict"], row["price_to_win"]) == ("rejected", pytest.approx(2000))
    assert row["proven"]


@pytest.mark.parametrize(
    "counts",
    [
        {"rules": [{"sense": "<=", "rhs": 5}], "rule_terms": [{"quantity": "started", "item": "wing"}]},
        {"builds": [{"build": "annex", "lead_months": 1, "capex_per_mw": 1e6, "max_blocks": 1, "after": "wing"}]},
    ],
)
def test_an_order_that_comes_after_the_plan_has_no_price(counts: dict[str, Any]) -> None:
    """Tests that what a rule counts or a build waits for does not win by orders that neither work nor are paid."""
    wing = {"lead_months": 3, "payment": "delivery", "capex_per_mw": 1000, "max_blocks": 1}
    given = {"builds": [wing, *counts.get("builds", ())], "fleet": [{"count": 10}], "power": [{"mw": 0}]}
    instance = tiny(2, {"jobs": [10]}, **{**counts, **given})
    plan = optimizer.WhatIf(solved(instance, gap=EXACT), gap=EXACT)(force="order_build:wing")
    assert plan.decisions["item"].tolist() == ["wing"]
    row = verdict(plan, "wing")
    assert (row["verdict"], row["taken"], row["worth"]) == ("rejected", 0, 0)
    assert pd.isna(row["price_to_win"])
    assert row["proven"]


def test_a_deposit_makes_a_late_purchase_count() -> None:
    """Tests that lots delivered after the plan are taken if some of their price is paid within it."""
    lots = {"unit_price": 1, "lot_size": 1, "lead_months": 3, "deposit_fraction": 0.5}
    counts = {"rules": [{"sense": ">=", "rhs": 2, "each": "total"}]}
    terms = [{"quantity": "started", "item": "buy"}]
    plan = best(2, {"jobs": [0]}, purchases=[lots], **counts, rule_terms=terms)
    assert taken(plan, next(iter(offers(plan)))) == 2
    unpaid = best(2, {"jobs": [0]}, purchases=[{**lots, "deposit_fraction": 0}], **counts, rule_terms=terms)
    assert taken(unpaid, next(iter(offers(unpaid)))) == 0


def test_what_saves_nothing_is_tried_once_as_a_gift(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that an offer of no use, which a budget counts, is not searched for at a dozen prices."""
    offer = {"contracts": [{"price": 3000, "term_months": 1}], "budgets": [{"amount": 6000}]}
    plan = best(1, {"jobs": [0]}, **offer)
    ask = optimizer.WhatIf(plan, gap=EXACT)
    asked, real = [], ask.ask

    def counting(*given: Any, **options: Any) -> Plan:
        asked.append(given)
        return real(*given, **options)

    monkeypatch.setattr(ask, "ask", counting)
    row = offers_table(ask, plan, ["lease"]).iloc[0]
    assert pd.isna(row["price_to_win"])
    assert row["proven"]
    assert len(asked) <= 2


def test_a_price_lost_in_noise_is_in_doubt() -> None:
    """Tests that beside penalties of ten billion a lease worth 2 is not told to 0.1 %, but between two prices."""
    work = [{"workload": "jobs", "penalty": 2}, {"workload": "lost", "exclude": "cloud", "penalty": 1e9}]
    demand: dict[str, list[float]] = {"jobs": [1], "lost": [10]}
    lease = {"price": 3, "term_months": 1, "accelerators_per_block": 1}
    row = verdict(best(1, demand, workloads=work, contracts=[lease]), "lease")
    assert not row["proven"]
    assert row["at_least"] is None or row["at_least"] <= 2
    assert row["at_most"] is None or row["at_most"] >= 2


@pytest.mark.parametrize(
    ("table", "budget", "expected"),
    [
        ("contracts", {"covers": "capex"}, False),
        ("contracts", {"covers": "opex"}, True),
        ("purchases", {"covers": "opex"}, False),
        ("purchases", {"covers": "all"}, True),
        ("outlets", {"covers": "all"}, False),
        ("outlets", {"covers": "capex", "net": True}, True),
    ],
)
def test_what_a_budget_counts(table: str, budget: dict[str, Any], expected: bool) -> None:
    """Tests which budgets make more than the cost hang on the price of an offer."""
    given: dict[str, Any] = {
        "contracts": [{"price": 1, "term_months": 1}],
        "purchases": [{"unit_price": 1}],
        "outlets": [{"accelerators_per_block": 1, "price": 1, "term_months": 1}],
        "budgets": [{"amount": 1, **budget}],
    }
    rows = tiny(2, {"jobs": [1]}, **given).rows
    row = rows[table][0]
    assert is_constrained(rows, table, "", row, "cloud") == expected


@pytest.mark.parametrize(
    ("item", "expected"), [("lease", True), ("cloud", True), ("other", False), ("in_house", False)]
)
def test_what_a_rule_on_spending_counts(item: str, expected: bool) -> None:
    """Tests that rules count what is paid for the offer or to its provider."""
    terms = [{"quantity": "spend", "item": item}]
    contracts = [{"price": 1, "term_months": 1}, {"contract": "other", "price": 1, "term_months": 1}]
    rows = tiny(2, {"jobs": [1]}, contracts=contracts, rules=[{"sense": "<=", "rhs": 1}], rule_terms=terms).rows
    assert is_constrained(rows, "contracts", "lease", rows["contracts"][0], "cloud") == expected


def _at_price(frames: dict[str, Any], table: str, item: str, factor: float) -> Plan:
    """Plan of an instance in which the price of an item is so many times what it is; built and solved anew."""
    column = {"purchases": "unit_price", "builds": "capex_per_mw"}.get(table, "price")
    edited = dict(frames)
    for name, key, price in ((table, frames[table].columns[0], column), ("prices", "item", "price")):
        if name in frames:
            frame = frames[name].copy()
            mine = frame[key] == item
            frame[price] = frame[price].astype(float).where(~mine, frame[price].astype(float) * factor)
            edited[name] = frame
    return optimizer.solve(optimizer.read(edited), gap=EXACT)


def test_prices_to_win_hold_in_independent_searches() -> None:
    """Tests on random offers that 0.1 % below the price-to-win an offer is taken, and above it is not."""
    checked = 0
    for seed in range(100):
        frames = random_frames(seed, "tiny", without=("policies",))  # which leave some instances without a plan
        plan = optimizer.solve(optimizer.read(frames), gap=EXACT)
        ask = optimizer.WhatIf(plan, gap=EXACT)
        for offer in offers(plan):
            row = offers_table(ask, plan, [offer.item]).iloc[0]
            price = row["price_to_win"]
            if pd.isna(price) or price <= 0 or not row["proven"] or offer.price <= 0:
                continue
            better = 1.001 if offer.table == "outlets" else 0.999
            assert taken(_at_price(frames, offer.table, offer.item, price / offer.price * better), offer) > 0
            assert taken(_at_price(frames, offer.table, offer.item, price / offer.price / better), offer) == 0
            checked += 1
            if checked == 5:
                return
    raise AssertionError(f"only {checked} offers have a price to win")


def test_an_offer_as_dear_as_the_next_best_makes_no_difference() -> None:
    """Tests that of two leases of the same price the one taken has no worth, and no price is made up for it."""
    two = [{"price": 3000, "term_months": 1}, {"contract": "twin", "price": 3000, "term_months": 1}]
    plan = best(1, {"jobs": [10]}, contracts=two)
    row = verdict(plan, plan.decisions["item"].iloc[0])
    assert (row["verdict"], row["worth"], row["reason"]) == ("taken", 0, "a plan without it costs the same")
    assert pd.isna(row["price_to_win"])

"""Accelerators bought for own sites: hand-worked optima. A lot holds 10 accelerators of 100 each: 1000."""

from __future__ import annotations

from typing import Any

import pytest

from tests.program.tiny import by_month, decided, month, paid, solved, tiny


def _buy(**columns: Any) -> list[dict[str, Any]]:
    return [{"unit_price": 100, "lot_size": 10, **columns}]


def test_a_purchase_with_deposit_and_a_life_shorter_than_the_plan() -> None:
    """Tests that a lot is paid at order and delivery, is gone after its life, and leaves a residual value."""
    # Wanted in months 2 to 5 of 6, lead 2, life 3: a lot ordered in month 0 runs in months 2, 3, 4, the next, ordered
    # in month 3, in month 5. Each: 300 at order, 700 on delivery; upkeep 10 a month for 4 months. At the end the first
    # is worth nothing, the second, a month old, 1000 x 0.6 x 2/3 = 400: 2000 + 40 - 400 = 1640.
    # A single one would miss a month, 10 x 200 = 2000: 1000 + 30 + 2000 = 3030.
    buy = _buy(lead_months=2, life_months=3, deposit_fraction=0.3, maintenance_per_month=1, residual_fraction=0.6)
    plan = solved(
        tiny(6, {"jobs": [0, 0, 10]}, purchases=buy, workloads=[{"workload": "jobs", "penalty": 200}]),
    )
    assert plan.objective == pytest.approx(1640)
    assert paid(plan, "purchase") == {0: 300, 2: 700, 3: 300, 5: 700}
    assert paid(plan, "maintenance") == {2: 10, 3: 10, 4: 10, 5: 10}
    assert paid(plan, "residual") == {6: -400}
    assert decided(plan) == [(0, "buy", "buy", 1), (3, "buy", "buy", 1)]
    assert plan.decisions["starts"].tolist() == [month(2), month(5)]
    assert plan.decisions["ends"].tolist() == [month(4), month(7)]


@pytest.mark.parametrize(("rate", "cost"), [(0, 1000), (1, 300 + 350)])
def test_deposit_and_rest_are_discounted_apart(rate: float, cost: float) -> None:
    """Tests that the rest of the price is discounted from delivery."""
    # A rate of 100 % halves money in the 12 months to delivery: 300 + 700 / 2.
    buy = _buy(lead_months=12, deposit_fraction=0.3)
    plan = solved(tiny(13, {"jobs": [0] * 12 + [10]}, purchases=buy, head={"discount_rate": rate}))
    assert plan.objective == pytest.approx(cost)


def test_both_instalments_are_at_the_price_of_the_order() -> None:
    """Tests that a price change between order and delivery changes nothing for the order."""
    # Half at order in month 0, half on delivery in month 1, both at 100, though the price is 50 by then.
    plan = solved(
        tiny(
            2,
            {"jobs": [0, 10]},
            purchases=_buy(lead_months=1, deposit_fraction=0.5),
            prices=[{"item": "buy", "month": 1, "price": 50}],
        )
    )
    assert paid(plan, "purchase") == {0: 500, 1: 500}


def test_an_order_waits_for_a_lower_price() -> None:
    """Tests that the price is that of the order month."""
    # From month 1 on 50: waiting costs 10 x 30 unserved in month 0 and saves 500.
    plan = solved(
        tiny(
            3,
            {"jobs": [10]},
            purchases=_buy(),
            prices=[{"item": "buy", "month": 1, "price": 50}],
            workloads=[{"workload": "jobs", "penalty": 30}],
        )
    )
    assert plan.objective == pytest.approx(500 + 300)
    assert decided(plan) == [(1, "buy", "buy", 1)]


def test_a_limit_per_month_makes_orders_early() -> None:
    """Tests that no more than `max_per_month` is ordered in a month: of 19 accelerators, one lot of 10."""
    # 30 wanted in month 2 of 3: a lot in each of months 0, 1, 2; upkeep of 10 a lot and month: 3000 + 30 + 20 + 10.
    buy = _buy(max_per_month=19, maintenance_per_month=1)
    plan = solved(tiny(3, {"jobs": [0, 0, 30]}, purchases=buy))
    assert plan.objective == pytest.approx(3060)
    assert decided(plan) == [(t, "buy", "buy", 1) for t in range(3)]


@pytest.mark.parametrize(("whole", "served"), [(True, 20), (False, 25)])
def test_a_limit_in_all(whole: bool, served: float) -> None:
    """Tests that no more than `max_total` is ordered in all, in whole lots unless they can be broken."""
    # 15 wanted in month 0, 40 from month 1 on; at most 25 accelerators: 2 lots or 2.5.
    plan = solved(tiny(2, {"jobs": [15, 40]}, purchases=_buy(max_total=25, integer=whole)))
    assert by_month(plan, "service", "served") == {0: 15, 1: served}


def test_lots_are_whole() -> None:
    """Tests that whole lots are bought where lots are whole."""
    # 11 wanted: two lots for 2000, or one and 1 x 500 unserved.
    for penalty, cost in ((500, 1500), (1500, 2000)):
        plan = solved(
            tiny(1, {"jobs": [11]}, purchases=_buy(), workloads=[{"workload": "jobs", "penalty": penalty}]),
        )
        assert plan.objective == pytest.approx(cost)


def test_fleet_and_purchases_are_one_pool() -> None:
    """Tests that what is bought adds to the fleet of its kind and site."""
    # 25 wanted, 12 there: 2 lots, 7 idle.
    plan = solved(tiny(1, {"jobs": [25]}, fleet=[{"count": 12}], purchases=_buy()))
    assert plan.objective == pytest.approx(2000)
    assert by_month(plan, "capacity", "accelerators", pool="hall/gpu") == {0: 32}
    assert by_month(plan, "capacity", "idle") == {0: 7}


def test_a_purchase_is_ordered_within_its_window() -> None:
    """Tests that nothing is ordered before `earliest` or after `latest`."""
    # Wanted in all 4 months; it can be ordered in months 1 and 2 only: month 0 is missed at 10 x 90.
    plan = solved(
        tiny(
            4,
            {"jobs": [10]},
            purchases=_buy(earliest=1, latest=2),
            workloads=[{"workload": "jobs", "penalty": 90}],
        )
    )
    assert plan.objective == pytest.approx(1000 + 900)
    # Wanted in month 3 only, at an upkeep of 1: the latest order, in month 2, is the best: 1000 + 2 x 10.
    buy = _buy(earliest=1, latest=2, maintenance_per_month=1)
    assert solved(tiny(4, {"jobs": [0, 0, 0, 10]}, purchases=buy)).objective == pytest.approx(1020)


def test_a_run_is_placed_on_what_is_bought_over_several_months() -> None:
    """Tests that a limit per month counts once for each order month: two months of 10 hold a run of 20, for 20 x 10."""
    run = {"work": 20, "sizes": "20", "penalty": 1_000_000}
    buy = [{"unit_price": 10, "max_per_month": 10}]
    plan = solved(tiny(3, {"jobs": [0]}, purchases=buy, training_runs=[run]))
    assert plan.objective == pytest.approx(200)
    assert plan.runs["accelerators"].tolist() == [20]


@pytest.mark.parametrize("item", ["buy", "hall", "in_house"])
def test_an_order_that_only_a_spend_rule_wants_is_possible(item: str) -> None:
    """Tests that what arrives after the plan can be ordered where a rule wants money spent on it, its site or in house.

    At least 1000 in the last of two months: a lot of 10 x 100, paid at order, there a month after the plan. One ordered
    in the first month spends nothing in the second.
    """
    rules = {
        "rules": [{"sense": ">=", "rhs": 1000, "from": 1, "to": 1}],
        "rule_terms": [{"quantity": "spend", "item": item}],
    }
    plan = solved(tiny(2, {"jobs": [0]}, purchases=_buy(lead_months=1, deposit_fraction=1), **rules))
    assert decided(plan) == [(1, "buy", "buy", 1)]
    assert plan.objective == pytest.approx(1000)


@pytest.mark.parametrize(("payment", "wanted"), [("order", "spend"), ("delivery", "started"), ("spread", "spend")])
def test_a_build_that_only_a_rule_wants_is_possible(payment: str, wanted: str) -> None:
    """Tests that a block that comes after the plan can be ordered in its last month where a rule counts it."""
    rules = {
        "rules": [{"sense": ">=", "rhs": 1, "from": 1, "to": 1}],
        "rule_terms": [{"quantity": wanted, "item": "wing"}],
    }
    builds = [{"capex_per_mw": 50, "lead_months": 1, "payment": payment, "earliest": 1}]
    plan = solved(tiny(2, {"jobs": [0]}, builds=builds, **rules))
    assert decided(plan) == [(1, "order_build", "wing", 1)]
    assert plan.objective == pytest.approx(0 if payment == "delivery" else 50)

"""Workloads and where they run, by-the-hour capacity: hand-worked optima. 100 hours a month."""

from __future__ import annotations

from typing import Any

import pytest

from tests.program.tiny import by_month, paid, solved, tiny


def test_by_the_hour_up_to_its_maximum_at_the_price_of_the_month() -> None:
    """Tests that on-demand capacity is taken as long as it is cheaper than not to serve."""
    # 8 wanted, at most 5 by the hour; unserved 150 each. Month 0: 2 x 100 hours = 200, too dear: 8 x 150.
    # Month 1: 1 x 100 hours: 5 x 100 + 3 x 150.
    plan = solved(
        tiny(
            2,
            {"jobs": [8]},
            on_demand=[{"price": 2, "max_accelerators": 5}],
            prices=[{"item": "hourly", "month": 1, "price": 1}],
            workloads=[{"workload": "jobs", "penalty": 150}],
        )
    )
    assert (paid(plan, "on_demand"), paid(plan, "unserved")) == ({1: 500}, {0: 1200, 1: 450})
    assert by_month(plan, "capacity", "accelerators") == {1: 5}


@pytest.mark.parametrize(("share", "cost"), [(0, 8), (0.5, 4 * 200 + 4), (1, 1600)])
def test_a_least_share_is_served_at_any_price(share: float, cost: float) -> None:
    """Tests that `min_service` of the demand is served, however cheap it were not to."""
    # 8 wanted at 200, unserved at 1.
    plan = solved(
        tiny(
            1,
            {"jobs": [8]},
            on_demand=[{"price": 2, "max_accelerators": 100}],
            workloads=[{"workload": "jobs", "penalty": 1, "min_service": share}],
        )
    )
    assert plan.objective == pytest.approx(cost)


NEAR = {"contract": "near", "price": 100, "term_months": 1}
FAR = {"contract": "far", "price": 300, "term_months": 1, "region": "there", "provider": "neo"}
PARTIES = [{"group": "alpha", "tags": "rival;old"}, {"provider": "neo", "tags": "old"}]


@pytest.mark.parametrize(
    ("wishes", "cost"),
    [
        ({}, 100),
        ({"regions": "here;there"}, 100),
        ({"regions": "there"}, 300),
        ({"exclude": "cloud"}, 300),
        ({"exclude": "alpha"}, 300),
        ({"exclude": "rival"}, 300),
        ({"exclude": "neo"}, 100),
        ({"exclude": "old"}, 10_000),
        ({"regions": "there", "exclude": "neo"}, 10_000),
    ],
)
def test_a_workload_runs_only_where_it_may(wishes: dict[str, Any], cost: float) -> None:
    """Tests that regions are wanted, and providers, their groups and their tags can be excluded."""
    # Near: 100, of cloud, of group alpha, tags rival and old. Far: 300, of neo, tag old. Nowhere: 10 x 1000.
    plan = solved(
        tiny(
            1,
            {"jobs": [10]},
            contracts=[NEAR, FAR],
            providers=PARTIES,
            workloads=[{"workload": "jobs", **wishes}],
        )
    )
    assert plan.objective == pytest.approx(cost)


def test_own_sites_are_in_their_region() -> None:
    """Tests that own capacity counts in the region of its site, with the site's availability."""
    # Ten at the hall, half of the time at work: 5 of the 10 wanted here, none of those wanted there.
    plan = solved(
        tiny(
            1,
            {"jobs": [10], "away": [10]},
            fleet=[{"count": 10}],
            sites=[{"availability": 0.5}],
            contracts=[FAR],
            providers=PARTIES,
            workloads=[{"workload": "jobs"}, {"workload": "away", "regions": "there"}],
        )
    )
    assert by_month(plan, "allocation", "work", demand="jobs") == {0: 5}
    assert by_month(plan, "allocation", "work", pool="far") == {0: 10}


def test_work_runs_only_on_what_does_its_class() -> None:
    """Tests that a pair without throughput cannot run, and that others differ in speed."""
    # One gpu trains at 2 and cannot serve, one tpu serves at 3. Ten of each: 20 trained, 30 served.
    plan = solved(
        tiny(
            1,
            {"learn": [25], "answer": [25]},
            accelerators=[{}, {"accelerator": "tpu", "kw": 1}],
            throughput=[
                {"class": "train", "factor": 2},
                {"class": "serve", "accelerator": "tpu", "factor": 3},
                {"class": "serve", "factor": 0},
            ],
            fleet=[{"count": 10}, {"accelerator": "tpu", "count": 10}],
            workloads=[{"workload": "learn", "class": "train"}, {"workload": "answer", "class": "serve"}],
        )
    )
    assert by_month(plan, "service", "served", workload="learn") == {0: 20}
    assert by_month(plan, "service", "served", workload="answer") == {0: 25}
    assert by_month(plan, "capacity", "used") == {0: pytest.approx(10 + 25 / 3)}


def test_the_dearest_work_comes_first() -> None:
    """Tests that scarce accelerators go to the work that costs most not to do, per accelerator."""
    # Ten accelerators. `fast` does 3 each at 40 (120 an accelerator), `slow` 1 each at 100. 15 fast need 5 of them.
    plan = solved(
        tiny(
            1,
            {"fast": [15], "slow": [10]},
            throughput=[{"class": "fast", "factor": 3}, {"class": "slow", "factor": 1}],
            fleet=[{"count": 10}],
            workloads=[
                {"workload": "fast", "class": "fast", "penalty": 40},
                {"workload": "slow", "class": "slow", "penalty": 100},
            ],
        )
    )
    assert plan.objective == pytest.approx(5 * 100)
    assert by_month(plan, "allocation", "accelerators", demand="fast") == {0: 5}


def test_work_goes_where_energy_is_cheap() -> None:
    """Tests that sites are used in the order of what their energy costs, cooling included."""
    # A MW costs 100 hours x 3 x 1.1 = 330 at the hall and 100 x 2 x 2 = 400 at the barn. 1500 wanted, 1000 at each.
    plan = solved(
        tiny(
            1,
            {"jobs": [1500]},
            sites=[{"pue": 1.1}, {"site": "barn", "pue": 2}],
            power=[{"mw": 9, "price_per_mwh": 3}, {"site": "barn", "mw": 9, "price_per_mwh": 2}],
            fleet=[{"count": 1000}, {"site": "barn", "count": 1000}],
        )
    )
    assert (paid(plan, "energy", "hall"), paid(plan, "energy", "barn")) == ({0: 330}, {0: 200})


def test_demand_holds_from_its_row_on() -> None:
    """Tests that rows from before the plan count, and that nothing is wanted before the first."""
    # Since before the plan 3, then 7 from month 2 on; the other workload from month 1 on.
    rows = [("jobs", -5, 3), ("jobs", 2, 7), ("late", 1, 2)]
    plan = solved(
        tiny(
            3,
            workloads=[{"workload": "jobs"}, {"workload": "late"}],
            demand=[{"workload": name, "month": t, "amount": amount} for name, t, amount in rows],
            on_demand=[{"price": 1, "max_accelerators": 99}],
        )
    )
    assert by_month(plan, "service", "demand", workload="jobs") == {0: 3, 1: 3, 2: 7}
    assert by_month(plan, "service", "demand", workload="late") == {1: 2, 2: 2}
    assert paid(plan, "on_demand") == {0: 300, 1: 500, 2: 900}

"""Training runs: hand-worked optima. A pool of accelerators at factor 1 unless told otherwise."""

from __future__ import annotations

from typing import Any

import pytest

import optimizer
from optimizer.errors import InstanceError, NoFeasiblePlan
from optimizer.plan.plan import Plan
from tests.program.tiny import by_month, decided, month, paid, solved, tiny

NOTHING = {"jobs": [0]}
LEASE = {"price": 100, "term_months": 1, "max_blocks": 9}


def _placed(plan: Plan) -> list[tuple[Any, ...]]:
    """Run, pool, accelerators, first and last month, months late."""
    at = plan.instance.month_index
    rows = plan.runs.itertuples()
    return [(r.run, r.pool, r.accelerators, at(str(r.starts)), at(str(r.ends)), r.late_months) for r in rows]


def test_a_run_picks_its_size_and_start() -> None:
    """Tests that a run weighs lateness against the work it displaces."""
    # 30 accelerators, wanted by other work in months 0 and 1 at 100 each; 60 months of work, to be done by month 2.
    # 30 from month 2 on: done in month 3, a month late: 500. From month 1: 30 x 100 = 3000 displaced.
    # 10 from month 0 on: done in month 5: 3 x 500, and 2 x 1000 displaced.
    run = {"work": 60, "sizes": "10;30", "target": 2, "lateness_penalty": 500, "penalty": 9999}
    jobs = [{"workload": "jobs", "penalty": 100}]
    plan = solved(tiny(6, {"jobs": [30, 30, 0]}, fleet=[{"count": 30}], workloads=jobs, training_runs=[run]))
    assert plan.objective == pytest.approx(500)
    assert paid(plan, "lateness") == {3: 500}
    assert _placed(plan) == [("big", "hall/gpu", 30, 2, 3, 1)]
    assert plan.runs["target"].tolist() == [month(2)]
    assert by_month(plan, "allocation", "work", demand="big") == {2: 30, 3: 30}


@pytest.mark.parametrize(("penalty", "cost"), [(600, 500), (400, 400)])
def test_a_run_is_late_or_not_run(penalty: float, cost: float) -> None:
    """Tests that a run is not run where that costs less than its lateness, and pays then in its deadline."""
    # Done in month 3 at the earliest, a month late for 500.
    run = {"work": 30, "sizes": "10", "release": 1, "deadline": 4, "target": 2, "lateness_penalty": 500}
    plan = solved(tiny(6, NOTHING, fleet=[{"count": 10}], training_runs=[run | {"penalty": penalty}]))
    assert plan.objective == pytest.approx(cost)
    assert paid(plan, "not_run") == ({4: 400} if penalty == 400 else {})
    assert len(plan.runs) == (0 if penalty == 400 else 1)


@pytest.mark.parametrize(("deadline", "due"), [(0, 0), (1, 1), (9, 2)])
def test_the_penalty_is_due_in_the_deadline_within_the_plan(deadline: int, due: int) -> None:
    """Tests that the penalty is due in the deadline, and in the plan's last month where that is later."""
    run = {"work": 99, "sizes": "10", "release": -9, "deadline": deadline, "penalty": 70}
    plan = solved(tiny(3, NOTHING, fleet=[{"count": 10}], training_runs=[run]))
    assert paid(plan, "not_run") == {due: 70}


def test_a_run_that_is_over_before_the_plan_costs_nothing() -> None:
    """Tests that a deadline a month before the plan costs nothing, also by a rule on it, and that the audit agrees."""
    # The rule wants the runs not run to be at most -1, at 40 for each above: `over` is never not run, so it is 1 above;
    # `big`, due in month 0, is not run for 70, which makes it 2 above.
    over = {
        "run": "over",
        "work": 99,
        "sizes": "10",
        "deadline": -1,
        "penalty": 5000,
        "lateness_penalty": 9,
        "target": -4,
    }
    runs = [over, {"work": 99, "sizes": "10", "deadline": 0, "penalty": 70}]
    rules = {
        "rules": [{"sense": "<=", "rhs": -1, "each": "total", "penalty": 40}],
        "rule_terms": [{"quantity": "unserved", "item": name} for name in ("over", "big")],
    }
    plan = solved(tiny(3, NOTHING, fleet=[{"count": 10}], training_runs=runs, **rules))
    assert plan.objective == pytest.approx(70 + 80)
    assert paid(plan, "not_run") == {0: 70}
    assert optimizer.audit(plan).passed
    assert [warning.row for warning in plan.instance.warnings if "the run is over" in warning.problem] == [1]


def test_a_required_run_that_is_over_is_an_error() -> None:
    """Tests that a run that must be run by a month before the plan is refused where its row stands."""
    run = {"work": 99, "sizes": "10", "deadline": -1, "required": True}
    with pytest.raises(InstanceError, match=r"training_runs, row 1, column deadline: the run is required, but"):
        tiny(3, NOTHING, fleet=[{"count": 10}], training_runs=[run])


def test_a_deadline_moved_before_the_plan_is_answered() -> None:
    """Tests what-ifs that end a run before the plan, at no cost, and bring it back, for its penalty."""
    run = {"work": 99, "sizes": "10", "deadline": 2, "penalty": 70}
    ask = optimizer.WhatIf(solved(tiny(3, NOTHING, fleet=[{"count": 10}], training_runs=[run])), gap=0, threads=1)
    assert ask("training_runs.big.deadline=2029-12").objective == pytest.approx(0)
    assert ask("training_runs.big.penalty=90").objective == pytest.approx(90)


def test_a_conflict_says_where_the_plan_cuts_a_run() -> None:
    """Tests that a run of 5 months in a window of 6 that the plan cuts to 2 is in conflict with the plan's end."""
    run = {"work": 50, "sizes": "10", "release": 1, "deadline": 6, "required": True}
    instance = tiny(3, NOTHING, fleet=[{"count": 10}], training_runs=[run])
    with pytest.raises(
        NoFeasiblePlan, match="50 reference-accelerator-months from 2030-02 to 2030-03, where the plan ends"
    ):
        solved(instance)
    (first, *_) = optimizer.diagnose(instance).remarks
    assert first.endswith(
        "run big takes 5 months at the least, and its window has 2 of the plan, which ends before its deadline."
    )


@pytest.mark.parametrize(
    ("work", "availability", "factor", "months"),
    [
        (30, 1, 1, 3),
        (30.5, 1, 1, 4),
        (30, 0.5, 1, 6),
        (30, 1, 2, 2),
        (36, 0.9, 0.8, 5),
        (36.1, 0.9, 0.8, 6),
        (10.8, 0.6, 0.6, 3),  # a trace more than 3 in binary fractions
        (1, 1, 1, 1),
    ],
)
def test_a_run_takes_whole_months(work: float, availability: float, factor: float, months: int) -> None:
    """Tests that a run takes work / (size x availability x factor) months, rounded up."""
    run = {"work": work, "sizes": "10", "penalty": 1e6, "target": 0, "lateness_penalty": 1}
    plan = solved(
        tiny(
            8,
            NOTHING,
            fleet=[{"count": 10}],
            sites=[{"availability": availability}],
            throughput=[{"factor": factor}],
            training_runs=[run],
        )
    )
    assert _placed(plan) == [("big", "hall/gpu", 10, 0, months - 1, months - 1)]


@pytest.mark.parametrize(("latest", "run"), [(4, True), (3, False)])
def test_a_run_lies_between_release_and_deadline(latest: int, run: bool) -> None:
    """Tests that a run of 3 months from month 2 on fits if it may occupy month 4, not else."""
    wish = {"work": 30, "sizes": "10", "release": 2, "deadline": latest, "penalty": 5}
    plan = solved(tiny(9, NOTHING, fleet=[{"count": 10}], training_runs=[wish]))
    assert _placed(plan) == ([("big", "hall/gpu", 10, 2, 4, 0)] if run else [])


def test_a_run_ends_within_the_plan() -> None:
    """Tests that a run that cannot finish within the plan is not begun."""
    wish = {"work": 30, "sizes": "10", "release": 1, "deadline": 99, "penalty": 5}
    assert solved(tiny(4, NOTHING, fleet=[{"count": 10}], training_runs=[wish])).objective == 0
    assert solved(tiny(3, NOTHING, fleet=[{"count": 10}], training_runs=[wish])).objective == pytest.approx(5)


OWN = {"fleet": [{"count": 10}]}
WHERE: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("own", OWN, {}, True),
    ("a contract", {"contracts": [LEASE]}, {}, True),
    ("by the hour", {"on_demand": [{"price": 0.1, "max_accelerators": 99}]}, {}, False),
    ("in its region", OWN, {"regions": "here"}, True),
    ("in another region", OWN | {"sites": [{}, {"site": "barn", "region": "there"}]}, {"regions": "there"}, False),
    ("an excluded provider", {"contracts": [LEASE]}, {"exclude": "cloud"}, False),
    ("an excluded group", {"contracts": [LEASE], "providers": [{"group": "alpha"}]}, {"exclude": "alpha"}, False),
    ("an excluded tag", {"contracts": [LEASE], "providers": [{"tags": "a;b"}]}, {"exclude": "b"}, False),
    ("another class", OWN | {"throughput": [{}, {"class": "other", "factor": 0}]}, {"class": "other"}, False),
    ("too large for it", {"fleet": [{"count": 9}]}, {}, False),
    ("too large for its power", OWN | {"power": [{"mw": 0.009}]}, {}, False),
    ("not enough blocks", {"contracts": [LEASE | {"accelerators_per_block": 3, "max_blocks": 3}]}, {}, False),
]


@pytest.mark.parametrize(("supply", "wish", "runs"), [case[1:] for case in WHERE], ids=[case[0] for case in WHERE])
def test_where_a_run_can_be(supply: dict[str, Any], wish: dict[str, Any], runs: bool) -> None:
    """Tests which pools can hold a run, and that one that cannot be held costs its penalty."""
    plan = solved(tiny(2, NOTHING, **supply, training_runs=[{"work": 10, "sizes": "10", "penalty": 5000, **wish}]))
    assert (len(plan.runs) == 1) == runs
    assert paid(plan, "not_run") == ({} if runs else {1: 5000})


def test_capacity_is_leased_for_a_run() -> None:
    """Tests that blocks are signed for the months of a run, if that costs less than its penalty."""
    # 20 accelerators for 2 months: 2 x 2 x 100 = 400.
    for penalty, cost in ((401, 400), (399, 399)):
        run = {"work": 40, "sizes": "20", "penalty": penalty}
        plan = solved(tiny(4, NOTHING, contracts=[LEASE], training_runs=[run]))
        assert plan.objective == pytest.approx(cost)


def test_a_run_needs_its_size_in_every_month() -> None:
    """Tests that a run waits for a ramp, and does not outlast the fleet."""
    # The lease delivers half at ages 0 and 1. A run of 10 for 2 months: ages 2 and 3 of a term of 4: 400.
    half = [
        {"month_of_term": 0, "capacity_fraction": 0.5},
        {"month_of_term": 2, "capacity_fraction": 1},
    ]
    run = {"work": 20, "sizes": "10", "penalty": 5000}
    lease = [{"price": 100, "term_months": 4, "latest": 0}]
    assert _placed(solved(tiny(6, NOTHING, contracts=lease, ramps=half, training_runs=[run]))) == [
        ("big", "lease", 10, 2, 3, 0)
    ]
    # The fleet is gone from month 2 on: months 0 and 1, though released in month 0 only.
    fleet = [{"count": 10, "until": 2}]
    assert _placed(solved(tiny(6, NOTHING, fleet=fleet, training_runs=[run]))) == [("big", "hall/gpu", 10, 0, 1, 0)]


def test_a_run_displaces_leases_and_other_work() -> None:
    """Tests that workloads, outlets and runs share a pool."""
    # 20 there: ten at work (600 if they were not), ten let at 70 or on a run of a month. At a penalty of 100 the run
    # comes first: nothing earned. At 50 it is not run: 50 - 70.
    for penalty, cost in ((100, 0), (50, -20)):
        run = {"work": 10, "sizes": "10", "penalty": penalty}
        plan = solved(
            tiny(
                1,
                {"jobs": [10]},
                fleet=[{"count": 20}],
                outlets=[{"accelerators_per_block": 10, "price": 70, "term_months": 1}],
                workloads=[{"workload": "jobs", "penalty": 60}],
                training_runs=[run],
            )
        )
        assert plan.objective == pytest.approx(cost)


def test_runs_wait_for_one_another() -> None:
    """Tests that two runs that do not fit side by side follow one another, the more urgent first."""
    # 10 accelerators, two runs of 2 months each, due in month 1: one is two months late, the one at 30 a month.
    runs = [
        {"run": name, "work": 20, "sizes": "10", "target": 1, "lateness_penalty": late, "penalty": 999}
        for name, late in (("first", 50), ("second", 30))
    ]
    plan = solved(tiny(5, NOTHING, fleet=[{"count": 10}], training_runs=runs))
    assert plan.objective == pytest.approx(60)
    assert _placed(plan) == [("first", "hall/gpu", 10, 0, 1, 0), ("second", "hall/gpu", 10, 2, 3, 2)]


def test_a_run_draws_power_and_energy() -> None:
    """Tests that a run at an own site draws power like other work, and that the planner pays its energy."""
    # 10 of 1 kW at a PUE of 1.5 for 2 months: 0.015 MW x 100 hours x 2 = 3 a month.
    run = {"work": 20, "sizes": "10", "penalty": 999}
    site = {"fleet": [{"count": 10}], "sites": [{"pue": 1.5}], "power": [{"mw": 1, "price_per_mwh": 2}]}
    plan = solved(tiny(2, NOTHING, **site, training_runs=[run]))
    assert paid(plan, "energy") == {0: 3, 1: 3}
    assert by_month(plan, "power", "mw_used") == {0: 0.015, 1: 0.015}
    assert by_month(plan, "capacity", "used") == {0: 10, 1: 10}


def test_a_required_run_is_run_at_any_price() -> None:
    """Tests that `required` leaves no choice, and that there is no plan where it cannot be."""
    run = {"work": 20, "sizes": "20", "required": True}
    plan = solved(tiny(1, NOTHING, contracts=[LEASE | {"price": 1e6}], training_runs=[run]))
    assert plan.objective == pytest.approx(2e6)
    with pytest.raises(NoFeasiblePlan, match="run big needs one place"):
        solved(tiny(1, NOTHING, contracts=[LEASE], training_runs=[run | {"work": 21}]))


def test_relaxing_breaks_runs_too() -> None:
    """Tests that the linear relaxation may place half a run."""
    run = {"work": 10, "sizes": "10", "penalty": 100}
    lease = [{"price": 70, "term_months": 1, "max_blocks": 1}]
    whole = tiny(
        1, {"jobs": [5]}, contracts=lease, training_runs=[run], workloads=[{"workload": "jobs", "penalty": 30}]
    )
    # Whole: the lease for the work only, 70 + 100 (or for the run only, 70 + 150). Half a run: 70 + 50.
    assert solved(whole).objective == pytest.approx(170)
    relaxed = solved(whole, relax=True)
    assert relaxed.objective == pytest.approx(120)
    assert decided(relaxed)[-1] == (0, "start_run", "big", 0.5)

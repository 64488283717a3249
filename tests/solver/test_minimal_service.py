"""A plan at once: where the time ends before a search has found a plan, one that serves what it must."""

from __future__ import annotations

import numpy as np
import pytest

import optimizer
from optimizer.instance.instance import Instance
from optimizer.program.build import build
from optimizer.program.compile import compile_program
from optimizer.solver.minimal_service import NOTE, MinimalService, _unserved
from optimizer.solver.solution import Options, Solution, SolutionStatus, Stop
from optimizer.solving.clock import Clock
from optimizer.solving.solve import finish
from tests.program.rich import rich_frames
from tests.program.tiny import tiny

LEASE = {"price": 3000, "min_term_months": 1}


def at_once(instance: Instance) -> optimizer.Plan:
    """The plan that follows a search whose time ended without one."""
    program, options = build(instance), Options(time_limit=30)
    arrays = compile_program(program)
    with MinimalService(arrays, options) as fallback:
        found = fallback.solution(Solution(stop=Stop.TIME_LIMIT, status=SolutionStatus.NOTHING))
    plan = finish(program, arrays, found, options, Clock(None))
    assert (plan.status, plan.head["stopped"]) == ("feasible", "time_limit")
    assert NOTE in plan.head["warnings"]
    return plan


def test_nothing_is_served_where_nothing_must_be() -> None:
    """Tests that unserved demand alone is paid for."""
    # Twenty are wanted in each of two months, and each costs 1000 unserved: 40,000.
    plan = at_once(tiny(2, {"jobs": [20, 20]}, contracts=[LEASE]))
    assert plan.objective == pytest.approx(40_000)
    assert plan.decisions.empty


def test_what_was_agreed_and_runs_that_must_not_run_are_paid_for() -> None:
    """Tests that agreed blocks stay, that a run is left out at its penalty, and that an outlet is covered as agreed."""
    # An agreed block of ten for 3000 a month and the penalties of the run (5000) and of twenty unserved in two months;
    # the agreed outlet brings in 100 a month and takes ten of the own accelerators.
    plan = at_once(
        tiny(
            2,
            {"jobs": [20, 20]},
            power=[{"mw": 10}],
            fleet=[{"count": 10}],
            contracts=[{"price": 3000, "term_months": 2, "earliest": 0, "committed_blocks": 1}],
            outlets=[
                {"price": 100, "accelerators_per_block": 10, "term_months": 2, "earliest": 0, "committed_blocks": 1}
            ],
            training_runs=[{"work": 10, "sizes": [10], "penalty": 5000}],
        )
    )
    assert plan.objective == pytest.approx(2 * 3000 + 5000 + 40_000 - 2 * 100)


def test_what_must_be_served_is_served() -> None:
    """Tests that a workload with a minimum gets a lease, and another one nothing."""
    # Half of twelve must be served: one block of ten for 3000 a month serves ten, and two are missed at 1000 each.
    workloads = [{"workload": "must", "min_service": 0.5}, {"workload": "may"}]
    demand = [{"workload": name, "month": 0, "amount": 12} for name in ("must", "may")]
    plan = at_once(tiny(1, demand, workloads=workloads, contracts=[LEASE]))
    assert plan.objective == pytest.approx(3000 + 2000 + 12_000)


def test_work_and_service_that_may_be_left_out_are_fixed() -> None:
    """Tests that a workload without a minimum is unserved in full, and that its allocations leave the program."""
    workloads = [{"workload": "must", "min_service": 0.5}, {"workload": "may"}]
    demand = [{"workload": name, "month": 0, "amount": 12} for name in ("must", "may")]
    arrays = compile_program(build(tiny(1, demand, workloads=workloads, contracts=[LEASE])))
    fixed, values = _unserved(arrays)
    names = [arrays.columns[column] for column in np.flatnonzero(fixed)]
    assert {(family, key[0]) for family, key in names} == {("unserved", "may"), ("allocated", "may")}
    (unserved,) = (column for column, name in enumerate(arrays.columns) if name == ("unserved", ("may", 0)))
    assert values[unserved] == arrays.upper[unserved] > 0


def test_no_values_where_rules_cannot_be_met() -> None:
    """Tests that an instance without a plan gets none."""
    instance = tiny(1, {"jobs": [20]}, workloads=[{"workload": "jobs", "min_service": 1}], contracts=[LEASE])
    assert MinimalService(compile_program(build(instance)), Options()).solve() is None


def test_a_search_without_time_returns_a_plan() -> None:
    """Tests on an instance that is not solved in presolve that a time limit of nothing leaves an audited plan."""
    plan = optimizer.solve(optimizer.read(rich_frames(60)), time_limit=0)
    assert (plan.status, plan.head["stopped"]) == ("feasible", "time_limit")
    assert NOTE in plan.head["warnings"]
    assert plan.head["audit"]["passed"]

"""Training runs that were placed before the plan: hand-worked optima, and plans that are rolled forward."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import optimizer
from optimizer.errors import NoFeasiblePlan
from tests.program.tiny import by_month, decided, frames, paid, solved, tiny
from tests.rolls import remaining

RUN = {"work": 50, "sizes": "10;25", "penalty": 9000, "lateness_penalty": 70, "target": 0, "required": True}
MADE = {"month": -2, "decision": "start_run", "item": "big", "pool": "hall/gpu", "accelerators": 10}


def test_a_run_under_way_occupies_its_pool_until_its_work_is_done() -> None:
    """Tests 50 of work on 10 accelerators from month -2: it takes 5 months, to month 2, two months late.

    Of 15 accelerators it leaves 5 for the 15 of demand until then: 3 x 10 x 1000 are not served.
    """
    plan = solved(tiny(5, {"jobs": [15]}, fleet=[{"count": 15}], training_runs=[RUN], decided=[MADE]))
    assert plan.objective == pytest.approx(30_000 + 2 * 70)
    assert paid(plan, "lateness") == {2: 140}
    assert by_month(plan, "allocation", "accelerators", demand="big") == {0: 10, 1: 10, 2: 10}
    assert decided(plan) == []
    (run,) = plan.runs.to_dict("records")
    assert (run["pool"], run["starts"], run["ends"], run["late_months"]) == ("hall/gpu", "2029-11", "2030-03", 2)


def test_a_run_that_starts_later_in_the_plan() -> None:
    """Tests that one whose start is fixed in month 1 is not placed again, though earlier it would not be late.

    25 accelerators do it in 2 months, 1 and 2; those of the demand are not served then.
    """
    made = MADE | {"month": -1, "starts": 1, "accelerators": 25}
    plan = solved(tiny(5, {"jobs": [10]}, fleet=[{"count": 25}], training_runs=[RUN], decided=[made]))
    assert plan.objective == pytest.approx(2 * 10_000 + 2 * 70)
    assert by_month(plan, "service", "served") == {0: 10, 1: 0, 2: 0, 3: 10, 4: 10}


def test_a_run_that_is_over_costs_nothing() -> None:
    """Tests that one that ended before the plan is neither run again nor counted as not run, even if its pool went."""
    made = MADE | {"month": -9, "starts": ""}
    plan = solved(tiny(5, {"jobs": [15]}, fleet=[{"count": 5}], training_runs=[RUN], decided=[made]))
    assert plan.objective == pytest.approx(5 * 10_000)
    assert len(plan.runs) == 0


def test_a_run_in_a_pool_that_goes() -> None:
    """Tests that no plan exists where the pool of a run under way is gone before its work is done."""
    instance = tiny(5, {"jobs": [1]}, fleet=[{"count": 15, "until": 2}], training_runs=[RUN], decided=[MADE])
    with pytest.raises(NoFeasiblePlan) as caught:
        optimizer.solve(instance)
    text = "big, placed before the plan, run in hall/gpu in 2030-03: 10 accelerators (decided row 1)"
    assert text in str(caught.value)
    found = optimizer.diagnose(instance).text()
    assert "run big was placed before the plan on 10 accelerators of hall/gpu, and it can have 0 at the most" in found


def _work(seed: int) -> dict[str, Any]:
    """Frames of a site and a contract with training runs, drawn at random."""
    rng = np.random.default_rng(seed)
    runs = [
        {
            "run": name,
            "work": int(rng.integers(20, 90)),
            "sizes": "10;15",
            "target": int(rng.integers(2, 8)),
            "lateness_penalty": int(rng.integers(50, 900)),
            "penalty": int(rng.integers(5000, 50_000)),
        }
        for name in ("one", "two", "three")
    ]
    lease = {"price": int(rng.integers(500, 3000)), "term_months": 20, "committed_blocks": 2, "earliest": 0}
    return frames(
        10,
        {"jobs": [int(amount) for amount in rng.integers(5, 30, 10)]},
        head={"discount_rate": 0.2},
        fleet=[{"count": 18}],
        contracts=[lease],
        training_runs=runs,
        workloads=[{"workload": "jobs", "penalty": 300}],
    )


@pytest.mark.parametrize("seed", range(4))
def test_rolling_forward_gains_and_loses_nothing(seed: int) -> None:
    """Tests that what is left of a plan is the optimum of the instance months later, in one step and in two."""
    given = _work(seed)
    plan = solved(optimizer.read(given))
    then = solved(optimizer.roll(plan, 2).instance)
    assert then.objective == pytest.approx(remaining(plan, 2), rel=1e-6)
    assert solved(optimizer.roll(then, 3).instance).objective == pytest.approx(remaining(then, 3), rel=1e-6)
    assert solved(optimizer.roll(plan, 7).instance).objective == pytest.approx(remaining(plan, 7), rel=1e-6)

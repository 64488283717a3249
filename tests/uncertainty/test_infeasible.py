"""Instances without a plan under uncertainty: which scenarios have none, or which shared decisions conflict."""

from __future__ import annotations

from typing import Any

import pytest

import optimizer
from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.instance.instance import Instance
from tests.command import capopt
from tests.program.tiny import frames, month
from tests.uncertainty.tiny import HIGH, HOURLY, LEASE, risk

ALL_SERVED = {"workload": "jobs", "min_service": 1}


def served(demand: float, high: float, known: int, **tables: Any) -> Instance:
    """Work that must all be served: some in month 1, more of it if demand is high; nothing in month 0."""
    changes = [{**HIGH, "how": "set", "value": high, "from": 1}, *tables.pop("changes", [])]
    wanted = [{"workload": "jobs", "month": t, "amount": amount} for t, amount in ((0, 0), (1, demand))]
    risks = [risk("demand", "high", 0.4, known)]
    return optimizer.read(frames(2, wanted, workloads=[ALL_SERVED], risks=risks, changes=changes, **tables))


def conflict(instance: Instance) -> NoFeasiblePlan:
    with pytest.raises(NoFeasiblePlan) as caught:
        optimizer.solve(instance)
    return caught.value


def test_a_scenario_without_any_plan_is_named() -> None:
    """Tests 30 accelerators wanted where 20 are there: the scenario with its rules, conflicts and repair."""
    instance = served(10, 30, 0, on_demand=[{**HOURLY, "max_accelerators": 20}])
    error = conflict(instance)
    assert list(error.by_scenario) == ["scenario demand=high"]
    assert len(error.conflict) == 2
    assert all(row.startswith("scenario demand=high: ") for row in error.conflict)
    assert "In scenario demand=high these cannot hold together:" in str(error)
    found = optimizer.diagnose(instance)
    (one,) = found.by_scenario.values()
    # 20 of 30 can be served, 0.6667 rounded down.
    assert [(str(edit), len(one.reasons)) for edit in one.repair] == [("workloads.jobs.min_service=0.6666", 1)]
    assert found.reasons[0].text == f"In scenario demand=high: {one.reasons[0].text}"
    assert "Alone, scenario demand=high has no plan:" in found.text()
    assert found.to_dict()["by_scenario"]["scenario demand=high"]["repair"] == [str(edit) for edit in one.repair]


def test_scenarios_with_the_same_conflict_are_named_together() -> None:
    """Tests that two scenarios of three have the conflict of a contract that is missing in both."""
    rows = [{"scenario": name, "probability": 0.25, "known": 0} for name in ("a", "b")]
    rows.append({"scenario": "c", "probability": 0.5})
    none = {"table": "contracts", "key": "lease", "column": "max_blocks", "how": "set", "value": 0}
    demand = [{"workload": "jobs", "month": 0, "amount": 0}, {"workload": "jobs", "month": 1, "amount": 10}]
    tables = {"workloads": [ALL_SERVED], "contracts": [LEASE], "scenarios": rows}
    instance = optimizer.read(frames(2, demand, **tables, changes=[{**none, "scenario": name} for name in ("a", "b")]))
    assert list(conflict(instance).by_scenario) == ["scenarios a, b"]
    assert list(optimizer.diagnose(instance).by_scenario) == ["scenarios a, b"]


def test_what_scenarios_decide_together_conflicts() -> None:
    """Tests 3 blocks of 100 that high demand needs and a budget of 250 that only the other scenario has.

    As planned, 1 block is enough; if demand is high the budget is 400. Without any one of the three parts, the two
    others can be met. In month 1 there is nothing left to sign: known in month 0, there is a plan.
    """
    more = {**HIGH, "table": "budgets", "column": "amount", "how": "set", "value": 400}
    tables: dict[str, Any] = {"contracts": [LEASE], "budgets": [{"amount": 250}], "changes": [more]}
    error = conflict(served(10, 30, 1, **tables))
    work, budget, shared = error.conflict
    assert error.irreducible
    assert not error.by_scenario
    assert work.startswith(f"scenario demand=high: workload jobs must be served in {month(1)}: at least 30 of 30")
    assert budget.startswith("scenario as planned: budget cap: at most 250")
    both = "the same in the 2 scenarios that cannot be distinguished then (demand=high, as planned)"
    assert shared == f"signatures of lease in {month(0)} are {both}"
    found = optimizer.diagnose(served(10, 30, 1, **tables))
    assert found.is_shared
    assert found.reasons[0].parts == error.conflict
    assert "Each scenario has a plan of its own" in found.text()
    assert optimizer.diagnose(served(10, 30, 0, **tables)).feasible
    # 1 block at 100 and 3 at 100, each in its own scenario.
    assert optimizer.solve(served(10, 30, 0, **tables), gap=0.0).objective == pytest.approx(0.6 * 100 + 0.4 * 300)


def test_a_decision_that_another_scenario_does_not_allow() -> None:
    """Tests a lease that can start in month 1 only if demand is high, where work is to be served then."""
    later = {**HIGH, "table": "contracts", "key": "lease", "column": "latest", "how": "set", "value": month(1)}
    tables: dict[str, Any] = {"contracts": [{**LEASE, "latest": 0}], "changes": [later]}
    work, shared = conflict(served(0, 30, 1, **tables)).conflict
    assert work.startswith("scenario demand=high: workload jobs")
    not_allowed = "not possible in scenario demand=high, as scenario as planned does not allow them"
    assert shared.startswith(f"signatures of lease in {month(0)} are {not_allowed}: ")


def test_no_time_for_a_diagnosis() -> None:
    """Tests that nothing is claimed where there was no time to look."""
    with pytest.raises(StoppedWithoutPlan, match="too short"):
        optimizer.diagnose(served(10, 30, 0, on_demand=[{**HOURLY, "max_accelerators": 20}]), time_limit=0.0)


def test_the_command_names_the_scenario(tmp_path: Any) -> None:
    """Tests solve with --elastic on the command line: no plan, and why."""
    served(10, 30, 0, on_demand=[{**HOURLY, "max_accelerators": 20}]).save(tmp_path / "mine")
    done = capopt("solve", "mine", "--elastic", "--json", cwd=tmp_path)
    assert (done.code, list(done.json["by_scenario"])) == (5, ["scenario demand=high"])
    assert "--elastic does not repair scenarios" in done.err

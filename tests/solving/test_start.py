"""Searches that begin with the decisions of another plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer.instance.edit import apply_edits, parse_edit
from optimizer.plan.plan import Plan
from optimizer.program.build import build
from optimizer.program.compile import compile_program
from optimizer.solver.mip_start import completed_start
from optimizer.solver.solution import Options
from optimizer.solving.search import NO_START
from tests.command import capopt
from tests.program.tiny import frames, solved, tiny

# A block of 10 serves month 0 and may be followed by another in month 2; on demand costs 2 x 100 hours an accelerator.
LEASE = {"price": 1000, "term_months": 2, "max_blocks": 2}
HOURLY = {"price": 2, "max_accelerators": 50}


def leased(**head: Any) -> optimizer.Instance:
    """An instance of 4 months with a lease and on-demand capacity."""
    demand = {"jobs": [10, 10, 12, 12]}
    return tiny(4, demand, contracts=[LEASE], on_demand=[HOURLY], head=head)


def begun(instance: optimizer.Instance, plan: Plan) -> float | None:
    """What the solution costs that a search begins with; None if there is none."""
    program = build(instance)
    arrays = compile_program(program)
    values = completed_start(program, arrays, plan, Options())
    if values is None:
        return None
    assert arrays.worst_violation(values) <= 1e-6
    return (float(arrays.cost @ values) + arrays.offset) * program.units.money


def test_a_search_begins_with_the_plan() -> None:
    """Tests that the decisions of a plan and the best of the rest are its first solution, also at other prices."""
    # The lease in months 0 to 3: 4 x 1000, and 2 accelerators on demand for two months: 2 x 2 x 200.
    plan = solved(leased())
    assert plan.objective == pytest.approx(4800)
    assert begun(plan.instance, plan) == pytest.approx(4800)
    dearer = apply_edits(plan.instance, [parse_edit("contracts.lease.price=3000")])
    assert begun(dearer, plan) == pytest.approx(12_800)
    # At 3000 a block costs more than 10 accelerators on demand at 200 each: 44 accelerator-months x 200.
    assert optimizer.solve(dearer, gap=0.0, start=plan).objective == pytest.approx(8800)


def test_a_plan_that_does_not_fit_is_left_out() -> None:
    """Tests that a search begins without a plan that breaks a rule here, and says so."""
    plan = solved(leased())
    capped = plan.instance.replace({"budgets": optimizer.read(_capped(3000)).budgets})
    assert begun(capped, plan) is None
    again = optimizer.solve(capped, gap=0.0, start=plan)
    # Within 3000: the block in the months 2 and 3, or 0 and 1, and 5 accelerators on demand; the rest is not served.
    assert again.status == "optimal"
    assert NO_START in again.head["warnings"]
    assert NO_START not in optimizer.solve(plan.instance, start=plan).head["warnings"]


def _capped(amount: float) -> dict[str, Any]:
    return frames(4, {"jobs": [1]}, on_demand=[HOURLY], budgets=[{"amount": amount}])


def test_a_plan_without_integers_starts_nothing() -> None:
    """Tests that a linear program is solved as it is."""
    instance = tiny(2, {"jobs": [5]}, on_demand=[HOURLY])
    assert optimizer.solve(instance, start=solved(instance)).objective == pytest.approx(2000)


def test_solve_takes_a_plan_to_start_from(tmp_path: Path) -> None:
    """Tests the option of the command, and the refusal of a folder that is no plan."""
    plan = solved(leased())
    plan.save(tmp_path / "before")
    plan.instance.save(tmp_path / "mine")
    done = capopt("solve", "mine", "--start", "before", "-o", "after", "--json", cwd=tmp_path)
    assert done.code == 0
    assert done.json["objective"] == pytest.approx(4800)
    refused = capopt("solve", "mine", "--start", "mine", "-o", "other", cwd=tmp_path)
    assert refused.code == 2
    assert "is not a plan folder" in refused.err

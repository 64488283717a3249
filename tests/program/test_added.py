"""Constraints that are added to a program by name: obeyed by solvers and repairs, and checked in the plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

import optimizer
from optimizer.auditing import audit
from optimizer.errors import AuditFailed, NoFeasiblePlan
from optimizer.instance.instance import Instance
from optimizer.plan import check_added as checking
from optimizer.program.build import Program
from optimizer.program.compile import compile_program
from optimizer.schema import program_contents
from tests.auditing.everything import everything
from tests.program.additions import SOLVE, few, leased, pyomo_optimum, soft
from tests.program.rich import rich_frames
from tests.program.tiny import decided, month, paid, tiny


# ---------------------------------------------------------------- solve
def test_a_violation_that_is_required_is_paid_for() -> None:
    """Tests a constraint on a penalty's own variable: over >= 1 costs 70 and the lease 100, and the audit agrees."""
    program = soft()
    model = program.to_pyomo()
    key = next(iter(model.over))
    model.more = pyo.Constraint(expr=model.over[key] >= 1)
    plan = optimizer.solve(program, **SOLVE)
    assert [plan.objective, plan.bound] == pytest.approx([170, 170])
    assert (paid(plan, "violation"), plan.rules["violation"].tolist()) == ({0: 70}, [1])
    assert plan.head["audit"]["passed"]
    assert pyomo_optimum(program) == pytest.approx(170)


def test_more_is_short_where_that_is_required() -> None:
    """Tests the same of a shortfall: 10 of 120 are due in a year cut to a month, 4 are paid, 8 are required."""
    deal = {"annual_amount": 120, "required": True}
    program = optimizer.build(
        tiny(1, {"jobs": [4]}, on_demand=[{"price": 0.01, "max_accelerators": 4}], commitments=[deal])
    )
    assert paid(optimizer.solve(program, **SOLVE), "shortfall") == {0: 6}
    program.add_constraint("more", {("shortfall", "deal", 0): 1}, at_least=8)
    plan = optimizer.solve(program, **SOLVE)
    assert paid(plan, "shortfall") == {0: 8}
    assert plan.objective == pytest.approx(12)


@pytest.mark.parametrize("modelled", [False, True], ids=["by name", "with the model made before"])
def test_a_constraint_by_name_binds(modelled: bool) -> None:
    """Tests that with two leases in three months 1000 x 10 are paid for the third, and Pyomo's optimum is the same."""
    program = leased()
    if modelled:
        assert program.to_pyomo() is program.model
    plan = optimizer.solve(few(program), **SOLVE)
    assert plan.objective == pytest.approx(200 + 10_000)
    assert pyomo_optimum(program) == pytest.approx(200 + 10_000)
    assert [one.name for one in program.added.constraints] == ["few"]


def test_coefficients_are_in_natural_units() -> None:
    """Tests a constraint on accelerators and money in a program that counts both in other units."""
    # 3000 accelerators of work, a block has 1000 and costs 1e6; at most 2500 may be in use: 500 unserved at 1e4 each.
    lease = {"price": 1e6, "term_months": 1, "max_blocks": 3, "accelerators_per_block": 1000}
    case = tiny(1, [{"workload": "jobs", "month": 0, "amount": 3000}], workloads=[{"penalty": 1e4}], contracts=[lease])
    program = optimizer.build(case)
    assert program.units.accelerators > 1
    program.add_constraint("half", {("used", "lease", month(0)): 1.0}, at_most=2500)
    plan = optimizer.solve(program, **SOLVE)
    assert plan.objective == pytest.approx(3e6 + 500 * 1e4)
    assert plan.head["added"]["constraints"][0]["value"] == pytest.approx(2500)


def test_an_equation_and_a_range() -> None:
    """Tests both sides: exactly one lease in the first month, between four and five in all."""
    program = leased(price=1)
    program.add_constraint("one", {("started", "lease", 0): 1}, at_least=1, at_most=1)
    program.add_constraint("some", {("started", "lease", t): 1 for t in range(3)}, at_least=4, at_most=5)
    plan = optimizer.solve(program, **SOLVE)
    assert sum(blocks for t, _, _, blocks in decided(plan) if t == 0) == 1
    assert plan.objective == pytest.approx(4)


def test_a_constraint_that_cannot_be_met_is_named() -> None:
    """Tests that four leases of three at most leave no plan, and the constraint is in the conflict; so does 0 >= 1."""
    program = leased()
    program.add_constraint("many", {("started", "lease", 0): 1}, at_least=4)
    with pytest.raises(NoFeasiblePlan) as caught:
        optimizer.solve(program, **SOLVE)
    assert any(text.startswith("many (added to the program)") for text in caught.value.conflict)
    model = (program := leased()).to_pyomo()
    model.never = pyo.Constraint(expr=(1.0, 0 * model.started["lease", 0], None))
    with pytest.raises(NoFeasiblePlan) as caught:
        optimizer.solve(program, **SOLVE)
    assert "never (added to the program)" in caught.value.conflict


def test_the_other_engine_obeys_it() -> None:
    """Tests that SCIP finds the 10,200 of two leases in three months."""
    assert optimizer.solve(few(leased()), solver="scip", **SOLVE).objective == pytest.approx(10_200)


# ---------------------------------------------------------------- diagnosis
def test_a_repair_obeys_it() -> None:
    """Tests that a budget of 120, enough for a lease at 100, is raised to 150 for another where the first is barred."""
    leases = [{"price": 100, "term_months": 1}, {"contract": "other", "price": 150, "term_months": 1}]
    must, budget = [{"min_service": 1}], [{"amount": 120}]
    case = tiny(1, [{"workload": "jobs", "month": 0, "amount": 10}], contracts=leases, workloads=must, budgets=budget)
    assert optimizer.diagnose(case, **SOLVE).feasible
    for add in (_barred_by_name, _barred_in_the_model):
        program = optimizer.build(case)
        add(program)
        found = optimizer.diagnose(program, **SOLVE)
        assert [str(edit) for edit in found.repair] == ["budgets.cap.amount=150"]
        assert found.plan is not None
        assert {item for *_, item, _ in decided(found.plan)} == {"other"}
        assert any("barred (added to the program)" in reason.text for reason in found.reasons)


def _barred_by_name(program: Program) -> None:
    program.add_constraint("barred", {("started", "lease", 0): 1}, at_most=0)


def _barred_in_the_model(program: Program) -> None:
    program.model.barred = pyo.Constraint(expr=program.model.started["lease", 0] <= 0)


# ---------------------------------------------------------------- what leaves is checked
def test_a_plan_that_breaks_it_does_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that what rounding does to a constraint is seen: a solution with a third lease fails, by the name."""
    program = few(leased())
    loose = compile_program(leased())  # as if the solver had not been given the constraint
    from optimizer.solving import solve as planning

    monkeypatch.setattr(planning, "compile_program", lambda *_, **__: loose)
    with pytest.raises(AuditFailed, match=r"few: comes to 3, at most 2 allowed \(added_constraint\)"):
        optimizer.solve(program, **SOLVE)


def test_the_check_is_relative_to_the_terms() -> None:
    """Tests the tolerance: 2 may be passed by a millionth of the terms and one, not by ten times that."""
    program = few(leased())
    values = np.zeros(len(program.columns))
    columns = [program.parts.col["started"]["lease", t] for t in range(3)]
    for excess, broken in ((2e-6, 0), (3e-5, 1)):
        values[columns] = [1.0, 1.0, excess]
        found = checking.check_added(program.parts, program.added, values, np.zeros(0))
        assert len(found.violations) == broken
        assert list(found.values) == pytest.approx([2 + excess])


def _every_family(instance: Instance) -> Program:
    """The program with a constraint for each family that any plan keeps, counting all its variables."""
    program, rng = optimizer.build(instance), np.random.default_rng(0)
    for family, columns in program.parts.col.items():
        keys = [key if isinstance(key, tuple) else (key,) for key in columns]
        terms = {(family, *key): float(rng.integers(1, 9)) for key in keys}
        if terms:
            program.add_constraint(family, terms, at_least=-1e12, at_most=1e12)
    return program


def test_the_audit_works_out_every_family_from_the_tables() -> None:
    """Tests that what the plan says of each family is what the audit finds in the tables; a wrong value is named."""
    seen: set[str] = set()
    for instance in (everything().instance, optimizer.read(rich_frames())):
        plan = optimizer.solve(_every_family(instance), gap=0.01, threads=1)
        assert audit(plan).passed
        part = plan.head["added"]
        seen |= {one["name"] for one in part["constraints"] if abs(one["value"]) > 1e-6}
        wrong = [{**one, "value": one["value"] * 1.001 + 1} for one in part["constraints"]]
        bad = replace(plan, head={**plan.head, "added": {**part, "constraints": wrong}})
        named = {found.item for found in audit(bad).violations if found.rule == "added_constraint"}
        # Shortfalls that end in one month, both sides of an equation, and MW by contract are not in the tables.
        assert {one["name"] for one in wrong} - named <= {"shortfall", "over", "under", "drawn", "billed"}
    assert set(program_contents()["variables"]) - seen == {"one", "drawn", "billed"}  # the grid is not needed


def test_the_audit_names_what_does_not_hold() -> None:
    """Tests that a side that the value passes is named, and a part of the head that cannot be understood."""
    plan = optimizer.solve(few(leased()), **SOLVE)
    (one,) = plan.head["added"]["constraints"]
    for changes in ({"at_most": 1.0}, {"at_most": None, "at_least": 2.5}, {"value": 1.0}):
        part = {"constraints": [{**one, **changes}], "variables": []}
        found = audit(replace(plan, head={**plan.head, "added": part})).violations
        assert {(v.rule, v.item) for v in found} == {("added_constraint", "few")}
    odd: Any
    for odd in ({"constraints": [{}], "variables": []}, {"constraints": 7, "variables": []}, [1]):
        found = audit(replace(everything(), head={**everything().head, "added": odd})).violations
        assert {(v.rule, v.item) for v in found} == {("added_constraint", "added")}

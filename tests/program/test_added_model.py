"""Constraints and variables that are added to the Pyomo model: obeyed, or refused by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyomo.environ as pyo
import pytest

import optimizer
from optimizer.analysis.alternatives import find_alternatives
from optimizer.analysis.marginal_values import values_table
from optimizer.errors import AdditionError
from optimizer.program.added_head import added_in
from optimizer.program.build import Program
from tests.program.additions import SOLVE, few, leased, signed
from tests.program.tiny import month


# ---------------------------------------------------------------- the model
def test_bounds_of_the_model_are_obeyed() -> None:
    """Tests a fixed variable and tighter bounds: 3 leases in month 2, 2 at least in month 1, none in month 0."""
    program = leased()
    model = program.to_pyomo()
    model.started["lease", 2].fix(3)
    model.started["lease", 1].setlb(2)
    model.started["lease", 0].setub(0)
    plan = optimizer.solve(program, **SOLVE)
    assert plan.objective == pytest.approx(10_000 + 200 + 300)
    names = [one["name"] for one in plan.head["added"]["constraints"]]
    assert names == [f"bounds of started[lease,{t}]" for t in range(3)]


def _either_or(program: Program) -> Program:
    """Leases in the first or in the second month, not in both: a variable of 0 or 1 decides."""
    model = program.to_pyomo()
    model.later = pyo.Var(domain=pyo.Binary)
    model.first = pyo.Constraint(expr=model.started["lease", 0] <= 3 * (1 - model.later))
    model.second = pyo.Constraint(expr=model.started["lease", 1] <= 3 * model.later)
    return program


def test_variables_of_a_planners_own_go_along(tmp_path: Path) -> None:
    """Tests an either-or in solve, what-ifs of the loaded plan, values, alternatives: 10,000 for a month, 2 leases."""
    plan = optimizer.solve(_either_or(leased()), **SOLVE)
    assert plan.objective == pytest.approx(10_200)
    loaded = optimizer.load_plan(plan.save(tmp_path / "plan"))
    (later,) = added_in(loaded).variables
    assert (later.name, later.integer, later.value in (0.0, 1.0)) == ("later", True, True)
    ask = optimizer.WhatIf(loaded, **SOLVE)
    assert ask("contracts.lease.price*=0.5").objective == pytest.approx(10_100)
    other = 0 if later.value else 1  # the month that has no lease in the plan at hand
    swapped = ask(force=f"sign:lease@{month(other)}")
    assert swapped.objective == pytest.approx(10_200)
    assert added_in(swapped).variables[0].value == 1.0 - (later.value or 0.0)
    assert not values_table(loaded).empty
    for one in find_alternatives(loaded, plans=1).plans:
        assert len([t for t in signed(one) if t < 2]) == 1


def test_components_in_blocks_and_lists_count() -> None:
    """Tests that constraints in a block and in a list are found, and those deactivated are not."""
    program = leased()
    model = program.to_pyomo()
    model.mine = pyo.Block()
    model.mine.none = pyo.Constraint(expr=model.started["lease", 0] == 0)
    model.more = pyo.ConstraintList()
    model.more.add(model.started["lease", 1] == 0)
    model.more.add(model.started["lease", 2] == 0)
    model.more[2].deactivate()
    assert [one.name for one in program.added.constraints] == ["more[1]", "mine.none"]
    assert optimizer.solve(program, **SOLVE).objective == pytest.approx(20_100)


# ---------------------------------------------------------------- what is refused
def _own_row(model: Any) -> None:
    row = model.demand_met[next(iter(model.demand_met))]
    row.set_value(row.body <= 1e6)


def _free_price(model: Any) -> None:
    model.net_present_cost.set_value(0 * model.started["lease", 0])


def _twin(model: Any) -> None:
    other = pyo.ConcreteModel()
    other.x, model.x = pyo.Var(), pyo.Var()
    model.odd = pyo.Constraint(expr=other.x + model.x <= model.started["lease", 0])


def _steps(model: Any) -> None:
    model.x = pyo.Var(domain=pyo.RangeSet(0, 10, 5))
    model.odd = pyo.Constraint(expr=model.x <= model.started["lease", 0])


def _sos(model: Any) -> None:
    model.odd = pyo.SOSConstraint(var=model.started, sos=1)


REFUSED: dict[str, tuple[Callable[[Any], object], str]] = {
    "a family deactivated": (lambda model: model.contract_capacity.deactivate(), "constraints contract_capacity"),
    "a family deleted": (lambda model: model.del_component(model.contract_capacity), "constraints contract_capacity"),
    "a row deactivated": (
        lambda model: next(iter(model.contract_capacity.values())).deactivate(),
        r"constraint contract_capacity\[lease,0\] was changed in the model. Edit the tables of the instance instead",
    ),
    "a row changed": (_own_row, r"constraint demand_met\[jobs,0\] was changed"),
    "another objective": (_free_price, r"the objective was changed in the model \(net_present_cost\)"),
    "no objective": (lambda model: model.net_present_cost.deactivate(), "the objective was changed"),
    "looser bounds": (lambda model: model.started["lease", 0].setub(9), r"bounds of started\[lease,0\] were loosened"),
    "no least": (lambda model: model.used["lease", 0].setlb(None), r"bounds of used\[lease,0\] were loosened"),
    "another domain": (
        lambda model: setattr(model.started["lease", 0], "domain", pyo.NonNegativeReals),
        r"the domain of started\[lease,0\] was changed",
    ),
    "a special ordered set": (_sos, "odd was added to the model and is a SOSConstraint; expected linear constraints"),
    "two variables of one name": (_twin, "two variables that constraints added to the model count are called x"),
    "a domain of steps": (_steps, "x was added to the model; its domain is neither continuous nor integer"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_obeyed_is_refused_by_name(name: str) -> None:
    """Tests that changes of the program's own rules, and what is no linear constraint, end a solve with their name."""
    change, message = REFUSED[name]
    program = leased()
    change(program.to_pyomo())
    with pytest.raises(AdditionError, match=message):
        optimizer.solve(program, **SOLVE)


def test_a_constraint_by_name_cannot_be_taken_out_of_the_model() -> None:
    """Tests that one which was added by name is not lost where the model is changed."""
    program = few(leased())
    program.to_pyomo().added_constraints["few"].deactivate()
    with pytest.raises(AdditionError, match="constraint few, which was added by name, was taken out of the model"):
        optimizer.solve(program, **SOLVE)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"terms": {("begun", "lease", 0): 1}, "at_most": 1}, "no family of variables is called 'begun'"),
    ({"terms": {("startd", "lease", 0): 1}, "at_most": 1}, "Did you mean 'started'?"),
    ({"terms": {("started", "leese", 0): 1}, "at_most": 1}, r"no started of \('leese', 0\). Did you mean 'lease, 0'?"),
    ({"terms": {("started", "lease"): 1}, "at_most": 1}, "started is indexed by agreement, month; found"),
    ({"terms": {("started", "lease", "soon"): 1}, "at_most": 1}, "month 'soon'; expected YYYY-MM"),
    ({"terms": {("started", "lease", 0): float("nan")}, "at_most": 1}, "is nan; expected a number"),
    ({"terms": {("started", "lease", 0): 1}}, "at_least is None, at_most is None; expected one of them or both"),
    ({"terms": {("started", "lease", 0): 1}, "at_most": float("inf")}, "finite"),
    ({"terms": {("started", "lease", 0): 1}, "at_least": 2, "at_most": 1}, "in order"),
    ({"terms": {}, "at_most": 1}, "counts nothing"),
    ({"name": " ", "terms": {("started", "lease", 0): 1}, "at_most": 1}, "needs a name"),
    ({"name": "few", "terms": {("started", "lease", 0): 1}, "at_most": 1}, "'few' was added already"),
]


@pytest.mark.parametrize(("given", "message"), WRONG)
def test_what_makes_no_constraint_is_refused(given: dict[str, Any], message: str) -> None:
    """Tests that names, indexes and numbers are checked when a constraint is added, with the nearest name."""
    with pytest.raises(AdditionError, match=message):
        few(leased()).add_constraint(**{"name": "mine", **given})

"""What a planner adds to a program: obeyed by all that is made of it, carried by the plan, or refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

import optimizer
from optimizer.analysis.alternatives import find_alternatives
from optimizer.analysis.explanation import explain
from optimizer.analysis.own_decisions import check_decisions
from optimizer.analysis.policy_trial import Requirement, try_policy
from optimizer.analysis.values import values_table
from optimizer.auditing import audit
from optimizer.errors import AdditionError, AuditFailed, NoFeasiblePlan, PlanFileError
from optimizer.instance.instance import Instance
from optimizer.plan import check_added as checking
from optimizer.plan.plan import Plan
from optimizer.program.added_head import added_in
from optimizer.program.build import Program
from optimizer.program.compile import compile_program
from optimizer.schema import program_contents
from optimizer.solver.solution import Options
from tests.auditing.everything import everything
from tests.program.rich import rich_frames
from tests.program.tiny import decided, month, paid, tiny

SOLVE: dict[str, Any] = {"gap": 0, "threads": 1}


def _leased(**columns: Any) -> Program:
    """Ten accelerators wanted in each of 3 months, 1000 each if not served; a lease at 100 a month for them."""
    lease = {"price": 100, "term_months": 1, "max_blocks": 3, **columns}
    return optimizer.build(tiny(3, {"jobs": [10]}, contracts=[lease]))


def _few(program: Program, most: float = 2) -> Program:
    """No more than two leases in all."""
    program.add_constraint("few", {("started", "lease", t): 1 for t in range(3)}, at_most=most)
    return program


def _soft() -> Program:
    """A month with one lease at 100, and a rule of at most five leases that costs 70 for each one more."""
    lease = {"price": 100, "term_months": 1}
    rule = {"sense": "<=", "rhs": 5, "penalty": 70}
    terms = [{"quantity": "started", "item": "lease"}]
    return optimizer.build(tiny(1, {"jobs": [10]}, contracts=[lease], rules=[rule], rule_terms=terms))


def _signed(plan: Plan) -> list[int]:
    """Months in which leases are signed."""
    return [t for t, what, *_ in decided(plan) if what == "sign"]


def _pyomo_optimum(program: Program) -> float:
    """What Pyomo's own way to HiGHS finds for the model, in money."""
    solver = pyo.SolverFactory("appsi_highs")
    solver.highs_options = {"mip_rel_gap": 1e-9}
    return float(solver.solve(program.to_pyomo()).problem.upper_bound) * program.units.money


# ---------------------------------------------------------------- solve
def test_a_violation_that_is_required_is_paid_for() -> None:
    """Tests a constraint on a penalty's own variable: over >= 1 costs 70 and the lease 100, and the audit agrees."""
    program = _soft()
    model = program.to_pyomo()
    key = next(iter(model.over))
    model.more = pyo.Constraint(expr=model.over[key] >= 1)
    plan = optimizer.solve(program, **SOLVE)
    assert [plan.objective, plan.bound] == pytest.approx([170, 170])
    assert (paid(plan, "violation"), plan.rules["violation"].tolist()) == ({0: 70}, [1])
    assert plan.head["audit"]["passed"]
    assert _pyomo_optimum(program) == pytest.approx(170)


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
    program = _leased()
    if modelled:
        assert program.to_pyomo() is program.model
    plan = optimizer.solve(_few(program), **SOLVE)
    assert plan.objective == pytest.approx(200 + 10_000)
    assert _pyomo_optimum(program) == pytest.approx(200 + 10_000)
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
    program = _leased(price=1)
    program.add_constraint("one", {("started", "lease", 0): 1}, at_least=1, at_most=1)
    program.add_constraint("some", {("started", "lease", t): 1 for t in range(3)}, at_least=4, at_most=5)
    plan = optimizer.solve(program, **SOLVE)
    assert sum(blocks for t, _, _, blocks in decided(plan) if t == 0) == 1
    assert plan.objective == pytest.approx(4)


def test_a_constraint_that_cannot_be_met_is_named() -> None:
    """Tests that four leases of three at most leave no plan, and the constraint is in the conflict; so does 0 >= 1."""
    program = _leased()
    program.add_constraint("many", {("started", "lease", 0): 1}, at_least=4)
    with pytest.raises(NoFeasiblePlan) as caught:
        optimizer.solve(program, **SOLVE)
    assert any(text.startswith("many (added to the program)") for text in caught.value.conflict)
    model = (program := _leased()).to_pyomo()
    model.never = pyo.Constraint(expr=(1.0, 0 * model.started["lease", 0], None))
    with pytest.raises(NoFeasiblePlan) as caught:
        optimizer.solve(program, **SOLVE)
    assert "never (added to the program)" in caught.value.conflict


@pytest.mark.parametrize("solver", ["scip", "race"])
def test_other_engines_obey_it(solver: str) -> None:
    """Tests that SCIP, alone and in a race, finds the 10,200 of two leases in three months."""
    assert optimizer.solve(_few(_leased()), solver=solver, **SOLVE).objective == pytest.approx(10_200)


# ---------------------------------------------------------------- the model
def test_bounds_of_the_model_are_obeyed() -> None:
    """Tests a fixed variable and tighter bounds: 3 leases in month 2, 2 at least in month 1, none in month 0."""
    program = _leased()
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
    plan = optimizer.solve(_either_or(_leased()), **SOLVE)
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
        assert len([t for t in _signed(one) if t < 2]) == 1


def test_components_in_blocks_and_lists_count() -> None:
    """Tests that constraints in a block and in a list are found, and those deactivated are not."""
    program = _leased()
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
    program = _leased()
    change(program.to_pyomo())
    with pytest.raises(AdditionError, match=message):
        optimizer.solve(program, **SOLVE)


def test_a_constraint_by_name_cannot_be_taken_out_of_the_model() -> None:
    """Tests that one which was added by name is not lost where the model is changed."""
    program = _few(_leased())
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
        _few(_leased()).add_constraint(**{"name": "mine", **given})


# ---------------------------------------------------------------- questions to the plan
@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The plan of two leases in three months, saved and loaded."""
    folder = tmp_path_factory.mktemp("plans") / "few"
    return optimizer.load_plan(optimizer.solve(_few(_leased()), **SOLVE).save(folder))


def test_a_plan_carries_it(plan: Plan) -> None:
    """Tests what plan.json has of it, and that its warnings name it."""
    text = json.dumps(plan.head["added"])
    assert json.loads(text) == {
        "constraints": [
            {
                "name": "few",
                "terms": [{"variable": "started", "index": ["lease", month(t)], "coefficient": 1} for t in range(3)],
                "at_least": None,
                "at_most": 2,
                "value": 2,
            }
        ],
        "variables": [],
    }
    assert "constraint few was added to the program" in plan.head["warnings"]
    assert audit(plan).passed


def test_what_ifs_obey_it(plan: Plan) -> None:
    """Tests edits in place and of structure, decisions forced, costs and sweeps: never more than two leases."""
    ask = optimizer.WhatIf(plan, **SOLVE)
    assert ask("contracts.lease.price*=0.5").objective == pytest.approx(10_100)
    assert ask.cost("contracts.lease.price*=2").objective == pytest.approx(10_400)
    late = ask(delay="contracts.lease=1")  # no lease can start in the first month any more, and two others can
    assert late.objective == pytest.approx(10_200)
    assert added_in(late) == added_in(plan)
    with pytest.raises(NoFeasiblePlan):
        ask(force=[f"sign:lease@{month(t)}" for t in range(3)])
    assert ask.sweep("contracts.lease.price", [10.0, 20.0])["objective"].tolist() == pytest.approx([10_020, 10_040])
    assert optimizer.WhatIf(_few(_leased()), **SOLVE)("contracts.lease.price=10").objective == pytest.approx(10_020)


def test_explanations_obey_it(plan: Plan) -> None:
    """Tests offers, alternatives, own decisions and requirements: a third lease is in none of them."""
    found = explain(plan, time_limit=5.0, threads=1)
    # Without leases 30,000 are paid; with two of them 10,200: they are worth 19,800, all of it (2 of 3 blocks at once).
    assert found.offers["worth"].tolist() == pytest.approx([19_800])
    near = find_alternatives(plan, within=0.5, plans=2)
    assert all(len(_signed(one)) <= 2 for one in near.plans)
    most = near.ranges.loc[near.ranges["kind"] == "sign", "most"]
    assert most.tolist() == pytest.approx([2])
    three = plan.decisions.iloc[[0, 0, 0]].assign(month=[month(t) for t in range(3)])
    with pytest.raises(NoFeasiblePlan) as caught:
        check_decisions(plan, three)
    assert any("few (added to the program)" in text for text in caught.value.conflict)
    cap = try_policy(plan, Requirement("max_share", "provider", "cloud", 1.0, 1.0), Options(threads=1))
    assert cap.plan is not None
    assert cap.plan.objective == pytest.approx(10_200)


def test_a_comparison_names_it(plan: Plan) -> None:
    """Tests that plans of one instance with and without the constraint are not said to have the same inputs."""
    free = optimizer.solve(plan.instance, **SOLVE)
    notes = optimizer.compare(free, plan, ("free", "mine")).notes
    assert "Added to the program of mine: few." in notes
    assert not any("The inputs are the same" in note for note in notes)
    assert any("The inputs are the same" in note for note in optimizer.compare(plan, plan).notes)


def test_a_marginal_value_knows_of_it(plan: Plan) -> None:
    """Tests the relaxation: an accelerator is worth 1000 where leases are used up; without the limit 10, its price."""
    most = [values_table(one).query("kind == 'accelerator'")["relaxed"].max() for one in (plan, _without(plan))]
    assert most == pytest.approx([1000, 10])


def _without(plan: Plan) -> Plan:
    """The plan as if nothing had been added."""
    return replace(plan, head={key: value for key, value in plan.head.items() if key != "added"})


def test_an_edit_that_takes_its_variables_away_is_refused() -> None:
    """Tests that the violation of a rule that an edit makes hard is named, not answered without the constraint."""
    program = _soft()
    program.add_constraint("little", {("over", "mine", 0): 1}, at_most=3)
    ask = optimizer.WhatIf(program, **SOLVE)
    with pytest.raises(
        AdditionError, match=r"constraint little, .* has the variable over of mine, 2030-01, which the program does not"
    ):
        ask("rules.mine.penalty=")


def test_what_can_only_be_nothing_counts_as_nothing() -> None:
    """Tests edits that take order months away: orders in them are 0, and blocks so far stay what they were.

    Two MW for ten accelerators of 200 kW at 1 each, whose work is worth 1000; blocks of 1 MW cost 1.
    """
    months = {"lead_months": 0, "latest": 3, "capex_per_mw": 1, "max_blocks": 2}
    kinds, site = [{"kw": 200}], [{"mw": 0}]
    case = tiny(4, {"jobs": [10]}, accelerators=kinds, power=site, fleet=[{"count": 10}], builds=[months])
    for late, cost in ((2, 2.0), (1, 1 + 4 * 5 * 1000.0)):
        program = optimizer.build(case)
        program.add_constraint("late", {("ordered", "wing", 3): 1}, at_most=0)
        program.add_constraint("all", {("built", "wing", 3): 1}, at_most=late)
        ask = optimizer.WhatIf(program, **SOLVE)
        assert ask.cost().objective == pytest.approx(cost)
        assert ask("builds.wing.latest=2030-02").objective == pytest.approx(cost)


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
    program = _few(_leased())
    loose = compile_program(_leased())  # as if the solver had not been given the constraint
    from optimizer.solving import solve as planning

    monkeypatch.setattr(planning, "compile_program", lambda *_, **__: loose)
    with pytest.raises(AuditFailed, match=r"few: comes to 3, at most 2 allowed \(added_constraint\)"):
        optimizer.solve(program, **SOLVE)


def test_the_check_is_relative_to_the_terms() -> None:
    """Tests the tolerance: 2 may be passed by a millionth of the terms and one, not by ten times that."""
    program = _few(_leased())
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
        # Shortfalls that end in one month, and both sides of an equation, are one figure in the tables.
        assert {one["name"] for one in wrong} - named <= {"shortfall", "over", "under"}
    assert set(program_contents()["variables"]) - seen == {"one"}


def test_the_audit_names_what_does_not_hold() -> None:
    """Tests that a side that the value passes is named, and a part of the head that cannot be understood."""
    plan = optimizer.solve(_few(_leased()), **SOLVE)
    (one,) = plan.head["added"]["constraints"]
    for changes in ({"at_most": 1.0}, {"at_most": None, "at_least": 2.5}, {"value": 1.0}):
        part = {"constraints": [{**one, **changes}], "variables": []}
        found = audit(replace(plan, head={**plan.head, "added": part})).violations
        assert {(v.rule, v.item) for v in found} == {("added_constraint", "few")}
    odd: Any
    for odd in ({"constraints": [{}], "variables": []}, {"constraints": 7, "variables": []}, [1]):
        found = audit(replace(everything(), head={**everything().head, "added": odd})).violations
        assert {(v.rule, v.item) for v in found} == {("added_constraint", "added")}


@pytest.mark.parametrize(
    "part",
    [
        [1],
        {"constraints": [{}], "variables": []},
        {"constraints": [], "variables": [{"name": "x"}]},
        {
            "constraints": [
                {
                    "name": "x",
                    "terms": [{"variable": "y", "index": None, "coefficient": 1}],
                    "at_least": None,
                    "at_most": 1,
                }
            ],
            "variables": [],
        },
    ],
)
def test_a_head_that_cannot_be_understood_is_named(plan: Plan, part: Any) -> None:
    """Tests that a plan whose added constraints cannot be read is refused, not asked about without them."""
    with pytest.raises(PlanFileError, match=r"plan\.json: added cannot be understood"):
        optimizer.WhatIf(replace(plan, head={**plan.head, "added": part}))

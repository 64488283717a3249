"""Tiny programs to which a planner's constraints are added."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

import optimizer
from optimizer.plan.plan import Plan
from optimizer.program.build import Program
from tests.program.tiny import decided, tiny

SOLVE: dict[str, Any] = {"gap": 0, "threads": 1}


def leased(**columns: Any) -> Program:
    """Ten accelerators wanted in each of 3 months, 1000 each if not served; a lease at 100 a month for them."""
    lease = {"price": 100, "term_months": 1, "max_blocks": 3, **columns}
    return optimizer.build(tiny(3, {"jobs": [10]}, contracts=[lease]))


def few(program: Program, most: float = 2) -> Program:
    """No more than two leases in all."""
    program.add_constraint("few", {("started", "lease", t): 1 for t in range(3)}, at_most=most)
    return program


def soft() -> Program:
    """A month with one lease at 100, and a rule of at most five leases that costs 70 for each one more."""
    lease = {"price": 100, "term_months": 1}
    rule = {"sense": "<=", "rhs": 5, "penalty": 70}
    terms = [{"quantity": "started", "item": "lease"}]
    return optimizer.build(tiny(1, {"jobs": [10]}, contracts=[lease], rules=[rule], rule_terms=terms))


def signed(plan: Plan) -> list[int]:
    """Months in which leases are signed."""
    return [t for t, what, *_ in decided(plan) if what == "sign"]


def pyomo_optimum(program: Program) -> float:
    """What Pyomo's own way to HiGHS finds for the model, in money."""
    solver = pyo.SolverFactory("appsi_highs")
    solver.highs_options = {"mip_rel_gap": 1e-9}
    return float(solver.solve(program.to_pyomo()).problem.upper_bound) * program.units.money

"""Random constraints added to random programs against SCIP: ``python -m benchmarks.additions 300``.

Each program is solved with the constraints, and its Pyomo model by SCIP through an LP file, which our compiler has no
hand in. The plan is saved, loaded and audited, and solved again by a what-if, which must find the same optimum.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyomo.environ as pyo
import pyscipopt

import optimizer
from optimizer.auditing import audit
from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.generator import random_instance
from optimizer.plan.plan import Plan
from optimizer.program.added import unit_of
from optimizer.program.build import Program
from optimizer.program.compile import compile_program
from optimizer.solver import highs
from optimizer.solver.solution import Options

SOLVE: dict[str, Any] = {"gap": 0.0, "threads": 1, "time_limit": 20.0}
_NEVER = float("inf")


def with_random_constraints(seed: int, size: str = "tiny") -> Program:
    """A random program with one to three constraints that its best plan breaks, or that leave no plan.

    Some are added by name and some to the Pyomo model, some count a variable of a planner's own.
    """
    rng, instance = np.random.default_rng(seed), random_instance(seed, size)
    program = optimizer.build(instance)
    values = _best(program)
    for number in range(int(rng.integers(1, 4))):
        _add(program, rng, values, f"extra {number}")
    return program


def _best(program: Program) -> Any:
    """Values of the columns at the optimum of the linear relaxation."""
    found = highs.solve(compile_program(program, relax=True), Options(threads=1)).values
    return np.zeros(len(program.columns)) if found is None else found


def _add(program: Program, rng: Any, values: Any, name: str) -> None:
    """Add a constraint on some variables of one or two families, a little off their value in the plan."""
    families = [family for family, columns in program.parts.col.items() if columns]
    terms: dict[tuple[Any, ...], float] = {}
    amount = 0.0
    for family in rng.choice(families, size=int(rng.integers(1, 3)), replace=False).tolist():
        keys = list(program.parts.col[family])
        for place in rng.choice(len(keys), size=min(len(keys), int(rng.integers(1, 6))), replace=False).tolist():
            key = keys[place] if isinstance(keys[place], tuple) else (keys[place],)
            terms[family, *key] = float(rng.integers(1, 4))
            amount += terms[family, *key] * float(values[program.parts.col[family][keys[place]]])
    more = bool(rng.random() < 0.5)
    limit = amount * 1.3 + 0.5 if more else amount * 0.6
    if rng.random() < 0.5:
        unit = {family: _unit(program, family, key) for (family, *key) in terms}
        natural = {variable: c / unit[variable[0]] for variable, c in terms.items()}
        program.add_constraint(name, natural, **{"at_least" if more else "at_most": limit})
        return
    model, total = program.to_pyomo(), 0
    for (family, *key), coefficient in terms.items():
        total = total + coefficient * getattr(model, family)[tuple(key) if len(key) > 1 else key[0]]
    own = pyo.Var(bounds=(0, None), domain=pyo.Integers if rng.random() < 0.5 else pyo.Reals)
    model.add_component(f"own {name}", own)
    model.add_component(name, pyo.Constraint(expr=total >= limit + own if more else total + own <= limit))


def _unit(program: Program, family: str, key: list[Any]) -> float:
    return unit_of(program.parts, family, tuple(key))


def best_plan(program: Program) -> Plan | None:
    """The optimal plan; None if infeasible.

    Raises
    ------
    StoppedWithoutPlan
        If the time limit came first.
    """
    try:
        return optimizer.solve(program, **SOLVE)
    except NoFeasiblePlan:
        return None


def optimum_by_scip(program: Program) -> float | None:
    """Optimum of the Pyomo model that SCIP finds in an LP file, in money; infinite without a plan, None in time."""
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "program.lp")
        program.to_pyomo().write(file)
        model = pyscipopt.Model()
        model.hideOutput()
        model.readProblem(file)
    for name, value in (("limits/gap", 0.0), ("limits/time", 30.0), ("numerics/feastol", 1e-9)):
        model.setParam(name, value)
    model.setParam("presolving/maxrounds", 0)  # SCIP 10 can lose the integrality of variables in its presolve
    model.optimize()
    if model.getStatus() in ("infeasible", "inforunbd"):
        return _NEVER
    return float(model.getObjVal()) * program.units.money if model.getStatus() == "optimal" else None


def problems(seed: int, size: str = "tiny") -> list[str] | None:
    """What is wrong with the plan of a seed; None if the time did not suffice."""
    program = with_random_constraints(seed, size)
    try:
        plan = best_plan(program)
    except StoppedWithoutPlan:
        return None
    expected = optimum_by_scip(program)
    if expected is None or (plan is not None and plan.status != "optimal"):
        return None
    found = _NEVER if plan is None else plan.objective
    wrong = [] if _alike(found, expected, plan) else [f"costs {found}, SCIP {expected}"]
    if plan is not None:
        wrong += _of_the_plan(plan)
    return wrong


def _of_the_plan(plan: Plan) -> list[str]:
    """What is wrong with the plan as saved and loaded, and solved again."""
    with tempfile.TemporaryDirectory() as folder:
        loaded = optimizer.load_plan(plan.save(Path(folder) / "plan"))
    wrong = [] if audit(loaded).passed else [f"loaded: {audit(loaded).text()}"]
    again = optimizer.WhatIf(loaded, **SOLVE).ask([])
    if again.status == "optimal" and not _alike(again.objective, plan.objective, plan):
        wrong.append(f"solved again it costs {again.objective}, not {plan.objective}")
    return wrong


def _alike(one: float, other: float, plan: Plan | None) -> bool:
    if _NEVER in (one, other) or plan is None:
        return one == other
    moved = float(plan.cash["present_value"].abs().sum())
    return abs(one - other) <= 2e-6 * max(abs(one), abs(other), moved, 1.0)


@click.command()
@click.argument("count", type=int, default=100)
@click.option("--first", type=int, default=0, help="First seed.")
@click.option("--size", default="tiny", help="Of the instances.")
def main(count: int, first: int, size: str) -> None:
    """Try so many seeds; print what is wrong with any, and how many came out how."""
    outcomes: Counter[str] = Counter()
    for seed in range(first, first + count):
        found = problems(seed, size)
        outcomes["no time" if found is None else "wrong" if found else "right"] += 1
        for text in found or ():
            click.echo(f"seed {seed}: {text}")
    click.echo(dict(outcomes))


if __name__ == "__main__":
    main()

"""A second, independent reading of format 1: direct sums in natural units, solved by SCIP."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

from pyscipopt import Model, quicksum

from tests.oracle.demand import add_demand
from tests.oracle.linear import Expression, Program
from tests.oracle.rules import add_budgets, add_commitment_starts, add_policies, add_rules, add_shortfalls
from tests.oracle.supply import add_supply
from tests.oracle.tables import Frames, read_tables
from tests.oracle.world import World

__all__ = ["Answer", "Frames", "ask"]

SETTINGS = {
    "limits/gap": 0.0,
    "limits/absgap": 0.0,
    "numerics/feastol": 1e-9,
    "numerics/dualfeastol": 1e-8,
    "presolving/maxrounds": 0,  # the presolve of SCIP 10.0 lets broken binaries through at times
}
UNIT = 1e3  # money of the objective, so that the solver's tolerances are small beside it


@dataclass
class Answer:
    """What the oracle found: status is optimal, infeasible or timelimit; bound and objective are in plain money."""

    status: str
    objective: float
    bound: float


def ask(frames: Frames, *, relax: bool = False, seconds: float = 60.0) -> Answer:
    """Least net present cost of an instance, given as a mapping of DataFrames."""
    world = write(frames, relax)
    model = _in_scip(world.program, world.present_cost(UNIT))
    model.hideOutput()
    model.setParams(SETTINGS | {"limits/time": seconds})
    model.optimize()
    status = str(model.getStatus())
    held = model.getNSols() > 0
    return Answer(status, model.getObjVal() * UNIT if held else float("inf"), model.getDualbound() * UNIT)


def _in_scip(program: Program, cost: Expression) -> Model:
    """The same as a model of SCIP."""
    model = Model()
    columns = add_to(model, program)
    model.setObjective(in_columns(cost, columns), "minimize")
    return model


def in_columns(row: Expression, columns: list[Any]) -> Any:
    """An expression in the columns of SCIP."""
    terms = zip(row.values.tolist(), row.indices.tolist(), strict=True)
    return quicksum(value * columns[index] for value, index in terms) + row.constant


def add_to(model: Model, program: Program) -> list[Any]:
    """Add a program to a model of SCIP; returns its columns."""
    columns = [
        model.addVar(name, vtype="I" if integer else "C", lb=0, ub=None if most == inf else most)
        for name, integer, most in zip(program.names, program.integer, program.uppers, strict=True)
    ]

    for row, sense in zip(program.rows, program.senses, strict=True):
        left = in_columns(row, columns)
        model.addCons({"<=": left <= 0, ">=": left >= 0, "=": left == 0}[sense])
    return columns


def write(frames: Frames, relax: bool) -> World:
    """The entire model, part by part."""
    world = World(read_tables(frames), relax)
    add_commitment_starts(world)
    add_supply(world)
    add_demand(world)
    add_shortfalls(world)
    add_budgets(world)
    add_policies(world)
    add_rules(world)
    return world

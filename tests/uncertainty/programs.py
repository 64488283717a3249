"""Stochastic programs as plain arrays: some solved by hand, and random ones with SCIP's own extensive form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyscipopt

from optimizer.program.arrays import Arrays
from optimizer.uncertainty.stochastic_program import OWN, RiskMeasure, StochasticProgram
from tests.solver.programs import INF, program

PRICE = 2.4
SALES = (2.0, 4.0, 6.0)
"""Demand of the newsvendor's scenarios."""


def named(arrays: Arrays) -> Arrays:
    """Return a program whose columns have a family and a key, as those of the package."""
    return replace(arrays, columns=tuple(("column", (str(number), 0)) for number in range(len(arrays.cost))))


def newsvendor(whole: bool = False) -> StochasticProgram:
    """Papers ordered at 1 each before the demand is known, sold at 2.4: 2, 4 or 6 of them, with equal probability."""
    scenarios = [named(program([1, -PRICE], [[1, -1]], [0], [INF], upper=[10, sales], whole=whole)) for sales in SALES]
    return StochasticProgram(tuple(scenarios), np.full(3, 1 / 3), tuple(np.array([0, OWN]) for _ in scenarios))


def four_stages() -> StochasticProgram:
    """Units for a demand of 1, 2, 3 or 4 in the fourth stage, ordered at 1, 1.5 or 2.5 in the first three.

    The second stage knows which half the demand is in, the third knows it.
    """
    scenarios = [program([1, 1.5, 2.5], [[1, 1, 1]], [demand], [INF]) for demand in (1, 2, 3, 4)]
    nodes = [(0, 1, 3), (0, 1, 4), (0, 2, 5), (0, 2, 6)]
    return StochasticProgram(tuple(scenarios), np.full(4, 0.25), tuple(np.array(node) for node in nodes))


def random_program(seed: int, whole: bool) -> StochasticProgram:
    """Four scenarios with a decision of all, one of the first two, one of the last three, and columns of their own."""
    chance = np.random.default_rng(seed)
    scenarios = []
    for _ in range(4):
        rows = chance.integers(-3, 9, size=(5, 6))
        sides = chance.integers(5, 25, size=5)
        one = program(chance.integers(1, 12, size=6), rows, sides, np.full(5, INF), upper=[7, 9, 9, 8, 20, 20])
        integer = np.array([whole, False, whole, whole, False, False])
        # A last column meets every row, at a price.
        met = one.with_columns(["short"], (np.arange(5), np.zeros(5, dtype=int), np.ones(5)), [30.0], [INF])
        scenarios.append(replace(named(met), integer=np.append(integer, False), offset=float(chance.integers(-9, 9))))
    decisions = np.array([[0, 1, OWN], [0, 1, 2], [0, OWN, 2], [0, OWN, 2]])
    places = np.array([2, 0, 3])
    of_columns = [np.full(7, OWN) for _ in scenarios]
    for found, of_scenario in zip(of_columns, decisions, strict=True):
        found[places] = of_scenario
    weights = chance.integers(1, 5, size=4)
    return StochasticProgram(tuple(scenarios), weights / weights.sum(), tuple(of_columns))


def _variables(model: Any, arrays: Arrays) -> list[Any]:
    """Variables of a scenario in SCIP, with its rows."""
    bounds = zip(arrays.lower.tolist(), arrays.upper.tolist(), arrays.integer.tolist(), strict=True)
    made = [
        model.addVar(lb=None if low == -INF else low, ub=None if high == INF else high, vtype="I" if whole else "C")
        for low, high, whole in bounds
    ]
    dense = np.zeros((len(arrays.row_lower), len(arrays.cost)))
    dense[arrays.indices, arrays.term_columns] = arrays.values
    for row, low, high in zip(dense.tolist(), arrays.row_lower.tolist(), arrays.row_upper.tolist(), strict=True):
        total = pyscipopt.quicksum(value * x for value, x in zip(row, made, strict=True) if value)
        if low > -INF:
            model.addCons(total >= low)
        if high < INF:
            model.addCons(total <= high)
    return made


def scip_optimum(program: StochasticProgram, risk: RiskMeasure) -> float:
    """Optimum by SCIP of a form with a copy of every decision in each scenario, and equations between the copies."""
    model = pyscipopt.Model()
    model.hideOutput()
    model.setParam("presolving/maxrounds", 0)
    model.setParam("limits/gap", 0.0)
    model.setParam("numerics/feastol", 1e-9)
    first: dict[int, Any] = {}
    costs = []
    for arrays, of_columns in zip(program.scenarios, program.decisions, strict=True):
        made = _variables(model, arrays)
        for x, decision in zip(made, of_columns.tolist(), strict=True):
            if decision != OWN and first.setdefault(decision, x) is not x:
                model.addCons(first[decision] == x)
        costs.append(pyscipopt.quicksum(c * x for c, x in zip(arrays.cost.tolist(), made, strict=True)) + arrays.offset)
    pairs = list(zip(program.probabilities.tolist(), costs, strict=True))
    objective = pyscipopt.quicksum(chance * cost for chance, cost in pairs)
    if not risk.is_neutral:
        worst = model.addVar(lb=None)
        excess = [model.addVar(lb=0) if risk.measure == "cvar" else 0 for _ in costs]
        for number, cost in enumerate(costs):
            model.addCons(cost - (risk.best[number] if risk.best else 0) <= worst + excess[number])
        tail = pyscipopt.quicksum(chance * more for (chance, _), more in zip(pairs, excess, strict=True))
        objective = (1 - risk.weight) * objective + risk.weight * (worst + tail / (1 - risk.level))
    total = model.addVar(lb=None)
    model.addCons(total == objective)
    model.setObjective(total)
    model.optimize()
    assert model.getStatus() == "optimal"
    return float(model.getObjVal())


def best_alone(program: StochasticProgram) -> tuple[float, ...]:
    """Optimum of each scenario alone, by SCIP."""
    nothing = RiskMeasure()
    return tuple(
        scip_optimum(StochasticProgram((arrays,), np.ones(1), (of_columns,)), nothing)
        for arrays, of_columns in zip(program.scenarios, program.decisions, strict=True)
    )

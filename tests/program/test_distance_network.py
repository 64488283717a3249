"""The distance between decisions, against assignments of single blocks and against SCIP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pyscipopt
import pytest
from scipy.optimize import linear_sum_assignment

import optimizer
from optimizer.generator import random_instance
from optimizer.instance.edit import apply_edits, parse_edit
from optimizer.program.arrays import Arrays, Floats
from optimizer.program.build import build
from optimizer.program.compile import compile_program
from optimizer.program.decision_distance import Line, lines_of
from optimizer.program.distance_network import ADDED, DROPPED, DistanceNetwork
from optimizer.solver.highs import Model
from optimizer.solver.solution import Options

EXACT = Options(gap=0.0, threads=1)


def line(before: Floats, weight: Floats, possible: Any, opened: Any) -> Line:
    """A line of decisions; columns are numbered in order."""
    columns = np.where(possible, np.arange(len(before)), -1)
    return Line("sign", "lease", "", 0, before, weight, np.asarray(opened, dtype=bool), columns)


def by_assignment(one: Line, after: Floats) -> float:
    """Least cost of matching single blocks: each moves, or is dropped and added."""
    old, new = (np.repeat(np.arange(len(blocks)), blocks.astype(int)) for blocks in (one.before, after))
    passed = np.append(0.0, np.cumsum(one.weight)) / 12
    cost = np.zeros((len(old) + len(new), len(old) + len(new)))
    cost[: len(old), : len(new)] = np.abs(passed[old][:, None] - passed[new][None, :])
    cost[: len(old), len(new) :] = one.weight[old][:, None]
    cost[len(old) :, : len(new)] = one.addition[new][None, :]
    rows, columns = linear_sum_assignment(cost)
    return float(cost[rows, columns].sum())


@pytest.mark.parametrize("seed", range(30))
def test_the_distance_is_that_of_the_best_assignment(seed: int) -> None:
    """Tests random blocks in 40 months, the last ones open, against the best matching of single blocks."""
    random = np.random.default_rng(seed)
    months = 40
    before, after = (random.integers(0, 3, months) * (random.random(months) < 0.3) for _ in range(2))
    before[0] += 1
    possible = random.random(months) < 0.8
    opened = np.arange(months) >= random.integers(20, 60)
    before[opened] = 0
    one = line(before.astype(float), np.full(months, random.uniform(1, 9)), possible, opened)
    values = np.where(possible, after, 0).astype(float)
    network = DistanceNetwork([one])
    solution = Model(network.alone(values)).solve(EXACT)
    assert solution.values is not None
    changes = network.changes(values, solution.values)
    right = by_assignment(one, values)
    assert sum(change.counts for change in changes) == pytest.approx(right, abs=1e-6)
    assert solution.bound * network.unit == pytest.approx(right, abs=1e-6)
    moved = [change.blocks for change in changes if change.change not in (DROPPED, ADDED)]
    assert all(blocks == pytest.approx(round(blocks)) for blocks in moved)


def _by_scip(arrays: Arrays, lines: list[Line], most: float) -> float:
    """Least distance by SCIP, with a variable for every month from which and to which blocks can move."""
    model = pyscipopt.Model()
    model.hideOutput()
    model.setParam("presolving/maxrounds", 0)
    model.setParam("limits/gap", 0.0)
    bounds = zip(arrays.lower.tolist(), arrays.upper.tolist(), arrays.integer.tolist(), strict=True)
    x = [
        model.addVar(lb=low, ub=None if high == np.inf else high, vtype="I" if integer else "C")
        for low, high, integer in bounds
    ]
    rows: list[list[Any]] = [[] for _ in arrays.row_lower]
    for row, column, value in zip(arrays.indices, arrays.term_columns, arrays.values, strict=True):
        rows[row].append(float(value) * x[column])
    for terms, low, high in zip(rows, arrays.row_lower.tolist(), arrays.row_upper.tolist(), strict=True):
        if terms and low > -np.inf:
            model.addCons(pyscipopt.quicksum(terms) >= low)
        if terms and high < np.inf:
            model.addCons(pyscipopt.quicksum(terms) <= high)
    costs = [(column, cost) for column, cost in enumerate(arrays.cost.tolist()) if cost]
    model.addCons(pyscipopt.quicksum(cost * x[column] for column, cost in costs) <= most - arrays.offset)
    model.setObjective(pyscipopt.quicksum(term for one in lines for term in _transported(model, x, one)))
    model.optimize()
    assert model.getStatus() == "optimal"
    return float(model.getObjVal())


def _transported(model: Any, x: list[Any], one: Line) -> Iterator[Any]:
    """Yield the terms of the distance of a line."""
    passed = np.append(0.0, np.cumsum(one.weight)) / 12
    olds, news = np.flatnonzero(one.before > 0).tolist(), np.flatnonzero(one.columns >= 0).tolist()
    moved = {(s, t): model.addVar(lb=0) for s in olds for t in news}
    for s in olds:
        left = one.before[s] - pyscipopt.quicksum(moved[s, t] for t in news)
        model.addCons(left >= 0)
        yield float(one.weight[s]) * left
    for t in news:
        added = x[one.columns[t]] - pyscipopt.quicksum(moved[s, t] for s in olds)
        model.addCons(added >= 0)
        yield float(one.addition[t]) * added
    for (s, t), blocks in moved.items():
        yield abs(float(passed[s] - passed[t])) * blocks


@pytest.mark.parametrize(
    ("seed", "factor", "within"), [(7, 0.8, 0.01), (7, 1.2, 0.0), (13, 1.2, 0.01), (16, 0.8, 0.01)]
)
def test_the_nearest_plan_is_that_of_scip(seed: int, factor: float, within: float) -> None:
    """Tests random instances whose demand rose or fell by a fifth: the distance is the one that SCIP proves."""
    instance = random_instance(seed, "tiny")
    earlier = optimizer.solve(instance, gap=0.0, threads=1)
    later = apply_edits(instance, [parse_edit(f"demand.*.amount*={factor}")])
    plan = optimizer.solve(later, near=earlier, within=within, gap=0.0, threads=1)
    near = plan.head["near"]
    program = build(later)
    lines, _ = lines_of(program, earlier)
    unit = DistanceNetwork(lines).unit
    scaled = [replace(one, weight=one.weight / unit) for one in lines]
    right = _by_scip(compile_program(program), scaled, near["cost_limit"] / program.units.money) * unit
    assert near["distance"] == pytest.approx(right, rel=1e-5, abs=1e-5 * unit)
    assert near["distance_bound"] == pytest.approx(right, rel=1e-5, abs=1e-5 * unit)
    assert plan.objective <= near["cost_limit"] * (1 + 1e-9)

"""Feasibility relaxation: the cheapest changes of limits that make a program feasible."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from optimizer.errors import SolverError
from optimizer.instance.edit import Edit
from optimizer.program.arrays import Arrays, Floats
from optimizer.solver.elastic import Cell, ElasticProgram
from optimizer.solver.highs import Model
from optimizer.solver.solution import Options, Solution, SolutionStatus, Stop, grace

_GAP = 1e-4
_EXCESS = 0.05  # relative excess over the bound at which a solution is accepted without further search
_HARDLY = 0.01  # relative increase in total that is accepted for leaving a cell unchanged
_NOTHING = Solution(stop=Stop.TIME_LIMIT, status=SolutionStatus.NOTHING)


@dataclass(frozen=True)
class Repair:
    """Result of the feasibility relaxation.

    Attributes
    ----------
    edits : dict
        Edit of each relaxed cell; empty if the program is feasible.
    values : ndarray or None
        Feasible values of the program's columns after the edits; None if unknown.
    least : bool
        Whether it is proven optimal.
    """

    edits: dict[Cell, Edit]
    values: Floats | None
    least: bool


def cheapest_repair(loosened: ElasticProgram, options: Options) -> Repair | Stop | None:
    """Return the cheapest repair; None if no relaxation is feasible, or the stop reason without an answer."""
    settings, until = replace(options, gap=_GAP), time.perf_counter() + options.time_limit
    relaxed = _solved(loosened.arrays.relaxed(), settings, until)
    if relaxed.stop is Stop.INFEASIBLE:
        return None
    factors = {} if relaxed.values is None else _in_measure(loosened, relaxed.values)
    if factors:
        loosened = loosened.weighing(factors)
        relaxed = _solved(loosened.arrays.relaxed(), settings, until)
    arrays = loosened.arrays
    if not arrays.integer.any():
        if relaxed.values is None:
            return relaxed.stop
        values = _spared(loosened, arrays, relaxed.values, until)[1]
        return _repair(loosened, values, True, values)
    # The optimum of the linear relaxation is a bound: a search within the gap of it ends.
    known_bound = -np.inf if relaxed.values is None else max(relaxed.bound, 0.0)
    if relaxed.values is not None:
        spared, values = _spared(loosened, arrays.relaxed(), relaxed.values, until)
        relaxed, arrays = replace(relaxed, values=values), _barring(arrays, spared)
    found = _with_integers(loosened, arrays, relaxed, settings, until, known_bound)
    if found.values is not None:
        values = _polished(loosened, arrays, found.values, options, until + grace(options.time_limit))
        return _repair(loosened, values, found.stop is Stop.GAP_REACHED, values)
    if found.stop is Stop.INFEASIBLE:
        return None
    # The repair of the linear relaxation may suffice for the integers too: the plan of the repair verifies it.
    guess = None if relaxed.values is None else _repair(loosened, relaxed.values, False)
    return guess if guess is not None and guess.edits else found.stop


def _with_integers(
    loosened: ElasticProgram, arrays: Arrays, relaxed: Solution, options: Options, until: float, known_bound: float
) -> Solution:
    """Solve the elastic program with integers: first with the slacks of the linear relaxation only.

    If that is close enough to the bound it is kept; otherwise all slacks are allowed.
    """

    def searched(arrays: Arrays, share: float) -> Solution:
        left = until - time.perf_counter()
        return _solved(arrays, options, until - (1 - share) * left, known_bound)

    if relaxed.values is None:
        return searched(arrays, 1.0)
    needed = {column for cell in loosened.given_up(relaxed.values) for column in loosened.columns_of(cell)}
    all_columns = {column for one in loosened.relaxations for column in loosened.columns_of(one.cell)}
    first = searched(_barring(arrays, sorted(all_columns - needed)), 0.5) if needed else relaxed
    if needed and first.values is not None and float(arrays.cost @ first.values) <= known_bound * (1 + _EXCESS):
        return first
    second = searched(arrays, 1.0)
    if not needed or first.values is None:
        return second
    if second.values is None or arrays.cost @ first.values <= arrays.cost @ second.values * (1 + _HARDLY):
        return replace(first, stop=second.stop)
    return second


def _in_measure(loosened: ElasticProgram, values: Floats) -> dict[Cell, float]:
    """Return factors that reduce the weight of slacks that exceed their limit, such as a budget of one dollar.

    Otherwise everything else would be relaxed to save a few dollars of it.
    """
    return {cell: 1 / counts for cell, (counts, _) in loosened.given_up(values).items() if counts > 1}


def _repair(loosened: ElasticProgram, given_up: Floats, least: bool, values: Floats | None = None) -> Repair:
    edits = {cell: edit for cell, (_, edit) in loosened.given_up(given_up).items()}
    integral = loosened.arrays.integer.any()
    start = given_up if values is None and not integral else values
    return Repair(edits, None if start is None else start[: loosened.first], least)


def _solved(arrays: Arrays, options: Options, until: float, known_bound: float = -np.inf) -> Solution:
    """Solve until a time of ``time.perf_counter()``; return no solution if HiGHS fails."""
    left = max(until - time.perf_counter(), 0.0)
    try:
        return Model(arrays).solve(replace(options, time_limit=left), known_bound=known_bound)
    except SolverError:
        return _NOTHING


def _polished(loosened: ElasticProgram, arrays: Arrays, values: Floats, options: Options, until: float) -> Floats:
    """Reoptimise with the integers of a solution fixed, which removes what the gap left."""
    rounded = np.round(values)
    fixed = arrays.with_values(arrays.integer, rounded)
    found = _solved(fixed, options, until)
    if found.values is None or found.stop is not Stop.GAP_REACHED:
        return values
    return np.where(arrays.integer, rounded, _spared(loosened, fixed, found.values, until)[1])


def _spared(loosened: ElasticProgram, arrays: Arrays, values: Floats, until: float) -> tuple[list[int], Floats]:
    """Return slack columns of cells that need no change at hardly any extra cost, and a solution without them.

    Otherwise small changes of many cells would save a little of one with a large weight, and explain nothing.
    """
    most, spared = float(arrays.cost @ values) * (1 + _HARDLY) + 1e-9, list[int]()
    cells = loosened.given_up(values)
    for cell in sorted(cells, key=lambda one: cells[one][0]):
        left = until - time.perf_counter()
        if len(cells) < 2 or left <= 0:
            break
        columns = loosened.columns_of(cell)
        found = _tried(_barring(arrays, spared + columns), left / 2)
        if found.stop is Stop.GAP_REACHED and found.values is not None and arrays.cost @ found.values <= most:
            spared, values = spared + columns, found.values
    return spared, values


def _tried(arrays: Arrays, seconds: float) -> Solution:
    """Solve a linear program like :func:`_solved`, without confirming infeasibility."""
    try:
        return Model(arrays).part(Options(gap=_GAP, time_limit=seconds), {})
    except SolverError:
        return _NOTHING


def _barring(arrays: Arrays, columns: list[int]) -> Arrays:
    upper = arrays.upper.copy()
    upper[columns] = arrays.lower[columns]
    return replace(arrays, upper=upper)

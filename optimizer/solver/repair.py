"""The least that must be given up to get a plan."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from optimizer.errors import SolverError
from optimizer.instance.edit import Edit
from optimizer.program.compile import Arrays, Floats
from optimizer.solver.highs import Model, solve_held
from optimizer.solver.loosened import Cell, Loosened
from optimizer.solver.solution import Held, Options, Solution, Stop

_GAP = 1e-4
_PATIENCE = 10.0  # seconds that HiGHS may take to stop


@dataclass(frozen=True)
class Repair:
    """What to give up.

    Attributes
    ----------
    edits : dict
        Edit of each cell given up; empty where the program has a solution as it is.
    values : ndarray or None
        Values of the program's columns with that given up, whole numbers whole; None where none are known.
    least : bool
        Whether it is proven to be the least.
    """

    edits: dict[Cell, Edit]
    values: Floats | None
    least: bool


def cheapest_repair(loosened: Loosened, options: Options) -> Repair | Stop | None:
    """What to give up; None if nothing that can be given up is enough, or why the search ended without an answer."""
    arrays, settings, until = loosened.arrays, replace(options, gap=_GAP), time.perf_counter() + options.time_limit
    relaxed = _solved(arrays.relaxed(), settings)
    if relaxed.stop is Stop.INFEASIBLE:
        return None
    if not arrays.integer.any():
        return _repair(loosened, relaxed.values, True) if relaxed.values is not None else relaxed.stop
    # The least in fractions is a bound: a search that comes so near to it is over.
    floor = -np.inf if relaxed.values is None else max(relaxed.bound, 0.0)
    found = _solved(arrays, replace(settings, time_limit=max(until - time.perf_counter(), 0.0)), floor)
    if found.values is not None:
        values = _polished(arrays, found.values, options)
        return _repair(loosened, values, found.stop is Stop.GAP_REACHED, values)
    if found.stop is Stop.INFEASIBLE:
        return None
    # What is enough in fractions may be enough for whole numbers too: the plan that is to prove it will tell.
    guess = None if relaxed.values is None else _repair(loosened, relaxed.values, False)
    return guess if guess is not None and guess.edits else found.stop


def _repair(loosened: Loosened, given_up: Floats, least: bool, values: Floats | None = None) -> Repair:
    edits = {cell: edit for cell, (_, edit) in loosened.given_up(given_up).items()}
    whole = loosened.arrays.integer.any()
    start = given_up if values is None and not whole else values
    return Repair(edits, None if start is None else start[: loosened.first], least)


def _solved(arrays: Arrays, options: Options, floor: float = -np.inf) -> Solution:
    """The least given up; nothing held where HiGHS cannot tell."""
    try:
        return Model(arrays).solve(options, floor=floor, patience=_PATIENCE)
    except SolverError:
        return Solution(stop=Stop.TIME_LIMIT, held=Held.NOTHING)


def _polished(arrays: Arrays, values: Floats, options: Options) -> Floats:
    """The least given up with the whole numbers of a solution: what a gap leaves over goes."""
    try:
        held = solve_held(arrays, np.where(arrays.integer, np.round(values), values), options)
    except SolverError:
        return values
    return values if held.values is None or held.stop is not Stop.GAP_REACHED else held.values

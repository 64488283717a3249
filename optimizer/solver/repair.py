"""The least that must be given up to get a plan."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.errors import SolverError
from optimizer.instance.edit import Edit
from optimizer.program.compile import Arrays, Floats
from optimizer.solver.highs import Model, solve_held
from optimizer.solver.loosened import Cell, Loosened
from optimizer.solver.solution import Options, Solution, Stop

_GAP = 1e-4


@dataclass(frozen=True)
class Repair:
    """What to give up.

    Attributes
    ----------
    edits : dict
        Edit of each cell given up; empty where the program has a solution as it is.
    values : ndarray
        Values of the program's columns with that given up.
    least : bool
        Whether it is proven to be the least.
    """

    edits: dict[Cell, Edit]
    values: Floats
    least: bool


def cheapest_repair(loosened: Loosened, options: Options) -> Repair | Stop | None:
    """What to give up; None if nothing that can be given up is enough, or why the search ended without an answer."""
    found = _search(loosened.arrays, options)
    if found.values is None:
        return None if found.stop is Stop.INFEASIBLE else found.stop
    values, least = _polished(loosened.arrays, found.values, options), found.stop is Stop.GAP_REACHED
    edits = {cell: edit for cell, (_, edit) in loosened.given_up(values).items()}
    return Repair(edits, values[: loosened.first], least)


def _search(arrays: Arrays, options: Options) -> Solution:
    """The least given up, to a gap: its linear relaxation is a bound that is known beforehand."""
    settings = replace(options, gap=_GAP, relax=False)
    if not arrays.integer.any():
        return Model(arrays).solve(settings)
    floor = -np.inf
    try:
        relaxed = Model(arrays.relaxed()).solve(settings)
        if relaxed.stop is Stop.INFEASIBLE:
            return relaxed
        floor = max(relaxed.bound, 0.0) if relaxed.values is not None else floor
    except SolverError:
        pass  # without a bound that is known beforehand the search only takes longer
    return Model(arrays).solve(settings, floor=floor, patience=10.0)


def _polished(arrays: Arrays, values: Floats, options: Options) -> Floats:
    """The least given up with the whole numbers of a solution: what a gap leaves over goes."""
    held = solve_held(arrays, np.where(arrays.integer, np.round(values), values), options)
    return values if held.values is None or held.stop is not Stop.GAP_REACHED else held.values

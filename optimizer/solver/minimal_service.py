"""A plan at once: serve no more than the rules require, for searches whose time ends before they find a plan.

Workloads that need not be served are left unserved. What remains of the program is small, however many workloads and
months there are: it holds the contracts, builds, runs and rules, and the workloads that must be served.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.program.arrays import Arrays, Floats
from optimizer.program.row_names import family_of
from optimizer.solver.highs import Model
from optimizer.solver.large_neighbourhood_search import LargeNeighbourhoodSearch
from optimizer.solver.solution import Options, Solution, SolutionStatus

NOTE = (
    "the search found no plan within the time limit, so this one was made without it: it meets every rule, but no "
    "search has made it cheaper; give it more time for a better one"
)
_LEAST_SECONDS = 5.0
_SHARE = 0.08  # of the time limit
_TOLERANCE = 1e-6  # relative: what meets every row and bound this closely is a plan
_DECISIONS = ("ordered", "bought", "started", "placed", "committed")


def with_minimal_service(found: Solution, arrays: Arrays, options: Options) -> Solution:
    """Return a solution that serves no more than the rules require, with what was proven before.

    Parameters
    ----------
    found : Solution
        Where a search ended without a plan.
    arrays : Arrays
        The full program.
    options : Options
        Those of the search. A twelfth of its time limit, and at least five seconds, may follow.

    Returns
    -------
    Solution
        ``found`` itself where no such solution is found in this time.
    """
    until = time.perf_counter() + max(_LEAST_SECONDS, _SHARE * options.time_limit)
    values = minimal_service(arrays, options, until)
    if values is None:
        return found
    return replace(found, status=SolutionStatus.FEASIBLE, values=values, notes=(*found.notes, NOTE))


def minimal_service(arrays: Arrays, options: Options, until: float) -> Floats | None:
    """Solve the program with nothing allocated to the workloads that need not be served.

    First without any decision that is not fixed already; where that is infeasible, by a dive from the linear
    relaxation, which rounds up.

    Returns
    -------
    ndarray or None
        A value for every column that meets every row and bound; None if no such values were found.
    """
    fixed, values = _unserved(arrays)
    small = _without(arrays, fixed, values)
    if small is None:
        return None
    for attempt in (_nothing_decided, _dive):
        found = attempt(small, options, until - time.perf_counter())
        if found is not None:
            values[~fixed] = np.where(small.integer, np.round(found), found)
            if arrays.worst_violation(values) <= _TOLERANCE:
                return values
    return None


def _nothing_decided(small: Arrays, options: Options, seconds: float) -> Floats | None:
    """Order, buy, sign, place and commit nothing but what is fixed."""
    decided = np.array([family_of(name) in _DECISIONS for name in small.columns], dtype=bool)
    upper = np.where(decided, np.maximum(small.lower, 0.0), small.upper)
    limits = replace(options, time_limit=max(seconds, 0.0), threads=1)
    return Model(replace(small, upper=upper)).part(limits, {}).values


def _dive(small: Arrays, options: Options, seconds: float) -> Floats | None:
    """Dive from the linear relaxation."""
    improver = LargeNeighbourhoodSearch(small, replace(options, time_limit=max(seconds, 0.0)), dive_from=0)
    timer = threading.Timer(max(seconds, 0.0), improver.stop)
    timer.start()
    improver.step()
    timer.cancel()
    return improver.values


def _unserved(arrays: Arrays) -> tuple[NDArray[np.bool_], Floats]:
    """Columns of the workloads and months that need not be served, with their values."""
    fixed, values = np.zeros(len(arrays.cost), dtype=bool), np.zeros(len(arrays.cost))
    wanted = {key: low for (family, key), low in _rows(arrays) if family == "demand_met"}
    free: set[Any] = set()
    for column, name in enumerate(arrays.columns):
        if name.__class__ is tuple and name[0] == "unserved" and arrays.upper[column] >= wanted.get(name[1], np.inf):
            fixed[column], values[column] = True, wanted[name[1]]
            free.add(name[1])
    for column, name in enumerate(arrays.columns):
        if name.__class__ is tuple and name[0] == "allocated" and (name[1][0], name[1][2]) in free:
            fixed[column] = arrays.lower[column] <= 0
    return fixed, values


def _rows(arrays: Arrays) -> list[tuple[tuple[str, Any], float]]:
    """Names of the program's own rows with their lower sides."""
    pairs = zip(arrays.rows, arrays.row_lower.tolist(), strict=True)
    return [(name, low) for name, low in pairs if name.__class__ is tuple]


def _without(arrays: Arrays, fixed: NDArray[np.bool_], values: Floats) -> Arrays | None:
    """The program of the columns that are not fixed; None if the fixed ones alone break a row."""
    activity = arrays.activity(np.where(fixed, values, 0.0))
    rest = arrays.without(fixed, values)
    kept = np.bincount(rest.indices, minlength=len(activity)) > 0
    scale = _TOLERANCE * (1.0 + np.abs(activity))
    broken = (rest.row_upper < -scale) | (rest.row_lower > scale)
    if (broken & ~kept).any():
        return None
    return rest.part(np.flatnonzero(kept), np.arange(len(rest.cost)))

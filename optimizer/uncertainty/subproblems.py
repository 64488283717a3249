"""Subproblems of a decomposition: programs that workers solve, each in a process of its own."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimizer.interruption import StopFlag
from optimizer.program.arrays import Arrays, Floats, Ints
from optimizer.solver.highs import with_integers_rounded
from optimizer.solver.highs_options import INFEASIBLE_NAMES
from optimizer.solver.highs_process import run_in_process
from optimizer.solver.solution import Options

LAGRANGIAN, ALONE, FIXED, RELAXED, POLISHED = "lagrangian", "alone", "fixed", "relaxed", "polished"
SCREENED, ENFORCED = "screened", "enforced"
_SEARCH = {  # RENS and RINS find in these programs what the other heuristics do not (docs/performance.md)
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_heuristic_run_feasibility_jump": False,
    "mip_allow_restart": False,
    "mip_allow_cut_separation_at_nodes": False,
    "mip_max_nodes": 300,
}
_FROM_START = {"mip_heuristic_run_rens": False, "mip_heuristic_run_rins": False}  # what takes longest, for nothing
_FROM_ENFORCED = {"mip_heuristic_run_rens": False}  # that is how the start was found
_WITHOUT_HEURISTICS = _FROM_START | {"mip_heuristic_effort": 0.0}
_INTEGRAL = 1e-6


@dataclass(frozen=True)
class Subproblem:
    """A program to solve.

    Attributes
    ----------
    kind : str
        What it is for.
    number : int
        Bundle, or scenario.
    arrays : Arrays
        The program.
    gap : float
        Relative gap at which its search ends.
    until : float
        When it must end, on the clock of ``time.time()``.
    seed : int
        Random seed.
    candidate : int
        Number of the decisions that are fixed in it.
    start : ndarray, optional
        Feasible solution from which its search begins.
    """

    kind: str
    number: int
    arrays: Arrays
    gap: float
    until: float
    seed: int = 0
    candidate: int = -1
    start: Floats | None = None

    def __str__(self) -> str:
        return f"subproblem {self.kind} {self.number}"


@dataclass(frozen=True)
class Answer:
    """Result of a subproblem.

    Attributes
    ----------
    values : ndarray or None
        Its best solution.
    bound : float
        Proven dual bound; -inf where nothing is proven.
    infeasible : bool
        Whether it is proven that there is no solution.
    duals : ndarray or None
        Duals of the rows of a linear program.
    """

    values: Floats | None = None
    bound: float = -np.inf
    infeasible: bool = False
    duals: Floats | None = None


def solve_subproblem(task: Subproblem, stop: StopFlag) -> Answer:
    """Solve a subproblem; a search that is stopped early gives its dual bound and its best solution."""
    if task.kind == ENFORCED:
        return _agreeing_with_relaxation(task, stop)
    found = _run(task, task.arrays, _settings(task), stop)
    if found is None:
        return Answer()
    duals = found["row_duals"] if task.kind == RELAXED and found["status"] == "kOptimal" else None
    return Answer(_exact(task, found["values"]), found["bound"], found["status"] in INFEASIBLE_NAMES, duals)


def _agreeing_with_relaxation(task: Subproblem, stop: StopFlag) -> Answer:
    """Search among the solutions in which the integers that are integral in the relaxation stay (Berthold 2014, RENS).

    The bound is that of the relaxation.
    """
    arrays = task.arrays
    relaxed = _run(task, arrays.relaxed(), _basic(task) | {"solver": "simplex"}, stop)
    if relaxed is None or relaxed["values"] is None:
        return Answer(infeasible=relaxed is not None and relaxed["status"] in INFEASIBLE_NAMES)
    values = relaxed["values"]
    integral = np.flatnonzero(arrays.integer & (np.abs(values - np.round(values)) <= _INTEGRAL))
    near = fixed(arrays, integral, np.clip(np.round(values), arrays.lower, arrays.upper)[integral])
    settings = _basic(task) | _SEARCH | _WITHOUT_HEURISTICS | {"mip_rel_gap": task.gap}
    found = _run(task, near, settings, stop)
    return Answer(None if found is None else _exact(task, found["values"]), relaxed["bound"])


def _run(task: Subproblem, arrays: Arrays, settings: dict[str, Any], stop: StopFlag) -> dict[str, Any] | None:
    """Solve a program in the time of a subproblem; None where that is over."""
    seconds = task.until - time.time()
    return None if stop.is_set() or seconds <= 0 else run_in_process(arrays, settings, seconds, task.start, stop)


def _exact(task: Subproblem, values: Floats | None) -> Floats | None:
    """Return a solution that is to be part of a plan with its integers rounded, and the rest solved for these."""
    if values is None or task.kind not in (FIXED, POLISHED, ENFORCED):
        return values
    left = max(task.until - time.time(), 0.0)
    rounded, _, _ = with_integers_rounded(values, task.arrays, Options(threads=1, seed=task.seed), False, left)
    return rounded


def _basic(task: Subproblem) -> dict[str, Any]:
    return {"threads": 1, "random_seed": task.seed}


def _settings(task: Subproblem) -> dict[str, Any]:
    """Return the options of HiGHS: of a search a limit on its nodes, so that it finds the same on every machine."""
    if task.kind in (RELAXED, SCREENED):
        return _basic(task) | {"solver": "simplex"}
    if not task.arrays.integer.any():
        return _basic(task)
    of_start = {} if task.start is None else _FROM_ENFORCED if task.kind == FIXED else _FROM_START
    return _basic(task) | _SEARCH | {"mip_rel_gap": task.gap} | of_start


def priced(arrays: Arrays, columns: Ints, prices: Floats) -> Arrays:
    """Return a program with prices added to the cost of some columns."""
    cost = arrays.cost.copy()
    cost[columns] += prices
    return replace(arrays, cost=cost)


def fixed(arrays: Arrays, columns: Ints, values: Floats) -> Arrays:
    """Return a program with some columns fixed; those whose value is NaN stay free."""
    chosen = ~np.isnan(values)
    lower, upper = arrays.lower.copy(), arrays.upper.copy()
    lower[columns[chosen]] = upper[columns[chosen]] = values[chosen]
    return replace(arrays, lower=lower, upper=upper)

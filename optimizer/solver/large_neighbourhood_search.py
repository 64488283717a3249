"""Large neighbourhood search: start heuristics (diving, RENS), then neighbourhoods of the incumbent (RINS and others).

Each step has a limit on work (nodes, solutions), never on time, so that the same steps find the same plans.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.errors import SolverError
from optimizer.program.arrays import Arrays, Floats
from optimizer.program.row_names import key_of
from optimizer.solver.diving import INTEGRALITY_TOLERANCE, Dive, dive
from optimizer.solver.highs import Model
from optimizer.solver.solution import Options, Solution, SolutionStatus, Stop

FINE = 1e-3
"""Largest gap whose half is the gap of each neighbourhood search; coarser gaps use half of this one."""

# Sources of incumbents, as reported in progress.
DIVE, REPAIR, RELAXATION, REDUCED_COST = "dive", "repair", "relaxation", "prices"
ITEM, TIME_WINDOW = "items", "months"

SUB_MIP_OPTIONS = {  # HiGHS without the heuristics that this module replaces, and with less work per node
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_heuristic_run_feasibility_jump": False,
    "mip_heuristic_effort": 0.0,
    "mip_allow_restart": False,
    "mip_pscost_minreliable": 0,
    "mip_allow_cut_separation_at_nodes": False,
}
_FIRST_SOLUTION = {"mip_max_improving_sols": 1, "mip_max_nodes": 500}
_NODES = 100
_MANY_NODES = 300
_FEW_NODES = 5
_LARGE = 400_000  # non-zeros from which on a dive, which solves linear programs only, is the first step
_LP = {"primal_feasibility_tolerance": 1e-7, "dual_feasibility_tolerance": 1e-7}  # sufficient for diving
_MANY_ITERATIONS = 15_000
_FREE_AT_FIRST = 250  # integer columns
_GROWTH_IF_EASY, _GROWTH, _SHRINKAGE = 1.7, 1.25, 0.7  # factors for the size of the next neighbourhood of the kind
_REDUCED_COST_WIDTH = 3  # initial size of the reduced-cost neighbourhood, relative to the fractional columns
_ANY = 0.25  # uniform weight of items, added to their distance from the linear relaxation
_ROUNDS = 2  # of item, time-window and reduced-cost neighbourhoods between two searches of RINS
_MIN_IMPROVEMENT = 1e-9  # relative; smaller improvements are rounding errors
_Mask = NDArray[np.bool_]


class LargeNeighbourhoodSearch:
    """Find incumbents by start heuristics and improve them by large neighbourhood search.

    Parameters
    ----------
    arrays : Arrays
        A mixed-integer program.
    options : Options
        Gap and seed of the search that it supports.
    on_improvement : callable, optional
        Called with an improving solution at the end of the step that found it. If the gap is coarser than
        :data:`FINE`, also during a step, for improvements of at least half the gap. It runs in the thread of a search:
        it must be quick and must not raise.
    dive_from : int
        Number of non-zeros above which the first step is a dive.

    Attributes
    ----------
    values : ndarray or None
        The incumbent.
    objective : float
        Its cost, in the program's units.
    source : str
        Kind of the step that found it.
    seen : tuple of float and str
        Lowest cost found so far, including the step that is running, and the kind of that step.
    seen_values : ndarray or None
        Solution of that cost, which an interrupted search returns.
    """

    def __init__(
        self,
        arrays: Arrays,
        options: Options,
        on_improvement: Callable[[Floats], None] = lambda values: None,
        *,
        dive_from: int = _LARGE,
    ) -> None:
        self.arrays, self._dive_from = arrays, dive_from
        # With a gap of half a percent, most neighbourhoods of an incumbent that good would end without improvement.
        self.options = replace(options, threads=1, gap=min(options.gap, FINE) / 2)
        self._on_improvement, self._reported = on_improvement, np.inf
        self._worth = options.gap / 2 if options.gap > FINE else np.inf  # relative improvement reported within a step
        self.values: Floats | None = None
        self.objective = np.inf
        self.source = ""
        self.seen: tuple[float, str] = (np.inf, "")
        self.seen_values: Floats | None = None
        self._kind = ""
        self._stop = threading.Event()
        self._running: Model | None = None
        self._steps = self._run_steps()

    def step(self) -> bool:
        """Run the next step; return False when no step is left."""
        going = next(self._steps, False)
        if self.values is not None:
            self._report_if_better(self.objective, self.values, _MIN_IMPROVEMENT)
        return going

    def stop(self) -> None:
        """Interrupt the running step and run no further one; callable from any thread."""
        self._stop.set()
        running = self._running
        if running is not None:
            running.interrupt()

    def take(self, values: Floats, source: str) -> None:
        """Use an external solution as the incumbent if it is better."""
        self._keep(values, source)
        self._reported = min(self._reported, self.objective)

    # ------------------------------------------------------------------ steps
    def _run_steps(self) -> Iterator[bool]:
        model = Model(self.arrays.relaxed(), interruptible=False)
        start = self._run(model, _LP, duals=True)
        if start.stop is not Stop.GAP_REACHED:
            return
        assert start.values is not None
        assert start.column_duals is not None
        large = len(self.arrays.values) > self._dive_from
        if large:
            self._dive(model, start.values)
            yield True
        nodes = {"mip_max_nodes": _FEW_NODES if large else _MANY_NODES}
        self._search(self._agreeing_with_relaxation(start.values, None), start.values, RELAXATION, nodes)
        yield True
        if self.values is None and not large:
            self._dive(model, start.values)
            yield True
        model.close()
        if self.values is not None:
            yield from self._neighbourhoods(start.values, np.abs(start.column_duals))

    def _dive(self, model: Model, start: Floats) -> None:
        """Dive from the linear relaxation; if the dive fails, search neighbourhoods of its end point."""
        found = dive(self.arrays, model, start, self._solved)
        if found.values is not None:
            self._keep_rounded(found.values, DIVE)
            return
        for fixed in self._dive_repairs(found):
            if self.values is not None or self._stop.is_set():
                break
            self._search(fixed, found.lower, REPAIR, _FIRST_SOLUTION)

    def _agreeing_with_relaxation(self, relaxation: Floats, values: Floats | None) -> _Mask:
        """Return the integer columns that are integral in the linear relaxation and, if given, the same in a solution.

        Fixing them yields the neighbourhoods RENS (Berthold 2014) and RINS (Danna, Rothberg, Le Pape 2005).
        """
        integral = self.arrays.integer & (np.abs(relaxation - np.round(relaxation)) < INTEGRALITY_TOLERANCE)
        return integral if values is None else integral & (np.abs(relaxation - values) < INTEGRALITY_TOLERANCE)

    def _dive_repairs(self, found: Dive) -> Iterator[_Mask]:
        """Yield the columns to fix at the end point of a failed dive, fewer each time."""
        decided = self.arrays.integer & (found.upper - found.lower < INTEGRALITY_TOLERANCE)
        item, _ = places(self.arrays)
        yield decided & ~np.isin(item, item[found.stuck])
        integral = np.abs(found.relaxation - np.round(found.relaxation)) < INTEGRALITY_TOLERANCE
        yield self.arrays.integer & integral & (found.relaxation > INTEGRALITY_TOLERANCE)
        yield np.zeros_like(decided)

    def _neighbourhoods(self, relaxation: Floats, prices: Floats) -> Iterator[bool]:
        """Alternate neighbourhoods: some items, a time window, and the columns of lowest reduced cost.

        Every few rounds, RINS.
        """
        integer = self.arrays.integer
        item, month = places(self.arrays)
        months = np.unique(month[integer])
        random = np.random.default_rng(self.options.seed)
        at_first = min(0.5, _FREE_AT_FIRST / max(int(integer.sum()), 1))
        open_ = int((integer & ~self._agreeing_with_relaxation(relaxation, None)).sum()) / max(int(integer.sum()), 1)
        share = {REDUCED_COST: min(1.0, _REDUCED_COST_WIDTH * open_), ITEM: at_first, TIME_WINDOW: at_first}
        cheapest = np.argsort(np.where(integer, prices, np.inf), kind="stable")[: int(integer.sum())]
        exhausted, round_, last = 0, 0, self.objective  # successive complete searches without improvement
        while exhausted < 2 and not self._stop.is_set():
            assert self.values is not None
            for kind in (ITEM, TIME_WINDOW, ITEM, REDUCED_COST):
                if kind == REDUCED_COST:
                    free = ~self._agreeing_with_relaxation(relaxation, self.values) & integer
                    others = cheapest[~free[cheapest]]
                    free[others[: max(0, round(share[kind] * len(cheapest)) - int(free.sum()))]] = True
                elif kind == ITEM:
                    unlike = np.where(integer, np.abs(self.values - relaxation), 0.0)
                    free = integer & np.isin(item, _draw_items(item[integer], unlike[integer], share[kind], random))
                else:
                    free = integer & np.isin(month, _draw_time_window(months, share[kind], random))
                solution, better = self._search(integer & ~free, self.values, kind, {"mip_max_nodes": _NODES})
                done = solution.stop is Stop.GAP_REACHED and solution.iterations < _MANY_ITERATIONS
                exhausted = exhausted + 1 if done and free.sum() == integer.sum() and not better else 0
                growth = _GROWTH_IF_EASY if solution.nodes <= _FEW_NODES and not better else _GROWTH
                share[kind] = min(1.0, share[kind] * growth) if done else share[kind] * _SHRINKAGE
                yield True
            round_ += 1
            if round_ % _ROUNDS == 0 and self.objective < last:
                last = self.objective
                self._search(
                    self._agreeing_with_relaxation(relaxation, self.values),
                    self.values,
                    RELAXATION,
                    {"mip_max_nodes": _NODES},
                )
                yield True

    # ------------------------------------------------------------------ solving
    def _search(self, fixed: _Mask, at: Floats, source: str, limits: dict[str, Any]) -> tuple[Solution, bool]:
        """Solve the sub-MIP with some integers fixed; return its result and whether the incumbent improved."""
        self._kind = source
        where = np.round(at)
        lower = np.where(fixed, np.maximum(self.arrays.lower, where), self.arrays.lower)
        upper = np.where(fixed, np.minimum(self.arrays.upper, where), self.arrays.upper)
        model = Model(replace(self.arrays, lower=lower, upper=upper))
        if self.values is not None and (self.values[fixed] == where[fixed]).all():
            model.start(np.arange(len(self.values)), self.values)
        solution = self._run(model, SUB_MIP_OPTIONS | limits)
        model.close()
        better = solution.values is not None and self._keep(solution.values, source)
        return solution, better

    def _run(self, model: Model, settings: dict[str, Any], *, duals: bool = False) -> Solution:
        if self._stop.is_set():
            return Solution(stop=Stop.INTERRUPTED, status=SolutionStatus.NOTHING)
        self._running = model
        model.on_incumbent = self._on_incumbent
        try:
            return model.part(self.options, settings, duals=duals)
        except SolverError:  # numerical trouble in one neighbourhood: the others and the proof remain
            return Solution(stop=Stop.WORK_LIMIT, status=SolutionStatus.NOTHING)
        finally:
            self._running = None

    def _on_incumbent(self, objective: float, values: Floats) -> None:
        if objective < self.seen[0]:
            self.seen, self.seen_values = (objective, self._kind), values
        if self._worth < np.inf:
            self._report_if_better(objective, values, self._worth)

    def _report_if_better(self, objective: float, values: Floats, by: float) -> None:
        if objective < self._reported - by * abs(objective):
            self._reported = objective
            self._on_improvement(values)

    def _solved(self, model: Model, presolve: str = "off") -> Floats | None:
        """Return optimal values of a linear program, without presolve from its last basis; None if infeasible."""
        solution = self._run(model, _LP | {"presolve": presolve})
        return solution.values if solution.stop is Stop.GAP_REACHED else None

    def _keep_rounded(self, values: Floats, source: str) -> None:
        """Round the integers of a solution, reoptimise the rest, and keep the result."""
        rounded = np.round(values)
        exact = self._solved(Model(self.arrays.with_values(self.arrays.integer, rounded)), presolve="choose")
        if exact is not None:
            self._keep(np.where(self.arrays.integer, rounded, exact), source)

    def _keep(self, values: Floats, source: str) -> bool:
        objective = float(self.arrays.cost @ values) + self.arrays.offset
        if objective >= self.objective - _MIN_IMPROVEMENT * abs(objective):
            return False
        self.values, self.objective, self.source = values, objective, source
        if objective < self.seen[0]:
            self.seen, self.seen_values = (objective, source), values
        return True


def places(arrays: Arrays) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return item and month of every integer column, from its name in the program; -1 for the others."""
    item, month = np.full(len(arrays.cost), -1), np.full(len(arrays.cost), -1)
    numbers: dict[Any, int] = {}
    for column in np.flatnonzero(arrays.integer).tolist():
        key = key_of(arrays.columns[column])
        item[column] = numbers.setdefault(key[0], len(numbers))
        month[column] = key[-1] if isinstance(key[-1], int) else 0
    return item, month


def _draw_items(item: NDArray[np.int64], unlike: Floats, share: float, random: np.random.Generator) -> NDArray[Any]:
    """Draw items with a share of all columns; those that differ from the linear relaxation are more likely."""
    every, where, counts = np.unique(item, return_inverse=True, return_counts=True)
    weight = np.bincount(where, np.minimum(unlike, 1.0))
    weight = weight / max(weight.sum(), 1e-12) + _ANY / len(every)
    order = np.argsort(-np.log(random.random(len(every))) / weight)  # weighted draw without replacement
    enough = int(np.searchsorted(np.cumsum(counts[order]), share * len(item))) + 1
    return every[order[: max(2, enough)]]


def _draw_time_window(months: NDArray[Any], share: float, random: np.random.Generator) -> NDArray[Any]:
    """Draw a window of consecutive months, a share of all."""
    count = min(len(months), max(2, round(share * len(months))))
    first = int(random.integers(0, len(months) - count + 1))
    return months[first : first + count]

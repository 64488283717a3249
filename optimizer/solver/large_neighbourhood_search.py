"""Finds plans and betters them, step by step: from the linear relaxation, then in neighbourhoods of the best plan.

Each step ends by the work it may do, never by the clock, so that the same steps find the same plans.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.errors import SolverError
from optimizer.program.compile import Arrays, Floats
from optimizer.program.row_names import key_of
from optimizer.solver.diving import WHOLE, Dive, dive
from optimizer.solver.highs import Model
from optimizer.solver.solution import Options, Solution, SolutionStatus, Stop

FINE = 1e-3
"""Gap up to which each neighbourhood is searched to half the gap; with coarser ones, to half of this."""

# Sources of plans, as progress tells them.
DIVE, REPAIR, RELAXATION, PRICES = "dive", "repair", "relaxation", "prices"
ITEMS, MONTHS = "items", "months"

BARE = {  # HiGHS without the heuristics that this module stands for, and quick at nodes
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_heuristic_run_feasibility_jump": False,
    "mip_heuristic_effort": 0.0,
    "mip_allow_restart": False,
    "mip_pscost_minreliable": 0,
    "mip_allow_cut_separation_at_nodes": False,
}
_FIRST = {"mip_max_improving_sols": 1, "mip_max_nodes": 500}
_NODES = 100
_MANY_NODES = 300
_FEW_NODES = 5
_LARGE = 400_000  # non-zeros from which on a dive, which only solves linear programs, comes first
_LP = {"primal_feasibility_tolerance": 1e-7, "dual_feasibility_tolerance": 1e-7}  # in dives: exact enough
_MANY_ITERATIONS = 15_000
_FREE_AT_FIRST = 250  # whole numbers
_EASY, _DONE, _TOO_MUCH = 1.7, 1.25, 0.7  # by what the next neighbourhood of the kind is larger
_WIDER = 3  # by what the neighbourhood by prices is wider at first than what is not whole
_ANY = 0.25  # weight of all items alike, beside that of being unlike the linear relaxation
_TURNS = 2  # of items and months, from one search near the linear relaxation to the next
_GAIN = 1e-9  # relative; less is rounding
_Mask = NDArray[np.bool_]


class LargeNeighbourhoodSearch:
    """Finds plans and betters them.

    Parameters
    ----------
    arrays : Arrays
        A program with whole numbers.
    options : Options
        Gap and seed of the search that it serves.
    on_better : callable, optional
        Called with a better solution when a step has found one and, if the gap is coarser than :data:`FINE`, while it
        still runs when one is better by half the gap. That is in the thread of a search: it must be quick and must not
        raise.
    dive_from : int
        Number of non-zeros above which the first step is a dive.

    Attributes
    ----------
    values : ndarray or None
        The best solution so far.
    objective : float
        Its cost, in the program's units.
    source : str
        The kind of step that found it.
    seen : tuple of float and str
        The least cost told so far, be it by a step that still runs, and the kind of that step.
    seen_values : ndarray or None
        The solution of that cost: a search that is interrupted while the step runs has it.
    """

    def __init__(
        self,
        arrays: Arrays,
        options: Options,
        on_better: Callable[[Floats], None] = lambda values: None,
        *,
        dive_from: int = _LARGE,
    ) -> None:
        self.arrays, self._dive_from = arrays, dive_from
        # A search that ends half a per cent above its bound finds nothing in most neighbourhoods of a plan as good.
        self.options = replace(options, threads=1, gap=min(options.gap, FINE) / 2)
        self._on_better, self._told = on_better, np.inf
        self._worth = options.gap / 2 if options.gap > FINE else np.inf  # relative: what is told while a step runs
        self.values: Floats | None = None
        self.objective = np.inf
        self.source = ""
        self.seen: tuple[float, str] = (np.inf, "")
        self.seen_values: Floats | None = None
        self._kind = ""
        self._stop = threading.Event()
        self._running: Model | None = None
        self._steps = self._work()

    def step(self) -> bool:
        """Do one more step; False when there is nothing more to do."""
        going = next(self._steps, False)
        if self.values is not None:
            self._tell(self.objective, self.values, _GAIN)
        return going

    def stop(self) -> None:
        """End the step that runs, and do no more; from any thread."""
        self._stop.set()
        running = self._running
        if running is not None:
            running.interrupt()

    def take(self, values: Floats, source: str) -> None:
        """Take over a solution from elsewhere, if it is better."""
        self._keep(values, source)
        self._told = min(self._told, self.objective)

    # ------------------------------------------------------------------ steps
    def _work(self) -> Iterator[bool]:
        model = Model(self.arrays.relaxed(), heeds=False)
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
        self._search(self._like(start.values, None), start.values, RELAXATION, nodes)
        yield True
        if self.values is None and not large:
            self._dive(model, start.values)
            yield True
        model.close()
        if self.values is not None:
            yield from self._neighbourhoods(start.values, np.abs(start.column_duals))

    def _dive(self, model: Model, start: Floats) -> None:
        """Dive from the linear relaxation; where that gets stuck, search about there."""
        found = dive(self.arrays, model, start, self._solved)
        if found.values is not None:
            self._keep_whole(found.values, DIVE)
            return
        for fixed in self._repairs(found):
            if self.values is not None or self._stop.is_set():
                break
            self._search(fixed, found.lower, REPAIR, _FIRST)

    def _like(self, relaxation: Floats, values: Floats | None) -> _Mask:
        """Whole numbers that are so in the linear relaxation (and in a solution, where one is given).

        Fixing them leaves the neighbourhoods RENS (Berthold 2014) and RINS (Danna, Rothberg, Le Pape 2005).
        """
        whole = self.arrays.integer & (np.abs(relaxation - np.round(relaxation)) < WHOLE)
        return whole if values is None else whole & (np.abs(relaxation - values) < WHOLE)

    def _repairs(self, found: Dive) -> Iterator[_Mask]:
        """What stays where a dive that got stuck had it: less and less."""
        decided = self.arrays.integer & (found.upper - found.lower < WHOLE)
        item, _ = places(self.arrays)
        yield decided & ~np.isin(item, item[found.stuck])
        whole = np.abs(found.relaxation - np.round(found.relaxation)) < WHOLE
        yield self.arrays.integer & whole & (found.relaxation > WHOLE)
        yield np.zeros_like(decided)

    def _neighbourhoods(self, relaxation: Floats, prices: Floats) -> Iterator[bool]:
        """In turns free what the linear relaxation would change at least cost, some items, and some months.

        Every few turns, what is unlike the linear relaxation.
        """
        integer = self.arrays.integer
        item, month = places(self.arrays)
        months = np.unique(month[integer])
        random = np.random.default_rng(self.options.seed)
        at_first = min(0.5, _FREE_AT_FIRST / max(int(integer.sum()), 1))
        open_ = int((integer & ~self._like(relaxation, None)).sum()) / max(int(integer.sum()), 1)
        share = {PRICES: min(1.0, _WIDER * open_), ITEMS: at_first, MONTHS: at_first}
        cheapest = np.argsort(np.where(integer, prices, np.inf), kind="stable")[: int(integer.sum())]
        settled, turn, last = 0, 0, self.objective  # times in a row that all was free and nothing better was there
        while settled < 2 and not self._stop.is_set():
            assert self.values is not None
            for kind in (ITEMS, MONTHS, ITEMS, PRICES):
                if kind == PRICES:
                    free = ~self._like(relaxation, self.values) & integer
                    free[cheapest[: max(0, round(share[kind] * len(cheapest)) - int(free.sum()))]] = True
                elif kind == ITEMS:
                    unlike = np.where(integer, np.abs(self.values - relaxation), 0.0)
                    free = integer & np.isin(item, _some_items(item[integer], unlike[integer], share[kind], random))
                else:
                    free = integer & np.isin(month, _some_months(months, share[kind], random))
                solution, better = self._search(integer & ~free, self.values, kind, {"mip_max_nodes": _NODES})
                done = solution.stop is Stop.GAP_REACHED and solution.iterations < _MANY_ITERATIONS
                settled = settled + 1 if done and free.sum() == integer.sum() and not better else 0
                growth = _EASY if solution.nodes <= _FEW_NODES and not better else _DONE
                share[kind] = min(1.0, share[kind] * growth) if done else share[kind] * _TOO_MUCH
                yield True
            turn += 1
            if turn % _TURNS == 0 and self.objective < last:
                last = self.objective
                self._search(self._like(relaxation, self.values), self.values, RELAXATION, {"mip_max_nodes": _NODES})
                yield True

    # ------------------------------------------------------------------ solving
    def _search(self, fixed: _Mask, at: Floats, source: str, limits: dict[str, Any]) -> tuple[Solution, bool]:
        """Search with some whole numbers fixed; returns also whether it found something better."""
        self._kind = source
        where = np.round(at)
        lower = np.where(fixed, np.maximum(self.arrays.lower, where), self.arrays.lower)
        upper = np.where(fixed, np.minimum(self.arrays.upper, where), self.arrays.upper)
        model = Model(replace(self.arrays, lower=lower, upper=upper))
        if self.values is not None and (self.values[fixed] == where[fixed]).all():
            model.start(np.arange(len(self.values)), self.values)
        solution = self._run(model, BARE | limits)
        model.close()
        better = solution.values is not None and self._keep(solution.values, source)
        return solution, better

    def _run(self, model: Model, settings: dict[str, Any], *, duals: bool = False) -> Solution:
        if self._stop.is_set():
            return Solution(stop=Stop.INTERRUPTED, status=SolutionStatus.NOTHING)
        self._running = model
        model.on_incumbent = self._see
        try:
            return model.part(self.options, settings, duals=duals)
        except SolverError:  # numerical trouble in one neighbourhood: others are left, and the proof does without it
            return Solution(stop=Stop.WORK_LIMIT, status=SolutionStatus.NOTHING)
        finally:
            self._running = None

    def _see(self, objective: float, values: Floats) -> None:
        if objective < self.seen[0]:
            self.seen, self.seen_values = (objective, self._kind), values
        if self._worth < np.inf:
            self._tell(objective, values, self._worth)

    def _tell(self, objective: float, values: Floats, by: float) -> None:
        if objective < self._told - by * abs(objective):
            self._told = objective
            self._on_better(values)

    def _solved(self, model: Model, afresh: bool) -> Floats | None:
        """Optimal values of a linear program, solved afresh or from its last basis; None if it has none."""
        solution = self._run(model, _LP | {"presolve": "choose" if afresh else "off"})
        return solution.values if solution.stop is Stop.GAP_REACHED else None

    def _keep_whole(self, values: Floats, source: str) -> None:
        """Keep values whose whole numbers are so to HiGHS's tolerance, made whole."""
        lower = np.where(self.arrays.integer, np.round(values), self.arrays.lower)
        upper = np.where(self.arrays.integer, np.round(values), self.arrays.upper)
        exact = self._solved(Model(self.arrays.with_bounds(lower, upper)), afresh=True)
        if exact is not None:
            self._keep(np.where(self.arrays.integer, np.round(values), exact), source)

    def _keep(self, values: Floats, source: str) -> bool:
        objective = float(self.arrays.cost @ values) + self.arrays.offset
        if objective >= self.objective - _GAIN * abs(objective):
            return False
        self.values, self.objective, self.source = values, objective, source
        if objective < self.seen[0]:
            self.seen, self.seen_values = (objective, source), values
        return True


def places(arrays: Arrays) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Item and month of every column that is to be whole, from its name in the program; -1 of the others."""
    item, month = np.full(len(arrays.cost), -1), np.full(len(arrays.cost), -1)
    numbers: dict[Any, int] = {}
    for column in np.flatnonzero(arrays.integer).tolist():
        key = key_of(arrays.columns[column])
        item[column] = numbers.setdefault(key[0], len(numbers))
        month[column] = key[-1] if isinstance(key[-1], int) else 0
    return item, month


def _some_items(item: NDArray[np.int64], unlike: Floats, share: float, random: np.random.Generator) -> NDArray[Any]:
    """Items with a share of all columns; those that are unlike the linear relaxation are the likelier."""
    every, where, counts = np.unique(item, return_inverse=True, return_counts=True)
    weight = np.bincount(where, np.minimum(unlike, 1.0))
    weight = weight / max(weight.sum(), 1e-12) + _ANY / len(every)
    order = np.argsort(-np.log(random.random(len(every))) / weight)  # drawn without replacement by weight
    enough = int(np.searchsorted(np.cumsum(counts[order]), share * len(item))) + 1
    return every[order[: max(2, enough)]]


def _some_months(months: NDArray[Any], share: float, random: np.random.Generator) -> NDArray[Any]:
    """A share of the months, in a row."""
    count = min(len(months), max(2, round(share * len(months))))
    first = int(random.integers(0, len(months) - count + 1))
    return months[first : first + count]

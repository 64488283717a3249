"""A race: HiGHS here and SCIP in a process beside it, each with one thread, on the same program.

Each gets the better solutions that the other finds. What is proven is the better of their two bounds; the race is over
as soon as the gap between that and the best solution is as small as asked.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from optimizer.interruption import interruptible
from optimizer.program.compile import Arrays, Floats
from optimizer.solver import highs, scip
from optimizer.solver.iis import with_iis
from optimizer.solver.scip_process import ScipProcess, start_scip
from optimizer.solver.solution import Options, Report, Solution, Stop, overtime

NAME = "HiGHS and SCIP"
_ABSOLUTE_GAP = 1e-9
_CONTRADICTION = 1e-5  # relative; by this much bounds and solutions of two solvers may differ


def solve(arrays: Arrays, options: Options, report: Report | None = None, *, duals: bool = False) -> Solution:
    """Solve compiled arrays by HiGHS and SCIP at once.

    Parameters and errors are those of :func:`optimizer.solver.highs.solve`. Each has one thread, whatever the options
    allow. If SCIP fails, HiGHS goes on alone, and a note tells so. A linear program is no race: HiGHS solves it.
    """
    scip.load()
    if not arrays.integer.any():
        return highs.solve(arrays, options, report, duals=duals)
    until = time.perf_counter() + options.time_limit
    alone = replace(options, threads=1)
    with interruptible():
        with start_scip(arrays, alone) as beside:
            race = _Race(highs.Model(arrays), beside, alone, report)
            left = max(until - time.perf_counter(), 0.0)
            own = race.model.solve(replace(alone, time_limit=left), race.look)
            beside.listen()
        seconds = max(until - time.perf_counter(), 0.0) + overtime(options)
        if own.stop is Stop.INFEASIBLE:
            return with_iis(own, arrays, seconds)
        return race.result(own, duals, seconds)


class _Race:
    """Who has found and proven what."""

    def __init__(self, model: highs.Model, beside: ScipProcess, options: Options, report: Report | None) -> None:
        self.model, self.beside, self.options, self.report = model, beside, options, report
        self.over = False  # the asked gap is proven by the two together
        self._found: tuple[float, Floats] | None = None  # best of HiGHS's own
        self._sent = np.inf
        model.on_incumbent = self._keep

    def _keep(self, objective: float, values: Floats) -> None:
        """Keep what HiGHS found, in its thread; it goes to SCIP when the race is next looked at."""
        self._found = objective, values

    def look(self, incumbent: float | None, bound: float | None, nodes: int) -> None:
        """Pass on what is new, and see whether it is enough; called about ten times a second."""
        beside = self.beside
        if beside.listen() and beside.values is not None:
            self.model.offer(beside.values)
        found = self._found
        own = np.inf if found is None else found[0]
        if found is not None and own < min(self._sent, beside.objective) and beside.offer(found[1]):
            self._sent = own
        best = min(np.inf if incumbent is None else incumbent, beside.objective)
        if incumbent is not None and beside.bound > incumbent + _CONTRADICTION * (1 + abs(incumbent)):
            beside.give_up("it claims to have proven that a solution of HiGHS cannot be")
        proven = max(-np.inf if bound is None else bound, beside.bound)
        if self.report is not None:
            source = scip.NAME if beside.objective < own else highs.NAME
            told = [x if np.isfinite(x) else None for x in (best, proven)]
            self.report(told[0], told[1], nodes + beside.nodes, source)
        if best < np.inf and best - proven <= self.options.gap * abs(best) + _ABSOLUTE_GAP:
            self.over = True
            self.model.interrupt()

    def result(self, own: Solution, duals: bool, seconds: float) -> Solution:
        """The best solution of both, with the better bound."""
        beside, arrays = self.beside, self.model.arrays
        stop = Stop.GAP_REACHED if self.over else own.stop
        found = replace(
            own,
            stop=stop,
            bound=max(own.bound, beside.bound),
            nodes=own.nodes + beside.nodes,
            iterations=own.iterations + beside.iterations,
            notes=(*own.notes, *([f"SCIP left the race: {beside.failure}"] if beside.failure else ())),
        )
        held = [replace(found, values=x) for x in (own.values, beside.values) if x is not None]
        if not held:
            return found
        whole = (highs.completed(arrays, one, self.options, duals=False, seconds=seconds) for one in held)
        best = min(whole, key=self._cost)
        return highs.completed(arrays, best, self.options, duals=True, seconds=seconds) if duals else best

    def _cost(self, solution: Solution) -> float:
        assert solution.values is not None
        return float(self.model.arrays.cost @ solution.values)

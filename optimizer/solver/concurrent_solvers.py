"""Concurrent solve: HiGHS in this process and SCIP in another, one thread each, on the same program.

They exchange incumbents. The dual bound is the better of both; the solve ends as soon as the gap between it and the
best incumbent is within the target.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from optimizer.interruption import interruptible
from optimizer.program.arrays import Arrays, Floats
from optimizer.solver import highs, scip
from optimizer.solver.iis import with_iis
from optimizer.solver.scip_process import ScipProcess, start_scip
from optimizer.solver.solution import Options, Report, Solution, Stop, overtime

NAME = "HiGHS and SCIP"
_ABSOLUTE_GAP = 1e-9
_CONTRADICTION = 1e-5  # relative; tolerated difference of bounds and solutions of the two solvers


def solve(arrays: Arrays, options: Options, report: Report | None = None, *, duals: bool = False) -> Solution:
    """Solve compiled arrays by HiGHS and SCIP concurrently.

    Parameters and errors are those of :func:`optimizer.solver.highs.solve`. Each has one thread, whatever the options
    allow. If SCIP fails, HiGHS continues alone and the solution has a note. HiGHS alone solves linear programs.
    """
    scip.load()
    if not arrays.integer.any():
        return highs.solve(arrays, options, report, duals=duals)
    until = time.perf_counter() + options.time_limit
    alone = replace(options, threads=1)
    with interruptible():
        with start_scip(arrays, alone) as other:
            race = _Race(highs.Model(arrays), other, alone, report)
            left = max(until - time.perf_counter(), 0.0)
            own = race.model.solve(replace(alone, time_limit=left), race.look)
            other.listen()
        seconds = max(until - time.perf_counter(), 0.0) + overtime(options)
        if own.stop is Stop.INFEASIBLE:
            return with_iis(own, arrays, seconds)
        return race.result(own, duals, seconds)


class _Race:
    """Incumbents and bounds of both solvers."""

    def __init__(self, model: highs.Model, other: ScipProcess, options: Options, report: Report | None) -> None:
        self.model, self.other, self.options, self.report = model, other, options, report
        self.over = False  # the target gap is reached by both together
        self._found: tuple[float, Floats] | None = None  # best that HiGHS found itself
        self._sent = np.inf
        model.on_incumbent = self._keep

    def _keep(self, objective: float, values: Floats) -> None:
        """Store an incumbent of HiGHS, in its thread; :meth:`look` sends it to SCIP."""
        self._found = objective, values

    def look(self, incumbent: float | None, bound: float | None, nodes: int) -> None:
        """Exchange new incumbents, and stop if the gap is reached; called about ten times a second."""
        other = self.other
        if other.listen() and other.values is not None:
            self.model.offer(other.values)
        found = self._found
        own = np.inf if found is None else found[0]
        if found is not None and own < min(self._sent, other.objective) and other.offer(found[1]):
            self._sent = own
        best = min(np.inf if incumbent is None else incumbent, other.objective)
        if incumbent is not None and other.bound > incumbent + _CONTRADICTION * (1 + abs(incumbent)):
            other.give_up("its dual bound contradicts a solution of HiGHS")
        proven = max(-np.inf if bound is None else bound, other.bound)
        if self.report is not None:
            source = scip.NAME if other.objective < own else highs.NAME
            reported = [x if np.isfinite(x) else None for x in (best, proven)]
            self.report(reported[0], reported[1], nodes + other.nodes, source)
        if best < np.inf and best - proven <= self.options.gap * abs(best) + _ABSOLUTE_GAP:
            self.over = True
            self.model.interrupt()

    def result(self, own: Solution, duals: bool, seconds: float) -> Solution:
        """Return the best solution of both, with the better bound."""
        other, arrays = self.other, self.model.arrays
        stop = Stop.GAP_REACHED if self.over else own.stop
        found = replace(
            own,
            stop=stop,
            bound=max(own.bound, other.bound),
            nodes=own.nodes + other.nodes,
            iterations=own.iterations + other.iterations,
            notes=(*own.notes, *([f"SCIP left the race: {other.failure}"] if other.failure else ())),
        )
        candidates = [replace(found, values=x) for x in (own.values, other.values) if x is not None]
        if not candidates:
            return found
        exact = (highs.completed(arrays, one, self.options, duals=False, seconds=seconds) for one in candidates)
        best = min(exact, key=self._cost)
        return highs.completed(arrays, best, self.options, duals=True, seconds=seconds) if duals else best

    def _cost(self, solution: Solution) -> float:
        assert solution.values is not None
        return float(self.model.arrays.cost @ solution.values)

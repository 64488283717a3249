"""The search for a plan with whole numbers: HiGHS proves the bound, an improver finds plans beside it.

What the improver finds is handed over at fixed moments of the proof, counted in its own rounds, and what the proof
finds reaches the improver a fixed number of results later: whether a step was done ahead, on a core of its own, or is
done right then, the search goes the same way. Only where the clock ends the search, or the proof does not come back for
long, does the answer depend on the machine.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from typing import Any

import numpy as np

from optimizer.interruption import interruptible
from optimizer.program.compile import Arrays, Floats
from optimizer.solver import highs
from optimizer.solver.highs import NAME, Model
from optimizer.solver.interruptible import abandon
from optimizer.solver.large_neighbourhood_search import FINE, LargeNeighbourhoodSearch
from optimizer.solver.solution import Options, Report, Solution, Stop, overtime

_PROOF = {  # the improver begins with what these do; RINS stays: it knows the relaxation after cuts
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_heuristic_run_feasibility_jump": False,
    "mip_allow_cut_separation_at_nodes": False,
}
_EXACT_PRESOLVE = {"presolve_rule_off": 1 << 12}  # the aggregator: what leaves out plans that are feasible
_YOUNG = 20  # queries up to which the proof may begin anew
_FIRST_QUERY = 3  # after the first round of cuts
_COARSE = 0.01  # gap from which on results are handed over soonest
_SPACING, _FINE_SPACING = 3, 8  # queries from one delivery to the next, at first, by the gap asked
_AHEAD = 10  # results that may wait for their delivery when the improver begins a step
_SILENCE = 120.0  # seconds without a query after which the improver's plan may end the search
_LAST = 0.2  # seconds more that the improver, which was asked to stop with the proof, gets
_ABSOLUTE_GAP = 1e-9
_HOLDS = 1e-6  # HiGHS's tolerance: what keeps all rows and bounds to this is a plan
_KNOWN = "given"  # where a plan comes from that the search began with


def solve(
    arrays: Arrays,
    options: Options,
    report: Report | None = None,
    *,
    duals: bool = False,
    start: Floats | None = None,
) -> Solution:
    """Solve compiled arrays; parameters and errors are those of :func:`optimizer.solver.highs.solve`.

    With more threads than one the improver has one and the proof the others; with one they take turns. HiGHS does
    without most heuristics of its own, unless the improver ends without a plan. Both begin with ``start``, if a
    solution is known already.
    """
    if not arrays.integer.any():
        return highs.solve(arrays, options, report, duals=duals)
    with interruptible():
        search = _Search(arrays, options, report)
        if start is not None:
            search.begin(start)
        return search.run(duals)


class _Search:
    def __init__(self, arrays: Arrays, options: Options, report: Report | None) -> None:
        self.arrays, self.options, self.report = arrays, options, report
        self.threads = options.threads or os.cpu_count() or 1
        self.deadline = time.perf_counter() + options.time_limit
        self.model = self._proof()
        self.improver = LargeNeighbourhoodSearch(arrays, options, self._bettered)
        self.results: list[Floats | None] = []  # what the steps found; None for one that found nothing better
        self.best: Floats | None = None  # the last of these, delivered or not
        self.delivered = 0
        self.queries, self.due = 0, _FIRST_QUERY
        self.asked = time.perf_counter()  # when the proof last came for solutions
        self.own: tuple[float, Floats] | None = None  # best that the proof found itself
        self.handed: dict[int, Floats] = {}  # solutions of the proof, by the result from which on steps take them over
        self.over, self.exhausted, self.helpless = False, False, False
        self.given: tuple[float, Floats] | None = None  # best that was delivered
        self.closed: float | None = None  # the bound with which that is within the gap
        self.anew, self.floor = False, -np.inf  # whether the proof is to begin anew, and what was proven before
        self.gap_reached = False
        self.error: BaseException | None = None
        self.change = threading.Condition()

    def _proof(self, settings: dict[str, Any] | None = None) -> Model:
        model = Model(self.arrays, settings=_PROOF | (settings or {}))
        model.on_query, model.on_incumbent, model.on_stop = self._queried, self._found, self._stopped
        return model

    def begin(self, values: Floats) -> None:
        """Begin with a solution that is known already; what breaks a row is none, and is left alone."""
        if self.arrays.worst_violation(values) <= _HOLDS:
            self.improver.take(values, _KNOWN)
            self._give(values)

    def run(self, duals: bool) -> Solution:
        worker = threading.Thread(target=self._ahead, daemon=True) if self.threads > 1 else None
        if worker:
            worker.start()
        given = self.options.threads  # by default HiGHS takes half the cores, which leaves one
        rest = given and max(1, given - 1)
        try:
            found = self._prove(rest)
            if self.anew and not self.model.pressed:
                self._begin_anew()
                found = self._prove(rest)
            if self.helpless and self.error is None:
                self.model = Model(self.arrays)
                found = self._prove(given)
        finally:
            self._end()
        if worker:
            worker.join(_LAST)
            if worker.is_alive():
                abandon(worker)  # it is still inside HiGHS
        if self.error is not None:
            raise self.error
        return self._result(found, duals)

    def _prove(self, threads: int | None) -> Solution:
        left = max(self.deadline - time.perf_counter(), 0.0)
        options = replace(self.options, threads=threads, time_limit=left)
        return self.model.solve(options, self._look, floor=self.floor)

    def _begin_anew(self) -> None:
        """Another proof, with a presolve that takes over every plan."""
        self.model, self.anew = self._proof(_EXACT_PRESOLVE), False
        if self.given is not None:
            self.model.offer(self.given[1])
        if self.error is not None:  # the improver's, which may have interrupted the proof that was
            self.model.interrupt()

    # ------------------------------------------------------------------ the improver's side
    def _ahead(self) -> None:
        """Do steps ahead of their delivery."""
        while self._may_go_on():
            self._step()

    def _may_go_on(self) -> bool:
        with self.change:
            while not self.over and len(self.results) >= self.delivered + _AHEAD:
                self.change.wait(0.2)
            return not self.over and not self.exhausted

    def _step(self) -> None:
        """One step, and its results."""
        with self.change:
            at = len(self.results)
            handed = [self.handed.pop(due) for due in sorted(self.handed) if due <= at]
        for values in handed:
            self.improver.take(values, NAME)
        going = False
        try:
            going = self.improver.step()
        except BaseException as error:  # noqa: BLE001 - raised again by run(), where somebody hears it
            self.error = error
            self.model.interrupt()
        with self.change:
            if len(self.results) == at:
                self.results.append(None)
            self.exhausted = not going
            self.change.notify_all()

    def _bettered(self, values: Floats) -> None:
        """Take note of a result of the step that runs; called by the improver."""
        with self.change:
            self.results.append(values)
            self.best = values
            self.change.notify_all()

    # ------------------------------------------------------------------ the proof's side
    def _found(self, objective: float, values: Floats) -> None:
        self.own = objective, values

    def _queried(self, bound: float) -> None:
        """Deliver the result that is due, and see what that changes; called by the proof.

        The search is over when what was delivered is within the gap, whether or not HiGHS takes it over. Where HiGHS
        drops it, the proof would go on without a plan: it begins anew, once, with a presolve that drops none.
        """
        self._deliver()
        if self.given is None or self._stopping():
            return
        if self._enough(self.given[0], bound):
            self.closed = bound
            self.model.interrupt()
        elif self.model.dropped and self.queries <= _YOUNG and self.floor == -np.inf:
            self.anew, self.floor = True, bound
            self.model.interrupt()

    def _deliver(self) -> None:
        self.queries += 1
        self.asked = time.perf_counter()
        if self.queries < self.due or self.over or self.helpless:
            return
        if self.threads == 1 and len(self.results) <= self.delivered and not self.exhausted:
            self._step()
        with self.change:
            while len(self.results) <= self.delivered and not (self.exhausted or self._stopping()):
                self.change.wait(0.1)
            if len(self.results) <= self.delivered:
                self._give_up()
                return
            result = self.results[self.delivered]
            if self.own is not None:
                self.handed[self.delivered + _AHEAD] = self.own[1]
            self.delivered += 1
            self.due = self.queries + self._spacing()
            self.change.notify_all()
        self.asked = time.perf_counter()
        if result is not None:
            self._give(result)

    def _give(self, values: Floats) -> None:
        """Offer a solution to the proof."""
        self.model.offer(values)
        objective = float(self.arrays.cost @ values) + self.arrays.offset
        better = self.given is None or objective < self.given[0]
        if better and self.arrays.worst_violation(values) <= _HOLDS:
            self.given = objective, values

    def _spacing(self) -> int:
        """Queries to the next delivery, from what was measured (docs/performance.md).

        The proof waits for a result that is due, which costs most where it has long to go: where the gap is fine. Where
        it is coarse, the search often ends with the next plan handed over.
        """
        if self.options.gap <= FINE:
            return _FINE_SPACING + self.delivered
        return _SPACING + (self.delivered // 2 if self.options.gap < _COARSE else 0)

    def _give_up(self) -> None:
        """Leave HiGHS to itself, with its own heuristics, when the improver is through and there is no plan."""
        if self.exhausted and self.improver.values is None and self.own is None and not self.model.stopping:
            self.helpless = True
            self.model.interrupt()

    def _stopping(self) -> bool:
        return self.over or self.model.stopping or time.perf_counter() > self.deadline

    # ------------------------------------------------------------------ both
    def _look(self, incumbent: float | None, bound: float | None, nodes: int) -> None:
        """Tell progress; see whether both together have proven enough while the proof is silent."""
        own = np.inf if self.own is None else self.own[0]
        best = min(np.inf if incumbent is None else incumbent, own, self.improver.objective)
        bound = self.floor if bound is None and np.isfinite(self.floor) else bound
        bound = None if bound is None else max(bound, self.floor)
        if self.report is not None:
            seen, source = self.improver.seen
            told = min(best, seen)
            self.report(told if np.isfinite(told) else None, bound, nodes, NAME if own < seen else source)
        silent = time.perf_counter() - self.asked > _SILENCE
        if silent and bound is not None and self._enough(best, bound):
            self.gap_reached = True
            self.model.interrupt()
        if self.model.stopping and not self.anew:
            self.improver.stop()

    def _stopped(self) -> None:
        """Stop the improver with the proof, unless that begins again."""
        if not self.anew:
            self.improver.stop()

    def _enough(self, objective: float, bound: float) -> bool:
        """Whether a plan is within the gap of a bound."""
        within = self.options.gap * abs(objective) + _ABSOLUTE_GAP if np.isfinite(objective) else -np.inf
        return objective - bound <= within

    def _end(self) -> None:
        with self.change:
            self.over = True
            self.change.notify_all()
        self.improver.stop()

    def _result(self, found: Solution, duals: bool) -> Solution:
        """The best solution of both, with the proven bound."""
        kept = (self.improver.values, self.improver.seen_values, self.best)
        mine = [values for values in kept if values is not None]
        if found.stop is Stop.INFEASIBLE and mine:
            note = "HiGHS called the program infeasible although a plan was found, so nothing is proven about its cost"
            found = replace(found, stop=Stop.WORK_LIMIT, notes=(*found.notes, note))
        if found.stop is Stop.INFEASIBLE:
            from optimizer.solver.iis import with_iis  # SciPy, which is long to import

            return with_iis(found, self.arrays, self._to_finish())
        candidates = [found.values] if found.values is not None else []
        stop = Stop.GAP_REACHED if self.gap_reached else found.stop
        if self.closed is not None and self.given is not None and found.stop is not Stop.GAP_REACHED:
            stop, found = Stop.GAP_REACHED, replace(found, bound=self.closed)
            candidates.append(self.given[1])
        elif found.stop is not Stop.GAP_REACHED:
            candidates += mine + ([self.own[1]] if self.own else [])
        if not candidates:
            return found
        best = min(candidates, key=lambda values: float(self.arrays.cost @ values))
        found = replace(found, stop=stop, values=best)
        return highs.completed(self.arrays, found, self.options, duals=duals, seconds=self._to_finish())

    def _to_finish(self) -> float:
        """Seconds for what follows the search."""
        return max(self.deadline - time.perf_counter(), 0.0) + overtime(self.options)

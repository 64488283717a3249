"""Mixed-integer search: branch and bound by HiGHS, concurrently with primal heuristics in another thread.

Results are exchanged at fixed callback counts, so the search is deterministic for any number of threads: the branch and
bound receives the next result of the heuristics every few callbacks, and waits for it if necessary; the heuristics
receive its incumbents a fixed number of results later. The answer depends on the machine only if the time limit ends
the search, or if the branch and bound makes no callback for long.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from typing import Any

import numpy as np

from optimizer.interruption import interruptible
from optimizer.program.arrays import Arrays, Floats
from optimizer.solver import highs
from optimizer.solver.failed_search import incumbent_kept
from optimizer.solver.highs import NAME, Model
from optimizer.solver.interruptible import abandon
from optimizer.solver.large_neighbourhood_search import FINE, LargeNeighbourhoodSearch
from optimizer.solver.solution import Deadline, Options, Report, Solution, SolutionStatus, Stop

_PROOF_OPTIONS = {  # the heuristics start with these; RINS stays: it uses the relaxation after cuts
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_heuristic_run_feasibility_jump": False,
    "mip_allow_cut_separation_at_nodes": False,
}
_EXACT_PRESOLVE = {"presolve_rule_off": 1 << 12}  # the aggregator: it excludes feasible solutions
_RESTART_CALLBACKS = 20  # callbacks up to which the branch and bound may be restarted
_FIRST_CALLBACK = 3  # after the first round of cuts
_COARSE = 0.01  # gap from which on results are delivered soonest
_SPACING, _FINE_SPACING = 3, 8  # initial number of callbacks between deliveries, by target gap
_BUFFER = 10  # results that may await delivery when the heuristics start a step
_SILENCE = 120.0  # seconds without a callback after which the heuristics' incumbent may end the search
_LAST = 0.2  # further seconds that the heuristics get to stop after the branch and bound
_ABSOLUTE_GAP = 1e-9
_FEASIBLE = 1e-6  # HiGHS's feasibility tolerance
_KNOWN = "given"  # source of an incumbent given at the start


def solve(
    arrays: Arrays,
    options: Options,
    report: Report | None = None,
    *,
    duals: bool = False,
    start: Floats | None = None,
    known_bound: float = -np.inf,
    conflict: bool = True,
) -> Solution:
    """Solve compiled arrays; parameters and errors are those of :func:`optimizer.solver.highs.solve`.

    With several threads the heuristics use one and the branch and bound the others; with one thread they alternate.
    Most of HiGHS's own heuristics are off, unless ours end without a solution. ``start`` is the initial incumbent of
    both. No solution costs less than ``known_bound``: a start within the gap of it is the result.
    """
    if not arrays.integer.any():
        return highs.solve(arrays, options, report, duals=duals, conflict=conflict)
    with interruptible():
        if start is not None and _is_close(arrays, options, start, known_bound):
            found = Solution(Stop.GAP_REACHED, SolutionStatus.OPTIMAL, start, known_bound)
            return highs.completed(arrays, found, options, duals=duals, seconds=options.time_limit)
        search = _Search(arrays, options, report)
        search.known_bound, search.conflict = known_bound, conflict
        if start is not None:
            search.begin(start)
        with incumbent_kept(search.incumbents, arrays):
            return search.run(duals)


def _is_close(arrays: Arrays, options: Options, values: Floats, bound: float) -> bool:
    """Whether a solution is feasible and within the gap of a bound."""
    objective = float(arrays.cost @ values) + arrays.offset
    return objective - bound <= options.gap * abs(objective) and arrays.worst_violation(values) <= _FEASIBLE


class _Search:
    def __init__(self, arrays: Arrays, options: Options, report: Report | None) -> None:
        self.arrays, self.options, self.report = arrays, options, report
        self.threads = options.threads or os.cpu_count() or 1
        self.deadline = Deadline.after(options.time_limit)
        self.model = self._proof()
        self.heuristics = LargeNeighbourhoodSearch(arrays, options, self.on_improvement)
        self.results: list[Floats | None] = []  # of the steps; None for a step without improvement
        self.best_of_heuristics: Floats | None = None  # the last of these, delivered or not
        self.delivered = 0
        self.callbacks, self.due = 0, _FIRST_CALLBACK
        self.last_callback = time.perf_counter()  # time of the last callback
        self.best_of_proof: tuple[float, Floats] | None = None  # incumbent that HiGHS found itself
        self.transfers: dict[int, Floats] = {}  # HiGHS's incumbents, by the result at which the heuristics use them
        self.over, self.exhausted, self.heuristics_failed = False, False, False
        self.best_delivered: tuple[float, Floats] | None = None  # best solution delivered to HiGHS
        self.closing_bound: float | None = None  # dual bound within the gap of that solution
        self.restart, self.restarted = False, False  # whether a restart is requested, and whether one was
        self.conflict = True  # whether the conflict of an infeasible program is found
        self.known_bound = -np.inf  # dual bound that is known, or was proven before a restart
        self.gap_reached = False
        self.error: BaseException | None = None
        self.change = threading.Condition()

    def _proof(self, settings: dict[str, Any] | None = None) -> Model:
        model = Model(self.arrays, settings=_PROOF_OPTIONS | (settings or {}))
        model.on_query, model.on_incumbent, model.on_stop = self.on_callback, self._found, self._stopped
        return model

    def begin(self, values: Floats) -> None:
        """Use `values` as the initial incumbent if it is feasible; otherwise ignore it."""
        if self.arrays.worst_violation(values) <= _FEASIBLE:
            self.heuristics.take(values, _KNOWN)
            self._offer(values)

    def run(self, duals: bool) -> Solution:
        worker = threading.Thread(target=self.heuristic_loop, daemon=True) if self.threads > 1 else None
        if worker:
            worker.start()
        given = self.options.threads  # by default HiGHS uses half the cores, which leaves one free
        rest = given and max(1, given - 1)
        try:
            found = self._prove(rest)
            if self.restart and not self.model.pressed:
                self._restart()
                found = self._prove(rest)
            if self.heuristics_failed and self.error is None:
                self.model = Model(self.arrays)
                found = self._prove(given)
        finally:
            self._end()
        if worker:
            worker.join(min(_LAST, self.deadline.to_finish()))
            if worker.is_alive():
                abandon(worker)  # it is still inside HiGHS
        if self.error is not None:
            raise self.error
        return self._result(found, duals)

    def _prove(self, threads: int | None) -> Solution:
        options = replace(self.options, threads=threads, time_limit=self.deadline.left())
        return self.model.solve(options, self._look, known_bound=self.known_bound)

    def _restart(self) -> None:
        """Restart the branch and bound, with a presolve that accepts every feasible solution."""
        self.model, self.restart = self._proof(_EXACT_PRESOLVE), False
        if self.best_delivered is not None:
            self.model.offer(self.best_delivered[1])
        if self.error is not None:  # of the heuristics, which may have interrupted the previous run
            self.model.interrupt()

    # ------------------------------------------------------------------ heuristics
    def heuristic_loop(self) -> None:
        """Run steps of the heuristics ahead of their delivery, in a thread."""
        while self._may_continue():
            self._step()

    def _may_continue(self) -> bool:
        with self.change:
            while not self.over and len(self.results) >= self.delivered + _BUFFER:
                self.change.wait(0.2)
            return not self.over and not self.exhausted

    def _step(self) -> None:
        """Run one step and append its results."""
        with self.change:
            at = len(self.results)
            handed = [self.transfers.pop(due) for due in sorted(self.transfers) if due <= at]
        for values in handed:
            self.heuristics.take(values, NAME)
        going = False
        try:
            going = self.heuristics.step()
        except BaseException as error:  # noqa: BLE001 - raised again by run(), in the main thread
            self.error = error
            self.model.interrupt()
        with self.change:
            if len(self.results) == at:
                self.results.append(None)
            self.exhausted = not going
            self.change.notify_all()

    def on_improvement(self, values: Floats) -> None:
        """Append a result of the running step; called by the heuristics."""
        with self.change:
            self.results.append(values)
            self.best_of_heuristics = values
            self.change.notify_all()

    # ------------------------------------------------------------------ branch and bound
    def _found(self, objective: float, values: Floats) -> None:
        self.best_of_proof = objective, values

    def on_callback(self, bound: float) -> None:
        """Deliver the result that is due, and stop or restart the search if necessary; called by HiGHS.

        The search ends when the delivered solution is within the gap, whether or not HiGHS accepts it. If HiGHS rejects
        it, the branch and bound would continue without an incumbent: it is restarted, once, with a presolve that
        accepts every feasible solution.
        """
        self._deliver()
        if self.best_delivered is None or self._stopping():
            return
        bound = max(bound, self.known_bound)
        if self._is_within_gap(self.best_delivered[0], bound):
            self.closing_bound = bound
            self.model.interrupt()
        elif self.model.dropped and self.callbacks <= _RESTART_CALLBACKS and not self.restarted:
            self.restart, self.restarted, self.known_bound = True, True, bound
            self.model.interrupt()

    def _deliver(self) -> None:
        self.callbacks += 1
        self.last_callback = time.perf_counter()
        if self.callbacks < self.due or self.over or self.heuristics_failed:
            return
        if self.threads == 1 and len(self.results) <= self.delivered and not self.exhausted:
            self._step()
        with self.change:
            while len(self.results) <= self.delivered and not (self.exhausted or self._stopping()):
                self.change.wait(0.1)
            if len(self.results) <= self.delivered:
                self._drop_heuristics()
                return
            result = self.results[self.delivered]
            if self.best_of_proof is not None:
                self.transfers[self.delivered + _BUFFER] = self.best_of_proof[1]
            self.delivered += 1
            self.due = self.callbacks + self._spacing()
            self.change.notify_all()
        self.last_callback = time.perf_counter()
        if result is not None:
            self._offer(result)

    def _offer(self, values: Floats) -> None:
        """Offer a solution to HiGHS, and keep it if it is the best feasible one."""
        self.model.offer(values)
        objective = float(self.arrays.cost @ values) + self.arrays.offset
        better = self.best_delivered is None or objective < self.best_delivered[0]
        if better and self.arrays.worst_violation(values) <= _FEASIBLE:
            self.best_delivered = objective, values

    def _spacing(self) -> int:
        """Return the number of callbacks to the next delivery, from measurements (docs/performance.md).

        HiGHS waits for a result that is due. Waiting is most expensive in long searches, those with a fine gap; with a
        coarse gap the search often ends with the next delivery.
        """
        if self.options.gap <= FINE:
            return _FINE_SPACING + self.delivered
        return _SPACING + (self.delivered // 2 if self.options.gap < _COARSE else 0)

    def _drop_heuristics(self) -> None:
        """Continue with HiGHS and its own heuristics alone if ours have ended without a solution."""
        if self.exhausted and self.heuristics.values is None and self.best_of_proof is None and not self.model.stopping:
            self.heuristics_failed = True
            self.model.interrupt()

    def _stopping(self) -> bool:
        return self.over or self.model.stopping or not self.deadline.left()

    # ------------------------------------------------------------------ both
    def _look(self, incumbent: float | None, bound: float | None, nodes: int) -> None:
        """Report progress; end the search if the gap is reached while HiGHS makes no callback."""
        own = np.inf if self.best_of_proof is None else self.best_of_proof[0]
        best = min(np.inf if incumbent is None else incumbent, own, self.heuristics.objective)
        bound = self.known_bound if bound is None and np.isfinite(self.known_bound) else bound
        bound = None if bound is None else max(bound, self.known_bound)
        if self.report is not None:
            seen, source = self.heuristics.seen
            reported = min(best, seen)
            values = self._values_of_best(own) if min(own, seen, self.heuristics.objective) <= reported else None
            source = NAME if own < seen else source
            self.report(reported if np.isfinite(reported) else None, bound, nodes, source, values)
        silent = time.perf_counter() - self.last_callback > _SILENCE
        if silent and bound is not None and self._is_within_gap(best, bound):
            self.gap_reached = True
            self.model.interrupt()
        if self.model.stopping and not self.restart:
            self.heuristics.stop()

    def _values_of_best(self, own: float) -> Floats | None:
        """Return the best solution of both; ``own`` is the cost of the proof's."""
        heuristics = self.heuristics
        if self.best_of_proof is not None and own < min(heuristics.seen[0], heuristics.objective):
            return self.best_of_proof[1]
        return heuristics.values if heuristics.seen_values is None else heuristics.seen_values

    def _stopped(self) -> None:
        """Stop the heuristics with HiGHS, unless HiGHS is restarted."""
        if not self.restart:
            self.heuristics.stop()

    def _is_within_gap(self, objective: float, bound: float) -> bool:
        """Return whether an objective value is within the gap of a bound."""
        within = self.options.gap * abs(objective) + _ABSOLUTE_GAP if np.isfinite(objective) else -np.inf
        return objective - bound <= within

    def _end(self) -> None:
        with self.change:
            self.over = True
            self.change.notify_all()
        self.heuristics.stop()

    def _of_heuristics(self) -> list[Floats]:
        kept = (self.heuristics.values, self.heuristics.seen_values, self.best_of_heuristics)
        return [values for values in kept if values is not None]

    def _of_proof(self) -> list[Floats]:
        return [self.best_of_proof[1]] if self.best_of_proof else []

    def incumbents(self) -> list[Floats]:
        """Return the best solutions of both so far."""
        return self._of_heuristics() + self._of_proof()

    def _result(self, found: Solution, duals: bool) -> Solution:
        """Return the best solution of both, with the dual bound."""
        mine = self._of_heuristics()
        if found.stop is Stop.INFEASIBLE and mine:
            note = "HiGHS called the program infeasible although a plan was found, so nothing is proven about its cost"
            found = replace(found, stop=Stop.WORK_LIMIT, notes=(*found.notes, note))
        if found.stop is Stop.INFEASIBLE and not self.conflict:
            return found
        if found.stop is Stop.INFEASIBLE:
            from optimizer.solver.iis import with_iis  # imports SciPy, which is slow

            return with_iis(found, self.arrays, self.deadline.to_finish())
        candidates = [found.values] if found.values is not None else []
        stop = Stop.GAP_REACHED if self.gap_reached else found.stop
        if self.closing_bound is not None and self.best_delivered is not None and found.stop is not Stop.GAP_REACHED:
            stop, found = Stop.GAP_REACHED, replace(found, bound=self.closing_bound)
            candidates.append(self.best_delivered[1])
        elif found.stop is not Stop.GAP_REACHED:
            candidates += mine + self._of_proof()
        if not candidates:
            return found
        best = min(candidates, key=lambda values: float(self.arrays.cost @ values))
        found = replace(found, stop=stop, values=best)
        return highs.completed(self.arrays, found, self.options, duals=duals, seconds=self.deadline.to_finish())

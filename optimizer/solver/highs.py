"""A program solved by HiGHS: progress, interruption, why it stopped and what is held."""

from __future__ import annotations

import atexit
import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import highspy
import numpy as np

from optimizer.errors import SolverError
from optimizer.program.compile import Arrays, Floats, Ints
from optimizer.solver.highs_changes import Changing, Report
from optimizer.solver.highs_ground import (
    DEFAULTS,
    EXACT,
    INFEASIBLE,
    LP_TOLERANCE,
    NAME,
    STATUS,
    STOPS,
    Basis,
    Quiet,
    Watch,
    set_options,
    settings_of,
)
from optimizer.solver.offers import Offers
from optimizer.solver.solution import Held, Options, Solution, Stop

__all__ = ["NAME", "Basis", "Incumbent", "Model", "Report", "completed", "made_whole", "solve", "solve_held"]

Incumbent = Callable[[float, Floats], None]  # objective and values of every column, in the program's units

_CONFIRM_SECONDS = 60.0
_UNSAFE = 3  # times that HiGHS asks for solutions from the root's last cuts to the first node's dive
# The dual simplex method ends some programs without a solution as unknown; scaled otherwise it mostly can tell, and so
# can the primal one.
_WAYS: tuple[dict[str, Any], ...] = ({}, {"simplex_scale_strategy": 2}, {"simplex_strategy": 4})
_SAME = 1e-6  # relative, between a solution as it was given and as the search holds it
_FROM_BASIS = (STATUS.kOptimal, STATUS.kInfeasible, STATUS.kTimeLimit)  # there is no presolve that may be wrong


class Model(Changing):
    """A program held by HiGHS: solved, changed in place, and solved again from where it stands.

    Parameters
    ----------
    arrays : Arrays
        The program.
    heeds : bool
        Whether linear programs can be interrupted. Asking at every iteration costs about a third of the time of a
        short one.
    settings : dict, optional
        Options of HiGHS for all runs.

    Attributes
    ----------
    arrays : Arrays
        The program as it stands now.
    on_incumbent : callable or None
        Called with objective and values of every better solution that the search finds itself, in the search's thread:
        it must be quick and must not raise. Solutions it took over from :meth:`offer` are not told.
    on_query : callable or None
        Called with the bound, in the search's thread, each time the search asks for solutions from elsewhere: after
        every round of cuts at the root, and before it dives. It can hold the search up; it must not raise.
    dropped : bool
        Whether the search has dropped a solution that it was given: its presolve leaves out what is not needed for the
        best solution, and may not find its way back from another.

    Raises
    ------
    SolverError
        If HiGHS refuses the program.
    """

    def __init__(self, arrays: Arrays, *, heeds: bool = True, settings: dict[str, Any] | None = None) -> None:
        self.arrays = arrays
        self._heeds, self._fixed_settings = heeds, EXACT | (settings or {})
        self._watch = Watch()
        self._start: tuple[Ints, Floats] | None = None
        self._left_behind = False
        self._interrupted = False
        self.on_query: Callable[[float], None] | None = None
        self.on_incumbent: Incumbent | None = None
        self._offers = Offers()
        self._given = np.inf  # objective of the best that the search was given
        self.dropped = False
        self._unsafe = 0  # times yet that the search asks for solutions and must not be given any
        self._basis: Any = None  # of the first solve of a linear program, from which all later ones start
        self._most_iterations = 0
        self._highs = self._made()

    def _made(self) -> Any:
        """HiGHS with the program in it."""
        made = Quiet()
        set_options(made, self._fixed_settings)
        self._pass(made)
        if self.arrays.integer.any():
            made.cbMipLogging.subscribe(self._note)
            made.cbMipImprovingSolution.subscribe(self._improved)
            made.cbMipUserSolution.subscribe(self._take_offer)
            made.cbMipGetCutPool.subscribe(self._root_ends)
            made.cbMipInterrupt.subscribe(self._ask)
        if self._heeds:
            made.cbSimplexInterrupt.subscribe(self._ask)
            made.cbIpmInterrupt.subscribe(self._ask)
        return made

    def _note(self, event: Any) -> None:
        self._watch.note(event)

    def _ask(self, event: Any) -> None:
        self._watch.ask(event)

    def _improved(self, event: Any) -> None:
        self._watch.note(event)
        if self.on_incumbent is not None:
            out = event.data_out
            self.on_incumbent(float(out.objective_function_value), np.array(out.mip_solution, dtype=float))

    @property
    def stopping(self) -> bool:
        """Whether the search was asked to stop."""
        return self._watch.stop.is_set()

    @property
    def pressed(self) -> bool:
        """Whether Ctrl-C asked the search to stop."""
        return self._watch.pressed

    def interrupt(self) -> None:
        """Ask the search to stop, as Ctrl-C does, be it running or about to; from any thread."""
        self._interrupted = True
        self._watch.stop.set()

    # ------------------------------------------------------------------ solutions from elsewhere
    def offer(self, values: Floats) -> None:
        """Hand a solution to the search that runs, or else to the next one; from any thread.

        It is taken over before the search dives next, if it is better than the incumbent and holds within HiGHS's
        tolerances; otherwise nothing happens. Of several that wait, the best is kept.

        Parameters
        ----------
        values : ndarray
            A value for every column.
        """
        self._offers.put(float(self.arrays.cost @ values) + self.arrays.offset, values)

    def _take_offer(self, event: Any) -> None:
        """Give the search the solution that waits, if it is better than its incumbent."""
        self._watch.note(event)
        incumbent = event.data_out.mip_primal_bound
        self.dropped |= incumbent > self._given + _SAME * (1 + abs(self._given))
        if self.on_query is not None:
            self.on_query(float(event.data_out.mip_dual_bound))
        if self._unsafe:
            self._unsafe -= 1
            return
        offered = self._offers.take()
        if offered is not None and offered[0] < incumbent:
            self._given = min(self._given, offered[0])
            event.data_in.setSolution(offered[1])

    def _root_ends(self, event: Any) -> None:
        """Take note that the root's cuts are made, which HiGHS shows then.

        It crashes where a solution it takes over before the first dive leaves it no node to dive from (up to 1.16), so
        it is given none until then.
        """
        self._unsafe = _UNSAFE

    # ------------------------------------------------------------------ solving
    def solve(
        self,
        options: Options,
        report: Report | None = None,
        *,
        duals: bool = False,
        floor: float = -np.inf,
        enough: float = -np.inf,
        patience: float = math.inf,
    ) -> Solution:
        """Solve the program as it stands; as :func:`solve`, which tells the other parameters.

        Parameters
        ----------
        floor : float
            A bound that is known already: a search with whole numbers that comes within the gap of it is over.
        enough : float
            A cost that will do, whatever the gap: a search with whole numbers that gets below it is over.
        patience : float
            Seconds after which a search that does not stop when it should is left behind: parts of HiGHS heed neither
            time limit nor interruption. It ends by itself later; what is returned then holds its bound alone.
        """
        solution = self._solve(options, report, duals, max(_target(floor, options.gap), enough), patience)
        if solution.values is None or solution.bound >= floor:
            return solution
        return replace(solution, bound=floor)

    def part(self, options: Options, settings: dict[str, Any], *, duals: bool = False) -> Solution:
        """Solve the program as part of a larger search: with options of HiGHS, and no verdict confirmed.

        A linear program starts from where the last run ended.
        """
        asked = self._run(settings_of(self.arrays, options, options.time_limit) | settings, None)
        return self._solution(options, asked, duals)

    def close(self) -> None:
        """Free the memory of HiGHS at once: callbacks make the object one that only the garbage collector frees."""
        self._highs.clear()

    def _solve(self, options: Options, report: Report | None, duals: bool, target: float, patience: float) -> Solution:
        began, left = time.perf_counter(), options.time_limit
        if self._basis is not None and not self.arrays.integer.any():
            asked = self._run_from_basis(options, report)
            if asked or self._highs.getModelStatus() in _FROM_BASIS:
                return self._solution(options, asked, duals)
            left -= time.perf_counter() - began
        settings = settings_of(self.arrays, options, left) | {"objective_target": target}
        asked = self._run(settings, report, afresh=self._basis is not None, patience=patience)
        if self._left_behind:
            stop = Stop.INTERRUPTED if asked else Stop.TIME_LIMIT
            bound = -np.inf if self._watch.bound is None else self._watch.bound
            return Solution(stop=stop, held=Held.NOTHING, bound=bound, nodes=self._watch.nodes)
        told = self._highs.getModelStatus()
        if told in INFEASIBLE or (told == STATUS.kUnknown and not asked):
            asked = self._settle(options, report, began)
        self._keep_basis()
        solution = self._solution(options, asked, duals)
        if told not in INFEASIBLE or solution.stop is Stop.INFEASIBLE:
            return solution
        note = "presolve called the program infeasible, which a run without presolve did not confirm"
        return replace(solution, notes=(note,))

    def _settle(self, options: Options, report: Report | None, began: float) -> bool:
        """Run HiGHS again, without presolve, until it can tell; returns whether Ctrl-C asked it to stop."""
        for way in _WAYS:
            left = max(options.time_limit - (time.perf_counter() - began), _CONFIRM_SECONDS)
            asked = self._run(settings_of(self.arrays, options, left) | {"presolve": "off"} | way, report, afresh=True)
            if asked or self._highs.getModelStatus() != STATUS.kUnknown:
                return asked
        return False

    def _run(
        self, settings: dict[str, Any], report: Report | None, afresh: bool = False, patience: float = math.inf
    ) -> bool:
        """Run HiGHS in a thread of its own, so that Ctrl-C reaches us; returns whether Ctrl-C asked it to stop.

        A second Ctrl-C leaves at once.
        """
        limit = time.perf_counter() + settings["time_limit"]
        if self._start is not None and self._highs.getRunTime() > 0:
            # HiGHS completes a start on the clock of all its runs so far: past the limit it would drop it.
            self._highs.clear()
            self._highs = self._made()
        if afresh:
            self._highs.clearSolver()
        if not self.arrays.integer.any():
            settings["time_limit"] += self._highs.getRunTime()  # the clock of linear programs goes on from run to run
        set_options(self._highs, {**DEFAULTS, **settings})
        if self._start is not None:
            columns, values = self._start
            self._highs.setSolution(len(columns), columns.astype(np.int32), values)
            self._start = None
        self._watch = watch = Watch()
        self._given, self.dropped = np.inf, False
        if self._interrupted:
            watch.stop.set()
        outcome: list[highspy.HighsStatus] = []
        ended = threading.Event()  # Ctrl-C in Thread.join() takes a thread that still runs for one that has ended

        def search() -> None:
            try:
                outcome.append(self._highs.run())
            finally:
                ended.set()

        thread = threading.Thread(target=search, daemon=True)
        thread.start()
        if not self._waited(ended, report, limit, patience):
            self._left_behind = True
            atexit.register(thread.join)  # the interpreter must not go away under it
            return bool(time.perf_counter() < limit)
        if outcome != [highspy.HighsStatus.kOk] and highspy.HighsStatus.kWarning not in outcome:
            status = self._highs.modelStatusToString(self._highs.getModelStatus())
            raise SolverError(f"HiGHS failed: {status}")
        return watch.stop.is_set()

    def _waited(self, ended: threading.Event, report: Report | None, limit: float, patience: float) -> bool:
        """Wait for the search and tell progress; False when it is to be left behind."""
        watch, stopped = self._watch, math.inf
        while not ended.is_set():
            try:
                if not ended.wait(0.1) and report and not watch.stop.is_set():
                    report(watch.incumbent, watch.bound, watch.nodes)
            except KeyboardInterrupt:
                if watch.pressed:
                    raise
                watch.pressed = True
                watch.stop.set()
            now = time.perf_counter()
            if watch.stop.is_set():
                stopped = min(stopped, now)
            if now > min(limit, stopped) + patience:
                watch.stop.set()
                return False
        return True

    def _solution(self, options: Options, asked: bool, duals: bool) -> Solution:
        """Read two things: why it stopped, and what is held."""
        highs, info, arrays = self._highs, self._highs.getInfo(), self.arrays
        status = highs.getModelStatus()
        stop = Stop.INTERRUPTED if asked and status not in (STATUS.kOptimal, *INFEASIBLE) else STOPS.get(status)
        if stop is None:
            raise SolverError(f"HiGHS ended with status {highs.modelStatusToString(status)!r}")
        whole, done = bool(arrays.integer.any()), stop is Stop.GAP_REACHED
        feasible = done or info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        nodes, iterations = max(int(info.mip_node_count), 0), max(int(info.simplex_iteration_count), 0)
        if stop is Stop.INFEASIBLE or not feasible:
            return Solution(stop=stop, held=Held.NOTHING, nodes=nodes, iterations=iterations)
        held_values = highs.getSolution()
        values = np.array(held_values.col_value, dtype=float)
        row_duals, column_duals = None, None
        bound = float(info.mip_dual_bound) if whole else (float(info.objective_function_value) if done else -np.inf)
        if whole:
            values, row_duals, column_duals = made_whole(values, arrays, options, duals)
        elif duals and done:
            row_duals = np.array(held_values.row_dual, dtype=float)
            column_duals = np.array(held_values.col_dual, dtype=float)
        cost = float(arrays.cost @ values) + arrays.offset
        within = done or cost - bound <= options.gap * abs(cost)
        held = Held.OPTIMAL if within else Held.FEASIBLE
        return Solution(
            stop=stop,
            held=held,
            values=values,
            bound=bound,
            nodes=nodes,
            iterations=iterations,
            row_duals=row_duals,
            column_duals=column_duals,
        )


def _target(floor: float, gap: float) -> float:
    """The most that a plan may cost to be within a relative gap of a bound."""
    share = 1 - gap if floor > 0 else 1 + gap
    return floor / share if share > 0 else np.inf


def solve(arrays: Arrays, options: Options, report: Report | None = None, *, duals: bool = False) -> Solution:
    """Solve compiled arrays.

    An infeasible verdict is confirmed with presolve off before it is returned, with an irreducible conflict; an
    interrupted or time-limited search returns its incumbent.

    Parameters
    ----------
    arrays : Arrays
        The program.
    options : Options
        Gap, time limit, threads, seed.
    report : callable, optional
        Called about ten times a second with incumbent, bound and nodes.
    duals : bool
        Work out ``row_duals`` too; of a program with whole numbers, with these held.

    Raises
    ------
    SolverError
        If HiGHS fails or ends with a status that means neither a plan nor none.
    """
    solution = Model(arrays).solve(options, report, duals=duals)
    if solution.stop is not Stop.INFEASIBLE:
        return solution
    from optimizer.solver.conflict import with_conflict  # which solves parts of the program by what stands here

    return with_conflict(solution, arrays)


def made_whole(
    values: Floats, arrays: Arrays, options: Options, duals: bool
) -> tuple[Floats, Floats | None, Floats | None]:
    """Round the integer columns; where that disturbs a row, or duals are wanted, solve the rest with them fixed."""
    rounded = np.where(arrays.integer, np.round(values), np.clip(values, arrays.lower, arrays.upper))
    if not duals and arrays.worst_violation(rounded) <= LP_TOLERANCE:
        return rounded, None, None
    solution = solve_held(arrays, rounded, options)
    if solution.values is None or solution.stop is not Stop.GAP_REACHED:
        return rounded, None, None  # the audit judges it
    return np.where(arrays.integer, rounded, solution.values), solution.row_duals, solution.column_duals


def completed(arrays: Arrays, found: Solution, options: Options, *, duals: bool) -> Solution:
    """The solution with whole numbers made whole and all else to HiGHS's tolerances, with duals if wanted."""
    if found.values is None:
        return found
    values, row_duals, column_duals = made_whole(found.values, arrays, options, duals)
    cost = float(arrays.cost @ values) + arrays.offset
    within = found.stop is Stop.GAP_REACHED or cost - found.bound <= options.gap * abs(cost)
    held = Held.OPTIMAL if within else Held.FEASIBLE
    return replace(found, values=values, held=held, row_duals=row_duals, column_duals=column_duals)


def solve_held(arrays: Arrays, values: Floats, options: Options) -> Solution:
    """Solve the linear program that is left when whole numbers are held at ``values``, with its duals."""
    whole = arrays.integer
    lower, upper = np.where(whole, values, arrays.lower), np.where(whole, values, arrays.upper)
    seconds = replace(options, time_limit=_CONFIRM_SECONDS)
    return Model(arrays.with_bounds(lower, upper)).solve(seconds, duals=True)

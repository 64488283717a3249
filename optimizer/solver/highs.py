"""A program solved by HiGHS: progress, interruption, why it stopped and what is held."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import highspy
import numpy as np

from optimizer.errors import SolverError
from optimizer.interruption import finishing, interruptible
from optimizer.program.compile import Arrays, Floats, Ints
from optimizer.solver.highs_incumbents import Incumbent, Offering
from optimizer.solver.highs_options import (
    DEFAULTS,
    EXACT,
    INFEASIBLE,
    LP_TOLERANCE,
    NAME,
    STATUS,
    STOPS,
    Basis,
    SilentHighs,
    Watch,
    cut_off,
    set_options,
    settings_of,
)
from optimizer.solver.interruptible import SearchAbandoned, run_interruptibly
from optimizer.solver.persistent import Report
from optimizer.solver.solution import Options, Solution, SolutionStatus, Stop, overtime

__all__ = [
    "NAME",
    "Basis",
    "Incumbent",
    "Model",
    "Report",
    "completed",
    "solve",
    "solve_with_integers_fixed",
    "with_integers_rounded",
]

PATIENCE = 3.0
"""Seconds that HiGHS gets to stop when a search has no more use for it."""
_FINISH_PRESSED = 1.0  # seconds for finishing a solution off after Ctrl-C
# The dual simplex method ends some programs without a solution as unknown; scaled otherwise it mostly can tell, and so
# can the primal one.
_WAYS: tuple[dict[str, Any], ...] = ({}, {"simplex_scale_strategy": 2}, {"simplex_strategy": 4})
_UNCONFIRMED = "presolve called the program infeasible, which a run without presolve did not confirm"
_FROM_BASIS = (STATUS.kOptimal, STATUS.kInfeasible, STATUS.kTimeLimit)  # there is no presolve that may be wrong


class Model(Offering):
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
    on_stop : callable or None
        Called once, in the thread that waits for the search, when the search is to stop.
    dropped : bool
        Whether the search has dropped a solution that it was given: its presolve leaves out what is not needed for the
        best solution, and may not find its way back from another.

    Raises
    ------
    SolverError
        If HiGHS refuses the program.
    """

    def __init__(self, arrays: Arrays, *, heeds: bool = True, settings: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.arrays = arrays
        self._heeds, self._fixed_settings = heeds, EXACT | (settings or {})
        self.on_stop: Callable[[], None] | None = None
        self._start: tuple[Ints, Floats] | None = None
        self._left_behind = False
        self._interrupted = False
        self._until = math.inf  # when the run at hand is to end
        self._basis: Any = None  # of the first solve of a linear program, from which all later ones start
        self._most_iterations = 0
        self._highs = self._made()

    def _made(self) -> Any:
        """HiGHS with the program in it."""
        made = SilentHighs()
        set_options(made, self._fixed_settings)
        self._pass(made)
        self._subscribe(made, self._heeds)
        return made

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

    # ------------------------------------------------------------------ solving
    def solve(
        self,
        options: Options,
        report: Report | None = None,
        *,
        duals: bool = False,
        floor: float = -np.inf,
        enough: float = -np.inf,
        patience: float = PATIENCE,
    ) -> Solution:
        """Solve the program as it stands; as :func:`solve`, which describes the other parameters.

        Parameters
        ----------
        floor : float
            A bound that is known already: a search with whole numbers that comes within the gap of it is over.
        enough : float
            A cost that will do, whatever the gap: a search with whole numbers that gets below it is over.
        patience : float
            Seconds after which a search that was interrupted and does not stop is left behind, as it is soon after its
            time limit and after Ctrl-C: parts of HiGHS heed neither. It ends by itself later; what is returned then is
            the best solution that it had found, with the bound that it had proven.
        """
        with interruptible():
            self._until = time.perf_counter() + options.time_limit
            target = max(_target(floor, options.gap), enough)
            solution = self._solve(options, report, duals, target, patience)
        if solution.stop is Stop.INFEASIBLE or solution.bound >= floor:
            return solution
        return replace(solution, bound=floor)

    def part(self, options: Options, settings: dict[str, Any], *, duals: bool = False) -> Solution:
        """Solve the program as part of a larger search: with options of HiGHS, and no verdict confirmed.

        A linear program starts from where the last run ended. Ctrl-C raises, once the run has stopped.
        """
        self._until = time.perf_counter() + options.time_limit
        stopped = self._run(settings_of(self.arrays, options, options.time_limit) | settings, None)
        if self._watch.pressed:
            raise KeyboardInterrupt
        return self._behind(options, stopped) if self._left_behind else self._solution(options, stopped, duals)

    def close(self) -> None:
        """Free the memory of HiGHS at once: callbacks make the object one that only the garbage collector frees."""
        if self._highs is not None:
            self._highs.clear()

    def _solve(self, options: Options, report: Report | None, duals: bool, target: float, patience: float) -> Solution:
        left = options.time_limit
        if self._basis is not None and not self.arrays.integer.any():
            stopped = self._run_from_basis(options, report)
            if self._left_behind:
                return self._behind(options, stopped)
            if stopped or self._highs.getModelStatus() in _FROM_BASIS:
                return self._solution(options, stopped, duals)
            left = self._left()
        settings = settings_of(self.arrays, options, left) | {"objective_target": target}
        stopped = self._run(settings, report, afresh=self._basis is not None, patience=patience)
        if self._left_behind:
            return self._behind(options, stopped)
        verdict = self._highs.getModelStatus()
        if verdict in INFEASIBLE or (verdict == STATUS.kUnknown and not stopped):
            stopped = self._settle(options, report)
        solution = self._settled(options, stopped, duals)
        if verdict not in INFEASIBLE or solution.stop is Stop.INFEASIBLE:
            return solution
        return replace(solution, notes=(_UNCONFIRMED,))

    def _settled(self, options: Options, stopped: bool, duals: bool) -> Solution:
        """What the last run has come to."""
        if self._left_behind:
            return self._behind(options, stopped)
        self._keep_basis()
        return self._solution(options, stopped, duals)

    def _left(self) -> float:
        """Seconds left of the time limit."""
        return self._until - time.perf_counter()

    def _settle(self, options: Options, report: Report | None) -> bool:
        """Run HiGHS again, without presolve, until it can tell; returns whether Ctrl-C asked it to stop."""
        self._until = max(self._until, time.perf_counter()) + overtime(options)
        for way in _WAYS:
            settings = settings_of(self.arrays, options, self._left()) | {"presolve": "off"} | way
            stopped = self._run(settings, report, afresh=True)
            if stopped or self._left_behind or self._highs.getModelStatus() != STATUS.kUnknown:
                return stopped
        return False

    def _run(
        self, settings: dict[str, Any], report: Report | None, afresh: bool = False, patience: float = PATIENCE
    ) -> bool:
        """Run HiGHS in a thread of its own, so that Ctrl-C reaches us; returns whether it was asked to stop.

        A second Ctrl-C leaves at once.
        """
        until = time.perf_counter() + settings["time_limit"]
        self._ready()
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
        self._given, self.dropped, self._best, self._left_behind = np.inf, False, None, False
        if self._interrupted:
            watch.stop.set()

        def tell() -> None:
            assert report is not None
            report(watch.incumbent, watch.bound, watch.nodes)

        times = {"until": until, "patience": patience}
        try:
            outcome = run_interruptibly(
                self._highs.run, watch.stop, tell if report else None, watch.press, self.on_stop, **times
            )
        except SearchAbandoned:
            cut_off(self._highs)
            self._highs, self._left_behind = None, True
            return watch.pressed or time.perf_counter() < until
        if outcome not in (highspy.HighsStatus.kOk, highspy.HighsStatus.kWarning):
            status = self._highs.modelStatusToString(self._highs.getModelStatus())
            raise SolverError(f"HiGHS failed: {status}")
        return watch.stop.is_set()

    def _behind(self, options: Options, stopped: bool) -> Solution:
        """What is known of a run that was left behind."""
        watch = self._watch
        found = Solution(
            stop=Stop.INTERRUPTED if stopped else Stop.TIME_LIMIT,
            status=SolutionStatus.NOTHING,
            values=self._best,
            bound=-np.inf if watch.bound is None else watch.bound,
            nodes=watch.nodes,
        )
        return completed(self.arrays, found, options, duals=False, seconds=self._to_finish(options))

    def _to_finish(self, options: Options) -> float:
        """Seconds for finishing a solution off."""
        return max(self._left(), 0.0) + overtime(options)

    def _solution(self, options: Options, stopped: bool, duals: bool) -> Solution:
        """Read two things: why it stopped, and what is held."""
        highs, info, arrays = self._highs, self._highs.getInfo(), self.arrays
        status = highs.getModelStatus()
        stop = Stop.INTERRUPTED if stopped and status not in (STATUS.kOptimal, *INFEASIBLE) else STOPS.get(status)
        if stop is None:
            raise SolverError(f"HiGHS ended with status {highs.modelStatusToString(status)!r}")
        whole, done = bool(arrays.integer.any()), stop is Stop.GAP_REACHED
        feasible = done or info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        nodes, iterations = max(int(info.mip_node_count), 0), max(int(info.simplex_iteration_count), 0)
        if stop is Stop.INFEASIBLE or not feasible:
            proven = self._watch.bound if stop is not Stop.INFEASIBLE else None  # HiGHS's info has 0 without a bound
            bound = -np.inf if proven is None else proven
            return Solution(
                stop=stop, status=SolutionStatus.NOTHING, bound=bound, nodes=nodes, iterations=iterations
            )
        held_values = highs.getSolution()
        values = np.array(held_values.col_value, dtype=float)
        row_duals, column_duals = None, None
        bound = float(info.mip_dual_bound) if whole else (float(info.objective_function_value) if done else -np.inf)
        if whole:
            values, row_duals, column_duals = with_integers_rounded(
                values, arrays, options, duals, self._to_finish(options)
            )
        elif duals and done:
            row_duals = np.array(held_values.row_dual, dtype=float)
            column_duals = np.array(held_values.col_dual, dtype=float)
        cost = float(arrays.cost @ values) + arrays.offset
        within = done or cost - bound <= options.gap * abs(cost)
        status = SolutionStatus.OPTIMAL if within else SolutionStatus.FEASIBLE
        return Solution(
            stop=stop,
            status=status,
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
    with interruptible():
        until = time.perf_counter() + options.time_limit
        solution = Model(arrays).solve(options, report, duals=duals)
        if solution.stop is not Stop.INFEASIBLE:
            return solution
        from optimizer.solver.iis import with_iis  # SciPy, which is long to import

        return with_iis(solution, arrays, max(until - time.perf_counter(), 0.0) + overtime(options))


def with_integers_rounded(
    values: Floats, arrays: Arrays, options: Options, duals: bool, seconds: float
) -> tuple[Floats, Floats | None, Floats | None]:
    """Round the integer columns; where that disturbs a row, or duals are wanted, solve the rest with them fixed.

    That may take ``seconds``; from Ctrl-C on, one, and duals alone are not worth that.
    """
    rounded = np.where(arrays.integer, np.round(values), np.clip(values, arrays.lower, arrays.upper))
    disturbed = arrays.worst_violation(rounded) > LP_TOLERANCE
    if not duals and not disturbed:
        return rounded, None, None
    with finishing() as pressed:
        if pressed:
            seconds = min(seconds, _FINISH_PRESSED if disturbed else 0.0)
        solution = solve_with_integers_fixed(arrays, rounded, replace(options, time_limit=seconds))
    if disturbed and solution.stop is Stop.INTERRUPTED:
        return with_integers_rounded(values, arrays, options, False, _FINISH_PRESSED)
    if solution.values is None or solution.stop is not Stop.GAP_REACHED:
        return rounded, None, None  # the audit judges it
    return np.where(arrays.integer, rounded, solution.values), solution.row_duals, solution.column_duals


def completed(arrays: Arrays, found: Solution, options: Options, *, duals: bool, seconds: float) -> Solution:
    """The solution with whole numbers made whole and all else to HiGHS's tolerances, with duals if wanted.

    ``seconds`` is how long that may take.
    """
    if found.values is None:
        return found
    values, row_duals, column_duals = with_integers_rounded(found.values, arrays, options, duals, seconds)
    cost = float(arrays.cost @ values) + arrays.offset
    within = found.stop is Stop.GAP_REACHED or cost - found.bound <= options.gap * abs(cost)
    status = SolutionStatus.OPTIMAL if within else SolutionStatus.FEASIBLE
    return replace(found, values=values, status=status, row_duals=row_duals, column_duals=column_duals)


def solve_with_integers_fixed(arrays: Arrays, values: Floats, options: Options) -> Solution:
    """Solve the linear program that is left when integers are fixed at ``values``, with its duals, in time."""
    whole = arrays.integer
    lower, upper = np.where(whole, values, arrays.lower), np.where(whole, values, arrays.upper)
    return Model(arrays.with_bounds(lower, upper)).solve(options, duals=True)

"""Solve a program with HiGHS: progress, interruption, stop reason and solution status."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import highspy
import numpy as np

from optimizer.errors import SolverError
from optimizer.interruption import finishing, interruptible
from optimizer.program.arrays import Arrays, Floats
from optimizer.solver.bound import most_within
from optimizer.solver.failed_search import incumbent_kept
from optimizer.solver.highs_incumbents import Incumbent
from optimizer.solver.highs_options import (
    ABSOLUTE_GAP,
    CONFIRMATIONS,
    INFEASIBLE,
    LP_TOLERANCE,
    NAME,
    STATUS,
    STOPS,
    Basis,
    settings_of,
)
from optimizer.solver.highs_run import PATIENCE, HighsRun
from optimizer.solver.persistent import Report
from optimizer.solver.solution import Deadline, Options, Solution, SolutionStatus, Stop

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

_FINISH_PRESSED = 1.0  # seconds to complete a solution after Ctrl-C
_FINISH = 1.0  # seconds at least to complete a solution that would not be a plan otherwise
_UNCONFIRMED = "presolve called the program infeasible, which a run without presolve did not confirm"
_FROM_BASIS = (STATUS.kOptimal, STATUS.kInfeasible, STATUS.kTimeLimit)  # there is no presolve that may be wrong


class Model(HighsRun):
    """Program loaded into HiGHS: solved, changed in place, and reoptimised from its last basis or incumbent.

    Parameters
    ----------
    arrays : Arrays
        The program.
    interruptible : bool
        Whether linear programs can be interrupted. The callback at every iteration adds about a third to the time
        of a short one.
    settings : dict, optional
        Options of HiGHS for all runs.

    Attributes
    ----------
    arrays : Arrays
        The current program.
    on_incumbent : callable or None
        Called in the search's thread with objective and values of every improving solution that it finds itself, not of
        those from :meth:`offer`. It must be quick and must not raise.
    on_query : callable or None
        Called in the search's thread with the dual bound each time the search accepts external solutions: after every
        round of cuts at the root, and before each dive. It may block the search; it must not raise.
    on_stop : callable or None
        Called once, in the thread that waits for the search, when the search is about to stop.
    dropped : bool
        Whether the search rejected a solution that it received: presolve removes columns that an optimal solution does
        not need, and may be unable to map another solution to the presolved program.

    Raises
    ------
    SolverError
        If HiGHS rejects the program.
    """

    # ------------------------------------------------------------------ solving
    def solve(
        self,
        options: Options,
        report: Report | None = None,
        *,
        duals: bool = False,
        known_bound: float = -np.inf,
        objective_target: float = -np.inf,
        cutoff: float = np.inf,
        absolute_gap: float = ABSOLUTE_GAP,
        patience: float = PATIENCE,
    ) -> Solution:
        """Solve the current program; :func:`solve` describes the other parameters.

        Parameters
        ----------
        known_bound : float
            Known lower bound: a mixed-integer search ends as soon as its incumbent is within the gap of it.
        objective_target : float
            Sufficient cost: a mixed-integer search ends as soon as its incumbent is below it, whatever the gap.
        cutoff : float
            Solutions that cost as much or more are of no interest: a mixed-integer search ends as soon as it is proven
            that none costs less. It then has no values, and ``cutoff`` as its bound.
        absolute_gap : float
            A mixed-integer search also ends as soon as its incumbent is so near to its bound, in the units of the cost.
        patience : float
            Seconds after which an interrupted search that has not stopped is abandoned, as it is shortly after its time
            limit and after Ctrl-C, because parts of HiGHS check neither. It ends by itself later. The result is then
            its incumbent with its dual bound.
        """
        with interruptible():
            self._deadline = Deadline.after(options.time_limit)
            target = max(most_within(known_bound, options.gap), objective_target)
            if cutoff < np.inf and self.arrays.integer.any():
                solution = self._solve_below(cutoff, options, report, target, patience)
            else:
                solution = self._solve(options, report, duals, target, absolute_gap, patience)
        if solution.stop is Stop.INFEASIBLE or solution.bound >= known_bound:
            return solution
        return replace(solution, bound=known_bound)

    def part(self, options: Options, settings: dict[str, Any], *, duals: bool = False) -> Solution:
        """Solve the program as a subproblem: with given HiGHS options, and without confirming infeasibility.

        A linear program starts from the last basis. Ctrl-C raises once the run has stopped.
        """
        self._deadline = Deadline.after(options.time_limit)
        stopped = self._run(settings_of(self.arrays, options, options.time_limit) | settings, None)
        if self._state.pressed:
            raise KeyboardInterrupt
        return (
            self._abandoned_solution(options, stopped) if self._abandoned else self._solution(options, stopped, duals)
        )

    def _solve(
        self,
        options: Options,
        report: Report | None,
        duals: bool,
        target: float,
        absolute_gap: float,
        patience: float,
    ) -> Solution:
        left = options.time_limit
        if self._basis is not None and not self.arrays.integer.any():
            stopped = self._run_from_basis(options, report)
            if self._abandoned:
                return self._abandoned_solution(options, stopped)
            if stopped or self._highs.getModelStatus() in _FROM_BASIS:
                return self._solution(options, stopped, duals)
            left = self._deadline.left()
        settings = settings_of(self.arrays, options, left)
        settings |= {"objective_target": target, "mip_abs_gap": max(absolute_gap, ABSOLUTE_GAP)}
        stopped = self._run(settings, report, from_scratch=self._basis is not None, patience=patience)
        if self._abandoned:
            return self._abandoned_solution(options, stopped)
        verdict = self._highs.getModelStatus()
        if verdict in INFEASIBLE or (verdict == STATUS.kUnknown and not stopped):
            stopped = self._confirm(options, report)
        solution = self._confirmed_solution(options, stopped, duals)
        if verdict not in INFEASIBLE or solution.stop is Stop.INFEASIBLE:
            return solution
        return replace(solution, notes=(_UNCONFIRMED,))

    def _solve_below(
        self, cutoff: float, options: Options, report: Report | None, target: float, patience: float
    ) -> Solution:
        """Search for solutions that cost less than a cutoff."""
        settings = settings_of(self.arrays, options, options.time_limit) | {"objective_target": target}
        stopped = self._run(settings | {"objective_bound": cutoff}, report, patience=patience)
        if self._abandoned:
            return self._abandoned_solution(options, stopped)
        status, best = self._highs.getModelStatus(), self._highs.getInfo().objective_function_value
        if status in INFEASIBLE:
            return Solution(Stop.GAP_REACHED, SolutionStatus.NOTHING, bound=cutoff)
        if status == STATUS.kOptimal and best >= cutoff:  # the start: proven within the gap of it, not of the cutoff
            bound = min(self._highs.getInfo().mip_dual_bound, cutoff)
            return Solution(Stop.GAP_REACHED, SolutionStatus.NOTHING, bound=bound)
        found = self._solution(options, stopped, duals=False)
        return replace(found, bound=min(found.bound, cutoff))

    def _confirmed_solution(self, options: Options, stopped: bool, duals: bool) -> Solution:
        """Return the result of the last run."""
        if self._abandoned:
            return self._abandoned_solution(options, stopped)
        self._keep_basis()
        return self._solution(options, stopped, duals)

    def _confirm(self, options: Options, report: Report | None) -> bool:
        """Run HiGHS again, without presolve, until its status is conclusive; return whether Ctrl-C stopped it."""
        for option_set in CONFIRMATIONS:
            settings = settings_of(self.arrays, options, self._deadline.to_finish()) | option_set
            stopped = self._run(settings, report, from_scratch=True)
            if stopped or self._abandoned or self._highs.getModelStatus() != STATUS.kUnknown:
                return stopped
        return False

    def _abandoned_solution(self, options: Options, stopped: bool) -> Solution:
        """Return incumbent and dual bound of a run that was abandoned; no bound while a start may be completed."""
        state = self._state
        bound = None if self._completes_start else state.bound
        found = Solution(
            stop=Stop.INTERRUPTED if stopped else Stop.TIME_LIMIT,
            status=SolutionStatus.NOTHING,
            values=self._best,
            bound=-np.inf if bound is None else bound,
            nodes=state.nodes,
        )
        return completed(self.arrays, found, options, duals=False, seconds=self._deadline.to_finish())

    def _solution(self, options: Options, stopped: bool, duals: bool) -> Solution:
        """Read stop reason, solution status, values and bound from HiGHS."""
        highs, info, arrays = self._highs, self._highs.getInfo(), self.arrays
        status = highs.getModelStatus()
        stop = Stop.INTERRUPTED if stopped and status not in (STATUS.kOptimal, *INFEASIBLE) else STOPS.get(status)
        if stop is None:
            raise SolverError(f"HiGHS ended with status {highs.modelStatusToString(status)!r}")
        integral, done = bool(arrays.integer.any()), stop is Stop.GAP_REACHED
        feasible = done or info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        nodes, iterations = max(int(info.mip_node_count), 0), max(int(info.simplex_iteration_count), 0)
        if stop is Stop.INFEASIBLE or not feasible:
            proven = self._state.bound if stop is not Stop.INFEASIBLE else None  # HiGHS's info has 0 without a bound
            bound = -np.inf if proven is None else proven
            return Solution(stop=stop, status=SolutionStatus.NOTHING, bound=bound, nodes=nodes, iterations=iterations)
        primal_dual = highs.getSolution()
        values = np.array(primal_dual.col_value, dtype=float)
        bound = float(info.mip_dual_bound) if integral else (float(info.objective_function_value) if done else -np.inf)
        found = Solution(stop, SolutionStatus.FEASIBLE, values, bound, nodes, iterations)
        if integral:
            return completed(arrays, found, options, duals=duals, seconds=self._deadline.to_finish())
        if duals and done:
            row_duals, column_duals = (
                np.array(one, dtype=float) for one in (primal_dual.row_dual, primal_dual.col_dual)
            )
            found = replace(found, row_duals=row_duals, column_duals=column_duals)
        return _with_status(found, arrays, options.gap)


def solve(
    arrays: Arrays, options: Options, report: Report | None = None, *, duals: bool = False, conflict: bool = True
) -> Solution:
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
        Compute ``row_duals`` too; for a mixed-integer program, with its integers fixed.
    conflict : bool
        Find the conflict of an infeasible program.

    Raises
    ------
    SolverError
        If HiGHS fails, or ends with a status other than feasible, infeasible or stopped.
    SearchFailed
        If there is a solution, but an error occurs.
    """
    deadline, model = Deadline.after(options.time_limit), Model(arrays)
    with interruptible():
        with incumbent_kept(model.incumbents, arrays):
            solution = model.solve(options, report, duals=duals)
        if solution.stop is not Stop.INFEASIBLE or not conflict:
            return solution
        from optimizer.solver.iis import with_iis  # imports SciPy, which is slow

        return with_iis(solution, arrays, deadline.to_finish())


def with_integers_rounded(
    values: Floats, arrays: Arrays, options: Options, duals: bool, seconds: float
) -> tuple[Floats, Floats | None, Floats | None]:
    """Round the integer columns; if that violates a row, or duals are wanted, reoptimise the rest with them fixed.

    The time limit is ``seconds``; after Ctrl-C, one second, and none if only duals are wanted.
    """
    rounded = np.where(arrays.integer, np.round(values), np.clip(values, arrays.lower, arrays.upper))
    disturbed = arrays.worst_violation(rounded) > LP_TOLERANCE
    if not duals and not disturbed:
        return rounded, None, None
    with finishing() as pressed:
        seconds = max(seconds, _FINISH) if disturbed else seconds
        if pressed:
            seconds = min(seconds, _FINISH_PRESSED if disturbed else 0.0)
        solution = solve_with_integers_fixed(arrays, rounded, replace(options, time_limit=seconds))
    if disturbed and solution.stop is Stop.INTERRUPTED:
        return with_integers_rounded(values, arrays, options, False, _FINISH_PRESSED)
    if solution.values is None or solution.stop is not Stop.GAP_REACHED:
        return rounded, None, None  # the audit judges it
    return np.where(arrays.integer, rounded, solution.values), solution.row_duals, solution.column_duals


def completed(arrays: Arrays, found: Solution, options: Options, *, duals: bool, seconds: float) -> Solution:
    """Return the solution with exact integers and all else within HiGHS's tolerances, with duals if wanted.

    ``seconds`` is the time limit.
    """
    if found.values is None:
        return found
    values, row_duals, column_duals = with_integers_rounded(found.values, arrays, options, duals, seconds)
    exact = replace(found, values=values, row_duals=row_duals, column_duals=column_duals)
    return _with_status(exact, arrays, options.gap)


def _with_status(found: Solution, arrays: Arrays, gap: float) -> Solution:
    """Return a solution with its status: optimal within the gap of its bound."""
    assert found.values is not None
    cost = float(arrays.cost @ found.values) + arrays.offset
    within = found.stop is Stop.GAP_REACHED or cost - found.bound <= gap * abs(cost)
    return replace(found, status=SolutionStatus.OPTIMAL if within else SolutionStatus.FEASIBLE)


def solve_with_integers_fixed(arrays: Arrays, values: Floats, options: Options) -> Solution:
    """Solve the linear program that is left when integers are fixed at ``values``, with its duals, in time."""
    return Model(arrays.with_values(arrays.integer, values)).solve(options, duals=True)

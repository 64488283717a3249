"""HiGHS: the only file that names it. Options, progress, interruption, the status table, irreducible conflicts."""

from __future__ import annotations

import atexit
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np

from optimizer.errors import SolverError
from optimizer.program.compile import Arrays, Floats, Ints
from optimizer.solver.solution import Held, Options, Solution, Stop

Report = Callable[[float | None, float | None, int], None]  # incumbent, bound, nodes: in the program's units
Incumbent = Callable[[float, Floats], None]  # objective and values of every column, in the program's units

NAME = "HiGHS"
_LP_TOLERANCE = 1e-9
_EXACT = {"small_matrix_value": 1e-12}  # by default, HiGHS drops coefficients of 1e-9: a cheap item beside a dear one
_CONFIRM_SECONDS = 60.0
_CONFLICT_SECONDS = 60.0
_SHORT = Options(gap=1.0, time_limit=5.0)
_FEASIBILITY = Options(time_limit=_CONFIRM_SECONDS)
_STATUS = highspy.HighsModelStatus
_DEFAULTS = {
    "presolve": "choose",
    "objective_target": -np.inf,
    "simplex_strategy": 1,
    "simplex_iteration_limit": highspy.kHighsIInf,
    "dual_simplex_cost_perturbation_multiplier": 1.0,
}
# From a basis that is nearly optimal, HiGHS chooses the primal simplex where only costs changed, the dual one else, and
# perturbed costs would only take it away from there.
_NEAR = {"simplex_strategy": 0, "dual_simplex_cost_perturbation_multiplier": 0.0}
_FEW_ITERATIONS = 1000
_MANY_CELLS = 1000  # that differ: the whole program is passed sooner than these one by one
_FROM_BASIS = (_STATUS.kOptimal, _STATUS.kInfeasible, _STATUS.kTimeLimit)  # there is no presolve that may be wrong
_INFEASIBLE = (_STATUS.kInfeasible, _STATUS.kUnboundedOrInfeasible)
_STOPS = {
    _STATUS.kOptimal: Stop.GAP_REACHED,
    _STATUS.kModelEmpty: Stop.GAP_REACHED,
    _STATUS.kObjectiveTarget: Stop.GAP_REACHED,
    _STATUS.kTimeLimit: Stop.TIME_LIMIT,
    _STATUS.kSolutionLimit: Stop.WORK_LIMIT,
    _STATUS.kInterrupt: Stop.INTERRUPTED,
    _STATUS.kHighsInterrupt: Stop.INTERRUPTED,
    _STATUS.kInfeasible: Stop.INFEASIBLE,
    _STATUS.kUnboundedOrInfeasible: Stop.INFEASIBLE,
}
# Conflicts of the LP relaxation first; where only whole blocks clash, of the program itself.
_STRATEGY = highspy.IisStrategy
_IN_LP = int(_STRATEGY.kIisStrategyFromLp) + int(_STRATEGY.kIisStrategyIrreducible)
_CONFLICT_STRATEGIES = (_IN_LP + int(_STRATEGY.kIisStrategyRelaxation), _IN_LP)


class _Quiet(highspy.Highs):  # type: ignore[misc]
    """HiGHS that prints nothing: its constructor enables callbacks, which prints a banner unless output is off."""

    def enableCallbacks(self) -> None:  # noqa: N802
        """Turn the output off first."""
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()


class _Watch:
    """What callbacks of one run tell and ask: incumbent, bound, nodes; whether to stop."""

    def __init__(self) -> None:
        self.incumbent: float | None = None
        self.bound: float | None = None
        self.nodes = 0
        self.stop = threading.Event()

    def note(self, event: Any) -> None:
        """Take over what the search tells."""
        out = event.data_out
        if abs(out.mip_primal_bound) < highspy.kHighsInf:
            self.incumbent = out.mip_primal_bound
        if abs(out.mip_dual_bound) < highspy.kHighsInf:
            self.bound = out.mip_dual_bound
        self.nodes = int(out.mip_node_count)

    def ask(self, event: Any) -> None:
        """Ask the solver to stop, if so wanted."""
        if self.stop.is_set():
            event.data_in.user_interrupt = True


@dataclass(frozen=True)
class Basis:
    """Where a linear program ended: the status of each column and row, as HiGHS names them."""

    columns: list[Any]
    rows: list[Any]
    lower = highspy.HighsBasisStatus.kLower
    basic = highspy.HighsBasisStatus.kBasic


class Model:
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
        Called, in the search's thread, each time the search asks for solutions from elsewhere: after every round of
        cuts at the root, and before it dives. It can hold the search up; it must not raise.

    Raises
    ------
    SolverError
        If HiGHS refuses the program.
    """

    def __init__(self, arrays: Arrays, *, heeds: bool = True, settings: dict[str, Any] | None = None) -> None:
        self.arrays = arrays
        self._first_columns = len(arrays.cost)
        self._heeds, self._fixed_settings = heeds, _EXACT | (settings or {})
        self._watch = _Watch()
        self._start: tuple[Ints, Floats] | None = None
        self._left_behind = False
        self._interrupted = False
        self.on_query: Callable[[], None] | None = None
        self.on_incumbent: Incumbent | None = None
        self._offered: tuple[float, Floats] | None = None
        self._offers = threading.Lock()
        self._basis: Any = None  # of the first solve of a linear program, from which all later ones start
        self._basis_size = 0
        self._most_iterations = 0
        self._highs = self._made()

    def _made(self) -> Any:
        """HiGHS with the program in it."""
        made = _Quiet()
        _set_options(made, self._fixed_settings)
        self._pass(made)
        if self.arrays.integer.any():
            made.cbMipLogging.subscribe(self._note)
            made.cbMipImprovingSolution.subscribe(self._improved)
            made.cbMipUserSolution.subscribe(self._take_offer)
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
        objective = float(self.arrays.cost @ values) + self.arrays.offset
        with self._offers:
            if self._offered is None or objective < self._offered[0]:
                self._offered = objective, np.array(values, dtype=float)

    def _withdraw(self) -> tuple[float, Floats] | None:
        with self._offers:
            offered, self._offered = self._offered, None
        return offered

    def _take_offer(self, event: Any) -> None:
        """Give the search the solution that waits, if it is better than its incumbent."""
        self._watch.note(event)
        if self.on_query is not None:
            self.on_query()
        offered = self._withdraw()
        if offered is not None and offered[0] < event.data_out.mip_primal_bound:
            event.data_in.setSolution(offered[1])

    # ------------------------------------------------------------------ changes
    def change(self, arrays: Arrays) -> int:
        """Change the model to ``arrays``, which have its shape and non-zeros in the same places; returns how much.

        What differs is changed in place, so that the next solve starts from the first basis or the last incumbent.
        There may be more columns behind those that the model was made with.
        """
        highs, first = self._highs, self._first_columns
        old = self.arrays.up_to(first)
        if len(self.arrays.cost) > first:
            behind = np.arange(first, len(self.arrays.cost), dtype=np.int32)
            highs.deleteCols(len(behind), behind)
        self.arrays, arrays = arrays, arrays.up_to(first)
        cells = np.flatnonzero(arrays.values != old.values)
        if len(cells) > _MANY_CELLS:
            self._pass(highs)
            return len(cells)
        cost = np.flatnonzero(arrays.cost != old.cost).astype(np.int32)
        bounds = np.flatnonzero((arrays.lower != old.lower) | (arrays.upper != old.upper)).astype(np.int32)
        rows = np.flatnonzero((arrays.row_lower != old.row_lower) | (arrays.row_upper != old.row_upper))
        rows = rows.astype(np.int32)
        done = [
            highs.changeColsCost(len(cost), cost, arrays.cost[cost]),
            highs.changeColsBounds(len(bounds), bounds, arrays.lower[bounds], arrays.upper[bounds]),
            highs.changeRowsBounds(len(rows), rows, arrays.row_lower[rows], arrays.row_upper[rows]),
            highs.changeObjectiveOffset(arrays.offset),
        ]
        columns = np.searchsorted(arrays.starts, cells, side="right") - 1
        for cell, column in zip(cells.tolist(), columns.tolist(), strict=True):
            done.append(highs.changeCoeff(int(arrays.indices[cell]), column, float(arrays.values[cell])))
        more = len(self.arrays.cost) - first
        if more:
            done += self._append(first)
        if highspy.HighsStatus.kError in done:
            raise SolverError("HiGHS refuses a change of the program")
        self._withdraw()  # it was a solution of another program
        return len(cost) + len(bounds) + len(rows) + len(cells) + more

    def _pass(self, highs: highspy.Highs) -> None:
        """Pass the whole program."""
        if highs.passModel(_as_lp(self.arrays)) == highspy.HighsStatus.kError:
            raise SolverError("HiGHS refuses the compiled program")
        self._withdraw()  # it was a solution of another program

    def _append(self, first: int) -> list[highspy.HighsStatus]:
        """Append the columns behind the first ones."""
        arrays, highs = self.arrays, self._highs
        count, begin = len(arrays.cost) - first, arrays.starts[first]
        indices, values = arrays.indices[begin:].astype(np.int32), arrays.values[begin:]
        starts = (arrays.starts[first:-1] - begin).astype(np.int32)
        limits = arrays.cost[first:], arrays.lower[first:], arrays.upper[first:]
        done = [highs.addCols(count, *limits, len(values), starts, indices, values)]
        whole = np.flatnonzero(arrays.integer[first:]) + first
        if len(whole):
            kinds = np.full(len(whole), highspy.HighsVarType.kInteger)
            done.append(highs.changeColsIntegrality(len(whole), whole.astype(np.int32), kinds))
        return done

    def start(self, columns: Ints, values: Floats) -> None:
        """Give values of some columns to start the next search from; HiGHS completes them."""
        self._start = columns, values

    @property
    def basis(self) -> Basis | None:
        """Basis that solves start from, of linear programs: that of the first solve, or one that was given."""
        return None if self._basis is None else Basis(self._basis.col_status, self._basis.row_status)

    @basis.setter
    def basis(self, given: Basis) -> None:
        self._basis = highspy.HighsBasis()
        self._basis.valid = self._basis.alien = True  # alien: HiGHS repairs what does not fit
        self._basis.col_status, self._basis.row_status = given.columns, given.rows
        self._basis_size = len(given.columns)
        self._most_iterations = len(given.rows)

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
        asked = self._run(_settings(self.arrays, options, options.time_limit) | settings, None)
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
        settings = _settings(self.arrays, options, left) | {"objective_target": target}
        asked = self._run(settings, report, afresh=self._basis is not None, patience=patience)
        if self._left_behind:
            stop = Stop.INTERRUPTED if asked else Stop.TIME_LIMIT
            bound = -np.inf if self._watch.bound is None else self._watch.bound
            return Solution(stop=stop, held=Held.NOTHING, bound=bound, nodes=self._watch.nodes)
        self._keep_basis()
        if self._highs.getModelStatus() not in _INFEASIBLE:
            return self._solution(options, asked, duals)
        left = max(options.time_limit - (time.perf_counter() - began), _CONFIRM_SECONDS)
        asked = self._run(_settings(self.arrays, options, left) | {"presolve": "off"}, report, afresh=True)
        solution = self._solution(options, asked, duals)
        if solution.stop is Stop.INFEASIBLE:
            return solution
        note = "presolve called the program infeasible, which a run without presolve did not confirm"
        return replace(solution, notes=(note,))

    def _run_from_basis(self, options: Options, report: Report | None) -> bool:
        """Run from the kept basis, for no more iterations than a run afresh may need; returns as ``_run`` does."""
        self._highs.setBasis(self._fitted_basis())
        settings = _settings(self.arrays, options, options.time_limit)
        asked = self._run(settings | _NEAR | {"simplex_iteration_limit": self._most_iterations}, report)
        self._keep_basis()
        return asked

    def _fitted_basis(self) -> Any:
        """The kept basis for the columns there are: some may have been appended."""
        count = len(self.arrays.cost)
        if count != self._basis_size:
            return _fitted(self._basis, count)
        return self._basis

    def _keep_basis(self) -> None:
        """Keep the first optimal basis of a linear program."""
        kept = self._basis is not None and not self._basis.alien
        if kept or self.arrays.integer.any() or self._highs.getModelStatus() != _STATUS.kOptimal:
            return
        self._basis, self._basis_size = self._highs.getBasis(), len(self.arrays.cost)
        self._most_iterations = max(int(self._highs.getInfo().simplex_iteration_count), _FEW_ITERATIONS)

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
        _set_options(self._highs, {**_DEFAULTS, **settings})
        if self._start is not None:
            columns, values = self._start
            self._highs.setSolution(len(columns), columns.astype(np.int32), values)
            self._start = None
        self._watch = watch = _Watch()
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
                if watch.stop.is_set():
                    raise
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
        stop = Stop.INTERRUPTED if asked and status not in (_STATUS.kOptimal, *_INFEASIBLE) else _STOPS.get(status)
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
        elif duals:
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


def _as_lp(arrays: Arrays) -> highspy.HighsLp:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(arrays.cost), len(arrays.row_lower)
    lp.col_cost_, lp.offset_ = arrays.cost, arrays.offset
    lp.col_lower_, lp.col_upper_ = arrays.lower, arrays.upper
    lp.row_lower_, lp.row_upper_ = arrays.row_lower, arrays.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = arrays.starts.astype(np.int32)
    lp.a_matrix_.index_ = arrays.indices.astype(np.int32)
    lp.a_matrix_.value_ = arrays.values
    if arrays.integer.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[whole] for whole in arrays.integer.tolist()]
    return lp


def _fitted(basis: Any, count: int) -> Any:
    """A basis for some columns more or fewer at the end."""
    statuses = basis.col_status
    if len(statuses) == count:
        return basis
    found = highspy.HighsBasis()
    found.valid, found.alien = True, len(statuses) > count  # alien: HiGHS repairs what does not fit
    found.col_status = (statuses + [Basis.lower] * (count - len(statuses)))[:count]
    found.row_status = basis.row_status
    return found


def _set_options(highs: highspy.Highs, settings: dict[str, Any]) -> None:
    """Set options, and check the status of each."""
    for name, value in settings.items():
        if highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise SolverError(f"HiGHS refuses option {name} = {value!r}")


def _target(floor: float, gap: float) -> float:
    """The most that a plan may cost to be within a relative gap of a bound."""
    share = 1 - gap if floor > 0 else 1 + gap
    return floor / share if share > 0 else np.inf


def _settings(arrays: Arrays, options: Options, seconds: float) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "time_limit": max(seconds, 0.0),
        "random_seed": options.seed,
        "mip_rel_gap": options.gap,
        "mip_abs_gap": 1e-9,
        "mip_min_logging_interval": 1.0,
    }
    if options.threads is not None:
        settings["threads"] = options.threads
    if not arrays.integer.any():
        settings |= {"primal_feasibility_tolerance": _LP_TOLERANCE, "dual_feasibility_tolerance": _LP_TOLERANCE}
        settings["solver"] = "simplex"  # the better one in nine cases of ten: docs/performance.md
    return settings


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
    rows, columns = conflict(arrays)
    return replace(solution, conflict=rows, conflict_columns=columns)


def made_whole(
    values: Floats, arrays: Arrays, options: Options, duals: bool
) -> tuple[Floats, Floats | None, Floats | None]:
    """Round the integer columns; where that disturbs a row, or duals are wanted, solve the rest with them fixed."""
    rounded = np.where(arrays.integer, np.round(values), np.clip(values, arrays.lower, arrays.upper))
    if not duals and arrays.worst_violation(rounded) <= _LP_TOLERANCE:
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


def conflict(arrays: Arrays) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Rows and columns (by their bounds) of an irreducible infeasible subsystem; empty if HiGHS finds none."""
    if arrays.integer.any() and Model(arrays.relaxed()).solve(_FEASIBILITY).stop is not Stop.INFEASIBLE:
        return whole_conflict(arrays)
    for strategy in _CONFLICT_STRATEGIES:
        highs = _Quiet()
        _set_options(highs, {"iis_strategy": strategy, "iis_time_limit": _CONFLICT_SECONDS, "presolve": "off"} | _EXACT)
        highs.passModel(_as_lp(arrays))
        status, iis = highs.getIis()
        if status != highspy.HighsStatus.kError and iis.valid_ and len(iis.row_index_):
            return tuple(int(row) for row in iis.row_index_), _bounded(iis, arrays)
    return (), ()


def whole_conflict(arrays: Arrays) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Conflict of a program whose relaxation is feasible: rows and columns that only whole numbers cannot meet.

    QuickXplain (Junker, 2004): halves the rows and bounds until no part can be done without. When time runs out, what
    is left is a conflict still, if not an irreducible one.
    """
    rows = len(arrays.row_lower)
    bounded = np.flatnonzero(np.isfinite(arrays.upper) & (arrays.upper != 0) | (arrays.lower != 0))
    until = time.perf_counter() + _CONFLICT_SECONDS

    def clash(kept: list[int]) -> bool:
        mask = np.zeros(rows + len(arrays.cost), dtype=bool)
        mask[kept] = True
        return Model(arrays.keeping(mask[:rows], mask[rows:])).solve(_SHORT).stop is Stop.INFEASIBLE

    def explain(ground: list[int], has_new: bool, parts: list[int]) -> list[int]:
        if has_new and (time.perf_counter() > until or clash(ground)):
            return []
        if len(parts) <= 1:
            return parts
        first, second = parts[: len(parts) // 2], parts[len(parts) // 2 :]
        needed = explain(ground + first, bool(first), second)
        return explain(ground + needed, bool(needed), first) + needed

    found = sorted(explain([], False, [*range(rows), *(rows + bounded).tolist()]))
    return tuple(i for i in found if i < rows), tuple(i - rows for i in found if i >= rows)


def _bounded(iis: Any, arrays: Arrays) -> tuple[int, ...]:
    """Columns whose bounds are in the conflict and say something: not a mere zero below."""
    found = []
    for column, bound in zip(iis.col_index_, iis.col_bound_, strict=True):
        if bound == highspy.IisBoundStatus.kIisBoundStatusUpper or arrays.lower[column] != 0:
            found.append(int(column))
    return tuple(found)

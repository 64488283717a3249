"""HiGHS: the only file that names it. Options, progress, interruption, the status table, irreducible conflicts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import highspy
import numpy as np

from optimizer.errors import SolverError
from optimizer.program.compile import Arrays, Floats, Ints
from optimizer.solver.solution import Held, Options, Solution, Stop

Report = Callable[[float | None, float | None, int], None]  # incumbent, bound, nodes: in the program's units

_LP_TOLERANCE = 1e-9
_CONFIRM_SECONDS = 60.0
_CONFLICT_SECONDS = 60.0
_SHORT = Options(gap=1.0, time_limit=5.0)
_FEASIBILITY = Options(time_limit=_CONFIRM_SECONDS)
_STATUS = highspy.HighsModelStatus
_INFEASIBLE = (_STATUS.kInfeasible, _STATUS.kUnboundedOrInfeasible)
_STOPS = {
    _STATUS.kOptimal: Stop.GAP_REACHED,
    _STATUS.kModelEmpty: Stop.GAP_REACHED,
    _STATUS.kTimeLimit: Stop.TIME_LIMIT,
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


class Model:
    """A program held by HiGHS: solved, changed in place, and solved again from where it stands.

    Parameters
    ----------
    arrays : Arrays
        The program.

    Attributes
    ----------
    arrays : Arrays
        The program as it stands now.

    Raises
    ------
    SolverError
        If HiGHS refuses the program.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self._highs = _Quiet()
        self._watch = _Watch()
        self._start: tuple[Ints, Floats] | None = None
        if self._highs.passModel(_as_lp(arrays)) == highspy.HighsStatus.kError:
            raise SolverError("HiGHS refuses the compiled program")
        if arrays.integer.any():
            self._highs.cbMipLogging.subscribe(self._note)
            self._highs.cbMipImprovingSolution.subscribe(self._note)
            self._highs.cbMipInterrupt.subscribe(self._ask)
        self._highs.cbSimplexInterrupt.subscribe(self._ask)
        self._highs.cbIpmInterrupt.subscribe(self._ask)

    def _note(self, event: Any) -> None:
        self._watch.note(event)

    def _ask(self, event: Any) -> None:
        self._watch.ask(event)

    # ------------------------------------------------------------------ changes
    def change(self, arrays: Arrays) -> int:
        """Change the model to ``arrays``, which have its shape and non-zeros in the same places; returns how much.

        What differs is changed in place, so that the next solve starts from the last basis or incumbent.
        """
        old, highs = self.arrays, self._highs
        cost = np.flatnonzero(arrays.cost != old.cost).astype(np.int32)
        bounds = np.flatnonzero((arrays.lower != old.lower) | (arrays.upper != old.upper)).astype(np.int32)
        rows = np.flatnonzero((arrays.row_lower != old.row_lower) | (arrays.row_upper != old.row_upper))
        rows = rows.astype(np.int32)
        cells = np.flatnonzero(arrays.values != old.values)
        done = [
            highs.changeColsCost(len(cost), cost, arrays.cost[cost]),
            highs.changeColsBounds(len(bounds), bounds, arrays.lower[bounds], arrays.upper[bounds]),
            highs.changeRowsBounds(len(rows), rows, arrays.row_lower[rows], arrays.row_upper[rows]),
            highs.changeObjectiveOffset(arrays.offset),
        ]
        columns = np.searchsorted(arrays.starts, cells, side="right") - 1
        for cell, column in zip(cells.tolist(), columns.tolist(), strict=True):
            done.append(highs.changeCoeff(int(arrays.indices[cell]), column, float(arrays.values[cell])))
        if highspy.HighsStatus.kError in done:
            raise SolverError("HiGHS refuses a change of the program")
        self.arrays = arrays
        return len(cost) + len(bounds) + len(rows) + len(cells)

    def start(self, columns: Ints, values: Floats) -> None:
        """Give values of some columns to start the next search from; HiGHS completes them."""
        self._start = columns, values

    # ------------------------------------------------------------------ solving
    def solve(self, options: Options, report: Report | None = None, *, duals: bool = False) -> Solution:
        """Solve the program as it stands; as :func:`solve`, which tells the parameters."""
        began = time.perf_counter()
        asked = self._run(_settings(self.arrays, options, options.time_limit), report)
        if self._highs.getModelStatus() not in _INFEASIBLE:
            return self._solution(options, asked, duals)
        left = max(options.time_limit - (time.perf_counter() - began), _CONFIRM_SECONDS)
        asked = self._run(_settings(self.arrays, options, left) | {"presolve": "off"}, report, afresh=True)
        solution = self._solution(options, asked, duals)
        if solution.stop is Stop.INFEASIBLE:
            return solution
        note = "presolve called the program infeasible, which a run without presolve did not confirm"
        return replace(solution, notes=(note,))

    def _run(self, settings: dict[str, Any], report: Report | None, afresh: bool = False) -> bool:
        """Run HiGHS in a thread of its own, so that Ctrl-C reaches us; returns whether Ctrl-C asked it to stop.

        A second Ctrl-C leaves at once.
        """
        highspy.Highs.resetGlobalScheduler(True)  # lets the number of threads differ between solves
        if afresh:
            self._highs.clearSolver()
        if not self.arrays.integer.any():
            settings["time_limit"] += self._highs.getRunTime()  # the clock of linear programs goes on from run to run
        _set_options(self._highs, {"presolve": "choose", **settings})
        if self._start is not None:
            columns, values = self._start
            self._highs.setSolution(len(columns), columns.astype(np.int32), values)
            self._start = None
        self._watch = watch = _Watch()
        outcome: list[highspy.HighsStatus] = []
        ended = threading.Event()  # Ctrl-C in Thread.join() takes a thread that still runs for one that has ended

        def search() -> None:
            try:
                outcome.append(self._highs.run())
            finally:
                ended.set()

        threading.Thread(target=search, daemon=True).start()
        while not ended.is_set():
            try:
                if not ended.wait(0.1) and report and not watch.stop.is_set():
                    report(watch.incumbent, watch.bound, watch.nodes)
            except KeyboardInterrupt:
                if watch.stop.is_set():
                    raise
                watch.stop.set()
        if outcome != [highspy.HighsStatus.kOk] and highspy.HighsStatus.kWarning not in outcome:
            status = self._highs.modelStatusToString(self._highs.getModelStatus())
            raise SolverError(f"HiGHS failed: {status}")
        return watch.stop.is_set()

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
            values, row_duals, column_duals = _made_whole(values, arrays, options, duals)
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


def _set_options(highs: highspy.Highs, settings: dict[str, Any]) -> None:
    """Set options, and check the status of each."""
    for name, value in settings.items():
        if highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise SolverError(f"HiGHS refuses option {name} = {value!r}")


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


def _made_whole(
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
        _set_options(highs, {"iis_strategy": strategy, "iis_time_limit": _CONFLICT_SECONDS, "presolve": "off"})
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

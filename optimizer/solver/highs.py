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
from optimizer.program.compile import Arrays, Floats
from optimizer.solver.solution import Held, Options, Solution, Stop

Report = Callable[[float | None, float | None, int], None]  # incumbent, bound, nodes: in the program's units

_LP_TOLERANCE = 1e-9
_CONFIRM_SECONDS = 60.0
_CONFLICT_SECONDS = 60.0
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


class _Run:
    """One run of HiGHS in a thread of its own, so that Ctrl-C reaches us and progress can be told."""

    def __init__(self, arrays: Arrays, settings: dict[str, Any]) -> None:
        self.highs = _model(arrays, settings)
        self.incumbent: float | None = None
        self.bound: float | None = None
        self.nodes = 0
        self._stop = threading.Event()
        self._failure: list[BaseException] = []
        if arrays.integer.any():
            self.highs.cbMipLogging.subscribe(self._note)
            self.highs.cbMipImprovingSolution.subscribe(self._note)
            self.highs.cbMipInterrupt.subscribe(self._ask)
        self.highs.cbSimplexInterrupt.subscribe(self._ask)
        self.highs.cbIpmInterrupt.subscribe(self._ask)

    def _note(self, event: Any) -> None:
        out = event.data_out
        if abs(out.mip_primal_bound) < highspy.kHighsInf:
            self.incumbent = out.mip_primal_bound
        if abs(out.mip_dual_bound) < highspy.kHighsInf:
            self.bound = out.mip_dual_bound
        self.nodes = int(out.mip_node_count)

    def _ask(self, event: Any) -> None:
        if self._stop.is_set():
            event.data_in.user_interrupt = True

    def _work(self) -> None:
        try:
            if self.highs.run() == highspy.HighsStatus.kError:
                raise SolverError(f"HiGHS failed: {self.highs.modelStatusToString(self.highs.getModelStatus())}")
        except SolverError as failure:
            self._failure.append(failure)

    def run(self, report: Report | None) -> bool:
        """Run to the end; returns whether Ctrl-C asked it to stop. A second Ctrl-C leaves at once."""
        thread = threading.Thread(target=self._work, daemon=True)
        thread.start()
        asked = False
        while thread.is_alive():
            try:
                thread.join(0.1)
                if report and thread.is_alive():
                    report(self.incumbent, self.bound, self.nodes)
            except KeyboardInterrupt:
                if asked:
                    raise
                asked = True
                self._stop.set()
        if self._failure:
            raise self._failure[0]
        return asked


def _model(arrays: Arrays, settings: dict[str, Any]) -> highspy.Highs:
    """A HiGHS model of the arrays; the status of every option and of the model is checked."""
    highs = _Quiet()
    for name, value in settings.items():
        if highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise SolverError(f"HiGHS refuses option {name} = {value!r}")
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
    if highs.passModel(lp) == highspy.HighsStatus.kError:
        raise SolverError("HiGHS refuses the compiled program")
    return highs


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
    return settings


def solve(arrays: Arrays, options: Options, report: Report | None = None, *, duals: bool = False) -> Solution:
    """Solve compiled arrays.

    An infeasible verdict is confirmed with presolve off before it is returned; an interrupted or time-limited search
    returns its incumbent.

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
    solution = _solve(arrays, options, report)
    if duals and solution.values is not None:
        values, row_duals = _priced(arrays, solution.values, options)
        return replace(solution, values=values, row_duals=row_duals)
    return solution


def _solve(arrays: Arrays, options: Options, report: Report | None) -> Solution:
    began = time.perf_counter()
    highspy.Highs.resetGlobalScheduler(True)  # lets the number of threads differ between solves
    run = _Run(arrays, _settings(arrays, options, options.time_limit))
    asked = run.run(report)
    if run.highs.getModelStatus() not in _INFEASIBLE:
        return _solution(run, arrays, options, asked)
    left = max(options.time_limit - (time.perf_counter() - began), _CONFIRM_SECONDS)
    run = _Run(arrays, _settings(arrays, options, left) | {"presolve": "off"})
    asked = run.run(report)
    solution = _solution(run, arrays, options, asked)
    if solution.stop is Stop.INFEASIBLE:
        rows, columns = _conflict(arrays)
        return replace(solution, conflict=rows, conflict_columns=columns)
    note = "presolve called the program infeasible, which a run without presolve did not confirm"
    return replace(solution, notes=(note,))


def _solution(run: _Run, arrays: Arrays, options: Options, asked: bool) -> Solution:
    """Read two things: why it stopped, and what is held."""
    highs, info = run.highs, run.highs.getInfo()
    status = highs.getModelStatus()
    stop = Stop.INTERRUPTED if asked and status not in (_STATUS.kOptimal, *_INFEASIBLE) else _STOPS.get(status)
    if stop is None:
        raise SolverError(f"HiGHS ended with status {highs.modelStatusToString(status)!r}")
    whole = bool(arrays.integer.any())
    done = stop is Stop.GAP_REACHED
    feasible = done or info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    nodes, iterations = max(int(info.mip_node_count), 0), max(int(info.simplex_iteration_count), 0)
    if stop is Stop.INFEASIBLE or not feasible:
        return Solution(stop=stop, held=Held.NOTHING, nodes=nodes, iterations=iterations)
    values = np.array(highs.getSolution().col_value, dtype=float)
    bound = float(info.mip_dual_bound) if whole else (float(info.objective_function_value) if done else -np.inf)
    if whole:
        values = _made_whole(values, arrays, options)
    cost = float(arrays.cost @ values) + arrays.offset
    within = done or cost - bound <= options.gap * abs(cost)
    held = Held.OPTIMAL if within else Held.FEASIBLE
    return Solution(stop=stop, held=held, values=values, bound=bound, nodes=nodes, iterations=iterations)


def _made_whole(values: Floats, arrays: Arrays, options: Options) -> Floats:
    """Round the integer columns; where that disturbs a row, solve the rest again with them fixed."""
    rounded = np.where(arrays.integer, np.round(values), np.clip(values, arrays.lower, arrays.upper))
    if arrays.worst_violation(rounded) <= _LP_TOLERANCE:
        return rounded
    return _priced(arrays, rounded, options)[0]


def _priced(arrays: Arrays, values: Floats, options: Options) -> tuple[Floats, Floats | None]:
    """Values and row duals of the linear program that is left when the whole numbers of a solution are held.

    Where even that cannot be solved, the values as they were (the audit judges them) and no duals.
    """
    whole = arrays.integer
    fixed = replace(
        arrays,
        lower=np.where(whole, values, arrays.lower),
        upper=np.where(whole, values, arrays.upper),
        integer=np.zeros_like(whole),
    )
    highs = _model(fixed, _settings(fixed, options, _CONFIRM_SECONDS))
    highs.run()
    if highs.getModelStatus() != _STATUS.kOptimal:
        return values, None
    solution = highs.getSolution()
    found = np.where(whole, values, np.array(solution.col_value, dtype=float))
    return found, np.array(solution.row_dual, dtype=float)


def _conflict(arrays: Arrays) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Rows and columns (by their bounds) of an irreducible infeasible subsystem; empty if HiGHS finds none."""
    for strategy in _CONFLICT_STRATEGIES:
        settings = {"iis_strategy": strategy, "iis_time_limit": _CONFLICT_SECONDS, "presolve": "off"}
        highs = _model(arrays, settings)
        status, iis = highs.getIis()
        if status != highspy.HighsStatus.kError and iis.valid_ and len(iis.row_index_):
            return tuple(int(row) for row in iis.row_index_), _bounded(iis, arrays)
    return (), ()


def _bounded(iis: Any, arrays: Arrays) -> tuple[int, ...]:
    """Columns whose bounds are in the conflict and say something: not a mere zero below."""
    found = []
    for column, bound in zip(iis.col_index_, iis.col_bound_, strict=True):
        if bound == highspy.IisBoundStatus.kIisBoundStatusUpper or arrays.lower[column] != 0:
            found.append(int(column))
    return tuple(found)

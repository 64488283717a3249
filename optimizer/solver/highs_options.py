"""What all that runs HiGHS stands on: options, the status table, what is watched, programs as HiGHS takes them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np

from optimizer.errors import SolverError
from optimizer.solver.solution import Options, Stop

if TYPE_CHECKING:
    from optimizer.program.compile import Arrays

NAME = "HiGHS"
LP_TOLERANCE = 1e-9
EXACT = {
    "small_matrix_value": 1e-12,  # by default, HiGHS drops coefficients of 1e-9: a cheap item beside a dear one
    "simplex_scale_strategy": 4,  # by the largest values: what it does by itself takes longer (docs/performance.md)
}
STATUS = highspy.HighsModelStatus
DEFAULTS = {
    "presolve": "choose",
    "objective_target": -np.inf,
    "simplex_strategy": 1,
    "simplex_iteration_limit": highspy.kHighsIInf,
    "dual_simplex_cost_perturbation_multiplier": 1.0,
    "simplex_scale_strategy": EXACT["simplex_scale_strategy"],
}
INFEASIBLE = (STATUS.kInfeasible, STATUS.kUnboundedOrInfeasible)
STOPS = {
    STATUS.kOptimal: Stop.GAP_REACHED,
    STATUS.kModelEmpty: Stop.GAP_REACHED,
    STATUS.kObjectiveTarget: Stop.GAP_REACHED,
    STATUS.kTimeLimit: Stop.TIME_LIMIT,
    STATUS.kSolutionLimit: Stop.WORK_LIMIT,
    STATUS.kInterrupt: Stop.INTERRUPTED,
    STATUS.kHighsInterrupt: Stop.INTERRUPTED,
    STATUS.kInfeasible: Stop.INFEASIBLE,
    STATUS.kUnboundedOrInfeasible: Stop.INFEASIBLE,
}


class SilentHighs(highspy.Highs):  # type: ignore[misc]
    """HiGHS that prints nothing: its constructor enables callbacks, which prints a banner unless output is off."""

    def enableCallbacks(self) -> None:  # noqa: N802
        """Turn the output off first."""
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()


class Watch:
    """What callbacks of one run tell and ask: incumbent, bound, nodes; whether to stop."""

    def __init__(self) -> None:
        self.incumbent: float | None = None
        self.bound: float | None = None
        self.nodes = 0
        self.stop = threading.Event()
        self.pressed = False  # by Ctrl-C

    def note(self, event: Any) -> None:
        """Take over what the search tells."""
        out = event.data_out
        if abs(out.mip_primal_bound) < highspy.kHighsInf:
            self.incumbent = out.mip_primal_bound
        if abs(out.mip_dual_bound) < highspy.kHighsInf:
            self.bound = out.mip_dual_bound
        self.nodes = int(out.mip_node_count)

    def press(self) -> None:
        """Take note of Ctrl-C."""
        self.pressed = True

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


def cut_off(highs: SilentHighs) -> None:
    """Let a search that was left behind call nothing of ours any more, but be asked to stop wherever that can be."""
    for callback in highs.callbacks:
        if callback.callbacks:
            callback.callbacks = [_stop]


def _stop(event: Any) -> None:
    event.interrupt()


def as_lp(arrays: Arrays) -> highspy.HighsLp:
    """A program as HiGHS takes it."""
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


def set_options(highs: highspy.Highs, settings: dict[str, Any]) -> None:
    """Set options, and check the status of each."""
    for name, value in settings.items():
        if highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise SolverError(f"HiGHS refuses option {name} = {value!r}")


def settings_of(arrays: Arrays, options: Options, seconds: float) -> dict[str, Any]:
    """HiGHS's options for a program and what is asked of its search."""
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
        settings |= {"primal_feasibility_tolerance": LP_TOLERANCE, "dual_feasibility_tolerance": LP_TOLERANCE}
        settings["solver"] = "simplex"  # the better one in nine cases of ten: docs/performance.md
    return settings

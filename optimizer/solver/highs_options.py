"""HiGHS settings shared by all callers: option defaults, status table, callback state, conversion of programs."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np

from optimizer.errors import SolverError
from optimizer.solver.solution import Options, Stop

if TYPE_CHECKING:
    from optimizer.program.arrays import Arrays

NAME = "HiGHS"
LP_TOLERANCE = 1e-9
ABSOLUTE_GAP = 1e-9  # of mixed-integer searches
EXACT = {
    "small_matrix_value": 1e-12,  # by default HiGHS drops coefficients of 1e-9: cheap items next to expensive ones
    "simplex_scale_strategy": 4,  # by the largest values: what it does by itself takes longer (docs/performance.md)
}
STATUS = highspy.HighsModelStatus
DEFAULTS = {
    "presolve": "choose",
    "objective_target": -np.inf,
    "objective_bound": highspy.kHighsInf,
    "simplex_strategy": 1,
    "simplex_iteration_limit": highspy.kHighsIInf,
    "dual_simplex_cost_perturbation_multiplier": 1.0,
    "simplex_scale_strategy": EXACT["simplex_scale_strategy"],
}
FROM_A_PLAN = {  # a search begins with a plan that is nearly its answer: of HiGHS's heuristics, RENS alone pays then
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_heuristic_run_feasibility_jump": False,
    "mip_allow_restart": False,
    "mip_allow_cut_separation_at_nodes": False,
}
INFEASIBLE = (STATUS.kInfeasible, STATUS.kUnboundedOrInfeasible)
INFEASIBLE_NAMES = frozenset(status.name for status in INFEASIBLE)
# Presolve can call a feasible program infeasible: every such verdict is confirmed without it. The dual simplex method
# ends some infeasible programs with status unknown; other scaling, or the primal method, is mostly conclusive.
CONFIRMATIONS: tuple[dict[str, Any], ...] = (
    {"presolve": "off"},
    {"presolve": "off", "simplex_scale_strategy": 2},
    {"presolve": "off", "simplex_strategy": 4},
)
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
    """HiGHS without output: its constructor enables callbacks, which prints a banner unless output is off."""

    def enableCallbacks(self) -> None:  # noqa: N802
        """Enable callbacks after turning the output off."""
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()


class CallbackState:
    """State shared with the callbacks of one run: incumbent, dual bound, nodes, stop request."""

    def __init__(self) -> None:
        self.incumbent: float | None = None
        self.bound: float | None = None
        self.nodes = 0
        self.stop = threading.Event()
        self.pressed = False  # by Ctrl-C

    def note(self, event: Any) -> None:
        """Record incumbent, dual bound and nodes."""
        out = event.data_out
        if abs(out.mip_primal_bound) < highspy.kHighsInf:
            self.incumbent = out.mip_primal_bound
        if abs(out.mip_dual_bound) < highspy.kHighsInf:
            self.bound = out.mip_dual_bound
        self.nodes = int(out.mip_node_count)

    def press(self) -> None:
        """Record Ctrl-C."""
        self.pressed = True

    def ask(self, event: Any) -> None:
        """Interrupt the solver if a stop was requested."""
        if self.stop.is_set():
            event.data_in.user_interrupt = True


@dataclass(frozen=True)
class Basis:
    """Basis of a linear program: the HiGHS status of each column and row."""

    columns: list[Any]
    rows: list[Any]
    lower = highspy.HighsBasisStatus.kLower
    basic = highspy.HighsBasisStatus.kBasic


def cut_off(highs: SilentHighs) -> None:
    """Replace all callbacks of an abandoned search by one that interrupts it."""
    for callback in highs.callbacks:
        if callback.callbacks:
            callback.callbacks = [_stop]


def _stop(event: Any) -> None:
    event.interrupt()


def as_lp(arrays: Arrays) -> highspy.HighsLp:
    """Convert a program to a HighsLp."""
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
        lp.integrality_ = [kinds[integer] for integer in arrays.integer.tolist()]
    return lp


def set_options(highs: highspy.Highs, settings: dict[str, Any]) -> None:
    """Set options, and check the status of each."""
    for name, value in settings.items():
        if highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise SolverError(f"HiGHS refuses option {name} = {value!r}")


def settings_of(arrays: Arrays, options: Options, seconds: float) -> dict[str, Any]:
    """Return the HiGHS options for a program and its solve options."""
    settings: dict[str, Any] = {
        "time_limit": max(seconds, 0.0),
        "random_seed": options.seed,
        "mip_rel_gap": options.gap,
        "mip_abs_gap": ABSOLUTE_GAP,
        "mip_min_logging_interval": 1.0,
    }
    if options.threads is not None:
        settings["threads"] = options.threads
    if not arrays.integer.any():
        settings |= {"primal_feasibility_tolerance": LP_TOLERANCE, "dual_feasibility_tolerance": LP_TOLERANCE}
        settings["solver"] = "simplex"  # the faster one in nine of ten cases: docs/performance.md
    return settings

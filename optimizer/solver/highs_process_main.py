"""Serve requests of :mod:`optimizer.solver.highs_process`: run HiGHS in a process of its own, with few imports.

Requests come through standard input and answers leave through standard output, as pickles. The process ends when its
standard input closes, be it in the middle of a call of HiGHS that keeps the interpreter's lock; when a request takes
longer than it may; and when nothing is requested for long.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import highspy
import numpy as np

from optimizer.solver.highs_options import CONFIRMATIONS, EXACT, INFEASIBLE, STATUS, SilentHighs, as_lp, set_options

_STOPPED = (STATUS.kTimeLimit, STATUS.kSolutionLimit)
_IDLE = 60.0  # seconds without a request after which the process ends
_MORE = 5.0  # seconds beyond its limit after which a request ends the process


def main() -> None:
    """Answer requests until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # HiGHS may print
    requests: queue.Queue[Any] = queue.Queue()
    threading.Thread(target=_read, args=(requests,), daemon=True).start()
    while True:
        pickle.dump("ready", answers)
        answers.flush()
        try:
            name, program, settings, seconds = requests.get(timeout=_IDLE)
        except queue.Empty:
            os._exit(0)
        faulthandler.dump_traceback_later(seconds + _MORE, exit=True, file=nowhere)
        _end_with_input(True)
        answer = WORK[name](SimpleNamespace(**program), settings)
        _end_with_input(False)
        faulthandler.cancel_dump_traceback_later()
        pickle.dump(answer, answers)


def _read(requests: queue.Queue[Any]) -> None:
    """Read requests; where nobody is left to make any, end the process."""
    try:
        while True:
            requests.put(pickle.load(sys.stdin.buffer))
    except (EOFError, OSError, pickle.UnpicklingError):
        os._exit(0)


def _end_with_input(on: bool) -> None:
    """Let the kernel end the process when its standard input closes: Python cannot while HiGHS keeps its lock.

    Linux sends SIGIO then; elsewhere the process ends with the request's time.
    """
    if not sys.platform.startswith("linux"):
        return
    import fcntl

    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(0, fcntl.F_GETFL)
    fcntl.fcntl(0, fcntl.F_SETFL, flags | os.O_ASYNC if on else flags & ~os.O_ASYNC)


def _new_highs(program: Any, settings: dict[str, Any]) -> Any:
    """HiGHS with a program in it and no way back into Python: `getIis` keeps the lock that a callback waits for."""
    SilentHighs.resetGlobalScheduler(True)  # lets the number of threads differ between requests
    highs = SilentHighs()
    highs.setCallback(None, None)
    set_options(highs, EXACT | settings)
    highs.passModel(as_lp(program))
    return highs


def _run(program: Any, settings: dict[str, Any]) -> Any:
    """HiGHS after it ran; an infeasible verdict, or one that is unknown, is confirmed without presolve."""
    until = time.perf_counter() + settings["time_limit"]
    highs = _new_highs(program, settings)
    if getattr(program, "start", None) is not None:
        columns = np.arange(len(program.start), dtype=np.int32)
        highs.setSolution(len(columns), columns, program.start)
    highs.run()
    status = highs.getModelStatus()
    unsure = status == STATUS.kUnknown or (status in INFEASIBLE and settings.get("presolve") != "off")
    for option_set in CONFIRMATIONS if unsure else ():
        left = max(until - time.perf_counter(), 0.0)
        highs = _new_highs(program, settings | option_set | {"time_limit": left})
        highs.run()
        if highs.getModelStatus() != STATUS.kUnknown:
            break
    return highs


def _solve(program: SimpleNamespace, settings: dict[str, Any]) -> dict[str, Any]:
    """Solve a program, and return status, objective, proven bound, values and duals."""
    highs = _run(program, settings)
    info, status, solution = highs.getInfo(), highs.getModelStatus(), highs.getSolution()
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    bound = -np.inf
    if program.integer.any():
        bound = float(info.mip_dual_bound) if status in (STATUS.kOptimal, *_STOPPED) else -np.inf
    elif status == STATUS.kOptimal:
        bound = float(info.objective_function_value)
    return {
        "status": status.name,
        "feasible": feasible,
        "objective": float(info.objective_function_value),
        "bound": bound if abs(bound) < highspy.kHighsInf else -np.inf,
        "values": np.array(solution.col_value, dtype=float) if feasible else None,
        "row_duals": np.array(solution.row_dual, dtype=float),
    }


def _iis(program: SimpleNamespace, settings: dict[str, Any]) -> dict[str, Any]:
    """Irreducible infeasible subsystem of a program."""
    status, iis = _new_highs(program, settings).getIis()
    return {
        "valid": bool(iis.valid_) and status != highspy.HighsStatus.kError,
        "status": int(iis.status_),
        "rows": [int(row) for row in iis.row_index_],
        "columns": [int(column) for column in iis.col_index_],
        "upper": [bound == highspy.IisBoundStatus.kIisBoundStatusUpper for bound in iis.col_bound_],
    }


WORK: dict[str, Callable[[SimpleNamespace, dict[str, Any]], dict[str, Any]]] = {
    "solve": _solve,
    "iis": _iis,
}

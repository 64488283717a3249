"""Feasibility check of a program."""

from __future__ import annotations

import time

from optimizer.program.arrays import Arrays
from optimizer.solver.highs_options import INFEASIBLE_NAMES, STATUS, settings_of
from optimizer.solver.highs_process import run_in_process
from optimizer.solver.solution import Options


def has_solution(arrays: Arrays, seconds: float) -> bool | None:
    """Return whether a program has a solution; None if unknown at the time limit.

    The linear relaxation is checked first, because its infeasibility is quick to prove. An infeasible verdict is
    confirmed without presolve. HiGHS runs in a separate process, which is terminated soon after ``seconds``.

    Parameters
    ----------
    arrays : Arrays
        The program.
    seconds : float
        Time limit.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C.
    """
    until = time.perf_counter() + seconds
    bare = arrays.without_cost()
    if not arrays.integer.any():
        return _answer(bare, seconds)
    if _answer(bare.relaxed(), seconds) is False:
        return False
    left = until - time.perf_counter()
    return _answer(bare, left) if left > 0 else None


def _answer(arrays: Arrays, seconds: float) -> bool | None:
    found = run_in_process(arrays, settings_of(arrays, Options(gap=1.0), seconds), seconds)
    if found is None:
        return None
    if found["status"] in INFEASIBLE_NAMES:
        return False
    return True if found["feasible"] or found["status"] == STATUS.kModelEmpty.name else None

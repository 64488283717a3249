"""Whether a program has a solution at all."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from optimizer.program.compile import Arrays
from optimizer.solver.highs_options import INFEASIBLE, STATUS, settings_of
from optimizer.solver.highs_process import run_in_process
from optimizer.solver.solution import Options


def has_solution(arrays: Arrays, seconds: float) -> bool | None:
    """Whether a program has a solution; None where that is not known in time.

    The linear relaxation comes first: where it has none, that is known soon. HiGHS runs in a process of its own, which
    is ended soon after ``seconds`` whatever HiGHS does.

    Parameters
    ----------
    arrays : Arrays
        The program.
    seconds : float
        Time limit.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C came.
    """
    until = time.perf_counter() + seconds
    bare = replace(arrays, cost=np.zeros(len(arrays.cost)), offset=0.0)
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
    if found["status"] in {status.name for status in INFEASIBLE}:
        return False
    return True if found["feasible"] or found["status"] == STATUS.kModelEmpty.name else None

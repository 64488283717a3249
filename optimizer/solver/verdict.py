"""Whether a program has a solution at all."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from optimizer.errors import SolverError
from optimizer.program.compile import Arrays
from optimizer.solver.highs import Model
from optimizer.solver.solution import Options, Stop


def has_solution(arrays: Arrays, seconds: float) -> bool | None:
    """Whether a program has a solution; None where that is not known in time.

    The linear relaxation is asked first: where it has none, that is known soon.
    """
    until = time.perf_counter() + seconds
    bare = replace(arrays, cost=np.zeros(len(arrays.cost)), offset=0.0)
    if not arrays.integer.any():
        return _asked(bare, seconds)
    if _asked(bare.relaxed(), seconds) is False:
        return False
    left = until - time.perf_counter()
    return _asked(bare, left) if left > 0 else None


def _asked(arrays: Arrays, seconds: float) -> bool | None:
    model = Model(arrays)
    try:
        found = model.part(Options(gap=1.0, time_limit=max(seconds, 0.0)), {})
    except SolverError:  # HiGHS could not tell, of numbers it cannot settle
        return None
    finally:
        model.close()
    if found.stop is Stop.INFEASIBLE:
        return False
    return True if found.values is not None else None

"""Calls of highspy in this package: how each treats Python's lock, and whether it calls back into Python.

highspy releases the interpreter's lock in `run` and `presolve` only; every other call keeps it for its full duration.
A call that solves while it keeps the lock deadlocks as soon as one of HiGHS's threads calls back into Python, which
needs the lock; meanwhile neither Ctrl-C nor the time limit takes effect. Hence the rules:

- `run` is called in a separate thread with a limited waiting time (:mod:`optimizer.solver.interruptible`) or in a
  separate process (:mod:`optimizer.solver.highs_process_main`). Small linear programs without callbacks, which take
  milliseconds (:mod:`optimizer.solver.sensitivity`), need neither. Its callbacks take the lock, and may wait for other
  threads only where these do not need HiGHS to go on.
- `getIis` solves while it keeps the lock. It is called in that process only, with callbacks off.
- The other calls neither solve nor call back.

No other function of highspy is called; a test compares.
"""

from __future__ import annotations

SOLVES_WITHOUT_LOCK = ("run",)
"""Release the lock, and call back."""

SOLVES_WITH_LOCK = ("getIis",)
"""Keep the lock while they solve: only in :mod:`optimizer.solver.highs_process_main`."""

READS = ("getBasis", "getInfo", "getModelStatus", "getRunTime", "getSolution", "modelStatusToString")
"""Keep the lock for a moment: what is known after a run."""

CHANGES = (
    "changeCoeff",
    "changeColBounds",
    "changeColsBounds",
    "changeColsCost",
    "changeObjectiveOffset",
    "changeRowBounds",
    "changeRowsBounds",
    "clear",
    "clearSolver",
    "enableCallbacks",
    "passModel",
    "setBasis",
    "setCallback",
    "setOptionValue",
    "setSolution",
)
"""Keep the lock for as long as it takes to copy the data; `setSolution` leaves completing a solution to `run`."""

ENDS_THREADS = ("resetGlobalScheduler",)
"""Keeps the lock until HiGHS's threads have ended: only between runs in that process, without callbacks."""

"""Calls of highspy in this package: what each does about Python's lock, and whether it calls back into Python.

highspy releases the interpreter's lock in `run` and `presolve` alone. In all others it keeps it, as long as they take.
A call that keeps the lock and solves waits for ever as soon as one of HiGHS's threads calls back into Python, which
needs the lock; and while it solves, neither Ctrl-C nor the clock is heard. So the rules are:

- `run` is called in a thread of its own, for which we wait no longer than it may take
  (:func:`optimizer.solver.aside.run_aside`), or in a process of its own (:mod:`optimizer.solver.child`); small
  linear programs without callbacks, which take milliseconds (:mod:`optimizer.solver.sensitivity`), without either. Its
  callbacks
  take the lock, and may wait for other threads only where these do not need HiGHS to go on.
- `getIis` solves with the lock kept. It is called in the process alone, where callbacks are off.
- The others do not solve, and call nothing back.

Nothing else of highspy is called but what stands here; a test compares.
"""

from __future__ import annotations

SOLVES_WITHOUT_LOCK = ("run",)
"""Release the lock, and call back."""

SOLVES_WITH_LOCK = ("getIis",)
"""Keep the lock while they solve: only in :mod:`optimizer.solver.child`."""

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
"""Keeps the lock until HiGHS's threads have ended: only between runs, in the bench, where no callbacks are."""

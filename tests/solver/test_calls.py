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

No other function of highspy is called.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import highspy

import optimizer

ROOM = Path(optimizer.__file__).parent
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

OTHERS = {"solve", "optimize"}  # of our own models and of SCIP's, which highspy has too


def called() -> dict[str, set[str]]:
    """Methods of highspy that modules around it name, be it to call them or to hand them on, with these modules."""
    names = {name for name in dir(highspy.Highs) if not name.startswith("_")} - OTHERS
    found = defaultdict(set)
    for path in ROOM.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "highspy" not in text and "SilentHighs" not in text and "_highs" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Attribute) and node.attr in names and not _is_module(node.value):
                found[node.attr].add(str(path.relative_to(ROOM)))
    return found


def _is_module(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and value.id in ("search", "scip", "engines", "math", "np", "subprocess")


def test_every_call_of_highspy_is_listed() -> None:
    """Tests that nothing is called of which it is not known whether it keeps the lock, and that all of it is called."""
    lists = (
        SOLVES_WITHOUT_LOCK,
        SOLVES_WITH_LOCK,
        READS,
        CHANGES,
        ENDS_THREADS,
    )
    callbacks = {name for name in called() if name.startswith("cb")} | {"callbacks"}
    assert {name for one in lists for name in one} == set(called()) - callbacks


def test_what_solves_with_the_lock_is_in_the_process_alone() -> None:
    """Tests that no module of this process can wait for the lock that it keeps."""
    for name in SOLVES_WITH_LOCK:
        assert called()[name] == {"solver/highs_process_main.py"}


def test_the_process_has_no_callbacks() -> None:
    """Tests that the process turns callbacks off, and registers none."""
    text = (ROOM / "solver" / "highs_process_main.py").read_text(encoding="utf-8")
    assert "setCallback(None, None)" in text
    assert "subscribe" not in text

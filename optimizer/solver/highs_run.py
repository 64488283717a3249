"""One run of HiGHS: in a thread of its own, so that Ctrl-C, other requests to stop and the time limit take effect."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import highspy
import numpy as np

from optimizer.errors import SolverError
from optimizer.program.arrays import Arrays, Floats, Ints
from optimizer.solver.highs_incumbents import IncumbentExchange
from optimizer.solver.highs_options import DEFAULTS, EXACT, CallbackState, SilentHighs, cut_off, set_options
from optimizer.solver.interruptible import SearchAbandoned, run_interruptibly
from optimizer.solver.persistent import Report
from optimizer.solver.solution import Deadline

PATIENCE = 3.0
"""Seconds that HiGHS gets to stop after an interruption."""


class HighsRun(IncumbentExchange):
    """Part of :class:`optimizer.solver.highs.Model` that runs HiGHS and interrupts it."""

    def __init__(self, arrays: Arrays, *, interruptible: bool = True, settings: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.arrays = arrays
        self._interruptible, self._fixed_settings = interruptible, EXACT | (settings or {})
        self.on_stop: Callable[[], None] | None = None
        self._start: tuple[Ints, Floats] | None = None
        self._abandoned = False
        self._interrupted = False
        self._deadline = Deadline.after(math.inf)  # of the current solve
        self._basis: Any = None  # of the first solve of a linear program; later solves start from it
        self._most_iterations = 0
        self._highs = self._new_highs()

    def _new_highs(self) -> Any:
        """Return a new HiGHS object with the program loaded."""
        made = SilentHighs()
        set_options(made, self._fixed_settings)
        self._pass(made)
        self._subscribe(made, self._interruptible)
        return made

    @property
    def stopping(self) -> bool:
        """Whether a stop of the search was requested."""
        return self._state.stop.is_set()

    @property
    def pressed(self) -> bool:
        """Whether Ctrl-C requested the stop."""
        return self._state.pressed

    def interrupt(self) -> None:
        """Stop the search, or the next one if none is running, as Ctrl-C does; callable from any thread."""
        self._interrupted = True
        self._state.stop.set()

    def close(self) -> None:
        """Free the memory of HiGHS now; because of its callbacks, only the garbage collector would free the object."""
        if self._highs is not None:
            self._highs.clear()

    def _run(
        self, settings: dict[str, Any], report: Report | None, from_scratch: bool = False, patience: float = PATIENCE
    ) -> bool:
        """Run HiGHS in a separate thread, so that Ctrl-C takes effect; return whether a stop was requested.

        A second Ctrl-C raises at once.
        """
        until = time.perf_counter() + settings["time_limit"]
        self._ready()
        if self._start is not None and self._highs.getRunTime() > 0:
            # HiGHS completes a MIP start on the clock of all its runs: past the time limit it would discard it.
            self._highs.clear()
            self._highs = self._new_highs()
        if from_scratch:
            self._highs.clearSolver()
        if not self.arrays.integer.any():
            settings["time_limit"] += self._highs.getRunTime()  # for linear programs the clock is cumulative over runs
        set_options(self._highs, {**DEFAULTS, **settings})
        self._give_start()
        self._state = state = CallbackState()
        self._given, self.dropped, self._best, self._abandoned = np.inf, False, None, False
        if self._interrupted:
            state.stop.set()

        def send_report() -> None:
            assert report is not None
            report(state.incumbent, state.bound, state.nodes)

        times = {"until": until, "patience": patience}
        try:
            outcome = run_interruptibly(
                self._highs.run, state.stop, send_report if report else None, state.press, self.on_stop, **times
            )
        except SearchAbandoned:
            cut_off(self._highs)
            self._highs, self._abandoned = None, True
            return state.pressed or time.perf_counter() < until
        if outcome not in (highspy.HighsStatus.kOk, highspy.HighsStatus.kWarning):
            status = self._highs.modelStatusToString(self._highs.getModelStatus())
            raise SolverError(f"HiGHS failed: {status}")
        return state.stop.is_set()

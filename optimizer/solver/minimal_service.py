"""A plan at once: serve no more than the rules require, for searches whose time ends before they find a plan.

Workloads that need not be served are left unserved. What remains of the program is small, however many workloads and
months there are: it holds the contracts, builds, runs and rules, and the workloads that must be served.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.interruption import interruptible
from optimizer.program.arrays import Arrays, Floats
from optimizer.program.row_names import family_of
from optimizer.solver.highs import Model
from optimizer.solver.interruptible import abandon
from optimizer.solver.large_neighbourhood_search import LargeNeighbourhoodSearch
from optimizer.solver.solution import Deadline, Options, Report, Solution, SolutionStatus, Stop

NOTE = (
    "the search found no plan within the time limit, so this one was made without it: it meets every rule, but no "
    "search has made it cheaper; give it more time for a better one"
)
_SECONDS, _SHARE, _MOST = 5.0, 0.08, 0.8  # of the time limit: so many seconds, or the first share; at most the second
_TICK = 0.02
_LAST = 0.2  # seconds to stop
_TOLERANCE = 1e-6  # relative: what meets every row and bound this closely is a plan
_DECISIONS = ("ordered", "bought", "started", "placed", "committed")


class MinimalService:
    """Find a solution of minimal service, in a thread, late in a search that has no incumbent.

    It runs while the search does, in the last part of the time limit, so that it adds nothing to it: the last twelfth,
    but at least five seconds, and at most four fifths.

    Parameters
    ----------
    arrays : Arrays
        The full program.
    options : Options
        Those of the search.
    """

    def __init__(self, arrays: Arrays, options: Options) -> None:
        self.arrays, self.options, self.deadline = arrays, options, Deadline.after(options.time_limit)
        self._begins = self.deadline.until - min(max(_SECONDS, _SHARE * options.time_limit), _MOST * options.time_limit)
        self._values: Floats | None = None
        self._error: Exception | None = None
        self._needless, self._ended = threading.Event(), threading.Event()
        self._interrupt: Callable[[], None] = lambda: None  # of the running attempt
        self._thread: threading.Thread | None = None

    def __enter__(self) -> MinimalService:
        """Wait to be needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the thread, or leave it if it does not stop."""
        self._needless.set()
        self._interrupt()
        if self._thread is not None:
            self._thread.join(min(_LAST, self.deadline.to_finish()))
            if self._thread.is_alive():
                abandon(self._thread)

    def watching(self, report: Report | None) -> Report:
        """Return a callback for the search that reports, and begins when the search is late and has no incumbent."""

        def watch(
            incumbent: float | None,
            bound: float | None,
            nodes: int,
            *more: Any,
        ) -> None:
            if incumbent is None and time.perf_counter() > self._begins:
                self._begin()
            if report is not None:
                report(incumbent, bound, nodes, *more)

        return watch

    def solution(self, found: Solution) -> Solution:
        """Return the solution of minimal service, with what the search has proven.

        Parameters
        ----------
        found : Solution
            Result of the search.

        Returns
        -------
        Solution
            ``found`` itself if the search has a solution or has not ended by its time limit, or if there is none of
            minimal service in time.
        """
        if found.values is not None or found.stop is not Stop.TIME_LIMIT:
            return found
        self._begin()
        with interruptible() as pressed:
            while not (self._ended.wait(_TICK) or pressed.is_set() or time.perf_counter() > self.deadline.latest):
                pass
        if self._error is not None:
            raise self._error
        if self._values is None:
            return found
        return replace(found, status=SolutionStatus.FEASIBLE, values=self._values, notes=(*found.notes, NOTE))

    def _begin(self) -> None:
        """Start the thread, once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    # ------------------------------------------------------------------ in the thread
    def _run(self) -> None:
        try:
            self._values = self.solve()
        except Exception as error:  # noqa: BLE001 - raised again by solution(), in the main thread
            self._error = error
        finally:
            self._ended.set()

    def solve(self) -> Floats | None:
        """Solve the program with nothing allocated to the workloads that need not be served.

        First without any decision that is not fixed already; where that is infeasible, by a dive from the linear
        relaxation, which rounds up.

        Returns
        -------
        ndarray or None
            A value for every column that meets every row and bound; None if no such values were found.
        """
        fixed, values = _unserved(self.arrays)
        small = _without(self.arrays, fixed, values)
        if small is None:
            return None
        for attempt in (self._nothing_decided, self._dive):
            found = None if self._needless.is_set() else attempt(small)
            if found is not None:
                values[~fixed] = np.where(small.integer, np.round(found), found)
                if self.arrays.worst_violation(values) <= _TOLERANCE:
                    return values
        return None

    def _nothing_decided(self, small: Arrays) -> Floats | None:
        """Order, buy, sign, place and commit nothing but what is fixed."""
        decided = np.array([family_of(name) in _DECISIONS for name in small.columns], dtype=bool)
        upper = np.where(decided, np.maximum(small.lower, 0.0), small.upper)
        limits = replace(self.options, time_limit=self._seconds(), threads=1)
        model = Model(replace(small, upper=upper))
        self._let_interrupt(model.interrupt)
        return model.part(limits, {}).values

    def _dive(self, small: Arrays) -> Floats | None:
        """Dive from the linear relaxation."""
        dive = LargeNeighbourhoodSearch(small, replace(self.options, time_limit=self._seconds()), dive_from=0)
        self._let_interrupt(dive.stop)
        dive.step()
        return dive.values

    def _let_interrupt(self, interrupt: Callable[[], None]) -> None:
        """Let an attempt that begins be interrupted, at once if it is needless by now."""
        self._interrupt = interrupt
        if self._needless.is_set():
            interrupt()

    def _seconds(self) -> float:
        return max(self.deadline.latest - time.perf_counter(), 0.0)


def _unserved(arrays: Arrays) -> tuple[NDArray[np.bool_], Floats]:
    """Columns of the workloads and months that need not be served, with their values."""
    fixed, values = np.zeros(len(arrays.cost), dtype=bool), np.zeros(len(arrays.cost))
    wanted = {key: low for (family, key), low in _rows(arrays) if family == "demand_met"}
    families = [name[0] if name.__class__ is tuple else "" for name in arrays.columns]
    free: set[Any] = set()
    for column in _places(families, "unserved"):
        key = arrays.columns[column][1]
        if arrays.upper[column] >= wanted.get(key, np.inf):
            fixed[column], values[column] = True, wanted[key]
            free.add(key)
    columns = _places(families, "allocated")
    if len(free) < len(wanted):
        keys = [(column, arrays.columns[column][1]) for column in columns]
        columns = [column for column, (workload, _, t) in keys if (workload, t) in free]
    fixed[columns] = arrays.lower[columns] <= 0
    return fixed, values


def _places(families: list[str], family: str) -> list[int]:
    """Numbers of the columns of a family."""
    return [column for column, one in enumerate(families) if one == family]


def _rows(arrays: Arrays) -> list[tuple[tuple[str, Any], float]]:
    """Names of the program's own rows with their lower sides."""
    pairs = zip(arrays.rows, arrays.row_lower.tolist(), strict=True)
    return [(name, low) for name, low in pairs if name.__class__ is tuple]


def _without(arrays: Arrays, fixed: NDArray[np.bool_], values: Floats) -> Arrays | None:
    """The program of the columns that are not fixed; None if the fixed ones alone break a row."""
    activity = arrays.activity(np.where(fixed, values, 0.0))
    rest = arrays.without(fixed, values)
    kept = np.bincount(rest.indices, minlength=len(activity)) > 0
    scale = _TOLERANCE * (1.0 + np.abs(activity))
    broken = (rest.row_upper < -scale) | (rest.row_lower > scale)
    if (broken & ~kept).any():
        return None
    return rest.part(np.flatnonzero(kept), np.arange(len(rest.cost)))

"""Run a search in a separate thread, so that signals and the time limit take effect while it runs.

A search that does not stop when it should is abandoned: it continues in its thread until it ends by itself or the
process ends.
"""

from __future__ import annotations

import atexit
import contextlib
import math
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from optimizer.interruption import interruptible
from optimizer.solver.solution import grace

Result = TypeVar("Result")

_SECONDS_BETWEEN_REPORTS = 0.1
PRESSED = 0.7
"""Seconds that a search gets to stop after Ctrl-C."""
LATE = 1.0
"""Seconds that a search gets at most to stop after its time limit; fewer if the limit is short."""
_AT_EXIT = 10.0  # seconds that abandoned searches get when the interpreter ends

_abandoned: list[threading.Thread] = []


class SearchAbandoned(Exception):
    """Raised for a search that did not stop when it should."""


def run_interruptibly(
    search: Callable[[], Result],
    stop: threading.Event,
    on_tick: Callable[[], None] | None = None,
    on_press: Callable[[], None] | None = None,
    on_stop: Callable[[], None] | None = None,
    until: float = math.inf,
    patience: float = math.inf,
) -> Result:
    """Run a search in a separate thread and return its result, or raise its error.

    Parameters
    ----------
    search : callable
        The long call. It must end soon after ``stop`` is set.
    stop : threading.Event
        Set by the first Ctrl-C, by others, and when the search is abandoned. A second Ctrl-C raises at once.
    on_tick : callable, optional
        Called in the calling thread about ten times a second while the search runs.
    on_press : callable, optional
        Called once, on the first Ctrl-C.
    on_stop : callable, optional
        Called once when the search should stop, for whatever reason.
    until : float
        Time by which it should stop by itself, on the clock of ``time.perf_counter()``.
    patience : float
        Seconds after ``stop`` is set until it is abandoned; :data:`PRESSED` if Ctrl-C set it. It is also abandoned
        soon after ``until``: by the :func:`~optimizer.solver.solution.grace` of the time until then, at most
        :data:`LATE`.

    Raises
    ------
    KeyboardInterrupt
        On a second Ctrl-C.
    SearchAbandoned
        If it does not stop.
    """
    outcome: list[Result] = []
    errors: list[BaseException] = []
    ended = threading.Event()  # after Ctrl-C, Thread.join() takes a running thread for an ended one

    def run() -> None:
        try:
            outcome.append(search())
        except BaseException as error:  # noqa: BLE001 - raised again below, in the calling thread
            errors.append(error)
        finally:
            ended.set()

    thread = threading.Thread(target=run, daemon=True)
    with interruptible() as pressed:
        waiting = _Waiting(stop, pressed, on_press, on_stop, until)
        thread.start()
        while not ended.is_set():
            try:
                if not ended.wait(_SECONDS_BETWEEN_REPORTS) and on_tick and not stop.is_set():
                    on_tick()
            except KeyboardInterrupt:
                waiting.press()
            if waiting.is_over(patience) and not ended.is_set():
                stop.set()
                abandon(thread)
                raise SearchAbandoned
    if errors:
        raise errors[0]
    return outcome[0]


def run_uninterruptible(
    search: Callable[[], Result], until: float = math.inf, on_stop: Callable[[], None] | None = None
) -> Result:
    """Run a search that ends with all its results or none; ``on_stop`` as for :func:`run_interruptibly`.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C.
    SearchAbandoned
        If it runs past ``until``, on the clock of ``time.perf_counter()``. Then, and after Ctrl-C, its data must not
        be used any more.
    """
    pressed = threading.Event()
    try:
        found = run_interruptibly(search, threading.Event(), on_press=pressed.set, on_stop=on_stop, until=until)
    except SearchAbandoned:
        if pressed.is_set():
            raise KeyboardInterrupt from None
        raise
    if pressed.is_set():
        raise KeyboardInterrupt
    return found


class _Waiting:
    """Deadlines of a search that is waited for."""

    def __init__(
        self,
        stop: threading.Event,
        pressed: threading.Event,
        on_press: Callable[[], None] | None,
        on_stop: Callable[[], None] | None,
        until: float,
    ) -> None:
        self.until, self.late = until, min(grace(until - time.perf_counter()), LATE)
        self.stop, self.pressed, self.on_press, self.on_stop = stop, pressed, on_press, on_stop
        self.noted = False
        self.stopped = math.inf

    def press(self) -> None:
        """Record a Ctrl-C; a second one raises."""
        if self.noted:
            raise KeyboardInterrupt
        self.noted = True
        if self.on_press is not None:
            self.on_press()
        self.stop.set()

    def is_over(self, patience: float) -> bool:
        """Return whether the time that the search gets to stop is over."""
        if self.pressed.is_set() and not self.noted:
            self.press()
        now = time.perf_counter()
        if self.stopped == math.inf and (self.stop.is_set() or now > self.until):
            self.stopped = now
            if self.on_stop is not None:
                self.on_stop()
        return now > min(self.stopped + (PRESSED if self.noted else patience), self.until + self.late)


def abandon(thread: threading.Thread) -> None:
    """Continue without a thread that is inside a solver; the interpreter waits for it at exit."""
    if not _abandoned:
        atexit.register(_outlive)
    _abandoned.append(thread)


def _outlive() -> None:
    """Wait for abandoned searches; if one does not end, end the process at once, since the search would crash it.

    The exit code is then 1: that of the program is unknown here, and a failure must not look like a success.
    """
    until = time.perf_counter() + _AT_EXIT
    for thread in _abandoned:
        thread.join(max(until - time.perf_counter(), 0.0))
    if any(thread.is_alive() for thread in _abandoned):
        message = f"capopt: a search does not stop within {_AT_EXIT:g} s; the process ends without it"
        with contextlib.suppress(OSError, ValueError, AttributeError):  # streams may be closed or missing
            print(message, file=sys.stderr)
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(1)

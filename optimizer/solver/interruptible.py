"""A search in a thread of its own, so that signals and the clock reach us while it runs.

A search that does not stop when it should is left behind: it goes on in its thread until it ends by itself or the
process does.
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

Result = TypeVar("Result")

_SECONDS_BETWEEN_REPORTS = 0.1
PRESSED = 0.7
"""Seconds that a search gets to stop after Ctrl-C."""
LATE = 1.0
"""Seconds that a search gets to stop after its time limit."""
_AT_EXIT = 10.0  # seconds that what was left behind gets when the interpreter ends

_left: list[threading.Thread] = []


class SearchAbandoned(Exception):
    """Raised for a search that did not stop when it should."""


def run_interruptibly(
    search: Callable[[], Result],
    stop: threading.Event,
    tell: Callable[[], None] | None = None,
    on_press: Callable[[], None] | None = None,
    on_stop: Callable[[], None] | None = None,
    until: float = math.inf,
    patience: float = math.inf,
) -> Result:
    """Run a search in a thread of its own; what it returns or raises, this does.

    Parameters
    ----------
    search : callable
        What takes long. It is to end soon after ``stop`` is set.
    stop : threading.Event
        Set by the first Ctrl-C, by others, and when the search is left behind. A second Ctrl-C leaves at once.
    tell : callable, optional
        Called in the calling thread about ten times a second until then.
    on_press : callable, optional
        Called once when Ctrl-C comes.
    on_stop : callable, optional
        Called once when the search is to stop, for whatever reason.
    until : float
        When it should have stopped by itself, by ``time.perf_counter()``.
    patience : float
        Seconds from when ``stop`` is set, after which it is left behind; if Ctrl-C set it, :data:`PRESSED` count, and
        from ``until`` on :data:`LATE`.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C comes twice.
    SearchAbandoned
        If it does not stop.
    """
    outcome: list[Result] = []
    errors: list[BaseException] = []
    ended = threading.Event()  # Ctrl-C in Thread.join() takes a thread that still runs for one that has ended

    def run() -> None:
        try:
            outcome.append(search())
        except BaseException as error:  # noqa: BLE001 - raised again below, where somebody hears it
            errors.append(error)
        finally:
            ended.set()

    thread = threading.Thread(target=run, daemon=True)
    with interruptible() as pressed:
        waiting = _Waiting(stop, pressed, on_press, on_stop)
        thread.start()
        while not ended.is_set():
            try:
                if not ended.wait(_SECONDS_BETWEEN_REPORTS) and tell and not stop.is_set():
                    tell()
            except KeyboardInterrupt:
                waiting.press()
            if waiting.is_over(until, patience) and not ended.is_set():
                stop.set()
                abandon(thread)
                raise SearchAbandoned
    if errors:
        raise errors[0]
    return outcome[0]


def run_uninterruptible(search: Callable[[], Result], until: float = math.inf) -> Result:
    """Run a short search that cannot be asked to stop.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C comes.
    SearchAbandoned
        If it goes on past ``until``, by ``time.perf_counter()``; in that case and after Ctrl-C it must be left alone.
    """
    pressed = threading.Event()
    try:
        found = run_interruptibly(search, threading.Event(), on_press=pressed.set, until=until)
    except SearchAbandoned:
        if pressed.is_set():
            raise KeyboardInterrupt from None
        raise
    if pressed.is_set():
        raise KeyboardInterrupt
    return found


class _Waiting:
    """Since when a search that is waited for should have stopped."""

    def __init__(
        self,
        stop: threading.Event,
        pressed: threading.Event,
        on_press: Callable[[], None] | None,
        on_stop: Callable[[], None] | None,
    ) -> None:
        self.stop, self.pressed, self.on_press, self.on_stop = stop, pressed, on_press, on_stop
        self.noted = False
        self.stopped = math.inf

    def press(self) -> None:
        """Take note of a Ctrl-C that raised; a second one raises again."""
        if self.noted:
            raise KeyboardInterrupt
        self.noted = True
        if self.on_press is not None:
            self.on_press()
        self.stop.set()

    def is_over(self, until: float, patience: float) -> bool:
        """Whether the search has had all the time it gets to stop."""
        if self.pressed.is_set() and not self.noted:
            self.press()
        now = time.perf_counter()
        if self.stopped == math.inf and (self.stop.is_set() or now > until):
            self.stopped = now
            if self.on_stop is not None:
                self.on_stop()
        return now > min(self.stopped + (PRESSED if self.noted else patience), until + LATE)


def abandon(thread: threading.Thread) -> None:
    """Go on without a thread that is inside a solver, which the interpreter must outlive."""
    if not _left:
        atexit.register(_outlive)
    _left.append(thread)


def _outlive() -> None:
    """Wait for what was left behind; where that does not end, end the process at once, since it would crash it.

    The exit code is 1 then: that of the program is not known here, and a failure must not look like a success.
    """
    until = time.perf_counter() + _AT_EXIT
    for thread in _left:
        thread.join(max(until - time.perf_counter(), 0.0))
    if any(thread.is_alive() for thread in _left):
        message = f"capopt: a search does not stop within {_AT_EXIT:g} s; the process ends without it"
        with contextlib.suppress(OSError, ValueError, AttributeError):  # of streams that are closed or not there
            print(message, file=sys.stderr)
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(1)

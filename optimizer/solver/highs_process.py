"""HiGHS calls that may ignore interruption, run in a process that can be terminated.

Within this process HiGHS runs in threads (:mod:`optimizer.solver.interruptible`), which cannot be terminated. That is
enough for a search, which reports its incumbents as it finds them. Feasibility checks run here, and so must `getIis`:
it holds the interpreter's lock while it solves, which blocks Ctrl-C and the time limit.
"""

from __future__ import annotations

import atexit
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from optimizer.interruption import StopFlag, interruptible
from optimizer.solver.solution import grace

if TYPE_CHECKING:
    from optimizer.program.arrays import Arrays, Floats

_MORE = 0.5  # seconds beyond its limit that a call gets at most
_TICK = 0.05
_RESTED = 30.0  # seconds after which a process that waits is not used again: it ends by itself after twice as long


def run_in_process(
    arrays: Arrays,
    settings: dict[str, Any],
    seconds: float,
    start: Floats | None = None,
    stop: StopFlag | None = None,
) -> dict[str, Any] | None:
    """Solve a program; an infeasible verdict is confirmed without presolve.

    Parameters
    ----------
    arrays : Arrays
        The program.
    settings : dict
        Options of HiGHS; its time limit is set.
    seconds : float
        Time limit; soon after it the process is ended.
    start : ndarray, optional
        Solution from which a mixed-integer search begins; ignored if it is infeasible.
    stop : StopFlag, optional
        Ends the search without an answer.

    Returns
    -------
    dict or None
        ``status`` (name of HiGHS's model status), ``feasible`` (whether it has a solution), ``objective``, ``bound``
        (-inf where nothing is proven), ``values`` (None where there is no solution) and ``row_duals``; None where no
        answer came in time. A status of infeasible is confirmed.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C came.
    """
    return _call("solve", arrays, {"time_limit": max(seconds, 0.0), **settings}, seconds, start, stop)


def iis_in_process(arrays: Arrays, strategy: int, seconds: float) -> dict[str, Any] | None:
    """Irreducible infeasible subsystem of a program, as HiGHS names it.

    Returns
    -------
    dict or None
        ``valid``, ``status`` (HiGHS's mark), ``rows``, ``columns`` and ``upper`` (whether a column's upper bound is
        meant); None where no answer came in time.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C came.
    """
    settings = {"iis_strategy": strategy, "iis_time_limit": max(seconds, 0.0), "presolve": "off"}
    return _call("iis", arrays, settings, seconds)


def _call(
    name: str,
    arrays: Arrays,
    settings: dict[str, Any],
    seconds: float,
    start: Floats | None = None,
    stop: StopFlag | None = None,
) -> dict[str, Any] | None:
    if seconds <= 0 or getattr(sys, "frozen", False):  # frozen: the executable is not an interpreter
        return None
    with interruptible() as pressed:
        if pressed.is_set():
            raise KeyboardInterrupt
    program = {one.name: getattr(arrays, one.name) for one in fields(arrays)}
    with _process() as process:
        return process.call((name, program | {"columns": (), "rows": (), "start": start}, settings), seconds, stop)


class _Process:
    """A process that answers one request after the other."""

    def __init__(self) -> None:
        code = f"import sys; sys.path[:] = {sys.path!r}; from optimizer.solver.highs_process_main import main; main()"
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        command = [sys.executable, "-W", "ignore", "-c", code]
        self.popen = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere)
        self.parent = os.getpid()  # a fork of this process must leave it alone
        self.rests = time.perf_counter()

    @property
    def usable(self) -> bool:
        """Whether it is there and ours."""
        rested = time.perf_counter() - self.rests
        return self.parent == os.getpid() and rested < _RESTED and self.popen.poll() is None

    def call(self, request: Any, seconds: float, stop: StopFlag | None = None) -> dict[str, Any] | None:
        """Return the answer to a request; end the process if none comes in time, its start included, or Ctrl-C does.

        ``stop`` ends it, too.
        """
        exchange = _Exchange(self.popen, request, seconds)
        until = exchange.began + seconds + min(grace(seconds), _MORE)
        with interruptible() as pressed:
            try:
                while not exchange.ended.wait(_TICK):
                    if pressed.is_set():
                        raise KeyboardInterrupt
                    if time.perf_counter() > until or (stop is not None and stop.is_set()):
                        break
            finally:
                if not exchange.ended.is_set() or exchange.answer is None:
                    self.end()
        return exchange.answer

    def end(self) -> None:
        """End it."""
        if self.parent != os.getpid():
            return
        self.popen.kill()
        self.popen.wait()
        for stream in (self.popen.stdin, self.popen.stdout):
            assert stream is not None
            try:
                stream.close()
            except OSError:  # what was not sent yet cannot be any more
                continue


class _Exchange:
    """One request and its answer, in a thread that ends at the latest with the process."""

    def __init__(self, popen: subprocess.Popen[bytes], request: Any, seconds: float) -> None:
        self.popen, self.request, self.seconds = popen, request, seconds
        self.began = time.perf_counter()
        self.answer: dict[str, Any] | None = None
        self.ended = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        sent, received = self.popen.stdin, self.popen.stdout
        assert sent is not None
        assert received is not None
        try:
            pickle.load(received)  # it is ready
            name, program, settings = self.request
            spent = time.perf_counter() - self.began  # to start the process
            limits = {key: max(value - spent, 0.0) for key, value in settings.items() if key.endswith("time_limit")}
            pickle.dump((name, program, settings | limits, max(self.seconds - spent, 0.0)), sent)
            sent.flush()
            self.answer = pickle.load(received)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            self.answer = None  # the process has ended, or was ended
        finally:
            self.ended.set()


# ---------------------------------------------------------------- processes that wait for the next request
_idle: list[_Process] = []
_lock = threading.Lock()


@contextmanager
def _process() -> Iterator[_Process]:
    """A process: one that waits, or a new one. It waits again afterwards, if it still is there."""
    with _lock:
        process = _idle.pop() if _idle else None
    if process is not None and not process.usable:
        process.end()
        process = None
    process = process or _Process()
    yield process
    process.rests = time.perf_counter()
    if process.usable:
        with _lock:
            _idle.append(process)


@atexit.register
def end_processes() -> None:
    """End the processes that wait."""
    with _lock:
        while _idle:
            _idle.pop().end()

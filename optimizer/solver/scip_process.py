"""SCIP in a process of its own: what it finds comes through a pipe, and what is found elsewhere goes to it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from optimizer.errors import CapoptError
from optimizer.program.compile import Arrays, Floats
from optimizer.solver.solution import Options, Stop

_PATIENCE = 2.0  # seconds that a process gets to end once its pipe is closed


class ScipProcess:
    """How SCIP stands in the process beside this one.

    Attributes
    ----------
    objective, values : float, ndarray
        Of its best solution; infinite and None before there is one.
    bound : float
        What it has proven.
    nodes, iterations : int
        Branch-and-bound nodes and simplex iterations.
    stop : Stop or None
        Why it stopped, once it has.
    failure : str
        Why it failed; empty if it has not.
    """

    def __init__(self, process: Any, pipe: Connection) -> None:
        self.objective, self.bound = np.inf, -np.inf
        self.values: Floats | None = None
        self.nodes = self.iterations = 0
        self.stop: Stop | None = None
        self.failure = ""
        self._process, self._pipe = process, pipe
        self._ready = False

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.stop is not None or bool(self.failure)

    def listen(self) -> bool:
        """Take over what it has told; returns whether a better solution is among it."""
        before = self.objective
        try:
            while not self.ended and self._pipe.poll():
                self._take(*self._pipe.recv())
        except (EOFError, OSError):
            self._process.join(_PATIENCE)
            self.failure = self.failure or f"its process ended with {self._process.exitcode}"
        return self.objective < before

    def _take(self, what: str, *told: Any) -> None:
        if what == "ready":
            self._ready = True
        elif what == "solution":
            self.objective, self.values = told
        elif what == "bound":
            self.bound, self.nodes = max(self.bound, told[0]), told[1]
        elif what == "failure":
            self.give_up(str(told[0]))
        else:
            self.stop, bound, self.nodes, self.iterations = told
            self.bound = max(self.bound, bound)

    def offer(self, values: Floats) -> bool:
        """Send it a solution; returns whether it is there to take it."""
        if not self._ready or self.ended:
            return False
        try:
            self._pipe.send(values)
        except OSError:
            return False  # listen() tells why
        return True

    def give_up(self, why: str) -> None:
        """Believe nothing of it any more."""
        self.failure = why
        self.objective, self.values, self.bound = np.inf, None, -np.inf

    def end(self) -> None:
        """End its process."""
        self._pipe.close()
        self._process.kill()
        self._process.join()


@contextmanager
def start_scip(arrays: Arrays, options: Options) -> Iterator[ScipProcess]:
    """SCIP at work on the program in a process of its own, which has ended when the block has, however that ends."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    bare = replace(arrays, columns=(), rows=())  # names stay here
    process = context.Process(target=_race, args=(bare, options, theirs), daemon=True)
    with _block_sigint():
        process.start()
    theirs.close()
    beside = ScipProcess(process, ours)
    try:
        yield beside
    finally:
        beside.end()


@contextmanager
def _block_sigint() -> Iterator[None]:
    """Start processes that do not hear Ctrl-C, which reaches every process at a terminal; this one hears it later."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# ---------------------------------------------------------------- in the process beside
def _race(arrays: Arrays, options: Options, pipe: Connection) -> None:
    """Solve with SCIP, and tell through the pipe what comes of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sender = _Sender(pipe)
    try:
        _search(arrays, options, sender)
    except CapoptError as error:
        sender.send("failure", str(error))
    except Exception as error:  # noqa: BLE001 - the process that hears it goes on without this one
        sender.send("failure", f"{type(error).__name__}: {error}")


class _Sender:
    """Sends through the pipe, from any thread."""

    def __init__(self, pipe: Connection) -> None:
        self.pipe = pipe
        self._lock = threading.Lock()

    def send(self, *what: Any) -> None:
        """Send; where nobody listens any more, end this process."""
        with self._lock:
            try:
                self.pipe.send(what)
            except OSError:
                os._exit(0)


def _search(arrays: Arrays, options: Options, sender: _Sender) -> None:
    from optimizer.solver.scip import Model

    model = Model(arrays)
    model.on_incumbent = lambda objective, values: sender.send("solution", objective, values)

    def receive() -> None:
        while True:
            try:
                model.offer(sender.pipe.recv())
            except (EOFError, OSError):
                os._exit(0)  # the race is over

    threading.Thread(target=receive, daemon=True).start()
    sender.send("ready")

    def report(incumbent: float | None, bound: float | None, nodes: int, source: str = "", /) -> None:
        if bound is not None:
            sender.send("bound", bound, nodes)

    found = model.solve(options, report)
    sender.send("end", found.stop, found.bound, found.nodes, found.iterations)

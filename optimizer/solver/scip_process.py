"""SCIP in a separate process: a pipe carries its incumbents and bounds here, and external solutions to it."""

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
from optimizer.program.arrays import Arrays, Floats
from optimizer.solver.solution import Options, Stop

_PATIENCE = 2.0  # seconds that a process gets to end once its pipe is closed


class ScipProcess:
    """State of SCIP in its process.

    Attributes
    ----------
    objective, values : float, ndarray
        Its incumbent; infinite and None before there is one.
    bound : float
        Its dual bound.
    nodes, iterations : int
        Branch-and-bound nodes and simplex iterations.
    stop : Stop or None
        Stop reason, once it has stopped.
    failure : str
        Error message; empty if it has not failed.
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
        """Whether it has stopped or failed."""
        return self.stop is not None or bool(self.failure)

    def listen(self) -> bool:
        """Read all messages that have arrived; return whether they improve the incumbent."""
        before = self.objective
        try:
            while not self.ended and self._pipe.poll():
                self._read(*self._pipe.recv())
        except (EOFError, OSError):
            self._process.join(_PATIENCE)
            self.failure = self.failure or f"its process ended with {self._process.exitcode}"
        return self.objective < before

    def _read(self, kind: str, *values: Any) -> None:
        if kind == "ready":
            self._ready = True
        elif kind == "solution":
            self.objective, self.values = values
        elif kind == "bound":
            self.bound, self.nodes = max(self.bound, values[0]), values[1]
        elif kind == "failure":
            self.give_up(str(values[0]))
        else:
            self.stop, bound, self.nodes, self.iterations = values
            self.bound = max(self.bound, bound)

    def offer(self, values: Floats) -> bool:
        """Send a solution to SCIP; return whether it is ready to receive it."""
        if not self._ready or self.ended:
            return False
        try:
            self._pipe.send(values)
        except OSError:
            return False  # listen() reports why
        return True

    def give_up(self, why: str) -> None:
        """Record a failure and discard its incumbent and bound."""
        self.failure = why
        self.objective, self.values, self.bound = np.inf, None, -np.inf

    def end(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.kill()
        self._process.join()


@contextmanager
def start_scip(arrays: Arrays, options: Options) -> Iterator[ScipProcess]:
    """Run SCIP on the program in a separate process, which is ended on leaving the block."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    bare = replace(arrays, columns=(), rows=())  # names are not needed there
    process = context.Process(target=_solve, args=(bare, options, theirs), daemon=True)
    with _block_sigint():
        process.start()
    theirs.close()
    scip = ScipProcess(process, ours)
    try:
        yield scip
    finally:
        scip.end()


@contextmanager
def _block_sigint() -> Iterator[None]:
    """Block SIGINT while a process is started, which inherits that; Ctrl-C takes effect here afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# ---------------------------------------------------------------- in the other process
def _solve(arrays: Arrays, options: Options, pipe: Connection) -> None:
    """Solve with SCIP, and send progress and result through the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sender = _Sender(pipe)
    try:
        _search(arrays, options, sender)
    except CapoptError as error:
        sender.send("failure", str(error))
    except Exception as error:  # noqa: BLE001 - the main process continues without this one
        sender.send("failure", f"{type(error).__name__}: {error}")


class _Sender:
    """Pipe that can be used from any thread."""

    def __init__(self, pipe: Connection) -> None:
        self.pipe = pipe
        self._lock = threading.Lock()

    def send(self, *message: Any) -> None:
        """Send a message; end this process if the pipe is closed."""
        with self._lock:
            try:
                self.pipe.send(message)
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

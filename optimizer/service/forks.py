"""Processes forked from one that has loaded the library: they start in milliseconds."""

from __future__ import annotations

import multiprocessing
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from typing import Any

from optimizer.interruption import ctrl_c_blocked

_CONTEXT = multiprocessing.get_context("forkserver")
_LOADED = "optimizer.service.preload"
_TRIES = 10  # to start a process: the one from which it is forked may end meanwhile, and is started again
_PAUSE = 0.05  # seconds between two tries
pipe = _CONTEXT.Pipe


def start(work: Callable[..., object], *arguments: Any) -> ForkServerProcess:
    """Start a process; the first one starts that from which all are forked, which loads what this one has, too."""
    known = sorted(name for name in list(sys.modules) if name.startswith("optimizer."))
    _CONTEXT.set_forkserver_preload([_LOADED, *known])
    for attempt in range(_TRIES):
        process = _CONTEXT.Process(target=work, args=arguments, daemon=True)
        try:
            with ctrl_c_blocked():
                process.start()
            break
        except (OSError, EOFError):
            if attempt + 1 == _TRIES:
                raise
            time.sleep(_PAUSE)
    return process


def dask_setup(_: object) -> None:
    """Load the library as soon as a worker starts; Dask calls this in each of its workers."""
    threading.Thread(target=warm_up, daemon=True).start()


def warm_up() -> None:
    """Let the process from which others are forked load the library now."""
    start(_nothing).join()


def _nothing() -> None:
    """Do nothing: a process that runs this shows that it could be forked."""

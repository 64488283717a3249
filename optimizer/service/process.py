"""A process for one job as its worker sees it: events, memory, cancelling, and its end."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import psutil

from optimizer.service import child, forks

_LOG = 4000  # characters of what the process printed on standard error that are kept
_LOG_FILE = "log"


class JobProcess:
    """A process that answers one request; it leads a process group of its own.

    Parameters
    ----------
    folder : Path
        Folder of the job.
    request : dict
        What to do, for :func:`optimizer.service.child.main`.
    """

    def __init__(self, folder: Path, request: dict[str, Any]) -> None:
        self.log_file = folder / _LOG_FILE
        self.link, there = forks.pipe(duplex=True)
        self.process = forks.start(child.main, there, request, self.log_file)
        there.close()
        self.peak_mb = self.cpu_seconds = 0.0
        self.is_silent = False

    def cancel(self) -> None:
        """Let the search end and keep its plan."""
        with suppress(OSError):  # it has ended: its end is seen elsewhere
            self.link.send_bytes(child.CANCEL)

    def is_running(self) -> bool:
        """Return whether it is there."""
        return self.process.is_alive()

    def wait(self, seconds: float) -> None:
        """Wait for events, or its end."""
        wait([self.process.sentinel, *([] if self.is_silent else [self.link])], seconds)

    def drain(self) -> Iterator[dict[str, Any]]:
        """Yield the events that have come since the last call."""
        with suppress(EOFError, OSError):
            while not self.is_silent and self.link.poll():
                try:
                    text = self.link.recv_bytes()
                except (EOFError, OSError):
                    self.is_silent = True
                    raise
                yield json.loads(text)

    def measure(self) -> float:
        """Return the memory in MB that it and its own processes use now."""
        total = 0
        with suppress(psutil.Error):
            one = psutil.Process(self.process.pid)
            times = one.cpu_times()
            self.cpu_seconds = sum(times[:4])
            for each in (one, *one.children(recursive=True)):
                with suppress(psutil.Error):
                    total += each.memory_info().rss
        self.peak_mb = max(self.peak_mb, total / 2**20)
        return total / 2**20

    def ended_by(self) -> str:
        """Return the name of the signal that ended it, or its exit code, once it has ended."""
        self.process.join()
        code = self.process.exitcode or 0
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def log(self) -> str:
        """Return the end of what it printed on standard error."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")[-_LOG:] if self.log_file.exists() else ""

    def end(self) -> None:
        """Kill it with all its processes, and wait until it is gone."""
        assert self.process.pid is not None
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()  # it may not lead its group yet
        self.process.join()

    def close(self) -> None:
        """Close the connection to it, after its end."""
        self.link.close()
        self.process.close()

"""A process for one job as its worker sees it: events, memory, cancelling, and its end."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psutil

from optimizer.service.child import CANCEL

_LOG = 4000  # characters of what the process printed on standard error that are kept


class JobProcess:
    """A process that has loaded what a job needs, and waits for one request; it leads a process group of its own."""

    def __init__(self) -> None:
        code = f"import sys; sys.path[:] = {sys.path!r}; from optimizer.service.child import main; main()"
        pipe = subprocess.PIPE
        self.popen = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", code],
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            text=True,
            start_new_session=True,
        )
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()
        self.log = ""
        self.peak_mb = self.cpu_seconds = 0.0
        self.readers = [threading.Thread(target=read, daemon=True) for read in (self._read_events, self._read_log)]
        for reader in self.readers:
            reader.start()

    def send(self, request: dict[str, Any]) -> None:
        """Send the request."""
        self._write(json.dumps(request) + "\n")

    def cancel(self) -> None:
        """Let the search end and keep its plan."""
        self._write(CANCEL)

    def _write(self, text: str) -> None:
        assert self.popen.stdin is not None
        with suppress(OSError):  # it has ended: its end is seen elsewhere
            self.popen.stdin.write(text)
            self.popen.stdin.flush()

    def is_running(self) -> bool:
        """Return whether it is there."""
        return self.popen.poll() is None

    def drain(self) -> Iterator[dict[str, Any]]:
        """Yield the events that have come since the last call."""
        with suppress(queue.Empty):
            while True:
                yield self.events.get_nowait()

    def measure(self) -> float:
        """Return the memory in MB that it and its own processes use now."""
        total = 0
        with suppress(psutil.Error):
            one = psutil.Process(self.popen.pid)
            times = one.cpu_times()
            self.cpu_seconds = sum(times[:4])
            for each in (one, *one.children(recursive=True)):
                with suppress(psutil.Error):
                    total += each.memory_info().rss
        self.peak_mb = max(self.peak_mb, total / 2**20)
        return total / 2**20

    def ended_by(self) -> str:
        """Return the name of the signal that ended it, or its exit code, once it has ended."""
        code = self.popen.wait()
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def end(self) -> None:
        """Kill it with all its processes, and wait until it is gone."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()
        for reader in self.readers:
            reader.join(1.0)
        for stream in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
            assert stream is not None
            with suppress(OSError, ValueError):
                stream.close()

    def _read_events(self) -> None:
        assert self.popen.stdout is not None
        with suppress(ValueError):
            for line in self.popen.stdout:
                self.events.put(json.loads(line))

    def _read_log(self) -> None:
        assert self.popen.stderr is not None
        with suppress(ValueError):
            for line in self.popen.stderr:
                self.log = (self.log + line)[-_LOG:]


class SpareProcess:
    """The process for the next job, started while there is none."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.spare: JobProcess | None = None

    def prepare(self) -> None:
        """Start a process, unless one waits."""
        with self.lock:
            if self.spare is None or not self.spare.is_running():
                self.spare = JobProcess()

    def take(self) -> JobProcess:
        """Return a process for a job: the one that waits, or a new one."""
        with self.lock:
            found, self.spare = self.spare, None
        return found if found is not None and found.is_running() else JobProcess()

    def end(self) -> None:
        """End the process that waits."""
        with self.lock:
            found, self.spare = self.spare, None
        if found is not None:
            found.end()

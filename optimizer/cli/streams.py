"""Standard output and standard error that never end a command: closed, full, or with nobody who reads them."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Steady(io.FileIO):
    """A stream that drops what it cannot write, and remembers why."""

    failure: OSError | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        size = memoryview(data).nbytes
        if self.failure is None:
            try:
                return super().write(data)
            except OSError as error:
                self.failure = error
        return size


def open_missing() -> None:
    """Open the null device for each of the three standard streams that is closed.

    Otherwise the next file opened would get its number, and be written to by all that prints.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one
    for name, number in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            raw = io.FileIO(number, "w", closefd=False)
            setattr(sys, name, io.TextIOWrapper(io.BufferedWriter(raw), "utf-8"))


def make_steady() -> None:
    """Let no failing write to standard output or error end the work; `failure` returns it at the end."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
            setattr(sys, name, _steady(stream))


def failure() -> OSError | None:
    """Why standard output could not be written, once everything is flushed; None if it was, or nobody read it."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    found = raw.failure if isinstance(raw, _Steady) else None
    return None if isinstance(found, BrokenPipeError) else found


def _steady(stream: TextIO) -> io.TextIOWrapper:
    raw = _Steady(stream.fileno(), "w", closefd=False)
    lines = stream.isatty() or stream is sys.stderr
    return io.TextIOWrapper(io.BufferedWriter(raw), stream.encoding, "replace", line_buffering=lines)

"""Ctrl-C and SIGTERM while a search runs: the first stops it and keeps its best plan, a second one ends at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Interruption:
    """Handler of both signals: sets an event the first time, where that is enough, and raises otherwise."""

    def __init__(self, deferring: bool) -> None:
        self.pressed = threading.Event()
        self.deferring = deferring
        self.finishing = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.deferring and not self.pressed.is_set():
            self.pressed.set()
            return
        raise KeyboardInterrupt


_current: _Interruption | None = None


@contextmanager
def interruptible(*, from_search_on: bool = False) -> Iterator[threading.Event]:
    """Let the first Ctrl-C (or SIGTERM, where it raises as Ctrl-C does) set an event instead of raising.

    So no instruction between the end of a search and its result can lose the result. Blocks nest: the outermost one
    counts, and its event stays set for all within. In other threads than the main one, and where the program has
    handlers of its own, nothing is changed, and the event is set by nobody.

    Parameters
    ----------
    from_search_on : bool
        Raise at once until a block within begins, which is a search: before, there is nothing to keep.

    Yields
    ------
    threading.Event
        Set by the first signal.
    """
    global _current  # noqa: PLW0603 - signal handlers are the process's
    if threading.current_thread() is not threading.main_thread():
        yield threading.Event()
        return
    if _current is not None:
        _current.deferring |= not from_search_on
        yield threading.Event() if _current.finishing else _current.pressed
        return
    one = _Interruption(deferring=not from_search_on)
    mine = [number for number in SIGNALS if signal.getsignal(number) is signal.default_int_handler]
    _current = one
    try:
        for number in mine:
            signal.signal(number, one)
        yield one.pressed
    finally:
        _current = None
        for number in mine:
            signal.signal(number, signal.default_int_handler)


@contextmanager
def finishing() -> Iterator[bool]:
    """Let what finishes a result off run although Ctrl-C has come; yields whether it has."""
    main = threading.current_thread() is threading.main_thread()
    one = _current if main else None
    if one is None or one.finishing or not one.pressed.is_set():
        yield one is not None and one.pressed.is_set()
        return
    one.finishing = True
    try:
        yield True
    finally:
        one.finishing = False


def end_as_by_ctrl_c() -> None:
    """Let SIGTERM do in this process what Ctrl-C does, unless it is ignored or handled already."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)

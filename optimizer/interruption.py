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

    def __init__(self, ends_all: bool) -> None:
        self.pressed = threading.Event()
        self.ends_all = ends_all
        self.searches = 0  # blocks that are searches, one within the other
        self.deferring = self.finishing = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.deferring and not self.pressed.is_set():
            self.pressed.set()
            return
        raise KeyboardInterrupt

    @contextmanager
    def search(self) -> Iterator[threading.Event]:
        """Block of a search."""
        self.searches += 1
        self.deferring = True
        try:
            yield threading.Event() if self.finishing else self.pressed
        finally:
            self.searches -= 1
            if self.ends_all and not self.searches:
                self.deferring = False
        if self.ends_all and not self.searches and self.pressed.is_set():
            raise KeyboardInterrupt


_current: _Interruption | None = None


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Let the first Ctrl-C (or SIGTERM, where it raises as Ctrl-C does) set an event instead of raising.

    So no instruction between the end of a search and its result can lose the result. Blocks nest: the outermost one
    counts, and its event stays set for all within. In other threads than the main one, and where the program has
    handlers of its own, nothing is changed, and the event is set by nobody.

    Yields
    ------
    threading.Event
        Set by the first signal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield threading.Event()
    elif _current is not None:
        with _current.search() as pressed:
            yield pressed
    else:
        with _handled(_Interruption(ends_all=False)) as one, one.search() as pressed:
            yield pressed


@contextmanager
def interruptible_from_search_on() -> Iterator[None]:
    """Let Ctrl-C raise until an interruptible block begins within; from then on it sets the event to the end.

    Before the search there is nothing to keep, after it there is the plan.
    """
    with _outermost(ends_all=False):
        yield


@contextmanager
def ends_all_searches() -> Iterator[None]:
    """Let Ctrl-C end all searches within, as an exception: they are of no use one without the other.

    Raises
    ------
    KeyboardInterrupt
        At once between searches, else as soon as the search at hand has stopped.
    """
    with _outermost(ends_all=True):
        yield


@contextmanager
def _outermost(ends_all: bool) -> Iterator[None]:
    """The outermost block, unless there is one around it already or this is another thread."""
    if _current is not None or threading.current_thread() is not threading.main_thread():
        yield
        return
    with _handled(_Interruption(ends_all)):
        yield


@contextmanager
def _handled(one: _Interruption) -> Iterator[_Interruption]:
    """Handle the signals that raise KeyboardInterrupt so far."""
    global _current  # noqa: PLW0603 - signal handlers are the process's
    mine = [number for number in SIGNALS if signal.getsignal(number) is signal.default_int_handler]
    _current = one
    try:
        for number in mine:
            signal.signal(number, one)
        yield one
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

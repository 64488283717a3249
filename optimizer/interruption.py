"""Ctrl-C and SIGTERM during a search: the first stops it and keeps the incumbent, the second ends at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol


class StopFlag(Protocol):
    """Whether work should end: a ``threading.Event``, or what a cluster has in its place."""

    def is_set(self) -> bool:
        """Return whether it should."""


SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Interruption:
    """Handler of both signals: set an event the first time during a search, raise KeyboardInterrupt otherwise."""

    def __init__(self, ends_all: bool) -> None:
        self.pressed = threading.Event()
        self.ends_all = ends_all
        self.searches = 0  # depth of nested searches
        self.deferring = self.finishing = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.deferring and not self.pressed.is_set():
            self.pressed.set()
            return
        raise KeyboardInterrupt

    @contextmanager
    def search(self) -> Iterator[threading.Event]:
        """Mark a block as a search."""
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

    No signal between the end of a search and its result can then lose the result. Blocks can be nested: the outermost
    one is effective, and its event stays set for all inner ones. In other threads than the main one, and where the
    program has its own handlers, nothing is changed and the event is never set.

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
    """Let Ctrl-C raise until an interruptible block begins; from then on it sets the event until the end.

    Before the search there is no result to keep, after it there is the plan.
    """
    with _outermost(ends_all=False):
        yield


@contextmanager
def ends_all_searches() -> Iterator[None]:
    """Let Ctrl-C end all searches of a block by an exception, because only all results together are useful.

    Raises
    ------
    KeyboardInterrupt
        At once between searches, otherwise as soon as the current search has stopped.
    """
    with _outermost(ends_all=True):
        yield


@contextmanager
def _outermost(ends_all: bool) -> Iterator[None]:
    """Install the handler, unless an outer block has done so or this is not the main thread."""
    if _current is not None or threading.current_thread() is not threading.main_thread():
        yield
        return
    with _handled(_Interruption(ends_all)):
        yield


@contextmanager
def _handled(one: _Interruption) -> Iterator[_Interruption]:
    """Handle the signals that have raised KeyboardInterrupt so far."""
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
    """Let a block that completes a result run after Ctrl-C; yield whether Ctrl-C was pressed."""
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
    """Handle SIGTERM like Ctrl-C in this process, unless it is ignored or handled already."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)

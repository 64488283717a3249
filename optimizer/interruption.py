"""Ctrl-C and SIGTERM during a search: the first stops it and keeps the incumbent, the second ends at once.

A flag that a caller gives has the effect of the first Ctrl-C, in any thread.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol, TypeAlias

from optimizer.errors import StoppedWithoutPlan


class StopFlag(Protocol):
    """Whether work should end: a ``threading.Event``, or what a cluster has in its place."""

    def is_set(self) -> bool:
        """Return whether it should."""


Cancel: TypeAlias = StopFlag | Callable[[], bool]
"""What ends a long call of the library: a ``threading.Event``, or a function that returns whether it should end."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Thread(threading.local):
    """What a thread has: its handler, the flags of its callers, and whether it completes a result."""

    current: _Interruption | None = None
    cancels: tuple[Cancel, ...] = ()
    finishing = False


_thread = _Thread()


def is_set(cancel: Cancel) -> bool:
    """Return whether a flag says that the work should end."""
    return cancel() if callable(cancel) else cancel.is_set()


def is_cancelled() -> bool:
    """Return whether a flag of :func:`cancelled_by` is set in this thread, so that no further search is to begin."""
    return any(map(is_set, _thread.cancels))


class _Pressed(threading.Event):
    """Set by the first signal, or by a flag of a caller of this thread."""

    def is_set(self) -> bool:
        """Return whether it is set, or a flag is."""
        return super().is_set() or is_cancelled()


class _Interruption:
    """Handler of both signals: set an event the first time during a search, raise KeyboardInterrupt otherwise."""

    def __init__(self, ends_all: bool) -> None:
        self.pressed = _Pressed()
        self.ends_all = ends_all
        self.searches = 0  # depth of nested searches
        self.deferring = False

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
            yield threading.Event() if _thread.finishing else self.pressed
        finally:
            self.searches -= 1
            if self.ends_all and not self.searches:
                self.deferring = False
        if self.ends_all and not self.searches and self.pressed.is_set():
            raise KeyboardInterrupt


@contextmanager
def cancelled_by(cancel: Cancel | None) -> Iterator[None]:
    """Let a flag end the searches of a block as the first Ctrl-C does; None for no flag.

    The flag is looked at about ten times a second while a search runs, in the thread of this block.

    Raises
    ------
    StoppedWithoutPlan
        If the flag has ended the block before it had any result.
    """
    before = _thread.cancels
    _thread.cancels = before if cancel is None else (*before, cancel)
    try:
        yield
    except KeyboardInterrupt:
        if cancel is None or not is_set(cancel):
            raise
        raise StoppedWithoutPlan("it was cancelled before there was any result", interrupted=True) from None
    finally:
        _thread.cancels = before


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Let the first Ctrl-C (or SIGTERM, where it raises as Ctrl-C does) set an event instead of raising.

    No signal between the end of a search and its result can then lose the result. Blocks can be nested: the outermost
    one is effective, and its event stays set for all inner ones. In other threads than the main one, and where the
    program has its own handlers, only a flag of :func:`cancelled_by` sets the event.

    Yields
    ------
    threading.Event
        Set by the first signal, or by a flag.
    """
    if _thread.current is not None:
        with _thread.current.search() as pressed:
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
    """Install the handler, unless an outer block has done so."""
    if _thread.current is not None:
        yield
        return
    with _handled(_Interruption(ends_all)):
        yield


@contextmanager
def _handled(one: _Interruption) -> Iterator[_Interruption]:
    """Handle the signals that have raised KeyboardInterrupt so far; only the main thread may."""
    is_main = threading.current_thread() is threading.main_thread()
    mine = [number for number in SIGNALS if is_main and signal.getsignal(number) is signal.default_int_handler]
    _thread.current = one
    try:
        for number in mine:
            signal.signal(number, one)
        yield one
    finally:
        _thread.current = None
        for number in mine:
            signal.signal(number, signal.default_int_handler)


@contextmanager
def finishing() -> Iterator[bool]:
    """Let a block that completes a result run after Ctrl-C or a flag; yield whether there was one of them."""
    pressed = is_cancelled() or (_thread.current is not None and _thread.current.pressed.is_set())
    if _thread.finishing or not pressed:
        yield pressed
        return
    _thread.finishing = True
    try:
        yield True
    finally:
        _thread.finishing = False


@contextmanager
def ctrl_c_blocked() -> Iterator[None]:
    """Let processes and threads that are started in a block never see Ctrl-C: they end when this process wants it.

    In a terminal Ctrl-C is sent to all processes of a command. In the thread of the block it comes after its end.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # which would lift the block when it starts later
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_as_by_ctrl_c() -> None:
    """Handle SIGTERM like Ctrl-C in this process, unless it is ignored or handled already."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)

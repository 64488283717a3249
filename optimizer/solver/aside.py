"""A search in a thread of its own, so that Ctrl-C reaches us while it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

_SECONDS_BETWEEN_REPORTS = 0.1


def run_aside(
    search: Callable[[], Result],
    stop: threading.Event,
    tell: Callable[[], None] | None = None,
    interrupt: Callable[[], None] | None = None,
) -> Result:
    """Run a search in a thread of its own; what it returns or raises, this does.

    Parameters
    ----------
    search : callable
        What takes long. It is to end soon after ``stop`` is set.
    stop : threading.Event
        Set by the first Ctrl-C. A second one leaves at once, with the search still running.
    tell : callable, optional
        Called in the calling thread about ten times a second until then.
    interrupt : callable, optional
        Called once ``stop`` is set by Ctrl-C, for a search that does not look at it often enough.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C comes twice.
    """
    outcome: list[Result] = []
    errors: list[BaseException] = []
    ended = threading.Event()  # Ctrl-C in Thread.join() takes a thread that still runs for one that has ended

    def run() -> None:
        try:
            outcome.append(search())
        except BaseException as error:  # noqa: BLE001 - raised again below, where somebody hears it
            errors.append(error)
        finally:
            ended.set()

    threading.Thread(target=run, daemon=True).start()
    while not ended.is_set():
        try:
            if not ended.wait(_SECONDS_BETWEEN_REPORTS) and tell and not stop.is_set():
                tell()
        except KeyboardInterrupt:
            if stop.is_set():
                raise
            stop.set()
            if interrupt is not None:
                interrupt()
    if errors:
        raise errors[0]
    return outcome[0]

"""Control of the garbage collector for long-lived programs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_MOST = 200_000  # columns created between two collections: about 300 MB


class _Made:
    """Columns created since the last collection."""

    columns = 0


def freeze_program(columns: int) -> None:
    """Move all objects to the oldest generation, so that the collector does not traverse a new program three times.

    The oldest generation is collected rarely. To limit the memory of discarded programs, everything is collected once
    the programs before this one have many columns in all.

    Parameters
    ----------
    columns : int
        Number of columns of the new program.
    """
    if _Made.columns > _MOST:
        _Made.columns = 0
        gc.collect()
    _Made.columns += columns
    if not gc.get_freeze_count():  # otherwise other objects are frozen, and must stay so
        gc.freeze()
        gc.unfreeze()


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector: a program is millions of live objects that it would walk in vain."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()

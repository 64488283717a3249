"""The garbage collector and programs that live long."""

from __future__ import annotations

import gc

_MOST = 200_000  # columns that are made between two collections: about 300 MB


class _Made:
    """Columns made since the last collection."""

    columns = 0


def count_as_old(columns: int) -> None:
    """Count all that was made so far as old, so that the collector does not walk a new program thrice.

    What is old is collected rarely; so that programs let go of do not pile up, all is collected once the programs
    before this one come to many columns.

    Parameters
    ----------
    columns : int
        How many columns the new program has.
    """
    if _Made.columns > _MOST:
        _Made.columns = 0
        gc.collect()
    _Made.columns += columns
    if not gc.get_freeze_count():  # else something else is frozen, and is to stay so
        gc.freeze()
        gc.unfreeze()

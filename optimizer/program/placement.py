"""Where, at what size and when a training run can be placed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from optimizer.program.index import Index

Placement = tuple[str, str, float, int]  # run, pool, size, first month
Ints = NDArray[np.int64]
Spans = tuple[Ints, Ints, Ints]


def duration(index: Index, run: str, pool: str, size: float) -> int:
    """Full months that a run takes in a pool at a size."""
    known = index.durations.get((run, pool, size))
    if known is None:
        months: float = index.runs[run].work / (size * index.run_yields[run, pool])
        known = index.durations[run, pool, size] = max(1, math.ceil(months - 1e-9))
    return known


def last_month(index: Index, placement: Placement) -> int:
    """Month in which a placed run finishes."""
    run, pool, size, start = placement
    return start + duration(index, run, pool, size) - 1


def months_of(index: Index, placement: Placement) -> range:
    """Months of the plan that a placed run occupies; none if it is over before the plan or starts after it."""
    first = min(max(placement[3], 0), index.horizon)
    return range(first, max(min(last_month(index, placement) + 1, index.horizon), first))


def months_late(index: Index, placement: Placement) -> int:
    """Months after its target in which a placed run finishes; 0 without a target."""
    return late_months(index.runs[placement[0]], last_month(index, placement))


def late_months(row: Any, finished: int) -> int:
    """Months after its target in which a run finishes; 0 without a target."""
    return 0 if row.target is None else max(0, finished - int(row.target))


def is_over(row: Any) -> bool:
    """Whether the deadline of a run lies before the plan: it cannot be run, and costs nothing."""
    return int(row.deadline) < 0


def month_given_up(index: Index, run: str) -> int | None:
    """Month in which the penalty of a run that is not run is due: its deadline, within the plan; None if it is over."""
    row = index.runs[run]
    return None if is_over(row) else min(int(row.deadline), index.horizon - 1)


def placements(index: Index) -> list[Placement]:
    """Every place, size and start in which a run can finish by its deadline, in a pool that can be large enough.

    Runs that were placed before the plan have none.
    """
    found: list[Placement] = []
    for run, pool in index.run_yields:
        if run in index.runs_before:
            continue
        row = index.runs[run]
        final = min(int(row.deadline), index.horizon - 1)
        for size in row.sizes:
            months = duration(index, run, pool, size)
            room = index.most_capacity[pool] >= size * (1 - 1e-9)
            lacking = [0, *np.cumsum(~room).tolist()]
            starts = range(max(int(row.release), 0), final - months + 2)
            found += [(run, pool, size, s) for s in starts if lacking[s + months] == lacking[s]]
    return found


def spans(index: Index) -> Spans:
    """Place of the pool among all, first month and months taken, of every placement."""
    code = {pool: place for place, pool in enumerate(index.pools)}
    every = index.placements  # which works out the durations
    found = [(code[pool], start, index.durations[run, pool, size]) for run, pool, size, start in every]
    pools, starts, lengths = np.array(found, dtype=np.int64).reshape(-1, 3).T
    return pools, starts, lengths

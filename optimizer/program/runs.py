"""Training runs: time-indexed placement, one binary per pool, size and start."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from optimizer.program.index import Index
from optimizer.program.placement import is_over
from optimizer.program.program_data import ProgramData
from optimizer.program.row import Row

Occupants = tuple[list[float], list[int]]  # sizes of placements in the program's units, and their columns


def sets(index: Index) -> dict[str, list[Any]]:
    """Index sets of this room."""
    lasting = [name for name, row in index.runs.items() if not is_over(row) and name not in index.runs_before]
    return {"placed": index.placements, "not_run": lasting, "run_once": lasting}


def placements_by_pool(m: ProgramData) -> dict[tuple[str, int], Occupants]:
    """Placements that occupy each pool in each month, with their sizes in the program's units."""
    index, placed = m.index, m.col["placed"]
    sizes = np.array([size for _, _, size, _ in placed], dtype=float) / m.units.accelerators
    columns = np.fromiter(placed.values(), dtype=np.int64, count=len(placed))
    pools, (codes, starts, lengths) = list(index.pools), index.spans
    first = codes * index.horizon + starts
    begins = np.cumsum(lengths) - lengths
    slots = np.repeat(first - begins, lengths) + np.arange(lengths.sum())
    order = np.argsort(slots, kind="stable")
    found, ends = np.unique(slots[order], return_index=True)
    numbers = np.repeat(np.arange(len(lengths)), lengths)[order]
    sizes_there, columns_there, bounds = (
        sizes[numbers].tolist(),
        columns[numbers].tolist(),
        [*ends.tolist(), len(order)],
    )
    keys = ((pools[slot // index.horizon], slot % index.horizon) for slot in found.tolist())
    parts = (slice(*between) for between in pairwise(bounds))
    return {key: (sizes_there[part], columns_there[part]) for key, part in zip(keys, parts, strict=True)}


def limits_not_run(m: ProgramData, run: str) -> tuple[float, float]:
    """Bounds of ``not_run``: 0 where the run is required."""
    return 0.0, 0.0 if m.index.runs[run].required else 1.0


def run_once(m: ProgramData, run: str) -> Row:
    """A run is placed once, or not run.

    ``not_run[r] + sum(placed[r,p,m,s] over p, m, s) = 1`` for each run that was not placed before the plan and whose
    deadline is not before it.
    """
    return Row(m.col["not_run"][run], *m.placements_of.get(run, {}).values()).equals(1.0)

"""Training runs: time-indexed placement, one binary per pool, size and start."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.program.index import Index
from optimizer.program.placement import Placement
from optimizer.program.row import Row

Occupant = tuple[float, Any, Placement]  # size in the program's units, variable, placement


def sets(ix: Index) -> dict[str, list[Any]]:
    """Index sets of this room."""
    return {"placed": ix.placements, "not_run": list(ix.runs), "run_once": list(ix.runs)}


def occupants(m: Any) -> dict[tuple[str, int], list[Occupant]]:
    """Placements that occupy each pool in each month, with their sizes in the program's units."""
    unit, placed = m.units.accelerators, m.col["placed"]
    every = [(place[2] / unit, variable, place) for place, variable in placed.items()]
    found = _by_pool_and_month(m.ix)
    return {key: [every[number] for number in numbers] for key, numbers in found.items()}


def _by_pool_and_month(ix: Index) -> dict[tuple[str, int], list[int]]:
    """Numbers of the placements that occupy each pool in each month."""
    pools, (codes, starts, lengths) = list(ix.pools), ix.spans
    first = codes * ix.horizon + starts
    begins = np.cumsum(lengths) - lengths
    slots = np.repeat(first - begins, lengths) + np.arange(lengths.sum())
    order = np.argsort(slots, kind="stable")
    found, ends = np.unique(slots[order], return_index=True)
    numbers = np.repeat(np.arange(len(lengths)), lengths)[order].tolist()
    bounds = [*ends.tolist(), len(numbers)]
    keys = ((pools[slot // ix.horizon], slot % ix.horizon) for slot in found.tolist())
    return {key: numbers[bounds[n] : bounds[n + 1]] for n, key in enumerate(keys)}


def limits_placed(m: Any, run: str, pool: str, size: float, start: int) -> tuple[float, float]:
    """Bounds of ``placed``."""
    return 0.0, 1.0


def whole_placed(ix: Index, run: str, pool: str, size: float, start: int) -> bool:
    """``placed`` is always 0 or 1."""
    return True


def limits_not_run(m: Any, run: str) -> tuple[float, float]:
    """Bounds of ``not_run``: 0 where the run is required."""
    return 0.0, 0.0 if m.ix.runs[run].required else 1.0


def run_once(m: Any, run: str) -> Any:
    """A run is placed once, or not run."""
    places = m.placements_of.get(run, {}).values()
    row = Row().add(1.0, m.col["not_run"][run]).add(-1.0, 1.0)
    return row.add_all([1.0] * len(places), places).equals_zero()

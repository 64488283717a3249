"""Training runs: time-indexed placement, one binary per pool, size and start."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from optimizer.program.index import Index
from optimizer.program.placement import last_month
from optimizer.program.row import Row


def sets(ix: Index) -> dict[str, list[Any]]:
    """Index sets of this room."""
    return {"placed": ix.placements, "not_run": list(ix.runs), "run_once": list(ix.runs)}


def occupants(m: Any) -> dict[tuple[str, int], tuple[list[float], list[Any]]]:
    """Sizes and placements that occupy each pool in each month."""
    found: dict[tuple[str, int], tuple[list[float], list[Any]]] = defaultdict(lambda: ([], []))
    for placement, variable in m.col["placed"].items():
        _, pool, size, start = placement
        for t in range(start, last_month(m.ix, placement) + 1):
            sizes, variables = found[pool, t]
            sizes.append(size / m.units.accelerators)
            variables.append(variable)
    return found


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
    places = m.placements_of.get(run, [])
    row = Row(m.one).add(1.0, m.col["not_run"][run]).add(-1.0, 1.0)
    return row.add_all([1.0] * len(places), places).equals_zero()

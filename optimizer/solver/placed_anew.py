"""Training runs placed anew: edits that change how long a run takes, or where it fits, append columns to the program.

The columns of placements that are no longer possible, or take another time, stay where they are and are held at 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import numpy as np
from scipy.sparse import coo_array

from optimizer.program import runs
from optimizer.program.build import Program, gather_placements
from optimizer.program.compile import Arrays
from optimizer.program.parts import Name, Parts
from optimizer.program.placement import Placement, duration, last_month
from optimizer.schema import program_contents
from optimizer.solver.effects import Effect, Touched

_RUN = Effect(rows={"run_once": 0}, terms=("lateness",), quantities=("used", "served", "started"))
_POOL = Effect(rows={"pool_use": 0})


@dataclass(frozen=True)
class Anew:
    """Placements of training runs that were made anew.

    Attributes
    ----------
    columns : list of (str, key)
        Family and key of the placements, to be appended to the columns.
    stale : list of int
        Columns of the placements they are in place of.
    touched : list
        Rows and cash terms to be written anew.
    whole : bool
        Whether they are whole numbers.
    """

    columns: list[Name] = field(default_factory=list)
    stale: list[int] = field(default_factory=list)
    touched: list[Touched] = field(default_factory=list)
    whole: bool = False

    def append(self, arrays: Arrays, cells: list[tuple[int, int, float]]) -> Arrays:
        """Arrays with the columns behind the others; ``cells`` are their column, row and coefficient."""
        more, before = len(self.columns), len(arrays.cost)
        if not more:
            return arrays
        least, most = program_contents()["variables"]["placed"]["bounds"]
        columns, rows, values = zip(*cells, strict=True)
        shape = (len(arrays.row_lower), more)
        part = coo_array((values, (rows, np.array(columns) - before)), shape=shape).tocsc()
        return replace(
            arrays,
            cost=np.append(arrays.cost, np.zeros(more)),
            lower=np.append(arrays.lower, np.full(more, float(least))),
            upper=np.append(arrays.upper, np.full(more, float(most))),
            integer=np.append(arrays.integer, np.full(more, self.whole)),
            starts=np.append(arrays.starts, arrays.starts[-1] + part.indptr[1:]).astype(np.int64),
            indices=np.append(arrays.indices, part.indices).astype(np.int64),
            values=np.append(arrays.values, part.data),
            columns=(*arrays.columns, *self.columns),
        )


def place_anew(program: Program, m: Parts, *, relax: bool) -> Anew | None:
    """Place training runs anew where they take another time or fit elsewhere; None if that needs new rows.

    Parameters
    ----------
    program : Program
        As built.
    m : Parts
        Its parts with other data; gets the new placements.
    relax : bool
        Drop integrality.
    """
    old, new = program.index, m.ix
    if old.placements is new.placements:
        return Anew()
    before, after = _by_place(old), _by_place(new)
    changed = {place for place in {**before, **after} if before.get(place) != after.get(place)}
    fresh = [placement for placement in new.placements if placement[:2] in changed]
    used = m.col["used"]
    if any((p[1], t) not in used for p in fresh for t in range(p[3], last_month(new, p) + 1)):
        return None
    if not changed:
        return Anew()
    known = program.parts.col["placed"]
    stale = [column for placement, column in known.items() if placement[:2] in changed]
    _append(m, fresh, {placement: column for placement, column in known.items() if placement[:2] not in changed})
    touched = [(_RUN, {run for run, _ in changed}), (_POOL, {pool for _, pool in changed})]
    return Anew(m.names[len(program.columns) :], stale, touched, not relax)


def _by_place(ix: Any) -> dict[tuple[str, str], list[tuple[Placement, int]]]:
    """Placements with the months they take, by run and pool."""
    found: dict[tuple[str, str], list[tuple[Placement, int]]] = {}
    for placement in ix.placements:
        run, pool, size, _ = placement
        found.setdefault((run, pool), []).append((placement, duration(ix, run, pool, size)))
    return found


def _append(m: Parts, fresh: list[Placement], kept: dict[Placement, int]) -> None:
    """Append columns of placements to those of a program, which keeps some of its own."""
    known = kept | dict(zip(fresh, count(len(m.names)), strict=False))
    m.names = [*m.names, *(("placed", placement) for placement in fresh)]
    m.col = {**m.col, "placed": {place: known[place] for place in m.ix.placements}}
    m.occupants, m.placements_of = runs.occupants(m), gather_placements(m)

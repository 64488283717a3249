"""What is done by each workload and training run, and in each pool, month by month: gathered on request."""

from __future__ import annotations

from collections import defaultdict
from functools import cache, cached_property

from optimizer.program.placement import Placement, months_of
from optimizer.program.program_data import ProgramData
from optimizer.program.row import Term

Done = list[tuple[float, float, Term]]  # accelerators per unit of a term, work per accelerator, column or constant


class Work:
    """Columns that do work, with their accelerators and what one of these does.

    Parameters
    ----------
    m : ProgramData
        The program, its columns made and gathered.
    """

    def __init__(self, m: ProgramData) -> None:
        self.m, self.index, self.unit = m, m.index, m.units.accelerators
        self.by_item, self.in_pool, self._of_run = cache(self._by_item), cache(self._in_pool), cache(self._by_month)

    def _by_item(self, item: str, t: int) -> Done:
        """What a workload or run does in a month."""
        pools, columns = self.m.columns_by_workload.get((item, t), ([], []))
        rates = [self.index.yields[item, pool] for pool in pools]
        done: Done = [(self.unit, rate, column) for rate, column in zip(rates, columns, strict=True)]
        return done + self._of_run(item).get(t, [])

    def _in_pool(self, pool: str, t: int) -> Done:
        """What is done in a pool in a month."""
        allocated = self.m.col["allocated"]
        keys = [(workload, pool, t) for workload in self._workloads_of.get(pool, [])]
        done: Done = [(self.unit, self.index.yields[key[0], pool], allocated[key]) for key in keys if key in allocated]
        for column in self.m.placements_by_pool.get((pool, t), ((), ()))[1]:
            _, (run, _, size, _) = self.m.names[column]
            done.append((size, self.index.run_yields[run, pool], column))
        places = (place for place in self.index.runs_before.values() if place[1] == pool)
        return done + [self._entry(place, 1.0) for place in places if t in months_of(self.index, place)]

    def _entry(self, place: Placement, term: Term) -> tuple[float, float, Term]:
        """What a placement does: all of it for a term of 1."""
        run, pool, size, _ = place
        return size, self.index.run_yields[run, pool], term

    @cached_property
    def _workloads_of(self) -> dict[str, list[str]]:
        """Workloads that may run in each pool."""
        found: dict[str, list[str]] = defaultdict(list)
        for workload, pool in self.index.yields:
            found[pool].append(workload)
        return found

    def _by_month(self, run: str) -> dict[int, Done]:
        """What a run does, by month."""
        found: dict[int, Done] = defaultdict(list)
        before = self.index.runs_before.get(run)
        every: list[tuple[Placement, Term]] = [(before, 1.0)] if before is not None else []
        for place, term in [*every, *self.m.placements_of.get(run, {}).items()]:
            entry = self._entry(place, term)
            for t in months_of(self.index, place):
                found[t].append(entry)
        return found

"""Workloads and where they run."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.program.index import Index
from optimizer.program.program_data import ProgramData
from optimizer.program.row import Row
from optimizer.program.stock import add_leased
from optimizer.schema import IN_HOUSE


def sets(index: Index) -> dict[str, list[Any]]:
    """Index sets of this room."""
    wanted = {name: amounts > 0 for name, amounts in index.demand.items()}
    eligible = {(workload, pool): wanted[workload] & index.possible[pool] for workload, pool in index.yields}
    allocated = [
        (workload, pool, t) for (workload, pool), months in eligible.items() for t in np.flatnonzero(months).tolist()
    ]
    served = [(name, t) for name, mask in wanted.items() for t in np.flatnonzero(mask).tolist()]
    busy = _busy(index, eligible)
    used = [(pool, t) for pool in index.pools for t in np.flatnonzero(busy[pool]).tolist()]
    return {"allocated": allocated, "used": used, "unserved": served, "pool_use": used, "demand_met": served}


def _busy(index: Index, eligible: dict[tuple[str, str], NDArray[np.bool_]]) -> dict[str, NDArray[np.bool_]]:
    """Months in which each pool can be used: by workloads, outlets or training runs."""
    busy = {pool: np.zeros(index.horizon, dtype=bool) for pool in index.pools}
    for (_, pool), months in eligible.items():
        busy[pool] |= months
    for outlet, pools in index.lendable.items():
        leased = slice(index.agreements[outlet].months.start, index.agreements[outlet].months.stop)
        for pool in pools:
            busy[pool][leased] |= index.possible[pool][leased]
    for pool, taken in zip(index.pools, _occupied(index), strict=True):
        busy[pool] |= taken
    for pool, before in index.occupied_before.items():
        busy[pool] |= before > 0
    return busy


def _occupied(index: Index) -> NDArray[np.bool_]:
    """Months in which training runs can be in each pool."""
    pools, starts, lengths = index.spans
    steps = np.zeros((len(index.pools), index.horizon + 1), dtype=np.int64)
    np.add.at(steps, (pools, starts), 1)
    np.add.at(steps, (pools, starts + lengths), -1)
    occupied: NDArray[np.bool_] = np.cumsum(steps, axis=1)[:, :-1] > 0
    return occupied


def limits_used(m: ProgramData, pool: str, t: int) -> tuple[float, float | None]:
    """Bounds of ``used``: the fleet where nothing can be bought, the offer's maximum on demand, 0 without blocks."""
    index, unit = m.index, m.units.accelerators
    source = index.pools[pool].source
    if source == "on_demand":
        return 0.0, index.share_left(pool, t) * index.offers[pool].max_accelerators / unit
    if source == "contract" and t not in index.agreements[pool].months:
        return 0.0, 0.0  # a run that was placed before the plan occupies what is not there
    if source == IN_HOUSE and not index.purchases_of.get(pool):
        return 0.0, float(index.fleet[pool][t]) / unit
    return 0.0, None


def limits_unserved(m: ProgramData, workload: str, t: int) -> tuple[float, float]:
    """Bounds of ``unserved``: at most ``1 - min_service`` of the demand."""
    share = 1 - m.index.workloads[workload].min_service
    return 0.0, share * float(m.index.demand[workload][t]) / m.units.accelerators


def columns_by_pool(m: ProgramData, family: str) -> dict[tuple[str, int], list[Any]]:
    """Columns of a family (allocations or leases) that use each pool in each month."""
    found: dict[tuple[str, int], list[int]] = defaultdict(list)
    for (_, pool, t), column in m.col[family].items():
        found[pool, t].append(column)
    return found


def columns_by_workload(m: ProgramData) -> dict[tuple[str, int], tuple[list[str], list[Any]]]:
    """Pools and columns that serve each workload in each month."""
    found: dict[tuple[str, int], tuple[list[str], list[Any]]] = defaultdict(lambda: ([], []))
    for (workload, pool, t), column in m.col["allocated"].items():
        pools, columns = found[workload, t]
        pools.append(pool)
        columns.append(column)
    return found


def pool_use(m: ProgramData, pool: str, t: int) -> Row:
    """Use of a pool adds up.

    ``sum(allocated[w,p,t]) + sum(size placed[r,p,size,s]) + sum(leased[o,p,t]) = used[p,t]`` for each pool and month in
    which it can be used, over workloads, placements that last in ``t``, those before the plan too, and outlets.
    """
    parts = m.columns_by_pool.get((pool, t), [])
    sizes, taken = m.placements_by_pool.get((pool, t), ((), ()))
    row = Row().add_all([1.0] * len(parts), parts).add_all(sizes, taken)
    if pool in m.index.occupied_before:
        row.add(1 / m.units.accelerators, float(m.index.occupied_before[pool][t]))
    return add_leased(m, row, 1.0, pool, t).equals(m.col["used"][pool, t])


def demand_met(m: ProgramData, workload: str, t: int) -> Row:
    """Demand is served or counted.

    ``unserved[w,t] + sum(yields[w,p] allocated[w,p,t] over p) = demand[w,t]`` for each workload and month with demand,
    over eligible pools.
    """
    amount = float(m.index.demand[workload][t]) / m.units.accelerators
    pools, columns = m.columns_by_workload[workload, t]
    row = Row(m.col["unserved"][workload, t])
    return row.add_all([m.index.yields[workload, pool] for pool in pools], columns).equals(amount)

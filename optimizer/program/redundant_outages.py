"""Outage constraints that on-demand capacity makes redundant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from optimizer.program.exposure import window

if TYPE_CHECKING:
    from optimizer.program.index import Index

Outage = tuple[str, str, int]  # policy, member, month
Served = dict[tuple[str, str], float]  # accelerators by workload and pool


def critical_work(index: Index) -> dict[tuple[str, int], dict[str, float]]:
    """Return the work that must survive, by policy and month: positive reference-accelerators by workload."""
    found = {}
    for policy, row in index.policies.items():
        for t in window(row, index.horizon) if row.rule == "survive" else ():
            work = {
                name: row.limit * one.critical * float(index.demand[name][t]) for name, one in index.workloads.items()
            }
            found[policy, t] = {name: amount for name, amount in work.items() if amount > 0}
    return found


def find_redundant_outages(index: Index) -> dict[Outage, Served]:
    """Return the outages that on-demand offers alone survive, with the work in each pool.

    The program has no constraints for these: offers without a commitment are available in every plan and never leased
    out. The offers are filled greedily; where that fails, the program keeps its constraints even if another allocation
    would succeed.
    """
    found: dict[Outage, Served] = {}
    known: dict[tuple[object, ...], Served | None] = {}
    offered = _offered(index)
    for (policy, t), need in index.critical.items():
        for member, lost in index.losses[policy].items():
            room = {name: amounts[t] for name, amounts in offered.items() if name not in lost}
            case = (*room.items(), *need.items())
            if case not in known:
                known[case] = filled(need, room, index.yields)
            served = known[case]
            if served is not None:
                found[policy, member, t] = served
    return found


def _offered(index: Index) -> dict[str, list[float]]:
    """Return the accelerators of each offer that needs no commitment, by month."""
    free = {name: float(row.max_accelerators) for name, row in index.offers.items() if row.commitment is None}
    return {name: (most * index.share_of(name)).tolist() for name, most in free.items()}


def filled(
    need: Mapping[str, float], room: Mapping[str, float], yields: Mapping[tuple[str, str], float]
) -> Served | None:
    """Allocate work greedily to the free capacity of pools; None if it does not fit.

    Work that few pools can do comes first, and uses pools that can do little else.

    Parameters
    ----------
    need : mapping
        Work by workload.
    room : mapping
        Accelerators by pool.
    yields : mapping
        Work per accelerator by workload and pool, where it may run.
    """
    pools = {work: [pool for pool in room if (work, pool) in yields] for work in need}
    wanted = {pool: sum(pool in eligible for eligible in pools.values()) for pool in room}
    left, served = dict(room), {}
    for work in sorted(need, key=lambda work: len(pools[work])):
        missing = need[work]
        for pool in sorted(pools[work], key=lambda pool: (wanted[pool], -yields[work, pool])):
            rate = yields[work, pool]
            fits = missing / rate <= left[pool]
            taken = missing / rate if fits else left[pool]
            if taken > 0:
                served[work, pool] = taken
            left[pool] -= taken
            missing = 0.0 if fits else missing - taken * rate
        if missing > 0:
            return None
    return served
